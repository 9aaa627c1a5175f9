"""Matrix in the suite that all adapters go through."""

from __future__ import annotations

import asyncio

from fake_matrix import FakeMatrix

from tests.component.adapters.plug import Answer, Can, Plug
from tests.fakes import faults

BUSY = '{"errcode": "M_LIMIT_EXCEEDED", "error": "Slowly.", "retry_after_ms": 1000}'


class MatrixPlug(Plug):
    """People write in a room with the bot."""

    name = "matrix"
    module = "hordebots_matrix"
    can = frozenset(Can) - {Can.SHOW}

    def __init__(self) -> None:
        self.server = FakeMatrix()

    async def __aenter__(self):
        await self.server.start()
        return self

    async def __aexit__(self, *exc: object) -> None:
        await self.server.stop()

    def section(self):
        return {"url": self.server.url, "user": self.server.user, "token": self.server.token}

    async def attached(self, adapter) -> None:
        looks = self.server.journal.count("sync")
        async with asyncio.timeout(20):
            while self.server.journal.count("sync") == looks:
                await asyncio.sleep(0.01)

    async def say(self, text, *, person="ann", reply_to=None, bot=False) -> str:
        called = text if reply_to else f"painter: {text}"
        return self.server.say(f"@{person}:127.0.0.1", called, reply_to=reply_to, notice=bot)

    async def answers(self, said: str) -> list[Answer]:
        shown = {event["event_id"]: event["content"] for event in self.server.room.events}
        found = []
        for event in self.server.answers(said):
            pictures = [shown[one] for one in event["content"]["org.hordebots.pictures"]]
            alts = tuple(one["body"] for one in pictures if one)
            found.append(Answer(event["event_id"], event["content"]["body"], len(alts), alts))
        return found

    async def delete(self, said: str) -> None:
        self.server.redact_event(said, sender="@ann:127.0.0.1")

    async def vanish(self, said: str) -> None:
        self.server.redact_event(said, sender="@ann:127.0.0.1", told=False)

    async def repeat(self, said: str) -> None:
        self.server.repeat(said)

    def lose_next_post(self) -> None:
        self.server.fail("send", faults.lose())

    def limit_next_post(self) -> None:
        self.server.fail("send", faults.answer(429, BUSY))

    async def down(self) -> None:
        await self.server.stop()

    async def up(self) -> None:
        await self.server.start()


PLUG = MatrixPlug
