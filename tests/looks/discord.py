"""`python -m tests.looks.discord`: each screen on Discord as a picture, from the payloads sent.

Runs the bot against the fake Discord and the fake Horde, and writes `docs/pictures/discord-*.png`
with the system's Chromium (`CHROMIUM` names another).
"""

from __future__ import annotations

import asyncio
import os
import shutil
import tempfile
from pathlib import Path

from playwright.async_api import async_playwright

from bots.discord.adapter import DiscordAdapter
from bots.program import open_core
from common import logs
from common.config import CivitaiConfig, Config, EndpointConfig, HordeConfig, ReferenceConfig
from tests.fakes.discord import FakeDiscord
from tests.fakes.horde import FakeHorde
from tests.looks import page

FOLDER = Path(__file__).parents[2] / "docs" / "pictures"


async def main() -> None:
    logs.configure(level="error")
    with tempfile.TemporaryDirectory() as folder:
        async with FakeHorde(seconds=None) as horde, FakeDiscord() as discord:
            endpoint = EndpointConfig(name="aihorde", url=horde.url, webhook="loopback")
            config = Config(
                data_dir=Path(folder),
                horde=HordeConfig(endpoints=(endpoint,)),
                reference=ReferenceConfig(url=None),
                civitai=CivitaiConfig(url=None),
            )
            async with open_core(config) as core:
                screens = await _screens(core, discord, horde)
    await _draw(screens)


async def _screens(core, discord: FakeDiscord, horde: FakeHorde) -> dict[str, str]:
    """Use the bot, and return each screen as a page."""
    world, people = discord.world, discord.people
    guild = world.guild()
    channel = world.channel(guild, "pictures")
    ann = world.person("Ann")
    await core.services.settings.change(
        "discord", guild["id"], channel["id"], enabled=True, showcase=channel["id"]
    )
    account = {"token": discord.token, "url": discord.api, "gateway": discord.gateway_url}
    adapter = await DiscordAdapter.build("discord", account, core.services)
    stop = asyncio.Event()
    running = asyncio.create_task(core.runner(adapter).run(stop))
    while not await discord.live.heard_all():
        await asyncio.sleep(0.05)
    names = {user["id"]: f"@{user['global_name']}" for user in world.users.values()}
    names |= {one["id"]: f"#{one['name']}" for one in world.channels.values() if "name" in one}
    screens = {}

    def keep(name: str, told, used: str = "") -> None:
        screens[name] = page.page(page.message(told, world.files, names, used))

    prompt = "a fox in the snow, golden hour"
    asked = people.slash(ann, channel, "imagine", prompt=prompt, n=4, style="raw")
    await asked.shows("Cancel")
    await discord.until(lambda: horde.requests)
    (job,) = horde.requests
    horde.requests[job].seconds = None
    horde.finish(job, 2)
    await asyncio.sleep(6)
    keep("progress", asked.original, "Ann used /imagine")
    horde.finish(job)
    horde.seconds = 0.0
    keep("result", await asked.shows("Here you are"), "Ann used /imagine")
    hidden = people.slash(ann, channel, "imagine", prompt=prompt, n=1, spoiler=True, style="raw")
    keep("spoiler", await hidden.shows("Here you are"), "Ann used /imagine")
    styles = people.slash(ann, channel, "styles", search="paint")
    keep("styles", await styles.shows("Styles like"), "Ann used /styles")
    refused = people.slash(ann, channel, "imagine", prompt=f"{prompt} style: watercolr-thing")
    await refused.answered()
    keep("error", refused.original, "Ann used /imagine")
    settings = people.slash(world.owner, channel, "settings")
    await settings.answered()
    keep("settings", settings.original, "Olga used /settings")
    edit = people.press(ann, asked.original, "Edit")
    screens["edit"] = page.page(page.modal((await edit.answered())["data"]))
    stop.set()
    await running
    await adapter.close()
    return screens


async def _draw(screens: dict[str, str]) -> None:
    found = os.environ.get("CHROMIUM") or shutil.which("chromium")
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=found, args=["--no-sandbox"])
        for name, content in screens.items():
            sheet = await browser.new_page(viewport={"width": 640, "height": 200})
            await sheet.set_content(content)
            file = FOLDER / f"discord-{name}.png"
            await sheet.screenshot(path=file, full_page=True)
            print(file)
        await browser.close()


if __name__ == "__main__":
    asyncio.run(main())
