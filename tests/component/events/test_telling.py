"""What people are told of events who ask in the chat, and what moderators are told besides."""

import pytest

from events.lifecycle import Step
from tests.component.events.conftest import brought_to

pytestmark = pytest.mark.database


async def test_what_there_is_to_take_part_in_is_listed_and_what_is_only_planned_is_not(chat, held):
    _, none = await chat.say("events")
    await brought_to(chat.core.events, held(), Step.ANNOUNCE, Step.OPEN)
    await brought_to(chat.core.events, held("winter", title="Winter"))
    _, told = await chat.say("events")
    assert "autumn" not in none.text
    assert "autumn" in told.text
    assert "winter" not in told.text


async def test_an_event_is_told_with_its_theme_and_to_moderators_with_what_they_can_do(chat, held):
    await brought_to(chat.core.events, held(), Step.ANNOUNCE, Step.OPEN)
    await chat.say("enter autumn as me", parent=await chat.draw("a fox"))
    _, told = await chat.say("event autumn", "bob")
    _, theirs = await chat.say("event autumn", "mod", moderator=True)
    assert told.text.startswith("Autumn (autumn)\nLeaves\n")
    assert "extend" not in told.text
    assert theirs.text.startswith(told.text)
    assert "extend" in theirs.text
    _, only_asked = await chat.say("event autumn cancel?", "mod", moderator=True)
    assert only_asked.text == theirs.text


async def test_a_draft_is_there_for_moderators_alone(chat, held):
    await brought_to(chat.core.events, held())
    _, told = await chat.say("event autumn", "bob")
    _, theirs = await chat.say("event autumn", "mod", moderator=True)
    assert "Leaves" not in told.text
    assert "Leaves" in theirs.text


async def test_a_vote_is_shown_and_taken_back_by_a_word(chat, held):
    await brought_to(chat.core.events, held(rules={"entries": 1}), Step.ANNOUNCE, Step.OPEN)
    for person in ("ann", "bob"):
        post = await chat.draw(f"a leaf of {person}", person)
        await chat.say("enter autumn as me", person, parent=post)
    for step in (Step.CLOSE, Step.VOTE):
        event = await chat.core.events.steps.take(
            await chat.core.events.events.event("autumn"), step, "op"
        )
    _, nothing = await chat.say("vote autumn", "zoe")
    _, cast = await chat.say("vote autumn 2", "zoe")
    _, shown = await chat.say("vote autumn", "zoe")
    assert shown.text == cast.text != nothing.text
    _, gone = await chat.say("unvote autumn", "zoe")
    assert gone.text == "You have no vote in “Autumn” now."
    ballots = (await chat.core.events.ballots.votes(event)).ballots
    assert [ballot.choices for ballot in ballots] in ([], [()])
