"""The client of the AI Horde API v2: what the bots ask a Horde, as methods with typed answers.

Every error is a HordeError with a sentence for people (`common/horde/outcomes.py`). The server's
limits are kept by waiting, connection failures are tried again, and a submission whose answer
was lost is reported as HordeUnclear instead of being sent twice. Pictures are asked for here; the
other subjects have a module each.
"""

from __future__ import annotations

from typing import Any

from common.errors import HordeUnclear
from common.horde.accounts import AccountCalls
from common.horde.connection import PICTURES, segment
from common.horde.download import fetch_picture
from common.horde.enlarging import EnlargingCalls, is_enlarging
from common.horde.limits import Budget
from common.horde.status import MODELS, WORKERS, StatusCalls
from common.horde.styles import StyleCalls
from common.horde.text import TextCalls
from common.horde.wire import Check, DryRun, GenerationBody, Status, Submitted

__all__ = ["MODELS", "WORKERS", "HordeClient"]

WITH_PICTURES = 256 * 1024 * 1024
"""Bytes of a status whose pictures are base64 inside it (`r2` false, up to 20 of them)."""


class HordeClient(StatusCalls, StyleCalls, AccountCalls, EnlargingCalls, TextCalls):
    """One Horde, asked with one key. `url` is the API's address without the /v2.

    `limits` default to the public server's, and to none for a server on this machine.
    """

    async def submit(self, body: GenerationBody, *, counted: bool = False) -> Submitted:
        """Ask for pictures. Raises HordeUnclear if it may have been accepted unnoticed.

        `counted` is whether `turn_to_submit` was waited for.
        """
        answer = await self._submit(body, repeatable=False, counted=counted)
        return self._read(Submitted.model_validate, answer, lost=HordeUnclear)

    async def dry_run(self, body: GenerationBody, *, counted: bool = False) -> float:
        """Return what the whole request would cost, in kudos. `counted` as in `submit`."""
        dry = body.model_copy(update={"dry_run": True})
        answer = await self._submit(dry, repeatable=True, counted=counted)
        return self._read(DryRun.model_validate, answer).kudos

    async def check(self, horde_id: str) -> Check:
        """Return how far a request is. Raises HordeGone if it is not known (any more)."""
        if is_enlarging(horde_id):
            return await self.enlarging(horde_id)
        answer = await self._ask(
            "GET",
            f"/generate/check/{segment(horde_id)}",
            budget=Budget.CHECK,
            counted_by=horde_id,
        )
        return self._read(Check.model_validate, answer, needs="done")

    async def status(self, horde_id: str) -> Status:
        """Return a request with its pictures so far. Call it once, at the end: 10 a minute."""
        if is_enlarging(horde_id):
            return await self.enlarging(horde_id)
        return await self._pictures("GET", horde_id)

    async def cancel(self, horde_id: str) -> Status:
        """Cancel a request; return what was finished by then."""
        if is_enlarging(horde_id):
            return await self.cancel_enlarging(horde_id)
        return await self._pictures("DELETE", horde_id)

    async def download(self, url: str, *, limit_bytes: int) -> bytes:
        """Return the bytes of a generation's `img`: a link, or base64 with the picture itself.

        Raises PictureError (too large, no picture link), HordeGone (expired), HordeUnreachable.
        """
        return await fetch_picture(
            self._session, url, horde=self.url, limit_bytes=limit_bytes, patience=self._patience
        )

    async def _submit(self, body: GenerationBody, *, repeatable: bool, counted: bool) -> Any:
        return await self._ask(
            "POST",
            "/generate/async",
            budget=Budget.SUBMIT,
            counted_by=PICTURES,
            counted=counted,
            body=body,
            with_key=True,
            repeatable=repeatable,
        )

    async def _pictures(self, method: str, horde_id: str) -> Status:
        answer = await self._ask(
            method,
            f"/generate/status/{segment(horde_id)}",
            budget=Budget.STATUS,
            counted_by=f"{method} {horde_id}",
            limit_bytes=WITH_PICTURES,
        )
        return self._read(Status.model_validate, answer, needs="done")
