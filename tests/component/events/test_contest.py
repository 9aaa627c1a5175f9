"""What a style contest leaves: its winners drawn by everybody, shown on three subjects, featured."""

import asyncio
from contextlib import asynccontextmanager

import pytest

from events.afterwards.previewing import turn_at
from events.lifecycle import Step
from events.model import State
from styles.lists.previews import SUBJECTS
from tests.component.events.conftest import DAY, HOUR, brought_to
from tests.waiting import wait_until

pytestmark = pytest.mark.database

KINDS = {subject.kind for subject in SUBJECTS}


@asynccontextmanager
async def previewing(core):
    """Have what asks for pictures of styles running."""
    stop = asyncio.Event()
    task = asyncio.create_task(core.previewing().run(stop))
    try:
        yield
    finally:
        stop.set()
        await task


async def tick(core):
    lease = await core.leases.take("clock")
    await core.clock().tick(lease)
    await core.leases.release(lease)


async def entered(chat, plan, called):
    """Hold a contest with one entry."""
    await brought_to(chat.core.events, plan, Step.ANNOUNCE, Step.OPEN)
    post = await chat.draw(f"a fox, in {called}, wet ropes")
    said = f"enter {plan.name} as me cc0 called: {called} subject: a fox"
    _, told = await chat.say(said, parent=post)
    return told


async def won(chat, plan, called):
    """Hold it to its end."""
    told = await entered(chat, plan, called)
    assert told.text.startswith("Entry 1")
    core = chat.core
    event = await core.events.events.event(plan.name)
    for step in (Step.CLOSE, Step.VOTE):
        event = await core.events.steps.take(event, step, "ann")
    await core.events.steps.take(event, Step.JUDGE, "ann", winners=(1,))
    await tick(core)


def featured(core):
    current = core.knowledge.library.current
    return set(current.expand("featured")) if "featured" in current.categories else set()


async def test_the_winning_style_is_drawn_at_once_and_leaves_featured_on_its_date(chat, held):
    core, others = chat.core, featured(chat.core)
    await won(chat, held(kind="contest", times={"featured_days": 14}), "harbour fog")
    assert (await core.events.events.event("autumn")).state is State.PROMOTED
    assert featured(core) == others | {"harbour fog"}
    _, told = await chat.say("draw for me a cat style: harbour fog --n 1")
    [picture] = told.pictures
    assert picture.style == "harbour fog"
    _, told = await chat.say("draw for me a cat style: event autumn --n 1")
    assert told.pictures[0].style == "harbour fog"
    event = await core.events.events.event("autumn")
    await core.events.steps.take(event, Step.ARCHIVE, "ann")
    await tick(core)
    assert featured(core) == others
    assert core.knowledge.library.current.style("harbour fog") is not None


async def test_the_winning_style_is_shown_on_three_subjects(chat, held):
    core = chat.core
    await won(chat, held(kind="contest"), "harbour fog")
    previews = core.knowledge.previews
    async with previewing(core):
        async with asyncio.timeout(60):
            while len((await previews.of(["harbour fog"])).get("harbour fog", ())) < len(KINDS):
                await asyncio.sleep(0.05)
    shown = (await previews.of(["harbour fog"]))["harbour fog"]
    assert {one.subject for one in shown} == KINDS
    assert all(one.file.read_bytes()[8:12] == b"WEBP" for one in shown)


async def test_a_preview_outlives_the_process_that_asked_for_it(chat, held, horde, tmp_path):
    core = chat.core
    await won(chat, held(kind="contest"), "harbour fog")
    async with previewing(core):
        await wait_until(lambda: any((tmp_path / "previews").glob("harbour-fog-*.webp")))
    async with previewing(core):  # another life: it goes on where the last one ended
        async with asyncio.timeout(60):
            while len(list((tmp_path / "previews").glob("harbour-fog-*.webp"))) < len(KINDS):
                await asyncio.sleep(0.05)
    assert horde.journal.count("submit") == 1 + len(KINDS)  # the entry itself, and each once


async def test_a_style_is_called_like_no_other(chat, held):
    told = await entered(chat, held(kind="contest", rules={"entries": 2}), "solarpunk")
    assert "There is a style called “solarpunk” already" in told.text
    post = await chat.draw("a fox, in mist")
    said = "enter autumn as {who} cc0 called: mist subject: a fox"
    await chat.say(said.format(who="me"), parent=post)
    post = await chat.draw("a fox, in much mist", "bob")
    _, told = await chat.say(said.format(who="me"), "bob", parent=post)
    assert "There is a style called “mist” already" in told.text


def test_missing_pictures_are_asked_for_again_and_given_up_in_the_end():
    turns = [turn_at(hours * HOUR) for hours in (0, 2, 7, 30, 80, 95)]
    assert turns == [1, 2, 3, 4, 5, 5]
    assert turn_at(4 * DAY) is None
