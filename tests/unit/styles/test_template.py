"""Section 3.4 of the rules: a person's words in a style's template."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from styles.resolving.template import commas_for_separators, fill


@pytest.mark.parametrize(
    ("template", "prompt", "negative", "expected"),
    [
        ("{p}{np}", "a fox", "", "a fox"),
        ("{p}{np}", "a fox", "bad", "a fox###bad"),
        ("{p}###{np}", "a fox", "", "a fox"),
        ("{p}", "a fox", "bad", "a fox###bad"),
        ("{p}, ink", "a fox", "bad", "a fox, ink###bad"),
        ("{p}###ugly{np}", "a fox", "bad", "a fox###ugly, bad"),
        ("{p}###ugly, {np}", "a fox", "bad", "a fox###ugly, bad"),
        ("{p}###ugly,{np}", "a fox", "bad", "a fox###ugly,bad"),
        ("{p}###{np}ugly", "a fox", "bad", "a fox###bad, ugly"),
        ("{p}###{np}, ugly", "a fox", "bad", "a fox###bad, ugly"),
        ("{p}###{np}(ugly:2)", "a fox", "bad", "a fox###bad(ugly:2)"),
        ("{p}###{np}, ugly", "a fox", "", "a fox###ugly"),
        ("{p}###ugly, {np}", "a fox", "", "a fox###ugly"),
        ("{p}###ugly", "a fox", "bad", "a fox###ugly, bad"),
        ("{p}###{np}, x {np}", "a fox", "bad", "a fox###bad, x"),
        ("{p} and {p}###not {p}{np}", "a fox", "", "a fox and a fox###not a fox"),
        ("{p}###not {p}, or", "a fox", "bad", "a fox###not a fox, or, bad"),
        ("{p}###a###b{np}", "x", "c", "x###a, b, c"),
        (" {p} ### , ugly , ", "x", "", "x###ugly"),
        ("{a|b} {p}###{np}", "x", "", "{a|b} x"),
    ],
)
def test_templates(template, prompt, negative, expected):
    assert fill(template, prompt, negative) == expected


@pytest.mark.parametrize(
    "words", ["{p}", "{np}", "{0}", "{", "}", "$&", "$$100", "embedding:x", "%s"]
)
def test_the_persons_words_stay_text(words):
    assert fill("A {p} B###C {np} D", words, words) == f"A {words} B###C {words} D"


def test_separators_in_the_persons_words_become_commas():
    assert fill("{p}, ink###{np}", "a ### b", "c####d") == "a, b, ink###c, d"


def test_a_hash_at_the_seam_does_not_move_the_separator():
    whole = fill("{p}###ugly", "issue #", "")
    assert whole.split("###", 1) == ["issue # ", "ugly"]


def test_hashes_that_meet_do_not_make_a_separator():
    assert fill("{p}#tag###ugly", "a##", "").split("###") == ["a##tag", "ugly"]


TEMPLATES = ["before {p} after###ugly {np} worse", "{p}#after{np}", "{p}###{np}ugly", "before {p}"]


@given(st.sampled_from(TEMPLATES), st.text(), st.text())
def test_the_templates_words_stay_whole_for_any_text(template, prompt, negative):
    whole = fill(template, prompt, negative)
    positive, _, against = whole.partition("###")
    assert "###" not in against
    for word in ("before", "after"):
        assert (word in template) <= (word in positive)
    for word in ("ugly", "worse"):
        assert (word in template) <= (word in against)


@given(st.text(alphabet="# ab"))
def test_no_separator_is_left(text):
    assert "###" not in commas_for_separators(text)


@pytest.mark.parametrize(
    ("template", "made"),
    [
        ("{p}###{np}{np}bad", "fox###cat, bad"),
        ("{p}###{np}{p}", "fox###cat, fox"),
        ("{p}###a {np}{np}", "fox###a cat"),
        ("{p}###{p}{np}, x", "fox###fox, cat, x"),
        ("{p}###x\u00a0", "fox###x\u00a0, cat"),
        ("{p}###\u00a0{np}\u00a0,", "fox###cat"),
    ],
)
def test_what_really_follows_a_placeholder_counts(template, made):
    assert fill(template, "fox", "cat") == made
