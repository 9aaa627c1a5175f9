"""Styles that won contests, as a folder of styles: their category is featured until its date.

The folder is written by the clock and is a source like any other (`styles.sources`), so a category
leaves `featured` by itself when its event is archived; the styles stay.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import structlog

from common.errors import Refusal
from events.model import Event, Kind, State
from events.steps import Steps
from events.store import EventStore
from events.style_entry import StyleEntry, as_list, style_of
from request.leases import Lease

log = structlog.get_logger()

FEATURED = "featured"
HEAD = "event "
"""How the categories of events begin."""
STYLES, CATEGORIES, THANKS = "styles.json", "categories.json", "attribution.md"


@dataclass(frozen=True, slots=True)
class Won:
    """The styles that a contest has brought."""

    event: Event
    styles: Sequence[StyleEntry]


def files(won: Sequence[Won], featured: Sequence[str]) -> Mapping[str, str]:
    """Return the files of the folder. Pure.

    `featured` is what is featured otherwise; while nothing of ours is, it is left to the others.
    """
    styles = [style for one in won for style in one.styles]
    categories = {
        f"{HEAD}{one.event.name}": [style.name for style in one.styles] for one in won if one.styles
    }
    shown = [
        f"{HEAD}{one.event.name}" for one in won if one.styles and one.event.state is State.PROMOTED
    ]
    others = [name for name in featured if not name.startswith(HEAD)]
    if shown:
        categories[FEATURED] = [*shown, *others]
    thanks = [style.attribution for style in styles]
    return {
        STYLES: as_list(styles),
        CATEGORIES: json.dumps(categories, indent=2, ensure_ascii=False) + "\n",
        THANKS: "\n".join((*thanks, "")),
    }


class Featuring:
    """Keeps the folder as the contests stand; a chore of the clock."""

    def __init__(
        self,
        events: EventStore,
        steps: Steps,
        folder: Path,
        featured: Callable[[], Sequence[str]],
    ) -> None:
        """Take the folder, and what returns the members of `featured` as they are now."""
        self._events = events
        self._steps = steps
        self._folder = folder
        self._featured = featured

    async def keep(self, lease: Lease) -> None:
        """Write the folder anew if it is not as the contests stand."""
        del lease
        found = await self._events.all(State.PROMOTED, State.ARCHIVED)
        won = [
            Won(event, await self._styles(event))
            for event in found
            if event.plan.kind is Kind.CONTEST
        ]
        if won:
            await asyncio.to_thread(_save, self._folder, files(won, self._featured()))

    async def _styles(self, event: Event) -> list[StyleEntry]:
        made = []
        for entry in await self._steps.winners(event):
            try:
                made.append(style_of(event, entry))
            except Refusal as refusal:
                log.warning("no_style", challenge=event.name, reason=str(refusal))
        return made


def _save(folder: Path, texts: Mapping[str, str]) -> None:
    """Write what has changed, each file at once."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in texts.items():
        file, draft = folder / name, folder / f".{name}"
        if file.exists() and file.read_text("utf-8") == text:
            continue
        draft.write_text(text, "utf-8")
        draft.replace(file)
