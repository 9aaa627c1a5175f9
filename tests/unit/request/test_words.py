"""Answers in words: cut between lines and words, and not said again and again."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from request.allowed import policy
from request.answering.answers import split


@given(st.text(alphabet="ab \n", max_size=300), st.integers(5, 50))
def test_pieces_fit_and_lose_no_word(text, room):
    pieces = split(text, room, most=100)
    assert all(len(piece) <= room for piece in pieces)
    assert "".join("".join(pieces).split()) == "".join(text.split())


def test_lines_stay_whole_where_they_can():
    assert split("one two\nthree four\nfive", 12, most=3) == ["one two", "three four", "five"]
    assert split("one two three", 8, most=3) == ["one two", "three"]


def test_a_short_line_takes_no_post_of_its_own():
    assert split("one:\n" + "word " * 6, 20, most=3) == ["one:\nword word word", "word word word"]


def test_what_is_too_long_for_all_pieces_ends_with_a_sign():
    pieces = split("word " * 50, 20, most=2)
    assert len(pieces) == 2
    assert pieces[-1].endswith("…")


@pytest.mark.parametrize(
    ("code", "ago", "enough"),
    [
        ("refused.per_hour", 3500, True),
        ("refused.per_hour", 3700, False),
        (policy.HINT, 80_000, True),
        ("answer.other", 10, False),
    ],
)
def test_the_same_is_told_again_only_after_a_while(code, ago, enough):
    assert policy.heard_enough([(1e6 - ago, code)], code, now=1e6) is enough


def test_nobody_gets_words_without_end():
    told = [(1e6 - number, "") for number in range(policy.MOST_WORDS)]
    assert policy.heard_enough(told, "", now=1e6)
    assert not policy.heard_enough(told[1:], "", now=1e6)
