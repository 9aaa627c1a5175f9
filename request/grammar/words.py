"""Verbs and politeness: the words of all languages, from the catalogue (`grammar.*`).

A community is mixed, so every language is read in every place. That a word of one language is an
ordinary word of another is settled in the catalogue: such a word is not listed alone.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from functools import cache

from common.texts import catalogue, languages
from request.grammar.clean import UNSPACED
from request.grammar.values import past

_MARK = r"\s,.!?:;…、。，！？：；¿¡؟،\u2600-\u27bf\ufe0f\U0001f000-\U0001faff"
_BETWEEN = rf"[{_MARK}]*"
"""Punctuation and emoji."""
_FIRST = rf"(?:[{_MARK}]|(?:[-–—]|#{{1,2}})(?=\s))*+"
"""The same with dashes that stand alone, and the marks of a headline."""
_MARKS = re.compile(rf"\A{_BETWEEN}|{_BETWEEN}\Z|,")
_UNSPACED = re.compile(rf"[{UNSPACED}]")
_FOLLOWED = re.compile(r"(.+?)\s*\((.+)\)")
"""A phrase of which the part in brackets must follow and is prompt; "…" is anything."""
_FIRST_WORD = re.compile(r"[^\W\d_]+")
_ANYTHING = r"\S"
_NOT_ONLY_FOR = r"(?!(?<=\bme)\s+(?:and|as|with)\s)"
"""Behind `draw me`: they are to be seen themselves."""
_MOST_POLITE = 4
_MOST_THANKS = 3
_LONGEST_CLOSING = 80
"""Characters at the end of a prompt in which a please or thanks is looked for."""
_SHORTEST_NEAR = 4
_EXPLAINED = (
    *("censored", "free", "nsfw", "bot", "rights", "off", "kept", "limits", "video", "languages"),
    *("kudos", "worker", "img2img"),
)
"""Terms of the glossary that are asked for in sentences of their own."""
_INSTEAD = {
    **{
        name: name
        for name in (
            *("help", "styles", "models", "status", "stop", "cancel", "delete", "queue", "info"),
            *("upscale", "describe"),
        )
    },
    "forget_me": "forget me",
    **{f"help_{word}": f"help {word}" for word in _EXPLAINED},
    **{shape: f"again --ar {shape}" for shape in ("wide", "tall", "square", "portrait")},
    "landscape": "again --ar landscape",
    "no_background": "same seed --no-background",
    "other_style": "again style: random",
}
"""Commands and follow-ups that have other words in the catalogue, by the name of those."""
_BEFORE_MARKS = 200
"""Characters of a text in which a sentence is looked for that begins with a verb."""


@dataclass(frozen=True, slots=True)
class Words:
    """What requests begin or end with, as patterns."""

    verb: re.Pattern[str]
    """For `match`: politeness, then a verb and the colon or comma right behind it."""
    around: tuple[re.Pattern[str], ...]
    """For `fullmatch`: the same with the prompt (`prompt`) inside the verb."""
    begins: re.Pattern[str]
    """For `search`: where a sentence or line begins that begins with a verb."""
    ends: tuple[str, ...]
    """Verbs that may stand behind the prompt, where a language has them."""
    verb_end: re.Pattern[str]
    """For `search`: one of those, and thanks, at the end."""
    lead: re.Pattern[str]
    """For `match`: politeness and what else may stand before a verb."""
    polite_start: re.Pattern[str]
    polite_end: re.Pattern[str]
    closing: re.Pattern[str]
    """For `search`: a please or thanks that ends a prompt."""
    again: frozenset[str]
    """What `again` is called, casefolded, with a straight apostrophe."""
    help_with: re.Pattern[str]
    """For `fullmatch`: help, and what it is wanted with (group 1)."""
    instead: Mapping[str, str]
    """Commands and follow-ups by what else may be said for them, casefolded."""
    add: re.Pattern[str]
    """For `match`: what a reply begins with that adds to the prompt."""
    added: frozenset[str]
    """Whole replies that are added to the prompt, casefolded."""
    minus: re.Pattern[str]
    """For `match`: what a reply begins with that takes something out of the picture, and an
    article (`article`)."""
    wishes: re.Pattern[str]
    """For `match`: what somebody begins with who wants something, if not a picture for sure."""
    praise: frozenset[str]
    """Whole texts that praise, and those that scold, casefolded."""
    scolding: frozenset[str]
    yes: frozenset[str]
    address: frozenset[str]
    """What a picture's address is called by who wants it, casefolded."""
    linking: re.Pattern[str]
    """For `search`: that a text ends in a word that needs another one behind it."""
    given: re.Pattern[str]
    """For `search`: that it ends in one that only says for whom it is."""
    unsaid: frozenset[str]
    """Prompts that leave it open what to draw, casefolded."""
    counted: re.Pattern[str]
    """For `match`: a number (group 1) and the pictures it counts."""
    numbers: Mapping[str, int]
    ordinals: Mapping[str, int]
    """Numbers of pictures by their words, casefolded."""
    articles: re.Pattern[str]
    openings: re.Pattern[str]
    """For `match`: what a prompt may begin with beside an article: a number, "picture of"."""
    lacking: re.Pattern[str]
    """For `search`: "no", "without", and the word (group 1) behind it."""
    alone: tuple[str, ...]
    """Verbs of one word, casefolded, in which a typing mistake is looked for."""
    swapped: Mapping[str, str]
    """Those verbs by what they are with two neighbouring letters swapped."""

    def without_verb(self, text: str, ends: Iterable[int]) -> str | None:
        """Return a text without its verb and the politeness around it; None if it has no verb.

        `ends` are the indices before which a verb may end that stands behind the prompt.
        """
        if found := self.verb.match(text):
            return self._unasked(text, text[found.end() :])
        for end in ends:
            for around in self.around:
                if found := around.fullmatch(text, 0, end):
                    return f"{found['prompt']}{found['more'] or ''} {text[end:]}"
            if any(verb in text for verb in self.ends) and (
                found := self.verb_end.search(text, 0, end)
            ):
                begin = past(self.polite_start, text, 0)
                return f"{text[begin : found.start()]} {text[end:]}"
        return None

    def later_verb(self, text: str) -> str | None:
        """Return a text from the sentence or line on that begins with a verb, if one does."""
        found = self.begins.search(text, 0, _BEFORE_MARKS)
        return None if found is None else text[found.end() :]

    def without_thanks(self, text: str) -> str:
        """Return a text without the please and thanks it ends with."""
        found = self.closing.search(text, max(0, len(text) - _LONGEST_CLOSING))
        return text if found is None else text[: found.start()]

    def says_politely(self, text: str) -> bool:
        """Tell whether a text begins with a greeting, a please or a `can you`."""
        polite = self.polite_start.match(text)
        return polite is not None and any(char.isalnum() for char in polite[0])

    def without_politeness(self, text: str) -> str:
        """Return a text without politeness, a leading slash and the punctuation around it."""
        plain = self.polite_end.sub("", text[past(self.polite_start, text, 0) :])
        return plain.strip().removeprefix("/")

    def without_lead(self, text: str) -> str:
        """Return a text without politeness and what else may stand before a verb."""
        return text[past(self.lead, text, 0) :]

    def is_one(self, text: str, phrases: Collection[str]) -> bool:
        """Tell whether a whole text is one of some phrases, but for marks and emoji around it."""
        plain = " ".join(_MARKS.sub(" ", text.replace("’", "'")).split())
        return _folded(plain) in phrases

    def _unasked(self, text: str, rest: str) -> str:
        """Return the rest of a text without the mark of the question it politely began as."""
        return rest.rstrip(" \t\n?？؟") if self.says_politely(text) else rest


@cache
def words() -> Words:
    """Return the words of all languages."""
    polite, thanks = _phrases("polite"), _phrases("thanks")
    please = tuple(phrase for phrase in polite if phrase in thanks)
    verbs, ends = _phrases("verbs"), _phrases("verbs_end")
    plain = tuple(verb for verb in verbs if not _FOLLOWED.fullmatch(verb))
    led = "|".join(_led(verb) for verb in verbs if _FOLLOWED.fullmatch(verb))
    lead = _phrases("lead")
    before = rf"{_FIRST}(?:(?:{_any_of(polite)})(?!\w){_BETWEEN}){{0,{_MOST_POLITE}}}"
    leading = rf"{_FIRST}(?:(?:{_any_of(polite + lead)})(?!\w){_BETWEEN}){{0,{_MOST_POLITE}}}"
    after = rf"(?:{_BETWEEN}(?:{_any_of(thanks)})){{0,{_MOST_THANKS}}}{_BETWEEN}\Z"
    behind = _behind(please)
    alone = _alone(plain)
    return Words(
        verb=_compiled(
            rf"{leading}[/!$~-]?(?:(?:(?:{_any_of(plain)})(?![\w@-]){_NOT_ONLY_FOR}|{led}){behind}"
            rf"|prompt\s*[:：])"
        ),
        around=_around(before, after),
        begins=_compiled(
            rf"(?:[.!?…:]\s+|\n\s*)(?=(?:{_any_of(polite + lead)})?{_BETWEEN}"
            rf"(?:(?:{_any_of(plain)})(?![\w@-])|{led}))"
        ),
        ends=ends,
        verb_end=re.compile(rf"(?:{_any_of(ends)}){after}"),
        lead=_compiled(leading),
        polite_start=_compiled(before),
        polite_end=_compiled(after),
        closing=_closing(please, thanks),
        again=frozenset(_folded(phrase) for phrase in _phrases("again")),
        help_with=_help_with(),
        instead={
            _folded(phrase): said for name, said in _INSTEAD.items() for phrase in _phrases(name)
        },
        add=_compiled(rf"(?:{_led_or_any('add')})[:,]?\s+"),
        added=_folded_all("added"),
        minus=_minus(),
        wishes=_compiled(rf"(?:{_led_or_any('wishes')})[:,]?\s+"),
        praise=_folded_all("praise"),
        scolding=_folded_all("scolding"),
        yes=_folded_all("agreed"),
        address=_folded_all("address"),
        linking=_compiled(
            rf"(?:(?:{_any_of((*_phrases('linking'), *_phrases('articles')))})|[:：])\s*\Z"
        ),
        given=_compiled(rf"[\s,;(]*(?:{_any_of(_phrases('given'))})[:\s]*\Z"),
        unsaid=_folded_all("unsaid"),
        counted=_compiled(
            rf"\s*(\d{{1,2}}|{_any_of(_phrases('numbers'))})\s+(?:{_any_of(_phrases('counted'))})\s+"
        ),
        numbers=_numbers(),
        ordinals=_ordinals(),
        articles=_compiled(rf"(?:{_any_of(_phrases('articles'))})\s"),
        openings=_compiled(rf"(?:\d{{1,2}}|{_any_of(_phrases('openings'))})\s+[^\W\d_]"),
        lacking=_compiled(
            rf"(?:\A|(?<=[\s,]))(?:{_any_of(_phrases('lacking'))})\s+(?!one\b)([^\W\d_][\w-]+)"
        ),
        alone=alone,
        swapped=_swapped(alone),
    )


def _behind(please: Iterable[str]) -> str:
    """Return the pattern of what may stand behind a verb before the prompt."""
    return (
        rf"(?:\s+prompt(?=\s*[:：]))?(?:[:,：、，]|\s+[-–—:](?=\s))?"
        rf"(?:\s+(?:{_any_of(please)})(?!\w)[,:]?)?"
    )


def _closing(please: Iterable[str], thanks: Iterable[str]) -> re.Pattern[str]:
    return _compiled(
        rf"(?:[\s,.!?;:–—-]+(?:{_any_of(please)})|[^\S\n]*[,.!?;:–—\n-]\s*(?:{_any_of(thanks)}))"
        rf"(?:[\s,.!&]*(?:{_any_of(thanks)}))*(?:[^\w\"'”’»)\]}}]|[:;]-?\))*\Z"
    )


def _help_with() -> re.Pattern[str]:
    return _compiled(
        rf"(?:{_any_of(_phrases('help_with'))})\s+"
        r"(?!(?:me|us)\b)(\S{1,40}(?:[^\S\n]\S{1,20}){0,2})"
    )


def _minus() -> re.Pattern[str]:
    articles = _any_of(_phrases("articles"))
    return _compiled(
        rf"(?:(?:{_any_of(_phrases('minus'))})\s+(?=\S)|(?:{_any_of(_phrases('minus_the'))})\s+"
        rf"(?=(?:{articles})\s))(?P<article>(?:{articles})\s+)?"
    )


def _alone(verbs: Iterable[str]) -> tuple[str, ...]:
    """Return the verbs of one word that are long enough for a typing mistake, casefolded."""
    words_ = (verb.casefold() for verb in verbs if _FIRST_WORD.fullmatch(verb))
    return tuple(word for word in words_ if len(word) >= _SHORTEST_NEAR)


def _swapped(verbs: Iterable[str]) -> dict[str, str]:
    """Return the verbs by what they are with two neighbouring letters in each other's place."""
    return {
        _swap(verb, index): verb
        for verb in verbs
        for index in range(len(verb) - 1)
        if _swap(verb, index) != verb
    }


def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern, re.IGNORECASE)


def _phrases(group: str) -> tuple[str, ...]:
    """Return the phrases of all languages, written `a b | c`, the longest first."""
    phrases = (phrase for language in languages() for phrase in phrases_of(language, group))
    return tuple(sorted(dict.fromkeys(phrases), key=len, reverse=True))


def phrases_of(language: str, group: str) -> list[str]:
    """Return the phrases of one language, in its order."""
    written = catalogue(language).get(f"grammar.{group}", "").split("|")
    return [unicodedata.normalize("NFC", phrase.strip()) for phrase in written if phrase.strip()]


def _numbers() -> dict[str, int]:
    """Return the numbers from two on by their words."""
    return {
        word.casefold(): number
        for language in languages()
        for number, word in enumerate(phrases_of(language, "numbers"), start=2)
    }


def _ordinals() -> dict[str, int]:
    """Return the numbers of pictures by their words: `second`, `two`, `die zweite`."""
    said = {
        word.casefold(): number
        for language in languages()
        for number, words_ in enumerate(phrases_of(language, "ordinals"), start=1)
        for word in words_.split("/")
    }
    return _numbers() | said


def _any_of(phrases: Iterable[str]) -> str:
    """Return a pattern of phrases; those written with spaces between words must begin one."""
    spaced: list[str] = []
    unspaced: list[str] = []
    for phrase in phrases:
        (unspaced if _UNSPACED.match(phrase) else spaced).append(written(phrase))
    beginning = [rf"(?<!\w)(?:{'|'.join(spaced)})"] if spaced else []
    return "|".join((*beginning, *unspaced))


def written(phrase: str) -> str:
    """Return the pattern of one phrase: any space between its words, any apostrophe in them."""
    return r"\s+".join(re.escape(word).replace("'", "['’]") for word in phrase.split())


def _led(phrase: str) -> str:
    """Return the pattern of a verb and of what must follow it, which is not part of the match."""
    verb, follows = _FOLLOWED.fullmatch(phrase).groups()  # type: ignore[union-attr]
    if _UNSPACED.match(verb):
        return rf"{written(verb)}(?={_ANYTHING if follows == '…' else written(follows)})"
    return rf"(?<!\w){written(verb)}(?=\s+{written(follows)}(?!\w))"


def _around(before: str, after: str) -> tuple[re.Pattern[str], ...]:
    """Return the patterns of the verbs that have their prompt inside, by what closes them.

    More of it (`more`) may follow: `kannst du einen Hund malen, der lacht`.
    """
    openings: dict[str, list[str]] = {}
    for phrase in _phrases("verbs_around"):
        opening, closing = phrase.split("…")
        openings.setdefault(written(closing.strip()), []).append(written(opening.strip()))
    going_on = _any_of((*_phrases("linking"), *_phrases("articles")))
    more = rf"(?P<more>(?:,|\s+(?:{going_on}))\s+\S.*?)?"
    return tuple(
        _compiled(rf"{before}(?:{'|'.join(opening)})\s+(?P<prompt>\S.*?)\s+{closing}{more}{after}")
        for closing, opening in openings.items()
    )


def _led_or_any(group: str) -> str:
    """Return the pattern of phrases, of which some must be followed by what is in brackets."""
    phrases = _phrases(group)
    plain = tuple(one for one in phrases if not _FOLLOWED.fullmatch(one))
    led = [_led(one) for one in phrases if _FOLLOWED.fullmatch(one)]
    return "|".join((*led, rf"(?:{_any_of(plain)})(?!\w)"))


def _folded_all(group: str) -> frozenset[str]:
    return frozenset(_folded(phrase) for phrase in _phrases(group))


def _folded(phrase: str) -> str:
    return phrase.casefold()


def _swap(word: str, index: int) -> str:
    return word[:index] + word[index + 1] + word[index] + word[index + 2 :]
