"""What stays of an event: its archive as JSON, and an entry for the public list of events. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from events.lifecycle import DAY
from events.model import Entry, EntryState, Event, Kind
from events.store import Logged

FORMAT = "hordebots-event/1"
CHANNELS = {Kind.PARTY: "parties", Kind.CHALLENGE: "challenges", Kind.CONTEST: "challenges"}


def archive(
    event: Event, entries: Sequence[Entry], log: Sequence[Logged], *, ballots: int
) -> dict[str, Any]:
    """Return all that is known of an event and may be told: no voter, no hidden entry's maker."""
    standing = [entry for entry in entries if entry.state is EntryState.ENTERED]
    return {
        "format": FORMAT,
        "event": event.plan.model_dump(mode="json"),
        "state": event.state.value,
        "entries": [_entry(entry) for entry in standing],
        "hidden": [
            {"number": entry.number, "reason": entry.reason}
            for entry in entries
            if entry.state is EntryState.HIDDEN
        ],
        "result": event.result,
        "statistics": {
            "entries": len(standing),
            "entrants": len({entry.entrant for entry in standing}),
            "withdrawn": sum(entry.state is EntryState.WITHDRAWN for entry in entries),
            "ballots": ballots,
        },
        "steps": [
            {"step": line.step, "state": line.state.value, "at": line.at, "by": _role(line.who)}
            for line in log
        ],
    }


def _entry(entry: Entry) -> dict[str, Any]:
    return {
        "number": entry.number,
        "name": entry.name,
        "picture": entry.sha256,
        "mime": entry.mime,
        "made_here": entry.ours,
        "recipe": dict(entry.recipe),
        "licence": entry.licence,
        "link": entry.link,
        "entered": entry.at,
    }


def _role(who: str) -> str:
    return who if who == "clock" else "moderator"


def feed_entry(event: Event, *, page: str = "") -> Mapping[str, Any]:
    """Return what the public list of events of the AI Horde's community takes."""
    times = event.plan.schedule
    ends = times.closes.timestamp() + times.voting_hours * 3600 + times.featured_days * DAY
    return {
        "title": event.plan.title,
        "description": event.plan.theme,
        "channels": [CHANNELS[event.plan.kind]],
        "valid_since": times.opens.strftime("%Y-%m-%d"),
        "limited_to": times.closes.strftime("%Y-%m-%d"),
        "featured_until": int(ends),
        "link": page,
    }
