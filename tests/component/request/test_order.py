"""What has the same time has one order all the same, and people see that one each time."""

import pytest

from common.model import Job
from request.kept.history import History, Wish
from request.kept.marks import Marks
from request.kept.people import People
from request.kept.watching import Watch
from request.talking.reports import Reports

pytestmark = pytest.mark.database
MANY = 9
KNOWN = {"parsed": {"prompt": "fox"}, "rng_seed": 1, "parent": None, "notes": ()}
JOBS = (Job(style="raw", prompt="fox", model="stable_diffusion"),)


@pytest.fixture
async def asked(store, lease, heard):
    """Requests of one person that were written down within one tick of the clock; their ids."""
    ids = []
    for number in range(MANY):
        request_id = await store.insert_once(lease, heard(event=str(number)), 1)
        await store.resolved(lease, request_id, **KNOWN, planned=JOBS)
        ids.append(request_id)
    return ids


async def test_the_requests_of_a_person_and_those_left_open(store, asked):
    mine = [row.id for row in await store.requests_of_person("web", "ann")]
    assert mine == sorted(asked)
    assert await store.open_requests("web") == sorted(asked)


async def test_the_log_of_moderators_and_the_list_of_the_operator(database, clock, asked):
    reports = Reports(database, Marks(b"key"), now=clock)
    logged = [row.request.id for row in await reports.log("web", "web", since=0.0, most=MANY - 2)]
    assert logged == sorted(asked, reverse=True)[: MANY - 2]
    listed = [life.request.id for life in await History(database).find(Wish())]
    assert listed == sorted(asked)


async def test_reports_of_one_moment(database, store, clock, lease, asked):
    reports = Reports(database, Marks(b"key"), now=clock)
    for number, one in enumerate(asked):
        await reports.add(lease, await store.request(one), f"person {number}", "spam")
    assert [one.request for one in await reports.of("web")] == asked[::-1]


async def test_who_asked_as_often_as_others(database, store, lease, heard, clock):
    for person in "dbca":
        request_id = await store.insert_once(lease, heard(event=person, person=person), 1)
        await store.resolved(lease, request_id, **KNOWN, planned=JOBS)
    people = People(database, Marks(b"key"), now=clock)
    assert [one.person for one in await people.recent("web", most=3)] == ["a", "b", "c"]


async def test_what_is_looked_at_by_turns_is_looked_at_each_in_its_turn(
    database, store, lease, clock, asked
):
    for number, one in enumerate(asked):
        await store.answer_decided(lease, one, {})
        await store.post_intended(lease, one, 1, ())
        await store.posted(lease, one, 1, f"post {number}")
        await store.ended(lease, one, "done")
    watch = Watch(database, "web", now=clock)
    seen = [one.event for _ in range(MANY // 3) for one in await watch.next(3)]
    assert seen == [str(asked.index(one)) for one in sorted(asked, reverse=True)]
