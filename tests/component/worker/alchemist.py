"""An alchemist without weights: it says what it was told to say, and doubles pictures."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field

from PIL import Image
from pydantic import SecretStr

from common.errors import WorkerError
from tests.component.worker.conftest import QUICK
from worker.alchemy.asking import Asker, Pace
from worker.alchemy.protocol import NSFW, Outcome
from worker.alchemy.rounds import Rounds
from worker.alchemy.workbench import Workbench
from worker.horde.client import connect
from worker.owner.rota import Rota

UPSCALER = "RealESRGAN_x2plus"
TAGS = {"tags": [{"text": "fox", "confidence": 0.9}, {"text": "snow", "confidence": 0.05}]}


@dataclass
class Says:
    """Answers the same to every picture, or fails with the same."""

    answer: object

    def work(self, image, cancelled):
        if isinstance(self.answer, Exception):
            raise self.answer
        return Outcome(answer=self.answer)


class Doubles:
    def work(self, image, cancelled):
        return Outcome(image=image.resize((image.width * 2, image.height * 2)))


class Waits:
    def __init__(self):
        self.begun = asyncio.Event()
        self.loop = asyncio.get_running_loop()

    def work(self, image, cancelled):
        self.loop.call_soon_threadsafe(self.begun.set)
        while not cancelled():
            pass
        raise WorkerError("worker.too_late")


@dataclass
class RedIsNude:
    """A checker that takes red for skin."""

    name: str = "red"
    shown: list = field(default_factory=list)

    def load(self):
        pass

    def nudity(self, image):
        red, green, _ = image.resize((1, 1)).getpixel((0, 0))
        self.shown.append((red, green))
        return max(red - green, 0) / 255

    def close(self):
        pass


CRAFTS = {"caption": Says("a fox in the snow"), "interrogation": Says(TAGS), UPSCALER: Doubles()}


@asynccontextmanager
async def alchemist(
    *homes, crafts=CRAFTS, nsfw=False, report=lambda _: None, timing=QUICK, rota=None
):
    """Run an alchemist on hubs, each an address and a key; leaving it stops it."""
    stop = asyncio.Event()
    can = frozenset(crafts)
    bench = Workbench({form: lambda craft=craft: craft for form, craft in crafts.items()})
    bench.load()
    async with AsyncExitStack() as stack:
        askers = [
            Asker(
                await stack.enter_async_context(connect(url, SecretStr(key))),
                name="fox alchemist",
                forms=can | {NSFW},
                started=1.0,
                report=report,
                timing=timing,
            )
            for url, key in homes
        ]
        rounds = Rounds(
            askers,
            bench,
            RedIsNude(),
            Pace(4),
            rota or Rota("always", (), timing),
            name="fox alchemist",
            can=can,
            nsfw=nsfw,
            stop=stop,
            report=report,
            timing=timing,
        )
        running = asyncio.create_task(rounds.work())
        try:
            yield running
        finally:
            stop.set()
            await asyncio.wait_for(running, 30)


def picture(colour="blue", size=(64, 64)):
    return Image.new("RGB", size, colour)
