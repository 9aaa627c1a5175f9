"""The files that stay of an event: `hordebots event export`."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bots.rooms import page_of
from common.errors import Refusal, StartupError
from events.archive import archive, feed_entry
from events.model import Kind, State
from events.published import document
from events.style_entry import StyleEntry, as_list, style_of

if TYPE_CHECKING:
    from common.config import Config
    from events.model import Event
    from events.room import Parts

COUNTED = frozenset({State.REVIEW, State.AWARDED, State.PROMOTED, State.ARCHIVED})
"""Before that nobody is told how the count stands."""


async def write(parts: Parts, event: Event, folder: Path, config: Config) -> list[Path]:
    """Write what there is to tell of an event by now; return the files.

    Raises StartupError where they cannot be written.
    """
    entries = await parts.entries.of(event)
    facts = await parts.entries.facts(event)
    log = await parts.events.log(event.id)
    files = {
        f"{event.name}.json": _text(archive(event, entries, log, ballots=facts.ballots)),
        f"{event.name}-feed.json": _text(feed_entry(event, page=page_of(config, event))),
    }
    if event.state in COUNTED:
        votes = await parts.ballots.votes(event)
        result = await parts.steps.count(event)
        published = document(event, votes.entries, votes.ballots, votes.counted, result)
        files[f"{event.name}-ballots.json"] = _text(published)
        if event.plan.kind is Kind.CONTEST:
            styles = await _styles(parts, event)
            files[f"{event.name}-styles.json"] = as_list(styles)
            thanks = [one.attribution for one in styles]
            files[f"{event.name}-attribution.md"] = "\n".join((*thanks, ""))
    if receipts := await parts.purse.receipts(event):
        files[f"{event.name}-receipts.json"] = _text(receipts)
    await asyncio.to_thread(_save, folder, files)
    return [folder / name for name in files]


def _save(folder: Path, files: Mapping[str, str]) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, text in files.items():
            (folder / name).write_text(text, "utf-8")
    except OSError as error:
        raise StartupError("startup.folder", folder=folder, problem=error.strerror) from error


async def _styles(parts: Parts, event: Event) -> list[StyleEntry]:
    made = []
    for entry in await parts.steps.winners(event):
        try:
            made.append(style_of(event, entry))
        except Refusal:
            continue
    return made


def _text(document: Any) -> str:
    return json.dumps(document, indent=2, ensure_ascii=False, default=dict) + "\n"
