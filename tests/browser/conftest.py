"""A real Chromium, and a room with a painter who answers by script."""

from __future__ import annotations

import asyncio
import os
import shutil
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import pytest
from playwright.async_api import Browser, Page, async_playwright

from bots.program import open_core
from bots.web.adapter import WebAdapter
from common.config import parse

from .community import Community, open_community
from .painter import Painter

FLAGS = [
    "--no-sandbox",
    "--headless",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
SIZES = {"desktop": (1280, 860), "phone": (390, 844)}
ABOUT = "The demo model knows foxes, owls, boats and houses, in 12 styles."

OpenPage = Callable[..., Awaitable[Page]]


@pytest.fixture
async def chromium() -> AsyncIterator[Browser]:
    found = os.environ.get("CHROMIUM") or shutil.which("chromium")
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=found, args=FLAGS)
        yield browser
        await browser.close()


@asynccontextmanager
async def open_room(folder: Path, port: int = 0) -> AsyncIterator[WebAdapter]:
    """Open a room on what a folder holds; leaving it is a clean stop."""
    config = parse({"data_dir": str(folder), "web": {"port": port}})
    async with open_core(config, about=lambda: ABOUT, lasting=False) as core:
        adapter = await WebAdapter.build("room", {}, core.services)
        try:
            yield adapter
        finally:
            await adapter.close()


@pytest.fixture
async def painter(tmp_path: Path) -> AsyncIterator[Painter]:
    async with open_room(tmp_path) as adapter:
        painter = Painter(adapter, tmp_path / "pictures")
        work = asyncio.create_task(painter.work())
        yield painter
        work.cancel()
        with suppress(asyncio.CancelledError):
            await work


@pytest.fixture
async def community(tmp_path: Path) -> AsyncIterator[Community]:
    async with open_community(tmp_path) as community:
        yield community


class Complaints(list[str]):
    """What the browser's console said; a test that ends with something unexpected in it fails."""

    expected: tuple[str, ...] = ()
    """Words of the lines that belong to a test. When a line comes nobody can tell."""

    def unexpected(self) -> list[str]:
        return [line for line in self if not any(word in line for word in self.expected)]


@pytest.fixture
def complaints() -> Complaints:
    return Complaints()


@pytest.fixture
async def open_page(chromium: Browser, complaints: Complaints) -> AsyncIterator[OpenPage]:
    """Return a function that opens an address in a browser of its own."""

    async def visit(
        url: str,
        *,
        size: str = "desktop",
        scheme: str = "light",
        script: bool = True,
        locale: str = "en-GB",
    ) -> Page:
        width, height = SIZES[size]
        context = await chromium.new_context(
            viewport={"width": width, "height": height},
            device_scale_factor=2 if size == "phone" else 1,
            color_scheme=scheme,
            java_script_enabled=script,
            has_touch=size == "phone",
            is_mobile=size == "phone",
            reduced_motion="reduce",
            locale=locale,
        )
        page = await context.new_page()
        page.set_default_timeout(30_000)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("console", lambda line: line.type == "error" and complaints.append(line.text))
        await page.goto(url)
        return page

    yield visit
    assert complaints.unexpected() == []
