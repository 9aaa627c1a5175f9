"""A style contest on five platforms, from its plan to its archive, in a process that keeps dying."""

import asyncio
import json
import random
from collections import Counter
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest

from common.database import open_database
from common.model import Job
from events.afterwards.archive import archive
from events.afterwards.featuring import FEATURED, Featuring
from events.course.clock import Clock
from events.entries.candidate import Candidate
from events.entries.entry_store import Entrant
from events.model import Shown, State, Venue
from events.room import Room, open_parts
from events.voting.published import document, recount
from request.kept.encoding import job_to_json
from request.kept.leases import Leases
from styles.lists.stylelist import load_folder
from tests.component.events.wall import MARKS, Wall

pytestmark = [pytest.mark.program, pytest.mark.timeout(300)]

PLATFORMS = ("discord", "mastodon", "lemmy", "reddit", "web")
ENTRANTS, VOTERS = 40, 200


class Polled(Wall):
    """A platform with polls; what people choose there stands fixed."""

    def __init__(self, name):
        super().__init__(name)
        self.capabilities = replace(self.capabilities, poll_posts=4)

    async def poll(self, incoming, question, options, *, under):
        raise NotImplementedError

    async def count(self, post):
        return [3, 1, 0, 2][: len(self.wall[post].poll)]


class World:
    """What survives a death: the rows, the platforms, the folder, the time."""

    def __init__(self, url, clock, folder):
        self.url = url
        self.clock = clock
        self.folder = folder
        self.walls = {
            name: Polled(name) if name == "mastodon" else Wall(name) for name in PLATFORMS
        }
        self.draw = random.Random(11)

    @asynccontextmanager
    async def process(self):
        """A process with all its parts."""
        database = await open_database(self.url)
        leases = Leases(database, "one", now=self.clock)
        parts = open_parts(
            database,
            MARKS,
            leases,
            self.folder,
            galleries=lambda: [Venue(account="lemmy", to="showcase")],
            pause=lambda: 60,
            now=self.clock,
        )
        try:
            yield Process(self, parts, leases)
        finally:
            await database.close()


class Process:
    """One life of the program."""

    def __init__(self, world, parts, leases):
        self.world = world
        self.parts = parts
        self.leases = leases

    async def work(self):
        """Do once what the runners and the clock do again and again."""
        world = self.world
        featuring = Featuring(self.parts.events, self.parts.steps, world.folder / "won")
        clock = Clock(
            self.parts.events,
            self.parts.entries,
            self.parts.steps,
            self.parts.purse,
            self.leases,
            chores=(featuring.keep,),
            now=world.clock,
        )
        await clock.tick(await self.leases.take("clock"))
        room = Room(self.parts, None, MARKS, world.folder, None, now=world.clock)
        for name, wall in world.walls.items():
            await room.serve(await self.leases.take(name), wall)

    async def die_at_work(self):
        """Be killed at some moment of it."""
        task = asyncio.create_task(self.work())
        for _ in range(self.world.draw.randrange(300)):
            await asyncio.sleep(0)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


def style(number):
    """A made-up entry of a style contest, as it looks when it is recorded."""
    job = Job(style="raw", prompt=f"a fox, in fog {number}###sun", model="m", steps=20 + number)
    recipe = {
        "job": job_to_json(job),
        "prompt": f"a fox, in fog {number}",
        "template": f"{{p}}, in fog {number}###sun, {{np}}",
        "called": f"fog {number}",
    }
    likeness = f"{random.Random(number).getrandbits(256):064x}"
    return Candidate(
        f"{number:064x}", "image/webp", likeness, 512, 512, f"fog {number}", recipe=recipe
    )


async def until(world, state, *, kills):
    """Go on, dying on the way, until the contest is in a state and all its news is out."""
    for _ in range(kills):
        async with world.process() as process:
            await process.die_at_work()
        world.clock.now += 120
    async with world.process() as process:
        for _ in range(60):
            await process.work()
            world.clock.now += 61
            event = await process.parts.events.event("fog")
            waiting = [
                row for row in await process.parts.outbox.of(event) if row.state == "intended"
            ]
            due = [row for row in waiting if row.key != "remind"]
            if event.state is state and not due:
                return event
    raise AssertionError(f"it never came to {state}: {event.state}, {due}")


async def enter(world, event):
    """Let people of all platforms enter a style each."""
    async with world.process() as process:
        for number in range(1, ENTRANTS + 1):
            account = PLATFORMS[number % 5]
            mark = MARKS.person(account, f"artist {number}")
            entrant = Entrant(account, mark, Shown.NAME, f"Artist {number}", "CC0-1.0")
            lease = await process.leases.take(account)
            await process.parts.entries.entered(
                lease, event, style(number), entrant, written=world.clock.now
            )


async def vote(world, event):
    """Let people vote, most of them on one platform; some think again."""
    async with world.process() as process:
        draw = random.Random(3)
        for voter in range(VOTERS):
            account = PLATFORMS[0] if voter < 120 else PLATFORMS[1 + voter % 4]
            choices = draw.sample(range(1, ENTRANTS + 1), 4)
            await process.parts.voting.cast(event, account, f"voter {voter}", choices)
            if voter % 10 == 0:
                await process.parts.voting.cast(event, account, f"voter {voter}", choices[:2])


def assert_all_posted_once(world):
    """Every post stands once in every place, with the winners in the showcase too."""
    for name, wall in world.walls.items():
        codes = Counter(one.request for one in wall.wall.values())
        assert set(codes.values()) == {1}
        galleries = [one for one in wall.wall.values() if one.buttons]
        shown = sorted(one.number for gallery in galleries for one in gallery.pictures)
        assert shown == list(range(1, ENTRANTS + 1)), name
        assert not any("Artist" in one.text for one in galleries)
        assert any("is decided" in one.text for one in wall.wall.values())
    assert any(one.to == "showcase" for one in world.walls["lemmy"].wall.values())
    assert sum(bool(one.poll) for one in world.walls["mastodon"].wall.values()) == 10


async def assert_recounted(world, event, winners):
    """Anybody can count it again, and one platform has not swamped the rest."""
    async with world.process() as process:
        votes = await process.parts.ballots.votes(event)
        result = await process.parts.steps.count(event)
    assert len(votes.ballots) == VOTERS
    file = world.folder / "ballots.json"
    file.write_text(
        json.dumps(document(event, votes.entries, votes.ballots, votes.counted, result))
    )
    name, again, same, _rule = recount(file)
    assert (name, same) == ("fog", True)
    assert [line.number for line in again.winners(3)] == winners
    assert not any(MARKS.person("web", f"voter {n}") in file.read_text() for n in range(VOTERS))


async def assert_archived(world, event):
    """Its archive counts what was, and no step was taken twice."""
    async with world.process() as process:
        votes = await process.parts.ballots.votes(event)
        entries = await process.parts.entries.of(event)
        log = await process.parts.events.log(event.id)
    kept = archive(event, entries, log, ballots=len(votes.ballots))
    assert kept["statistics"] == {
        "entries": ENTRANTS,
        "entrants": ENTRANTS,
        "withdrawn": 0,
        "ballots": VOTERS,
    }
    steps = [line["step"] for line in kept["steps"]]
    assert len(steps) == len(set(steps))


async def test_a_contest_on_five_platforms_survives_fifty_deaths(
    database_url, planned, clock, tmp_path
):
    world = World(database_url, clock, tmp_path)
    venues = [{"account": name, "to": f"{name}-wall"} for name in PLATFORMS]
    plan = planned(
        "fog", kind="contest", venues=venues, rules={"entries": 3}, times={"grace_minutes": 10}
    )
    async with world.process() as process:
        await process.parts.events.drafted(plan, "operator")
    event = await until(world, State.ANNOUNCED, kills=8)
    clock.now = event.due
    event = await until(world, State.OPEN, kills=8)
    await enter(world, event)
    clock.now = event.due
    event = await until(world, State.CLOSED, kills=8)
    clock.now = event.due
    event = await until(world, State.VOTING, kills=10)
    await vote(world, event)
    clock.now = event.due
    event = await until(world, State.REVIEW, kills=8)
    clock.now = event.due
    event = await until(world, State.PROMOTED, kills=8)
    winners = event.result["winners"]
    assert len(winners) == 3
    assert_all_posted_once(world)
    await assert_recounted(world, event, winners)

    # the winners' styles are featured, until the contest leaves by itself
    won = load_folder(tmp_path / "won")
    names = [f"fog {number}" for number in winners]
    assert (list(won.styles), won.faults) == (names, ())
    assert won.categories[FEATURED] == ("event fog",)
    clock.now = event.due
    event = await until(world, State.ARCHIVED, kills=0)
    won = load_folder(tmp_path / "won")
    assert FEATURED not in won.categories
    assert won.categories["event fog"] == tuple(names)
    await assert_archived(world, event)
