"""The hub's workers: checking in, what is told of them, and who may change what."""

from __future__ import annotations

import uuid
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from common.database import Database
from hub.callers.users import User
from hub.errors import Declined
from hub.tables import WORKERS, Kind, Row
from hub.wire.alchemy import AlchemyPop
from hub.wire.bodies import PopRequest, WorkerChange

CHECK_IN_SECONDS = 10
"""A worker that asks without change is written down only so often."""
ONLINE_SECONDS = 300
MOST_WORKERS = 20
MOST_UNTRUSTED_WORKERS = 4


@dataclass(frozen=True, slots=True)
class Resting:
    """A worker that gets nothing of others now."""

    code: str | None
    """Of the sentence; None: the usual one."""
    message: str = ""

    def refusal(self) -> Declined:
        """Return what it is told."""
        return Declined("WorkerMaintenance", code=self.code, message=self.message)


def resting(row: Row) -> Resting | None:
    """Return why a worker is to rest; None if it is not."""
    if row.paused:
        return Resting("hub.worker_paused")
    if not row.maintenance:
        return None
    return Resting("hub.owner_says" if row.maintenance_msg else None, row.maintenance_msg)


async def worker_seen(
    connection: AsyncConnection, offer: PopRequest | AlchemyPop, user: User, kind: Kind, now: float
) -> Row:
    """Write down that a worker is there and what it offers; the first time makes it.

    Raises Declined if the name is somebody else's or the owner has too many workers.
    """
    by_name = sa.select(WORKERS).where(WORKERS.c.name == offer.name)
    row = (await connection.execute(by_name)).one_or_none()
    text = offer.model_dump_json(exclude={"started"})
    if row is None:
        await _introduce(connection, offer.name, text, user, kind=kind, now=now)
    elif row.owner != user.id:
        raise Declined("WrongCredentials")
    elif row.kind != kind:
        raise Declined("WrongCredentials", code="hub.worker_of_another_kind")
    elif row.offer != text or row.seen < now - CHECK_IN_SECONDS:
        online = now - row.seen if now - row.seen < ONLINE_SECONDS else 0
        await connection.execute(
            WORKERS.update()
            .where(WORKERS.c.id == row.id)
            .values(offer=text, seen=now, uptime=WORKERS.c.uptime + online)
        )
    return (await connection.execute(by_name)).one()


async def _introduce(
    connection: AsyncConnection, name: str, offer: str, user: User, *, kind: Kind, now: float
) -> None:
    count = await connection.scalar(
        sa.select(sa.func.count()).select_from(WORKERS).where(WORKERS.c.owner == user.id)
    )
    limit = MOST_WORKERS if user.trusted else MOST_UNTRUSTED_WORKERS
    if (count or 0) >= limit:
        raise Declined("TooManyWorkers", limit=limit)
    zeros = dict.fromkeys(
        ("uptime", "recent_work", "recent_seconds", "made", "made_work", "earned", "uncompleted"), 0
    )
    await connection.execute(
        WORKERS.insert().values(
            id=str(uuid.uuid4()),
            name=name,
            kind=kind,
            owner=user.id,
            offer=offer,
            info="",
            maintenance=False,
            maintenance_msg="",
            paused=False,
            created=now,
            seen=now,
            **zeros,
        )
    )


async def workers_exist(connection: AsyncConnection, ids: Collection[str]) -> None:
    """Raise Declined unless each of these is a worker's id."""
    known = set(await connection.scalars(sa.select(WORKERS.c.id).where(WORKERS.c.id.in_(ids))))
    for worker in ids:
        if worker not in known:
            raise Declined("WorkerNotFound", id=worker)


async def worker_changed(
    database: Database, worker: str, change: WorkerChange, user: User
) -> dict[str, Any]:
    """Store what the owner or a moderator changes, and return it as the answer shows it.

    Only moderators pause. Raises Declined.
    """
    values = change.model_dump(exclude_none=True)
    if change.paused is not None and not user.moderator:
        raise Declined("NotModerator")
    try:
        async with database.write() as connection:
            owner = await connection.scalar(
                sa.select(WORKERS.c.owner).where(WORKERS.c.id == worker)
            )
            if owner is None:
                raise Declined("WorkerNotFound", id=worker[:100])
            if owner != user.id and not user.moderator:
                raise Declined("WrongCredentials")
            if not values:
                raise Declined("BadRequest", code="hub.no_change")
            await connection.execute(
                WORKERS.update().where(WORKERS.c.id == worker).values(**values)
            )
    except IntegrityError as error:
        raise Declined("WorkerNameAlreadyExists") from error
    return {name: value for name, value in values.items() if name != "maintenance_msg"}
