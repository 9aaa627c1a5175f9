"""People take turns, and everybody can be told their place."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.running.rounds import Rounds


def filled(whose):
    rounds = Rounds[tuple[str, int]]()
    for number, person in enumerate(whose):
        rounds.add(person, (person, number))
    return rounds


def test_one_of_each_goes_before_the_second_of_anybody():
    rounds = filled("aaabca")
    rounds.remove("a", ("a", 1))
    rounds.remove("a", ("a", 1))
    assert len(rounds) == 5
    assert [person for person, _ in rounds] == ["a", "b", "c", "a", "a"]
    assert rounds.next() == ("a", 0)
    rounds.add("d", ("d", 9))
    assert [person for person, _ in rounds] == ["b", "c", "a", "d", "a"]


@given(st.text("abc", max_size=12))
def test_what_comes_out_is_in_the_order_and_at_the_place_that_was_told(whose):
    rounds = filled(whose)
    told = list(rounds)
    places = {person: rounds.place(person) for person in set(whose)}
    came = [rounds.next() for _ in told]
    assert came == told
    assert not rounds
    last = {person: number for number, (person, _) in enumerate(came, start=1)}
    assert places == last
    with pytest.raises(KeyError):
        rounds.next()
