"""Finding the name a person meant: longest known name, near misses, suggestions.

Names are compared folded: NFC, casefolded, typographic quotes and dashes as ASCII, runs of
spaces as one. An index is built once per list and is then only read.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice

from rapidfuzz import fuzz, process

LONGEST_REGION = 64
"""Characters after `style:` in which a name is looked for."""
NEAR = 90.0
"""Ratio from which words count as a name with a typing mistake."""
AHEAD = 5.0
"""How much better than any other name a near miss must be."""
SHORTEST_NEAR = 4
"""Names shorter than this match only exactly."""
MOST_SUGGESTIONS = 5
MOST_COMPLETIONS = 25
"""As many as Discord shows."""

_ALIKE = str.maketrans(
    {
        **dict.fromkeys("‐‑‒–—―−﹘﹣－", "-"),
        **dict.fromkeys("‘’‚‛′‹›＇`´", "'"),
        **dict.fromkeys("“”„‟″«»＂", '"'),
    }
)
_UNEVEN = re.compile(r"\s\s|[^\S ]")
"""Space that is not single, or no plain space."""
QUOTES = ("'", '"')
_AFTER_NAME = ".,;:!?)]}\"'"
_NAME_GOES_ON = "_+-"


def everything(_name: str) -> bool:
    """Offer every name."""
    return True


@dataclass(frozen=True, slots=True)
class Folded:
    """A text for comparing, with the way back to its own characters."""

    text: str
    starts: Sequence[int]
    """For each folded character, and for the end, the index in the original."""


def fold(text: str) -> Folded:
    """Return the folded text and, for each of its characters, where it came from."""
    if text.isascii() and _UNEVEN.search(text) is None:  # as nearly all are
        return Folded(text.lower().replace("`", "'"), range(len(text) + 1))
    letters: list[str] = []
    starts: list[int] = []
    for index, char in enumerate(text):
        if char.isspace():
            if letters and letters[-1] == " ":
                continue
            alike = " "
        else:
            alike = char.translate(_ALIKE).casefold()
        letters.extend(alike)
        starts.extend([index] * len(alike))
    return Folded("".join(letters), (*starts, len(text)))


def key(name: str) -> str:
    """Return the form under which a name is compared."""
    return fold(unicodedata.normalize("NFC", name)).text.strip()


@dataclass(frozen=True, slots=True)
class Found:
    """A name found at the start of a text."""

    name: str
    """As the list spells it."""
    end: int
    """Where the rest of the text begins."""
    words: str
    """The words read as the name."""
    exact: bool
    """False if the words were only near the name."""


class NameIndex:
    """The names of a list, ready to be found. Immutable after construction."""

    def __init__(self, names: Iterable[str] = (), aliases: Mapping[str, str] | None = None) -> None:
        """Take names (an earlier one wins over a later one that folds alike) and aliases."""
        self._targets: dict[str, str] = {}
        for name in names:
            self._targets.setdefault(key(name), name)
        for alias, name in (aliases or {}).items():
            self._targets.setdefault(key(alias), name)
        self._prepare()

    def _prepare(self) -> None:
        self._targets.pop("", None)
        self._keys = tuple(self._targets)
        self._near_keys = tuple(entry for entry in self._keys if len(entry) >= SHORTEST_NEAR)
        self._lengths = tuple(sorted({len(entry) for entry in self._keys}, reverse=True))
        self._most_words = max((entry.count(" ") + 1 for entry in self._keys), default=0)

    def extended(self, names: Iterable[str], aliases: Mapping[str, str] | None = None) -> NameIndex:
        """Return an index with some more names and aliases.

        The names win over those that fold alike; of aliases those known before do.
        """
        index = NameIndex(names)
        index._targets = {**self._targets, **index._targets}
        for alias, name in (aliases or {}).items():
            index._targets.setdefault(key(alias), name)
        index._prepare()
        return index

    def __bool__(self) -> bool:
        return bool(self._targets)

    def get(self, name: str) -> str | None:
        """Return the list's spelling of a name or alias, or None."""
        return self._targets.get(key(name))

    def find(self, region: str) -> Found | None:
        """Find the name a region starts with: quoted, longest known, or near. Else None."""
        indent = len(region) - len(region.lstrip())
        folded = fold(region[indent:])
        if folded.text[:1] in QUOTES and quoted(folded.text)[0] is None:  # opened, never closed
            indent += 1
            folded = fold(region[indent:])
        found = self._quoted(folded) or self._longest(folded) or self._near(folded)
        if found is None:
            return None
        name, end, words, exact = found
        return Found(name, indent + folded.starts[end], words, exact)

    def suggest(
        self, words: str, offer: Callable[[str], bool] = everything, most: int = MOST_SUGGESTIONS
    ) -> tuple[str, ...]:
        """Return up to `most` names that look like the words, the likeliest first."""
        wanted = key(words[:LONGEST_REGION])
        starts = [entry for entry in self._keys if wanted and entry.startswith(wanted)]
        ranked = process.extract(
            wanted, self._keys, scorer=fuzz.ratio, score_cutoff=50, limit=8 * most
        )
        likely = [*sorted(starts, key=len), *(entry for entry, _score, _index in ranked)]
        likely += [entry for entry in self._keys if wanted and wanted in entry]
        names = dict.fromkeys(self._targets[entry] for entry in likely)
        return tuple(name for name in names if offer(name))[:most]

    def complete(
        self, typed: str, offer: Callable[[str], bool] = everything, most: int = MOST_COMPLETIONS
    ) -> tuple[str, ...]:
        """Return the names somebody who has typed so much may mean, the likeliest first.

        Names that begin so, then those with a word that begins so, then those that hold all the
        words, then near ones; of nothing typed, the first names of the list.
        """
        wanted = key(typed[:LONGEST_REGION])
        words = wanted.split()
        inner_word = re.compile(rf"(?<![^\W_]){re.escape(wanted)}")
        ranked: tuple[list[str], ...] = ([], [], [])
        for entry in self._keys:
            if entry.startswith(wanted):
                ranked[0].append(entry)
            elif wanted in entry and inner_word.search(entry):
                ranked[1].append(entry)
            elif all(word in entry for word in words):
                ranked[2].append(entry)
        if wanted:
            ranked[0].sort(key=len)
        names = dict.fromkeys(self._targets[entry] for group in ranked for entry in group)
        found = tuple(islice((name for name in names if offer(name)), most))
        if found or len(wanted) < SHORTEST_NEAR:
            return found
        return self.suggest(typed, offer, most)

    def search(self, words: str, offer: Callable[[str], bool] = everything) -> tuple[str, ...]:
        """Return all names that contain each of the words, in the list's order."""
        wanted = key(words).split()
        names = dict.fromkeys(
            target
            for entry, target in self._targets.items()
            if all(word in entry for word in wanted)
        )
        return tuple(name for name in names if offer(name))

    def _quoted(self, folded: Folded) -> tuple[str, int, str, bool] | None:
        text = folded.text
        inner, end = quoted(text)
        if inner is None:
            return None
        wanted = inner.strip()
        if target := self._targets.get(wanted):
            return target, end, wanted, True
        best = self._best({wanted: end})
        return (best[0], end, wanted, False) if best else None

    def _longest(self, folded: Folded) -> tuple[str, int, str, bool] | None:
        text = folded.text
        for length in self._lengths:
            target = self._targets.get(text[:length]) if length <= len(text) else None
            if target is not None and ends_word(text, length):
                return target, _past_punctuation(text, length), text[:length], True
        return None

    def _near(self, folded: Folded) -> tuple[str, int, str, bool] | None:
        text = folded.text
        if quoted(text)[0] is not None:
            return None
        ends: dict[str, int] = {}
        position = 0
        for _count in range(self._most_words):
            while position < len(text) and text[position] == " ":
                position += 1
            start = position
            while position < len(text) and text[position] != " ":
                position += 1
            if position == start:
                break
            ends.setdefault(text[:position].rstrip(_AFTER_NAME), position)
        best = self._best(ends)
        return (best[0], ends[best[1]], best[1], False) if best else None

    def _best(self, ends: Mapping[str, int]) -> tuple[str, str] | None:
        """Return (name, words) of the one name clearly nearest to any of the candidates."""
        scores: dict[str, tuple[float, str]] = {}
        for words in ends:
            for entry, score, _index in process.extract(
                words, self._near_keys, scorer=fuzz.ratio, score_cutoff=NEAR - AHEAD, limit=8
            ):
                target = self._targets[entry]
                if score > scores.get(target, (0.0, ""))[0]:
                    scores[target] = (score, words)
        ranked = sorted(scores.items(), key=lambda item: -item[1][0])
        if not ranked or ranked[0][1][0] < NEAR:
            return None
        if len(ranked) > 1 and ranked[0][1][0] - ranked[1][1][0] < AHEAD:
            return None
        return ranked[0][0], ranked[0][1][1]


def quoted(folded_text: str) -> tuple[str | None, int]:
    """Return what stands in quotes at the start of a folded text, and where they end.

    (None, 0) if it does not start with a quote, or the quote is not closed before a word's end.
    """
    mark = folded_text[:1]
    if mark not in QUOTES:
        return None, 0
    close = folded_text.find(mark, 1)
    while close != -1 and not ends_word(folded_text, close + 1):
        close = folded_text.find(mark, close + 1)
    return (None, 0) if close == -1 else (folded_text[1:close], close + 1)


def ends_word(text: str, index: int) -> bool:
    """Tell whether a name may end before `index`."""
    following = text[index : index + 1]
    return not (following.isalnum() or (following and following in _NAME_GOES_ON))


def _past_punctuation(text: str, index: int) -> int:
    while index < len(text) and text[index] in _AFTER_NAME:
        index += 1
    return index
