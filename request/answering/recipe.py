"""How a picture was made: in words for people, and as the text that goes into its file."""

from __future__ import annotations

import json
from collections.abc import Iterable

from common import texts
from common.horde.wire_names import SAMPLER_TITLES
from common.model import Credit, Job, LoraUse, TiUse
from request.kept.records import JobRow, PictureRow

RESOURCES = "Civitai resources"
"""Where CivitAI lists what a picture was made with; the value is JSON."""


def recipe(job: Job, *, seed: str, model: str, worker: str = "") -> str:
    """Return the recipe in the text form A1111 and CivitAI read: three parts in fixed order.

    `request.wanted.recreation` reads it again. What only we know is said in words that others
    pass over.
    """
    positive, _, negative = job.prompt.partition("###")
    facts = {
        "Steps": job.steps,
        "Sampler": SAMPLER_TITLES.get(job.sampler, job.sampler),
        "Schedule type": "Karras" if job.karras else "Automatic",
        "CFG scale": f"{job.cfg_scale:g}",
        "Seed": seed,
        "Size": f"{job.width}x{job.height}",
        "Model": model,
        "Clip skip": job.clip_skip if job.clip_skip > 1 else None,
        "Denoising strength": job.denoising_strength,
        "Tiling": "True" if job.tiling else None,
        "Hires fix": "True" if job.hires_fix else None,
        "Post processing": _quoted("; ".join(job.post_processing)) or None,
        "Style": _quoted(job.style),
        "LoRAs": _quoted("; ".join(credit_lines(job))) if job.assets else None,
        "Worker": _quoted(worker) if worker else None,
        RESOURCES: _resources(job) if job.assets else None,
    }
    lines = [positive.strip()]
    if negative:
        lines.append(f"Negative prompt: {negative.strip()}")
    lines.append(", ".join(f"{name}: {value}" for name, value in facts.items() if value))
    return "\n".join(lines)


def credits_of(jobs: Iterable[Job]) -> tuple[str, ...]:
    """Return whose LoRAs and textual inversions were used, each once: title, creator, link.

    What is only a name (a worker's own LoRA) is nobody's credit.
    """
    used = (use for job in jobs for use in job.assets if use.credit is not None)
    return tuple(dict.fromkeys(_credit(use) for use in used))


def credit_lines(job: Job) -> tuple[str, ...]:
    """Return a job's LoRAs and textual inversions, each with its creator and link."""
    return tuple(_credit(use) for use in job.assets)


def describe(row: JobRow, picture: PictureRow, number: int, *, votes: int | None = None) -> str:
    """Return the answer to `info`: how one picture was made, one fact a line."""
    job = row.job
    positive, _, negative = job.prompt.partition("###")
    values = {
        "number": number,
        "prompt": positive.strip(),
        "style": job.style,
        "model": picture.model,
        "seed": picture.seed or "?",
        "size": f"{job.width}×{job.height}",
        "steps": job.steps,
        "cfg": f"{job.cfg_scale:g}",
        "sampler": job.sampler + (", karras" if job.karras else ""),
        "worker": picture.worker or "?",
        "endpoint": row.endpoint or "?",
    }
    lines = [texts.say("info.picture", **values)]
    if negative:
        lines.append(texts.say("info.negative", negative=negative.strip()))
    if job.denoising_strength is not None:
        lines.append(texts.say("info.strength", strength=f"{job.denoising_strength:g}"))
    lines += [texts.say("info.credit", credit=line) for line in credit_lines(job)]
    lines.append(texts.say("info.made", worker=values["worker"], endpoint=values["endpoint"]))
    if votes is not None:
        lines.append(texts.say("info.votes", count=votes))
    return "\n".join(lines)


def _resources(job: Job) -> str:
    """Return a job's LoRAs and textual inversions for programs, as CivitAI writes them.

    `clip`, `trigger` and `inject` are ours.
    """
    named = [_resource(use) for use in job.assets]
    return json.dumps(named, separators=(",", ":"))


def _resource(use: LoraUse | TiUse) -> dict[str, object]:
    number = int(use.name) if use.name.isascii() and use.name.isdigit() else use.name
    if isinstance(use, TiUse):
        facts = {
            "type": "embed",
            "modelId": number,
            "weight": use.strength,
            "inject": use.inject_ti,
        }
    else:
        where = "modelVersionId" if use.is_version else "modelId"
        clip = None if use.clip == use.model else use.clip
        facts = {"type": "lora", where: number, "weight": use.model, "clip": clip}
        facts |= {"trigger": use.inject_trigger}
    if use.credit is not None and use.credit.title != use.name:
        facts["modelName"] = use.credit.title
    return {name: fact for name, fact in facts.items() if fact is not None}


def _credit(use: LoraUse | TiUse) -> str:
    credit = use.credit or Credit(title=use.name)
    strength = use.model if isinstance(use, LoraUse) else use.strength
    title = credit.title if strength in {None, 1.0} else f"{credit.title} ×{strength:g}"
    if not credit.link:
        return title
    code = "info.credit_line" if credit.creator else "info.credit_nameless"
    return texts.say(code, title=title, creator=credit.creator, link=credit.link)


def _quoted(text: str) -> str:
    """Return a value as A1111 writes one that holds commas or colons."""
    plain = text.replace('"', "'")
    return f'"{plain}"' if set(plain) & set(",:\n") else plain
