"""`hordebots demo` as a newcomer meets it: start it, open the address, ask for a fox.

Hub, worker, model and room are the real ones, in processes of their own. With
`WRITE_PICTURES=1` the screenshots for the documentation are written on the way.
"""

from __future__ import annotations

import asyncio
import os
import re
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from playwright.async_api import Page

from .looking import faint_texts, is_too_wide, spreads, wait_for_pictures

HOUSE = Path(__file__).parents[2]
DOCS = HOUSE / "docs" / "pictures"
REQUEST = "draw for me a fox in the snow style: stylepunks"
START_SECONDS = 120
PAINT_SECONDS = 150
TALL = {"width": 1280, "height": 1040}
BLANK = 4.0
"""A picture whose brightness (0..255) varies less shows nothing."""


@asynccontextmanager
async def demo(folder: Path) -> AsyncIterator[str]:
    """Run the demo; lend its address; end it as Ctrl-C does."""
    command = (sys.executable, "-m", "bots", "demo", "--port", "0", "--data", str(folder))
    process = await asyncio.create_subprocess_exec(
        *command, cwd=HOUSE, stdout=asyncio.subprocess.PIPE, start_new_session=True
    )
    assert process.stdout is not None
    try:
        async with asyncio.timeout(START_SECONDS):
            async for line in process.stdout:
                if found := re.search(rb"http://[\w.:]+", line):
                    break
            else:
                pytest.fail(f"the demo ended with {await process.wait()}")
        yield found[0].decode()
        process.send_signal(signal.SIGINT)
        async with asyncio.timeout(60):
            assert await process.wait() in {0, 130}
    finally:
        if process.returncode is None:
            os.killpg(process.pid, signal.SIGKILL)
            await process.wait()


async def ask(page: Page, text: str) -> None:
    await page.fill("#text", text)
    await page.click(".send")


async def picture_of(page: Page, name: str) -> None:
    if os.environ.get("WRITE_PICTURES"):
        await page.screenshot(path=DOCS / f"{name}.png", animations="disabled")


@pytest.mark.timeout(400)
async def test_a_newcomer_gets_pictures(tmp_path, open_page):
    async with demo(tmp_path) as url:
        page = await open_page(url)
        page.set_default_timeout(PAINT_SECONDS * 1000)
        await page.set_viewport_size({"width": 1280, "height": 500})
        await page.fill("[name=nickname]", "Ada")
        await ask(page, REQUEST)
        await page.wait_for_selector(".progress .frames")
        if os.environ.get("WRITE_PICTURES"):
            await page.wait_for_selector(".progress .finished")
        await picture_of(page, "web-progress")
        await page.set_viewport_size(TALL)
        await wait_for_pictures(page, 4)
        assert min(await spreads(page)) > BLANK
        for image in await page.query_selector_all("figure img"):
            assert "fox" in await image.get_attribute("alt")
        assert await page.locator("figcaption .seed").count() == 4
        assert await faint_texts(page) == []
        await picture_of(page, "web-room")

        await page.get_by_role("button", name="again").click()
        await wait_for_pictures(page, 8)
        shown = {
            await image.get_attribute("src")
            for image in await page.query_selector_all("figure img")
        }
        assert len(shown) == 8

        for size, scheme, name in (
            ("desktop", "dark", "web-room-dark"),
            ("phone", "light", "web-room-phone"),
        ):
            other = await open_page(url, size=size, scheme=scheme)
            if size == "desktop":
                await other.set_viewport_size(TALL)
            await wait_for_pictures(other, 8)
            assert await faint_texts(other) == []
            assert not await is_too_wide(other)
            await picture_of(other, name)
        await page.goto(f"{url}/gallery")
        await wait_for_pictures(page, 8)
        for opened in page.context.browser.contexts:
            await opened.close()
