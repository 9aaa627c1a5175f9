"""From a request to jobs ready for a Horde: styles drawn, prompts filled, parameters set.

Pure: the same request, list, served set, limits and rng seed give the same jobs, byte for byte.
"""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass

from common.errors import Refusal
from common.model import Job, Note
from common.reference.models import ModelReference
from styles.image_request import ImageRequest
from styles.limits import Limits, Served
from styles.lists.parsing import Style
from styles.lists.stylelist import StyleList
from styles.notes import changed, each_once, told
from styles.resolving.choice import Choice, choose
from styles.resolving.parameters import make_job
from styles.resolving.permutations import Variants, expand
from styles.resolving.situation import Situation

SOON = 120
"""Seconds of queue up to which one model is as good as another."""


EXAMPLE_PROMPT = "a fox in the snow"
EXAMPLE = f"{EXAMPLE_PROMPT} style: raw"
_NO_WORDS = " ,.;:!?\n\t"
"""What a prompt may consist of and still ask for nothing."""


@dataclass(frozen=True, slots=True)
class Resolution:
    """What a request becomes."""

    jobs: tuple[Job, ...]
    """One per distinct (variant of the prompt, style), in the order of the answer."""
    notes: tuple[Note, ...] = ()
    """What happened, the reader's notes first."""
    styles: tuple[str, ...] = ()
    """Styles drawn, the first getting the most pictures."""
    spares: tuple[str, ...] = ()
    """Usable styles that were not drawn, in the order in which they may replace one that was."""


def resolve(
    request: ImageRequest,
    stylelist: StyleList,
    *,
    served: Mapping[str, Served] | None,
    reference: ModelReference,
    limits: Limits,
    rng_seed: int,
) -> Resolution:
    """Return the jobs of a request. Raises Refusal if it is empty or no style can be used now.

    `served` says what can be had now, by model name; None: everything.
    """
    situation = Situation(request, stylelist, reference, limits, served)
    notes = list(request.notes)
    n, prompts = _variants(request, limits, rng_seed, notes)
    choice = choose(situation)
    drawn, spares = _draw(situation, choice, n, rng_seed)
    if choice.drawn:
        notes.append(told("note.styles_drawn", styles=", ".join(style.name for style in drawn)))
    counts = _shares(n, len(drawn))
    asked: dict[tuple[str, int], int] = {}
    for prompt in prompts:
        for number, count in enumerate(counts):
            asked[prompt, number] = asked.get((prompt, number), 0) + count
    jobs = []
    for (prompt, number), count in asked.items():
        job, job_notes = make_job(situation, drawn[number], prompt, count)
        jobs.append(job)
        notes += job_notes
    return Resolution(
        tuple(jobs),
        each_once(notes),
        tuple(style.name for style in drawn),
        tuple(style.name for style in spares),
    )


def _variants(
    request: ImageRequest, limits: Limits, rng_seed: int, notes: list[Note]
) -> tuple[int, tuple[str, ...]]:
    """Return the pictures per variant and the variants of the prompt that fit the limit."""
    most = max(1, limits.max_pictures)
    if request.literal or "{" not in request.prompt:
        variants = Variants((request.prompt,), 1, permuted=False)
    else:
        variants = expand(request.prompt, random.Random(rng_seed), most)
    usual = 1 if variants.permuted else limits.pictures
    wanted = usual if request.n is None else request.n
    n = min(most, max(1, wanted))
    if request.n is not None and n != request.n:
        notes.append(changed("note.pictures_clamped", asked=request.n, used=n))
    fit = most // n
    if variants.total > fit:
        notes.append(
            changed("note.variants_dropped", total=_show(variants.total), kept=fit, most=most)
        )
    prompts = tuple(prompt for prompt in variants.prompts[:fit] if prompt.strip(_NO_WORDS))
    if not prompts:
        raise Refusal("refused.empty_prompt", example=EXAMPLE)
    if len(prompts) < len(variants.prompts[:fit]):
        notes.append(changed("note.variant_empty"))
    return n, prompts


def _draw(
    situation: Situation, choice: Choice, n: int, rng_seed: int
) -> tuple[tuple[Style, ...], tuple[Style, ...]]:
    """Return the styles drawn for n pictures, and the others in the order they may stand in."""
    usable = choice.usable
    if len(usable) == 1:
        return usable, ()
    rng = random.Random(rng_seed)
    drawn = rng.sample(_soonest(situation, usable, n), min(n, len(usable)))
    names = {style.name for style in drawn}
    spares = [style for style in usable if style.name not in names]
    rng.shuffle(spares)
    spares.sort(key=lambda style: situation.wait(style) > SOON)
    return tuple(drawn), tuple(spares)


def _soonest(situation: Situation, styles: tuple[Style, ...], n: int) -> tuple[Style, ...]:
    """Return the styles that can be had soon, in list order, and no fewer than are drawn.

    Where fewer than n have a short queue, those with the next shorter ones join them.
    """
    waits = sorted(situation.wait(style) for style in styles)
    longest = max(SOON, waits[min(n, len(waits)) - 1])
    if waits[-1] <= longest:
        return styles
    return tuple(style for style in styles if situation.wait(style) <= longest)


def _shares(n: int, styles: int) -> list[int]:
    """Return how many of n pictures each style gets, as evenly as possible, the first the most."""
    share, rest = divmod(n, styles)
    return [share + (number < rest) for number in range(styles)]


def _show(number: int) -> str:
    return str(number) if number < 10**9 else "over a billion"
