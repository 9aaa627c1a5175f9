"""Whatever is written, reading gives a value or a Refusal with a sentence."""

import json
import re
import time
import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from common.errors import Refusal
from request.grammar import (
    OPTIONS,
    CommandName,
    FollowUp,
    FollowUpKind,
    ImageRequest,
    apply,
    from_json,
    read,
    to_json,
)
from request.grammar.words import words
from styles.names import NameIndex

pytestmark = pytest.mark.exhaustive

NAMES = NameIndex(("raw", "anime", "anime portrait", "it's (x)", "cascade+"))
EARLIER = ImageRequest("a fox", style="raw", n=2, seed="5", source_picture="sha256:00")
OPTION_WORDS = [
    f"{dash}{name} " for option in OPTIONS for name in option.names for dash in ("--", "-")
]
SNIPPETS = st.sampled_from(
    [
        *("draw ", "draw for me ", "imagine ", "zeichne mir ", "を描いて", "お願いします"),
        *("@bot ", "<@1>", "<@&23> ", "hello ", "please ", "s’il te plaît ", "thanks"),
        *CommandName,
        *(f"{kind} " for kind in FollowUpKind),
        *("v2", "u2", "encore", "strong", " 0.4"),
        *("style: ", "style：", "raw", "anime", "“anime", "it’s (x)", "random", "(style: raw)"),
        *("###", "##", "#", "\n", "> ", " ", "\u3000", "\t"),
        *OPTION_WORDS,
        *("—n ", "–n ", "--foo ", "-- ", "--no-", "—", "-"),
        *("4", "16:9", "512x768", "9" * 400, "-1", "1.5", "=", '"', "'", ",", ".", "(", ")"),
        *("::2", "::-0.5", "a b::1.5", "::", "{a, b}", "{a|b}", "{{", "}}", "{", "}", "\\{"),
        *("https://x.y/z.png", "<https://x.y>", "![](https://x.y)", "http://x", "https://"),
        *("v:12", "canny", "x2", "k_euler", "NMKD_Siax"),
        *("İ", "ß", "\u0345", "\u200b", "\ud800", "\U0001f468\u200d\U0001f469", "ſtyle: ", "ﬁ"),
        *("\x00", "\u202e", "\ufeff", "\x85", "\u2028"),
    ]
)
UNSEEN = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\ud800-\udfff]")
ANY_CHARACTER = st.characters(exclude_categories=())
ANY_TEXT = st.text(ANY_CHARACTER, max_size=60)


def outcome(text, **context):
    try:
        return read(text, NAMES, bot_names=("bot", "<@1>"), **context)
    except Refusal as refusal:
        return refusal


def checked(text, **context):
    """The outcome of a text, after checking what holds for every outcome."""
    found = outcome(text, **context)
    again = outcome(text, **context)
    if isinstance(found, Refusal):
        assert (found.code, str(found), found.suggestions) == (
            again.code,
            str(again),
            again.suggestions,
        )
        assert str(found)
        assert len(found.suggestions) <= 5
        return found
    assert found == again
    if isinstance(found, FollowUp):
        found = apply(found, EARLIER)
    if isinstance(found, ImageRequest):
        assert "###" not in found.prompt + found.negative
        assert not UNSEEN.search(found.prompt + found.negative)
        assert from_json(json.loads(json.dumps(to_json(found)))) == found
    return found


@settings(max_examples=3_000, deadline=None)
@given(ANY_TEXT)
def test_no_text_of_all_of_unicode_raises_anything_but_a_refusal(text):
    checked(text)
    checked("draw " + text)


@settings(max_examples=1_500, deadline=None)
@given(ANY_TEXT, st.booleans(), st.booleans(), st.booleans())
def test_nor_does_it_anywhere_a_text_may_come_from(text, addressed, verb_optional, reply):
    checked(text, addressed=addressed, verb_optional=verb_optional, reply=reply)


@settings(max_examples=4_000, deadline=None)
@given(st.lists(SNIPPETS, max_size=9).map("".join))
def test_no_mixture_of_the_grammars_own_words_raises_anything_but_a_refusal(text):
    checked(text)
    checked("draw x " + text)


@settings(max_examples=1_000, deadline=None)
@given(st.sampled_from(OPTION_WORDS), ANY_TEXT)
def test_no_value_of_an_option_raises_anything_but_a_refusal(option, text):
    checked(f"draw x {option}{text}")
    checked(f"draw x {option.strip()}={text}")


@settings(max_examples=500, deadline=None)
@given(st.text(st.characters(categories=["L", "N", "Zs", "So"]), min_size=1).map(str.strip))
def test_plain_words_stay_as_they_are(plain):
    found = outcome(f"draw: a {plain} b")
    assert isinstance(found, ImageRequest)
    assert found.prompt == unicodedata.normalize("NFC", f"a {plain} b")


@pytest.mark.parametrize(
    "part",
    [
        *(" ", "-", "--n 1 ", "style: raw ", "-style ", "#", "### ", "@", "@a.", "{", '"', "> "),
        *("please ", "x::", "--lora ", "\u0345", "draw ", "--no ", "- ", "style:", "<@", "\n>"),
        *("!", "[@bot", "-n 1", "--seed -", "“", "a-", "[", "![](", "https://", "(https://x.y)) "),
        *("a::1 ", "x y ", "を描いて", "お願い", "描いて、", "@a@", "雪", "--seed “", "--upscale "),
        *("thanks ", "vary ", "?", "--no “a ", "\u0301", "https://x.y/a.png "),
    ],
)
def test_no_text_takes_long(part):
    words()
    text = (part * 4000)[:4000]
    for start in ("", "draw x ", "edit ", "draw x --inpaint ", "a::1 draw "):
        started = time.process_time()
        outcome(start + text)
        assert time.process_time() - started < 10  # some milliseconds, unless it tries without end
