"""Styles that won contests, as the community's own list: their category is featured until its date.

The clock writes the folder that the library of styles adds to its sources. A category leaves
`featured` by itself when its event is archived; the styles stay.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import structlog

from common.errors import Refusal
from events.course.steps import Steps
from events.entries.style_entry import StyleEntry, as_list, style_of
from events.model import Event, Kind, State
from events.store import EventStore
from request.kept.leases import Lease

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


async def _nobody() -> None:
    """Tell nobody."""


def files(won: Sequence[Won]) -> Mapping[str, str]:
    """Return the files of the folder. Pure.

    What else is in `featured` is the sources' own: the library adds these categories to it.
    """
    styles = [style for one in won for style in one.styles]
    brought = [one for one in won if one.styles]
    categories = {
        f"{HEAD}{one.event.name}": [style.name for style in one.styles] for one in brought
    }
    shown = [f"{HEAD}{one.event.name}" for one in brought if one.event.state is State.PROMOTED]
    if shown:
        categories[FEATURED] = shown
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
        changed: Callable[[], Awaitable[None]] = _nobody,
    ) -> None:
        """Take the folder, and what is called when it has changed."""
        self._events = events
        self._steps = steps
        self._folder = folder
        self._changed = changed

    async def keep(self, lease: Lease) -> None:
        """Write the folder anew if it is not as the contests stand."""
        del lease
        won = await self.won()
        if not won and not await asyncio.to_thread(self._folder.exists):
            return
        if await asyncio.to_thread(_save, self._folder, files(won)):
            await self._changed()

    async def won(self) -> list[Won]:
        """Return what all contests have brought, those that were held last first."""
        found = await self._events.all(State.PROMOTED, State.ARCHIVED)
        contests = [event for event in found if event.plan.kind is Kind.CONTEST]
        return [Won(event, await self._styles(event)) for event in contests]

    async def _styles(self, event: Event) -> list[StyleEntry]:
        made = []
        for entry in await self._steps.winners(event):
            try:
                made.append(style_of(event, entry))
            except Refusal as refusal:
                log.warning("no_style", challenge=event.name, reason=str(refusal))
        return made


def _save(folder: Path, texts: Mapping[str, str]) -> bool:
    """Write what has changed, each file at once; tell whether anything had."""
    folder.mkdir(parents=True, exist_ok=True)
    changed = False
    for name, text in texts.items():
        file, draft = folder / name, folder / f".{name}"
        if file.exists() and file.read_text("utf-8") == text:
            continue
        draft.write_text(text, "utf-8")
        draft.replace(file)
        changed = True
    return changed
