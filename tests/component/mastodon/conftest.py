"""An adapter on a fake server, and what it hears."""

from __future__ import annotations

import asyncio
import hashlib
import io
from contextlib import asynccontextmanager

import pytest
from PIL import Image

from bots.mastodon.adapter import MastodonAdapter
from common.config import parse
from common.database import open_database
from common.model import Ending, Outcome, Part, Picture
from request.allowed.chat_settings import SettingsStore
from request.allowed.places import Places
from request.kept.cursors import Cursors
from request.lending import Services
from tests.fakes.mastodon import FLAVOURS, FakeMastodon


@pytest.fixture
async def server(request):
    """A server; `parametrize("server", […], indirect=True)` chooses the software."""
    async with FakeMastodon(FLAVOURS[getattr(request, "param", "mastodon")]) as running:
        yield running


@pytest.fixture
async def services(data_dir):
    communities = {"art/adult.example": {"nsfw": True}}
    config = parse({"data_dir": str(data_dir), "communities": communities})
    database = await open_database(config.database_url)
    settings = SettingsStore(database)
    lent = {
        "config": config,
        "live": lambda: config,
        "database": database,
        "pictures": data_dir / "pictures",
    }
    lent |= {"settings": settings, "places": Places(lambda: config, settings)}
    yield Services(**lent, enquiries=None, cursors=Cursors(database))
    await database.close()


class Ears:
    """What an adapter hears, one by one."""

    def __init__(self, adapter):
        self.adapter = adapter
        self._heard = asyncio.Queue()
        self._task = asyncio.create_task(self._listen())

    async def _listen(self):
        async for incoming in self.adapter.listen():
            await self._heard.put(incoming)

    async def next(self):
        async with asyncio.timeout(30):
            return await self._heard.get()

    async def stop(self):
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)
        await self.adapter.close()


@pytest.fixture
def listen(server, services):
    """Open an account and listen; keywords are settings of its section.

    Where there is a stream, nothing but the stream has the server asked again, unless told so: a
    mention that comes both ways is heard twice.
    """

    @asynccontextmanager
    async def open_account(**section):
        looks = 1 + server.flavour.streaming + (await services.cursors.read("art") is None)
        looks += server.journal.count("notifications")
        pause = 600 if server.flavour.streaming else 0.05
        given = {"url": server.url, "token": server.token, "poll_seconds": pause, **section}
        adapter = await MastodonAdapter.build("art", given, services)
        ears = Ears(adapter)
        try:
            if server.flavour.streaming:
                await server.streaming()
            # once to begin, once to catch up, and once more when the stream is open
            await server.until(lambda: server.journal.count("notifications") >= looks)
            yield ears
        finally:
            await ears.stop()

    return open_account


@pytest.fixture
def picture(tmp_path):
    """Keep a picture in the folder as the core does."""

    def make(number=1, colour="teal"):
        kept = io.BytesIO()
        Image.new("RGB", (64, 64), colour).save(kept, "WEBP")
        digest = hashlib.sha256(kept.getvalue()).hexdigest()
        path = tmp_path / "pictures" / digest
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(kept.getvalue())
        given = {"style": "raw", "model": "m", "seed": "1", "worker": "w", "width": 64}
        given |= {"height": 64, "mime": "image/webp", "sha256": digest, "alt": f"a {colour} one"}
        return Picture(number=number, path=path, **given)

    return make


@pytest.fixture
def answer():
    """Let an adapter answer in one part (or in a part of several)."""

    async def post(adapter, incoming, text="Here you are.", *pictures, part=(1, 1), **more):
        outcome = Outcome("abc", Ending.DONE, text, pictures, **more)
        return await adapter.reply(incoming, outcome, Part(*part, text, pictures))

    return post
