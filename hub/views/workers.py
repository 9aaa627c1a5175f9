"""What is told of workers; their owners and moderators are told more."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.callers.users import User, Users
from hub.callers.workers import ONLINE_SECONDS
from hub.errors import Declined
from hub.queue import terms
from hub.tables import WORKERS, Kind, Row
from hub.wire.alchemy import AlchemyPop
from hub.wire.bodies import PopRequest


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
    speed = terms.speed(row.recent_work, row.recent_seconds)
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
