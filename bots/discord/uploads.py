"""The files of an answer, from the picture folder to Discord."""

from __future__ import annotations

import io

import discord

from bots.discord import layout
from common.errors import PlatformError
from common.model import Picture

Files = list[tuple[str, bytes, str]]
"""Name, bytes and alternative text."""


def read(request: str, pictures: tuple[Picture, ...]) -> Files:
    """Read the files of pictures. Raises PlatformError."""
    try:
        return [
            (layout.file_name(request, one), one.path.read_bytes(), one.alt[: layout.ALT_LENGTH])
            for one in pictures
        ]
    except OSError as error:
        raise PlatformError(platform="Discord", problem=error.strerror) from error


def opened(files: Files) -> list[discord.File]:
    """Return files to upload; each can be sent once."""
    return [discord.File(io.BytesIO(data), name, description=alt) for name, data, alt in files]
