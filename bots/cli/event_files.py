"""The files that stay of an event: `hordebots event export`."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bots.assembly.knowledge import KEPT_PREVIEWS
from bots.assembly.rooms import page_of
from common.errors import Refusal, StartupError
from events.afterwards.archive import archive, feed_entry
from events.entries.style_entry import StyleEntry, as_list, style_of
from events.model import Kind, State
from events.voting.published import document
from styles.lists.previews import Previews

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
    files: dict[str, str | bytes] = {
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
            files |= await _previews(event, styles, config.data_dir / KEPT_PREVIEWS)
    if receipts := await parts.purse.receipts(event):
        files[f"{event.name}-receipts.json"] = _text(receipts)
    await asyncio.to_thread(_save, folder, files)
    return [folder / name for name in files]


def _save(folder: Path, files: Mapping[str, str | bytes]) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, content in files.items():
            data = content.encode("utf-8") if isinstance(content, str) else content
            (folder / name).write_bytes(data)
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


async def _previews(
    event: Event, styles: Sequence[StyleEntry], folder: Path
) -> dict[str, str | bytes]:
    """Return the pictures there are of the styles, and which is which as lists publish it."""
    shown = await Previews((), kept=folder).of([style.name for style in styles])
    found: dict[str, str | bytes] = {}
    table: dict[str, dict[str, str]] = {}
    for name, looks in shown.items():
        for look in looks:
            if look.file is not None and await asyncio.to_thread(look.file.is_file):
                found[look.file.name] = await asyncio.to_thread(look.file.read_bytes)
                table.setdefault(name, {})[look.subject] = look.file.name
    return {f"{event.name}-previews.json": _text(table), **found} if table else {}


def _text(document: Any) -> str:
    return json.dumps(document, indent=2, ensure_ascii=False, default=dict) + "\n"
