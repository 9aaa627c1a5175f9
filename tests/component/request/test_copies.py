"""What is kept of copies in showcases: which are due, which files stay for them, what is tidied."""

import pytest

from common.errors import LeaseLost
from request.kept import files
from request.kept.copies import LEFT_FOR, MOST_AT_ONCE, Copies, CopyState, Target
from request.kept.marks import Marks

pytestmark = pytest.mark.database

WALL = Target("show", "wall", 60.0)
HALL = Target("show", "hall", 60.0)
FAR = Target("far", "wall", 60.0)
MARKS = Marks(b"key")


@pytest.fixture
def copies(database, clock):
    return Copies(database, MARKS, now=clock)


@pytest.fixture
async def shows(leases):
    """The lease of the account that copies are posted from."""
    return await leases.take("show")


@pytest.fixture
def intend(copies, store, lease, heard, clock):
    """Have a new answer shown, a second after the last one; return its request."""

    async def intended(event, *targets, person="ann"):
        clock.now += 1
        request = await store.insert_once(lease, heard(event=event, person=person), 0)
        row = await store.request(request)
        assert await copies.intended(lease, row, targets or (WALL,), "https://x/1")
        return row

    return intended


async def test_what_is_due_on_an_account_comes_oldest_first(copies, intend, shows, clock):
    one, two = [(await intend(event, WALL, FAR)).id for event in "12"]
    first, second = await copies.due("show")
    assert [(copy.request, copy.target, copy.link) for copy in (first, second)] == [
        (one, "wall", "https://x/1"),
        (two, "wall", "https://x/1"),
    ]
    assert (first.state, first.post, first.tries) == (CopyState.INTENDED, None, 0)
    await copies.put_off(shows, first, 10)
    assert [copy.request for copy in await copies.due("show")] == [two]
    clock.now += 10
    assert [copy.request for copy in await copies.due("show")] == [two, one]
    assert [copy.request for copy in await copies.due("far")] == [one, two]
    assert await copies.due("web") == []


async def test_only_so_many_are_taken_up_at_once(copies, intend):
    for number in range(MOST_AT_ONCE + 1):
        await intend(str(number))
    assert len(await copies.due("show")) == MOST_AT_ONCE


async def test_an_answer_is_shown_once_in_each_place(copies, intend, lease):
    row = await intend("1", WALL)
    assert await copies.intended(lease, row, (WALL, HALL, FAR), None)
    assert [copy.target for copy in await copies.due("show")] == ["wall", "hall"]
    assert [copy.target for copy in await copies.due("far")] == ["wall"]
    await copies.taken_back(lease, request=row.id)
    assert not await copies.intended(lease, row, (WALL,), None)


async def test_what_is_posted_is_not_due_and_is_the_last_there(copies, intend, shows, clock):
    await intend("1", WALL)
    [copy] = await copies.due("show")
    assert await copies.posted_last("show", "wall") == 0.0
    clock.now += 5
    await copies.posted(shows, copy, "post-1")
    assert await copies.due("show") == []
    assert await copies.posted_last("show", "wall") == clock.now
    assert await copies.posted_last("show", "hall") == 0.0
    assert await copies.posted_last("far", "wall") == 0.0
    clock.now -= 3600  # put back: what is to come holds nothing up
    assert await copies.posted_last("show", "wall") == 0.0


async def test_what_was_taken_back_while_it_was_posted_is_still_to_be_taken_down(
    copies, intend, lease, shows
):
    row = await intend("1", WALL)
    [copy] = await copies.due("show")
    await copies.tried(shows, copy)
    assert await copies.taken_back(lease, request=row.id) == 1
    await copies.posted(shows, copy, "post-1")
    await copies.ended(shows, copy)  # it speaks of what was intended
    await copies.put_off(shows, copy, 99)
    [left] = await copies.due("show")
    assert (left.state, left.post, left.tries) == (CopyState.REMOVING, "post-1", 1)
    assert await copies.taken_back(lease, request=row.id) == 0
    await copies.ended(shows, left)
    assert await copies.due("show") == []


async def test_a_person_takes_back_their_own_and_if_they_say_so_only_what_waits(
    copies, intend, lease, shows
):
    await intend("1", WALL, HALL)
    [wall, _] = await copies.due("show")
    await copies.posted(shows, wall, "post-1")
    await intend("2")
    await intend("3", person="bob")
    assert await copies.taken_back(lease, person="ann", waiting=True) == 2
    assert await copies.taken_back(lease, person="ann") == 1
    states = [copy.state for copy in await copies.due("show")]
    assert states.count(CopyState.REMOVING) == 3
    assert states.count(CopyState.INTENDED) == 1


async def test_files_stay_as_long_as_a_copy_shows_them(copies, intend, shows, database):
    await intend("1", WALL, HALL)
    wall, hall = await copies.due("show")
    a, b, c = [letter * 64 for letter in "abc"]
    await copies.tried(shows, wall, [a, b, a])
    await copies.tried(shows, hall, [b])
    await copies.tried(shows, hall)  # tried again, without the files at hand
    assert sorted(await copies.held(wall)) == [a, b]
    assert await copies.held(hall) == [b]
    await copies.tried(shows, hall, [b, c])
    assert sorted(await copies.held(hall)) == [b, c]
    assert await files.used(database, [a, b]) == {a, b}
    assert await files.used(database, [a, b, c], but=wall.id) == {b, c}
    await copies.ended(shows, wall)
    assert await files.used(database, [a, b, c]) == {b, c}


async def test_what_was_left_to_an_account_nobody_serves_is_tidied(
    copies, intend, lease, shows, clock
):
    await intend("posted", WALL)
    await intend("tried", WALL)
    await intend("left", WALL)
    posted, tried, left = await copies.due("show")
    await copies.posted(shows, posted, "post-1")
    await copies.tried(shows, tried)
    clock.now += LEFT_FOR
    await copies.tidied(lease)
    assert [copy.id for copy in await copies.due("show")] == [tried.id, left.id]
    clock.now += 1
    await intend("new", WALL)
    await copies.tidied(shows)  # of what that account asked for itself: nothing
    assert len(await copies.due("show")) == 3
    await copies.tidied(lease)
    kept = await copies.due("show")
    assert left.id not in [copy.id for copy in kept]
    assert len(kept) == 2
    assert await copies.posted_last("show", "wall") > 0


async def test_nothing_is_written_without_the_lease(copies, intend, lease, leases, shows, clock):
    row = await intend("1", WALL)
    [copy] = await copies.due("show")
    for name in ("show", "web"):
        await leases.take(name)  # the same instance, started again
    attempts = [
        copies.intended(lease, row, (HALL,), None),
        copies.taken_back(lease, request=row.id),
        copies.tried(shows, copy),
        copies.put_off(shows, copy, 1),
        copies.posted(shows, copy, "x"),
        copies.ended(shows, copy),
        copies.tidied(lease),
    ]
    for attempt in attempts:
        with pytest.raises(LeaseLost):
            await attempt
    assert await copies.due("show") == [copy]
