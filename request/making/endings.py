"""Why a job brought nothing, or less than was asked for: each way to end in its own words. Pure."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from common import texts
from common.errors import HordeBusy, HordeError, HordeUnreachable
from common.model import Job
from common.reference.models import ModelReference
from styles.shape import within

FILTERED = frozenset({"CorruptPrompt"})
"""What the Horde's own filter says of words."""
UNPAID = frozenset({"KudosUpfront"})
FREE_SIDE = 576
"""Side in pixels of the square that a Horde makes for those without kudos, however busy it is."""
LATER_FREE_SIDE = 1024
LATER = ("stable_diffusion_xl", "stable_cascade", "flux")
"""What baselines begin with for which it makes the larger one."""
FREE_STEPS = 40
FREE_STEPS_CONTROLLED = 20
"""The same with a ControlNet."""
DOUBLE = frozenset({"k_dpmpp_sde", "k_dpmpp_2s_a", "k_heun", "k_dpm_2", "k_dpm_2_a"})
"""Samplers whose steps count twice."""
MINUTE = 60


@dataclass(frozen=True, slots=True)
class Trouble:
    """Why one Horde did not take a job."""

    horde: str
    """Its name in the configuration."""
    error: HordeError


def not_taken(
    job: Job, troubles: Sequence[Trouble], reference: ModelReference, *, tried: float
) -> str:
    """Return why no Horde took a job; `tried` are the seconds for which they were asked."""
    sentences = (_not_taken(job, trouble, reference, tried) for trouble in troubles)
    return " ".join(dict.fromkeys(sentences))


def _not_taken(job: Job, trouble: Trouble, reference: ModelReference, tried: float) -> str:
    error = trouble.error
    values = {"name": trouble.horde, "minutes": max(1, round(tried / MINUTE))}
    if error.rc in FILTERED:
        return texts.say("outcome.filtered")
    if error.rc in UNPAID:
        return texts.say("outcome.unpaid", **_asked(job), fits=fitting(job, reference))
    if isinstance(error, HordeBusy) and not error.rc:
        return texts.say("outcome.busy", **values)
    if isinstance(error, HordeUnreachable) and error.code == "horde.no_answer":
        return texts.say("outcome.unreachable", **values)
    return str(error)


def fitting(job: Job, reference: ModelReference) -> str:
    """Return the options with which a job would be made for those without kudos."""
    baseline = reference.baseline(job.model) or ""
    side = LATER_FREE_SIDE if baseline.startswith(LATER) else FREE_SIDE
    most = FREE_STEPS if job.control_type is None else FREE_STEPS_CONTROLLED
    facts = reference.models.get(job.model)
    if facts is not None and facts.steps[1] is not None:
        most = min(most, math.floor(facts.steps[1]))
    steps = max(1, min(job.steps, most // (2 if job.sampler in DOUBLE else 1)))
    width, height = within((job.width, job.height), side * side)
    return f"--size {width}x{height} --steps {steps}"


def came_to_nothing(*, expired: bool, unusable: int) -> str:
    """Return why nothing came of a job that was sent twice, by what happened the last time."""
    if expired:
        return texts.say("outcome.gone")
    return texts.say("outcome.unusable" if unusable else "outcome.faulted")


def impossible(job: Job, *, unfinished: bool = False) -> str:
    """Return that nobody makes this now; `unfinished`: it would be drawn, but not enlarged."""
    if unfinished:
        return texts.say("outcome.unfinished", tools=", ".join(job.post_processing))
    return texts.say("outcome.impossible", model=job.model)


def _asked(job: Job) -> dict[str, object]:
    return {"size": f"{job.width}×{job.height}", "steps": job.steps}
