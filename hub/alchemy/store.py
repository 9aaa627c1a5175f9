"""What happens to requests for alchemy and to their forms, each in one transaction.

A form waits, is with one alchemist, and is done, faulted or cancelled; one that was not done in
time, or whose alchemist gave up, waits again until it has failed too often.
"""

from __future__ import annotations

import uuid
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from common.database import Database
from hub.callers.pay import disappointed, paid
from hub.callers.users import User
from hub.errors import Declined
from hub.patience import MOST_FAULTS, MOST_LOSSES, REQUEST_SECONDS
from hub.tables import ALCHEMIES, FORMS, USERS, FormState, Row
from hub.wire.alchemy import AlchemyRequest, AlchemySubmit

OPEN = (FormState.WAITING, FormState.PROCESSING)


@dataclass(frozen=True, slots=True)
class DoneForm:
    """A form that has arrived, with what its owner's webhook is told."""

    row: Row
    webhook: str | None


async def alchemy_submitted(
    database: Database,
    alchemy_id: str,
    request: AlchemyRequest,
    user: User,
    *,
    tiles: int,
    prices: Sequence[float],
    concurrency: int,
    now: float,
) -> None:
    """Put forms into the queue, each at its price. Raises Declined if too many of theirs wait."""
    count = len(request.forms)
    async with database.write() as connection:
        wanted = count + await _waiting(connection, user)
        if wanted > concurrency:
            code = "hub.too_many_forms"
            raise Declined("TooManyPrompts", code=code, wanted=wanted, limit=concurrency)
        last_place = await connection.scalar(sa.select(sa.func.max(ALCHEMIES.c.place))) or 0
        await connection.execute(
            ALCHEMIES.insert().values(
                id=alchemy_id,
                place=last_place + 1,
                owner=user.id,
                tiles=tiles,
                trusted=request.trusted_workers,
                webhook=request.webhook,
                created=now,
                expires=now + REQUEST_SECONDS,
            )
        )
        forms = [
            {
                "id": str(uuid.uuid4()),
                "alchemy": alchemy_id,
                "number": number,
                "name": form.name,
                "payload": form.payload,
                "price": price,
                "state": FormState.WAITING,
                "failures": 0,
                "losses": 0,
            }
            for number, (form, price) in enumerate(zip(request.forms, prices, strict=True))
        ]
        await connection.execute(FORMS.insert(), forms)
        await connection.execute(
            USERS.update()
            .where(USERS.c.id == user.id)
            .values(asked_forms=USERS.c.asked_forms + count)
        )


async def forms_of(connection: AsyncConnection, alchemy_id: str) -> list[Row]:
    """Return the forms of a request, as they were asked for. Raises Declined."""
    found = await connection.execute(
        sa.select(FORMS).where(FORMS.c.alchemy == alchemy_id).order_by(FORMS.c.number)
    )
    rows = list(found.all())
    if not rows:
        raise Declined("RequestNotFound", id=alchemy_id[:100])
    return rows


async def alchemy_cancelled(database: Database, alchemy_id: str) -> None:
    """Want nothing more of a request; what is done stays."""
    async with database.write() as connection:
        await connection.execute(
            FORMS.update()
            .where(FORMS.c.alchemy == alchemy_id, FORMS.c.state.in_(OPEN))
            .values(state=FormState.CANCELLED)
        )


async def form_held(database: Database, form: str, user: User) -> Row:
    """Return a form that is at work at one of this user's alchemists. Raises Declined."""
    async with database.read() as connection:
        return await _held(connection, form, user)


async def form_faulted(database: Database, form: str, user: User) -> None:
    """Want a form done by somebody else; after three failed tries it is faulted."""
    async with database.write() as connection:
        row = await _held(connection, form, user)
        await _failed(connection, [row])


async def form_delivered(
    database: Database, submit: AlchemySubmit, result: dict[str, Any], user: User, now: float
) -> DoneForm:
    """Record what came of a form, and pay for it. Raises Declined like `form_held`."""
    async with database.write() as connection:
        row = await _held(connection, submit.id, user)
        await connection.execute(
            FORMS.update().where(FORMS.c.id == row.id).values(state=FormState.DONE, result=result)
        )
        await kept_alive(connection, {row.alchemy}, now)
        asked = (
            await connection.execute(sa.select(ALCHEMIES).where(ALCHEMIES.c.id == row.alchemy))
        ).one()
        await paid(connection, row, asked.owner, row.price, work=1, made={"made_forms": 1}, now=now)
    return DoneForm(row, asked.webhook)


async def overdue_forms_aborted(database: Database, now: float) -> int:
    """Take forms past their time away from their alchemists; return how many."""
    async with database.write() as connection:
        found = await connection.execute(
            sa.select(FORMS).where(FORMS.c.state == FormState.PROCESSING, FORMS.c.deadline < now)
        )
        overdue = found.all()
        await _failed(connection, overdue)
        await disappointed(connection, overdue)
    return len(overdue)


async def alchemies_expired(database: Database, now: float) -> list[str]:
    """Forget requests whose time is over; return their ids."""
    async with database.write() as connection:
        over = ALCHEMIES.c.expires < now
        expired = list(await connection.scalars(sa.select(ALCHEMIES.c.id).where(over)))
        if expired:
            await connection.execute(FORMS.delete().where(FORMS.c.alchemy.in_(expired)))
            await connection.execute(ALCHEMIES.delete().where(over))
    return expired


# --- inside a transaction ------------------------------------------------------------------


async def forms_lost(connection: AsyncConnection, worker: str, started: float) -> None:
    """Want again what earlier processes of an alchemist had popped. Part of a pop."""
    hopeless = FORMS.c.losses + 1 >= MOST_LOSSES
    await connection.execute(
        FORMS.update()
        .where(
            FORMS.c.worker == worker,
            FORMS.c.state == FormState.PROCESSING,
            FORMS.c.started < started,
        )
        .values(
            losses=FORMS.c.losses + 1,
            state=sa.case((hopeless, FormState.FAULTED), else_=FormState.WAITING),
        )
    )


async def kept_alive(connection: AsyncConnection, alchemies: Collection[str], now: float) -> None:
    """Keep requests for as long again as a new one. Part of what happens to their forms."""
    await connection.execute(
        ALCHEMIES.update()
        .where(ALCHEMIES.c.id.in_(alchemies))
        .values(expires=sa.func.max(ALCHEMIES.c.expires, now + REQUEST_SECONDS))
    )


async def _waiting(connection: AsyncConnection, user: User) -> int:
    """Return how many forms of somebody wait."""
    count = await connection.scalar(
        sa.select(sa.func.count())
        .select_from(FORMS.join(ALCHEMIES, ALCHEMIES.c.id == FORMS.c.alchemy))
        .where(ALCHEMIES.c.owner == user.id, FORMS.c.state == FormState.WAITING)
    )
    return count or 0


async def _held(connection: AsyncConnection, form: str, user: User) -> Row:
    found = await connection.execute(sa.select(FORMS).where(FORMS.c.id == form))
    row = found.one_or_none()
    if row is None:
        raise Declined("InvalidJobID", code="hub.form_not_found", id=form)
    if row.owner is not None and row.owner != user.id:
        raise Declined("WrongCredentials")
    if row.state == FormState.DONE:
        raise Declined("DuplicateGen", code="hub.duplicate_form", id=form)
    if row.state != FormState.PROCESSING:
        raise Declined("AbortedGen", code="hub.aborted_form", id=form)
    return row


async def _failed(connection: AsyncConnection, forms: Sequence[Row]) -> None:
    """Let forms wait again, or give them up."""
    hopeless = FORMS.c.failures + 1 >= MOST_FAULTS
    if forms:
        await connection.execute(
            FORMS.update()
            .where(FORMS.c.id.in_([form.id for form in forms]))
            .values(
                failures=FORMS.c.failures + 1,
                state=sa.case((hopeless, FormState.FAULTED), else_=FormState.WAITING),
            )
        )
