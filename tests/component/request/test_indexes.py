"""Nothing that is asked while people wait goes through all rows of a large table.

SQLite is asked how it would find the rows: the plan is the same for ten of them and for a million.
"""

import re

import pytest

from common.model import Job
from request.kept import files
from request.kept.marks import Marks
from request.kept.people import People
from request.kept.records import FINAL_STATES
from request.kept.watching import Watch
from web.chat.room import Room
from web.chat.store import Visitor

LARGE = (
    *("requests", "jobs", "pictures", "sources", "posts", "spending"),
    *("web_messages", "web_pictures"),
)
WHOLE = re.compile(
    rf"SCAN (?:{'|'.join(LARGE)})\b.*|SEARCH requests .*\(account=\?(?: AND (?:state|community)=\?)?\)"
    r"|SEARCH posts .*\(account=\?\)"
)
"""Steps of a plan that take longer the more there is."""
OPEN = "SEARCH requests USING INDEX requests_open (account=? AND state=?)"
"""Of these there are never many, if the state is an open one."""
OF_OPEN = ("posts in doubt", "what is open", "a community's requests")
FOX = Job(style="raw", prompt="a fox", model="m")
SINCE = {"since": 0.0}
WAYS = {
    "an answer's pictures": lambda k: k.store.pictures_of(k.id),
    "an answer's jobs": lambda k: k.store.jobs_of(k.id),
    "posts in doubt": lambda k: k.store.posts_in_doubt("web"),
    "the answer behind a post": lambda k: k.store.request_behind("web", "9"),
    "what is open": lambda k: k.store.open_askers("web"),
    "what nobody waits for": lambda k: k.store.abandoned_jobs("web"),
    "a person's requests": lambda k: k.store.count_of_person("web", "ann", since=0.0, but=""),
    "a person's censored pictures": lambda k: k.people.censored("web", "ann", since=0.0),
    "a community's requests": lambda k: k.store.count_of_community(
        "web", "web", since=0.0, most=5, but=""
    ),
    "what was spent": lambda k: k.store.spent(since=0.0, account="web", community="web"),
    "what is watched": lambda k: Watch(k.database, "web").next(5),
    "secrets to be wiped": lambda k: k.store.secrets_wiped(k.lease, {"token"}, before=9.0),
    "picture files that are needed": lambda k: files.used(k.database, ["a" * 64], but=1),
    "what is old": lambda k: k.people.prune(k.lease, older_than=k.now + 9, states=FINAL_STATES),
    "a person to be forgotten": lambda k: k.people.forget(k.lease, "ann"),
    "a page of the room": lambda k: k.room.threads(),
    "a page of the gallery": lambda k: k.room.gallery(before=None, limit=5),
    "a visitor's pictures in the room": lambda k: k.room.pictures_of("ann", 5),
    "a visitor to be forgotten in the room": lambda k: k.room.forget("ann"),
}


class Kept:
    """What the ways are asked of."""


@pytest.fixture
async def kept(database, store, lease, heard, clock):
    found = Kept()
    found.database, found.store, found.lease, found.now = database, store, lease, clock.now
    found.people = People(database, Marks(b"key"), now=clock)
    found.room = Room(database, "web", clock=clock)
    await found.room.write(Visitor("ann", "Ann"), "draw for me a fox", "t" * 16)
    found.id = await store.insert_once(lease, heard(), 0)
    common = {"parsed": {"prompt": "a fox"}, "rng_seed": 0, "parent": None, "notes": ()}
    await store.resolved(lease, found.id, planned=(FOX,), **common)
    await store.ended(lease, found.id, FINAL_STATES[0])
    return found


def raw(connection):
    return connection.sync_connection.connection.driver_connection


@pytest.mark.parametrize("what", WAYS)
async def test_what_is_asked_while_people_wait_is_found_by_an_index(database, kept, what):
    said = []
    async with database.read() as reader, database.write() as writer:
        for connection in (reader, writer):
            raw(connection).set_trace_callback(said.append)
    await WAYS[what](kept)
    async with database.read() as reader:
        raw(reader).set_trace_callback(None)
        asked = [one for one in said if one.startswith(("SELECT", "DELETE", "UPDATE"))]
        plans = [raw(reader).execute(f"EXPLAIN QUERY PLAN {one}").fetchall() for one in asked]
    steps = [step for plan in plans for *_, step in plan]
    assert steps
    allowed = {OPEN} if what in OF_OPEN else set()
    assert [step for step in steps if WHOLE.fullmatch(step) and step not in allowed] == []
