"""The store: what happened is kept, once, and only by who holds the lease."""

import asyncio

import pytest
import sqlalchemy as sa

from common.errors import LeaseLost
from common.model import Audience, Job, LoraUse, Note, NoteKind
from request.kept import tables
from request.kept.leases import Leases
from request.kept.queries import ID_LENGTH, event_key
from request.kept.records import JobState, PictureRow, RequestState
from request.kept.store import Store

pytestmark = pytest.mark.database

JOBS = (
    Job(style="raw", prompt="a fox###dog", model="m", n=2, seed="7", loras=(LoraUse("neon"),)),
    Job(style="neon", prompt="a fox", model="m", n=1),
)


def picture(job, name, **more):
    return PictureRow(
        job=job.id,
        generation=name,
        seed="1",
        model="m",
        worker="w",
        **{"censored": False, "gen_metadata": ({"type": "lora", "value": "x"},), **more},
    )


async def plan(store, lease, request_id, **more):
    values = {"parsed": {"prompt": "a fox"}, "rng_seed": 5, "parent": None, "notes": ()}
    await store.resolved(lease, request_id, planned=JOBS, **{**values, **more})


async def test_request_comes_back_as_it_was_heard(store, lease, heard):
    incoming = heard(
        "draw für mich 🦊\n> x",
        pictures=("https://x/y.png",),
        mentions=("painter",),
        parent="9",
        audience=Audience.PRIVATE,
        context={"token": "t"},
        language="de",
    )
    request_id = await store.insert_once(lease, incoming, 2**32 - 1)
    row = await store.request(request_id)
    assert row.incoming == incoming
    assert row.state is RequestState.RECEIVED
    assert row.rng_seed == 2**32 - 1


async def test_same_event_is_one_request(store, lease, heard):
    assert await store.insert_once(lease, heard(event="1"), 0) is not None
    assert await store.insert_once(lease, heard("other words", event="1"), 0) is None
    assert await store.insert_once(lease, heard(event="2"), 0) is not None


async def test_events_with_ids_longer_than_the_column_are_told_apart(store, lease, heard):
    long = "https://example.org/" + "x" * 300
    assert len(event_key(heard(event=long))) == ID_LENGTH
    assert await store.insert_once(lease, heard(event=f"{long}1"), 0) is not None
    assert await store.insert_once(lease, heard(event=f"{long}2"), 0) is not None
    assert await store.insert_once(lease, heard(event=f"{long}1"), 0) is None
    exact = "x" * (ID_LENGTH - len("web:"))
    assert event_key(heard(event=exact)) == f"web:{exact}"


async def test_an_id_spells_no_word(store, lease, heard):
    for number in range(30):
        made = await store.insert_once(lease, heard(event=f"{number}"), 0)
        assert len(made) == 8
        assert not set("aeiou01l") & set(made)


async def test_same_event_at_once_is_one_request(store, lease, heard):
    ids = await asyncio.gather(*(store.insert_once(lease, heard(), n) for n in range(8)))
    assert len([one for one in ids if one is not None]) == 1


async def test_plan_keeps_jobs_and_notes_together(store, lease, heard):
    request_id = await store.insert_once(lease, heard(), 0)
    note = Note("cut", "It was cut.", NoteKind.INFO)
    await plan(store, lease, request_id, notes=(note,), parent="abc")
    row = await store.request(request_id)
    assert (row.state, row.notes, row.parent, row.rng_seed) == (
        RequestState.WORKING,
        (note,),
        "abc",
        5,
    )
    jobs = await store.jobs_of(request_id)
    assert tuple(job.job for job in jobs) == JOBS
    assert {job.state for job in jobs} == {JobState.WAITING}


async def test_submission_is_written_down_before_and_after(store, lease, heard):
    request_id = await store.insert_once(lease, heard(), 0)
    await plan(store, lease, request_id)
    job = (await store.jobs_of(request_id))[0]
    job = await store.submission_begun(lease, job, "hub")
    assert (job.state, job.endpoint, job.attempts, job.wasted) == (JobState.SUBMITTING, "hub", 1, 0)
    again = (await store.jobs_of(request_id))[0]
    again = await store.submission_begun(lease, again, "hub")
    assert (again.attempts, again.wasted) == (2, 1)
    refused = await store.submission_refused(lease, again)
    again = await store.submission_begun(lease, refused, "hub")
    assert (again.attempts, again.wasted) == (3, 1)
    job = await store.submitted(lease, again, "horde-1")
    assert (job.state, job.horde_id) == (JobState.SUBMITTED, "horde-1")
    assert (await store.jobs_of(request_id))[0] == job


async def test_pictures_come_in_the_order_of_the_jobs(store, lease, heard):
    request_id = await store.insert_once(lease, heard(), 0)
    await plan(store, lease, request_id)
    first, second = await store.jobs_of(request_id)
    late = picture(second, "c", sha256="c" * 64, mime="image/webp", width=64, height=64)
    early = [picture(first, "a"), picture(first, "b")]
    await store.job_ended(lease, request_id, second, JobState.DONE, made=[late])
    await store.job_ended(lease, request_id, first, JobState.FAULTED, made=early, reason="Why.")
    assert await store.pictures_of(request_id) == [*early, late]
    assert (await store.jobs_of(request_id))[0].reason == "Why."


async def test_part_is_intended_once_and_found_again(store, lease, heard):
    request_id = await store.insert_once(lease, heard(), 0)
    assert not (await store.post_intended(lease, request_id, 1, [1, 2])).posted
    assert not (await store.post_intended(lease, request_id, 1, [1, 2])).posted
    await store.posted(lease, request_id, 1, "post-9")
    known = await store.post_intended(lease, request_id, 1, [1, 2])
    assert (known.posted, known.platform_id) == (True, "post-9")
    assert (await store.request_behind("web", "post-9")).id == request_id
    assert await store.request_behind("other", "post-9") is None


async def test_open_requests_are_those_without_an_answer(store, lease, heard, clock):
    ids = []
    for number in range(4):
        clock.now += 1
        ids.append(await store.insert_once(lease, heard(event=str(number)), 0))
    await plan(store, lease, ids[1])
    await store.answer_decided(lease, ids[2], {"text": "x"})
    await store.ended(lease, ids[3], RequestState.DONE)
    assert await store.open_requests("web") == ids[:3]
    assert await store.open_requests("other") == []


async def test_counts_of_a_person_leave_questions_out(store, lease, heard, clock):
    ids = [await store.insert_once(lease, heard(event=str(number)), 0) for number in range(4)]
    await plan(store, lease, ids[0])
    await plan(store, lease, ids[1])
    await store.ended(lease, ids[1], RequestState.DONE)
    now = clock.now

    async def count(person, since, but):
        return await store.count_of_person("web", person, since=since, but=but)

    assert await count("ann", now - 1, ids[3]) == (1, [now, now])
    assert await count("ann", now + 1, ids[3]) == (1, [])
    assert await count("ann", 0, ids[0]) == (0, [now])
    assert await count("bob", 0, ids[3]) == (0, [])


async def test_a_person_whose_id_is_longer_than_the_column_is_counted_too(
    store, lease, heard, clock
):
    long = "https://example.org/users/" + "ann" * 100
    request_id = await store.insert_once(lease, heard(person=long), 0)
    await plan(store, lease, request_id)
    assert await store.count_of_person("web", long, since=0, but="") == (1, [clock.now])


async def test_a_public_answer_is_found_among_private_ones_with_the_same_picture(
    store, lease, heard
):
    audiences = [*[Audience.PRIVATE] * 6, Audience.PUBLIC]
    for number, audience in enumerate(audiences):
        request_id = await store.insert_once(lease, heard(event=str(number), audience=audience), 0)
        await plan(store, lease, request_id)
        job = (await store.jobs_of(request_id))[0]
        made = picture(job, f"g{number}", sha256="a" * 64)
        await store.job_ended(lease, request_id, job, JobState.DONE, made=[made])
        assert await store.posted_in_public("a" * 64, but="other") is None
        await store.post_intended(lease, request_id, 1, [1])
    assert await store.posted_in_public("a" * 64, but="other") == made
    assert await store.posted_in_public("a" * 64, but="web") is None


async def test_nothing_is_written_without_the_lease(store, lease, heard, database, clock):
    request_id = await store.insert_once(lease, heard(), 0)
    await plan(store, lease, request_id)
    job = (await store.jobs_of(request_id))[0]
    await Leases(database, "one", now=clock).take("web")  # the same instance, started again
    attempts = [
        store.insert_once(lease, heard(event="2"), 0),
        store.answer_decided(lease, request_id, {}),
        store.ended(lease, request_id, RequestState.DONE),
        store.submission_begun(lease, job, "hub"),
        store.job_ended(lease, request_id, job, JobState.DONE),
        store.post_intended(lease, request_id, 1, []),
        store.posted(lease, request_id, 1, "x"),
        plan(store, lease, request_id),
    ]
    for attempt in attempts:
        with pytest.raises(LeaseLost):
            await attempt
    assert (await store.request(request_id)).state is RequestState.WORKING


async def test_unknown_request(store):
    with pytest.raises(KeyError):
        await store.request("nothere")


async def test_tables_are_those_of_the_migrations(database):
    async with database.read() as connection:
        found = await connection.run_sync(
            lambda sync: {
                name: {column["name"] for column in sa.inspect(sync).get_columns(name)}
                for name in sa.inspect(sync).get_table_names()
            }
        )
    for table in tables.metadata.sorted_tables:
        assert found[table.name] == {column.name for column in table.columns}


async def test_what_is_written_survives_a_restart(database_url, store, lease, heard, database):
    from common.database import open_database

    request_id = await store.insert_once(lease, heard(), 0)
    await database.close()
    again = await open_database(database_url)
    assert (await Store(again).request(request_id)).id == request_id
    await again.close()
