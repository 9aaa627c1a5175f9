"""The folder a room lives in, and answers given in it as the core gives them."""

from __future__ import annotations

import asyncio
import hashlib
import io
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from PIL import Image

from bots.program import open_core
from bots.web.adapter import WebAdapter
from common.config import Config, parse
from common.model import Ending, Incoming, Note, Outcome, Part, Picture
from common.texts import Line, nothing


@dataclass
class House:
    """A folder a room lives in: what is here survives a restart."""

    folder: Path

    def config(self, **web: object) -> Config:
        places = web.pop("communities", {})
        room = {"port": 0, **web}
        return parse({"data_dir": str(self.folder), "web": room, "communities": places})

    @asynccontextmanager
    async def open(self, about: Line = nothing, **web: object) -> AsyncIterator[WebAdapter]:
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


async def heard(adapter: WebAdapter) -> Incoming:
    """Return the next message that reaches the bot."""
    async with asyncio.timeout(30):
        async for incoming in adapter.listen():
            return incoming
    raise AssertionError("the room closed")
