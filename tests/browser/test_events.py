"""Events in a real browser: entering, voting, changing a vote, the result; on desk and phone.

With `WRITE_PICTURES=1` the screenshots for the documentation are written on the way.
"""

from __future__ import annotations

import asyncio
import io
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from axe_playwright_python.async_playwright import Axe
from PIL import Image
from playwright.async_api import Page

from bots.assembly import Core
from bots.program import open_core
from bots.web import WebAdapter
from common.config import parse
from events.lifecycle import Step
from events.model import Event
from tests.fakes.challenge import Challenge, holding
from tests.fakes.horde import FakeHorde

from .looking import faint_texts, is_too_wide, wait_for_pictures

DOCS = Path(__file__).parents[2] / "docs" / "pictures"
LOOKS = [("desktop", "light"), ("desktop", "dark"), ("phone", "light"), ("phone", "dark")]
GRAVE = {"serious", "critical"}


@dataclass
class Community:
    """A room with a bot that answers, and a challenge that a test leads on."""

    core: Core
    adapter: WebAdapter
    challenge: Challenge

    @property
    def url(self) -> str:
        return self.adapter.url

    async def voting(self, count: int = 6) -> Event:
        event = await self.challenge.open()
        for number in range(1, count + 1):
            await self.challenge.enter(event, number)
        return await self.challenge.to(event.name, Step.CLOSE, Step.VOTE)

    async def ballots(self, event: Event) -> list[set[int]]:
        votes = await self.challenge.parts.ballots.votes(event)
        return sorted(set(ballot.choices) for ballot in votes.ballots)


@pytest.fixture
async def community(tmp_path: Path) -> AsyncIterator[Community]:
    async with FakeHorde() as horde:
        settings = {
            "data_dir": str(tmp_path),
            "web": {"port": 0},
            "horde": {"endpoints": [{"name": "fake", "url": horde.url, "webhook": "loopback"}]},
            "reference": {"url": None},
            "civitai": {"url": None},
        }
        async with open_core(parse(settings), lasting=False) as core:
            adapter = await WebAdapter.build("room", {}, core.services)
            pictures = core.services.pictures
            async with _serving(core, adapter), holding(core.events, core.leases, pictures) as held:
                yield Community(core, adapter, held)
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
    taken.thumbnail((780, 2400))
    taken.quantize(256, dither=Image.Dither.NONE).save(DOCS / f"{name}.png", optimize=True)


@pytest.mark.parametrize(("size", "scheme"), LOOKS)
async def test_vote_is_kept_at_once_and_can_be_changed(community, open_page, size, scheme):
    event = await community.voting()
    page = await open_page(f"{community.url}/events", size=size, scheme=scheme)
    await check(page, 0)
    await page.click("text=Winter light")
    await check(page, 6)
    await page.check("#entry-2 input", force=True)
    await page.wait_for_selector("text=Kept: your vote for 1")
    await page.check("#entry-5 input", force=True)
    await page.wait_for_selector("text=Kept: your vote for 2")
    assert await community.ballots(event) == [{2, 5}]
    await page.uncheck("#entry-2 input", force=True)
    await page.wait_for_selector("text=Kept: your vote for 1")
    await check(page, 6)
    if (size, scheme) == ("phone", "light"):
        await picture(page, "event-vote-phone")
    await page.reload()
    assert await page.is_checked("#entry-5 input")
    assert not await page.is_checked("#entry-2 input")
    assert await community.ballots(event) == [{5}]


async def test_vote_by_keyboard_alone(community, open_page):
    event = await community.voting(count=2)
    page = await open_page(f"{community.url}/events/winter")
    await page.focus("#main")
    for _ in range(20):
        await page.keyboard.press("Tab")
        if await page.evaluate("document.activeElement.name") == "ticked":
            break
    await page.keyboard.press("Space")
    await page.wait_for_selector("text=Kept: your vote for 1")
    assert [len(ballot) for ballot in await community.ballots(event)] == [1]


async def test_vote_without_a_script(community, open_page):
    event = await community.voting(count=2)
    page = await open_page(f"{community.url}/events/winter", script=False)
    await page.check("#entry-2 input", force=True)
    await page.click(".send")
    await page.wait_for_selector("text=Your vote is kept")
    assert await community.ballots(event) == [{2}]


async def test_vote_that_comes_too_late_says_so_and_the_tick_is_gone(
    community, open_page, complaints
):
    event = await community.voting(count=2)
    page = await open_page(f"{community.url}/events/winter")
    await page.route("**/live", lambda route: route.abort())  # it hears nothing of the end
    await page.reload()
    await community.challenge.to("winter", Step.COUNT)
    await page.check("#entry-1 input", force=True)
    await page.wait_for_function(
        "() => document.querySelector('.said').textContent.includes('winter')"
    )
    await page.wait_for_function("() => !document.querySelector('#entry-1 input').checked")
    assert await community.ballots(event) == []
    complaints.clear()  # the console names the refused answer, and the stream that was cut off


@pytest.mark.parametrize(("size", "scheme"), LOOKS)
async def test_result_comes_by_itself_with_winners_and_a_chart(community, open_page, size, scheme):
    await community.voting()
    page = await open_page(f"{community.url}/events/winter", size=size, scheme=scheme)
    for numbers in ((3,), (3, 1), (1, 4)):
        voter = await open_page(f"{community.url}/events/winter")
        for number in numbers:
            await voter.check(f"#entry-{number} input", force=True)
        await voter.wait_for_selector(f"text=Kept: your vote for {len(numbers)}")
        await voter.context.close()
    await community.challenge.to("winter", Step.COUNT, Step.SETTLE, Step.AWARD)
    await page.wait_for_selector("text=3 people voted.")
    winners = await page.locator(".podium .number").all_inner_texts()
    assert winners == ["1", "3", "4"]
    bars = [float(await bar.get_attribute("width")) for bar in await page.locator("rect").all()]
    assert bars == [100, 100, 50, 0, 0, 0]
    await check(page, 9)
    if (size, scheme) == ("desktop", "light"):
        await picture(page, "event-result-desktop")


@pytest.mark.parametrize(("size", "scheme"), LOOKS[::3])
async def test_own_picture_is_entered_from_the_page(community, open_page, size, scheme):
    event = await community.challenge.open()
    page = await open_page(community.url, size=size, scheme=scheme)
    await page.fill("[name=nickname]", "Ada")
    await page.fill("#text", "draw for me a fox in winter light")
    await page.click(".send")
    await wait_for_pictures(page, 4)
    await page.goto(f"{community.url}/events/winter")
    await page.click("summary")
    await check(page, 0)
    await page.locator(".choice input").nth(1).check(force=True)
    await page.check("[name=shown][value=nick]")
    await page.fill("[name=nick]", "Frosty")
    if size == "phone":
        await picture(page, "event-enter-phone")
    await page.click("text='Enter'")
    await page.wait_for_selector("text=Frosty")
    async with asyncio.timeout(30):
        while not (entries := await community.challenge.parts.entries.standing(event)):
            await asyncio.sleep(0.05)
    assert [entry.name for entry in entries] == ["Frosty"]
    await page.goto(f"{community.url}/events/winter")
    await check(page, 1)
    assert "Frosty" not in await page.inner_text("main")
