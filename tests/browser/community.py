"""A room with a bot that answers and a challenge that is led on, and what holds of every page.

With `WRITE_PICTURES=1` the screenshots for the documentation are written on the way.
"""

from __future__ import annotations

import asyncio
import base64
import io
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from axe_playwright_python.async_playwright import Axe
from PIL import Image
from playwright.async_api import Page

from bots.assembly.core import Core
from bots.program import open_core
from bots.web.adapter import WebAdapter
from common.config import parse
from events.lifecycle import Step
from events.linking.links import Links
from events.model import Event
from request.kept.marks import open_marks
from tests.fakes.challenge import Challenge, holding
from tests.fakes.horde import FakeHorde

from .looking import faint_texts, is_too_wide, wait_for_pictures

DOCS = Path(__file__).parents[2] / "docs" / "pictures"
LOOKS = [("desktop", "light"), ("desktop", "dark"), ("phone", "light"), ("phone", "dark")]
FORMS = [LOOKS[0], *LOOKS[2:]]
"""Pages of forms are dark in the same way on both widths."""
GRAVE = {"serious", "critical"}
ORGANISER = ("mastodon", "ada@example")
TALL = 2400
"""Most pixels of a picture for the documentation, from top to bottom."""


@dataclass
class Community:
    """A room with a bot that answers, and a challenge that a test leads on."""

    core: Core
    adapter: WebAdapter
    challenge: Challenge
    horde: FakeHorde

    @property
    def url(self) -> str:
        return self.adapter.url

    @property
    def links(self) -> Links:
        services = self.core.services
        return Links(services.database, open_marks(services.config.data_dir))

    async def voting(self, count: int = 6) -> Event:
        event = await self.challenge.open()
        for number in range(1, count + 1):
            await self.challenge.enter(event, number)
        return await self.challenge.to(event.name, Step.CLOSE, Step.VOTE)

    async def ballots(self, event: Event) -> list[set[int]]:
        votes = await self.challenge.parts.ballots.votes(event)
        return sorted(set(ballot.choices) for ballot in votes.ballots)

    async def post(self, code: str, name: str = "Ada") -> None:
        """Post a code as the organiser does in the chat."""
        account, person = ORGANISER
        await self.links.post(code, account=account, person=person, name=name)


@asynccontextmanager
async def open_community(folder: Path) -> AsyncIterator[Community]:
    """Open a room on a folder, with a Horde that draws and has kudos to give."""
    async with FakeHorde() as horde:
        entry = {"name": "fake", "url": horde.url, "key": "key-of-the-bot", "webhook": "loopback"}
        settings = {
            "data_dir": str(folder),
            "web": {"port": 0},
            "accounts": {"room": {"platform": "web"}, "mastodon": {}},
            "horde": {"endpoints": [entry]},
            "kudos": {"horde": "fake", "seal_key": base64.b64encode(bytes(32)).decode()},
            "events": {"organisers": ["/".join(ORGANISER)]},
            "reference": {"url": None},
            "civitai": {"url": None},
        }
        async with open_core(parse(settings), lasting=False) as core:
            adapter = await WebAdapter.build("room", {}, core.services)
            pictures = core.services.pictures
            async with _serving(core, adapter), holding(core.events, core.leases, pictures) as held:
                yield Community(core, adapter, held, horde)
            await adapter.close()


@asynccontextmanager
async def _serving(core: Core, adapter: WebAdapter) -> AsyncIterator[None]:
    stop = asyncio.Event()
    running = asyncio.create_task(core.runner(adapter).run(stop))
    yield
    stop.set()
    await running


async def check(page: Page, pictures: int) -> None:
    """Check what holds of every page: pictures load, text is legible, nothing bars anybody."""
    await wait_for_pictures(page, pictures)
    assert await faint_texts(page) == []
    assert not await is_too_wide(page)
    found = await Axe().run(page)
    grave = [one for one in found.response["violations"] if one["impact"] in GRAVE]
    assert [(one["id"], [node["html"] for node in one["nodes"]]) for one in grave] == []


async def picture(page: Page, name: str) -> None:
    """Keep a screenshot for the documentation, if it is asked for."""
    if not os.environ.get("WRITE_PICTURES"):
        return
    taken = Image.open(io.BytesIO(await page.screenshot(full_page=True))).convert("RGB")
    taken.thumbnail((780, TALL))
    taken.quantize(256, dither=Image.Dither.NONE).save(DOCS / f"{name}.png", optimize=True)
