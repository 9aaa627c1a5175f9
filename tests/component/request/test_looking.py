"""What is asked of the store: answers by their posts, what is left to do, what looks alike."""

from dataclasses import replace

import pytest
import sqlalchemy as sa

from common.errors import StoreError
from common.model import Audience, Job, Place
from request.kept.marks import Marks
from request.kept.people import People
from request.kept.queries import ALIKE, LEAST_SHAPE
from request.kept.records import FINAL_STATES, JobState, PictureRow, RequestState
from request.kept.store import SECRETS_LOOKED_FOR
from request.kept.tables import people, posts, votes

pytestmark = pytest.mark.database

FOX = Job(style="raw", prompt="a fox", model="m")


@pytest.fixture
def ask(store, lease, heard, clock):
    """Write down a request, a second after the last one, with a job for each picture."""

    async def asked(event="1", jobs=1, **more):
        clock.now += 1
        request_id = await store.insert_once(lease, heard(event=event, **more), 0)
        if jobs:
            planned = (FOX,) * jobs
            common = {"rng_seed": 0, "parent": None, "notes": ()}
            await store.resolved(
                lease, request_id, parsed={"prompt": "a fox"}, planned=planned, **common
            )
        return request_id

    return asked


@pytest.fixture
def make(store, lease):
    """Close a request's next job with a picture."""

    async def made(request_id, name="a", **more):
        jobs = await store.jobs_of(request_id)
        job = next(one for one in jobs if one.state is JobState.WAITING)
        values = {"censored": False, "sha256": (name * 64)[:64], **more}
        row = PictureRow(job.id, name, "7", "m", "w", **values)
        await store.job_ended(lease, request_id, job, JobState.DONE, made=[row])
        return row

    return made


# --- answers and their posts ------------------------------------------------------------------


async def test_a_button_names_a_request_itself_on_its_own_account_alone(store, ask):
    request_id = await ask()
    assert (await store.request_behind("web", f"#{request_id}")).id == request_id
    assert await store.request_behind("other", f"#{request_id}") is None
    assert await store.request_behind("web", "#nothere") is None


async def test_a_post_is_in_doubt_between_its_intention_and_its_noting(store, lease, ask):
    request_id = await ask()
    await store.post_intended(lease, request_id, 1, [1])
    assert await store.posts_in_doubt("web") == set()  # the answer is not decided yet
    await store.answer_decided(lease, request_id, {"ending": "done"})
    await store.post_intended(lease, request_id, 2, [2])
    assert len(await store.posts_in_doubt("web")) == 2
    assert await store.posts_in_doubt("other") == set()
    await store.posted(lease, request_id, 1, "post-1")
    assert len(await store.posts_in_doubt("web")) == 1
    await store.ended(lease, request_id, RequestState.FAILED)
    assert await store.posts_in_doubt("web") == set()


async def test_answers_below_one_another_are_counted_up_to_a_bound(store, lease, ask):
    parent = None
    for number in range(4):
        request_id = await ask(str(number), parent=parent)
        parent = f"post-{number}"
        await store.post_intended(lease, request_id, 1, [])
        await store.posted(lease, request_id, 1, parent)
    assert await store.depth("web", "post-3", most=9) == 4
    assert await store.depth("web", "post-3", most=2) == 2
    assert await store.depth("web", "post-0", most=9) == 1
    assert await store.depth("web", "of somebody else", most=9) == 0
    assert await store.depth("web", None, most=9) == 0
    assert await store.depth("other", "post-3", most=9) == 0


async def test_an_answer_begins_at_its_first_part_that_still_stands(store, lease, ask):
    request_id, other = await ask("1"), await ask("2")
    for part in (2, 1, 3):
        await store.post_intended(lease, request_id, part, [])
        assert await store.posts_of(request_id) == []
    for part in (2, 1):
        await store.posted(lease, request_id, part, f"post-{part}")
    assert await store.posts_of(request_id) == ["post-1", "post-2"]
    assert await store.first_post_of(request_id) == "post-1"
    await store.post_removed(lease, request_id, "post-1")
    assert await store.first_post_of(request_id) == "post-2"
    assert await store.parts_before(request_id) == 0
    assert await store.first_post_of(other) is None
    assert await store.parts_before(other) == 0


async def test_votes_are_known_when_the_poll_has_ended(store, ask, database):
    open_, ended, none = [await ask(event) for event in "123"]
    rows = [
        {"request": one, "account": "web", "post": "p", "asked": 0.0, "counted": counted}
        for one, counted in ((open_, None), (ended, [3, 1]))
    ]
    async with database.write() as connection:
        await connection.execute(votes.insert(), rows)
    assert [await store.votes_of(one) for one in (open_, ended, none)] == [[], [3, 1], []]


async def test_what_somebody_was_told_in_words_is_known_with_its_code(store, lease, ask, clock):
    first = await ask("1", jobs=0)
    await store.answer_decided(lease, first, {"code": "refused.paused"})
    told_at = clock.now
    second = await ask("2", jobs=0)
    await store.answer_decided(lease, second, {"text": "of an earlier version"})
    drawn = await ask("3")
    await store.answer_decided(lease, drawn, {"code": "done"})
    others = await ask("4", jobs=0, person="bob")
    await store.answer_decided(lease, others, {"code": "refused.paused"})
    now = await store.request(await ask("5", jobs=0))
    told = sorted(await store.told_to_person(now, since=0))
    assert told == [(told_at, "refused.paused"), (told_at + 1, "")]
    assert await store.told_to_person(now, since=told_at + 0.5) == [(told_at + 1, "")]
    assert await store.told_to_person(await store.request(first), since=0) == [(told_at + 1, "")]


# --- what is left to do -----------------------------------------------------------------------


async def test_jobs_nobody_waits_for_are_given_back_once(store, lease, ask):
    request_id, at_work = await ask("1", jobs=3), await ask("2")
    done, abandoned, left = await store.jobs_of(request_id)
    assert await store.abandoned_jobs("web") == []
    await store.job_ended(lease, request_id, done, JobState.DONE)
    await store.job_ended(lease, request_id, abandoned, JobState.ABANDONED)
    assert [job.id for job in await store.abandoned_jobs("web")] == [abandoned.id]
    await store.ended(lease, request_id, RequestState.CANCELLED)  # and the process died
    assert {job.id for job in await store.abandoned_jobs("web")} == {abandoned.id, left.id}
    assert await store.abandoned_jobs("other") == []
    for job in await store.abandoned_jobs("web"):
        await store.job_given_back(lease, job)
    assert await store.abandoned_jobs("web") == []
    assert [job.state for job in await store.jobs_of(at_work)] == [JobState.WAITING]


async def test_a_job_that_is_gone_cannot_be_sent_and_says_which(store, lease, ask, database):
    request_id = await ask()
    [job] = await store.jobs_of(request_id)
    await People(database, Marks(b"key")).leave_nothing(lease, request_id)
    with pytest.raises(StoreError, match=str(job.id)) as gone:
        await store.submission_begun(lease, job, "hub")
    assert gone.value.code == "store.job_gone"


async def test_keys_are_taken_out_of_what_ended_lately_and_of_nothing_else(
    store, lease, ask, clock
):
    context = {"token": "secret", "page": "7"}
    old = await ask("1", context=context)
    await store.ended(lease, old, RequestState.DONE)
    clock.now += SECRETS_LOOKED_FOR
    ended, plain, at_work = [
        await ask(event, context=kept)
        for event, kept in (("2", context), ("3", {"page": "8"}), ("4", context))
    ]
    for one in (ended, plain):
        await store.ended(lease, one, RequestState.DONE)
    late = await ask("5", context=context)
    await store.ended(lease, late, RequestState.DONE)
    await store.secrets_wiped(lease, {"token"}, before=clock.now)
    kept = [(await store.request(one)).incoming.context for one in (ended, plain, at_work)]
    assert kept == [{"page": "7"}, {"page": "8"}, context]
    untouched = [(await store.request(one)).incoming.context for one in (old, late)]
    assert untouched == [context, context]


async def test_a_part_that_was_taken_back_counts_as_posted_until_the_request_is_put_back(
    store, lease, ask
):
    request_id = await ask()
    await store.answer_decided(lease, request_id, {"ending": "failed"})
    await store.post_intended(lease, request_id, 1, [1])
    await store.posted(lease, request_id, 1, "post-1")
    await store.post_removed(lease, request_id, "post-1")  # and the process dies
    assert await store.parts_before(request_id) == 0
    assert (await store.post_intended(lease, request_id, 1, [1])).posted
    await store.ended(lease, request_id, RequestState.FAILED)
    await store.put_back(request_id)
    assert await store.parts_before(request_id) == 1
    await store.post_removed(lease, request_id, "post-1")  # all the person's answers are deleted
    assert await store.parts_before(request_id) == 1


async def test_a_request_that_is_put_back_begins_anew_below_what_stands(
    store, lease, ask, make, database
):
    request_id = await ask(jobs=2)
    await make(request_id)
    for part in (1, 2):
        await store.post_intended(lease, request_id, part, [])
        await store.posted(lease, request_id, part, f"post-{part}")
    await store.post_removed(lease, request_id, "post-2")
    await store.answer_decided(lease, request_id, {"ending": "failed"})
    await store.ended(lease, request_id, RequestState.FAILED)
    assert await store.put_back(request_id) is RequestState.RECEIVED
    row = await store.request(request_id)
    assert (row.parsed, row.outcome, row.notes) == (None, None, ())
    assert (await store.jobs_of(request_id), await store.pictures_of(request_id)) == ([], [])
    assert await store.parts_before(request_id) == 2
    async with database.read() as connection:
        states = await connection.execute(sa.select(posts.c.state).order_by(posts.c.part))
    assert [row.state for row in states] == ["earlier", "earlier removed"]


async def test_another_accounts_keys_and_spending_are_its_own(store, lease, leases, heard, clock):
    context = {"token": "secret"}
    theirs = await leases.take("other")
    elsewhere = replace(heard(context=context), place=Place("other", "web", "room"))
    request_id = await store.insert_once(theirs, elsewhere, 0)
    common = {"parsed": {"prompt": "a fox"}, "rng_seed": 0, "parent": None, "notes": ()}
    await store.resolved(theirs, request_id, planned=(FOX,), charges={1: 8.0}, **common)
    await store.ended(theirs, request_id, RequestState.DONE)
    await store.secrets_wiped(lease, {"token"}, before=clock.now + 1)
    assert (await store.request(request_id)).incoming.context == context
    assert await store.is_charged(request_id)
    spent = [await store.spent(since=0, account=one, community="web") for one in ("other", "web")]
    assert spent == [8.0, 0.0]


# --- limits and budgets -----------------------------------------------------------------------


async def test_a_community_is_counted_by_what_is_open_and_by_its_latest(store, lease, ask, clock):
    begun = clock.now
    ids = [await ask(event) for event in "123"]
    await ask("4", jobs=0)  # a question
    await store.ended(lease, ids[0], RequestState.DONE)

    async def count(community="web", *, since=0.0, most=1, but=""):
        return await store.count_of_community("web", community, since=since, most=most, but=but)

    assert await count() == (2, begun + 3)
    assert await count(most=3) == (2, begun + 1)
    assert await count(most=4) == (2, None)
    assert await count(most=2, since=begun + 2.5) == (2, None)
    assert await count(but=ids[2]) == (1, begun + 2)
    assert await count("other") == (0, None)


# --- pictures ---------------------------------------------------------------------------------

SHAPE = "f" * 8 + "0" * 56


def differing(bits):
    """A likeness that differs from `SHAPE` in so many bits."""
    return f"{int(SHAPE, 16) ^ ((1 << bits) - 1):064x}"


async def test_the_very_same_picture_is_found_newest_first(store, ask, make):
    first, second = await ask("1"), await ask("2")
    for one in (first, second):
        await make(one, "a", likeness=SHAPE)
    found = await store.pictures_alike("web", sha256="a" * 64, likeness=SHAPE)
    assert [request for request, _ in found] == [second, first]
    assert await store.pictures_alike("other", sha256="a" * 64, likeness=SHAPE) == []


async def test_pictures_that_look_alike_are_found_the_most_alike_first(store, ask, make):
    ids = [await ask(str(number)) for number in range(5)]
    likenesses = [differing(ALIKE), differing(2), differing(ALIKE + 1), None, differing(2)]
    for one, name, likeness in zip(ids, "abcde", likenesses, strict=True):
        await make(one, name, likeness=likeness)
    found = await store.pictures_alike("web", sha256="f" * 64, likeness=SHAPE)
    assert [request for request, _ in found] == [ids[4], ids[1], ids[0]]
    assert found[0][1].sha256 == "e" * 64


async def test_a_nearly_plain_picture_is_like_none(store, ask, make):
    plain = f"{(1 << (LEAST_SHAPE - 1)) - 1:064x}"
    await make(await ask(), "a", likeness=plain)
    assert await store.pictures_alike("web", sha256="f" * 64, likeness=plain) == []
    shaped = f"{(1 << LEAST_SHAPE) - 1:064x}"
    assert len(await store.pictures_alike("web", sha256="f" * 64, likeness=shaped)) == 1


# --- people -----------------------------------------------------------------------------------


async def test_pruning_ends_rests_that_are_over_and_hours_that_are_past_and_no_ban(
    store, lease, ask, database, clock
):
    folk = People(database, Marks(b"key"), now=clock)
    await folk.ban("web", "ann")
    await ask("1")
    await folk.forget(lease, "ann")
    await ask("2", person="bob")
    await folk.forget(lease, "bob")
    await folk.rest(lease, "ann", clock.now + 3600)
    await folk.rest(lease, "bob", clock.now + 7200)

    async def kept():
        async with database.read() as connection:
            return sorted(row.what for row in await connection.execute(sa.select(people)))

    async def prune():
        await folk.prune(lease, older_than=0, states=FINAL_STATES)

    await prune()
    assert await kept() == ["asked 0", "asked 0", "banned", "rests", "rests"]
    clock.now += 3601
    await prune()
    assert await kept() == ["banned", "rests"]
    standing = await folk.standing("web", "bob", "web")
    assert (standing.rests_until, standing.asked) == (clock.now - 3601 + 7200, ())
    assert await folk.unban("web", "ann")
    assert not await folk.unban("web", "ann")


async def test_who_asked_lately_is_listed_with_all_their_requests_and_censored_pictures(
    store, ask, make, database
):
    folk = People(database, Marks(b"key"))
    for event in ("1", "2"):
        request_id = await ask(event, jobs=2)
        await make(request_id, f"a{event}", censored=True)
        await make(request_id, f"b{event}", censored=event == "1")
    await make(await ask("3", person="bob"), "c")
    await ask("4", person="eve", jobs=0)  # asked for no picture
    await folk.ban("web", "bob", "web")
    found = [
        (one.person, one.requests, one.censored, one.banned)
        for one in await folk.recent("web", most=9)
    ]
    assert found == [("ann", 2, 3, False), ("bob", 1, 0, True)]
    assert [one.person for one in await folk.recent("web", most=1)] == ["ann"]
    assert await folk.recent("other", most=9) == []


async def test_people_are_found_by_name_or_id_in_their_community_alone(ask, database):
    folk = People(database, Marks(b"key"))
    await ask("1", person="ann")
    await ask("2", person="4711", audience=Audience.UNLISTED)
    for words in ("ann", "@Ann", "u/ANN"):
        assert await folk.named("web", "web", words) == {"ann"}
    assert await folk.named("web", "web", "4711") == {"4711"}
    assert await folk.named("web", "web", "an") == set()
    assert await folk.named("web", "other", "ann") == set()
    assert await folk.named("other", "web", "ann") == set()


def test_marks_of_different_kinds_cannot_be_put_together():
    marks = Marks(b"key")
    made = {
        marks.event("a"),
        marks.code("a"),
        marks.code("b"),
        marks.person("a", "b"),
        marks.person("b", "a"),
        marks.for_horde("a", "b"),
        marks.member("a", "b", "c"),
        marks.member("a", "c", "b"),
    }
    assert len(made) == 8
    assert all(len(mark) == 64 for mark in made)
