"""A challenge by the clock: from its draft to its archive, however often the process dies."""

import asyncio
import random
import time
from dataclasses import replace
from datetime import UTC, datetime
from itertools import count

import pytest
import sqlalchemy as sa

from common.database import open_database
from common.errors import LeaseLost, PlatformBusy, PlatformError, Refusal
from events.course.clock import Clock
from events.entries.candidate import Candidate
from events.entries.entry_store import Entrant
from events.lifecycle import Step
from events.model import Hold, Shown, State
from events.room import Room, open_parts
from events.tables import ballots, event_posts
from events.voting.ballot_store import BallotStore
from events.voting.published import rule_of
from events.voting.tally import result_of, tally
from request.kept.leases import Leases
from request.kept.marks import Marks
from tests.component.events.conftest import DAY, HOUR
from tests.fakes.platform import FakePlatform

pytestmark = pytest.mark.database

MARKS = Marks(b"k" * 32)


class Wall(FakePlatform):
    """A platform on which news is posted."""

    def __init__(self, name="web"):
        super().__init__(name)
        self.wall = {}
        self.numbers = count(1)
        self.trouble = []

    async def publish(self, publication):
        if self.trouble:
            raise self.trouble.pop()
        post = f"news-{next(self.numbers)}"
        assert publication.request not in [one.request for one in self.wall.values()]
        self.wall[post] = publication
        return post

    async def find_published(self, publication):
        found = (post for post, one in self.wall.items() if one.request == publication.request)
        return next(found, None)

    async def unpublish(self, to, post):
        self.wall.pop(post)


class Clocked:
    """The clock of a process that is wrong by so many seconds."""

    def __init__(self, clock, skew):
        self.clock = clock
        self.skew = skew

    def __call__(self):
        return self.clock() + self.skew


@pytest.fixture
def parts(database, leases, clock, tmp_path):
    return open_parts(database, MARKS, leases, tmp_path, pause=lambda: 60, now=clock)


@pytest.fixture
def ticking(parts, leases, clock):
    chores = (parts.series.draft_due,)
    return Clock(
        parts.events, parts.entries, parts.steps, parts.purse, leases, chores=chores, now=clock
    )


async def entered(parts, lease, event, person, number, clock):
    """Enter a made-up picture."""
    likeness = f"{random.Random(number).getrandbits(256):064x}"
    one = Candidate(f"{number:064x}", "image/webp", likeness, 512, 512, f"leaf {number}")
    entrant = Entrant(lease.name, MARKS.person(lease.name, person), Shown.NAME, person)
    return await parts.entries.entered(lease, event, one, entrant, written=clock.now)


async def test_the_clock_leads_a_challenge_from_draft_to_archive(
    parts, ticking, planned, clock, leases
):
    lease, web = await leases.take("clock"), await leases.take("web")
    event = await parts.events.drafted(planned(), "ann")
    await ticking.tick(lease)
    assert (await parts.events.event("autumn")).state is State.ANNOUNCED
    clock.now += DAY
    await ticking.tick(lease)
    event = await parts.events.event("autumn")
    assert event.state is State.OPEN
    for number in range(1, 5):
        await entered(parts, web, event, f"p{number}", number, clock)
    clock.now += 7 * DAY + 600
    await ticking.tick(lease)
    assert (await parts.events.event("autumn")).state is State.CLOSED
    clock.now += 12 * HOUR
    await ticking.tick(lease)
    event = await parts.events.event("autumn")
    assert event.state is State.VOTING
    for voter, choices in {"p1": (2, 3), "p2": (3,), "p4": (3, 1), "v": (2,)}.items():
        await parts.voting.cast(event, "web", voter, choices)
    clock.now += 48 * HOUR
    await ticking.tick(lease)
    event = await parts.events.event("autumn")
    assert (event.state, event.result["winners"]) == (State.REVIEW, [3, 2, 1])
    clock.now += DAY
    await ticking.tick(lease)
    assert (await parts.events.event("autumn")).state is State.PROMOTED
    clock.now += 14 * DAY
    await ticking.tick(lease)
    event = await parts.events.event("autumn")
    assert (event.state, event.due) == (State.ARCHIVED, None)
    assert [line.who for line in await parts.events.log(event.id)][1:] == ["clock"] * 9


async def test_a_clock_that_was_away_catches_up_without_eating_the_hours_of_voting(
    parts, ticking, planned, clock, leases
):
    lease = await leases.take("clock")
    await parts.events.drafted(planned(voting={"fewest_entries": 1, "fewest_votes": 0}), "ann")
    await ticking.tick(lease)
    event = await parts.steps.take(await parts.events.event("autumn"), Step.OPEN, "ann")
    await entered(parts, await leases.take("web"), event, "p", 1, clock)
    clock.now += 30 * DAY
    await ticking.tick(lease)
    clock.now += 12 * HOUR
    await ticking.tick(lease)
    event = await parts.events.event("autumn")
    assert (event.state, event.due) == (State.VOTING, clock.now + 48 * HOUR)


async def life(database_url, clock, tmp_path, work):
    """One process: what it has in memory is gone afterwards, the rows are not."""
    database = await open_database(database_url)
    leases = Leases(database, "one", now=clock)
    parts = open_parts(database, MARKS, leases, tmp_path, now=clock)
    try:
        return await work(parts, leases)
    finally:
        await database.close()


async def test_killed_at_any_moment_it_goes_on_where_it_was(database_url, planned, clock, tmp_path):
    """Cut the clock off at fifty different moments: each step is taken once."""
    draw = random.Random(5)

    async def begin(parts, leases):
        plan = planned(voting={"fewest_entries": 1, "fewest_votes": 0})
        event = await parts.events.drafted(plan, "ann")
        for step in (Step.ANNOUNCE, Step.OPEN):
            event = await parts.steps.take(event, step, "ann")
        await entered(parts, await leases.take("web"), event, "p", 1, clock)

    async def killed(parts, leases):
        lease = await leases.take("clock")
        one = Clock(parts.events, parts.entries, parts.steps, parts.purse, leases, now=clock)
        task = asyncio.create_task(one.tick(lease))
        for _ in range(draw.randrange(60)):
            await asyncio.sleep(0)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        clock.now += 9 * HOUR

    async def finish(parts, leases):
        one = Clock(parts.events, parts.entries, parts.steps, parts.purse, leases, now=clock)
        for _ in range(12):
            await one.tick(await leases.take("clock"))
            clock.now += 30 * DAY
        event = await parts.events.event("autumn")
        return event.state, [line.step for line in await parts.events.log(event.id)]

    await life(database_url, clock, tmp_path, begin)
    for _ in range(50):
        await life(database_url, clock, tmp_path, killed)
    state, steps = await life(database_url, clock, tmp_path, finish)
    assert state is State.ARCHIVED
    assert len(steps) == len(set(steps)) == 10


async def test_of_two_clocks_that_both_believe_in_their_lease_one_writes(
    database, parts, ticking, planned, clock, leases
):
    await parts.events.drafted(planned(), "ann")
    old = await leases.take("clock")
    clock.now += 120
    other = Leases(database, "two", now=clock)
    assert await other.take("clock") is not None
    with pytest.raises(LeaseLost):
        await ticking.tick(old)
    assert (await parts.events.event("autumn")).state is State.DRAFT


async def test_with_too_few_entries_moderators_decide(parts, ticking, planned, clock, leases):
    lease = await leases.take("clock")
    event = await parts.events.drafted(planned(), "ann")
    for step in (Step.ANNOUNCE, Step.OPEN):
        event = await parts.steps.take(event, step, "ann")
    one = await entered(parts, await leases.take("web"), event, "p", 1, clock)
    clock.now += 9 * DAY
    await ticking.tick(lease)
    clock.now += DAY
    await ticking.tick(lease)
    event = await parts.events.event("autumn")
    assert (event.state, event.hold) == (State.CLOSED, Hold.FEW_ENTRIES)
    await ticking.tick(lease)
    assert [line.step for line in await parts.events.log(event.id)].count("hold") == 1
    with pytest.raises(Refusal, match="by how many hours"):
        await parts.steps.take(event, Step.EXTEND, "ann")
    with pytest.raises(Refusal, match="No entries to be named: 9"):
        await parts.steps.take(event, Step.JUDGE, "ann", winners=(9,))
    more = await parts.steps.take(event, Step.EXTEND, "ann", hours=24)
    assert (more.state, more.hold) == (State.OPEN, None)
    assert more.due == clock.now + DAY + 600
    closed = await parts.steps.take(more, Step.CLOSE, "ann")
    judged = await parts.steps.take(closed, Step.JUDGE, "ann", winners=(one.number,))
    assert (judged.state, judged.result["winners"]) == (State.REVIEW, [1])
    clock.now += DAY
    await ticking.tick(lease)
    assert (await parts.events.event("autumn")).state is State.PROMOTED


async def test_what_promises_prizes_is_not_announced_where_nobody_pays(
    parts, ticking, planned, leases
):
    event = await parts.events.drafted(planned(prizes={"places": [5], "budget": 5}), "ann")
    await ticking.tick(await leases.take("clock"))
    assert (await parts.events.event("autumn")).hold is Hold.UNFUNDED
    with pytest.raises(Refusal, match="nobody to pay"):
        await parts.steps.take(await parts.events.event(event.id), Step.ANNOUNCE, "ann")


# --- votes ----------------------------------------------------------------------------------


@pytest.fixture
async def voting(parts, planned, clock, leases):
    event = await parts.events.drafted(planned(), "ann")
    for step in (Step.ANNOUNCE, Step.OPEN):
        event = await parts.steps.take(event, step, "ann")
    web = await leases.take("web")
    for number in range(1, 5):
        await entered(parts, web, event, f"p{number}", number, clock)
    for step in (Step.CLOSE, Step.VOTE):
        event = await parts.steps.take(event, step, "ann")
    return event


async def test_a_ballot_is_changed_and_keeps_its_receipt(parts, voting):
    first = await parts.voting.cast(voting, "web", "v", (1, 2))
    second = await parts.voting.toggle(voting, "web", "v", 3)
    third = await parts.voting.toggle(voting, "web", "v", 1)
    assert (first.choices, second.choices, third.choices) == ((1, 2), (1, 2, 3), (2, 3))
    assert first.receipt == third.receipt
    assert (await parts.ballots.votes(voting)).ballots[0].choices == (2, 3)
    await parts.voting.cast(voting, "web", "v", ())
    assert (await parts.ballots.votes(voting)).ballots == ()


async def test_nobody_votes_for_himself_or_for_what_is_not_there(parts, voting):
    with pytest.raises(Refusal, match="leave out 2"):
        await parts.voting.cast(voting, "web", "p2", (1, 2))
    with pytest.raises(Refusal, match="no entry 77"):
        await parts.voting.cast(voting, "web", "v", (1, 77))
    await parts.entries.hidden(voting, 4, "ann", "no leaf")
    with pytest.raises(Refusal, match="no entry 4"):
        await parts.voting.cast(voting, "web", "v", (4,))


async def test_votes_end_with_the_voting_to_the_second(parts, voting, clock):
    clock.now = voting.due - 0.5
    await parts.voting.cast(voting, "web", "v", (1,))
    clock.now = voting.due
    with pytest.raises(Refusal, match="not open for votes"):
        await parts.voting.cast(voting, "web", "w", (1,))


@pytest.mark.parametrize("skew", [-3 * HOUR, 3 * HOUR])
async def test_of_two_processes_whose_clocks_differ_neither_opens_what_the_other_has_closed(
    parts, voting, database, leases, clock, tmp_path, skew
):
    other_clock = Clocked(clock, skew)
    other = open_parts(
        database, MARKS, Leases(database, "two", now=other_clock), tmp_path, now=other_clock
    )
    await other.voting.cast(voting, "web", "v1", (1,))
    clock.now = voting.due + 1
    ticking = Clock(parts.events, parts.entries, parts.steps, parts.purse, leases, now=clock)
    lease = await leases.take("clock")
    await ticking.tick(lease)
    after = await other.events.event("autumn")
    assert after.state is State.REVIEW
    with pytest.raises(Refusal, match="not open for votes"):
        await other.voting.cast(voting, "web", "v2", (1,))  # as it saw the event last
    with pytest.raises(Refusal):
        await other.steps.take(voting, Step.COUNT, "ann")  # it is counted already
    assert [one.choices for one in (await other.ballots.votes(after)).ballots] == [(1,)]


async def test_many_codes_of_one_account_are_one_ballot(parts, voting, database):
    await asyncio.gather(*(parts.voting.cast(voting, "web", "v", (n % 4 + 1,)) for n in range(12)))
    async with database.read() as connection:
        rows = (await connection.execute(sa.select(ballots))).all()
    assert len(rows) == 1


class Linked:
    """Everybody called `v…` is one person, and so are p1 and w1."""

    def __init__(self):
        self.same = {}

    async def people(self, marks):
        return {mark: self.same.get(mark, mark) for mark in marks}

    async def linked(self):
        return self.same


async def test_of_linked_accounts_the_newest_ballot_counts_and_none_for_oneself(
    database, leases, clock, tmp_path, planned
):
    linked = Linked()
    parts = open_parts(database, MARKS, leases, tmp_path, identities=linked, now=clock)
    event = await parts.events.drafted(planned(), "ann")
    for step in (Step.ANNOUNCE, Step.OPEN):
        event = await parts.steps.take(event, step, "ann")
    web = await leases.take("web")
    for number in (1, 2):
        await entered(parts, web, event, f"p{number}", number, clock)
    for step in (Step.CLOSE, Step.VOTE):
        event = await parts.steps.take(event, step, "ann")
    await parts.voting.cast(event, "web", "v1", (1,))
    clock.now += 1
    await parts.voting.cast(event, "lemmy", "v2", (2,))
    await parts.voting.cast(event, "lemmy", "w1", (1, 2))
    linked.same = {
        MARKS.person("web", "v1"): "v",
        MARKS.person("lemmy", "v2"): "v",
        MARKS.person("web", "p1"): "p1",
        MARKS.person("lemmy", "w1"): "p1",
    }
    votes = await parts.ballots.votes(event)
    assert sorted(one.choices for one in votes.ballots) == [(2,), (2,)]


async def test_ballots_added_up_by_pages_come_to_the_same_as_those_that_are_published(
    database, leases, clock, tmp_path, planned
):
    linked = Linked()
    parts = open_parts(database, MARKS, leases, tmp_path, identities=linked, now=clock)
    lease = await leases.take("web")
    event = await parts.events.drafted(planned(), "ann")
    for step in (Step.ANNOUNCE, Step.OPEN):
        event = await parts.steps.take(event, step, "ann")
    for number in range(1, 9):
        await entered(parts, lease, event, f"p{number}", number, clock)
    for step in (Step.CLOSE, Step.VOTE):
        event = await parts.steps.take(event, step, "ann")
    draw = random.Random(5)
    for voter in range(60):
        account, name = draw.choice(["web", "lemmy"]), f"v{voter}"
        await parts.voting.cast(event, account, name, draw.sample(range(1, 9), draw.randint(1, 4)))
        clock.now += 1
        if voter % 4 == 0:  # some are somebody else as well, and some have entered
            whose = f"p{voter % 8 + 1}" if voter % 8 else f"v{voter // 2}"
            linked.same[MARKS.person(account, name)] = MARKS.person("web", whose)
            linked.same[MARKS.person("web", whose)] = MARKS.person("web", whose)
    await parts.entries.hidden(event, 3, "ann", "spam")
    votes = await parts.ballots.votes(event)
    assert len(votes.ballots) < 60
    added = await BallotStore(database, linked, page=7).added(event)
    counted = result_of(added.entries, added.sums, added.counted, rule_of(event))
    assert counted == tally(votes.entries, votes.ballots, votes.counted, rule_of(event))


async def test_an_account_that_is_too_young_neither_enters_nor_votes(parts, voting, clock):
    strict = await parts.events.replanned(
        voting,
        voting.plan.model_copy(
            update={"rules": voting.plan.rules.model_copy(update={"account_days": 7})}
        ),
        "ann",
    )
    young = datetime.fromtimestamp(clock.now - 6 * DAY, UTC)
    old = datetime.fromtimestamp(clock.now - 8 * DAY, UTC)
    real = time.time() - 8 * DAY
    assert real < clock.now
    for joined in (None, young):
        with pytest.raises(Refusal, match="at least 7 days"):
            await parts.voting.cast(strict, "web", "v", (1,), joined=joined)
    await parts.voting.cast(strict, "web", "v", (1,), joined=old)


# --- posts ----------------------------------------------------------------------------------


async def posted(parts, lease, wall, clock, leases, rounds=20):
    for _ in range(rounds):
        await parts.outbox.serve(lease, wall)
        clock.now += 61
        await leases.renew(lease)


async def test_news_is_posted_once_slowly_and_in_order(parts, planned, clock, leases, ticking):
    wall = Wall()
    venue = {"account": "web", "to": "wall"}
    event = await parts.events.drafted(planned(venues=[venue]), "ann")
    web = await leases.take("web")
    event = await parts.steps.take(event, Step.ANNOUNCE, "ann")
    event = await parts.steps.take(event, Step.OPEN, "ann")
    await parts.outbox.serve(web, wall)
    assert len(wall.wall) == 1  # the other waits for its turn
    await posted(parts, web, wall, clock, leases)
    first, second = wall.wall.values()
    assert "Entries are taken from" in first.text
    assert "reply `enter autumn`" in second.text
    assert first.to == "wall"
    assert first.request in first.text
    for number in range(1, 7):
        await entered(parts, web, event, f"p{number}", number, clock)
    event = await parts.steps.take(event, Step.CLOSE, "ann")
    event = await parts.steps.take(event, Step.VOTE, "ann")
    await posted(parts, web, wall, clock, leases)
    galleries = list(wall.wall.values())[2:]
    assert [len(one.pictures) for one in galleries] == [4, 2]
    numbers = [one.number for gallery in galleries for one in gallery.pictures]
    assert sorted(numbers) == [1, 2, 3, 4, 5, 6]
    assert galleries[0].buttons[0] == f"approve autumn {numbers[0]}"
    assert "p1" not in galleries[0].text
    states = {row.key: row.state for row in await parts.outbox.of(event)}
    polls = {"poll-1": "removed", "poll-2": "removed"}
    news = dict.fromkeys(("announce", "open", "heat-1", "heat-2"), "posted")
    assert states == {**news, **polls, "remind": "intended"}


@pytest.mark.parametrize("titles", [False, True])
async def test_a_post_names_its_event_once_wherever_it_stands(
    parts, planned, clock, leases, titles
):
    wall = Wall()
    wall.capabilities = replace(wall.capabilities, titles=titles)
    venue = {"account": "web", "to": "wall"}
    event = await parts.events.drafted(planned(venues=[venue]), "ann")
    await parts.steps.take(event, Step.ANNOUNCE, "ann")
    await posted(parts, await leases.take("web"), wall, clock, leases)
    [news] = wall.wall.values()
    assert news.title == event.plan.title
    assert news.text.startswith(event.plan.title) is not titles


async def test_a_post_that_got_out_before_a_crash_is_not_posted_again(
    parts, planned, clock, leases, database
):
    wall = Wall()
    venue = {"account": "web", "to": "wall"}
    event = await parts.events.drafted(planned(venues=[venue]), "ann")
    await parts.steps.take(event, Step.ANNOUNCE, "ann")
    web = await leases.take("web")
    await parts.outbox.serve(web, wall)
    async with database.write() as connection:
        await connection.execute(event_posts.update().values(state="intended", post=None))
    clock.now += 61
    await leases.renew(web)
    await parts.outbox.serve(web, wall)
    [row] = await parts.outbox.of(await parts.events.event("autumn"))
    assert (len(wall.wall), row.state, row.post) == (1, "posted", "news-1")


async def test_a_platform_in_trouble_is_asked_again_later(parts, planned, clock, leases):
    wall = Wall()
    wall.trouble = [
        PlatformError(platform="x", problem="y"),
        PlatformBusy(platform="x", retry_after=300.0),
    ]
    venue = {"account": "web", "to": "wall"}
    event = await parts.events.drafted(planned(venues=[venue]), "ann")
    await parts.steps.take(event, Step.ANNOUNCE, "ann")
    web = await leases.take("web")
    await parts.outbox.serve(web, wall)
    assert wall.wall == {}
    await posted(parts, web, wall, clock, leases)
    assert len(wall.wall) == 1


class Polled(Wall):
    """A platform with polls of its own."""

    def __init__(self):
        super().__init__()
        self.capabilities = replace(self.capabilities, poll_posts=4)
        self.counts = None

    async def poll(self, incoming, question, options, *, under):
        raise NotImplementedError

    async def count(self, post):
        return self.counts if self.wall[post].poll else []


async def test_a_platform_with_polls_votes_in_heats_below_the_pictures(
    parts, planned, clock, leases, ticking, tmp_path
):
    wall = Polled()
    venue = {"account": "web", "to": "wall"}
    plan = planned(
        venues=[venue], voting={"fewest_entries": 1, "fewest_votes": 0, "largest_share": 1}
    )
    event = await parts.events.drafted(plan, "ann")
    for step in (Step.ANNOUNCE, Step.OPEN):
        event = await parts.steps.take(event, step, "ann")
    web, lease = await leases.take("web"), await leases.take("clock")
    for number in range(1, 4):
        await entered(parts, web, event, f"p{number}", number, clock)
    for step in (Step.CLOSE, Step.VOTE):
        event = await parts.steps.take(event, step, "ann")
    await posted(parts, web, wall, clock, leases)
    [poll] = [one for one in wall.wall.values() if one.poll]
    [gallery] = [post for post, one in wall.wall.items() if one.pictures]
    numbers = [one.number for one in wall.wall[gallery].pictures]
    assert (poll.under, len(poll.poll)) == (gallery, 3)
    assert 0 < poll.poll_seconds <= 48 * HOUR
    room = Room(parts, None, MARKS, tmp_path, None, now=clock)
    await room.serve(web, wall)
    clock.now = event.due
    lease, web = await leases.take("clock"), await leases.take("web")
    await ticking.tick(lease)
    assert (await parts.events.event("autumn")).state is State.TALLY  # people still vote there
    wall.counts = [2, 9, 4]
    await room.serve(web, wall)
    await ticking.tick(lease)
    event = await parts.events.event("autumn")
    assert event.state is State.REVIEW
    assert event.result["winners"] == [numbers[1], numbers[2], numbers[0]]
    assert event.result["weights"] == {"poll:web": 1.0}


async def test_a_platform_without_polls_posts_none(parts, planned, clock, leases):
    wall = Wall()
    venue = {"account": "web", "to": "wall"}
    event = await parts.events.drafted(planned(venues=[venue]), "ann")
    for step in (Step.ANNOUNCE, Step.OPEN):
        event = await parts.steps.take(event, step, "ann")
    web = await leases.take("web")
    for number in range(1, 4):
        await entered(parts, web, event, f"p{number}", number, clock)
    for step in (Step.CLOSE, Step.VOTE):
        event = await parts.steps.take(event, step, "ann")
    await posted(parts, web, wall, clock, leases)
    assert not any(one.poll for one in wall.wall.values())
    assert [row.key for row in await parts.outbox.of(event) if row.state == "removed"] == ["poll-1"]


async def test_the_reminder_of_an_event_that_is_closed_already_is_not_posted(
    parts, planned, clock, leases
):
    wall = Wall()
    venue = {"account": "web", "to": "wall"}
    event = await parts.events.drafted(planned(venues=[venue]), "ann")
    for step in (Step.ANNOUNCE, Step.OPEN, Step.CLOSE):
        event = await parts.steps.take(event, step, "ann")
    clock.now += 8 * DAY
    web = await leases.take("web")
    await posted(parts, web, wall, clock, leases)
    assert [one.request.split("-")[0] for one in wall.wall.values()] == [event.id]


async def test_posts_show_an_entry_no_more_whose_entrant_is_forgotten(
    parts, planned, clock, leases
):
    wall = Wall()
    venue = {"account": "web", "to": "wall"}
    event = await parts.events.drafted(planned(venues=[venue]), "ann")
    for step in (Step.ANNOUNCE, Step.OPEN):
        event = await parts.steps.take(event, step, "ann")
    web = await leases.take("web")
    for number in range(1, 3):
        await entered(parts, web, event, f"p{number}", number, clock)
    for step in (Step.CLOSE, Step.VOTE):
        event = await parts.steps.take(event, step, "ann")
    await posted(parts, web, wall, clock, leases)
    assert any(one.pictures for one in wall.wall.values())
    shown = await parts.entries.forgotten(web, MARKS.person("web", "p1"))
    assert shown == [(event.id, 1)]
    await parts.outbox.taken_back(web, shown)
    await posted(parts, web, wall, clock, leases, rounds=2)
    assert [one.number for post in wall.wall.values() for one in post.pictures] == [2]


# --- series ---------------------------------------------------------------------------------


async def test_a_series_drafts_the_next_one_and_its_winner_chooses_the_theme(
    parts, ticking, planned, clock, leases
):
    lease, web = await leases.take("clock"), await leases.take("web")
    weekly = planned(
        times={"looking_hours": 0, "review_hours": 0},
        voting={"fewest_entries": 1, "fewest_votes": 1},
    )
    await parts.series.begun("weekly", weekly, 14)
    await ticking.tick(lease)
    await ticking.tick(lease)
    event = await parts.events.event("weekly-1")
    assert (event.state, event.plan.series) == (State.ANNOUNCED, "weekly")
    assert event.plan.schedule.opens.timestamp() == clock.now + DAY
    event = await parts.steps.take(event, Step.OPEN, "ann")
    await entered(parts, web, event, "winner", 1, clock)
    for step in (Step.CLOSE, Step.VOTE):
        event = await parts.steps.take(event, step, "ann")
    await parts.voting.cast(event, "web", "v", (1,))
    with pytest.raises(Refusal, match="Nobody has a theme"):
        await parts.series.choose("weekly", "web", "winner", "Snow")
    clock.now += 3 * DAY
    lease = await leases.take("clock")
    await ticking.tick(lease)
    with pytest.raises(Refusal, match="Whoever won"):
        await parts.series.choose("weekly", "web", "v", "Snow")
    await parts.series.choose("weekly-1", "web", "winner", "Snow")
    clock.now += 11 * DAY
    lease = await leases.take("clock")
    await ticking.tick(lease)
    second = await parts.events.event("weekly-2")
    assert second.plan.theme == "Snow"
    clock.now += 14 * DAY
    lease = await leases.take("clock")
    await ticking.tick(lease)
    assert (await parts.events.event("weekly-3")).plan.theme == "Leaves"
