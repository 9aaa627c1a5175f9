"""What goes wrong with single requests: each fault of the line at each step, met by its own request."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from io import BytesIO
from typing import Any

from aiohttp import web
from PIL import Image

from tests.fakes.faults import Kind
from tests.fakes.horde import FakeHorde, Fault, faults

TOKEN = re.compile(r"\bstorm(\d+)\b")
"""By this word in its prompt a request is known wherever it goes."""
HORDE_STEPS = ("submit", "check", "status", "picture")
CHAT_STEPS = ("unread", "read", "progress", "replies", "reply")


def _gif() -> str:
    stream = BytesIO()
    Image.new("P", (8, 8)).save(stream, "GIF")
    return stream.getvalue().decode("latin-1")


ON_THE_LINE: dict[str, Callable[[], Fault]] = {
    "refused connection": faults.refuse,
    "answer lost": faults.lose,
    "reset in the middle of the body": faults.reset,
    "half of the body": faults.truncate,
    "429 with Retry-After": lambda: faults.limiter(retry_after=2),
    "429 without Retry-After": lambda: faults.limiter(retry_after=None),
    "500": lambda: faults.answer(500, '{"message": "Internal Server Error"}'),
    "503 in HTML": lambda: faults.html(503),
    "HTML instead of JSON": faults.html,
    "hung socket": faults.hang,
}
OF_PICTURES: dict[str, Callable[[], Fault]] = {
    "picture of the wrong type": lambda: Fault(
        Kind.ANSWER, body=_gif(), headers={"Content-Type": "image/gif"}
    ),
    "picture that is text": lambda: faults.answer(200, "{}", {"Content-Type": "image/webp"}),
    "picture that is gone": lambda: faults.answer(404, "gone", {"Content-Type": "text/xml"}),
    "empty picture": lambda: faults.answer(200, "", {"Content-Type": "image/webp"}),
}


@dataclass(frozen=True, slots=True)
class Mishap:
    name: str
    step: str
    fault: Callable[[], Fault]

    def __str__(self) -> str:
        return f"{self.name} at {self.step}"


def mishaps() -> list[Mishap]:
    """Return every fault at every step."""
    steps = (*HORDE_STEPS, *CHAT_STEPS)
    every = [Mishap(name, step, make) for name, make in ON_THE_LINE.items() for step in steps]
    return every + [Mishap(name, "picture", make) for name, make in OF_PICTURES.items()]


class Trap:
    """A middleware of the fake Horde: waits for a certain request to come to a certain step."""

    def __init__(self, horde: FakeHorde) -> None:
        self._horde = horde
        self._waiting: dict[tuple[int, str], Callable[[], Fault | None]] = {}

    def lay(self, number: int, step: str, spring: Callable[[], Fault | None]) -> None:
        """Call `spring` when request `number` comes to `step`; what it returns goes wrong there."""
        self._waiting[number, step] = spring

    @property
    def waiting(self) -> int:
        """Return how many have not come there yet."""
        return len(self._waiting)

    @web.middleware
    async def middleware(self, request: web.Request, handler: Any) -> web.StreamResponse:
        step = request.match_info.route.name or ""
        found = TOKEN.search(await self._words(request, step))
        spring = self._waiting.pop((int(found[1]), step), None) if found else None
        if spring is not None:
            fault = spring()
            if fault is not None:
                self._horde.fail(step, fault, only=request.path)
        return await handler(request)

    async def _words(self, request: web.Request, step: str) -> str:
        """Return the prompt that an exchange is about."""
        if step == "submit":
            return (await request.read()).decode("utf-8", "replace")
        if step == "picture":
            name = request.match_info["name"].partition(".")[0]
            made = self._horde.pictures.get(name, (None, 0))[0]
        else:
            made = self._horde.requests.get(request.match_info.get("id", ""))
        return "" if made is None else str(made.body["prompt"])
