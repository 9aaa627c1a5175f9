"""The ballots of an event as a file that anybody can count again.

A ballot is published under its receipt, without a name or a time, in the order of receipts.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from common.errors import Refusal
from events.model import Event
from events.voting.tally import Cast, Counted, Result, Rule, tally

FORMAT: Literal["hordebots-ballots/1"] = "hordebots-ballots/1"
MOST_BYTES = 200_000_000


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class _Rule(_Part):
    largest_share: float = Field(gt=0, le=1)
    upvotes: float = Field(ge=0, le=0.25)
    places: int = Field(ge=1, le=20)


class _Ballot(_Part):
    id: str = Field(max_length=64)
    column: str = Field(max_length=128)
    choices: tuple[int, ...] = Field(max_length=20_000)


class _Count(_Part):
    source: str = Field(max_length=128)
    column: str = Field(max_length=128)
    entry: int
    votes: int
    upvotes: bool = False


class _File(_Part):
    format: Literal["hordebots-ballots/1"]
    event: str = Field(max_length=64)
    rule: _Rule
    entries: tuple[int, ...]
    ballots: tuple[_Ballot, ...]
    counts: tuple[_Count, ...] = ()
    result: tuple[dict[str, Any], ...] = ()


def rule_of(event: Event) -> Rule:
    """Return what an event's plan says of counting."""
    voting = event.plan.voting
    return Rule(voting.largest_share, upvotes=voting.upvotes, places=voting.places)


def document(
    event: Event,
    entries: Sequence[int],
    ballots: Iterable[Cast],
    counted: Sequence[Counted],
    result: Result,
) -> dict[str, Any]:
    """Return the file as plain values."""
    return {
        "format": FORMAT,
        "event": event.name,
        "rule": asdict(rule_of(event)),
        "entries": list(entries),
        "ballots": [
            {"id": one.id, "column": one.column, "choices": list(one.choices)}
            for one in sorted(ballots, key=lambda one: one.id)
        ],
        "counts": [asdict(one) for one in counted],
        "result": [asdict(line) for line in result.lines],
    }


def recount(file: Path) -> tuple[str, Result, bool, Rule]:
    """Count a published file again.

    Returns the event's name, the result, whether it is the one in the file, and the rule. Raises
    Refusal for a file that cannot be counted.
    """
    try:
        if file.stat().st_size > MOST_BYTES:
            raise Refusal("ballots.too_large", file=file)
        read = _File.model_validate(json.loads(file.read_text("utf-8")))
    except OSError as error:
        raise Refusal("ballots.unreadable", file=file, problem=error.strerror) from error
    except (ValueError, ValidationError, RecursionError) as error:
        raise Refusal("ballots.no_ballots", file=file) from error
    twice = len({one.id for one in read.ballots}) != len(read.ballots)
    if twice:
        raise Refusal("ballots.twice", file=file)
    rule = Rule(**read.rule.model_dump())
    result = tally(
        read.entries,
        (Cast(one.id, one.column, tuple(set(one.choices))) for one in read.ballots),
        [Counted(**one.model_dump()) for one in read.counts],
        rule,
    )
    same = [_plain(line) for line in read.result] == [asdict(line) for line in result.lines]
    return read.event, result, same, rule


def _plain(line: Mapping[str, Any]) -> dict[str, Any]:
    return dict(line)
