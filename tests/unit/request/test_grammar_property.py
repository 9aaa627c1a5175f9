"""Whatever is written, reading gives a value or a Refusal with a sentence."""

import json
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.errors import Refusal
from request.grammar import ImageRequest, from_json, read, to_json
from styles.names import NameIndex

NAMES = NameIndex(("raw", "anime", "anime portrait", "it's (x)", "cascade+"))
SNIPPETS = st.sampled_from(
    [
        *(
            "draw ",
            "draw for me ",
            "imagine ",
            "@bot ",
            "hello ",
            "please ",
            "edit ",
            "help ",
            "info ",
        ),
        *(
            "style: ",
            "style：",
            "raw",
            "anime",
            "“anime",
            "it’s (x)",
            "random",
            "###",
            "##",
            "\n",
            "> ",
        ),
        *(
            "--n ",
            "-n ",
            "—n ",
            "--seed ",
            "--no ",
            "--ar ",
            "--size ",
            "--lora ",
            "--lora v:",
            "-- ",
        ),
        *(
            "--model ",
            "--sampler ",
            "--cfg ",
            "--tile",
            "--q ",
            "--iw ",
            "--v ",
            "--sref ",
            "--niji ",
        ),
        *("4", "16:9", "512x768", "9" * 400, "-1", "1.5", "=", '"', "'", ",", ".", "::2", "{a, b}"),
        *(
            "İ",
            "ß",
            "\u0345",
            "\u200b",
            "\ud800",
            "\U0001f468\u200d\U0001f469",
            "ſtyle: ",
            "ﬁ",
            "\x00",
        ),
    ]
)
ANY_CHARACTER = st.characters(exclude_categories=())


def outcome(text, **context):
    try:
        return read(text, NAMES, bot_names=("bot", "<@1>"), **context)
    except Refusal as refusal:
        return refusal


@given(st.text(ANY_CHARACTER), st.booleans())
def test_no_text_of_unicode_raises_anything_else(text, verb_optional):
    for found in (outcome(text, verb_optional=verb_optional), outcome("draw " + text)):
        assert str(found)
        assert len(getattr(found, "suggestions", ())) <= 5


@given(st.lists(SNIPPETS | st.text(ANY_CHARACTER, max_size=5), max_size=12).map("".join))
def test_no_mixture_of_the_grammars_own_words_raises_anything_else(text):
    for found in (outcome(text), outcome("draw x " + text)):
        if isinstance(found, ImageRequest):
            assert from_json(json.loads(json.dumps(to_json(found)))) == found
            assert "###" not in found.prompt + found.negative


@given(st.text(st.characters(categories=["L", "N", "Zs", "So"]), min_size=1).map(str.strip))
def test_plain_words_stay_as_they_are(words):
    found = outcome(f"draw: a {words} b")
    assert isinstance(found, ImageRequest)
    import unicodedata

    assert found.prompt == unicodedata.normalize("NFC", f"a {words} b")


@pytest.mark.parametrize(
    "part",
    [
        *(" ", "-", "--n 1 ", "style: raw ", "-style ", "#", "### ", "@", "@a.", "{", '"', "> "),
        *("please ", "x::", "--lora ", "\u0345", "draw ", "--no ", "- ", "style:", "<@", "\n>"),
        *("!", "[@bot", "-n 1", "--seed -", "“", "a-"),
    ],
)
def test_no_text_takes_long(part):
    text = (part * 4000)[:4000]
    started = time.process_time()
    outcome(text)
    outcome("draw x " + text)
    assert time.process_time() - started < 1
