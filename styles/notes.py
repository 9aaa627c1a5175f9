"""Notes: what happened to a request on its way, as sentences of the catalogue."""

from __future__ import annotations

from collections.abc import Iterable

from common.model import Note, NoteKind
from common.texts import say


def changed(code: str, /, **values: object) -> Note:
    """Return the note that something the person wrote was cut, clamped, replaced or skipped."""
    return Note(code, say(code, **values), NoteKind.CHANGED)


def told(code: str, /, **values: object) -> Note:
    """Return the note that something was chosen for the person."""
    return Note(code, say(code, **values), NoteKind.INFO)


def each_once(notes: Iterable[Note]) -> tuple[Note, ...]:
    """Return the notes without repetitions, in order."""
    return tuple(dict.fromkeys(notes))
