"""A whole bot on a fake Discord and a fake Horde: the real library, the real core, a real database."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager

import aiohttp
import discord
import pytest

from bots.assembly.core import assemble
from bots.assembly.endpoints import open_hordes
from bots.assembly.knowledge import open_knowledge
from bots.discord.adapter import DiscordAdapter
from bots.discord.client import HearingClient
from bots.discord.clock import Clock
from common.config import (
    CivitaiConfig,
    Config,
    EndpointConfig,
    HordeConfig,
    PlaceConfig,
    ReferenceConfig,
    StylesConfig,
)
from request.runner import Runner
from tests.component.accounts import QUICK
from tests.fakes.discord import FakeDiscord
from tests.waiting import wait_until


class Bot:
    """A running bot, and the places it is in."""

    def __init__(self, fake, horde, core, adapter):
        self.fake = fake
        self.horde = horde
        self.core = core
        self.adapter = adapter

    async def ready(self):
        """Wait until the bot hears what people do."""
        await wait_until(self.fake.live.heard_all)


class StandingClock:
    """Time that is as real as it needs to be: it can be moved on, and sleeping ends with it."""

    def __init__(self, fake):
        self._fake = fake
        self._moved = asyncio.Event()
        self._still = False
        self.ahead = 0.0
        """Seconds by which it is wrong."""

    def now(self):
        return self._fake.now() + self.ahead

    def stand_still(self):
        """Let sleeping end with `skip` alone: so what is quick is quick on a busy machine too."""
        self._still = True

    async def sleep(self, seconds):
        until = self.now() + seconds
        while (rest := until - self.now()) > 0:
            self._moved.clear()
            try:
                async with asyncio.timeout(None if self._still else rest):
                    await self._moved.wait()
            except TimeoutError:
                continue

    def skip(self, seconds):
        self._fake.skip(seconds)
        self._moved.set()


@pytest.fixture
async def fake():
    async with FakeDiscord() as server:
        yield server
    discord.http.Route.BASE = f"https://discord.com/api/v{discord.http.INTERNAL_API_VERSION}"


@pytest.fixture
def clock(fake):
    return StandingClock(fake)


@pytest.fixture
def guild(fake):
    return fake.world.guild()


@pytest.fixture
def channel(fake, guild):
    return fake.world.channel(guild, "pictures")


@pytest.fixture
def ann(fake):
    return fake.world.person("Ann")


async def fetch_here(address, limit_bytes):
    """Fetch a picture from the fake: it is on this machine, where no stranger's address may lead."""
    async with aiohttp.ClientSession() as session, session.get(address) as response:
        return await response.content.read(limit_bytes)


@pytest.fixture
def start(fake, horde, clock, database, tmp_path, monkeypatch):
    """Start a bot as the program does; leaving the block stops it."""

    async def at_once(_self, _shard_id, *, initial=False):
        """Discord spaces logins out by five seconds; nobody waits for that here."""

    monkeypatch.setattr(HearingClient, "before_identify_hook", at_once)

    @asynccontextmanager
    async def started(*, place=None, enabled=(), section=None, patience=QUICK, civitai=None):
        config = Config(
            data_dir=tmp_path,
            instance="one",
            horde=HordeConfig(
                endpoints=(EndpointConfig(name="fake", url=horde.url, webhook="loopback"),)
            ),
            styles=StylesConfig(sources=("bundled:general",)),
            reference=ReferenceConfig(url=None),
            civitai=CivitaiConfig(url=civitai),
            defaults=place or PlaceConfig(),
        )
        account = {"token": fake.token, "url": fake.api, "gateway": fake.gateway_url}
        async with (
            aiohttp.ClientSession() as session,
            open_knowledge(config, tmp_path, session) as knowledge,
            open_hordes(config, session, look=patience.look) as hordes,
        ):
            core = assemble(
                config, database, knowledge, hordes, patience=patience, fetch=fetch_here
            )
            for one in enabled:
                await core.services.settings.change(
                    "discord", one["guild_id"], one["id"], enabled=True
                )
            adapter = await DiscordAdapter.open(
                "discord",
                account | (section or {}),
                core.services,
                Clock(clock.now, clock.sleep),
            )
            stop = asyncio.Event()
            runner = Runner(adapter, service=core.service, store=core.store, leases=core.leases)
            running = asyncio.create_task(runner.run(stop))
            bot = Bot(fake, horde, core, adapter)
            try:
                await bot.ready()
                yield bot
            finally:
                stop.set()
                await running
                await adapter.close()

    return started
