"""What happens to requests for alchemy and to their forms, each in one transaction.

A form waits, is with one alchemist, and is done, faulted or cancelled; one that was not done in
time, or whose alchemist gave up, waits again until it has failed too often.
"""

from __future__ import annotations

import uuid
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from common.database import Database
from common.horde.wire_names import POST_PROCESSORS
from hub import alchemy
from hub.errors import Declined
from hub.store import DECAY, MOST_FAULTS, MOST_LOSSES, REQUEST_SECONDS, Row
from hub.tables import ALCHEMIES, FORMS, USERS, WORKERS, FormState, Kind
from hub.users import User
from hub.wire_alchemy import AlchemyPop, AlchemyRequest, AlchemySubmit
from hub.workers import Resting, resting, worker_seen

OPEN = (FormState.WAITING, FormState.PROCESSING)


@dataclass(frozen=True, slots=True)
class Taken:
    """What an alchemist gets: forms of waiting requests, or why there are none."""

    forms: tuple[Row, ...]
    untrusted: int = 0
    """Forms it does not get because its owner is not trusted."""
    resting: Resting | None = None


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
    concurrency: int,
    now: float,
) -> None:
    """Put forms into the queue. Raises Declined if too many of their owner wait."""
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
                "price": alchemy.price(form.name, tiles),
                "state": FormState.WAITING,
                "failures": 0,
                "losses": 0,
            }
            for number, form in enumerate(request.forms)
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


async def forms_popped(
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
            await _lost(connection, worker.id, offer.started)
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
            deadline=now + alchemy.FORM_SECONDS,
        )
    )
    await _keep_alive(connection, set(chosen.values()), now)
    found = await connection.execute(sa.select(FORMS).where(FORMS.c.id.in_(chosen)))
    rows = {row.id: row for row in found}
    return tuple(rows[form] for form in chosen)


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
        await _keep_alive(connection, {row.alchemy}, now)
        asked = (
            await connection.execute(sa.select(ALCHEMIES).where(ALCHEMIES.c.id == row.alchemy))
        ).one()
        await _pay(connection, row, asked.owner, now)
    return DoneForm(row, asked.webhook)


async def overdue_forms_aborted(database: Database, now: float) -> int:
    """Take forms past their time away from their alchemists; return how many."""
    async with database.write() as connection:
        found = await connection.execute(
            sa.select(FORMS).where(FORMS.c.state == FormState.PROCESSING, FORMS.c.deadline < now)
        )
        overdue = found.all()
        await _failed(connection, overdue)
        for form in overdue:
            await connection.execute(
                WORKERS.update()
                .where(WORKERS.c.id == form.worker)
                .values(uncompleted=WORKERS.c.uncompleted + 1)
            )
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


async def _lost(connection: AsyncConnection, worker: str, started: float) -> None:
    """Want again what earlier processes of an alchemist had popped."""
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


async def _keep_alive(connection: AsyncConnection, alchemies: Collection[str], now: float) -> None:
    await connection.execute(
        ALCHEMIES.update()
        .where(ALCHEMIES.c.id.in_(alchemies))
        .values(expires=sa.func.max(ALCHEMIES.c.expires, now + REQUEST_SECONDS))
    )


async def _pay(connection: AsyncConnection, form: Row, asker: int, now: float) -> None:
    """Credit the alchemist and its owner, debit the asker, and measure the speed."""
    price = form.price
    await connection.execute(
        USERS.update().where(USERS.c.id == asker).values(spent=USERS.c.spent + price)
    )
    await connection.execute(
        USERS.update()
        .where(USERS.c.id == form.owner)
        .values(earned=USERS.c.earned + price, made_forms=USERS.c.made_forms + 1)
    )
    since = sa.func.max(sa.func.coalesce(WORKERS.c.delivered, 0), form.popped)
    await connection.execute(
        WORKERS.update()
        .where(WORKERS.c.id == form.worker)
        .values(
            recent_work=WORKERS.c.recent_work * DECAY + 1,
            recent_seconds=WORKERS.c.recent_seconds * DECAY + (now - since),
            delivered=now,
            made=WORKERS.c.made + 1,
            earned=WORKERS.c.earned + price,
        )
    )
