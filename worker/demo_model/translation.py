"""A prompt in another language, in the English words the demo model knows.

Only what it knows is put into English (`phrasebook.py`): it passes over all else. Nothing but what
the engine itself reads is changed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache
from itertools import takewhile

from worker.demo_model import vocabulary
from worker.demo_model.phrasebook import (
    ENGLISH,
    Kind,
    Phrase,
    fold,
    pattern,
    phrases,
    table,
    tongues,
)
from worker.demo_model.vocabulary import COLOURS, plural

_MOST_READ = 1000
"""Characters of a prompt in another language; the model itself reads some thirty words."""
_TWO, _ABOVE, _BELOW = "two", "above", "below"
_MODIFIERS = {_TWO, "small", "big"}
_WORD = re.compile(r"[^\W\d_]+")


@dataclass(frozen=True, slots=True)
class _Piece:
    """Part of a prompt: as it was written (folded), and what it is if the language has it."""

    written: str
    phrase: Phrase | None = None

    @property
    def english(self) -> str:
        return self.written if self.phrase is None else self.phrase.english

    @property
    def kind(self) -> Kind | None:
        return None if self.phrase is None else self.phrase.kind

    def is_foreign(self) -> bool:
        """Tell whether it is of the language and nothing that English prompts say."""
        return not self.is_of(_english_words())

    def is_of(self, words: frozenset[str]) -> bool:
        """Tell whether it is made of such words alone, or nothing the language has."""
        return self.phrase is None or words.issuperset(_WORD.findall(self.written))


def in_english(prompt: str) -> str:
    """Return a prompt with what the model knows in English; one that is English stays as it is."""
    folded = fold(prompt[:_MOST_READ])
    readings = [_pieces(folded, language) for language in tongues()]
    meant = [pieces for pieces in readings if _is_meant(pieces)]
    if not meant:
        return prompt
    return _composed(max(meant, key=_letters_read))


@cache
def _learned_words() -> frozenset[str]:
    """Return the words of what the model knows, and of what it is taught to pass over."""
    learned = (
        *(name for subject in vocabulary.SUBJECTS for name in subject.names),
        *(plural(name) for name in _names()),
        *COLOURS,
        *(word for words in vocabulary.COLOUR_WORDS.values() for word in words),
        *(phrase for scene in vocabulary.SCENES.values() for phrase in scene.phrases),
        *(scene.alone for scene in vocabulary.SCENES.values()),
        *(*vocabulary.SMALL_WORDS, *vocabulary.BIG_WORDS, *vocabulary.ABOVE_WORDS),
        *(*vocabulary.FILLERS, *vocabulary.STRANGERS),
    )
    return frozenset(word for phrase in learned for word in _WORD.findall(phrase))


@cache
def _english_words() -> frozenset[str]:
    """Return the words an English prompt may have; they tell nothing of another language."""
    return _learned_words() | _ordinary() | _said_in_english("alike")


@cache
def _ordinary() -> frozenset[str]:
    return _said_in_english("ordinary")


def _said_in_english(group: str) -> frozenset[str]:
    return frozenset(str(table(ENGLISH)[group]).split())


@cache
def _names() -> frozenset[str]:
    return frozenset(name for subject in vocabulary.SUBJECTS for name in subject.names)


@cache
def _english_subjects() -> re.Pattern[str]:
    names = _names() | {plural(name) for name in _names()}
    return re.compile(rf"(?<!\w)(?:{'|'.join(map(re.escape, names))})(?!\w)")


def _pieces(folded: str, language: str) -> list[_Piece]:
    """Return a prompt in pieces: what a language says, and what stands between."""
    pieces: list[_Piece] = []
    known, past = phrases(language), 0
    for found in pattern(language).finditer(folded):
        pieces.append(_Piece(folded[past : found.start()].strip()))
        written = " ".join(found[0].split())
        pieces.append(_Piece(written, known[written]))
        past = found.end()
    pieces.append(_Piece(folded[past:].strip()))
    return [piece for piece in pieces if piece.written]


def _is_meant(pieces: Sequence[_Piece]) -> bool:
    """Tell whether a prompt is of the language it was read in.

    It is not if it asks for a thing in English. It is if it names a thing or place in words that
    English has not; if it names one at all among more such words than English ones; or if it can
    be read whole.
    """
    unread = " ".join(piece.written for piece in pieces if piece.phrase is None)
    named = [piece for piece in pieces if piece.kind not in {None, Kind.WORDS}]
    if not named or _english_subjects().search(unread):
        return False
    if any(piece.is_foreign() and piece.kind is not Kind.COLOURS for piece in named):
        return True
    words = _WORD.findall(unread)
    foreign = sum(piece.is_foreign() for piece in pieces)
    if not words:
        return not all(piece.is_of(_learned_words()) for piece in pieces)
    ours = sum(word in _ordinary() for word in words)
    return foreign > ours and sum(piece.phrase is not None for piece in pieces) > 1


def _letters_read(pieces: Sequence[_Piece]) -> int:
    return sum(len(piece.written) for piece in pieces if piece.phrase is not None)


def _composed(pieces: Sequence[_Piece]) -> str:
    """Return the pieces as an English prompt, in an order the model has learned."""
    things = [place for place, piece in enumerate(pieces) if piece.kind is Kind.SUBJECTS]
    for place in range(things[0], things[-1]) if things else ():
        if pieces[place].english == _BELOW:
            upper, lower = _ordered(pieces[place + 1 :]), _ordered(pieces[:place])
            return f"{upper} {_ABOVE} {lower}"
    return _ordered(pieces)


def _ordered(pieces: Sequence[_Piece]) -> str:
    ordered = _several(_modifiers_first(_places_last(pieces)))
    return " ".join(piece.english for piece in ordered if piece.english)


def _places_last(pieces: Sequence[_Piece]) -> list[_Piece]:
    """Return the pieces with the places that stand before all things behind them."""
    leading = list(takewhile(lambda piece: piece.kind is not Kind.SUBJECTS, pieces))
    rest = pieces[len(leading) :]
    if not rest:
        return leading
    places = [piece for piece in leading if piece.kind is Kind.PLACES]
    return [*(piece for piece in leading if piece.kind is not Kind.PLACES), *rest, *places]


def _modifiers_first(pieces: Sequence[_Piece]) -> list[_Piece]:
    """Return the pieces with a colour, size or number behind a thing in front of it."""
    ordered: list[_Piece] = []
    thing: int | None = None
    for piece in pieces:
        if thing is not None and (piece.kind is Kind.COLOURS or piece.english in _MODIFIERS):
            ordered.insert(thing, piece)
            thing += 1
            continue
        if piece.english:
            thing = len(ordered) if piece.kind is Kind.SUBJECTS else None
            ordered.append(piece)
    return ordered


def _several(pieces: Sequence[_Piece]) -> Iterator[_Piece]:
    """Yield the pieces, a thing that is said to be two in the plural."""
    two = False
    for piece in pieces:
        if two and piece.phrase is not None and piece.english in _names():
            yield replace(piece, phrase=replace(piece.phrase, english=plural(piece.english)))
        else:
            yield piece
        two = piece.english == _TWO or (two and piece.kind is Kind.COLOURS)
