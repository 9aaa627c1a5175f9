"""What comes back from a Horde is kept as it is wanted: each picture once, and no more than asked."""

import base64

import aiohttp
import pytest
from pydantic import SecretStr

from common.horde.client import HordeClient
from common.horde.wire import Generation, Status
from common.model import Job
from request.kept.records import JobRow, JobState
from request.making.delivery import Delivery
from tests.fakes.pictures import plain


def generation(name, **more):
    return Generation(id=name, img=base64.b64encode(plain()).decode(), **more)


@pytest.fixture
async def fetch(tmp_path):
    """Return what is kept of a job for two pictures, by what its Horde has brought."""
    row = JobRow(1, 1, Job("raw", "a fox", "m", n=2), JobState.SUBMITTED, "h", "id", 1, 0, None)
    async with aiohttp.ClientSession() as session:
        client = HordeClient("http://127.0.0.1:1/api", SecretStr("key"), session, name="h")

        async def fetched(*generations):
            status = Status(done=True, generations=list(generations))
            made, _unusable = await Delivery(tmp_path).fetch(client, row, status, private=True)
            return made

        yield fetched


async def test_a_picture_that_is_told_of_twice_is_kept_once(fetch):
    made = await fetch(generation("a"), generation("a"), generation("b"))
    assert [one.generation for one in made] == ["a", "b"]


async def test_more_pictures_than_were_asked_for_are_left_where_they_are(fetch):
    assert len(await fetch(*(generation(str(number)) for number in range(9)))) == 2


async def test_names_longer_than_the_tables_have_room_for_are_cut(fetch):
    long = "x" * 300
    [one] = await fetch(generation(long, seed=long, model=long, worker_name=long))
    assert [len(text) for text in (one.generation, one.seed, one.model, one.worker)] == [
        64,
        64,
        255,
        255,
    ]
