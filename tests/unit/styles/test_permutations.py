"""Braces in a prompt."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from styles.resolving.permutations import expand


def variants(prompt, most=20, seed=1):
    return list(expand(prompt, random.Random(seed), most).prompts)


@pytest.mark.parametrize(
    ("prompt", "expected"),
    [
        ("a {red, blue} fox", ["a red fox", "a blue fox"]),
        ("{a,b} {c,d}", ["a c", "a d", "b c", "b d"]),
        ("{a, {b, c} d}", ["a", "b d", "c d"]),
        ("a{, very} small", ["a small", "avery small"]),
        ("{a, {b, {c, d}}}", ["a", "b", "c", "d"]),
        ("{ a , b  , c d }!", ["a!", "b!", "c d!"]),
        ("{a, {b, {x{c, d}y}}}", ["a", "b", "{xcy}", "{xdy}"]),
    ],
)
def test_commas_give_every_variant_left_to_right(prompt, expected):
    assert variants(prompt) == expected


@pytest.mark.parametrize(
    "prompt",
    ["{{a, b}}", "{a}", "{}", "{a, b", "a, b}", r"\{a, b\}", "no braces, at all", "{{a, b}", "}{"],
)
def test_what_stays_text(prompt):
    assert variants(prompt) == [prompt]


def test_braces_deeper_than_three_stay_text():
    assert variants("{a, {b, {c, {d, e}}}}") == ["a", "b", "c", "{d, e}"]


def test_text_braces_may_hold_groups():
    assert variants("{x {a, b}}") == ["{x a}", "{x b}"]


def test_a_bar_picks_one_by_the_seed():
    picked = {variants("{a|b}", seed=seed)[0] for seed in range(20)}
    assert picked == {"a", "b"}
    assert variants("{a|b|c} {d|e}", seed=5) == variants("{a|b|c} {d|e}", seed=5)


def test_commas_are_text_where_there_is_a_bar():
    assert variants("{a, big|a, big}") == ["a, big"]


def test_a_choice_may_hold_a_permutation():
    assert variants("{ {a, b}|{a, b} }") == ["a", "b"]


def test_too_many_are_counted_but_not_made():
    found = expand("{a,b}" * 100, random.Random(1), 20)
    assert len(found.prompts) == 20
    assert found.total == 2**100


def test_permuted_tells_whether_there_was_a_comma_group():
    assert expand("{a,b}", random.Random(1), 1).permuted
    assert not expand("{a|b}", random.Random(1), 9).permuted


@given(st.text(alphabet="{},|ab\\ ", max_size=60))
def test_nothing_raises_and_there_is_always_a_variant(prompt):
    found = expand(prompt, random.Random(1), 5)
    assert 1 <= len(found.prompts) <= 5
    assert found.total >= len(found.prompts)
