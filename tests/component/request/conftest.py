"""A migrated database with the store and the leases on it."""

from datetime import UTC, datetime

import pytest

from common.database import open_database
from common.model import Incoming, Person, Place
from request.leases import Leases
from request.store import Store


class Clock:
    """Unix time that moves only when told."""

    def __init__(self, now=1_800_000_000.0):
        self.now = now

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
async def database(database_url):
    opened = await open_database(database_url)
    yield opened
    await opened.close()


@pytest.fixture
def store(database, clock):
    return Store(database, now=clock)


@pytest.fixture
def leases(database, clock):
    return Leases(database, "one", now=clock)


@pytest.fixture
async def lease(leases):
    return await leases.take("web")


@pytest.fixture
def heard(clock):
    """Make an Incoming."""

    def make(text="draw for me a fox", *, event="1", person="ann", **more):
        return Incoming(
            place=Place("web", "web", "room"),
            event=event,
            person=Person(person, person.title()),
            text=text,
            created=datetime.fromtimestamp(clock.now, UTC),
            **more,
        )

    return make
