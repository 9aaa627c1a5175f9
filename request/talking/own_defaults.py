"""`my`, `my style NAME`, `my size 3:2`, `my model NAME`, `my sharing ask`: one's own defaults."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

from common import texts
from common.errors import Refusal
from common.reference.models import ModelReference
from request.allowed.preferences import PreferenceStore
from request.calls import Call
from request.grammar import Command, CommandName
from request.grammar.values import SHAPES
from request.kept.people import SHARING_MODES
from request.talking.sharing import STANDING, Sharing
from styles.image_request import RANDOM_STYLE
from styles.lists.library import StyleLibrary
from styles.lists.offer import offered
from styles.names import NameIndex, key
from styles.resolving.preferences import Preferences

NOTHING = frozenset({"none", "-", "off", "no"})
"""Words that unset a default."""
WISH = re.compile(
    r"\s*(?:my\s+)?(style|size|model|sharing)\s*[:=]?\s*"
    r"(?:\"([^\"\n]{1,100})\"|([^,;\n\"]{1,100}))\s*(?:[,;]|\Z)",
    re.IGNORECASE,
)
RATIO = re.compile(r"(\d{1,3}(?:\.\d{1,2})?)\s*[:/：]\s*(\d{1,3}(?:\.\d{1,2})?)")
SIZE = re.compile(r"(\d{2,5})\s*[x×*]\s*(\d{2,5})", re.IGNORECASE)


class OwnDefaults:
    """Carries the command out."""

    def __init__(
        self,
        preferences: PreferenceStore,
        sharing: Sharing,
        library: StyleLibrary,
        reference: Callable[[], ModelReference],
    ) -> None:
        self._preferences = preferences
        self._sharing = sharing
        self._library = library
        self._reference = reference

    async def answer(self, call: Call) -> str:
        """Set what is said, all of it or nothing, and tell what holds. Raises Refusal."""
        person = call.incoming.person.id
        changes: dict[str, Any] = {}
        mode = None
        for name, value in _wishes(call.command.argument):
            if name == "sharing":
                mode = _mode(value)
            else:
                changes |= self._read(name, value, call)
        if changes:
            await self._preferences.change(call.lease, person, **changes)
        if mode is not None:
            said = Command(CommandName.SHARE, mode)
            await self._sharing.answer(replace(call, command=said))
        own = await self._preferences.of(call.lease.name, person)
        sharing = await self._sharing.mode(call.lease.name, person)
        code = "own.set" if changes or mode is not None else "own.standing"
        return texts.say(code, defaults=described(own, sharing))

    def _read(self, name: str, value: str, call: Call) -> dict[str, Any]:
        unset = value.casefold() in NOTHING
        if name == "size":
            return {"ratio": None, "size": None} | ({} if unset else _size(value))
        if unset:
            return {name: ""}
        return {name: self._model(value) if name == "model" else self._style(value, call)}

    def _style(self, value: str, call: Call) -> str:
        current = self._library.current
        offer = offered(current, self._reference(), nsfw=call.place.nsfw)
        found = current.names.get(value)
        if found is not None and offer(found):
            return found
        if key(value) == RANDOM_STYLE:
            return RANDOM_STYLE
        near = current.names.suggest(value, offer)
        raise Refusal("refused.own_style", words=value, names=", ".join(near) or "–")

    def _model(self, value: str) -> str:
        index = NameIndex(self._reference().models)
        found = index.get(value)
        if found is None:
            near = index.suggest(value)
            raise Refusal("refused.own_model", words=value, names=", ".join(near) or "–")
        return found


def described(own: Preferences, sharing: str) -> str:
    """Return a person's own defaults in words."""
    unset = texts.say("own.unset")
    return texts.say(
        "own.list",
        style=own.style or unset,
        size=size_of(own) or unset,
        model=own.model or unset,
        sharing=texts.say(STANDING[sharing]),
    )


def size_of(own: Preferences) -> str:
    """Return the shape or size somebody has set, as it is written; "" if none."""
    if own.ratio is not None:
        return f"{own.ratio[0]:g}:{own.ratio[1]:g}"
    return "" if own.size is None else f"{own.size[0]}x{own.size[1]}"


def _wishes(argument: str) -> Iterator[tuple[str, str]]:
    """Yield what is to be set: name and value. Raises Refusal for what cannot be read."""
    position = 0
    if argument.casefold() in {"", "defaults"}:
        return
    while position < len(argument):
        found = WISH.match(argument, position)
        if found is None or not (found[2] or found[3]).strip():
            raise Refusal("refused.own_unreadable", words=argument[position:].strip()[:60])
        yield found[1].casefold(), (found[2] or found[3]).strip()
        position = found.end()


def _size(value: str) -> dict[str, Any]:
    value = SHAPES.get(value.casefold(), value)
    if found := SIZE.fullmatch(value):
        return {"size": (int(found[1]), int(found[2]))}
    found = RATIO.fullmatch(value)
    ratio = (float(found[1]), float(found[2])) if found else (0.0, 0.0)
    if min(ratio) <= 0:
        raise Refusal("refused.own_size", words=value)
    return {"ratio": ratio}


def _mode(value: str) -> str:
    mode = "never" if value.casefold() in NOTHING else value.casefold()
    if mode not in SHARING_MODES:
        raise Refusal("refused.own_sharing", words=value)
    return mode
