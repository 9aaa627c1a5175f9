"""What a request does to an event it does once, though it is carried out again after a crash."""

import asyncio

import pytest

from common.errors import PlatformError
from events.lifecycle import Step
from events.model import EntryState, State
from request.kept.leases import Lease
from request.kept.records import FINAL_STATES, RequestState
from request.kept.tables import requests
from tests.component.events.chat import Chat
from tests.component.events.conftest import brought_to

pytestmark = pytest.mark.database

BOTS = Lease("web", "one", 1)
"""The bot's own lease: a fresh one would end its work."""


class Mortal(Chat):
    """Says things to a program that dies before it has written its answer down."""

    async def say_twice(self, text, person="ann", **more):
        """Say something, and return what is answered when it is carried out again."""
        event, first = await self.say(text, person, **more)
        found = await self.core.store.request_of_event(
            self.heard(text, event=event, person=person, **more)
        )
        async with asyncio.timeout(30):  # it is posted, but that has to be written down too
            while (await self.core.store.request(found)).state not in FINAL_STATES:
                await asyncio.sleep(0.01)
        forgotten = {"state": RequestState.RECEIVED, "outcome": None}
        async with self.core.services.database.write() as connection:
            mine = requests.c.id == found
            await connection.execute(requests.update().where(mine).values(**forgotten))
        await self.core.service.answer(BOTS, found, self.platform)
        again = await self.core.store.request(found)
        return first.text, again.outcome["text"]


@pytest.fixture
def chatting():
    return Mortal


async def opened(chat, plan):
    return await brought_to(chat.core.events, plan, Step.ANNOUNCE, Step.OPEN)


async def voted_on(chat, held, count=3):
    event = await opened(chat, held(rules={"entries": 1}))
    for number in range(1, count + 1):
        post = await chat.draw(f"leaf {number} --seed {number}", f"p{number}")
        await chat.say("enter autumn as me", f"p{number}", parent=post)
    for step in (Step.CLOSE, Step.VOTE):
        event = await chat.core.events.steps.take(event, step, "op")
    return event


async def test_who_enters_is_told_so_though_the_program_dies_before_it_can_say_it(chat, held):
    event = await opened(chat, held())
    post = await chat.draw("a fox")
    first, again = await chat.say_twice("enter autumn as me", parent=post)
    assert first == again
    assert again.startswith("Entry 1 of “Autumn”, shown as Ann.")
    assert len(await chat.core.events.entries.of(event)) == 1


async def test_an_entry_that_was_replaced_is_not_asked_for_again(chat, held):
    event = await opened(chat, held())
    await chat.say("enter autumn as me", parent=await chat.draw("a fox --seed 1"))
    second = await chat.draw("a whale --seed 2")
    first, again = await chat.say_twice("enter autumn anonymous replace 1", parent=second)
    assert first == again
    assert again.startswith("Entry 2 of")
    states = [one.state for one in await chat.core.events.entries.of(event)]
    assert states == [EntryState.WITHDRAWN, EntryState.ENTERED]
    first, again = await chat.say_twice("withdraw autumn")
    assert first == again == "Entry 2 is taken out of “Autumn”."


async def test_a_button_pressed_once_is_one_vote_and_none_less(chat, held):
    event = await voted_on(chat, held)
    first, again = await chat.say_twice("approve autumn 2", "zoe")
    assert first == again
    assert again.startswith("You approve of 2 in")
    [ballot] = (await chat.core.events.ballots.votes(event)).ballots
    assert ballot.choices == (2,)
    first, again = await chat.say_twice("approve autumn 2", "zoe")
    assert first == again == "You have no vote in “Autumn” now."


async def test_a_moderator_who_extends_once_gives_those_hours_once(chat, held):
    event = await opened(chat, held())
    first, again = await chat.say_twice("event autumn extend 24", "mod", moderator=True)
    assert first == again
    moved = await chat.core.events.events.event("autumn")
    assert moved.plan.schedule.closes.timestamp() == pytest.approx(
        event.plan.schedule.closes.timestamp() + 24 * 3600.0
    )
    assert moved.state is State.OPEN


async def test_two_buttons_pressed_at_once_are_two_votes(chat, held):
    event = await voted_on(chat, held)
    voting = chat.core.events.voting
    await asyncio.gather(*(voting.toggle(event, "web", "zoe", number) for number in (1, 2, 3)))
    [ballot] = (await chat.core.events.ballots.votes(event)).ballots
    assert ballot.choices == (1, 2, 3)


async def test_a_ballot_can_be_changed_though_an_entry_on_it_was_hidden(chat, held):
    event = await voted_on(chat, held)
    parts = chat.core.events
    await parts.voting.cast(event, "web", "zoe", (1, 3))
    await parts.entries.hidden(event, 3, "op", "not by its entrant")
    assert (await parts.voting.cast(event, "web", "zoe", (1, 2, 3))).choices == (1, 2)
    await parts.voting.cast(event, "web", "abe", (1, 2))
    await parts.entries.hidden(event, 2, "op", "no leaf")
    assert (await parts.voting.toggle(event, "web", "abe", 1)).choices == ()


async def test_a_reply_to_an_answer_that_is_not_noted_yet_waits_for_that(chat, held):
    """People see an answer before the program knows where it stands: its line was cut, or it died."""
    event = await opened(chat, held())
    chat.platform.after_posting = True
    chat.platform.faults.append(PlatformError(platform="web", problem="the line was cut"))
    post = await chat.draw("a fox")
    _, told = await chat.say("enter autumn as me", parent=post)
    assert told.text.startswith("Entry 1 of")
    assert len(await chat.core.events.entries.of(event)) == 1
