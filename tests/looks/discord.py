"""`python -m tests.looks.discord`: each screen on Discord as a picture, from the payloads sent.

Runs the bot against the fake Discord, draws with the demo model, and writes
`docs/pictures/discord-*.png` with the system's Chromium (`CHROMIUM` names another).
"""

from __future__ import annotations

import asyncio
import os
import shutil
import tempfile
from contextlib import asynccontextmanager
from pathlib import Path

from playwright.async_api import async_playwright

from bots.cli.rendering import render
from bots.demo import demo_config
from bots.discord.adapter import DiscordAdapter
from bots.program import open_core, run_parts
from common.config import CivitaiConfig, Config, EndpointConfig, HordeConfig, ReferenceConfig
from common.running import logs
from tests.fakes.discord import FakeDiscord
from tests.fakes.horde import FakeHorde
from tests.looks import page

PATIENCE = 300.0
"""Seconds for an answer of the demo model on a busy machine."""
FOLDER = Path(__file__).parents[2] / "docs" / "pictures"


STYLES = ("watercolour", "neon", "snowpunk", "pixel", "desertpunk", "forestpunk")
PROMPT = "a house by the sea"


async def main() -> None:
    logs.configure(level="error")
    screens = {}
    with tempfile.TemporaryDirectory() as folder:
        async with _on_demo(Path(folder)) as stage:
            screens |= await _answers(stage)
            screens |= await _panels(stage)
    with tempfile.TemporaryDirectory() as folder:
        async with _on_fake_horde(Path(folder)) as (stage, horde):
            screens |= await _progress(stage, horde)
    await _draw(screens)


class Stage:
    """A bot on a fake Discord, a channel it works in, and somebody who asks."""

    def __init__(self, core, discord: FakeDiscord) -> None:
        self.core, self.discord = core, discord
        self.world, self.people = discord.world, discord.people
        self.guild = self.world.guild()
        self.channel = self.world.channel(self.guild, "pictures")
        self.ann = self.world.person("Ann")
        self.patrons = self.world.role(self.guild, "patrons")

    def page(self, told, used: str = "") -> str:
        """Return a message as a page."""
        names = {user["id"]: f"@{user['global_name']}" for user in self.world.users.values()}
        channels = self.world.channels.values()
        names |= {one["id"]: f"#{one['name']}" for one in channels if "name" in one}
        names |= {role["id"]: f"@{role['name']}" for role in self.guild["roles"]}
        return page.page(page.message(told, self.world.files, names, used))

    async def asked(self, command: str, *words: str, **options):
        """Use a command and wait for the words."""
        return await self.people.slash(self.ann, self.channel, command, **options).shows(
            *words, seconds=PATIENCE
        )


@asynccontextmanager
async def _staged(core):
    """Run the bot on a fake Discord."""
    async with FakeDiscord() as discord:
        stage = Stage(core, discord)
        settings = core.services.settings
        channel = stage.channel["id"]
        await settings.change("discord", stage.guild["id"], showcase=channel)
        await settings.change("discord", stage.guild["id"], channel, enabled=True)
        account = {"token": discord.token, "url": discord.api, "gateway": discord.gateway_url}
        adapter = await DiscordAdapter.build("discord", account, core.services)
        stop = asyncio.Event()
        running = asyncio.create_task(core.runner(adapter).run(stop))
        while not await discord.live.heard_all():
            await asyncio.sleep(0.05)
        try:
            yield stage
        finally:
            stop.set()
            await running
            await adapter.close()


@asynccontextmanager
async def _on_demo(folder: Path):
    """Draw with the bundled demo model, so that the screens look like the real thing."""
    config = demo_config(folder, port=0, parts=("hub", "worker"))
    async with run_parts(config) as pointed:
        apart = pointed.model_copy(update={"data_dir": folder / "apart"})
        sheet = folder / "sheet" / "sheet.png"
        await render(apart, STYLES, sheet, folder / "previews", stop=asyncio.Event())
        async with open_core(pointed) as core, _staged(core) as stage:
            yield stage


@asynccontextmanager
async def _on_fake_horde(folder: Path):
    """Draw with a Horde that stops half way."""
    async with FakeHorde(seconds=None) as horde:
        endpoint = EndpointConfig(name="aihorde", url=horde.url, webhook="loopback")
        config = Config(
            data_dir=folder,
            horde=HordeConfig(endpoints=(endpoint,)),
            reference=ReferenceConfig(url=None),
            civitai=CivitaiConfig(url=None),
        )
        async with open_core(config) as core, _staged(core) as stage:
            yield stage, horde


async def _answers(stage: Stage) -> dict[str, str]:
    """Return answers, and what opens from them."""
    used = "Ann used /imagine"
    result = await stage.asked("imagine", "Here you are", prompt=PROMPT, n=4, style="watercolour")
    hidden = await stage.asked(
        "imagine", "Here you are", prompt=PROMPT, n=1, style="neon", spoiler=True
    )
    wrong = await stage.asked("imagine", "no style", prompt=f"{PROMPT} style: water")
    edit = stage.people.press(stage.ann, result, "Edit")
    return {
        "result": stage.page(result, used),
        "spoiler": stage.page(hidden, used),
        "error": stage.page(wrong, used),
        "edit": page.page(page.modal((await edit.answered())["data"])),
    }


async def _panels(stage: Stage) -> dict[str, str]:
    """Return what is looked at and set: styles, one's own things, the server's settings."""
    styles = await stage.asked("styles", "Page 1 of")
    for _ in range(2):  # to a subject that the small model knows
        await stage.people.press(stage.ann, styles, "Another subject").answered()
    await stage.asked("my", "From now on", style="watercolour", size="3:2")
    mine = await stage.asked("my", "Where you say nothing")
    form = stage.people.press(stage.ann, mine, "My defaults")
    olga = stage.world.owner
    opened = stage.people.slash(olga, stage.channel, "settings")
    await opened.answered()
    chosen = stage.people.choose(olga, opened.original, stage.patrons["id"], kind=6)
    role = page.page(page.modal((await chosen.answered())["data"]))
    await stage.people.submit(chosen, max_pictures="6", requests_per_hour="40").answered()
    return {
        "styles": stage.page(styles, "Ann used /styles"),
        "my": stage.page(mine, "Ann used /my"),
        "defaults": page.page(page.modal((await form.answered())["data"])),
        "settings": stage.page(opened.original, "Olga used /settings"),
        "role": role,
    }


async def _progress(stage: Stage, horde: FakeHorde) -> dict[str, str]:
    """Return what is shown while two of four pictures are there."""
    asked = stage.people.slash(stage.ann, stage.channel, "imagine", prompt=PROMPT, n=4, style="raw")
    await asked.shows("Cancel")
    await stage.discord.until(lambda: horde.requests)
    (job,) = horde.requests
    horde.requests[job].seconds = None
    horde.finish(job, 2)
    await asked.shows("2 of 4 done")
    return {"progress": stage.page(asked.original, "Ann used /imagine")}


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
