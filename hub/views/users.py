"""What a user is told of themselves."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.callers.users import User
from hub.tables import (
    ALCHEMIES,
    FORMS,
    GENERATIONS,
    REQUESTS,
    USERS,
    WORKERS,
    FormState,
    Row,
    State,
)


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
    open_forms = FORMS.c.state.in_((FormState.WAITING, FormState.PROCESSING))
    alchemy = await connection.scalars(
        sa.select(ALCHEMIES.c.id).where(
            ALCHEMIES.c.owner == user.id,
            ALCHEMIES.c.id.in_(sa.select(FORMS.c.alchemy).where(open_forms)),
        )
    )
    running = {"image": list(active), "text": [], "alchemy": list(alchemy)}
    return _user(row, user, list(workers), running, concurrency=concurrency, now=now)


def _user(
    row: Row,
    user: User,
    workers: list[str],
    active: dict[str, list[str]],
    *,
    concurrency: int,
    now: float,
) -> dict[str, Any]:
    nothing = dict.fromkeys(
        ("gifted", "donated", "admin", "received", "recurring", "awarded", "styled"), 0
    )
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
        "active_generations": active,
        "trusted": user.trusted,
        "customizer": not user.anonymous,
        "pseudonymous": False,
        "account_age": int(now - row.created),
        "usage": {"megapixelsteps": round(row.asked_work, 2), "requests": row.asked},
        "contributions": {"megapixelsteps": round(row.made_work, 2), "fulfillments": row.made},
        "records": {
            "usage": {"megapixelsteps": round(row.asked_work, 2), "tokens": 0},
            "contribution": {"megapixelsteps": round(row.made_work, 2), "tokens": 0},
            "fulfillment": {"image": row.made, "text": 0, "interrogation": row.made_forms},
            "request": {"image": row.asked, "text": 0, "interrogation": row.asked_forms},
            "style": {"image": 0, "text": 0, "interrogation": 0},
        },
        **dict.fromkeys(never, False),
    }
