"""What is hidden leaves the posts that are out, whatever happens meanwhile."""

import pytest

from common.errors import PlatformError, PlatformRefused
from events.lifecycle import Step
from tests.component.events.wall import MARKS, Wall, entered
from tests.words import words

pytestmark = pytest.mark.database


class Changing(Wall):
    """A platform on which posts can be changed."""

    async def revise(self, publication, post):
        if self.trouble:
            raise self.trouble.pop()
        if post not in self.wall:
            raise PlatformRefused(platform="web", problem="it is gone")
        self.wall[post] = publication


@pytest.fixture
async def voting(parts, planned, clock, leases):
    """Four entries that are voted on, and so in one gallery."""
    lease = await leases.take("web")
    event = await parts.events.drafted(planned(venues=[{"account": "web", "to": "w"}]), "op")
    for step in (Step.ANNOUNCE, Step.OPEN):
        event = await parts.steps.take(event, step, "op")
    for number in range(1, 5):
        await entered(parts, lease, event, f"p{number}", number, clock)
    for step in (Step.CLOSE, Step.VOTE):
        event = await parts.steps.take(event, step, "op")
    return event


async def serve(parts, leases, clock, wall):
    """Let everything out that is due."""
    for _ in range(12):
        await parts.outbox.serve(await leases.take("web"), wall)
        clock.now += 61


def shown(wall):
    """Return the numbers that the galleries on the wall show, and those of their buttons."""
    galleries = [one for one in wall.wall.values() if one.pictures]
    pressed = [int(line.rpartition(" ")[2]) for one in galleries for line in one.buttons]
    numbers = [picture.number for one in galleries for picture in one.pictures]
    assert sorted(pressed) in (sorted(numbers), [])
    return sorted(numbers)


@pytest.mark.parametrize("platform", [Wall, Changing])
async def test_a_hidden_entry_and_its_button_go_and_come_back(
    parts, voting, leases, clock, platform
):
    wall = platform()
    await serve(parts, leases, clock, wall)
    assert shown(wall) == [1, 2, 3, 4]
    await parts.entries.hidden(voting, 2, "op", "spam")
    await serve(parts, leases, clock, wall)
    assert shown(wall) == [1, 3, 4]
    assert sum("Not shown any more: entry 2." in one.text for one in wall.wall.values()) == 1
    for number in (1, 3, 4):
        await parts.entries.hidden(voting, number, "op", "spam too")
    await serve(parts, leases, clock, wall)
    assert not any("which of these" in one.text for one in wall.wall.values())
    for number in (2, 3):
        await parts.entries.unhidden(voting, number, "op")
    await serve(parts, leases, clock, wall)
    assert shown(wall) == [2, 3]


async def test_what_is_hidden_while_it_is_being_posted_goes_at_once(parts, voting, leases, clock):
    class Slow(Changing):
        async def publish(self, publication):
            if publication.pictures and not hidden:
                hidden.append(2)
                await parts.entries.hidden(voting, 2, "op", "spam")
            return await super().publish(publication)

    hidden, wall = [], Slow()
    await serve(parts, leases, clock, wall)
    assert shown(wall) == [1, 3, 4]


async def test_what_was_hidden_while_the_process_was_dead_goes_too(parts, voting, leases, clock):
    class Deaf(Changing):
        async def publish(self, publication):
            post = await super().publish(publication)
            if publication.pictures and not self.lost:
                self.lost = True
                raise PlatformError(platform="web", problem="the line was cut")
            return post

        lost = False

    wall = Deaf()
    while not wall.lost:
        await parts.outbox.serve(await leases.take("web"), wall)
        clock.now += 61
    await parts.entries.hidden(voting, 2, "op", "spam")
    await serve(parts, leases, clock, wall)
    assert shown(wall) == [1, 3, 4]


async def test_a_change_that_fails_is_tried_again_and_a_post_that_is_gone_stays_gone(
    parts, voting, leases, clock
):
    wall = Changing()
    await serve(parts, leases, clock, wall)
    wall.trouble = [PlatformError(platform="web", problem="busy")]
    await parts.entries.hidden(voting, 2, "op", "spam")
    await serve(parts, leases, clock, wall)
    assert shown(wall) == [1, 3, 4]
    wall.trouble = [PlatformRefused(platform="web", problem="nobody edits here")]
    await parts.entries.hidden(voting, 3, "op", "spam")
    await serve(parts, leases, clock, wall)
    assert shown(wall) == []


async def test_whoever_is_forgotten_leaves_the_galleries_and_the_others_stay(
    parts, voting, leases, clock
):
    wall = Changing()
    await serve(parts, leases, clock, wall)
    lease = await leases.take("web")
    gone = await parts.entries.forgotten(lease, MARKS.person("web", "p2"))
    shows = [(one.event, one.number) for one in gone]
    await parts.outbox.taken_back(lease, shows)
    await serve(parts, leases, clock, wall)
    assert shown(wall) == [1, 3, 4]


async def test_a_winner_who_is_hidden_is_named_no_more(parts, voting, leases, clock):
    wall = Changing()
    event = await parts.steps.take(voting, Step.JUDGE, "op", winners=(4, 1))
    for step in (Step.AWARD, Step.PROMOTE):
        who = "clock" if step is Step.PROMOTE else "op"
        event = await parts.steps.take(event, step, who)
    await serve(parts, leases, clock, wall)
    [post] = [one for one in wall.wall.values() if "is decided" in one.text]
    assert "p4" in words(post.text)
    await parts.entries.hidden(event, 4, "op", "not his")
    await serve(parts, leases, clock, wall)
    [post] = [one for one in wall.wall.values() if "is decided" in one.text]
    assert "p4" not in words(post.text)
    assert "p1" in words(post.text)
    assert [one.number for one in post.pictures] == [1]
