"""What the hub remembers of users and workers, and what owners may change."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from common.database import Database
from hub import queue
from hub.errors import Declined
from hub.popping import ONLINE_SECONDS
from hub.store import Row
from hub.tables import GENERATIONS, REQUESTS, USERS, WORKERS, State
from hub.users import ANONYMOUS, User, Users
from hub.wire import PopRequest, WorkerChange

COUNTS = ("spent", "earned", "asked", "asked_work", "made", "made_work")


async def users_known(database: Database, names: Sequence[str], now: float) -> dict[str, int]:
    """Give each name its number, for ever, and return them all."""
    async with database.write() as connection:
        rows = await connection.execute(sa.select(USERS.c.id, USERS.c.name))
        known = {row.name: row.id for row in rows if row.id != ANONYMOUS.id}
        fresh = [name for name in names if name not in known]
        first = max(known.values(), default=ANONYMOUS.id) + 1
        known |= {name: first + index for index, name in enumerate(fresh)}
        for user_id, name in [(known[name], name) for name in fresh]:
            await connection.execute(_new_user(user_id, name, now))
        await connection.execute(
            _new_user(ANONYMOUS.id, ANONYMOUS.name, now).prefix_with("OR IGNORE", dialect="sqlite")
        )
    return known


def _new_user(user_id: int, name: str, now: float) -> sa.Insert:
    return USERS.insert().values(id=user_id, name=name, created=now, **dict.fromkeys(COUNTS, 0))


async def user_details(
    connection: AsyncConnection, user: User, *, concurrency: int, now: float
) -> dict[str, Any]:
    """Return `GET /v2/find_user` of one's own key. Kudos: earned minus spent, never a barrier."""
    row = (await connection.execute(sa.select(USERS).where(USERS.c.id == user.id))).one()
    workers = await connection.scalars(sa.select(WORKERS.c.id).where(WORKERS.c.owner == user.id))
    active = await connection.scalars(
        sa.select(REQUESTS.c.id).where(
            REQUESTS.c.owner == user.id,
            sa.or_(
                REQUESTS.c.waiting > 0,
                REQUESTS.c.id.in_(
                    sa.select(GENERATIONS.c.request).where(GENERATIONS.c.state == State.PROCESSING)
                ),
            ),
        )
    )
    return _user(row, user, list(workers), list(active), concurrency=concurrency, now=now)


def _user(
    row: Row,
    user: User,
    workers: list[str],
    active: list[str],
    *,
    concurrency: int,
    now: float,
) -> dict[str, Any]:
    nothing = dict.fromkeys(
        ("gifted", "donated", "admin", "received", "recurring", "awarded", "styled"), 0
    )
    none_of = {"text": 0, "interrogation": 0}
    balance = round(row.earned - row.spent, 2)
    never = ("moderator", "flagged", "vpn", "service", "education", "special", "deleted")
    return {
        "username": user.username,
        "id": user.id,
        "kudos": balance,
        "concurrency": concurrency,
        "worker_invited": 0,
        "kudos_details": {"accumulated": balance, **nothing},
        "worker_count": len(workers),
        "worker_ids": workers,
        "styles": [],
        "sharedkey_ids": [],
        "active_generations": {"image": active, "text": [], "alchemy": []},
        "trusted": user.trusted,
        "customizer": not user.anonymous,
        "pseudonymous": False,
        "account_age": int(now - row.created),
        "usage": {"megapixelsteps": round(row.asked_work, 2), "requests": row.asked},
        "contributions": {"megapixelsteps": round(row.made_work, 2), "fulfillments": row.made},
        "records": {
            "usage": {"megapixelsteps": round(row.asked_work, 2), "tokens": 0},
            "contribution": {"megapixelsteps": round(row.made_work, 2), "tokens": 0},
            "fulfillment": {"image": row.made, **none_of},
            "request": {"image": row.asked, **none_of},
            "style": {"image": 0, **none_of},
        },
        **dict.fromkeys(never, False),
    }


async def workers_exist(connection: AsyncConnection, ids: Collection[str]) -> None:
    """Raise Declined unless each of these is a worker's id."""
    known = set(await connection.scalars(sa.select(WORKERS.c.id).where(WORKERS.c.id.in_(ids))))
    for worker in ids:
        if worker not in known:
            raise Declined("WorkerNotFound", id=worker)


async def worker_list(
    connection: AsyncConnection, users: Users, *, name: str | None, now: float
) -> list[dict[str, Any]]:
    """Return the workers that are online, or the one of this name."""
    wanted = WORKERS.c.name == name if name else WORKERS.c.seen >= now - ONLINE_SECONDS
    rows = await connection.execute(sa.select(WORKERS).where(wanted).order_by(WORKERS.c.name))
    return [_worker(row, users, now) for row in rows]


async def worker_details(
    connection: AsyncConnection, users: Users, *, column: str, value: str, now: float
) -> dict[str, Any]:
    """Return the worker with this `id` or `name`. Raises Declined if there is none."""
    found = await connection.execute(sa.select(WORKERS).where(WORKERS.c[column] == value))
    row = found.one_or_none()
    if row is None:
        raise Declined("WorkerNotFound", id=value[:100])
    return _worker(row, users, now)


def _worker(row: Row, users: Users, now: float) -> dict[str, Any]:
    offer = PopRequest.model_validate_json(row.offer)
    owner = users.by_id(row.owner)
    speed = queue.speed(row.recent_work, row.recent_seconds)
    return {
        "type": "image",
        "name": row.name,
        "id": row.id,
        "online": row.seen >= now - ONLINE_SECONDS,
        "requests_fulfilled": row.made,
        "kudos_rewards": round(row.earned, 2),
        "kudos_details": {"generated": round(row.earned, 2), "uptime": 0},
        "performance": f"{speed:.1f} megapixelsteps per second",
        "threads": offer.threads,
        "uptime": int(row.uptime),
        "maintenance_mode": row.maintenance,
        "info": row.info,
        "nsfw": offer.nsfw,
        "trusted": owner is not None and owner.trusted,
        "flagged": False,
        "uncompleted_jobs": row.uncompleted,
        "models": offer.models,
        "team": {"name": None, "id": None},
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


async def worker_changed(
    database: Database, worker: str, change: WorkerChange, user: User
) -> dict[str, Any]:
    """Store what the owner changes, and return it as the answer shows it. Raises Declined."""
    if change.paused is not None:
        raise Declined("NotModerator")
    values = change.model_dump(exclude_none=True)
    try:
        async with database.write() as connection:
            owner = await connection.scalar(
                sa.select(WORKERS.c.owner).where(WORKERS.c.id == worker)
            )
            if owner is None:
                raise Declined("WorkerNotFound", id=worker[:100])
            if owner != user.id:
                raise Declined("WrongCredentials")
            if not values:
                raise Declined("BadRequest", code="hub.no_change")
            await connection.execute(
                WORKERS.update().where(WORKERS.c.id == worker).values(**values)
            )
    except IntegrityError as error:
        raise Declined("WorkerNameAlreadyExists") from error
    return {name: value for name, value in values.items() if name != "maintenance_msg"}
