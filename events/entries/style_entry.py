"""What a style contest is for: an entry as a style of the stylelist. Pure."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from common.errors import Refusal
from common.model import Job
from events.model import Entry, Event
from request.kept.encoding import job_from_json
from styles.lists.fields import Fault
from styles.lists.parsing import parse_style

FILE = "styles.json"


@dataclass(frozen=True, slots=True)
class StyleEntry:
    """A style, ready for a list."""

    name: str
    values: Mapping[str, Any]
    attribution: str
    """Whose it is, and where it was first seen, for the list's page of thanks."""
    faults: tuple[Fault, ...]


def template_of(prompt: str, subject: str) -> str:
    """Return a prompt with `{p}` where the subject stands, and `{np}` for what shall not be there.

    Raises Refusal if the subject is not in it.
    """
    positive, _, negative = prompt.partition("###")
    found = re.search(re.escape(subject), positive, re.IGNORECASE) if subject else None
    if found is None:
        raise Refusal("entry.subject", prompt=positive.strip()[:200])
    words = f"{positive[: found.start()]}{{p}}{positive[found.end() :]}".strip()
    negative = negative.strip().rstrip(",")
    return f"{words}###{negative}, {{np}}" if negative else f"{words}###{{np}}"


def style_of(event: Event, entry: Entry) -> StyleEntry:
    """Return the style that an entry is. Raises Refusal for one that is none."""
    recipe = entry.recipe
    if "template" not in recipe or "job" not in recipe:
        raise Refusal("entry.no_style", number=entry.number)
    job, name = job_from_json(recipe["job"]), str(recipe["called"])
    values = _values(job, str(recipe["template"]))
    if entry.name:
        values["author"] = entry.name
    style, faults = parse_style(name, values, FILE)
    if style is None:
        problems = "; ".join(fault.problem for fault in faults)
        raise Refusal("entry.faulty_style", number=entry.number, problem=problems)
    who = entry.name or "anonymous"
    where = f" ({entry.link})" if entry.link else ""
    attribution = f"* {name}: by {who} for “{event.plan.title}”{where}"
    return StyleEntry(name, values, attribution, tuple(faults))


def check_style(name: str, job: Job, template: str) -> None:
    """Refuse a style that no list would take. Raises Refusal."""
    style, faults = parse_style(name, _values(job, template), FILE)
    if style is None:
        raise Refusal("entry.faulty", problem="; ".join(fault.problem for fault in faults))


def _values(job: Job, template: str) -> dict[str, Any]:
    values: dict[str, Any] = {
        "prompt": template,
        "model": job.model,
        "steps": job.steps,
        "cfg_scale": job.cfg_scale,
        "sampler_name": job.sampler,
        "width": job.width,
        "height": job.height,
        "karras": job.karras,
    }
    if job.clip_skip != 1:
        values["clip_skip"] = job.clip_skip
    if job.hires_fix:
        values["hires_fix"] = True
    if job.loras:
        values["loras"] = [
            {
                "name": lora.name,
                "model": lora.model,
                "clip": lora.clip,
                **({"inject_trigger": lora.inject_trigger} if lora.inject_trigger else {}),
                **({"is_version": True} if lora.is_version else {}),
            }
            for lora in job.loras
        ]
    if job.tis:
        values["tis"] = [
            {"name": ti.name, "inject_ti": ti.inject_ti, "strength": ti.strength} for ti in job.tis
        ]
    return values


def as_list(styles: Sequence[StyleEntry]) -> str:
    """Return the text of a `styles.json` with these styles."""
    document = {one.name: dict(one.values) for one in styles}
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"
