"""Which ended requests may be put back, or read again after an edit, and where they go on."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from common.errors import Refusal
from common.model import Ending, IncomingKind
from request.kept.queries import EARLIER, EARLIER_REMOVED, TAKEN_BACK
from request.kept.records import OPEN_STATES, RequestState
from request.kept.tables import jobs, pictures, posts, sources

DECLINED = (RequestState.DONE, RequestState.REFUSED, RequestState.CANCELLED)
"""How what was not understood or declined has ended."""
MADE = frozenset({Ending.DONE, Ending.PARTIAL, Ending.TOLD})
"""Endings of answers that are worth posting again."""


def next_state(request_id: str, row: sa.Row[Any] | None) -> RequestState:
    """Return the state in which a row of `requests` is put back.

    Raises Refusal with a sentence for the operator if it may not be put back.
    """
    if row is None:
        raise Refusal("retry.unknown", request=request_id)
    state = RequestState(row.state)
    if state in OPEN_STATES:
        raise Refusal("retry.at_work", request=request_id)
    if state is RequestState.DONE:
        raise Refusal("retry.answered", request=request_id)
    if state is RequestState.CANCELLED:
        raise Refusal("retry.cancelled", request=request_id)
    outcome: dict[str, Any] = row.outcome or {}
    if state is RequestState.FAILED and outcome.get("ending") in MADE:
        return RequestState.REPLYING
    return RequestState.RECEIVED


def may_be_reworded(row: sa.Row[Any] | None) -> bool:
    """Tell whether what somebody wrote may be read anew: nothing came of it, nor of an edit."""
    if row is None or row.state not in DECLINED or row.parsed is not None:
        return False
    return bool(row.incoming["kind"] != IncomingKind.EDIT)


async def begin_anew(connection: AsyncConnection, request_id: str) -> dict[str, Any]:
    """Forget what came of a request, but for its posts; return the changes of its row."""
    earlier = sa.case((posts.c.state.in_(TAKEN_BACK), EARLIER_REMOVED), else_=EARLIER)
    theirs = posts.update().where(posts.c.request == request_id)
    await connection.execute(theirs.values(state=earlier))
    for brought in (pictures, jobs, sources):
        await connection.execute(brought.delete().where(brought.c.request == request_id))
    nothing = {"parsed": sa.null(), "outcome": sa.null()}  # not the word `null` of JSON
    return {**nothing, "parent": None, "notes": []}
