"""The same bot on SimCord, a Discord that somebody else wrote: does it see what our fake sees?

SimCord waits for all the bot does by a clock of its own, and cannot wait for a database or a Horde:
what needs those is shown on our own fake.
"""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager

import discord
import simcord

from bots.discord.adapter import DiscordAdapter
from bots.discord.client import HearingClient
from bots.discord.clock import Clock
from bots.discord.section import DiscordSection
from bots.program import open_core
from common.config import CivitaiConfig, Config, EndpointConfig, HordeConfig, ReferenceConfig


class Given(DiscordAdapter):
    """The adapter with a client that somebody else connects."""

    async def listen(self):
        while True:
            incoming, waiting = await self._desk.heard.get()
            yield incoming
            if waiting is not None:
                waiting.kept = True


class Late:
    """Ears and front of a client that is made before the adapter."""

    adapter = None

    def __getattr__(self, name):
        found = getattr(self.adapter, name, None)
        return found if found is not None else getattr(self.adapter._desk, name)


@asynccontextmanager
async def simulated(horde, folder):
    section = DiscordSection(token="x")
    config = Config(
        data_dir=folder,
        horde=HordeConfig(
            endpoints=(EndpointConfig(name="fake", url=horde.url, webhook="loopback"),)
        ),
        reference=ReferenceConfig(url=None),
        civitai=CivitaiConfig(url=None),
    )
    late = Late()
    client = HearingClient(section, late, late)
    async with open_core(config, lasting=False) as core:
        late.adapter = adapter = Given("discord", section, core.services, client, Clock())
        async with simcord.run(client, shard_count=1) as env:
            guild = env.create_guild()
            channel = guild.create_text_channel("pictures")
            settings = core.services.settings
            await settings.change("discord", str(guild.id), str(channel.id), enabled=True)
            stop = asyncio.Event()
            running = asyncio.create_task(core.runner(adapter).run(stop))
            try:
                yield env, guild, channel
            finally:
                stop.set()
                await running
                await adapter._news.close()
                await adapter._pending.close()


async def test_a_command_is_heard_in_time_and_every_one_is_registered(horde, data_dir):
    async with simulated(horde, data_dir) as (env, guild, channel):
        ann = guild.add_member(env.create_user("ann"))
        result = await ann.slash(channel, "imagine", prompt="a fox", n=1)
        assert result.acknowledged
        assert not result.ephemeral


async def test_names_are_completed(horde, data_dir):
    async with simulated(horde, data_dir) as (env, guild, channel):
        ann = guild.add_member(env.create_user("ann"))
        choices = await ann.autocomplete(channel, "imagine", "style", "oil", prompt="a fox")
        assert "oil painting" in [one["value"] for one in choices]


async def test_where_it_may_not_attach_files_the_permission_is_named(horde, data_dir):
    async with simulated(horde, data_dir) as (env, guild, _channel):
        ann = guild.add_member(env.create_user("ann"))
        denied = {guild.me: discord.PermissionOverwrite(attach_files=False)}
        closed = guild.create_text_channel("closed", overwrites=denied)
        result = await ann.slash(closed, "imagine", prompt="a fox")
        assert result.ephemeral
        assert "Attach Files" in str(result.response.components)


async def test_moderators_alone_see_the_panel_of_settings(horde, data_dir):
    async with simulated(horde, data_dir) as (env, guild, channel):
        rights = discord.Permissions(manage_guild=True)
        wardens = guild.create_role("wardens", permissions=rights)
        wanda = guild.add_member(env.create_user("wanda"), roles=[wardens])
        result = await wanda.slash(channel, "settings")
        assert result.ephemeral
        assert "Settings of this server" in str(result.response.components)
