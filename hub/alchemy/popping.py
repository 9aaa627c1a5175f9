"""An alchemist asks for work: check it in, give it the forms it can do. One transaction."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from common.database import Database
from common.horde.wire_names import POST_PROCESSORS
from hub.alchemy import store, terms
from hub.callers.users import User
from hub.callers.workers import Resting, resting, worker_seen
from hub.tables import ALCHEMIES, FORMS, FormState, Kind, Row
from hub.wire.alchemy import AlchemyPop


@dataclass(frozen=True, slots=True)
class Taken:
    """What an alchemist gets: forms of waiting requests, or why there are none."""

    forms: tuple[Row, ...]
    untrusted: int = 0
    """Forms it does not get because its owner is not trusted."""
    resting: Resting | None = None


async def pop(
    database: Database,
    offer: AlchemyPop,
    user: User,
    *,
    priority: Collection[int],
    now: float,
) -> Taken:
    """Check the alchemist in and give it forms it can do, those of its friends first.

    Raises Declined if the name is somebody else's or the owner has too many workers.
    """
    preferred = {user.id, *priority}
    async with database.write() as connection:
        worker = await worker_seen(connection, offer, user, Kind.ALCHEMIST, now)
        if offer.started is not None:
            await store.forms_lost(connection, worker.id, offer.started)
        if worker.paused:
            return Taken((), resting=resting(worker))
        fitting = _fitting(offer)
        if worker.maintenance:
            fitting = sa.and_(fitting, ALCHEMIES.c.owner.in_(preferred))
        allowed = fitting if user.trusted else sa.and_(fitting, sa.not_(ALCHEMIES.c.trusted))
        first = sa.case((ALCHEMIES.c.owner.in_(preferred), 0), else_=1)
        joined = FORMS.join(ALCHEMIES, ALCHEMIES.c.id == FORMS.c.alchemy)
        found = await connection.execute(
            sa.select(FORMS.c.id, FORMS.c.alchemy)
            .select_from(joined)
            .where(allowed)
            .order_by(first, ALCHEMIES.c.place, FORMS.c.number)
            .limit(offer.amount)
        )
        chosen = found.all()
        if chosen:
            forms = {form.id: form.alchemy for form in chosen}
            return Taken(await _assign(connection, forms, worker, offer, now))
        untrusted = await connection.scalar(
            sa.select(sa.func.count()).select_from(joined).where(fitting)
        )
        return Taken((), untrusted or 0, resting(worker))


def _fitting(offer: AlchemyPop) -> sa.ColumnElement[bool]:
    """Return the condition for waiting forms that an alchemist offers to do."""
    small = sa.or_(ALCHEMIES.c.tiles <= offer.max_tiles, FORMS.c.name.not_in(list(POST_PROCESSORS)))
    return sa.and_(FORMS.c.state == FormState.WAITING, FORMS.c.name.in_(offer.forms), small)


async def _assign(
    connection: AsyncConnection,
    chosen: Mapping[str, str],
    worker: Row,
    offer: AlchemyPop,
    now: float,
) -> tuple[Row, ...]:
    """Give forms (id → id of their request) to an alchemist, and keep their requests alive."""
    await connection.execute(
        FORMS.update()
        .where(FORMS.c.id.in_(chosen))
        .values(
            state=FormState.PROCESSING,
            worker=worker.id,
            worker_name=offer.name,
            owner=worker.owner,
            started=offer.started,
            popped=now,
            deadline=now + terms.FORM_SECONDS,
        )
    )
    await store.kept_alive(connection, set(chosen.values()), now)
    found = await connection.execute(sa.select(FORMS).where(FORMS.c.id.in_(chosen)))
    rows = {row.id: row for row in found}
    return tuple(rows[form] for form in chosen)
