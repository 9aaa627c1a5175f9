"""A web room on a free port with a real database, and a browser without a script."""

from __future__ import annotations

import hashlib
import io
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import aiohttp
import pytest
from PIL import Image

from bots.program import open_core
from bots.web import WebAdapter
from common.config import Config, parse
from common.model import Ending, Incoming, Note, Outcome, Part, Picture


@dataclass
class Browser:
    """What a browser does with plain forms: keeps cookies, fills in hidden fields."""

    session: aiohttp.ClientSession
    url: str

    async def get(self, path: str, **options) -> tuple[int, str]:
        async with self.session.get(self.url + path, **options) as answer:
            return answer.status, await answer.text()

    async def fields(self, form: str = "write") -> dict[str, str]:
        _, page = await self.get("/")
        return hidden_fields(page, form)

    async def post(self, path: str, fields: dict[str, str], **options) -> tuple[int, str]:
        options = {"allow_redirects": False, **options}
        async with self.session.post(self.url + path, data=fields, **options) as answer:
            return answer.status, answer.headers.get("Location") or await answer.text()

    async def say(self, text: str, **more: str) -> int:
        """Write a message; return its id."""
        fields = await self.fields() | {"text": text} | more
        status, where = await self.post("/messages", fields)
        assert status == 303, where
        return int(where.removeprefix("/#m"))


def hidden_fields(page: str, form: str) -> dict[str, str]:
    body = re.search(rf'<form id="{form}".*?</form>', page, re.DOTALL)[0]
    return {
        re.search(r'name="(.*?)"', tag)[1]: re.search(r'value="(.*?)"', tag)[1]
        for tag in re.findall(r'<input type="hidden".*?>', body)
    }


@dataclass
class House:
    """A folder a room lives in: what is here survives a restart."""

    folder: Path

    def config(self, **web: object) -> Config:
        places = web.pop("communities", {})
        room = {"port": 0, **web}
        return parse({"data_dir": str(self.folder), "web": room, "communities": places})

    @asynccontextmanager
    async def open(self, about: str = "", **web: object) -> AsyncIterator[WebAdapter]:
        async with open_core(self.config(**web), about=about, lasting=False) as core:
            adapter = await WebAdapter.build("room", {"platform": "web"}, core.services)
            try:
                yield adapter
            finally:
                await adapter.close()

    def picture(self, number: int = 1, colour: str = "teal", **values: object) -> Picture:
        """Keep a picture in the folder as the core does."""
        kept = io.BytesIO()
        Image.new("RGB", (800, 600), colour).save(kept, "WEBP")
        digest = hashlib.sha256(kept.getvalue()).hexdigest()
        path = self.folder / "pictures" / digest
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(kept.getvalue())
        given = {"style": "stylepunks", "model": "demo", "seed": "42", "worker": "w"}
        given |= {"alt": f"a {colour} square"} | values
        return Picture(
            number=number,
            path=path,
            sha256=digest,
            mime="image/webp",
            width=800,
            height=600,
            **given,
        )


def outcome(*pictures: Picture, text: str = "Here you are.", **values: object) -> Outcome:
    given = {"ending": Ending.DONE, "follow_ups": ("again",), "suggestions": ("noir",)}
    given |= {"notes": (Note("x", "Drawn from stylepunks."),)} | values
    return Outcome(request="abc", text=text, pictures=pictures, **given)


async def answer(
    adapter: WebAdapter, incoming: Incoming, *pictures: Picture, **values: object
) -> int:
    """Answer in one part, as the core does."""
    made = outcome(*pictures, **values)
    return int(await adapter.reply(incoming, made, Part(1, 1, made.text, made.pictures)))


@pytest.fixture
def house(data_dir: Path) -> House:
    return House(data_dir)


@pytest.fixture
async def adapter(house: House) -> AsyncIterator[WebAdapter]:
    async with house.open() as adapter:
        yield adapter


@pytest.fixture
async def visit() -> AsyncIterator[object]:
    """Return a function that makes a browser for an address; each has its own cookies."""
    sessions: list[aiohttp.ClientSession] = []

    def open_browser(adapter: WebAdapter) -> Browser:
        jar = aiohttp.CookieJar(unsafe=True)
        timeout = aiohttp.ClientTimeout(total=30)
        sessions.append(aiohttp.ClientSession(cookie_jar=jar, timeout=timeout))
        return Browser(sessions[-1], adapter.url)

    yield open_browser
    for session in sessions:
        await session.close()


@pytest.fixture
async def browser(adapter: WebAdapter, visit) -> Browser:
    return visit(adapter)
