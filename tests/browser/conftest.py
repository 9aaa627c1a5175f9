"""A real Chromium, and a room with a painter who answers by script."""

from __future__ import annotations

import asyncio
import os
import shutil
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress
from pathlib import Path

import pytest
from playwright.async_api import Browser, Page, async_playwright

from bots.web import WebAdapter
from common.config import parse
from common.database import open_database
from request.adapter import Services

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


@pytest.fixture
async def painter(tmp_path: Path) -> AsyncIterator[Painter]:
    config = parse({"data_dir": str(tmp_path), "web": {"port": 0}})
    database = await open_database(config.database_url)
    services = Services(config, database, tmp_path / "pictures", ABOUT)
    adapter = await WebAdapter.build("room", {}, services)
    painter = Painter(adapter, services.pictures)
    work = asyncio.create_task(painter.work())
    yield painter
    work.cancel()
    with suppress(asyncio.CancelledError):
        await work
    await adapter.close()
    await database.close()


@pytest.fixture
async def open_page(chromium: Browser) -> AsyncIterator[OpenPage]:
    """Return a function that opens an address and notes every complaint of the browser."""
    complaints: list[str] = []

    async def visit(
        url: str, *, size: str = "desktop", scheme: str = "light", script: bool = True
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
            locale="en-GB",
        )
        page = await context.new_page()
        page.set_default_timeout(10_000)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("console", lambda line: line.type == "error" and complaints.append(line.text))
        await page.goto(url)
        return page

    yield visit
    assert complaints == []
