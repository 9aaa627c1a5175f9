"""What sentences tell people to type is read, in each language, as what the English one tells."""

from __future__ import annotations

import re

import pytest

from common import texts
from common.errors import Refusal
from events.linking.commands import COMMANDS as LINKING
from events.wishes import COMMANDS as WISHES
from request.grammar import Command, FollowUp, ImageRequest, NotARequest, WhyNot, read
from styles.names import NameIndex

OTHERS = {**WISHES, **LINKING}
NAMES = NameIndex(("raw", "anime", "featured", "neon", "stylepunks", "NAME", "spring"))
VALUES = {"word": "hide", "step": "open", "words": "spring", "like": "spring", "person": "ann"}
"""What stands for the values of a sentence; a number for the others."""
TYPED = re.compile(r"`([^`]+)`")
QUOTED = re.compile(
    r"(?:link (?:CODE|alias#123|\{code\})|unlink|(?:un)?vote \{name\}|enter \{name\})"
)
EXAMPLE = re.compile(r"\bdraw (?:for me )?(?:a |{)")
ENGLISH = texts.catalogue()


class Values(dict):
    def __missing__(self, name):
        return "spring" if name == "name" else VALUES.get(name, "7")


def reading(text):
    return read(text, NAMES, reply=True, picture=True, others=OTHERS)


def meaning(typed):
    """Return what it does to type this: the same for `again` and its words in other languages."""
    text = typed.format_map(Values())
    try:
        found = reading(text)
    except Refusal as refusal:
        return refusal.code
    if isinstance(found, Command):
        argument = found.argument if found.name.value == "help" else ""
        return (found.name, found.word, argument)
    if isinstance(found, FollowUp):
        return (found.kind, found.style, found.picture, found.adds)
    if isinstance(found, NotARequest) and found.why is not WhyNot.YES:
        return re.sub(r"^\([^\W\d]+:", "(word:", text)  # weights are of a word of the language
    return type(found).__name__


def examples(sentence):
    """Yield the requests that stand at the end of lines, or behind a colon."""
    for piece in re.split(r": |\n| — |[“”„«»]", sentence):
        found = reading(piece.format_map(Values()))
        if isinstance(found, ImageRequest):
            yield found


@pytest.mark.parametrize("language", texts.spoken())
def test_what_is_to_be_typed_does_what_the_english_words_do(language):
    for code, sentence in texts.catalogue(language).items():
        if code in ENGLISH:
            told = {meaning(typed) for typed in TYPED.findall(sentence)}
            assert (code, told) == (code, {meaning(one) for one in TYPED.findall(ENGLISH[code])})


@pytest.mark.parametrize("language", texts.spoken())
def test_what_is_to_be_typed_without_marks_is_the_same_word_for_word(language):
    for code, sentence in texts.catalogue(language).items():
        if code in ENGLISH:
            assert (code, set(QUOTED.findall(sentence))) == (
                code,
                set(QUOTED.findall(ENGLISH[code])),
            )


@pytest.mark.parametrize("language", texts.spoken())
def test_where_english_gives_an_example_of_a_request_there_is_one_to_be_drawn(language):
    shown = {
        code: [one.prompt for one in examples(texts.catalogue(language)[code])]
        for code, sentence in ENGLISH.items()
        if EXAMPLE.search(sentence) and code in texts.catalogue(language)
    }
    assert len(shown) > 10
    assert {code for code, prompts in shown.items() if not all(prompts) or not prompts} == set()
