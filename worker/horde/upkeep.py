"""What the owner of a worker tells its server: maintenance, a note, that it is leaving."""

from __future__ import annotations

from common import texts
from worker.horde.client import WireClient


async def change(
    horde: WireClient, name: str, *, maintenance: bool | None = None, info: str | None = None
) -> None:
    """Put a worker into maintenance or out of it, and set its note. Raises HordeError."""
    changes: dict[str, bool | str] = {}
    if maintenance is not None:
        changes["maintenance"] = maintenance
    if info is not None:
        changes["info"] = info
    await horde.change_worker((await horde.find_worker(name)).id, **changes)


async def leave(horde: WireClient, name: str) -> None:
    """Say that the worker takes no more jobs, because it is stopped. Raises HordeError."""
    facts = await horde.find_worker(name)
    if not facts.maintenance_mode:  # what its owner or the server has said stays
        message = texts.say("worker.leaving")
        await horde.change_worker(facts.id, maintenance=True, maintenance_msg=message)


async def come_back(horde: WireClient, name: str) -> None:
    """Take back what `leave` said. Raises HordeError."""
    await change(horde, name, maintenance=False)


def is_leave(words: str) -> bool:
    """Tell whether a server's refusal is what `leave` said, not somebody else's maintenance."""
    return texts.say("worker.leaving") in words
