"""Steps of an event: which are possible, where they lead, and when the clock takes them."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from common.errors import Refusal
from events import lifecycle
from events.lifecycle import CANCELLED, Facts, Step
from events.model import FINAL, Hold, Kind, Schedule, State
from tests.unit.events.autumn import DAY, HOUR, NOON, event_of, plan_of

ENOUGH = Facts(entries=5, ballots=9)


def test_the_clock_leads_a_challenge_through_all_its_states_in_order():
    event, seen = event_of(State.DRAFT), [State.DRAFT]
    while event.state not in FINAL:
        now = event.due
        step = lifecycle.next_step(event, ENOUGH, now)
        state = lifecycle.after(event.plan, event.state, step, clock=True)
        event = event_of(state, since=now)
        seen.append(state)
    assert seen == [state for state in State if state is not State.CANCELLED]


def test_nothing_happens_before_its_time():
    for state in State:
        event = event_of(state)
        if event.due is not None:
            assert lifecycle.next_step(event, ENOUGH, event.due - 1) is None


def test_a_party_is_awarded_when_it_is_closed_and_nobody_votes():
    party = plan_of(kind=Kind.PARTY)
    assert lifecycle.way_on(party, State.CLOSED) == (Step.AWARD, State.AWARDED)
    assert Step.JUDGE not in lifecycle.possible(party, State.CLOSED)
    assert (
        lifecycle.next_step(event_of(State.CLOSED, plan=party), Facts(), NOON + DAY) is Step.AWARD
    )


def test_a_draft_without_a_day_waits_for_its_organiser():
    assert event_of(State.DRAFT, plan=plan_of(times={"announces": None})).due is None


@pytest.mark.parametrize(
    ("state", "facts", "hold"),
    [
        (State.DRAFT, Facts(funded=False), Hold.UNFUNDED),
        (State.CLOSED, Facts(entries=2), Hold.FEW_ENTRIES),
        (State.REVIEW, Facts(entries=5, ballots=2), Hold.FEW_VOTES),
    ],
)
def test_with_too_little_the_clock_waits_for_a_moderator(state, facts, hold):
    event = event_of(state)
    assert lifecycle.next_step(event, facts, NOON + 30 * DAY) is hold
    assert lifecycle.next_step(replace(event, hold=hold), facts, NOON + 30 * DAY) is None


def test_what_judges_have_decided_needs_no_votes():
    event = event_of(State.REVIEW, result={"judged": True})
    assert lifecycle.next_step(event, Facts(entries=5), NOON + 30 * DAY) is Step.AWARD


def test_winners_are_posted_only_when_prizes_are_paid():
    event = event_of(State.AWARDED)
    assert lifecycle.next_step(event, Facts(paid=False), NOON) is None
    assert lifecycle.next_step(event, Facts(paid=True), NOON) is Step.PROMOTE


@given(st.sampled_from(list(State)), st.sampled_from(list(Step)), st.sampled_from(list(Kind)))
def test_a_step_leads_where_it_may_or_is_refused_with_what_can_be_done(state, step, kind):
    plan = plan_of(kind=kind)
    may = lifecycle.possible(plan, state)
    if step in may:
        assert lifecycle.after(plan, state, step) is may[step]
        assert state not in FINAL
    else:
        with pytest.raises(Refusal) as refusal:
            lifecycle.after(plan, state, step)
        assert refusal.value.code == "events.not_now"
        assert all(one.value in str(refusal.value) for one in may)


def test_once_prizes_are_on_their_way_nothing_is_cancelled():
    assert State.AWARDED not in CANCELLED
    assert all(Step.CANCEL in lifecycle.possible(plan_of(), state) for state in CANCELLED)


def test_the_clock_cannot_cancel_extend_or_judge():
    for step in (Step.CANCEL, Step.EXTEND, Step.JUDGE):
        with pytest.raises(Refusal):
            lifecycle.after(plan_of(), State.CLOSED, step, clock=True)


def test_an_entry_written_in_time_and_heard_late_counts_until_the_voting():
    plan = plan_of(times={"grace_minutes": 10})
    late = lifecycle.deadline(plan)
    assert late == NOON + 8 * DAY + 600
    assert lifecycle.takes_entries(event_of(State.OPEN, plan=plan), late)
    assert lifecycle.takes_entries(event_of(State.CLOSED, plan=plan), late)
    assert not lifecycle.takes_entries(event_of(State.OPEN, plan=plan), late + 1)
    assert not lifecycle.takes_entries(event_of(State.VOTING, plan=plan), late)
    assert not lifecycle.takes_entries(event_of(State.ANNOUNCED, plan=plan), NOON)


def test_votes_count_until_the_last_second_of_the_voting():
    event = event_of(State.VOTING)
    assert lifecycle.takes_votes(event, event.due - 1)
    assert not lifecycle.takes_votes(event, event.due)
    assert not lifecycle.takes_votes(event_of(State.CLOSED), NOON)


def test_more_hours_are_counted_from_now_on():
    now = NOON + 20 * DAY
    opened = lifecycle.extended(plan_of(), State.CLOSED, hours=24, now=now, since=now)
    assert opened.schedule.closes.timestamp() == now + DAY
    longer = lifecycle.extended(plan_of(), State.VOTING, hours=6, now=now, since=now - 40 * HOUR)
    assert longer.schedule.voting_hours == 54
    again = lifecycle.extended(plan_of(), State.REVIEW, hours=6, now=now, since=now)
    assert lifecycle.due(again, State.VOTING, now) == now + 6 * HOUR


def test_what_is_closed_early_takes_nothing_written_later():
    now = NOON + 2 * DAY
    plan = lifecycle.taken_early(plan_of(), Step.CLOSE, now)
    assert lifecycle.deadline(plan) == now


@pytest.mark.parametrize(
    "wrong",
    [
        {"closes": datetime.fromtimestamp(NOON, UTC)},
        {"closes": datetime.fromtimestamp(NOON + 400 * DAY, UTC)},
        {"announces": datetime.fromtimestamp(NOON + 2 * DAY, UTC)},
        {"opens": datetime(2027, 1, 1)},  # noqa: DTZ001  (that it has no zone is the fault)
    ],
)
def test_times_that_make_no_sense_are_faults_of_the_plan(wrong):
    with pytest.raises(ValidationError):
        plan_of(times=wrong)


@pytest.mark.parametrize("name", ["", "Autumn", "autumn!", "-autumn", "a" * 49, "../x", "a b"])
def test_a_name_is_what_people_can_type(name):
    with pytest.raises(ValidationError):
        plan_of(name=name)


def test_a_schedule_keeps_time_in_utc():
    plan = plan_of(times={"opens": "2027-01-16T08:00:00+02:00", "announces": None})
    assert plan.schedule.opens.isoformat() == "2027-01-16T06:00:00+00:00"
    assert isinstance(plan.schedule, Schedule)


def test_a_theme_of_ten_megabytes_is_refused():
    with pytest.raises(ValidationError):
        plan_of(theme="x" * 10_000_000)
