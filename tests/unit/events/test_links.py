"""Codes people type, and which accounts hang together."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from events.linking.codes import ALPHABET, make_code, number_of, read_code, read_horde_name
from events.linking.groups import group


def test_a_code_is_read_as_it_was_shown():
    code = make_code()

    assert read_code(code) == code.replace("-", "")
    assert len({make_code() for _ in range(100)}) == 100


@pytest.mark.parametrize(
    "written",
    ["kx7pm3qt", " KX7P M3QT. ", "`KX7P-M3QT`", "**kx7p-m3qt**", "“KX7P”-M3QT".strip("“”")],
)
def test_a_code_is_read_in_any_dress(written):
    assert read_code(written.replace("”", "")) == "KX7PM3QT"


@pytest.mark.parametrize(
    "written", ["", "KX7P", "KX7PM3QTX", "KX7PM3Q0", "alias#123", "é" * 8, "elephant"]
)
def test_what_is_no_code_is_none(written):
    assert read_code(written) is None


@pytest.mark.parametrize("written", ["alias#123", " `alias#123` ", "two words#7", "ünï#9999999999"])
def test_the_name_of_a_horde_account(written):
    name = read_horde_name(written)

    assert name is not None
    assert number_of(name) > 0


@pytest.mark.parametrize(
    "written",
    ["alias", "#123", "alias#0", "alias#12345678901", "a#b#1", "@ann#1", "x" * 101 + "#1"],
)
def test_what_is_no_name_of_a_horde_account(written):
    assert read_horde_name(written) is None


def test_accounts_behind_one_browser_are_one_person():
    people = group([("browser", "ann"), ("browser", "bob"), ("phone", "bob"), ("other", "eve")])

    assert people["ann"] == people["bob"] == people["phone"] == people["browser"]
    assert people["eve"] == people["other"] != people["ann"]


@given(st.lists(st.tuples(st.sampled_from("abcdefgh"), st.sampled_from("stuvwxyz"))), st.randoms())
def test_who_is_one_person_does_not_depend_on_the_order(pairs, random):
    shuffled = list(pairs)
    random.shuffle(shuffled)

    people = group(pairs)
    assert group(shuffled) == people
    assert all(people[one] == people[other] for one, other in pairs)
    assert all(people[leader] == leader for leader in people.values())


def test_a_long_chain_is_followed_without_end():
    pairs = [(f"{number:05}", f"{number + 1:05}") for number in range(20_000)]

    assert set(group(reversed(pairs)).values()) == {"00000"}


def test_the_alphabet_has_no_letters_that_look_alike():
    assert not set("01IO") & set(ALPHABET)
