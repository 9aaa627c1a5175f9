"""What `gen_metadata` says of a finished picture, in words.

Entries are `{"type", "value", "ref"}` as workers write them (`common/horde/wire.GenMetadata`).
What is not about something the person misses (batch numbers, scores) says nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from common import texts
from common.model import Job, Note, NoteKind
from request.kept.records import JobRow, PictureRow

FAILURES = ("download_failed", "parse_failed", "baseline_mismatch")
ASSETS = ("lora", "ti")
PICTURES = ("source_image", "source_mask", "extra_source_images")
LONGEST_REF = 100


def notes(jobs: Sequence[JobRow], pictures: Sequence[PictureRow]) -> tuple[Note, ...]:
    """Return one note for each thing that was left out, naming the pictures it is missing in.

    Pictures are numbered as they are shown: those that were censored have no number.
    """
    by_id = {row.id: row.job for row in jobs}
    missing: dict[str, list[int]] = {}
    shown = [row for row in pictures if row.sha256 is not None]
    for number, row in enumerate(shown, start=1):
        for sentence in sentences(row.gen_metadata, by_id[row.job]):
            missing.setdefault(sentence, []).append(number)
    return tuple(
        Note("made.in_pictures", _with_numbers(sentence, numbers, len(shown)), NoteKind.CHANGED)
        for sentence, numbers in missing.items()
    )


def sentences(entries: Iterable[Mapping[str, Any]], job: Job) -> tuple[str, ...]:
    """Return what a picture's metadata means to the person who asked for it, each once."""
    said = (_sentence(entry, job) for entry in entries)
    return tuple(dict.fromkeys(sentence for sentence in said if sentence))


def censored(pictures: Sequence[PictureRow], jobs: Sequence[JobRow] = ()) -> str | None:
    """Return how many of the pictures were censored and why; None if none was.

    Where the jobs are of several styles, those of the censored pictures are named.
    """
    of_jobs = [picture.job for picture in pictures if picture.censored]
    count = len(of_jobs)
    if not count:
        return None
    styles = {row.id: row.job.style for row in jobs}
    named = dict.fromkeys(styles[job] for job in of_jobs if job in styles)
    several = len(set(styles.values())) > 1
    which = texts.say("outcome.of_styles", styles=", ".join(named)) if several else ""
    reasons = {
        entry.get("value")
        for picture in pictures
        for entry in picture.gen_metadata
        if picture.censored and entry.get("type") == "censorship"
    }
    code = "outcome.censored_all" if count == len(pictures) else "outcome.censored"
    return texts.say(f"{code}_csam" if "csam" in reasons else code, count=count, which=which)


def _sentence(entry: Mapping[str, Any], job: Job) -> str | None:
    kind, value = entry.get("type"), entry.get("value")
    if value not in FAILURES:
        return None
    if kind in ASSETS:
        name = _asset_name(str(entry.get("ref") or ""), job)
        return texts.say(f"made.{kind}_{value}", name=name, model=job.model)
    if kind in PICTURES:
        return texts.say(f"made.source_{value}")
    return None


def _asset_name(ref: str, job: Job) -> str:
    """Return the title of the asset a worker means by id, version id or name."""
    wanted = ref.casefold()
    uses = job.assets
    meant = [use for use in uses if use.name.casefold() == wanted]
    if not ref and len(uses) == 1:
        meant = [*uses]
    for use in meant:
        return use.credit.title if use.credit else use.name
    return ref[:LONGEST_REF] or texts.say("made.some_asset")


def _with_numbers(sentence: str, numbers: list[int], total: int) -> str:
    if len(numbers) == total:
        return sentence
    listed = ", ".join(str(number) for number in numbers)
    return texts.say("made.in_pictures", sentence=sentence.rstrip("."), numbers=listed)
