"""What goes wrong, and that everybody is answered once all the same: on every platform."""

from __future__ import annotations

import pytest

from tests.fakes.horde import Fate


@pytest.mark.parametrize("ended", ["stopped", "killed"])
async def test_a_restart_in_the_middle_loses_and_repeats_nothing(bot, plug, horde, ended):
    horde.seconds = None
    said = await plug.say("draw for me a fox style: raw --n 1")
    await bot.submitted()
    await (bot.stop() if ended == "stopped" else bot.kill())
    horde.seconds = 0.0
    for request in horde.requests.values():
        horde.finish(request.id)
    await bot.start()
    assert (await plug.answer(said)).pictures == 1
    await bot.settled()
    assert len(await plug.answers(said)) == 1
    assert horde.journal.count("submit") == 1


@pytest.mark.needs("repeat")
async def test_what_comes_twice_is_answered_once(bot, plug, horde):
    said = await plug.say("draw for me a fox style: raw --n 1")
    await plug.answer(said)
    await plug.repeat(said)
    await plug.answer(await plug.say("help"))
    await bot.settled()
    assert len(await plug.answers(said)) == 1
    assert horde.journal.count("submit") == 1


@pytest.mark.needs("keep")
async def test_what_was_said_while_the_bot_was_away_is_answered(bot, plug):
    await plug.answer(await plug.say("help"))
    await bot.stop()
    people = [f"person{number}" for number in range(45)]
    said = [await plug.say("queue", person=person) for person in people]
    await bot.start()
    for one in said:
        await plug.answered(one, seconds=60.0)  # the first waits for many
    await bot.settled()
    assert {len(await plug.answers(one)) for one in said} == {1}


@pytest.mark.needs("keep")
async def test_what_was_said_before_the_first_start_is_not_answered(bot, plug, horde, tmp_path):
    await bot.stop()
    old = await plug.say_long_ago("help", person="bob")
    bot.folder = tmp_path / "another"
    bot.folder.mkdir()
    await bot.start()
    await plug.answer(await plug.say("help"))
    await bot.settled()
    assert await plug.answers(old) == []


@pytest.mark.needs("lose")
async def test_a_post_whose_answer_is_lost_is_not_made_twice(bot, plug):
    plug.lose_next_post()
    said = await plug.say("draw for me a fox style: raw --n 1")
    await plug.answer(said)
    await bot.settled()
    assert len(await plug.answers(said)) == 1


@pytest.mark.needs("limit")
async def test_a_limit_is_waited_for(bot, plug):
    plug.limit_next_post()
    said = await plug.say("draw for me a fox style: raw --n 1")
    await plug.answer(said)
    await bot.settled()
    assert len(await plug.answers(said)) == 1


@pytest.mark.needs("limit")
async def test_limit_after_limit_is_waited_for(bot, plug):
    for _ in range(4):
        plug.limit_next_post()
    said = [await plug.say("queue", person=f"person{number}") for number in range(6)]
    for one in said:
        await plug.answer(one)
    await bot.settled()
    assert {len(await plug.answers(one)) for one in said} == {1}


@pytest.mark.needs("outage")
async def test_a_platform_that_is_down_gets_the_answer_when_it_is_back(bot, plug, horde):
    horde.seconds = None
    said = await plug.say("draw for me a fox style: raw --n 1")
    await bot.submitted()
    await plug.down()
    for request in horde.requests.values():
        horde.finish(request.id)
    await bot.ready_to_reply()
    await plug.up()
    assert (await plug.answer(said)).pictures == 1
    await bot.settled()
    assert len(await plug.answers(said)) == 1


@pytest.mark.needs("vanish")
async def test_what_is_gone_before_it_is_answered_is_an_end_not_a_loop(bot, plug, horde):
    horde.seconds = None
    said = await plug.say("draw for me a fox style: raw --n 1")
    await bot.submitted()
    await plug.vanish(said)
    for request in horde.requests.values():
        horde.finish(request.id)
    await bot.settled()
    assert await plug.answers(said) == []


@pytest.mark.needs("bots")
async def test_bots_are_not_answered(bot, plug, horde):
    said = await plug.say("draw for me a fox style: raw --n 1", person="machine", bot=True)
    await plug.answer(await plug.say("help"))
    await bot.settled()
    assert await plug.answers(said) == []
    assert horde.journal.count("submit") == 0


@pytest.mark.parametrize("settings", [{"requests_per_hour": 3}])
@pytest.mark.parametrize("echo", ["draw for me a fox style: raw --n 1", "thank you! and you?"])
async def test_a_machine_that_replies_to_every_answer_is_soon_alone(bot, plug, echo, settings):
    reply_to, posts = None, 0
    while True:
        said = await plug.say(echo, person="parrot", reply_to=reply_to)
        await plug.answer(await plug.say("queue", person=f"person{posts}"))
        await bot.settled()
        answers = await plug.answers(said)
        if not answers:
            break
        reply_to, posts = answers[-1].id, posts + 1
    assert 1 <= posts <= 4


@pytest.mark.parametrize("settings", [{"requests_per_hour": 1}])
async def test_who_must_wait_is_told_once_an_hour(bot, plug, settings):
    request = "draw for me a fox style: raw --n 1"
    await plug.answer(await plug.say(request))
    refused = await plug.answer(await plug.say(request))
    assert "limit" in refused.text
    silent = await plug.say(request)
    await plug.answer(await plug.say("help"))
    await bot.settled()
    assert await plug.answers(silent) == []


FAILING = "draw for me a fox style: raw --n 1"


async def failed(bot, plug, horde):
    """Let a request fail; return what was said, and its answer."""
    horde.plan.extend([Fate.FAULTED, Fate.FAULTED])
    said = await plug.say(FAILING)
    answer = await plug.answer(said)
    await bot.settled()
    assert answer.pictures == 0
    return said, answer


async def put_back(bot, plug, answer):
    """Have the failed request answered after all, as an operator does, by a program just started."""
    request = await bot.core.store.request_behind(plug.name, answer.id)
    await bot.core.store.put_back(request.id)
    await bot.stop()
    await bot.start()


async def test_what_is_put_back_is_answered_once_more_below_its_first_answer(bot, plug, horde):
    said, first = await failed(bot, plug, horde)
    await put_back(bot, plug, first)
    answers = await plug.answered(said, 2)
    await bot.settled()
    assert [one.pictures for one in answers] == [0, 1]
    assert len(await plug.answers(said)) == 2


@pytest.mark.needs("remove", "lose")
async def test_what_is_put_back_after_its_answer_was_deleted_is_posted_once(bot, plug, horde):
    said, first = await failed(bot, plug, horde)
    await plug.answer(await plug.say("delete", reply_to=first.id))
    await plug.taken_back(said)
    plug.lose_next_post()
    await put_back(bot, plug, first)
    assert (await plug.answer(said)).pictures == 1
    await bot.settled()
    assert len(await plug.answers(said)) == 1
