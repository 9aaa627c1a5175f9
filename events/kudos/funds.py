"""Who pays for an event: the bot's own account, and sponsors who were sent a link."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Iterable
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from common.database import Database
from common.errors import Refusal
from common.texts import say
from events.kudos.records import (
    HOUSE,
    ON_THE_WAY,
    FundRow,
    FundState,
    Purpose,
    TransferState,
    fund_of,
)
from events.kudos.tables import kudos_funds, kudos_transfers
from request.kept.marks import Marks

INVITATION_LASTS = 7 * 24 * 3600.0
"""Seconds in which a sponsor can use the link."""
OPEN = (FundState.INVITED, FundState.READY)


class Funds:
    """The funds of all events."""

    def __init__(
        self,
        database: Database,
        marks: Marks,
        *,
        now: Callable[[], float] = time.time,
        new_token: Callable[[], str] = lambda: secrets.token_urlsafe(24),
    ) -> None:
        self._database = database
        self._marks = marks
        self._now = now
        self._new_token = new_token

    async def of(self, event: str, purpose: Purpose | None = None) -> list[FundRow]:
        """Return the funds of an event, the sponsors' first."""
        query = sa.select(kudos_funds).where(kudos_funds.c.event == event)
        if purpose is not None:
            query = query.where(kudos_funds.c.purpose == purpose)
        query = query.order_by(kudos_funds.c.created, kudos_funds.c.id)
        async with self._database.read() as connection:
            rows = [fund_of(row) for row in await connection.execute(query)]
        return sorted(rows, key=lambda row: row.is_house)

    async def get(self, fund: str) -> FundRow | None:
        """Return one fund."""
        async with self._database.read() as connection:
            query = sa.select(kudos_funds).where(kudos_funds.c.id == fund)
            row = (await connection.execute(query)).one_or_none()
        return None if row is None else fund_of(row)

    async def promised(self, name: str, *, but: Iterable[str] = ()) -> int:
        """Return what an account still has to pay for all events, but for some funds."""
        mine = (kudos_funds.c.name == name) & (kudos_funds.c.state == FundState.READY)
        total = sa.select(sa.func.coalesce(sa.func.sum(kudos_funds.c.kudos), 0))
        others = mine & kudos_funds.c.id.not_in(list(but))
        gone = (
            sa.select(sa.func.coalesce(sa.func.sum(kudos_transfers.c.kudos), 0))
            .join(kudos_funds, kudos_transfers.c.fund == kudos_funds.c.id)
            .where(others, kudos_transfers.c.state == TransferState.SENT)
        )
        async with self._database.read() as connection:
            bound = int((await connection.execute(total.where(others))).scalar_one())
            return bound - int((await connection.execute(gone)).scalar_one())

    async def set_house(self, event: str, purpose: Purpose, *, name: str, kudos: int) -> FundRow:
        """Note how much the bot's own account pays for an event at most."""
        fund = f"{HOUSE}-{event}-{purpose}"
        values: dict[str, Any] = {"name": name, "kudos": kudos, "changed": self._now()}
        values["state"] = FundState.READY
        mine = kudos_funds.c.id == fund
        for _ in range(2):  # the second time after somebody else inserted it
            try:
                async with self._database.write() as connection:
                    done = await connection.execute(kudos_funds.update().where(mine).values(values))
                    if not done.rowcount:
                        new = {"id": fund, "event": event, "purpose": purpose}
                        insert = kudos_funds.insert().values(created=self._now(), **new, **values)
                        await connection.execute(insert)
            except IntegrityError:
                continue
            break
        row = await self.get(fund)
        assert row is not None
        return row

    # --- sponsors ---------------------------------------------------------------------------

    async def invite(self, event: str, purpose: Purpose) -> str:
        """Return a token for a link on which one sponsor can answer, once."""
        token, now = self._new_token(), self._now()
        values: dict[str, Any] = {"id": f"sponsor-{secrets.token_hex(8)}", "event": event}
        values |= {"purpose": purpose, "state": FundState.INVITED, "name": "", "kudos": 0}
        values |= {"token": self._marks.code(token), "until": now + INVITATION_LASTS}
        values |= {"created": now, "changed": now}
        async with self._database.write() as connection:
            await connection.execute(kudos_funds.insert().values(values))
        return token

    async def invited(self, token: str) -> FundRow | None:
        """Return the fund a token is for; None if there is none, or it was not used in time."""
        query = sa.select(kudos_funds).where(kudos_funds.c.token == self._marks.code(token))
        async with self._database.read() as connection:
            row = (await connection.execute(query)).one_or_none()
        if row is None or (row.state == FundState.INVITED and (row.until or 0.0) <= self._now()):
            return None
        return fund_of(row)

    async def given(
        self, fund: FundRow, *, name: str, kudos: int, sealed: bytes, browser: str
    ) -> None:
        """Note what a sponsor gives. Raises Refusal if the link was used meanwhile."""
        mine = (kudos_funds.c.id == fund.id) & (kudos_funds.c.state == FundState.INVITED)
        values = {"name": name, "kudos": kudos, "sealed": sealed, "browser": browser}
        values |= {"state": FundState.READY, "changed": self._now()}
        async with self._database.write() as connection:
            done = await connection.execute(kudos_funds.update().where(mine).values(values))
        if not done.rowcount:
            raise Refusal("kudos.link_used")

    async def keep_shared_key(self, fund: str, sealed: bytes) -> None:
        """Note the shared key a party's pictures are paid with."""
        mine = (kudos_funds.c.id == fund) & (kudos_funds.c.state == FundState.READY)
        change = kudos_funds.update().where(mine)
        async with self._database.write() as connection:
            await connection.execute(change.values(shared_key=sealed, changed=self._now()))

    async def drop_shared_key(self, fund: str) -> None:
        """Note that a party's shared key is deleted."""
        mine = kudos_funds.c.id == fund
        async with self._database.write() as connection:
            change = kudos_funds.update().where(mine)
            await connection.execute(change.values(shared_key=None, changed=self._now()))

    async def open_events(self) -> set[str]:
        """Return the events for which a key is still kept, or a link can still be used."""
        query = sa.select(kudos_funds.c.event).where(kudos_funds.c.state.in_(OPEN)).distinct()
        async with self._database.read() as connection:
            return {row.event for row in await connection.execute(query)}

    async def removed(self, fund: str) -> int:
        """Forget a sponsor's keys at once; returns how many kudos are not paid because of it.

        What is being sent this moment is finished; what was not begun is refused, and what may
        have gone already counts as unclear.
        """
        mine = (kudos_funds.c.id == fund) & kudos_funds.c.state.in_(OPEN)
        gone: dict[str, Any] = {"sealed": None, "shared_key": None, "changed": self._now()}
        of_it = (kudos_transfers.c.fund == fund) & kudos_transfers.c.state.in_(
            (TransferState.INTENDED, TransferState.WAITING)
        )
        lost = sa.select(sa.func.coalesce(sa.func.sum(kudos_transfers.c.kudos), 0)).where(of_it)
        now, reason = self._now(), say("kudos.sponsor_left")
        async with self._database.write() as connection:
            await connection.execute(
                kudos_funds.update().where(mine).values(state=FundState.REMOVED, **gone)
            )
            kudos = int((await connection.execute(lost)).scalar_one())
            for doubtful, state in (
                (False, TransferState.REFUSED),
                (True, TransferState.UNCLEAR),
            ):
                change = kudos_transfers.update().where(
                    of_it, kudos_transfers.c.doubtful.is_(doubtful)
                )
                await connection.execute(change.values(state=state, reason=reason, changed=now))
        return kudos

    async def close(self, event: str) -> bool:
        """Forget the keys of an event that is over; False while prizes wait to be paid."""
        still = ON_THE_WAY | {TransferState.WAITING}
        open_ = sa.select(sa.func.count()).select_from(kudos_transfers)
        open_ = open_.where(kudos_transfers.c.event == event, kudos_transfers.c.state.in_(still))
        mine = (kudos_funds.c.event == event) & kudos_funds.c.state.in_(OPEN)
        gone: dict[str, Any] = {"sealed": None, "shared_key": None, "changed": self._now()}
        async with self._database.write() as connection:
            if (await connection.execute(open_)).scalar_one():
                return False
            await connection.execute(
                kudos_funds.update().where(mine).values(state=FundState.CLOSED, **gone)
            )
        return True
