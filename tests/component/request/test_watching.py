"""What is looked at again, where a platform does not tell that somebody deleted their post."""

import pytest

from common.model import IncomingKind
from request.kept.records import RequestState
from request.kept.watching import LOOKED_BACK, Watch

pytestmark = pytest.mark.database


@pytest.fixture
def watch(database, clock):
    return Watch(database, "web", now=clock)


@pytest.fixture
def asked(store, lease, heard, clock):
    """Write down what was asked, one after another; what is answered stands on the platform."""

    async def written(*events, answered=False, posted=True):
        for event in events:
            clock.now += 1
            request = await store.insert_once(lease, heard(event=event, cursor="7"), 0)
            if answered:
                await store.post_intended(lease, request, 1, [])
                if posted:
                    await store.posted(lease, request, 1, f"post-{event}")
                await store.ended(lease, request, RequestState.DONE)

    return written


def events_of(looked_at):
    return [one.event for one in looked_at]


async def test_what_waits_is_looked_at_first_the_newest_before_older_ones(watch, asked):
    await asked("1", answered=True)
    await asked("2", "3")
    assert events_of(await watch.next(5)) == ["3", "2", "1"]


async def test_answered_ones_take_turns_and_begin_again(watch, asked):
    await asked("1", "2", "3", "4", "5", answered=True)
    assert [events_of(await watch.next(2)) for _ in range(4)] == [
        ["5", "4"],
        ["3", "2"],
        ["1"],
        ["5", "4"],
    ]


async def test_an_answered_one_there_was_no_room_for_does_not_miss_its_turn(watch, asked):
    await asked("1", "2", answered=True)
    await asked("3", "4")
    assert events_of(await watch.next(2)) == ["4", "3"]
    assert events_of(await watch.next(3)) == ["4", "3", "2"]
    assert events_of(await watch.next(3)) == ["4", "3", "1"]


async def test_what_has_no_answer_on_the_platform_any_more_is_not_looked_at(
    watch, asked, store, lease, heard
):
    await asked("1", "2", answered=True)
    await asked("3", answered=True, posted=False)
    gone = await store.request_of_event(heard(event="1"))
    await store.post_removed(lease, gone, "post-1")
    assert events_of(await watch.next(9)) == ["2"]


async def test_what_was_asked_a_day_ago_or_on_another_account_is_left_alone(
    watch, asked, database, clock
):
    await asked("1")
    clock.now += LOOKED_BACK
    await asked("2")
    assert events_of(await watch.next(9)) == ["2"]
    assert await Watch(database, "other", now=clock).next(9) == []


async def test_those_found_gone_come_as_the_deletions_they_are(watch, asked):
    await asked("1", "2")

    async def is_gone(incoming):
        return incoming.event == "1"

    [deletion] = await watch.gone(9, is_gone)
    assert (deletion.event, deletion.kind, deletion.cursor) == ("1", IncomingKind.DELETION, None)
