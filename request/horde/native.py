"""`style: horde/NAME`: a style or collection kept on a Horde, looked up before a request is read.

A name that is both is the style. What was found is remembered for an hour, and for a day where the
Horde does not answer; the server allows 20 readings of one style in an hour.
"""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field

from common.errors import HordeError, HordeGone, HordeRejected, Refusal
from common.horde.client import HordeClient
from common.horde.native import MOST_MEMBERS
from request.grammar.clean import clean
from request.grammar.markers import next_marker, region_end
from request.horde.hordes import Hordes
from styles.lists.native import PREFIX, native_style
from styles.lists.parsing import Style
from styles.names import LONGEST_REGION, NameIndex, fold, key, quoted

LOOKING_UP = 5.0
"""Seconds in which a name must be found."""
FRESH = 3600.0
MISSING_FRESH = 600.0
STALE = 24 * 3600.0
MOST_WORDS = 5
"""Words a name may have, where it is not in quotes."""
MOST_NAMES = 1000
"""Names that are remembered."""
AT_ONCE = 5

_BEFORE_NAME = re.compile(r"[\s=:：]*")
_AROUND = ".,;:!?)]}\"'“”„«»‘’ "


@dataclass(frozen=True, slots=True)
class Native:
    """What a name on a Horde stands for: one style, or a category with its members."""

    styles: Mapping[str, Style] = field(default_factory=dict)
    categories: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Found:
    native: Native | None
    """None: there is no such name."""
    at: float


def named(text: str) -> str | None:
    """Return the words in which a message names a style of a Horde, without `horde/`.

    The last style of a message counts, as the grammar has it. The words may go on into the prompt.
    """
    if PREFIX not in text.casefold():
        return None
    cleaned, _cut = clean(text)
    words, position = None, 0
    while (marker := next_marker(cleaned, position)) is not None:
        position = marker.end
        if marker.name == "style":
            words = _native_words(cleaned, marker.end)
    return words


def _native_words(text: str, start: int) -> str | None:
    gap = _BEFORE_NAME.match(text, start)
    start = gap.end() if gap else start
    end = min(region_end(text, start), start + LONGEST_REGION)
    region = text[start:end].split("\n", 1)[0]
    folded = fold(region)
    inner, length = quoted(folded.text)
    if inner is not None:
        region = region[1 : folded.starts[length - 1]]
    region = region.lstrip(_AROUND)
    if not key(region).startswith(PREFIX):
        return None
    return region[len(PREFIX) :].strip() or None


def candidates(words: str) -> tuple[str, ...]:
    """Return the names the words may begin with, the longest first."""
    parts = words.split()[:MOST_WORDS]
    names = (" ".join(parts[:count]).strip(_AROUND) for count in range(len(parts), 0, -1))
    return tuple(dict.fromkeys(name for name in names if name))


class NativeLookup:
    """Finds styles and collections on the Hordes that are configured, in their order."""

    def __init__(
        self,
        hordes: Hordes,
        *,
        timeout: float = LOOKING_UP,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._hordes = hordes
        self._timeout = timeout
        self._monotonic = monotonic
        self._names: dict[str, _Found] = {}
        self._members: dict[str, _Found] = {}
        self._asking: dict[str, asyncio.Task[Native | None]] = {}

    async def find(self, words: str) -> Native:
        """Return what the longest name at the beginning of the words stands for.

        Raises Refusal if there is no such name, or no Horde answers in time.
        """
        names = candidates(words)
        try:
            async with asyncio.timeout(self._timeout):
                found = await asyncio.gather(*map(self._remembered, names))
        except (TimeoutError, HordeError) as error:
            raise Refusal("native.unreachable") from error
        for native in found:
            if native is not None:
                return native
        known = NameIndex(name for native in self.known() for name in native)
        near = known.suggest(f"{PREFIX}{names[-1] if names else words}")
        raise Refusal("native.unknown", words=words[:40], suggestions=near)

    def known(self) -> list[tuple[str, ...]]:
        """Return the names that were found lately, of each find those that may be typed."""
        return [
            tuple(found.native.categories) or tuple(found.native.styles)
            for found in self._names.values()
            if found.native is not None
        ]

    async def _remembered(self, name: str) -> Native | None:
        folded = key(name)
        known = self._names.get(folded)
        age = float("inf") if known is None else self._monotonic() - known.at
        if known is not None and age < (FRESH if known.native else MISSING_FRESH):
            return known.native
        try:
            native = await self._shared(folded, lambda: self._ask(name))
        except HordeError:
            if known is not None and age < STALE:
                return known.native
            raise
        self._names[folded] = _Found(native, self._monotonic())
        while len(self._names) > MOST_NAMES:
            del self._names[next(iter(self._names))]
        return native

    async def _shared(
        self, folded: str, ask: Callable[[], Awaitable[Native | None]]
    ) -> Native | None:
        """Ask, unless somebody is asking the same: then share that answer."""
        task = self._asking.get(folded)
        if task is None:
            task = self._asking[folded] = asyncio.ensure_future(ask())
            task.add_done_callback(lambda done: self._over(folded, done))
        return await asyncio.shield(task)

    def _over(self, folded: str, done: asyncio.Future[Native | None]) -> None:
        self._asking.pop(folded, None)
        if not done.cancelled():
            done.exception()  # those who waited have it

    async def _ask(self, name: str) -> Native | None:
        """Ask one Horde after the other; raise the first trouble if none has the name."""
        trouble: HordeError | None = None
        for endpoint in self._hordes.endpoints:
            try:
                found = await self._style(endpoint.client, name)
                found = found or await self._collection(endpoint.client, name)
            except HordeError as error:
                trouble = trouble or error
                continue
            if found is not None:
                return found
        if trouble is not None:
            raise trouble
        return None

    async def _style(self, client: HordeClient, name: str) -> Native | None:
        try:
            told = await client.style_by_name(name)
        except (HordeGone, HordeRejected):
            return None
        style, _faults = native_style(f"{PREFIX}{name}", told)
        return None if style is None else Native({style.name: style})

    async def _collection(self, client: HordeClient, name: str) -> Native | None:
        try:
            told = await client.collection_by_name(name)
        except (HordeGone, HordeRejected):
            return None
        turn = asyncio.Semaphore(AT_ONCE)

        async def member(style_id: str) -> Native | None:
            async with turn:
                return await self._member(client, style_id)

        ids = [one.id for one in told.styles[:MOST_MEMBERS]]
        found = await asyncio.gather(*map(member, dict.fromkeys(ids)))
        styles = {
            name: style for native in found if native for name, style in native.styles.items()
        }
        return Native(styles, {f"{PREFIX}{name}": tuple(styles)}) if styles else None

    async def _member(self, client: HordeClient, style_id: str) -> Native | None:
        """Return a style of a collection; one that cannot be had is passed over for a while."""
        known = self._members.get(style_id)
        if known is not None:
            age = self._monotonic() - known.at
            if age < (FRESH if known.native else MISSING_FRESH):
                return known.native
        try:
            told = await client.style(style_id)
            style, _faults = native_style(f"{PREFIX}{told.name or style_id}", told)
            native = None if style is None else Native({style.name: style})
        except HordeError:
            native = None if known is None else known.native
        self._members[style_id] = _Found(native, self._monotonic())
        while len(self._members) > MOST_NAMES:
            del self._members[next(iter(self._members))]
        return native
