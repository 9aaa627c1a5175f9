"""The alchemist's rounds: pop a form, look at its picture, do it, hand in what came of it."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from typing import Any, Protocol, TypeVar

from PIL import Image

from common import pictures, texts
from common.errors import HordeBusy, HordeError, HordeUnreachable, PictureError, WorkerError
from common.horde.wire_names import POST_PROCESSORS
from common.horde.work import Rewarded
from common.horde.work_alchemy import FormSubmitBody, PoppedForm
from worker.alchemy.asking import FORM_SECONDS, MARGIN, Asker, Pace
from worker.alchemy.inspection import Seen, inspect
from worker.alchemy.protocol import CAPTION, INTERROGATION, NSFW, Outcome, Work
from worker.delivery import QUALITY, UPLOADED
from worker.events import Failed, Notice, Report, Waiting
from worker.order import JobFailed
from worker.preparation import MAX_SOURCE_BYTES, MAX_SOURCE_PIXELS
from worker.safety.judgement import NUDE, Verdict
from worker.safety.protocol import Checker
from worker.thread import in_thread
from worker.timing import Backoff, Timing, either, rest
from worker.wire_client import WireClient

FAILURES_TO_PAUSE = 3
HAND_IN_SECONDS = 60.0
MOST_TAGS = 5
"""Words of an interrogation that the safety check reads."""
TILE = 512

T = TypeVar("T")


class Bench(Protocol):
    """Where forms are done. Blocking."""

    def generate(
        self, task: Work, progress: Callable[[float], None], cancelled: Callable[[], bool]
    ) -> list[Outcome]:
        """Return what came of a form; nothing if it was cancelled. Raises WorkerError."""
        ...


class Rounds:
    """One run of the alchemist on one server."""

    def __init__(
        self,
        horde: WireClient,
        bench: Bench,
        checker: Checker,
        asker: Asker,
        pace: Pace,
        *,
        name: str,
        can: frozenset[str],
        nsfw: bool,
        stop: asyncio.Event,
        report: Report,
        timing: Timing,
    ) -> None:
        """`can` is what the bench does; `nsfw` whether pictures for adults are worked upon."""
        self._horde = horde
        self._bench = bench
        self._checker = checker
        self._asker = asker
        self._pace = pace
        self._name = name
        self._can = can
        self._nsfw = nsfw
        self._stop = stop
        self._report = report
        self._timing = timing
        self._pause = Backoff(timing.pause, timing.random)

    async def work(self) -> None:
        """Do one form after another until the worker is to stop. Raises WorkerError."""
        failures = 0
        while not self._stop.is_set():
            form = await self._asker.pop(self._pace.most_tiles)
            if form is None:
                continue
            problem = await self._do(form)
            failures = failures + 1 if problem else 0
            if not failures:
                self._pause.reset()
            elif failures >= FAILURES_TO_PAUSE:
                await self._rest_after(failures, problem)

    async def _rest_after(self, failures: int, problem: str) -> None:
        seconds = self._pause.draw()
        values = {"failures": failures, "reason": problem, "seconds": round(seconds)}
        self._report(Waiting(texts.say("worker.paused", **values)))
        await rest(self._stop, seconds)

    async def _do(self, form: PoppedForm) -> str:
        """Do a form and hand it in; return what went wrong, "" if nothing did."""
        problem, refused = "", False
        try:
            source = await self._fetch(form)
            outcome = await self._outcome(form, source)
            body = await self._body(form, source, outcome)
        except Withheld as error:
            problem, refused = str(error), True
        except (WorkerError, HordeError, PictureError) as error:
            problem = str(error)
        except Exception as error:  # noqa: BLE001  (a library's, about this one picture)
            problem = f"{type(error).__name__}: {error}"
        if problem:
            self._report(Failed(form.id, problem))
            body = FormSubmitBody(id=form.id, state="faulted")
        await self._submit(form, body)
        return "" if refused else problem

    async def _fetch(self, form: PoppedForm) -> bytes:
        return await self._horde.fetch(form.source_image, limit_bytes=MAX_SOURCE_BYTES)

    async def _outcome(self, form: PoppedForm, source: bytes) -> Outcome:
        """Return what came of a form. Raises Withheld, JobFailed or WorkerError."""
        name, until = form.form, self._timing.clock() + FORM_SECONDS - MARGIN
        image = await asyncio.to_thread(_decoded, source)
        seen = await self._within(until, partial(self._seen, image))
        makes_picture = name in POST_PROCESSORS
        if seen.verdict is Verdict.CSAM:
            raise Withheld("worker.withheld_csam")
        if makes_picture and seen.verdict is Verdict.NSFW and not self._nsfw:
            raise Withheld("worker.withheld_nsfw")
        if name == NSFW:
            return Outcome(answer=seen.nudity >= NUDE)
        if name not in self._can:
            raise JobFailed("worker.cannot", wish=name[:64])
        began = self._timing.clock()
        outcome = await self._within(until, partial(self._made, Work(name, image)))
        if makes_picture:
            self._pace.learn(_tiles(image), self._timing.clock() - began)
        return outcome

    def _seen(self, image: Image.Image, cancelled: Callable[[], bool]) -> Seen:
        """Look at a picture, with the words of what sees here. Blocking."""

        def ask(image: Image.Image) -> Sequence[str]:
            forms = [form for form in (CAPTION, INTERROGATION) if form in self._can]
            made = (self._made(Work(form, image), cancelled).answer for form in forms)
            return [word for answer in made for word in _words(answer)]

        return inspect(image, self._checker, ask)

    def _made(self, work: Work, cancelled: Callable[[], bool]) -> Outcome:
        """Have the bench do something. Blocking. Raises JobFailed if it was cancelled."""
        made = self._bench.generate(work, lambda _part: None, cancelled)
        if not made:
            raise JobFailed("worker.too_late")
        return made[0]

    async def _within(self, until: float, job: Callable[[Callable[[], bool]], T]) -> T:
        """Run blocking work, and have it end at a time or when the worker is to stop."""
        cancel = threading.Event()
        running = in_thread(partial(job, cancel.is_set))
        try:
            await either(running, self._stop, max(until - self._timing.clock(), 0))
            if not running.done() and self._stop.is_set():
                await asyncio.wait({running}, timeout=self._timing.finish)
        finally:
            cancel.set()
        await asyncio.wait({running}, timeout=self._timing.engine_grace)
        if not running.done():
            raise WorkerError("worker.engine_stuck")
        return running.result()

    async def _body(self, form: PoppedForm, source: bytes, outcome: Outcome) -> FormSubmitBody:
        """Return what is handed in; a picture is uploaded first."""
        if outcome.image is None:
            return FormSubmitBody(id=form.id, result={form.form: outcome.answer})
        if form.r2_upload is None:
            raise JobFailed("worker.nowhere_to_put")
        parameters = await asyncio.to_thread(pictures.read_parameters, source)
        recipe = pictures.Metadata(parameters=parameters or "", software=f"hordebots, {self._name}")
        data = await asyncio.to_thread(
            pictures.encode_webp, outcome.image, quality=QUALITY, metadata=recipe
        )
        address = form.r2_upload
        await self._persist(lambda: self._horde.upload(address, data))
        return FormSubmitBody(id=form.id, result={form.form: UPLOADED})

    async def _submit(self, form: PoppedForm, body: FormSubmitBody) -> None:
        """Hand in. A server that wants it no more, or not at all, is not asked twice."""
        try:
            paid: Rewarded = await self._persist(lambda: self._horde.submit_form(body))
        except HordeError as error:
            if body.state == "ok" and error.rc != "DuplicateGen":
                self._report(Failed(form.id, str(error)))
            return
        if body.state == "ok":
            values: dict[str, Any] = {"form": form.form, "reward": f"{paid.reward:g}"}
            self._report(Notice(texts.say("worker.alchemy_done", **values)))

    async def _persist(self, call: Callable[[], Awaitable[T]]) -> T:
        """Try until it works, while the trouble is one that passes and there is time."""
        give_up = self._timing.clock() + HAND_IN_SECONDS
        waits = Backoff((0.5, 5.0), self._timing.random)
        while True:
            try:
                return await call()
            except (HordeUnreachable, HordeBusy) as error:
                wait = max(waits.draw(), error.retry_after or 0.0)
                if self._stop.is_set() or self._timing.clock() + wait > give_up:
                    raise
            await rest(self._stop, wait)


class Withheld(WorkerError):
    """A picture that nothing is done with, and nothing is told of. No fault of this machine."""


def _decoded(data: bytes) -> Image.Image:
    image = pictures.decode(data, max_bytes=MAX_SOURCE_BYTES, max_pixels=MAX_SOURCE_PIXELS)
    return image.convert("RGB")


def _tiles(image: Image.Image) -> int:
    return -(-image.width // TILE) * -(-image.height // TILE)


def _words(answer: Any) -> list[str]:
    """Return the words of a caption, or the likeliest of an interrogation."""
    if isinstance(answer, str):
        return [answer]
    return [entry["text"] for entry in answer.get("tags", ())[:MOST_TAGS]]
