"""Two processes, each with a set of shards of one Discord bot, killed in turn on one PostgreSQL.

`SHARD_KILLS` says how often (4). The fake Discord keeps real time, so this runs at its pace.
"""

from __future__ import annotations

import asyncio
import itertools
import os
import time
from random import Random

import pytest
import sqlalchemy as sa

from request.kept.tables import requests
from tests.component.adapters.plugs.discord import DiscordPlug
from tests.crash.campaign import HORDE_SECONDS, Campaign
from tests.crash.strikes import strikes
from tests.crash.world import built, live, new_pace
from tests.fakes.postgres import running_cluster

KILLS = int(os.environ.get("SHARD_KILLS", "4"))
SHARDS = 2
TAKEN_IN = 1.0
"""Seconds in which the library takes in the servers it is told of."""


class TwoServers(DiscordPlug):
    """A server for each shard; people write now in the one, now in the other."""

    def __init__(self) -> None:
        super().__init__()
        by_shard = {}
        while len(by_shard) < SHARDS:
            guild = self.world.guild()
            shard = (int(guild["id"]) >> 22) % SHARDS
            by_shard.setdefault(shard, self.world.channel(guild, "pictures"))
            time.sleep(0.001)  # until the next id belongs to the other shard
        self.channels = [by_shard[shard] for shard in range(SHARDS)]
        self._turns = itertools.cycle(self.channels)
        self._where: dict[str, dict] = {}

    async def say(self, text, **more) -> str:
        self._channel = next(self._turns)
        said = await super().say(text, **more)
        self._where[said] = self._channel
        return said

    async def answers(self, said):
        self._channel = self._where[said]
        return await super().answers(said)

    async def delete(self, said) -> None:
        self._channel = self._where[said]
        await super().delete(said)

    async def repeat(self, said) -> None:
        self._channel = self._where[said]
        await super().repeat(said)

    async def all_hear(self) -> None:
        """Wait until both processes are connected and have taken in their servers."""
        async with asyncio.timeout(60):
            while len([one for one in self.server.live.sessions.values() if one.socket]) < SHARDS:
                await asyncio.sleep(0.05)
            while not await self.server.live.heard_all():
                await asyncio.sleep(0.05)
        await asyncio.sleep(TAKEN_IN)


def process(world, shard):
    """Return the process that serves one shard."""
    bot = world.bot(f"shard{shard}")
    section = world.platform.section() | {"shards": {"count": SHARDS, "mine": [shard]}}
    account = f"discord{shard}"
    bot.config["run"] = [account]
    bot.config["accounts"] = {account: {"platform": "discord", **section}}
    return bot


@pytest.fixture(scope="module")
def cluster():
    with running_cluster() as running:
        yield running


@pytest.mark.timeout(0)
def test_shards_that_die_in_turn_answer_every_request_once_and_only_their_own(cluster, tmp_path):
    pace, began = new_pace(1), time.monotonic()

    async def main():
        async with built(pace, tmp_path, cluster.new_database(), TwoServers()) as world:
            world.horde.seconds = HORDE_SECONDS
            campaign = Campaign(world, Random(KILLS))
            bots = [process(world, shard) for shard in range(SHARDS)]
            for bot in bots:
                bot.start()
            await world.platform.all_hear()
            for _ in bots:
                await campaign.ask()
            await campaign.until_answered()
            for number, strike in enumerate(strikes(KILLS, campaign.random)):
                bot = bots[number % SHARDS]
                await campaign.ask()
                where = await campaign.strike(bot, strike)
                print(f"{number:4} {time.strftime('%X')} {bot.name} {where}", flush=True)
                bot.start()
            await campaign.finish()
            for bot in bots:
                await bot.stop()
            await campaign.report("two sets of shards", began)
            servers = [channel["guild_id"] for channel in world.platform.channels]
            query = sa.select(requests.c.account, requests.c.community).distinct()
            async with world.engine.connect() as connection:
                served = {tuple(row) for row in await connection.execute(query)}
            assert served == {(f"discord{shard}", one) for shard, one in enumerate(servers)}

    live(pace, main)
