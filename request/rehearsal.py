"""What would be sent for a text, and what would be said, without sending anything. Pure.

`hordebots resolve` prints it; the document is described in `docs/reference/resolve.md`, and other
programs depend on it. It goes the way of a real request (grammar, blocked words, safety check,
resolver), but nothing is looked up: no LoRA at CivitAI, no style of the Horde's own, no picture to
start from. Who asks, how often, and whether the place is paused does not count: it is the text
that is rehearsed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from functools import partial
from typing import Any

from common.errors import Refusal
from common.horde.wire import generation_body
from common.model import Job, Note
from common.reference.models import ModelReference
from request import grammar
from request.allowed import safety
from request.grammar import NotARequest, WhyNot
from request.grammar.values import clamped
from styles.image_request import ImageRequest
from styles.limits import Limits, Served
from styles.lists.offer import offered
from styles.lists.stylelist import StyleList
from styles.names import NameIndex
from styles.notes import each_once
from styles.resolving import seeds
from styles.resolving.resolver import resolve


class Stage:
    """What texts are rehearsed with: all that a real request finds in place."""

    def __init__(
        self,
        stylelist: StyleList,
        reference: ModelReference,
        limits: Limits,
        served: Mapping[str, Served] | None = None,
        *,
        check_words: Callable[[ImageRequest], None] | None = None,
    ) -> None:
        """Take the styles, the models, the place's rules, and what is served (None: all).

        `check_words` refuses the words that the operator has blocked there, by a Refusal.
        """
        self._stylelist = stylelist
        self._reference = reference
        self._limits = limits
        self._served = served
        self._check_words = check_words
        self._models = NameIndex(dict.fromkeys((*reference.models, *(served or ()))))

    def rehearse(
        self, text: str, *, rng_seed: int, seed: str | None = None, n: int | None = None
    ) -> dict[str, Any]:
        """Return the document of a text: jobs, styles, notes, error.

        `seed` and `n` stand in where the text has none of its own; `rng_seed` decides the draws
        where there is no seed at all.
        """
        notes: tuple[Note, ...] = ()
        try:
            request = self._with_defaults(self._read(text), seed, n)
            notes = each_once(request.notes)
            jobs, notes = self._resolve(request, rng_seed)
        except Refusal as refusal:
            return _document(notes=notes, refusal=refusal)
        return _document(jobs, notes)

    def _read(self, text: str) -> ImageRequest:
        """Return what the text asks for, with or without a verb. Raises Refusal."""
        read = partial(
            grammar.read,
            text,
            self._stylelist.names,
            models=self._models,
            limits=self._limits,
            offer=offered(self._stylelist, self._reference, nsfw=self._limits.nsfw),
        )
        said = None
        with suppress(Refusal):  # if it is one, the second reading says so
            said = read()
        if not isinstance(said, ImageRequest) and said != NotARequest(WhyNot.EMPTY):
            said = read(verb_optional=True)
        if not isinstance(said, ImageRequest):
            raise Refusal("refused.not_a_request")
        return said

    def _with_defaults(
        self, request: ImageRequest, seed: str | None, n: int | None
    ) -> ImageRequest:
        if request.seed is None and seed is not None and seed.strip():
            request = replace(request, seed=seed)
        if request.n is None and n is not None:
            used, notes = clamped("n", str(n), n, (1, self._limits.max_pictures))
            request = replace(request, n=round(used), notes=(*request.notes, *notes))
        return request

    def _resolve(
        self, request: ImageRequest, rng_seed: int
    ) -> tuple[tuple[Job, ...], tuple[Note, ...]]:
        """Return the jobs, seen by the same checks as a real request's are. Raises Refusal."""
        if self._check_words is not None:
            self._check_words(request)
        safety.check_request(request)
        resolution = resolve(
            request,
            self._stylelist,
            served=self._served,
            reference=self._reference,
            limits=self._limits,
            rng_seed=rng_seed if request.seed is None else seeds.rng_seed(request.seed),
        )
        safety.check_jobs(resolution.jobs, request)
        return resolution.jobs, resolution.notes


def _document(
    jobs: Sequence[Job] = (), notes: Iterable[Note] = (), refusal: Refusal | None = None
) -> dict[str, Any]:
    return {
        "jobs": [generation_body(job).body() for job in jobs],
        "styles": [job.style for job in jobs],
        "notes": [{"code": _code(note.code), "text": note.text} for note in notes],
        "error": None if refusal is None else _error(refusal),
    }


def _error(refusal: Refusal) -> dict[str, Any]:
    suggestions = list(refusal.suggestions)
    return {"code": _code(refusal.code), "text": str(refusal), "suggestions": suggestions}


def _code(code: str) -> str:
    """Return a code of the catalogue without its group."""
    return code.rpartition(".")[2]
