"""Registering the commands with Discord: only if they are not those registered last.

Discord allows 200 new commands a day; a bot that registers at each start locks itself out.
"""

from __future__ import annotations

import hashlib
import json
from typing import Any

import structlog
from discord import app_commands

from bots.discord.translation import CatalogueTranslator, spoken
from request.kept.cursors import Cursors

log = structlog.get_logger()


async def register(tree: app_commands.CommandTree[Any], application: int, cursors: Cursors) -> bool:
    """Register the commands of a tree if they changed; returns whether they had to be.

    Raises the library's HTTPException.
    """
    # the library translates each word into some thirty languages: only where it is to be sent
    commands = [command.to_dict(tree) for command in tree.get_commands()]
    written = json.dumps([commands, spoken()], sort_keys=True)
    known = hashlib.sha256(written.encode()).hexdigest()
    place = f"discord#{application}"
    if await cursors.read(place) == known:
        return False
    await tree.set_translator(CatalogueTranslator())
    await tree.sync()
    await cursors.note(place, known)
    log.info("commands_registered", count=len(commands))
    return True
