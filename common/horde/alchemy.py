"""Alchemy: asking a Horde what a picture shows, or to work on one that exists."""

from __future__ import annotations

from common.errors import HordeUnclear
from common.horde.connection import Connection, segment
from common.horde.limits import Budget
from common.horde.wire_alchemy import AlchemyBody, AlchemyStatus, AlchemySubmitted


class AlchemyCalls(Connection):
    """Submit, look, cancel. There is no `check`: `alchemy_status` may be asked ten times a second.

    What nobody has done within 20 minutes is HordeGone.
    """

    async def submit_alchemy(self, body: AlchemyBody) -> AlchemySubmitted:
        """Hand in a picture. Raises HordeUnclear if it may have been accepted unnoticed."""
        answer = await self._ask(
            "POST",
            "/interrogate/async",
            counted_by="alchemy",
            body=body,
            with_key=True,
            repeatable=False,
        )
        return self._read(AlchemySubmitted.model_validate, answer, lost=HordeUnclear)

    async def alchemy_status(self, horde_id: str) -> AlchemyStatus:
        """Return what has come of each form so far. Raises HordeGone if it is not known."""
        return await self._alchemy("GET", horde_id)

    async def cancel_alchemy(self, horde_id: str) -> AlchemyStatus:
        """Cancel what is not done yet; return the rest."""
        return await self._alchemy("DELETE", horde_id)

    async def _alchemy(self, method: str, horde_id: str) -> AlchemyStatus:
        answer = await self._ask(
            method,
            f"/interrogate/status/{segment(horde_id)}",
            budget=Budget.ALCHEMY_STATUS,
            counted_by=f"{method} {horde_id}",
        )
        return self._read(AlchemyStatus.model_validate, answer, needs="forms")
