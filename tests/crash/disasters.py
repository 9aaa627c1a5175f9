"""What goes wrong around the program as a whole: its disk, its clock, its database, its neighbours.

Each is an async function that brings it about, waits, and makes it good again.
"""

from __future__ import annotations

import asyncio
import os
import resource
import sqlite3
import subprocess
import threading
from collections.abc import Awaitable, Callable
from contextlib import contextmanager
from pathlib import Path

from tests.crash.bot import Bot
from tests.crash.world import World
from tests.fakes.postgres import Cluster

Disaster = Callable[[World, Bot], Awaitable[None]]
DISK = 48 * 1024 * 1024
FULL_FOR = 1.5
"""Real seconds."""


@contextmanager
def small_disk(folder: Path):
    """Mount a small disk of its own at a folder, where that is allowed; yield whether it was."""
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", f"size={DISK}", "tmpfs", str(folder)]
    mounted = subprocess.run(command, check=False, capture_output=True).returncode == 0
    try:
        yield mounted
    finally:
        if mounted:
            subprocess.run(["umount", "--lazy", str(folder)], check=True)


async def fill_disk(world: World, bot: Bot) -> None:
    """Leave not a byte free on the disk with the data, or let no file of the program grow."""
    data = world.folder / "data"
    if not data.is_mount():
        return await forbid_growth(world, bot)
    ballast = data / "ballast"
    with ballast.open("wb") as file:
        try:
            while True:
                os.write(file.fileno(), bytes(4096))
        except OSError:
            pass
    await asyncio.sleep(FULL_FOR * world.pace.speed)
    ballast.unlink()
    return None


async def forbid_growth(world: World, bot: Bot) -> None:
    """Let every write of the program beyond 4 kB fail, its log's too (RLIMIT_FSIZE)."""
    limits = resource.prlimit(bot.pid, resource.RLIMIT_FSIZE)
    resource.prlimit(bot.pid, resource.RLIMIT_FSIZE, (4096, limits[1]))
    await asyncio.sleep(FULL_FOR * world.pace.speed)
    if bot.pid is not None:
        resource.prlimit(bot.pid, resource.RLIMIT_FSIZE, limits)


def jump_clock(seconds: float) -> Disaster:
    """Let the program's wall clock be wrong for a while."""

    async def jump(world: World, bot: Bot) -> None:
        bot.board.set_clock(seconds)
        await asyncio.sleep(20.0)
        bot.board.set_clock(0.0)

    return jump


def lock_sqlite(path: Path, seconds: float) -> Disaster:
    """Hold SQLite's lock as another program would, for so many real seconds."""

    def held() -> None:
        with sqlite3.connect(path, isolation_level=None, timeout=30) as other:
            other.execute("BEGIN IMMEDIATE")
            threading.Event().wait(seconds)
            other.execute("ROLLBACK")
        other.close()

    async def lock(world: World, bot: Bot) -> None:
        await asyncio.to_thread(held)

    return lock


def restart_postgres(cluster: Cluster, how: str) -> Disaster:
    """Stop the database server and start it again; `immediate` is a crash of it."""

    async def restart(world: World, bot: Bot) -> None:
        await asyncio.to_thread(cluster.restart, how)

    return restart


async def silence_horde(world: World, bot: Bot) -> None:
    """Let nobody listen at the Horde's address."""
    await world.horde.stop()
    await asyncio.sleep(15.0)
    await world.horde.start()


async def silence_platform(world: World, bot: Bot) -> None:
    await world.platform.down()
    await asyncio.sleep(15.0)
    await world.platform.up()
