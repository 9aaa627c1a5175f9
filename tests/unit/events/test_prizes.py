"""Planning prizes: what they cost at most, who gets what, and who pays it."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from common import texts
from common.errors import Refusal
from events.kudos.records import Sheet
from events.kudos.statement import Statement
from events.kudos.treasury import Cost
from events.prizes import (
    Entrant,
    Fund,
    Prizes,
    award,
    covered,
    prove,
    share_out,
    worst_case,
)

CHALLENGE = Prizes(participation=50, places=(1000, 500, 200), per_person=1020, budget=2000)


def people(*names):
    return [Entrant(name, f"{name} on discord") for name in names]


def test_places_come_first_and_the_rest_of_the_budget_is_for_those_who_came_first():
    assert covered(CHALLENGE) == 6
    assert worst_case(CHALLENGE) == 2000


def test_a_few_people_cost_less_than_the_budget():
    assert worst_case(CHALLENGE, most_people=2) == 1000 + 500 + 2 * 50


def test_nothing_costs_nothing_and_needs_no_funds():
    assert not Prizes().any
    assert prove(Prizes(), []).worst_case == 0


def test_what_funds_do_not_cover_is_not_announced():
    with pytest.raises(Refusal, match="1 are missing"):
        prove(CHALLENGE, [Fund("a", "ann#1", 1500), Fund("house", "bot#2", 499)])

    proof = prove(CHALLENGE, [Fund("a", "ann#1", 1500), Fund("house", "bot#2", 600)])
    assert (proof.worst_case, proof.participants, proof.spare) == (2000, 6, 100)


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"places": (10, 0), "budget": 100}, "at least 1"),
        ({"places": (10, 20), "budget": 100}, "falling order"),
        ({"places": (60, 40), "participation": 1, "budget": 100}, "cost 101 kudos"),
        ({"places": (60,), "per_person": 50, "budget": 100}, "one of the prizes is 60"),
    ],
)
def test_prizes_that_contradict_each_other_are_refused(wrong, sentence):
    with pytest.raises(ValidationError, match=sentence):
        Prizes(**wrong)


def test_who_gets_what():
    given_ = award(CHALLENGE, people("ann", "bob", "eve"), people("bob", "ann"))

    assert [(one.person, one.reason, one.kudos) for one in given_] == [
        ("bob", "place 1", 1000),
        ("ann", "place 2", 500),
        ("ann", "taking part", 50),
        ("bob", "taking part", 20),
        ("eve", "taking part", 50),
    ]


def test_one_person_wins_one_place_and_the_next_moves_up():
    given_ = award(CHALLENGE, [], people("bob", "bob", "ann", "bob", "eve"))

    assert [one.person for one in given_] == ["bob", "ann", "eve"]


def test_who_enters_with_several_accounts_takes_part_once():
    twice = [Entrant("ann", "on discord"), Entrant("ann", "on mastodon")]

    assert [one.payee for one in award(CHALLENGE, twice, [])] == ["on discord"]


def test_late_entrants_get_nothing_when_the_budget_is_used_up():
    assert len(award(CHALLENGE, people(*"abcdefghij"), [])) == 6


def test_a_party_pays_for_small_pictures_only():
    party = Prizes(pictures=1000, max_pixels=512 * 512, max_steps=20)

    assert party.pays_for(width=512, height=512, steps=20)
    assert not party.pays_for(width=576, height=512, steps=20)
    assert not party.pays_for(width=512, height=512, steps=21)


def test_a_prize_is_paid_by_the_next_fund_where_one_ends():
    awards = award(CHALLENGE, [], people("bob", "ann"))
    shares = share_out(awards, [Fund("a", "ann#1", 1200), Fund("house", "bot#2", 900)])

    assert [(one.award.person, one.fund, one.kudos) for one in shares] == [
        ("bob", "a", 1000),
        ("ann", "a", 200),
        ("ann", "house", 300),
    ]


def test_awards_that_nobody_pays_are_not_given():
    with pytest.raises(Refusal, match="300 are missing"):
        share_out(award(CHALLENGE, [], people("bob", "ann")), [Fund("a", "ann#1", 1200)])


MARKS = st.sampled_from("abcdefghijkl")


@given(
    participation=st.integers(0, 60),
    places=st.lists(st.integers(1, 300), max_size=4),
    extra=st.integers(0, 500),
    cap=st.none() | st.integers(0, 300),
    entrants=st.lists(MARKS, max_size=30),
    winners=st.lists(MARKS, max_size=12),
    funds=st.lists(st.integers(0, 400), max_size=6),
)
def test_no_contest_costs_more_than_was_proven(
    participation, places, extra, cap, entrants, winners, funds
):
    places = sorted(places, reverse=True)
    prizes = Prizes(
        participation=participation,
        places=tuple(places),
        per_person=None if cap is None else max(1, cap, *places, participation),
        budget=sum(places) + participation + extra,
    )
    awards = award(prizes, people(*entrants), people(*winners))

    total = sum(one.kudos for one in awards)
    assert total <= worst_case(prizes, most_people=len(set(entrants + winners))) <= prizes.budget
    assert len({(one.person, one.reason) for one in awards}) == len(awards)
    by_person: dict[str, int] = {}
    for one in awards:
        by_person[one.person] = by_person.get(one.person, 0) + one.kudos
    assert all(kudos <= (prizes.per_person or kudos) for kudos in by_person.values())
    purses = [Fund(str(number), "x#1", kudos) for number, kudos in enumerate(funds)]
    if sum(funds) >= total:
        shares = share_out(awards, purses)
        for purse in purses:
            assert sum(one.kudos for one in shares if one.fund == purse.id) <= purse.kudos
        assert sum(one.kudos for one in shares) == total
    else:
        with pytest.raises(Refusal):
            share_out(awards, purses)


@pytest.mark.parametrize("language", [one for one in texts.spoken() if one != "en"])
def test_what_organisers_read_of_money_is_in_their_language(language):
    plan = CHALLENGE.model_copy(update={"pictures": 300, "max_pixels": 10**6, "max_steps": 30})
    shown = Statement("autumn", plan, Cost(2000, 300, 0, 2000, 300), Sheet(*range(6)), [])
    nothing = replace(shown, prizes=Prizes())
    codes = ("no_account", "no_seal_key", "other_seal_key", "seal_broken", "horde_silent")
    refusals = [Refusal(f"kudos.{code}", horde="horde") for code in codes]

    def told():
        return [*shown.costs, *nothing.costs, shown.paid, *map(str, refusals)]

    english = told()
    with texts.speaking(language):
        theirs = told()
    assert len(theirs) == len(english) == 10
    assert not set(theirs) & set(english)
