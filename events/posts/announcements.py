"""What is posted of an event, in words and pictures. Pure: the same event gives the same posts."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from common import texts
from events.lifecycle import HOUR, Step, deadline
from events.model import Entry, Event, Kind, Plan, Venue
from events.store import Posted
from events.when import when

PER_POST = 4
"""Pictures in one post: what every platform takes."""
REMINDED = 24 * HOUR
"""Seconds before closing at which people are reminded."""
MOST_UPVOTED = 100
"""Entries that stand below their galleries one by one; of more nobody would see the last."""
UPVOTES = "upvotes-"
"""How the keys of those posts begin."""
RULES = ("required", "forbidden", "styles", "models")


@dataclass(frozen=True, slots=True)
class Scene:
    """What posts need to know besides the event."""

    entries: Sequence[Entry] = ()
    """Those that stand, in the order in which they are shown."""
    winners: Sequence[Entry] = ()
    """Best first."""
    page: str = ""
    """Address of the event's page; "" where there is none."""
    why: str = ""
    """A moderator's word."""
    galleries: Sequence[Venue] = ()
    """Where winners are shown besides the event's own places."""


def posts(event: Event, step: Step, scene: Scene) -> list[Posted]:
    """Return what a step puts into the outbox, for every place where the event is held."""
    made: list[Posted] = []
    with texts.speaking(event.plan.rules.language):
        more = scene.galleries if step is Step.PROMOTE else ()
        for venue in _each_once((*event.plan.venues, *more)):
            made += _of_venue(event, step, scene, venue)
    return made


def _each_once(venues: Sequence[Venue]) -> list[Venue]:
    return list({(venue.account, venue.to): venue for venue in venues}.values())


def _of_venue(event: Event, step: Step, scene: Scene, venue: Venue) -> Iterator[Posted]:
    plan = event.plan
    match step:
        case Step.ANNOUNCE:
            yield _post(event, venue, "announce", _announcement(plan, scene))
        case Step.OPEN:
            yield _post(event, venue, "open", _opening(plan, scene))
            due = deadline(plan) - REMINDED
            if due > plan.schedule.opens.timestamp():
                yield _post(event, venue, "remind", _reminder(plan, scene), due=due)
        case Step.VOTE:
            yield from _galleries(event, scene, venue)
        case Step.PROMOTE:
            yield _winners(event, venue, scene)
        case Step.CANCEL:
            text = texts.say("event_post.cancelled", title=plan.title, why=scene.why)
            yield _post(event, venue, "cancel", text.strip())
        case Step.EXTEND:
            until = when(event.due) if event.due is not None else "?"
            text = texts.say("event_post.extended", title=plan.title, until=until, why=scene.why)
            yield _post(event, venue, f"extend-{event.due or 0:.0f}", text.strip())


def _announcement(plan: Plan, scene: Scene) -> str:
    lines = [
        plan.theme,
        texts.say(
            "event_post.dates",
            opens=when(plan.schedule.opens.timestamp()),
            closes=when(plan.schedule.closes.timestamp()),
        ),
        *rules(plan),
        prizes(plan),
        _page(scene),
    ]
    return "\n".join(line for line in lines if line)


def _opening(plan: Plan, scene: Scene) -> str:
    code = "event_post.party" if plan.kind is Kind.PARTY else "event_post.how"
    lines = [
        plan.theme,
        texts.say(code, name=plan.name, until=when(plan.schedule.closes.timestamp())),
        *rules(plan),
        _page(scene),
    ]
    return "\n".join(line for line in lines if line)


def _reminder(plan: Plan, scene: Scene) -> str:
    until = when(plan.schedule.closes.timestamp())
    text = texts.say("event_post.remind", title=plan.title, name=plan.name, until=until)
    return "\n".join(line for line in (text, _page(scene)) if line)


def _galleries(event: Event, scene: Scene, venue: Venue) -> Iterator[Posted]:
    entries = list(scene.entries)
    pages = [entries[at : at + PER_POST] for at in range(0, len(entries), PER_POST)]
    for number, page in enumerate(pages, start=1):
        text = texts.say(
            "event_post.vote",
            title=event.plan.title,
            name=event.name,
            numbers=", ".join(str(entry.number) for entry in page),
            part=number,
            parts=len(pages),
        )
        words = "\n".join(line for line in (text, _page(scene)) if line)
        yield _post(event, venue, f"heat-{number}", words, shown=page, vote=True)
        if len(page) > 1:
            yield _poll(event, venue, number, page)
        if event.plan.voting.upvotes and len(entries) <= MOST_UPVOTED:
            yield from (_to_upvote(event, venue, number, entry) for entry in page)


def _to_upvote(event: Event, venue: Venue, number: int, entry: Entry) -> Posted:
    """Return an entry alone below its gallery, for platforms that tell upvotes from downvotes."""
    text = texts.say("event_post.upvote", number=entry.number)
    made = _post(event, venue, f"{UPVOTES}{entry.number}", text, shown=[entry])
    return replace(made, body={**made.body, "under": f"heat-{number}"})


def _poll(event: Event, venue: Venue, number: int, page: Sequence[Entry]) -> Posted:
    """Return a poll below a gallery, for platforms that have polls of their own."""
    body = {
        "title": event.plan.title,
        "text": texts.say("event_post.poll", title=event.plan.title),
        "poll": [texts.say("event_post.option", number=entry.number) for entry in page],
        "entries": [entry.number for entry in page],
        "under": f"heat-{number}",
    }
    return Posted(f"poll-{number}", venue.account, venue.to, body)


def _winners(event: Event, venue: Venue, scene: Scene) -> Posted:
    """Return who has won, a line each, so that one who is hidden later is named no more."""
    lines = []
    for place, entry in enumerate(scene.winners, start=1):
        name = entry.name or texts.say("entry.anonymous")
        line = texts.say("event_post.place", place=place, name=name, number=entry.number)
        lines.append([entry.number, f"{line} {entry.link}".strip()])
    head = texts.say("event_post.winners", title=event.plan.title)
    if not lines:
        head = f"{head}\n{texts.say('event_post.nobody')}"
    made = _post(event, venue, "winners", head, shown=scene.winners)
    return replace(made, body={**made.body, "lines": lines, "end": _page(scene)})


def words_of(body: Mapping[str, Any], left_out: Collection[int] = ()) -> str:
    """Return what a post says, without the entries that may not be seen."""
    lines = [str(body["text"])]
    lines += [line for number, line in body.get("lines", ()) if number not in left_out]
    if left_out:
        numbers = ", ".join(map(str, sorted(left_out)))
        lines.append(texts.say("event_post.hidden", numbers=numbers))
    return "\n".join(line for line in (*lines, str(body.get("end", ""))) if line)


def title_of(body: Mapping[str, Any]) -> str:
    """Return what stands above a post's words, "" where these say it themselves."""
    title = str(body.get("title", ""))
    return "" if title in words_of(body) else title


def rules(plan: Plan) -> list[str]:
    """Return what an entry must keep to, one rule a line."""
    held = plan.rules
    lines = [
        texts.say(f"event_post.{name}", what=", ".join(getattr(held, name)))
        for name in RULES
        if getattr(held, name)
    ]
    if held.seed is not None:
        lines.append(texts.say("event_post.seed", what=held.seed))
    if held.size is not None:
        lines.append(texts.say("event_post.size", what=f"{held.size[0]}x{held.size[1]}"))
    if held.entries > 1:
        lines.append(texts.say("event_post.entries", count=held.entries))
    return lines


def prizes(plan: Plan) -> str:
    """Return what can be won; "" if nothing."""
    given = []
    if plan.prizes.places:
        places = ", ".join(f"{kudos:,}" for kudos in plan.prizes.places)
        given.append(texts.say("event_post.place_prizes", kudos=places))
    if plan.prizes.participation:
        kudos = f"{plan.prizes.participation:,}"
        given.append(texts.say("event_post.participation", kudos=kudos))
    return " ".join(given)


def _page(scene: Scene) -> str:
    return texts.say("event_post.page", page=scene.page) if scene.page else ""


def _post(
    event: Event,
    venue: Venue,
    key: str,
    text: str,
    *,
    shown: Sequence[Entry] = (),
    due: float = 0.0,
    vote: bool = False,
) -> Posted:
    body: dict[str, Any] = {
        "title": event.plan.title,
        "text": text,
        "pictures": [_picture(entry) for entry in shown[:PER_POST]],
    }
    if vote:
        body["vote"] = [entry.number for entry in shown]
    return Posted(key, venue.account, venue.to, body, due)


def _picture(entry: Entry) -> Mapping[str, Any]:
    job = entry.recipe.get("job", {})
    prompt = str(entry.recipe.get("prompt", ""))
    alt = texts.say("event_post.alt", number=entry.number, prompt=prompt[:800])
    return {
        "number": entry.number,
        "sha256": entry.sha256,
        "mime": entry.mime,
        "width": int(job.get("width", 512)),
        "height": int(job.get("height", 512)),
        "style": str(job.get("style", "")),
        "model": str(entry.recipe.get("model", "")),
        "seed": str(entry.recipe.get("seed", "")),
        "alt": alt,
    }
