r"""Chat platforms under the harness: the plugs of the behaviour suite, and a fake chat of its own.

The fake chat is what the others have in common, runs at any pace, and takes the same reply twice.
Any other platform needs nothing here: its plug (`tests/component/adapters/plugs/NAME.py`: a fake
server, `section`, `say`, `delete`, `repeat`, `answers`) is all that is asked for, and the adapter is
the real one, found by its entry point. Their fakes keep real time, so:

    CRASH_PLATFORM=mastodon CRASH_PACE=1 KILLS=40 \
        python -m pytest -s tests/crash/test_kills.py -k "sqlite and anywhere"

Exchanges with its server are numbered and struck like all others (`tests/crash/gate.py`), as long
as it is an aiohttp server in this process.
"""

from __future__ import annotations

import importlib
import os
import re
from collections.abc import Callable

from tests.component.adapters.plug import Answer, Can, Plug
from tests.fakes.chat import FakeChat

MARK = re.compile(r"\((\d+)/(\d+)\)\s*$")
"""How the core numbers the parts of a long answer."""


def part_of(answer: Answer) -> tuple[int, int]:
    """Return which part of how many an answer says it is."""
    found = MARK.search(answer.text)
    return (int(found[1]), int(found[2])) if found else (1, 1)


class ChatPlug(Plug):
    """The fake chat."""

    name = "chat"
    can = frozenset({Can.DELETE, Can.REPEAT, Can.KEEP, Can.OUTAGE})

    def __init__(self, clock: Callable[[], float]) -> None:
        self.fake = FakeChat(clock=clock)

    async def __aenter__(self):
        await self.fake.start()
        return self

    async def __aexit__(self, *exc: object) -> None:
        await self.fake.stop()

    def section(self):
        return {"url": self.fake.url}

    async def say(self, text, *, person="ann", reply_to=None, bot=False) -> str:
        return self.fake.say(text, person, reply_to)

    async def answers(self, said):
        return [
            Answer(post.id, post.text, len(post.pictures))
            for post in self.fake.messages[said].posts
        ]

    async def delete(self, said) -> None:
        self.fake.delete(said)

    async def repeat(self, said) -> None:
        self.fake.redeliver(said)

    async def down(self) -> None:
        await self.fake.stop()

    async def up(self) -> None:
        await self.fake.start()


def chosen(clock: Callable[[], float]) -> Plug:
    """Return the platform that `CRASH_PLATFORM` names."""
    name = os.environ.get("CRASH_PLATFORM", ChatPlug.name)
    if name == ChatPlug.name:
        return ChatPlug(clock)
    return importlib.import_module(f"tests.component.adapters.plugs.{name}").PLUG()
