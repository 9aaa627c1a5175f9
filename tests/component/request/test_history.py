"""What an operator looks up: which requests there are, and all of the life of one."""

import pytest

from common.model import Audience, Job, Place
from request.kept.history import History, Life, Wish, is_private
from request.kept.records import JobState, PictureRow, RequestState

pytestmark = pytest.mark.database

FOX = Job(style="raw", prompt="a fox", model="m")
OWL = Job(style="raw", prompt="an owl", model="m")


@pytest.fixture
def history(database):
    return History(database)


@pytest.fixture
def write_down(store, lease, heard, clock):
    """Write requests down, a second after one another; return their ids."""

    async def written(*people, jobs=(FOX,), **more):
        ids = []
        for person in people:
            clock.now += 1
            incoming = heard(event=str(clock.now), person=person, **more)
            ids.append(await store.insert_once(lease, incoming, 0))
            await store.resolved(
                lease,
                ids[-1],
                parsed={"prompt": "a fox"},
                rng_seed=0,
                parent=None,
                planned=jobs,
                notes=(),
            )
        return ids

    return written


def ids_of(found):
    return [life.request.id for life in found]


async def test_the_newest_requests_come_first_and_no_more_than_asked_for(history, write_down):
    first, second, third = await write_down("ann", "bob", "ann")
    assert ids_of(await history.find(Wish())) == [third, second, first]
    assert ids_of(await history.find(Wish(most=2))) == [third, second]


async def test_requests_are_found_by_account_person_state_and_time(
    history, write_down, store, lease, leases, heard, clock
):
    first, second, third = await write_down("ann", "bob", "ann")
    await store.ended(lease, first, RequestState.DONE)
    await store.ended(lease, second, RequestState.FAILED)
    elsewhere = heard(event="x")
    await store.insert_once(await leases.take("other"), elsewhere, 0)  # account of the place: web
    ended = (RequestState.DONE, RequestState.FAILED)
    assert ids_of(await history.find(Wish(states=ended))) == [second, first]
    assert ids_of(await history.find(Wish(account="web", person="bob"))) == [second]
    assert await history.find(Wish(account="other")) == []
    made = (await store.request(third)).created
    since = ids_of(await history.find(Wish(since=made, states=(RequestState.WORKING,))))
    assert since == [third]
    [life] = await history.find(Wish(person="bob"))
    assert (life.changed, life.jobs, life.posts) == (clock.now, (), ())


async def test_a_person_is_found_by_an_id_no_column_can_hold(history, write_down):
    long = "ann\x00" + "n" * 300
    [mine] = await write_down(long)
    assert ids_of(await history.find(Wish(person=long))) == [mine]


async def test_a_life_has_jobs_pictures_and_posts_in_order(
    history, write_down, store, lease, clock
):
    mine, other = await write_down("ann", "bob", jobs=(FOX, OWL))
    first, second = await store.jobs_of(mine)

    def picture(job, name):
        return PictureRow(job.id, name, "7", "m", "w", censored=False, sha256=name * 64)

    await store.job_ended(lease, mine, second, JobState.DONE, made=[picture(second, "b")])
    await store.job_ended(lease, mine, first, JobState.DONE, made=[picture(first, "a")])
    [strange, _] = await store.jobs_of(other)
    await store.job_ended(lease, other, strange, JobState.DONE, made=[picture(strange, "c")])
    await store.post_intended(lease, mine, 2, [2])
    clock.now += 5
    await store.post_intended(lease, mine, 1, [1])
    await store.posted(lease, mine, 1, "post-1")
    await store.post_intended(lease, other, 1, [1])
    life = await history.life(mine)
    assert life.request == await store.request(mine)
    assert [job.job for job in life.jobs] == [FOX, OWL]
    assert [one.generation for one in life.pictures] == ["a", "b"]
    told = [(one.part, one.state, one.platform_id, one.pictures) for one in life.posts]
    assert told == [(1, "posted", "post-1", (1,)), (2, "intended", None, (2,))]
    assert life.posts[0].changed == clock.now
    assert await history.life("nothere") is None


async def test_requests_are_counted_by_account_and_state(history, write_down, store, lease):
    first, _, _ = await write_down("ann", "bob", "eve")
    await store.ended(lease, first, RequestState.DONE)
    assert await history.count() == {("web", "done"): 1, ("web", "working"): 2}


async def test_jobs_are_counted_while_their_request_is_open(history, write_down, store, lease):
    first, second = await write_down("ann", "bob", jobs=(FOX, OWL))
    [job, _] = await store.jobs_of(first)
    await store.submission_begun(lease, job, "hub")
    assert await history.count_jobs(["web"]) == {"submitting": 1, "waiting": 3}
    assert await history.count_jobs(["other"]) == {}
    await store.ended(lease, second, RequestState.DONE)
    assert await history.count_jobs(["web"]) == {"submitting": 1, "waiting": 1}


@pytest.mark.parametrize(
    ("audience", "parsed", "private"),
    [
        (Audience.PUBLIC, None, False),
        (Audience.PUBLIC, {"prompt": "a fox"}, False),
        (Audience.PUBLIC, {"private": True}, True),
        (Audience.PRIVATE, {"private": False}, True),
        (Audience.UNLISTED, {}, False),
    ],
)
def test_words_are_private_where_they_were_said_so_or_asked_to_be(heard, audience, parsed, private):
    assert is_private(heard(audience=audience), parsed) is private


async def test_a_life_knows_whether_its_words_are_private(history, write_down):
    await write_down("ann", audience=Audience.PRIVATE)
    [life] = await history.find(Wish())
    assert isinstance(life, Life)
    assert life.private
    assert life.request.incoming.place == Place("web", "web", "room")
