"""A painter for the tests: draws simple scenes with Pillow and answers the room by script."""

from __future__ import annotations

import asyncio
import hashlib
import io
import random
from pathlib import Path

from PIL import Image, ImageDraw, ImageFilter

from bots.web.adapter import WebAdapter
from common.model import (
    Ending,
    Incoming,
    IncomingKind,
    Note,
    NoteKind,
    Outcome,
    Part,
    Phase,
    Picture,
    Progress,
)

STYLES = ("noir", "watercolour", "cutpaper", "dusk")
SKIES = (
    ("#f6b38a", "#5b6c9a"),
    ("#cfe3ea", "#6f9fb5"),
    ("#2a2f4f", "#0c0f1f"),
    ("#f3e3c3", "#d58f6c"),
)


def paint(seed: int, side: int = 512) -> bytes:
    """Return a WebP of hills under a sky; each seed gives another one."""
    draw = random.Random(seed)
    low, high = SKIES[seed % len(SKIES)]
    sky = Image.new("RGB", (1, 2), high)
    sky.putpixel((0, 1), Image.new("RGB", (1, 1), low).getpixel((0, 0)))
    picture = sky.resize((side, side), Image.Resampling.BICUBIC)
    brush = ImageDraw.Draw(picture)
    x, y, r = draw.randint(80, side - 80), draw.randint(60, side // 2), draw.randint(25, 60)
    brush.ellipse((x - r, y - r, x + r, y + r), fill="#fff3d6")
    for layer in range(4):
        base = side * (0.5 + layer * 0.13)
        shade = 120 - layer * 26
        points = [(x, base + draw.uniform(-1, 1) * 40) for x in range(0, side + 65, 64)]
        colour = (shade - 20, shade + draw.randint(0, 20), shade + 15)
        brush.polygon([(0, side), *points, (side, side)], fill=colour)
    kept = io.BytesIO()
    picture.filter(ImageFilter.SMOOTH).save(kept, "WEBP", quality=85)
    return kept.getvalue()


class Painter:
    """Plays the core: hears the room, shows progress, answers. `go` lets it take each step."""

    def __init__(self, adapter: WebAdapter, folder: Path) -> None:
        self.adapter = adapter
        self.folder = folder
        self.go = asyncio.Semaphore(0)
        self.seed = 0

    async def work(self) -> None:
        async for incoming in self.adapter.listen():
            if incoming.kind is not IncomingKind.DELETION:
                await self.answer(incoming)

    async def answer(self, incoming: Incoming) -> None:
        if "help" in incoming.text:
            await self._tell(
                incoming, Ending.TOLD, "Write draw for me and what you would like to see."
            )
            return
        if "stylepukns" in incoming.text:
            text = "I know no style called “stylepukns”. Did you mean one of these?"
            await self._tell(
                incoming, Ending.REFUSED, text, suggestions=("stylepunks", "steampunk")
            )
            return
        for progress in (
            Progress(Phase.WAITING, 4, position=2, wait_seconds=35),
            Progress(Phase.GENERATING, 4, finished=2, wait_seconds=12),
        ):
            await self.adapter.acknowledge(incoming, progress)
            await self.go.acquire()
        again = incoming.kind is IncomingKind.BUTTON
        note = Note(
            "styles", "Drawn from stylepunks: noir, watercolour, cutpaper, dusk.", NoteKind.INFO
        )
        made = Outcome(
            request="k3f9",
            ending=Ending.DONE,
            text="The same once more, with new seeds." if again else "Here are your pictures.",
            pictures=tuple(self._picture(number) for number in range(1, 5)),
            notes=(note,),
            suggestions=("noir", "watercolour"),
            follow_ups=("again",),
        )
        await self.adapter.reply(incoming, made, Part(1, 1, made.text, made.pictures))

    async def _tell(self, incoming: Incoming, ending: Ending, text: str, **values: object) -> None:
        told = Outcome(request="k3f9", ending=ending, text=text, **values)
        await self.adapter.reply(incoming, told, Part(1, 1, text))

    def _picture(self, number: int) -> Picture:
        self.seed += 1
        content = paint(self.seed)
        digest = hashlib.sha256(content).hexdigest()
        self.folder.mkdir(exist_ok=True)
        (self.folder / digest).write_bytes(content)
        return Picture(
            number=number,
            path=self.folder / digest,
            sha256=digest,
            mime="image/webp",
            width=512,
            height=512,
            style=STYLES[number % len(STYLES)],
            model="demo",
            seed=str(self.seed * 7919 % 2**31),
            worker="test",
            alt=f"Hills under a wide sky, number {number}, in the style {STYLES[number % len(STYLES)]}",
        )
