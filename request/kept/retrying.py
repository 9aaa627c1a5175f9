"""Which ended requests may be put back, and where they go on."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from common.errors import Refusal
from common.model import Ending
from request.kept.records import OPEN_STATES, RequestState

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
