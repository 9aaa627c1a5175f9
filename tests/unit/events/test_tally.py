"""Counting votes: exact, balanced between platforms, and the same for whoever counts again."""

import json
import random
from dataclasses import asdict
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.errors import Refusal
from events.voting import published
from events.voting.tally import Cast, Counted, Rule, balanced, tally

FEW = st.lists(st.integers(1, 6), max_size=4).map(tuple)
BALLOTS = st.lists(st.tuples(st.sampled_from(["a", "b", "c"]), FEW), max_size=30).map(
    lambda rows: [Cast(f"r{at}", column, choices) for at, (column, choices) in enumerate(rows)]
)


def cast(*rows):
    return [Cast(f"r{at}", column, choices) for at, (column, choices) in enumerate(rows)]


def order(result):
    return [line.number for line in result.lines]


def test_more_approvals_win():
    result = tally((1, 2, 3), cast(("a", (2, 3)), ("a", (3,)), ("a", (2, 3)), ("a", (1,))))
    assert order(result) == [3, 2, 1]
    assert [line.points for line in result.lines] == [3, 2, 1]
    assert result.ballots == 4


def test_numbers_that_are_no_entries_count_for_nothing():
    result = tally((1, 2), cast(("a", (9, 1)), ("a", (9,))))
    assert [(line.number, line.ballots) for line in result.lines] == [(1, 1), (2, 0)]
    assert result.weights == {"a": 1.0}


def test_one_platform_cannot_swamp_the_rest():
    crowd = [("big", (1,))] * 100
    few = [("small", (2,))] * 10 + [("other", (2,))] * 10
    result = tally((1, 2), cast(*crowd, *few), rule=Rule(largest_share=0.4))
    assert order(result) == [2, 1]
    weights = result.weights
    assert weights["big"] * 100 == pytest.approx(0.4 * (weights["big"] * 100 + 20), rel=1e-3)
    assert weights["small"] == weights["other"] == 1


def test_two_platforms_weigh_the_same_where_half_is_the_most():
    assert balanced({"a": 30, "b": 10}, 0.5) == {"a": Fraction(1, 3), "b": 1}
    assert balanced({"a": 30, "b": 10}, 0.1) == {"a": Fraction(1, 3), "b": 1}


@given(
    st.dictionaries(st.sampled_from("abcdef"), st.integers(1, 10_000), min_size=2),
    st.floats(0.01, 1),
)
def test_no_share_is_larger_than_it_may_be(sizes, share):
    weights = balanced(sizes, share)
    whole = sum(weights[name] * size for name, size in sizes.items())
    most = max(share + 1e-6, 1 / len(sizes))
    assert all(0 < weight <= 1 for weight in weights.values())
    assert all(
        weights[name] * size <= Fraction(most) * whole * 1.000001 for name, size in sizes.items()
    )


def test_of_two_with_as_many_points_the_one_liked_in_more_places_wins_then_the_earlier():
    ballots = cast(("a", (1, 2, 3)), ("a", (1,)), ("b", (2,)))
    result = tally((3, 1, 2), ballots, rule=Rule(largest_share=1))
    assert order(result) == [2, 1, 3]
    assert order(tally((3, 1, 2), cast(("a", (1, 3))))) == [3, 1, 2]


@given(BALLOTS)
def test_the_order_of_ballots_changes_nothing(ballots):
    shuffled = random.Random(7).sample(ballots, len(ballots))
    assert tally((1, 2, 3, 4, 5, 6), ballots) == tally((1, 2, 3, 4, 5, 6), shuffled)


def test_a_poll_is_a_column_with_as_many_votes_as_its_busiest_heat():
    heats = [
        Counted("heat-1", "mastodon", 1, 30),
        Counted("heat-1", "mastodon", 2, 10),
        Counted("heat-2", "mastodon", 3, 20),
    ]
    result = tally((1, 2, 3), cast(("a", (2,)), ("a", (2,))), heats, Rule(largest_share=0.5))
    assert result.weights == {"a": 1.0, "poll:mastodon": 0.05}
    assert order(result) == [2, 1, 3]


def test_upvotes_are_a_column_of_their_own_with_a_cap():
    up = [Counted("post-1", "lemmy", 1, 1_000_000, upvotes=True)]
    ballots = cast(*[("a", (2,))] * 10)
    capped = tally((1, 2), ballots, up, Rule(upvotes=0.25))
    assert order(capped) == [2, 1]
    assert capped.lines[1].points == pytest.approx(10 / 3, abs=1e-5)
    assert tally((1, 2), ballots, up).lines[1].points == 0


def test_nobody_wins_without_a_vote():
    assert tally((1, 2), []).winners(3) == ()
    assert [line.number for line in tally((1, 2), cast(("a", (2,)))).winners(3)] == [2]


def test_of_many_votes_on_many_entries_each_counts_once():
    draw = random.Random(1)
    numbers = range(1, 1001)
    ballots = [
        Cast(str(at), f"c{at % 4}", tuple(draw.sample(numbers, k=5))) for at in range(10_000)
    ]
    result = tally(numbers, ballots)
    assert sum(line.ballots for line in result.lines) == 50_000
    assert [line.place for line in result.lines] == list(numbers)


# --- the published file ---------------------------------------------------------------------


def written(tmp_path, **changes):
    ballots = cast(("a", (1, 2)), ("b", (2,)))
    result = tally((1, 2), ballots)
    document = {
        "format": published.FORMAT,
        "event": "autumn",
        "rule": asdict(Rule()),
        "entries": [1, 2],
        "ballots": [
            {"id": one.id, "column": one.column, "choices": list(one.choices)} for one in ballots
        ],
        "counts": [],
        "result": [asdict(line) for line in result.lines],
        **changes,
    }
    file = tmp_path / "ballots.json"
    file.write_text(json.dumps(document), "utf-8")
    return file


def test_anybody_can_count_the_published_ballots_again(tmp_path):
    name, result, same, _rule = published.recount(written(tmp_path))
    assert (name, order(result), same) == ("autumn", [2, 1], True)


def test_a_result_that_does_not_follow_from_the_ballots_is_found_out(tmp_path):
    forged = written(tmp_path, ballots=[{"id": "x", "column": "a", "choices": [1]}])
    assert published.recount(forged)[2] is False


@pytest.mark.parametrize(
    "changes",
    [
        {"format": "something/1"},
        {"ballots": [{"id": "x", "column": "a", "choices": ["?"]}]},
        {"rule": {"largest_share": 0, "upvotes": 0, "places": 1}},
        {"ballots": [{"id": "x", "column": "a", "choices": []}] * 2},
    ],
)
def test_what_is_no_file_of_ballots_is_refused(tmp_path, changes):
    with pytest.raises(Refusal):
        published.recount(written(tmp_path, **changes))


@pytest.mark.parametrize("content", ["", "[]", "{", "[" * 10_000])
def test_neither_is_anything_else(tmp_path, content):
    file = tmp_path / "x.json"
    file.write_text(content, "utf-8")
    with pytest.raises(Refusal):
        published.recount(file)
    with pytest.raises(Refusal, match="cannot be read"):
        published.recount(tmp_path / "nothing.json")
