"""Paying for the pictures of a party: a shared key of exactly the amount, and its end."""

from __future__ import annotations

import math

import structlog
from pydantic import SecretStr

from common.errors import HordeError, HordeForbidden, HordeGone, Refusal
from common.horde.client import HordeClient
from common.horde.wire_accounts import SharedKey, SharedKeyBody
from events.kudos.funds import Funds
from events.kudos.payers import Payers, purpose_of
from events.kudos.records import FundRow, FundState, Purpose
from events.prizes import Prizes

log = structlog.get_logger()

DAY = 24 * 3600.0
LEAST_LEFT = 10
"""Kudos that the smallest picture costs, about: with less the money is gone."""


class Party:
    """The shared keys of parties."""

    def __init__(self, funds: Funds, payers: Payers) -> None:
        self._funds = funds
        self._payers = payers
        self._empty: set[str] = set()
        """Funds that were seen with nothing left."""

    async def open(self, event: str, prizes: Prizes, *, seconds: float) -> int:
        """Make a shared key for each fund that pays for pictures; return their kudos together.

        Each is limited to exactly what was given, to the largest picture and most steps, and
        ends with the party. Done again it makes none twice, even if the program died after the
        Horde made one. Raises HordeError, Refusal.
        """
        ready = [row for row in await self._open_funds(event) if row.kudos]
        body = SharedKeyBody(
            expiry=max(1, math.ceil(seconds / DAY)),
            max_image_pixels=prizes.max_pixels,
            max_image_steps=prizes.max_steps,
            max_text_tokens=0,
        )
        for row in ready:
            if row.shared_key is None:
                named = {"name": f"hordebots {row.id}", "kudos": row.kudos}
                made = await self._make(row, body.model_copy(update=named))
                sealed = self._payers.seal().close(made.id, purpose_of(row.id, "shared key"))
                await self._funds.keep_shared_key(row.id, sealed)
        return sum(row.kudos for row in ready)

    async def payer(self, event: str) -> SecretStr | None:
        """Return the key to make a picture with; None when the money is gone."""
        for row in await self._open_funds(event):
            if row.shared_key is not None and row.id not in self._empty:
                return self._key_of(row, row.shared_key)
        return None

    async def left(self, event: str) -> int:
        """Return the kudos left for pictures, as the Horde says. Raises HordeError."""
        total = 0
        for row in await self._open_funds(event):
            if row.shared_key is not None:
                kudos = await self._left_of(row, row.shared_key)
                if kudos < LEAST_LEFT:
                    self._empty.add(row.id)
                else:
                    self._empty.discard(row.id)
                    total += kudos
        return total

    async def is_over(self, event: str) -> bool:
        """Tell whether the money for a party's pictures is gone, so that it ends.

        A party that nobody pays for is never over by that. Raises HordeError.
        """
        rows = await self._funds.of(event, Purpose.PICTURES)
        paid = [row for row in rows if row.kudos and row.state is not FundState.INVITED]
        if not paid or any(row.shared_key is None for row in paid if row.state is FundState.READY):
            return False
        return await self.left(event) == 0

    async def holds_keys(self, event: str) -> bool:
        """Tell whether a party has shared keys that are not deleted yet."""
        return any(row.shared_key is not None for row in await self._open_funds(event))

    async def close(self, event: str) -> None:
        """Delete the shared keys of a party that is over. Raises HordeError."""
        for row in await self._open_funds(event):
            if row.shared_key is not None:
                payer = self._payers.of_row(row)
                await payer.delete_shared_key(self._key_of(row, row.shared_key))
                await self._funds.drop_shared_key(row.id)

    async def _open_funds(self, event: str) -> list[FundRow]:
        rows = await self._funds.of(event, Purpose.PICTURES)
        return [row for row in rows if row.state is FundState.READY]

    def _key_of(self, row: FundRow, sealed: bytes) -> SecretStr:
        return self._payers.seal().open(sealed, purpose_of(row.id, "shared key"))

    async def _left_of(self, row: FundRow, sealed: bytes) -> int:
        try:
            key = await self._payers.of_row(row).shared_key(self._key_of(row, sealed))
        except (HordeGone, Refusal):
            return 0
        return key.kudos

    async def _make(self, row: FundRow, body: SharedKeyBody) -> SharedKey:
        """Return the shared key of a fund: the one of that name if it is there already."""
        payer = self._payers.of_row(row)
        found = await _find(payer, body.name or "")
        if found is not None:
            return await payer.change_shared_key(found.id, body)
        try:
            return await payer.create_shared_key(body)
        except HordeForbidden as error:
            raise Refusal("kudos.no_shared_key", reason=str(error)) from error


async def _find(payer: HordeClient, name: str) -> SharedKey | None:
    user = await payer.find_user()
    for key_id in user.sharedkey_ids or ():
        try:
            key = await payer.shared_key(key_id)
        except HordeError:
            continue
        if key.name == name:
            return key
    return None
