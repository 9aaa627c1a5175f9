"""Taking a text apart: options and styles out, the rest into prompt and negative prompt."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Any

from common.errors import Refusal
from common.model import Note
from request.grammar.addresses import cut_addresses, other_addresses
from request.grammar.habits import weights
from request.grammar.markers import Marker, MarkerKind, next_marker
from request.grammar.options import BY_NAME, nearest
from request.grammar.recipes import take_tags
from request.grammar.source import Source, Taken
from styles.image_request import ImageRequest, LoraWish, TiWish
from styles.limits import MOST_SOURCE_PICTURES
from styles.notes import changed, told

WORKS_ON_PICTURES = frozenset({"strength", "painting", "control"})
"""Fields of which one must be said for the addresses in a text to be pictures."""

ADDRESS_LEFT = "note.address_left"
_SIDES = ("width", "height")
_SHOWN = 80
"""Characters of an address that are told."""
_CLOSING = tuple(",.;:!?)]}")
_LEADING_TO_STYLE = re.compile(r"(?<=\S)\s+(?:in|with|in the)\s*\Z", re.IGNORECASE)
"""Behind a prompt, what led to `style: NAME` and goes with it."""
_BRACKETS = (("(", ")"), ("[", "]"), ("{", "}"))


@dataclass
class _Sheet:
    """What has been read so far."""

    positive: list[str] = field(default_factory=list)
    negatives: list[list[str]] = field(default_factory=list)
    """One list of pieces for each part behind a `###`."""
    more_negative: list[str] = field(default_factory=list)
    values: dict[str, Any] = field(default_factory=dict)
    said: dict[str, str] = field(default_factory=dict)
    """Which option set each of the values."""
    loras: list[LoraWish] = field(default_factory=list)
    tis: list[TiWish] = field(default_factory=list)
    notes: list[Note] = field(default_factory=list)
    skipped: list[str] = field(default_factory=list)

    @property
    def pieces(self) -> list[str]:
        """The list that prose goes to now."""
        return self.negatives[-1] if self.negatives else self.positive

    def take(self, option: str, taken: Taken) -> None:
        """Enter the value of an option."""
        for name, value in taken.values.items():
            if name in self.values:
                self.notes.append(self._replaced(name, option))
            self.values[name] = value
            self.said[name] = option
        if taken.negative:
            self.more_negative.append(taken.negative)
        if taken.lora is not None:
            self.loras.append(taken.lora)
        if taken.ti is not None:
            self.tis.append(taken.ti)
        if taken.skipped:
            self.skipped.append(f"--{option}")
        self.notes += taken.notes
        goes_to_prompt = taken.rest and not self.negatives
        if goes_to_prompt and any(piece.strip() for piece in self.positive):
            name = self.values["style"]
            self.notes.append(told("note.style_rest", name=name, rest=taken.rest))

    def _replaced(self, name: str, option: str) -> Note:
        if name == "style":
            return changed("note.style_replaced", name=self.values[name])
        if self.said[name] == option:
            return changed("note.option_repeated", option=option)
        return changed("note.option_replaced", option=option, earlier=self.said[name])


def scan(source: Source) -> ImageRequest:
    """Return the request a text makes behind its verb; its prompt may be empty.

    Raises Refusal for an option or style that cannot be read.
    """
    sheet = _Sheet()
    start = position = 0
    text = source.text
    while (marker := next_marker(text, position)) is not None:
        taken = None if marker.kind is MarkerKind.SEPARATOR else _option(source, marker)
        position = marker.end
        if marker.kind is not MarkerKind.SEPARATOR and taken is None:
            continue  # it was prose after all, and stays as it is written
        sheet.pieces.append(text[start : marker.start])
        if taken is None:
            sheet.negatives.append([])
        else:
            _enter(source, marker, taken, sheet)
            position = taken.end
        start = position
    sheet.pieces.append(text[start:])
    return _request(sheet)


def _option(source: Source, marker: Marker) -> Taken | None:
    """Read the option at a marker; None if it was prose. Raises Refusal."""
    if marker.kind is MarkerKind.UNKNOWN:
        raise Refusal(
            "refused.unknown_option", option=marker.name[:40], suggestions=nearest(marker.name)
        )
    option = BY_NAME[marker.name]
    try:
        taken = option.take(source, marker.end, marker.name, option.example)
    except Refusal:
        if marker.certain:
            raise
        return None
    return taken if marker.usual else _read_otherwise(source, marker, taken)


def _read_otherwise(source: Source, marker: Marker, taken: Taken) -> Taken | None:
    """Return what was read of an option or style that is not written as usual; None if prose."""
    style = marker.kind is MarkerKind.STYLE
    near = any(note.code == "note.style_near" for note in taken.notes)
    if style and (near or (marker.whole and taken.rest)):
        return None
    words = source.text[marker.start : taken.end].strip(" \t,.;!?")
    value = source.text[marker.end : taken.end].strip(" \t,.;!?")
    used = f"style: {taken.values['style']}" if style else f"--{marker.name} {value}"
    return replace(taken, notes=(changed("note.read_as", words=words, used=used), *taken.notes))


def _enter(source: Source, marker: Marker, taken: Taken, sheet: _Sheet) -> None:
    """Enter what an option says into the sheet."""
    sheet.take(marker.name, taken)
    if marker.kind is MarkerKind.STYLE:
        sheet.pieces[-1] = _LEADING_TO_STYLE.sub("", sheet.pieces[-1])
        _mend_brackets(sheet.pieces, source.text[marker.end : taken.end])


def _mend_brackets(pieces: list[str], named: str) -> None:
    """Keep brackets in pairs where one went with a style's name, as punctuation does.

    The one before `(style: NAME)` is taken out too; the one behind `(a fox style: NAME)` is put
    back.
    """
    for opening, closing in _BRACKETS:
        if named.count(closing) <= named.count(opening):
            continue
        before = "".join(pieces)
        if pieces[-1].endswith(opening):
            pieces[-1] = pieces[-1][:-1]
        elif before.count(opening) > before.count(closing):
            pieces.append(closing)


def _take_sides(values: dict[str, Any]) -> None:
    """Put width and height together to a size. Raises Refusal if one of them is missing."""
    sides = {name: values.pop(name) for name in _SIDES if name in values}
    if len(sides) == 1:
        (missing,) = set(_SIDES) - set(sides)
        raise Refusal("refused.value_missing", option=missing, example="--size 512x768")
    if sides and "size" not in values:
        values["size"] = tuple(sides[name] for name in _SIDES)


def _request(sheet: _Sheet) -> ImageRequest:
    notes = list(sheet.notes)
    _take_sides(sheet.values)
    if sheet.skipped:
        options = ", ".join(dict.fromkeys(sheet.skipped))
        notes.append(changed("note.skipped", options=options))
    prompt = _joined(sheet.positive)
    if sheet.negatives:
        prompt = prompt.rstrip(" ,")
    prompt, tagged, told_of_tags = take_tags(prompt)
    notes += told_of_tags
    parts = [*map(_joined, sheet.negatives), *sheet.more_negative]
    addresses: list[str] = []
    if not WORKS_ON_PICTURES.isdisjoint(sheet.values):
        prompt, *parts = (_without_addresses(part, addresses) for part in (prompt, *parts))
    elif left := other_addresses(prompt):
        prompt = _joined(left.pieces)
        notes.append(changed(ADDRESS_LEFT, address=left.addresses[0][:_SHOWN]))
    if len(addresses) > MOST_SOURCE_PICTURES:
        notes.append(changed("note.addresses_left", most=MOST_SOURCE_PICTURES))
    if "::" in prompt:
        weighted = weights(prompt)
        prompt = _joined(weighted.pieces)
        parts += weighted.negatives
        notes += weighted.notes
    negative = ", ".join(part for part in (part.strip(" ,\n\t") for part in parts) if part)
    return ImageRequest(
        prompt=prompt,
        negative=negative,
        loras=(*sheet.loras, *tagged),
        tis=tuple(sheet.tis),
        addresses=tuple(addresses[:MOST_SOURCE_PICTURES]),
        notes=tuple(dict.fromkeys(notes)),
        **sheet.values,
    )


def _without_addresses(text: str, addresses: list[str]) -> str:
    """Return a text without the addresses in it, which are added to a list."""
    cut = cut_addresses(text)
    addresses += cut.addresses
    return _joined(cut.pieces)


def _joined(pieces: Iterable[str]) -> str:
    """Return pieces with one space where something was cut out between them."""
    whole, *more = pieces
    for piece in more:
        before, after = whole.rstrip(" \t"), piece.lstrip(" \t")
        open_end = not before or before.endswith("\n")
        whole = before + ("" if open_end or after.startswith(("\n", *_CLOSING)) else " ") + after
    whole = whole.strip()
    return whole.rstrip(" ,") if more else whole
