"""Values to JSON and back, for the store."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from functools import lru_cache
from typing import Any

from common.model import (
    Audience,
    Credit,
    Ending,
    Incoming,
    IncomingKind,
    Job,
    LoraUse,
    Note,
    NoteKind,
    Outcome,
    Person,
    Picture,
    Place,
    TiUse,
)


def storable(text: str) -> str:
    """Return the text without what no database can hold: NUL and lone surrogates."""
    return text.replace("\x00", "").encode("utf-8", "replace").decode("utf-8")


def incoming_to_json(incoming: Incoming) -> dict[str, Any]:
    """Return an Incoming as plain JSON values."""
    plain: dict[str, Any] = _storable(asdict(incoming))
    return {
        **plain,
        "created": incoming.created.isoformat(),
        "joined": None if incoming.joined is None else incoming.joined.isoformat(),
        "pictures": list(plain["pictures"]),
        "mentions": list(plain["mentions"]),
        "roles": list(plain["roles"]),
        "context": dict(plain["context"]),
    }


def _storable(value: Any) -> Any:
    if isinstance(value, dict):
        return {storable(key): _storable(entry) for key, entry in value.items()}
    if isinstance(value, tuple):
        return [_storable(entry) for entry in value]
    return storable(value) if isinstance(value, str) else value


def incoming_from_json(document: dict[str, Any]) -> Incoming:
    """Undo `incoming_to_json`."""
    return Incoming(
        **{
            **document,
            "place": _place(**document["place"]),
            "person": Person(**document["person"]),
            "created": datetime.fromisoformat(document["created"]),
            "kind": IncomingKind(document["kind"]),
            "audience": Audience(document["audience"]),
            "pictures": tuple(document["pictures"]),
            "mentions": tuple(document.get("mentions", ())),
            "roles": tuple(document.get("roles", ())),
            "joined": _moment(document.get("joined")),
        }
    )


@lru_cache(maxsize=1024)
def _place(account: str, community: str = "", channel: str = "") -> Place:
    """Return a place; thousands of requests that are at work share it."""
    return Place(account, community, channel)


def _moment(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)


def job_to_json(job: Job) -> dict[str, Any]:
    """Return a Job as plain JSON values."""
    return asdict(job)


def job_from_json(document: dict[str, Any]) -> Job:
    """Undo `job_to_json`."""
    return Job(
        **{
            **document,
            "loras": tuple(LoraUse(**_credited(lora)) for lora in document["loras"]),
            "tis": tuple(TiUse(**_credited(ti)) for ti in document["tis"]),
            "post_processing": tuple(document["post_processing"]),
            "extra_pictures": tuple(document.get("extra_pictures", ())),
        }
    )


def _credited(document: dict[str, Any]) -> dict[str, Any]:
    credit = document.get("credit")
    return {**document, "credit": None if credit is None else Credit(**credit)}


def notes_to_json(notes: tuple[Note, ...]) -> list[dict[str, Any]]:
    """Return notes as plain JSON values."""
    return [asdict(note) for note in notes]


def notes_from_json(document: list[dict[str, Any]]) -> tuple[Note, ...]:
    """Undo `notes_to_json`."""
    return tuple(Note(note["code"], note["text"], NoteKind(note["kind"])) for note in document)


def outcome_to_json(outcome: Outcome) -> dict[str, Any]:
    """Return an Outcome without its pictures: those have rows of their own."""
    return {
        "ending": outcome.ending.value,
        "text": outcome.text,
        "notes": notes_to_json(outcome.notes),
        "suggestions": list(outcome.suggestions),
        "follow_ups": list(outcome.follow_ups),
        "code": outcome.code,
        "kudos": outcome.kudos,
        "private": outcome.private,
        "spoiler": outcome.spoiler,
    }


def outcome_from_json(
    request_id: str, document: dict[str, Any], pictures: tuple[Picture, ...]
) -> Outcome:
    """Undo `outcome_to_json`, given the pictures."""
    return Outcome(
        request=request_id,
        ending=Ending(document["ending"]),
        text=document["text"],
        pictures=pictures,
        notes=notes_from_json(document["notes"]),
        suggestions=tuple(document["suggestions"]),
        follow_ups=tuple(document["follow_ups"]),
        code=document.get("code", ""),
        kudos=document.get("kudos"),
        private=document.get("private", False),
        spoiler=document.get("spoiler", False),
    )
