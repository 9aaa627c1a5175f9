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
from hub import queue
from hub.errors import Declined
from hub.store import Row
from hub.tables import WORKERS, Kind
from hub.users import User, Users
from hub.wire import PopRequest, WorkerChange
from hub.wire_alchemy import AlchemyPop

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


def as_worker(row: Row, offer: PopRequest, *, trusted: bool) -> queue.Worker:
    """Return a row of the workers' table as the queue sees it."""
    return queue.Worker(
        id=row.id,
        offer=offer,
        owner=row.owner,
        trusted=trusted,
        speed=queue.speed(row.recent_work, row.recent_seconds),
    )


async def workers_exist(connection: AsyncConnection, ids: Collection[str]) -> None:
    """Raise Declined unless each of these is a worker's id."""
    known = set(await connection.scalars(sa.select(WORKERS.c.id).where(WORKERS.c.id.in_(ids))))
    for worker in ids:
        if worker not in known:
            raise Declined("WorkerNotFound", id=worker)


async def worker_list(
    connection: AsyncConnection,
    users: Users,
    *,
    kind: Kind | None,
    name: str | None,
    reader: User | None,
    now: float,
) -> list[dict[str, Any]]:
    """Return the workers of a kind (None: all) that are online, or the one of this name."""
    wanted = WORKERS.c.seen >= now - ONLINE_SECONDS
    if name:
        wanted = sa.func.lower(WORKERS.c.name) == name.lower()
    if kind is not None:
        wanted = sa.and_(wanted, WORKERS.c.kind == kind)
    rows = await connection.execute(sa.select(WORKERS).where(wanted).order_by(WORKERS.c.name))
    return [_worker(row, users, reader, now) for row in rows]


async def worker_details(
    connection: AsyncConnection,
    users: Users,
    *,
    column: str,
    value: str,
    reader: User | None,
    now: float,
) -> dict[str, Any]:
    """Return the worker with this `id` or `name`. Raises Declined if there is none."""
    found = await connection.execute(sa.select(WORKERS).where(WORKERS.c[column] == value))
    row = found.one_or_none()
    if row is None:
        raise Declined("WorkerNotFound", id=value[:100])
    return _worker(row, users, reader, now)


def _worker(row: Row, users: Users, reader: User | None, now: float) -> dict[str, Any]:
    """Return what is told of a worker; its owner and moderators are told more."""
    owner = users.by_id(row.owner)
    told = {
        "type": row.kind,
        "name": row.name,
        "id": row.id,
        "online": row.seen >= now - ONLINE_SECONDS,
        "requests_fulfilled": row.made,
        "kudos_rewards": round(row.earned, 2),
        "kudos_details": {"generated": round(row.earned, 2), "uptime": 0},
        "uptime": int(row.uptime),
        "maintenance_mode": row.maintenance,
        "info": row.info,
        "trusted": owner is not None and owner.trusted,
        "flagged": False,
        "uncompleted_jobs": row.uncompleted,
        "team": {"name": None, "id": None},
    }
    if reader is not None and (reader.moderator or reader.id == row.owner):
        told |= {"paused": row.paused, "owner": owner.username if owner is not None else None}
    if row.kind == Kind.ALCHEMIST:
        return told | _alchemist(row)
    return told | _maker(row)


def _maker(row: Row) -> dict[str, Any]:
    """Return what is told of a worker that makes pictures."""
    offer = PopRequest.model_validate_json(row.offer)
    speed = queue.speed(row.recent_work, row.recent_seconds)
    return {
        "performance": f"{speed:.1f} megapixelsteps per second",
        "threads": offer.threads,
        "nsfw": offer.nsfw,
        "models": offer.models,
        "bridge_agent": offer.bridge_agent,
        "max_pixels": offer.max_pixels,
        "megapixelsteps_generated": round(row.made_work, 2),
        "img2img": offer.allow_img2img,
        "painting": offer.allow_painting,
        "post-processing": offer.allow_post_processing,
        "lora": offer.allow_lora,
        "controlnet": offer.allow_controlnet,
        "sdxl_controlnet": offer.allow_sdxl_controlnet,
    }


def _alchemist(row: Row) -> dict[str, Any]:
    """Return what is told of one that looks at pictures and works on them."""
    offer = AlchemyPop.model_validate_json(row.offer)
    seconds = row.recent_seconds / row.recent_work if row.recent_work else 0.0
    return {
        "performance": f"{seconds:.1f} seconds per form",
        "threads": offer.threads,
        "forms": offer.forms,
        "bridge_agent": offer.bridge_agent,
    }


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
