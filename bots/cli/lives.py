"""Requests as `hordebots requests` prints them: a table, the whole life of one, and as JSON.

Private words are replaced by a remark unless they are asked for.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from rich.console import Console

from bots.cli.console import fact, open_console, plain, table
from common import texts
from common.errors import Refusal
from common.model import Incoming
from request.kept import encoding
from request.kept.history import Life
from request.kept.records import JobRow, PictureRow, RequestState

UNITS = {"m": 60.0, "h": 3600.0, "d": 86_400.0}
SHOWN = 60
"""Characters of a text in the table."""
WORDS = frozenset({"parsed", "text", "notes", "body"})
"""Fields that may hold what a person wrote."""


def states(names: Sequence[str]) -> tuple[RequestState, ...]:
    """Return the states of these names. Raises Refusal that names all there are."""
    known = {state.value: state for state in RequestState}
    for name in names:
        if name not in known:
            raise Refusal("requests.no_state", state=name, known=", ".join(known))
    return tuple(known[name] for name in names)


def moment(text: str, *, now: float) -> float:
    """Return the Unix time that `2d` (ago) or a date means. Raises Refusal."""
    if found := re.fullmatch(r"(\d{1,6})([mhd])", text):
        return now - int(found[1]) * UNITS[found[2]]
    try:
        when = datetime.fromisoformat(text)
    except ValueError as error:
        raise Refusal("requests.no_time", text=text) from error
    return (when if when.tzinfo else when.astimezone()).timestamp()


def line(life: Life, *, words: bool) -> dict[str, Any]:
    """Return what the list tells of a request, as JSON."""
    request, incoming = life.request, life.request.incoming
    return {
        "id": request.id,
        "account": incoming.place.account,
        "community": incoming.place.community,
        "channel": incoming.place.channel,
        "person": incoming.person.id,
        "name": incoming.person.name,
        "state": request.state.value,
        "private": life.private,
        "text": incoming.text if words or not life.private else None,
        "created": _iso(request.created),
        "changed": _iso(life.changed),
    }


def document(life: Life, *, words: bool) -> dict[str, Any]:
    """Return the whole life of a request as JSON; hidden words are null."""
    request = life.request
    told = {
        **line(life, words=words),
        "event": request.incoming.event,
        "kind": request.incoming.kind.value,
        "said": request.incoming.created.isoformat(),
        "reply_to": request.incoming.parent,
        "pictures_attached": len(request.incoming.pictures),
        "follows": request.parent,
        "rng_seed": request.rng_seed,
        "parsed": request.parsed,
        "notes": [note.text for note in request.notes],
        "jobs": [_job(row) for row in life.jobs],
        "pictures": [_picture(row, life) for row in life.pictures],
        "posts": [
            {
                "part": post.part,
                "state": post.state,
                "platform_id": post.platform_id,
                "pictures": list(post.pictures),
                "changed": _iso(post.changed),
            }
            for post in life.posts
        ],
        "outcome": request.outcome,
    }
    return told if words or not life.private else _hide(told)


def print_list(lives: Sequence[Life], *, words: bool) -> None:
    """Print requests as a table."""
    console = open_console()
    if not lives:
        console.print(texts.say("requests.none"))
        return
    made = table(console, "id", "when", "account", "person", "state", "text")
    for life in lives:
        incoming = life.request.incoming
        made.add_row(
            life.request.id,
            _local(life.request.created),
            plain(incoming.place.account),
            plain(f"{incoming.person.name} ({incoming.person.id})"),
            life.request.state.value,
            plain(_said(life, words=words)[:SHOWN]),
        )
    console.print(made)


def print_life(life: Life, *, words: bool) -> None:
    """Print all that became of a request, in the order in which it happened."""
    console, request = open_console(), life.request
    incoming = request.incoming
    console.print(f"{request.id}  {request.state.value}", style="bold")
    fact(console, "person", f"{incoming.person.name} ({incoming.person.id})")
    fact(console, "place", _place(incoming))
    fact(console, "event", f"{incoming.event} ({incoming.kind.value})")
    fact(console, "said", _local(incoming.created.timestamp()))
    fact(console, "created", _local(request.created))
    fact(console, "changed", _local(life.changed))
    fact(console, "text", _said(life, words=words))
    if request.parent is not None:
        fact(console, "follows", request.parent)
    shown = words or not life.private
    if shown and request.parsed is not None:
        told = {key: value for key, value in request.parsed.items() if value not in (None, [], "")}
        fact(console, "read_as", "\n".join(f"{key}: {value}" for key, value in told.items()))
    _print_jobs(console, life)
    _print_pictures(console, life)
    _print_posts(console, life)
    if request.outcome is not None:
        ending, text = request.outcome["ending"], request.outcome["text"]
        fact(console, "answer", f"{ending}: {text}" if shown else ending)
    for note in request.notes if shown else ():
        fact(console, "note", note.text)


def _print_jobs(console: Console, life: Life) -> None:
    if not life.jobs:
        return
    columns = ("job", "style", "model", "state", "horde", "horde_id", "attempts", "wasted")
    made = table(console, *columns, "pictures", "changed")
    for row in life.jobs:
        pictures = [picture for picture in life.pictures if picture.job == row.id]
        usable = sum(1 for picture in pictures if picture.sha256)
        made.add_row(
            str(row.number),
            plain(row.job.style),
            plain(row.job.model),
            row.state.value,
            row.endpoint or "",
            row.horde_id or "",
            str(row.attempts),
            str(row.wasted),
            f"{usable}/{row.job.n}",
            _local(row.changed),
        )
    console.print(made)
    for row in life.jobs:
        if row.reason:
            fact(console, "reason", f"{row.number}: {row.reason}")


def _print_pictures(console: Console, life: Life) -> None:
    if not life.pictures:
        return
    numbers = {job.id: job.number for job in life.jobs}
    made = table(console, "job", "file", "size", "seed", "model", "worker")
    for row in life.pictures:
        made.add_row(
            str(numbers.get(row.job, "")),
            row.sha256 or texts.say("requests.censored"),
            f"{row.width}×{row.height}" if row.sha256 else "",
            plain(row.seed),
            plain(row.model),
            plain(row.worker),
        )
    console.print(made)


def _print_posts(console: Console, life: Life) -> None:
    if not life.posts:
        return
    made = table(console, "part", "state", "post", "pictures", "changed")
    for post in life.posts:
        numbers = ", ".join(map(str, post.pictures))
        where = plain(post.platform_id or "")
        made.add_row(str(post.part), post.state, where, numbers, _local(post.changed))
    console.print(made)


def _job(row: JobRow) -> dict[str, Any]:
    return {
        "number": row.number,
        "state": row.state.value,
        "endpoint": row.endpoint,
        "horde_id": row.horde_id,
        "attempts": row.attempts,
        "wasted": row.wasted,
        "reason": row.reason,
        "changed": _iso(row.changed),
        "style": row.job.style,
        "model": row.job.model,
        "body": encoding.job_to_json(row.job),
    }


def _picture(row: PictureRow, life: Life) -> dict[str, Any]:
    numbers = {job.id: job.number for job in life.jobs}
    return {
        "job": numbers.get(row.job),
        "generation": row.generation,
        "sha256": row.sha256,
        "censored": row.censored,
        "seed": row.seed,
        "model": row.model,
        "worker": row.worker,
        "width": row.width,
        "height": row.height,
    }


def _hide(value: Any) -> Any:
    """Return a document without the words a person wrote, or that repeat them."""
    if isinstance(value, dict):
        return {key: None if key in WORDS else _hide(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_hide(inner) for inner in value]
    return value


def _said(life: Life, *, words: bool) -> str:
    if words or not life.private:
        return life.request.incoming.text
    return texts.say("requests.private")


def _place(incoming: Incoming) -> str:
    place = incoming.place
    return " / ".join(filter(None, (place.account, place.community, place.channel)))


def _local(seconds: float) -> str:
    return f"{datetime.fromtimestamp(seconds).astimezone():%Y-%m-%d %H:%M:%S}"


def _iso(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat()
