"""Long queues, restarts and lost connections: every request is answered, once, wherever it can be."""

from __future__ import annotations

import asyncio

import discord
import pytest

from bots.discord.adapter import DiscordAdapter
from bots.discord.client import HearingClient
from bots.discord.clock import Clock
from bots.discord.section import DiscordSection
from common.errors import ConfigError, StartupError
from common.model import Phase, Progress
from request.making.production import Patience
from tests.fakes.discord.people import pictures_of, text_of
from tests.fakes.faults import refuse
from tests.waiting import wait_until, wait_while

SEND_MESSAGES = 1 << 11
MINUTE = 60.0


async def begun(fake, horde, ann, channel, **options):
    """Ask for a picture that nobody makes yet."""
    horde.seconds = None
    pressed = fake.people.slash(
        ann, channel, "imagine", prompt="a fox", n=1, style="raw", **options
    )
    await pressed.shows("Cancel")
    await fake.until(lambda: horde.requests)
    return pressed


def finish(horde):
    horde.finish(next(iter(horde.requests)))


async def answered_in(fake, channel):
    """Wait for a message of its own in a channel."""

    def found():
        messages = [one for one in fake.world.in_channel(channel) if "webhook_id" not in one]
        return next((one for one in messages if pictures_of(one)), None)

    return await fake.until(found)


async def test_after_fourteen_minutes_the_answer_is_a_message_that_names_the_asker(
    fake, horde, channel, ann, start, clock
):
    async with start(enabled=[channel]):
        pressed = await begun(fake, horde, ann, channel)
        clock.skip(13.6 * MINUTE)
        await pressed.shows("will be a new message here")
        clock.skip(2 * MINUTE)
        finish(horde)
        message = await answered_in(fake, channel)
        assert f"<@{ann['id']}>" in text_of(message)
    sent = fake.journal.of("post")[0].body
    assert sent["allowed_mentions"]["users"] == [int(ann["id"])]
    assert sent["enforce_nonce"]


async def test_where_the_bot_may_not_write_any_more_the_answer_is_a_direct_message(
    fake, horde, channel, ann, start, clock
):
    async with start(enabled=[channel]):
        await begun(fake, horde, ann, channel)
        clock.skip(16 * MINUTE)
        fake.world.denied[channel["id"]] = SEND_MESSAGES
        finish(horde)
        await answered_in(fake, fake.world.direct(ann))


async def test_a_private_answer_that_comes_late_goes_to_the_asker_alone(
    fake, horde, channel, ann, start, clock
):
    async with start(enabled=[channel]):
        pressed = await begun(fake, horde, ann, channel, private=True)
        clock.skip(13.6 * MINUTE)
        await pressed.shows("direct message")
        clock.skip(2 * MINUTE)
        finish(horde)
        await answered_in(fake, fake.world.direct(ann))
    assert fake.world.in_channel(channel) == []


async def test_progress_that_no_answer_ends_is_forgotten_when_nothing_can_be_shown_any_more(
    fake, horde, channel, ann, start, clock
):
    async with start(enabled=[channel]) as bot:
        await begun(fake, horde, ann, channel)
        news = bot.adapter._news
        assert len(news.events) == 1
        clock.skip(16 * MINUTE)
        await fake.until(lambda: not news.events)
        (request_id,) = await bot.core.store.open_requests("discord")
        incoming = (await bot.core.store.request(request_id)).incoming
        await bot.adapter.acknowledge(incoming, Progress(Phase.WAITING, asked=1))
        assert not news.events


async def test_after_a_restart_the_deferred_message_becomes_the_answer(
    fake, horde, channel, ann, start
):
    async with start(enabled=[channel]):
        pressed = await begun(fake, horde, ann, channel)
    async with start(enabled=[channel]):
        finish(horde)
        await pressed.shows("Here you are")
    assert len(fake.world.in_channel(channel)) == 1
    assert len(horde.requests) == 1


@pytest.mark.parametrize("ahead", [60 * MINUTE, -60 * MINUTE])
async def test_a_clock_that_is_wrong_by_an_hour_leaves_nobody_waiting(
    fake, horde, channel, ann, start, clock, ahead
):
    clock.ahead = ahead
    async with start(enabled=[channel]):
        pressed = await begun(fake, horde, ann, channel)
        finish(horde)
        await pressed.shows("Here you are")
    assert len(fake.world.in_channel(channel)) == 1


async def test_after_a_long_rest_the_answer_is_a_message(fake, horde, channel, ann, start, clock):
    async with start(enabled=[channel]):
        await begun(fake, horde, ann, channel)
    clock.skip(60 * MINUTE)
    async with start(enabled=[channel], patience=Patience(request=30, pause=0.05)):
        finish(horde)
        await answered_in(fake, channel)


async def test_an_answer_posted_before_the_crash_is_found_and_not_posted_again(
    fake, horde, channel, ann, start, clock, database
):
    async with start(enabled=[channel]):
        await begun(fake, horde, ann, channel)
        clock.skip(16 * MINUTE)
        finish(horde)
        message = await answered_in(fake, channel)
        await wait_until(lambda: states(database))
    async with database.write() as connection:  # as if the process had died in between
        await connection.exec_driver_sql("UPDATE requests SET state='replying'")
        await connection.exec_driver_sql("UPDATE posts SET state='intended', platform_id=NULL")
    clock.skip(10 * MINUTE)  # no nonce protects it any more
    async with start(enabled=[channel]):
        async with asyncio.timeout(30):
            while await states(database) != [("done", message["id"])]:
                await asyncio.sleep(0.05)
    assert fake.journal.count("post") == 1


async def states(database):
    query = (
        "SELECT r.state, p.platform_id FROM requests r JOIN posts p ON p.request = r.id"
        " WHERE p.state = 'posted'"
    )
    async with database.read() as connection:
        return [tuple(row) for row in await connection.exec_driver_sql(query)]


async def test_a_gateway_that_refuses_the_first_connection_is_tried_again(
    fake, channel, ann, start, clock
):
    async with start(enabled=[channel]):
        await fake.live.drop(4000)
        fake.live.refuse = 2
        async with asyncio.timeout(60):
            while fake.live.refuse or not any(one.socket for one in fake.live.sessions.values()):
                clock.skip(10)
                await asyncio.sleep(0.05)
        pressed = fake.people.slash(ann, channel, "imagine", prompt="a fox", n=1)
        await pressed.shows("Here you are")


async def test_it_can_be_ended_while_a_gateway_leaves_it_waiting(fake, channel, start):
    async with asyncio.timeout(30), start(enabled=[channel]):
        fake.live.silent = True
        await fake.live.drop(4000)
        await fake.until(lambda: fake.live.left_waiting, 30)


async def test_what_is_said_while_the_connection_is_lost_is_heard_afterwards(
    fake, channel, ann, start
):
    async with start(enabled=[channel]):
        await fake.live.drop(4000)
        pressed = fake.people.slash(ann, channel, "imagine", prompt="a fox", n=1)
        await pressed.shows("Here you are")
    assert fake.live.resumed == 1


async def test_a_wrong_token_and_a_missing_intent_are_said_in_one_sentence(fake, start):
    async with start() as bot:
        services = bot.core.services
        account = {"url": fake.api, "gateway": fake.gateway_url}
        with pytest.raises(StartupError, match="does not know the token"):
            await DiscordAdapter.build("discord", account | {"token": "wrong"}, services)
        with pytest.raises(StartupError, match="Message Content is not switched on"):
            await DiscordAdapter.build(
                "discord", account | {"token": fake.token, "message_content": True}, services
            )


async def test_discord_that_does_not_answer_at_the_start_is_asked_again(fake, start, clock):
    async with start() as bot:
        services = bot.core.services
        account = {"token": fake.token, "url": fake.api, "gateway": fake.gateway_url}
        fake.fail("me", refuse(), 2)
        opening = asyncio.create_task(
            DiscordAdapter.open("discord", account, services, Clock(clock.now, clock.sleep))
        )
        while not opening.done():
            clock.skip(10)
            await asyncio.sleep(0.05)
        await (await opening).close()
        fake.fail("me", refuse(), 20)
        opening = asyncio.create_task(
            DiscordAdapter.open("discord", account, services, Clock(clock.now, clock.sleep))
        )
        while not opening.done():
            clock.skip(10)
            await asyncio.sleep(0.05)
        with pytest.raises(StartupError, match="does not answer"):
            await opening
        fake.heal()


async def test_commands_are_registered_once_and_again_only_when_they_changed(fake, start):
    async with start():
        assert fake.journal.count("commands") == 1
    async with start() as bot:
        assert fake.journal.count("commands") == 1
        await bot.core.services.cursors.note(
            f"discord#{fake.world.application['id']}", "of an earlier version"
        )
    async with start():
        assert fake.journal.count("commands") == 2


async def test_news_of_a_client_nobody_listens_to_any_more_starts_nothing(
    fake, channel, start, database
):
    async with start(enabled=[channel]) as bot:
        adapter = bot.adapter
    last = HearingClient(DiscordSection(token=fake.token), adapter, None)
    tasks = asyncio.all_tasks()
    await database.close()
    await adapter.heard_again(last)  # would ask the database, and then write to it for ever
    assert asyncio.all_tasks() == tasks


async def test_a_set_of_shards_hears_its_own_servers_alone(fake, ann, start):
    channels = {}
    while len(channels) < 2:
        guild = fake.world.guild()
        channels.setdefault((int(guild["id"]) >> 22) % 2, fake.world.channel(guild, "pictures"))
        await asyncio.sleep(0.001)
    section = {"shards": {"count": 2, "mine": [1]}}
    async with start(enabled=list(channels.values()), section=section):
        assert [one.shard for one in fake.live.sessions.values()] == [(1, 2)]
        other = fake.people.slash(ann, channels[0], "help")
        mine = fake.people.slash(ann, channels[1], "imagine", prompt="a fox", n=1)
        await mine.shows("Here you are")
        assert other.interaction.response is None


async def test_shards_that_do_not_exist_are_said_in_a_sentence(fake, start):
    async with start() as bot:
        account = {"token": fake.token, "shards": {"count": 2, "mine": [2]}}
        with pytest.raises(ConfigError, match="go from 0 to 1"):
            await DiscordAdapter.build("discord", account, bot.core.services)
        account = {"token": fake.token, "shard": 1}
        with pytest.raises(ConfigError, match="no such setting"):
            await DiscordAdapter.build("discord", account, bot.core.services)


async def test_check_tells_the_invite_link_with_the_permissions_needed_and_no_more(fake, start):
    async with start() as bot:
        findings = await bot.adapter.examine(fix=False)
    link = next(one.sentence for one in findings if "oauth2" in one.sentence)
    asked = discord.Permissions(int(link.partition("permissions=")[2].partition("&")[0]))
    assert {name for name, granted in asked if granted} == {
        "read_messages",
        "send_messages",
        "send_messages_in_threads",
        "attach_files",
        "read_message_history",
    }
    assert fake.world.application["id"] in link
    assert all(one.ok for one in findings)


async def test_the_key_to_answer_with_is_wiped_when_it_opens_nothing_any_more(
    fake, channel, ann, start, clock, database
):
    async with start(enabled=[channel]) as bot:
        pressed = fake.people.slash(ann, channel, "imagine", prompt="a fox", n=1)
        message = await pressed.shows("Here you are")
        await wait_while(lambda: bot.core.store.open_requests("discord"))
    assert pressed.interaction.token in await kept(database)
    async with database.write() as connection:  # as if it had been asked for an hour ago
        await connection.exec_driver_sql("UPDATE requests SET created = created - 3600")
    clock.skip(3600)
    async with start(enabled=[channel]):
        async with asyncio.timeout(30):
            while pressed.interaction.token in await kept(database):
                await asyncio.sleep(0.05)
        await fake.people.press(ann, message, "Delete").shows("It is deleted")
    assert fake.world.in_channel(channel) == []


async def kept(database):
    async with database.read() as connection:
        return str([tuple(r) for r in await connection.exec_driver_sql("SELECT * FROM requests")])
