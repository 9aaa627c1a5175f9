"""Text generation on a Horde."""

from __future__ import annotations

from common.errors import HordeUnclear
from common.horde.connection import Connection, segment
from common.horde.limits import Budget
from common.horde.wire import Submitted
from common.horde.wire_text import TextBody, TextStatus

TEXTS = 8 * 1024 * 1024
"""Bytes of a status with 20 long texts."""


class TextCalls(Connection):
    """Submit, look, cancel. Text has no `check`; `text_status` may be asked once a second."""

    async def submit_text(self, body: TextBody) -> Submitted:
        """Ask for texts. Raises HordeUnclear if it may have been accepted unnoticed."""
        answer = await self._ask(
            "POST",
            "/generate/text/async",
            budget=Budget.SUBMIT,
            counted_by="text",
            body=body,
            with_key=True,
            repeatable=False,
        )
        return self._read(Submitted.model_validate, answer, lost=HordeUnclear)

    async def text_status(self, horde_id: str) -> TextStatus:
        """Return a request with its texts so far. Raises HordeGone if it is not known."""
        return await self._text("GET", horde_id)

    async def cancel_text(self, horde_id: str) -> TextStatus:
        """Cancel a request; return what was finished by then."""
        return await self._text("DELETE", horde_id)

    async def _text(self, method: str, horde_id: str) -> TextStatus:
        answer = await self._ask(
            method,
            f"/generate/text/status/{segment(horde_id)}",
            budget=Budget.TEXT_STATUS,
            counted_by=f"{method} {horde_id}",
            limit_bytes=TEXTS,
        )
        return self._read(TextStatus.model_validate, answer, needs="done")
