"""Kill the real program with a copy on its way to the showcase: it is shown once, and taken down."""

from __future__ import annotations

import asyncio
import signal

import pytest

from tests.crash.world import World, built, live, new_pace

PACE = 8.0
PATIENCE = 120.0
"""Real seconds."""
WALL = {"showcase": [{"account": "chat", "to": "wall", "per_hour": 3600}]}
FLIGHTS = [
    [("publish", False)],  # nothing is there
    [("publish", True)],  # it is there, and the bot does not know
    [("publish", True), ("wall", False)],  # it looks for what it does not know of
    [("publish", True), ("wall", True), ("wall", True)],
]
"""Where the program is killed, one time after another, on one copy's way."""
REMOVALS = [("unpublish", False), ("unpublish", True)]


def there(world: World) -> list[str]:
    """Return the texts of what hangs on the wall."""
    return [one.text for one in world.platform.fake.wall.values() if not one.removed]


async def until(world: World, holds, what: str) -> None:
    async def asked() -> bool:
        return holds()

    await world.until(asked, PATIENCE, what)


async def killed_on_the_way(world: World, bot, wish: str, strikes) -> None:
    """Let ann say something, and kill the program at each of the exchanges that follow from it."""

    def strike(_what: str) -> bool:
        bot.send(signal.SIGKILL)
        return True

    promise = None
    for name, after in strikes:  # armed while nothing moves: before it is said, or it is started
        world.gate.arm_at(name, strike, after=after)
        if promise is None:
            promise = await world.ledger.ask(wish, "ann")
        else:
            bot.start()
        async with asyncio.timeout(PATIENCE * PACE):
            await bot.ended.wait()
    bot.start()

    async def answered() -> bool:
        return await world.ledger.is_answered(promise)

    await world.until(answered, PATIENCE, f"the answer to {wish!r}")


@pytest.mark.timeout(0)
def test_a_copy_in_flight_is_shown_once_and_taken_down(tmp_path):
    pace = new_pace(PACE)
    database = f"sqlite+aiosqlite:///{tmp_path / 'test.sqlite'}"

    async def main():
        async with built(pace, tmp_path, database) as world:
            world.horde.seconds = 0.5
            bot = world.bot("one", **WALL)
            bot.start()
            await world.platform.attached(bot)
            yes = await world.ledger.ask("share always", "ann")
            await until(world, lambda: world.platform.fake.messages[yes.event].posts, "the yes")
            for number, strikes in enumerate(FLIGHTS, start=1):
                wish = f"draw for me fox {number} style: raw --n 1"
                await killed_on_the_way(world, bot, wish, strikes)
                await until(world, lambda n=number: len(there(world)) >= n, "the copy")
                assert sorted(text.splitlines()[0] for text in there(world)) == [
                    f"fox {one}" for one in range(1, number + 1)
                ]
            await killed_on_the_way(world, bot, "unshare all", REMOVALS)
            await until(world, lambda: not there(world), "the copies' end")
            assert len(world.platform.fake.wall) == len(FLIGHTS)
            await bot.stop()

    live(pace, main)
