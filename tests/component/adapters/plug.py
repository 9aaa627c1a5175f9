"""What the behaviour suite asks of a chat platform: a plug, one file in `plugs/` for each.

A plug stands for the people on the platform and for what they see there. It knows nothing of the
bot but the posts it makes. What a platform cannot do is left out of `can`, and the scenarios that
need it are not run for it.
"""

from __future__ import annotations

import asyncio
import importlib
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any, ClassVar, Self

from tests.waiting import wait_while

PAUSE = 0.05
"""Seconds between two looks at what the bot has posted: some platforms draw a page for each."""
ELSEWHERE = "hordebots.plugs"
"""Entry point group of plugs in other packages."""


class Can(StrEnum):
    """What a platform can do beside carrying messages and answers."""

    DELETE = "delete"
    """People can delete what they wrote, and the bot hears or finds out: `delete`."""
    NOTICE = "notice"
    """What was deleted while the bot was away it finds out when it is back."""
    REPEAT = "repeat"
    """An event may come twice: `repeat`."""
    KEEP = "keep"
    """What is said while the bot is away is there when it comes back."""
    LOSE = "lose"
    """A post may be taken without an answer to the bot: `lose_next_post`."""
    LIMIT = "limit"
    """It limits how often the bot may post: `limit_next_post`."""
    OUTAGE = "outage"
    """It can be down while the bot runs: `down`, `up`."""
    BOTS = "bots"
    """Accounts can be marked as bots: `say(…, bot=True)`."""
    VANISH = "vanish"
    """What somebody asks for can be gone before it is answered: `vanish`."""
    REMOVE = "remove"
    """The bot can take its posts back."""
    SHOW = "show"
    """The bot can post what nobody asked it: `wall`, `shown`."""


@dataclass(frozen=True, slots=True)
class Answer:
    """A post of the bot, as people see it."""

    id: str
    """By which one can reply to it (`say(…, reply_to=id)`)."""
    text: str
    pictures: int = 0
    alts: tuple[str, ...] = ()
    """Alternative texts of the pictures."""


class Plug:
    """A platform in a test. Entering it starts the fake server, leaving it ends it."""

    name: ClassVar[str]
    """Of the platform, as `accounts` calls it; the account is called so as well."""
    can: ClassVar[frozenset[Can]] = frozenset()
    module: ClassVar[str]
    """Of the adapter."""

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *exc: object) -> None:
        return None

    def section(self) -> dict[str, Any]:
        """Return the account's section of `config.yaml`, without the platform."""
        return {}

    async def attached(self, adapter: Any) -> None:
        """Wait until the bot hears; called after each start."""

    async def say(
        self, text: str, *, person: str = "ann", reply_to: str | None = None, bot: bool = False
    ) -> str:
        """Let somebody write to the bot (addressing it as one does there); return the id."""
        raise NotImplementedError

    async def say_long_ago(self, text: str, *, person: str = "ann") -> str:
        """Let somebody have written to the bot an hour ago, where the platform tells times."""
        return await self.say(text, person=person)

    async def answers(self, said: str) -> list[Answer]:
        """Return the bot's posts that answer something said, oldest first."""
        raise NotImplementedError

    async def delete(self, said: str) -> None:
        """Let the one who said it delete it."""
        raise NotImplementedError

    async def vanish(self, said: str) -> None:
        """Let something be gone without the bot being told."""
        raise NotImplementedError

    async def repeat(self, said: str) -> None:
        """Deliver something said to the bot once more."""
        raise NotImplementedError

    def lose_next_post(self) -> None:
        """Take the bot's next post, but cut the line before the bot knows."""
        raise NotImplementedError

    def limit_next_post(self) -> None:
        """Tell the bot to wait a moment when it posts next."""
        raise NotImplementedError

    async def down(self) -> None:
        """Answer nothing from now on."""
        raise NotImplementedError

    async def up(self) -> None:
        """Be back, with everything that was there."""
        raise NotImplementedError

    def wall(self) -> str:
        """Return where the bot posts of its own accord, as a plan's venue names it."""
        return ""

    async def shown(self) -> list[Answer]:
        """Return what the bot has posted of its own accord and not taken down."""
        raise NotImplementedError

    # --- what follows from these ---------------------------------------------------------------

    async def answered(self, said: str, count: int = 1, seconds: float = 30.0) -> list[Answer]:
        """Wait until something is answered with so many posts; return all of them."""
        async with asyncio.timeout(seconds):
            while len(found := await self.answers(said)) < count:
                await asyncio.sleep(PAUSE)
        return found

    async def answer(self, said: str) -> Answer:
        """Wait for the first post of an answer."""
        return (await self.answered(said))[0]

    async def taken_back(self, said: str) -> None:
        """Wait until no answer to something is left."""
        await wait_while(lambda: self.answers(said), pause=PAUSE)


@cache
def plugs() -> dict[str, type[Plug]]:
    """Return the plugs of all platforms, by name: each file in `plugs/` has one as `PLUG`.

    Adapters in packages of their own bring theirs by an entry point.
    """
    names = sorted(file.stem for file in (Path(__file__).parent / "plugs").glob("*.py"))
    modules = [importlib.import_module(f"tests.component.adapters.plugs.{name}") for name in names]
    ours = {module.PLUG.name: module.PLUG for module in modules}
    return ours | {entry.name: entry.load() for entry in entry_points(group=ELSEWHERE)}
