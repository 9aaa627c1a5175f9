"""Which picture files are still needed: those that requests show, and those they start from."""

import pytest

from common.model import Job
from request.kept import files
from request.kept.marks import Marks
from request.kept.people import People
from request.kept.records import JobState, PictureRow, RequestState

pytestmark = pytest.mark.database

FOX = Job(style="raw", prompt="a fox", model="m")
A, B, C, D = (letter * 64 for letter in "abcd")


@pytest.fixture
def plan(store, lease):
    """Keep a request as understood, with the pictures it starts from."""

    async def planned(request_id, *started_from):
        first, *more = [f"sha256:{name}" for name in started_from] or [None]
        parsed = {"prompt": "a fox", "source_picture": first, "extra_pictures": more}
        await store.resolved(
            lease, request_id, parsed=parsed, rng_seed=0, parent=None, planned=(FOX,), notes=()
        )

    return planned


async def test_files_that_a_request_shows_or_starts_from_are_in_use(
    store, lease, heard, plan, database
):
    mine, other = [await store.insert_once(lease, heard(event=one), 0) for one in ("1", "2")]
    await plan(mine)
    [job] = await store.jobs_of(mine)
    made = PictureRow(job.id, "g", "7", "m", "w", censored=False, sha256=A)
    await store.job_ended(lease, mine, job, JobState.DONE, made=[made])
    await plan(other, B, C)
    folk = People(database, Marks(b"key"))
    assert await files.used(database, [A, B, C, D]) == {A, B, C}
    assert await files.used(database, [B]) == {B}
    assert await folk.forget(lease, "ann") == [A, B, C]
    assert await files.used(database, [A, B, C, D]) == set()


async def test_a_request_that_is_put_back_starts_from_its_picture_once_more(
    store, lease, heard, plan, database
):
    mine = await store.insert_once(lease, heard(), 0)
    for _ in range(2):
        await plan(mine, B, B)
        assert await files.used(database, [B]) == {B}
        await store.ended(lease, mine, RequestState.FAILED)
        await store.put_back(mine)
        assert await files.used(database, [B]) == set()
