"""What people are told: outcomes put into words, and cut to what a platform carries. Pure."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from common import texts
from common.errors import Refusal
from common.horde.enlarging import is_enlarging
from common.model import (
    Audience,
    Ending,
    Incoming,
    Note,
    NoteKind,
    Outcome,
    Part,
    Phase,
    Picture,
    Progress,
)
from request.adapter import Adapter, Capabilities
from request.answering import metadata, recipe
from request.kept.records import JobRow, PictureRow

ALT_LENGTH = 1000
MINUTE, HOUR = 60, 3600
MOST_WORDY_PARTS = 4
"""Posts that words alone may take."""
OTHER_STYLES = frozenset({"refused.style_unknown", "refused.style_not_served"})
"""Codes of refusals below which `style: NAME` draws what was asked for in that one."""
PROMPT_LENGTH = 300
"""Characters of the prompt repeated in an answer."""


def refused(request_id: str, refusal: Refusal) -> Outcome:
    """Return the answer to a request that is declined."""
    return Outcome(
        request_id,
        Ending.REFUSED,
        text=str(refusal),
        suggestions=refusal.suggestions,
        code=refusal.code,
    )


def told(
    request_id: str,
    text: str,
    suggestions: tuple[str, ...] = (),
    *,
    code: str = "",
    private: bool = False,
) -> Outcome:
    """Return the answer to a question."""
    return Outcome(
        request_id, Ending.TOLD, text=text, suggestions=suggestions, code=code, private=private
    )


def can_be_private(incoming: Incoming, adapter: Adapter) -> bool:
    """Tell whether an answer can be shown to the asker alone."""
    return incoming.audience is Audience.PRIVATE or adapter.capabilities.private_replies


def broken(request_id: str) -> Outcome:
    """Return the answer when something went wrong that should not have."""
    return Outcome(request_id, Ending.FAILED, text=texts.say("answer.internal"))


def finished(
    request_id: str,
    prompt: str,
    jobs: Sequence[JobRow],
    pictures: tuple[Picture, ...],
    notes: tuple[Note, ...],
    *,
    made: Sequence[PictureRow] = (),
    suggestions: tuple[str, ...] = (),
) -> Outcome:
    """Return the answer to a request whose jobs have all ended.

    `made` is all that came back, censored ones too. `suggestions` are styles that may work where
    these did not, the nearest first. `notes` say what happened on the way; whose LoRAs the pictures
    owe their look to is added.
    """
    asked = sum(row.job.n for row in jobs)
    reasons = _reasons(jobs, made)
    if not pictures:
        reason = " ".join(reasons) or texts.say("outcome.faulted")
        text = texts.say("answer.none", reason=reason)
        if suggestions:
            text = f"{text} {texts.say('outcome.nearest', style=suggestions[0])}"
        return Outcome(
            request_id,
            Ending.FAILED,
            text,
            notes=notes,
            suggestions=suggestions,
            follow_ups=("again",),
        )
    shown = _shorten(prompt, PROMPT_LENGTH)
    complete = len(pictures) >= asked
    code = "answer.partial" if not complete else "answer.done_many"
    if complete and len(pictures) == 1:
        code = "answer.done_one" if shown else "answer.done_untitled"
    headline = texts.say(code, count=len(pictures), asked=asked, prompt=shown)
    return Outcome(
        request_id,
        Ending.DONE if complete else Ending.PARTIAL,
        text=" ".join((headline, *(() if complete else reasons))),
        pictures=pictures,
        notes=(*notes, *_drawn_over(jobs), *_credits(jobs)),
        follow_ups=("again", "info"),
    )


def _reasons(jobs: Sequence[JobRow], made: Sequence[PictureRow]) -> tuple[str, ...]:
    """Return why there are fewer pictures than asked for, each reason once.

    What was censored is counted over the whole request.
    """
    censored = metadata.censored(made, jobs)
    counted = {row.job for row in made if row.censored}
    others = (row.reason for row in jobs if row.reason and row.id not in counted)
    return tuple(dict.fromkeys((*((censored,) if censored else ()), *others)))


def _drawn_over(jobs: Sequence[JobRow]) -> tuple[Note, ...]:
    """Say of what was only to be larger that it was drawn over instead."""
    if not any(row.job.enlarge and not is_enlarging(row.horde_id) for row in jobs):
        return ()
    return (Note("info.drawn_over", texts.say("info.drawn_over"), NoteKind.INFO),)


def _credits(jobs: Sequence[JobRow]) -> tuple[Note, ...]:
    credited = "; ".join(recipe.credits_of(row.job for row in jobs))
    if not credited:
        return ()
    return (Note("info.credits", texts.say("info.credits", credits=credited), NoteKind.INFO),)


def describe_pictures(
    request_id: str,
    prompt: str,
    jobs: Sequence[JobRow],
    rows: Sequence[PictureRow],
    folder: Path,
) -> tuple[Picture, ...]:
    """Return the pictures that can be shown, numbered through, with alternative text."""
    by_id = {row.id: row for row in jobs}
    shown = [row for row in rows if row.sha256 is not None]
    return tuple(
        Picture(
            number=number,
            path=folder / (row.sha256 or ""),
            sha256=row.sha256 or "",
            mime=row.mime or "",
            width=row.width or 0,
            height=row.height or 0,
            style=by_id[row.job].job.style,
            model=row.model,
            seed=row.seed,
            worker=row.worker,
            alt=_alternative_text(
                prompt, style=by_id[row.job].job.style, seed=row.seed, request=request_id
            ),
            notes=metadata.sentences(row.gen_metadata, by_id[row.job].job),
        )
        for number, row in enumerate(shown, start=1)
    )


def standing(progress: Progress | None) -> str:
    """Return where a request stands, as the end of a sentence."""
    if progress is None or progress.phase is Phase.RECEIVED:
        return texts.say("standing.begun")
    code, values = "standing.waiting", {"asked": progress.asked, "finished": progress.finished}
    if progress.phase is not Phase.WAITING:
        code = "standing.making"
    elif progress.position:
        code = "standing.own_queue" if progress.own_queue else "standing.horde_queue"
        values["place"] = progress.position
    words = texts.say(code, **values)
    if not progress.wait_seconds:
        return words
    return texts.say("standing.wait", standing=words, time=duration(progress.wait_seconds))


def duration(seconds: float) -> str:
    """Return a time in its largest sensible unit, rounded up: `40 s`, `12 min`, `5 h`."""
    if seconds < 2 * MINUTE:
        return texts.say("duration.seconds", count=max(1, math.ceil(seconds)))
    if seconds < 2 * HOUR:
        return texts.say("duration.minutes", count=math.ceil(seconds / MINUTE))
    return texts.say("duration.hours", count=math.ceil(seconds / HOUR))


def cut(outcome: Outcome, capabilities: Capabilities) -> list[Part]:
    """Cut an answer into posts: the text goes with the first, pictures as many as fit.

    Words without pictures that are too long for one post go on in the next ones.
    """
    if outcome.suggestions and not capabilities.pressed:
        names, first = ", ".join(outcome.suggestions), outcome.suggestions[0]
        code = "answer.other_styles" if outcome.code in OTHER_STYLES else "answer.suggestions"
        note = Note(code, texts.say(code, names=names, first=first))
        outcome = replace(outcome, notes=(note, *outcome.notes))
    if not outcome.pictures:
        return _in_words(outcome, capabilities)
    most = max(1, capabilities.pictures_per_reply)
    shown = outcome.pictures
    groups = [shown[start : start + most] for start in range(0, len(shown), most)] or [()]
    total = len(groups)
    parts = []
    for number, group in enumerate(groups, start=1):
        count = f"({number}/{total})" if total > 1 else ""
        room = capabilities.text_length - len(count) - 1
        text = _fitted(outcome, room) if number == 1 else ""
        parts.append(Part(number, total, f"{text}\n{count}".strip(), group))
    return parts


def _in_words(outcome: Outcome, capabilities: Capabilities) -> list[Part]:
    whole = full_text(outcome)
    if len(whole) <= capabilities.text_length:
        return [Part(1, 1, whole)]
    pieces = split(whole, capabilities.text_length - len("\n(9/9)"), most=MOST_WORDY_PARTS)
    total = len(pieces)
    return [
        Part(number, total, f"{piece}\n({number}/{total})")
        for number, piece in enumerate(pieces, start=1)
    ]


def split(text: str, room: int, *, most: int) -> list[str]:
    """Return a text in pieces of at most `room` characters, cut between long lines or else words.

    What does not fit into `most` pieces is left out.
    """
    pieces: list[str] = []
    rest = text.strip()
    while len(rest) > room and len(pieces) < most - 1:
        head = rest[: room + 1]
        line, word = head.rfind("\n"), head.rfind(" ")
        # a short line does not take a whole post while the next one is too long for any
        cut_at = line if line > room // 2 else max(line, word, 0) or room
        pieces.append(rest[:cut_at].rstrip())
        rest = rest[cut_at:].lstrip()
    return [*pieces, _shorten(rest, room)]


def full_text(outcome: Outcome) -> str:
    """Return all an answer says, for platforms that have nothing but text."""
    return "\n".join((outcome.text, *(note.text for note in outcome.notes), *_last_line(outcome)))


def _fitted(outcome: Outcome, room: int) -> str:
    """Return what an answer says in at most `room` characters.

    The last line is always there. A long prompt makes room for what was changed, up to a half;
    notes that do not fit are left out, quiet ones first.
    """
    last = _last_line(outcome)
    rest = room - sum(len(line) + 1 for line in last)
    changes = (len(note.text) + 1 for note in outcome.notes if note.kind is NoteKind.CHANGED)
    head = _shorten(outcome.text, max(rest - sum(changes) - 1, rest // 2))
    rest -= len(head)
    kept = set()
    for note in sorted(outcome.notes, key=lambda note: note.kind is NoteKind.INFO):
        if len(note.text) < rest:
            kept.add(note)
            rest -= len(note.text) + 1
    return "\n".join((head, *(note.text for note in outcome.notes if note in kept), *last))


def _last_line(outcome: Outcome) -> tuple[str, ...]:
    return (texts.say("answer.machine", request=outcome.request),) if outcome.pictures else ()


def _alternative_text(prompt: str, **facts: str) -> str:
    code = "answer.alt" if prompt else "answer.alt_untitled"
    shown = _shorten(prompt, ALT_LENGTH - len(texts.say(code, prompt="", **facts)))
    return texts.say(code, prompt=shown, **facts)


def _shorten(text: str, length: int) -> str:
    return text if len(text) <= length else text[: max(length - 1, 0)].rstrip() + "…"
