"""The ledger: who won what, and each transfer, written down before it is sent.

Two things hold after every transaction, whatever dies in between: what is bound for an event is
never more than its funds, and nobody has two prizes for the same reason. A prize that no account
on the Horde is named for waits here; nothing has moved, so giving it back moves nothing either.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from common.database import Database
from common.errors import Refusal
from events.kudos.records import (
    FREED,
    ON_THE_WAY,
    FundState,
    Purpose,
    Receipt,
    Sheet,
    Transfer,
    TransferState,
    fund_of,
    transfer_of,
)
from events.kudos.tables import kudos_funds, kudos_prizes, kudos_transfers
from events.linking.codes import number_of
from events.prizes import Award, Fund, share_out
from request.kept.leases import Lease, guard

DAY = 24 * 3600.0
CLAIM_DAYS = 90.0
"""Days for which a prize waits for its winner to name an account on the Horde."""


class Ledger:
    """The prizes and transfers of all events."""

    def __init__(
        self,
        database: Database,
        *,
        now: Callable[[], float] = time.time,
        new_id: Callable[[], str] = lambda: secrets.token_hex(12),
        claim_days: float = CLAIM_DAYS,
    ) -> None:
        self._database = database
        self._now = now
        self._new_id = new_id
        self._claim_days = claim_days

    # --- awarding ---------------------------------------------------------------------------

    async def award(
        self,
        lease: Lease,
        event: str,
        awards: Sequence[Award],
        names: Mapping[str, str],
    ) -> None:
        """Write the prizes of an event down, with the transfers that pay them.

        `names` are the accounts on the Horde by payee; who has none there can claim the prize
        later. Awards that stand already are left as they are, so this may be done again. Raises
        Refusal where the funds do not cover all of them: then nothing is written.
        """
        async with self._database.write() as connection:
            await guard(connection, lease)
            funds = await _lock_funds(connection, event)
            known = await _known(connection, event)
            new = [one for one in awards if (one.person, one.reason) not in known]
            bound = await _bound(connection, event)
            left = [replace(fund, kudos=fund.kudos - bound.get(fund.id, 0)) for fund in funds]
            prizes = {(one.person, one.reason): self._prize(event, one) for one in new}
            if not prizes:
                return
            await connection.execute(kudos_prizes.insert(), list(prizes.values()))
            transfers = [
                self._transfer(prizes[share.award.person, share.award.reason], share.fund)
                | {"kudos": share.kudos}
                for share in share_out(new, left)
            ]
            await connection.execute(kudos_transfers.insert(), transfers)
            for payee in {one.payee for one in new} & set(names):
                await self._address(connection, payee, names[payee], event)

    async def named(self, payee: str, name: str) -> int:
        """Have the prizes that wait for a winner sent to the account they named.

        Returns how many kudos are on their way now. Raises Refusal if another winner of the same
        event named that account: one account gets the prizes of one person.
        """
        async with self._database.write() as connection:
            return await self._address(connection, payee, name)

    async def lapse(self, lease: Lease) -> int:
        """Give up the prizes that waited too long; returns how many kudos stay with the payers."""
        late = sa.select(kudos_prizes.c.id).where(kudos_prizes.c.until <= self._now())
        waiting = (kudos_transfers.c.state == TransferState.WAITING) & (
            kudos_transfers.c.prize.in_(late)
        )
        async with self._database.write() as connection:
            await guard(connection, lease)
            total = sa.select(sa.func.coalesce(sa.func.sum(kudos_transfers.c.kudos), 0))
            kudos = int((await connection.execute(total.where(waiting))).scalar_one())
            await connection.execute(self._change(waiting, state=TransferState.LAPSED))
        return kudos

    # --- sending ----------------------------------------------------------------------------

    async def recover(self, lease: Lease) -> None:
        """Take up what was being sent when the program died: it is sent again with its key."""
        sending = kudos_transfers.c.state == TransferState.SENDING
        values = {"state": TransferState.INTENDED, "doubtful": True, "due": self._now()}
        await self._write(lease, self._change(sending, **values))

    async def due(self, *, most: int) -> list[Transfer]:
        """Return the transfers to be sent now: longest due first, then the largest."""
        ready = (kudos_transfers.c.state == TransferState.INTENDED) & (
            kudos_transfers.c.due <= self._now()
        )
        query = sa.select(kudos_transfers).where(ready)
        oldest = (kudos_transfers.c.due, kudos_transfers.c.kudos.desc(), kudos_transfers.c.id)
        query = query.order_by(*oldest).limit(most)
        async with self._database.read() as connection:
            return [transfer_of(row) for row in await connection.execute(query)]

    async def sending(self, lease: Lease, transfer: Transfer) -> bool:
        """Note that a transfer is about to be sent; False if it is not to be any more."""
        mine = (kudos_transfers.c.id == transfer.id) & (
            kudos_transfers.c.state == TransferState.INTENDED
        )
        values = {"state": TransferState.SENDING, "tries": kudos_transfers.c.tries + 1}
        return await self._write(lease, self._change(mine, **values)) == 1

    async def sent(self, lease: Lease, transfer: Transfer) -> None:
        """Note that the Horde has done it."""
        mine = kudos_transfers.c.id == transfer.id
        await self._write(lease, self._change(mine, state=TransferState.SENT, reason=""))

    async def put_off(
        self, lease: Lease, transfer: Transfer, *, seconds: float, doubtful: bool, reason: str
    ) -> None:
        """Have a transfer tried again later. `doubtful`: it may have gone through."""
        values: dict[str, Any] = {"state": TransferState.INTENDED, "reason": reason}
        values |= {"due": self._now() + seconds, "doubtful": transfer.doubtful or doubtful}
        mine = kudos_transfers.c.id == transfer.id
        await self._write(lease, self._change(mine, **values))

    async def refused(
        self, lease: Lease, transfer: Transfer, reason: str, *, certain: bool
    ) -> None:
        """Note that the Horde will not do it. Not `certain`: an earlier try may have counted."""
        state = TransferState.REFUSED if certain else TransferState.UNCLEAR
        mine = kudos_transfers.c.id == transfer.id
        await self._write(lease, self._change(mine, state=state, reason=reason))

    async def retry(self, event: str) -> int:
        """Have what was refused tried again, under the keys it had; returns how many."""
        async with self._database.write() as connection:
            await _lock_funds(connection, event)
            mine = (kudos_transfers.c.event == event) & kudos_transfers.c.receiver.is_not(None)
            ready = sa.select(kudos_funds.c.id).where(kudos_funds.c.state == FundState.READY)
            failed = kudos_transfers.c.state.in_((TransferState.REFUSED, TransferState.UNCLEAR))
            again = mine & failed & kudos_transfers.c.fund.in_(ready)
            values = {"state": TransferState.INTENDED, "due": self._now(), "reason": ""}
            done = await connection.execute(self._change(again, **values))
            await _check_bound(connection, event)
            return int(done.rowcount)

    # --- looking ----------------------------------------------------------------------------

    async def sheet(self, event: str) -> Sheet:
        """Return what an event has given, owes, and keeps."""
        sums = dict.fromkeys(TransferState, 0)
        query = (
            sa.select(kudos_transfers.c.state, sa.func.sum(kudos_transfers.c.kudos).label("kudos"))
            .where(kudos_transfers.c.event == event)
            .group_by(kudos_transfers.c.state)
        )
        async with self._database.read() as connection:
            for row in await connection.execute(query):
                sums[TransferState(row.state)] = int(row.kudos)
        return Sheet(
            sent=sums[TransferState.SENT],
            on_the_way=sum(sums[state] for state in ON_THE_WAY),
            waiting=sums[TransferState.WAITING],
            unclear=sums[TransferState.UNCLEAR],
            refused=sums[TransferState.REFUSED],
            lapsed=sums[TransferState.LAPSED],
        )

    async def bound(self, event: str) -> dict[str, int]:
        """Return what is paid for an event or may still be, by fund."""
        async with self._database.read() as connection:
            return await _bound(connection, event)

    async def transfers(self, event: str) -> list[Transfer]:
        """Return all transfers of an event, for its organiser."""
        query = sa.select(kudos_transfers).where(kudos_transfers.c.event == event)
        async with self._database.read() as connection:
            rows = await connection.execute(query.order_by(kudos_transfers.c.id))
            return [transfer_of(row) for row in rows]

    async def receipts(self, event: str) -> list[Receipt]:
        """Return what was sent for an event, without names."""
        query = (
            sa.select(kudos_transfers, kudos_prizes.c.reason.label("why"))
            .join(kudos_prizes, kudos_transfers.c.prize == kudos_prizes.c.id)
            .where(kudos_transfers.c.event == event)
            .where(kudos_transfers.c.state == TransferState.SENT)
            .order_by(kudos_prizes.c.reason, kudos_transfers.c.id)
        )
        async with self._database.read() as connection:
            rows = await connection.execute(query)
            return [Receipt(row.id, row.why, row.kudos, row.changed) for row in rows]

    async def waiting(self, payee: str) -> tuple[int, float] | None:
        """Return how many kudos wait for somebody, and until when (Unix time); None: nothing."""
        theirs = (kudos_prizes.c.payee == payee) & (kudos_prizes.c.until > self._now())
        query = (
            sa.select(
                sa.func.sum(kudos_transfers.c.kudos).label("kudos"),
                sa.func.min(kudos_prizes.c.until).label("until"),
            )
            .join(kudos_prizes, kudos_transfers.c.prize == kudos_prizes.c.id)
            .where(theirs, kudos_transfers.c.state == TransferState.WAITING)
        )
        async with self._database.read() as connection:
            row = (await connection.execute(query)).one()
        return None if row.kudos is None else (int(row.kudos), float(row.until))

    async def forget(self, payee: str) -> None:
        """Delete to which account on the Horde a person's prizes went; sums and keys stay."""
        theirs = sa.select(kudos_prizes.c.id).where(kudos_prizes.c.payee == payee)
        over = kudos_transfers.c.state.not_in(ON_THE_WAY | {TransferState.REFUSED})
        async with self._database.write() as connection:
            mine = kudos_transfers.c.prize.in_(theirs) & over
            await connection.execute(kudos_transfers.update().where(mine).values(receiver=None))

    # --- its parts --------------------------------------------------------------------------

    def _prize(self, event: str, one: Award) -> dict[str, Any]:
        now = self._now()
        return {
            "id": self._new_id(),
            "event": event,
            "person": one.person,
            "payee": one.payee,
            "reason": one.reason,
            "kudos": one.kudos,
            "until": now + self._claim_days * DAY,
            "created": now,
        }

    def _transfer(self, prize: Mapping[str, Any], fund: str) -> dict[str, Any]:
        now = self._now()
        return {
            "id": f"hordebots-{self._new_id()}",
            "prize": prize["id"],
            "event": prize["event"],
            "fund": fund,
            "receiver": None,
            "state": TransferState.WAITING,
            "doubtful": False,
            "tries": 0,
            "due": now,
            "reason": "",
            "changed": now,
        }

    async def _address(
        self, connection: AsyncConnection, payee: str, name: str, event: str | None = None
    ) -> int:
        """Give a winner's waiting transfers their receiver; return how many kudos those are."""
        theirs = (kudos_prizes.c.payee == payee) & (kudos_prizes.c.until > self._now())
        if event is not None:
            theirs &= kudos_prizes.c.event == event
        joined = kudos_transfers.join(kudos_prizes, kudos_transfers.c.prize == kudos_prizes.c.id)
        waiting = (
            sa.select(kudos_transfers, kudos_prizes.c.person)
            .select_from(joined)
            .where(theirs, kudos_transfers.c.state == TransferState.WAITING)
        )
        total, rows = 0, (await connection.execute(waiting)).all()
        for one in sorted({row.event for row in rows}):
            await _lock_funds(connection, one)
        for row in rows:
            if await _is_anothers(connection, row.event, row.person, name):
                if event is None:
                    raise Refusal("kudos.account_of_another", name=name)
                continue
            mine = (kudos_transfers.c.id == row.id) & (
                kudos_transfers.c.state == TransferState.WAITING
            )
            values = {"receiver": name, "state": TransferState.INTENDED, "due": self._now()}
            done = await connection.execute(self._change(mine, **values))
            total += row.kudos if done.rowcount else 0
        return total

    def _change(self, where: sa.ColumnElement[bool], **values: Any) -> sa.Update:
        return kudos_transfers.update().where(where).values(changed=self._now(), **values)

    async def _write(self, lease: Lease, change: sa.Update) -> int:
        async with self._database.write() as connection:
            await guard(connection, lease)
            return int((await connection.execute(change)).rowcount)


async def _lock_funds(connection: AsyncConnection, event: str) -> list[Fund]:
    """Hold the funds of an event's prizes for the transaction; the sponsors' come first."""
    mine = (kudos_funds.c.event == event) & (kudos_funds.c.purpose == Purpose.PRIZES)
    query = sa.select(kudos_funds).where(mine, kudos_funds.c.state == FundState.READY)
    query = query.order_by(kudos_funds.c.created, kudos_funds.c.id).with_for_update()
    rows = [fund_of(row) for row in (await connection.execute(query)).all()]
    return [row.fund for row in sorted(rows, key=lambda row: row.is_house)]


async def _known(connection: AsyncConnection, event: str) -> set[tuple[str, str]]:
    query = sa.select(kudos_prizes.c.person, kudos_prizes.c.reason)
    rows = await connection.execute(query.where(kudos_prizes.c.event == event))
    return {(row.person, row.reason) for row in rows}


async def _bound(connection: AsyncConnection, event: str) -> dict[str, int]:
    """Return what is paid or may still be, by fund."""
    query = (
        sa.select(kudos_transfers.c.fund, sa.func.sum(kudos_transfers.c.kudos).label("kudos"))
        .where(kudos_transfers.c.event == event, kudos_transfers.c.state.not_in(FREED))
        .group_by(kudos_transfers.c.fund)
    )
    return {row.fund: int(row.kudos) for row in await connection.execute(query)}


async def _check_bound(connection: AsyncConnection, event: str) -> None:
    """Refuse to bind more than a fund has."""
    bound = await _bound(connection, event)
    for fund in await _lock_funds(connection, event):
        if (cost := bound.get(fund.id, 0)) > fund.kudos:
            missing = cost - fund.kudos
            raise Refusal("kudos.not_covered", cost=cost, funds=fund.kudos, missing=missing)


async def _is_anothers(connection: AsyncConnection, event: str, person: str, name: str) -> bool:
    """Tell whether another winner of the event is paid on that account; only its number counts."""
    others = (
        sa.select(kudos_transfers.c.receiver)
        .join(kudos_prizes, kudos_transfers.c.prize == kudos_prizes.c.id)
        .where(kudos_transfers.c.event == event, kudos_prizes.c.person != person)
        .where(kudos_transfers.c.receiver.is_not(None))
    )
    rows = await connection.execute(others)
    return any(number_of(row.receiver) == number_of(name) for row in rows)
