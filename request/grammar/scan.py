"""Taking a text apart: options and styles out, the rest into prompt and negative prompt."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from common.errors import Refusal
from common.model import Note
from request.grammar.markers import Marker, MarkerKind, next_marker
from request.grammar.options import BY_NAME, OPTIONS, nearest
from request.grammar.source import Source, Taken
from styles.image_request import ImageRequest, LoraWish
from styles.notes import changed, told

_STYLE_OPTION = OPTIONS[0]
_WEIGHT = re.compile(r"(?<![\w:])([^\W_][\w'’-]*)::(\d(?:\.\d{1,2})?)(?![\w.:])")
_CLOSING = (",", ".", ";", ":", "!", "?", ")")


@dataclass
class _Sheet:
    """What has been read so far."""

    positive: list[str] = field(default_factory=list)
    negatives: list[list[str]] = field(default_factory=list)
    """One list of pieces for each part behind a `###`."""
    more_negative: list[str] = field(default_factory=list)
    values: dict[str, Any] = field(default_factory=dict)
    loras: list[LoraWish] = field(default_factory=list)
    notes: list[Note] = field(default_factory=list)
    skipped: list[str] = field(default_factory=list)

    def prose(self, piece: str) -> None:
        (self.negatives[-1] if self.negatives else self.positive).append(piece)

    def take(self, marker: Marker, taken: Taken) -> None:
        """Enter the value of an option."""
        for name, value in taken.values.items():
            if name in self.values and name == "style":
                self.notes.append(changed("note.style_replaced", name=self.values[name]))
            elif name in self.values:
                self.notes.append(changed("note.option_repeated", option=marker.name))
            self.values[name] = value
        if taken.negative:
            self.more_negative.append(taken.negative)
        if taken.lora is not None:
            self.loras.append(taken.lora)
        if taken.skipped:
            self.skipped.append(f"--{marker.name}")
        self.notes += taken.notes
        if taken.rest and any(piece.strip() for piece in self.positive):
            name = self.values["style"]
            self.notes.append(told("note.style_rest", name=name, rest=taken.rest))


def scan(source: Source) -> ImageRequest:
    """Return the request a text makes behind its verb; its prompt may be empty.

    Raises Refusal for an option or style that cannot be read.
    """
    sheet = _Sheet()
    position = 0
    text = source.text
    while (marker := next_marker(text, position)) is not None:
        sheet.prose(text[position : marker.start])
        if marker.kind is MarkerKind.SEPARATOR:
            sheet.negatives.append([])
            position = marker.end
        else:
            position = _option(source, marker, sheet)
    sheet.prose(text[position:])
    return _request(sheet)


def _option(source: Source, marker: Marker, sheet: _Sheet) -> int:
    """Read the option at a marker into the sheet; return where the text goes on."""
    if marker.kind is MarkerKind.UNKNOWN:
        raise Refusal(
            "refused.unknown_option", option=marker.name[:40], suggestions=nearest(marker.name)
        )
    option = _STYLE_OPTION if marker.kind is MarkerKind.STYLE else BY_NAME[marker.name]
    try:
        taken = option.take(source, marker.end, marker.name, option.example)
    except Refusal:
        if marker.certain:
            raise
        sheet.prose(source.text[marker.start : marker.end])
        return marker.end
    sheet.take(marker, taken)
    return taken.end


def _request(sheet: _Sheet) -> ImageRequest:
    notes = list(sheet.notes)
    if sheet.skipped:
        options = ", ".join(dict.fromkeys(sheet.skipped))
        notes.append(changed("note.skipped", options=options))
    prompt = _weights(_joined(sheet.positive), notes)
    parts = [*map(_joined, sheet.negatives), *sheet.more_negative]
    negative = ", ".join(part for part in (part.strip(" ,\n\t") for part in parts) if part)
    return ImageRequest(
        prompt=prompt,
        negative=negative,
        loras=tuple(sheet.loras),
        notes=tuple(dict.fromkeys(notes)),
        **sheet.values,
    )


def _joined(pieces: Iterable[str]) -> str:
    """Return pieces with one space where an option was cut out between them."""
    kept = list(pieces)
    whole = kept[0] if kept else ""
    for piece in kept[1:]:
        before, after = whole.rstrip(" \t"), piece.lstrip(" \t")
        open_end = not before or not after or before.endswith("\n")
        whole = before + ("" if open_end or after.startswith(("\n", *_CLOSING)) else " ") + after
    whole = whole.strip()
    return whole.rstrip(" ,") if len(kept) > 1 else whole


def _weights(prompt: str, notes: list[Note]) -> str:
    """Turn Midjourney's `word::2` into the weight `(word:2)`, with a note."""

    def weight(found: re.Match[str]) -> str:
        used = f"({found[1]}:{found[2]})"
        notes.append(changed("note.weight", asked=found[0], used=used))
        return used

    return _WEIGHT.sub(weight, prompt) if "::" in prompt else prompt
