"""News of an event: posted once, slowly, in order, and gone when it has to."""

from dataclasses import replace

import pytest

from common.errors import PlatformBusy, PlatformError
from events.lifecycle import Step
from events.model import State
from events.room import Room
from events.tables import event_posts
from tests.component.events.conftest import DAY, HOUR, brought_to, put_to_vote
from tests.component.events.wall import MARKS, ON_THE_WALL, Wall, entered
from tests.words import words

pytestmark = pytest.mark.database


async def posted(parts, lease, wall, clock, leases, rounds=20):
    for _ in range(rounds):
        await parts.outbox.serve(lease, wall)
        clock.now += 61
        await leases.renew(lease)


async def test_news_is_posted_once_slowly_and_in_order(parts, planned, clock, leases, ticking):
    wall = Wall()
    event = await parts.events.drafted(planned(venues=ON_THE_WALL), "ann")
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
    assert "p1" not in words(galleries[0].text)
    states = {row.key: row.state for row in await parts.outbox.of(event)}
    polls = {"poll-1": "removed", "poll-2": "removed"}
    news = dict.fromkeys(("announce", "open", "heat-1", "heat-2"), "posted")
    assert states == {**news, **polls, "remind": "intended"}


async def test_a_post_that_breaks_the_platforms_library_does_not_hold_up_others(
    parts, planned, clock, leases
):
    class Picky(Wall):
        async def publish(self, publication):
            if publication.title == "Broken":
                raise ZeroDivisionError
            return await super().publish(publication)

    wall, web = Picky(), await leases.take("web")
    for name, title in (("broken", "Broken"), ("well", "Well")):
        plan = planned(name=name, title=title, venues=ON_THE_WALL)
        event = await parts.events.drafted(plan, "ann")
        await parts.steps.take(event, Step.ANNOUNCE, "ann")
    await posted(parts, web, wall, clock, leases, rounds=3)
    assert [one.title for one in wall.wall.values()] == ["Well"]
    for _ in range(40):  # it is tried for about a day
        clock.now += HOUR
        await leases.renew(web)
        await parts.outbox.serve(web, wall)
    broken = await parts.events.event("broken")
    assert [row.state for row in await parts.outbox.of(broken)] == ["failed"]


@pytest.mark.parametrize("titles", [False, True])
async def test_a_post_names_its_event_once_wherever_it_stands(
    parts, planned, clock, leases, titles
):
    wall = Wall()
    wall.capabilities = replace(wall.capabilities, titles=titles)
    event = await brought_to(parts, planned(venues=ON_THE_WALL), Step.ANNOUNCE)
    await posted(parts, await leases.take("web"), wall, clock, leases)
    [news] = wall.wall.values()
    assert news.title == event.plan.title
    assert news.text.startswith(event.plan.title) is not titles


async def test_a_post_that_got_out_before_a_crash_is_not_posted_again(
    parts, planned, clock, leases, database
):
    wall = Wall()
    await brought_to(parts, planned(venues=ON_THE_WALL), Step.ANNOUNCE)
    web = await leases.take("web")
    await parts.outbox.serve(web, wall)
    async with database.write() as connection:
        await connection.execute(event_posts.update().values(state="intended", post=None))
    clock.now += 61
    await leases.renew(web)
    await parts.outbox.serve(web, wall)
    [row] = await parts.outbox.of(await parts.events.event("autumn"))
    assert (len(wall.wall), row.state, row.post) == (1, "posted", "news-1")


async def test_a_clock_that_is_put_back_holds_no_news_up(parts, planned, clock, leases):
    wall = Wall()
    event = await parts.events.drafted(planned(venues=ON_THE_WALL), "ann")
    web = await leases.take("web")
    event = await parts.steps.take(event, Step.ANNOUNCE, "ann")
    await parts.outbox.serve(web, wall)
    clock.now -= HOUR
    await leases.renew(web)
    await parts.steps.take(event, Step.OPEN, "ann")
    await posted(parts, web, wall, clock, leases, rounds=3)
    assert len(wall.wall) == 2


async def test_a_platform_in_trouble_is_asked_again_later(parts, planned, clock, leases):
    wall = Wall()
    wall.trouble = [
        PlatformError(platform="x", problem="y"),
        PlatformBusy(platform="x", retry_after=300.0),
    ]
    await brought_to(parts, planned(venues=ON_THE_WALL), Step.ANNOUNCE)
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
    plan = planned(
        venues=ON_THE_WALL, voting={"fewest_entries": 1, "fewest_votes": 0, "largest_share": 1}
    )
    web, lease = await leases.take("web"), await leases.take("clock")
    event = await put_to_vote(parts, plan, web, clock, entries=3)
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
    web = await leases.take("web")
    event = await put_to_vote(parts, planned(venues=ON_THE_WALL), web, clock, entries=3)
    await posted(parts, web, wall, clock, leases)
    assert not any(one.poll for one in wall.wall.values())
    assert [row.key for row in await parts.outbox.of(event) if row.state == "removed"] == ["poll-1"]


async def test_the_reminder_of_an_event_that_is_closed_already_is_not_posted(
    parts, planned, clock, leases
):
    wall = Wall()
    plan = planned(venues=ON_THE_WALL)
    event = await brought_to(parts, plan, Step.ANNOUNCE, Step.OPEN, Step.CLOSE)
    clock.now += 8 * DAY
    web = await leases.take("web")
    await posted(parts, web, wall, clock, leases)
    assert [one.request.split("-")[0] for one in wall.wall.values()] == [event.id]


async def test_posts_show_an_entry_no_more_whose_entrant_is_forgotten(
    parts, planned, clock, leases
):
    wall = Wall()
    web = await leases.take("web")
    event = await put_to_vote(parts, planned(venues=ON_THE_WALL), web, clock, entries=2)
    await posted(parts, web, wall, clock, leases)
    assert any(one.pictures for one in wall.wall.values())
    gone = await parts.entries.forgotten(web, MARKS.person("web", "p1"))
    shown = [(one.event, one.number) for one in gone]
    assert shown == [(event.id, 1)]
    await parts.outbox.taken_back(web, shown)
    await posted(parts, web, wall, clock, leases, rounds=2)
    assert [one.number for post in wall.wall.values() for one in post.pictures] == [2]


# --- series ---------------------------------------------------------------------------------
