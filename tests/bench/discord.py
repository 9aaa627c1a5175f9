"""How soon Discord has a first response while many people ask at once.

Discord and the Horde are the fake ones in this process, so their own work counts as ours.
"""

from __future__ import annotations

import asyncio
import statistics
import tempfile
from collections.abc import Iterator
from pathlib import Path

from bots.discord.adapter import DiscordAdapter
from bots.program import open_core
from common.config import CivitaiConfig, Config, EndpointConfig, HordeConfig, ReferenceConfig
from tests.bench.figures import Figure, figure
from tests.fakes.discord import FakeDiscord
from tests.fakes.horde import FakeHorde

ASKED = 200
SECONDS = 10.0
GENERATION = 2.0
"""Seconds the Horde takes."""
RESPONSES_IN = 60.0


def measure(runs: int) -> Iterator[Figure]:
    medians, worst = [], []
    for _ in range(min(runs, 3)):
        waits = sorted(asyncio.run(_ask_all()))
        medians.append(1000 * statistics.median(waits))
        worst.append(1000 * waits[int(len(waits) * 0.99) - 1])
    what = f"first response to /imagine, {ASKED} in {SECONDS:g} s"
    yield figure(f"{what}, median", medians, "ms")
    yield figure(f"{what}, 99 of 100 within", worst, "ms")


async def _ask_all() -> list[float]:
    """Return the seconds to the first response of each of many interactions."""
    with tempfile.TemporaryDirectory() as folder:
        async with FakeHorde(seconds=GENERATION) as horde, FakeDiscord() as discord:
            config = Config(
                data_dir=Path(folder),
                horde=HordeConfig(
                    endpoints=(EndpointConfig(name="fake", url=horde.url, webhook="loopback"),)
                ),
                reference=ReferenceConfig(url=None),
                civitai=CivitaiConfig(url=None),
            )
            async with open_core(config) as core:
                return await _serve(core, discord)


async def _serve(core, discord: FakeDiscord) -> list[float]:
    guild = discord.world.guild()
    channel = discord.world.channel(guild, "pictures")
    people = [discord.world.person(f"Ann{number}") for number in range(ASKED)]
    await core.services.settings.change("discord", guild["id"], channel["id"], enabled=True)
    account = {"token": discord.token, "url": discord.api, "gateway": discord.gateway_url}
    adapter = await DiscordAdapter.build("discord", account, core.services)
    stop = asyncio.Event()
    running = asyncio.create_task(core.runner(adapter).run(stop))
    async with asyncio.timeout(20):
        while not await discord.live.heard_all():
            await asyncio.sleep(0.01)
    asked = []
    started = asyncio.get_running_loop().time()
    for number, person in enumerate(people):
        pause = started + number * SECONDS / ASKED - asyncio.get_running_loop().time()
        await asyncio.sleep(max(0.0, pause))
        asked.append(discord.people.slash(person, channel, "imagine", prompt="a fox", n=1))
    for pressed in asked:
        await pressed.answered(RESPONSES_IN)
    stop.set()
    await running
    await adapter.close()
    return [
        pressed.interaction.responded - pressed.interaction.created
        for pressed in asked
        if pressed.interaction.responded is not None
    ]
