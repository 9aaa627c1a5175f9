"""Rows of the database as values."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from request.kept import encoding
from request.kept.records import JobRow, JobState, PictureRow, RequestRow, RequestState


def request_of(row: sa.Row[Any]) -> RequestRow:
    """Return a row of `requests` as a value."""
    return RequestRow(
        id=row.id,
        incoming=encoding.incoming_from_json(row.incoming),
        parsed=row.parsed,
        rng_seed=row.rng_seed,
        parent=row.parent,
        state=RequestState(row.state),
        outcome=row.outcome,
        notes=encoding.notes_from_json(row.notes),
        created=row.created,
    )


def job_of(row: sa.Row[Any]) -> JobRow:
    """Return a row of `jobs` as a value."""
    return JobRow(
        id=row.id,
        number=row.number,
        job=encoding.job_from_json(row.body),
        state=JobState(row.state),
        endpoint=row.endpoint,
        horde_id=row.horde_id,
        attempts=row.attempts,
        wasted=row.wasted,
        reason=row.reason,
        changed=row.changed,
    )


def picture_of(row: sa.Row[Any]) -> PictureRow:
    """Return a row of `pictures` as a value."""
    return PictureRow(
        job=row.job,
        generation=row.generation,
        seed=row.seed,
        model=row.model,
        worker=row.worker,
        censored=row.censored,
        gen_metadata=tuple(row.gen_metadata),
        sha256=row.sha256,
        mime=row.mime,
        width=row.width,
        height=row.height,
        likeness=row.perceptual_hash,
    )
