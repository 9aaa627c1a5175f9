"""The alchemist's rounds: pop a form, look at its picture, do it, hand in what came of it."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from typing import Any, Protocol, TypeVar

from PIL import Image

from common import pictures, texts
from common.errors import HordeError, PictureError, WorkerError
from common.horde.wire_names import POST_PROCESSORS
from common.horde.work import Rewarded
from common.horde.work_alchemy import FormSubmitBody, PoppedForm
from worker.alchemy.asking import FORM_SECONDS, MARGIN, Asker, Pace
from worker.alchemy.inspection import Seen, inspect
from worker.alchemy.protocol import CAPTION, INTERROGATION, NSFW, Outcome, Work
from worker.events import Failed, Notice, Report, Waiting
from worker.horde.client import WireClient
from worker.horde.delivery import QUALITY, UPLOADED
from worker.horde.persistence import persist
from worker.making.preparation import MAX_SOURCE_BYTES, MAX_SOURCE_PIXELS
from worker.order import JobFailed, Verdict
from worker.owner.rota import Rota
from worker.patience import Patience
from worker.safety.judgement import NUDE
from worker.safety.protocol import Checker
from worker.system.thread import in_thread
from worker.timing import Timing, either, rest

HAND_IN_SECONDS = 60.0
SHORTEST_WAIT = 0.05
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

    def unload(self) -> None:
        """Give back the memory it takes, until the next form."""
        ...


class Rounds:
    """One run of the alchemist, for one or more servers."""

    def __init__(
        self,
        askers: Sequence[Asker],
        bench: Bench,
        checker: Checker,
        pace: Pace,
        rota: Rota,
        *,
        name: str,
        can: frozenset[str],
        nsfw: bool,
        unload: float | None = None,
        stop: asyncio.Event,
        report: Report,
        timing: Timing,
    ) -> None:
        """Take the servers in the order they are asked.

        `can` is what the bench does; `nsfw` whether pictures for adults are worked upon; `unload`
        the seconds without a form after which memory is given back, None: never.
        """
        self._askers = list(askers)
        self._bench = bench
        self._checker = checker
        self._pace = pace
        self._rota = rota
        self._name = name
        self._can = can
        self._nsfw = nsfw
        self._stop = stop
        self._report = report
        self._timing = timing
        self._unload = unload
        self._used: float | None = timing.clock()
        """When memory was last needed; None: it was given back since."""
        self._patience = Patience(timing, report, "alchemy")

    async def work(self) -> None:
        """Do one form after another until the worker is to stop. Raises WorkerError."""
        while not self._stop.is_set():
            await self._patience.sit_out(self._stop)
            if await self._rota.reason() is not None:
                await self._give_memory_back(at_once=True)
                await rest(self._stop, self._timing.tend)
                continue
            found = await self._ask()
            if found is None:
                await self._give_memory_back()
                continue
            asker, form = found
            problem = await self._do(form, asker.horde)
            self._used = self._timing.clock()
            if problem:
                self._patience.note(problem)
            else:
                self._patience.relax()

    async def _ask(self) -> tuple[Asker, PoppedForm] | None:
        """Ask the servers in their order; without a form, wait until it is time again.

        Raises WorkerError if asking the last of them again is of no use.
        """
        for asker in tuple(self._askers):
            if asker.wait() > 0 or self._stop.is_set():
                continue
            try:
                form = await asker.pop(self._pace.most_tiles)
            except WorkerError as error:
                self._askers.remove(asker)
                if not self._askers:
                    raise
                self._report(Waiting(str(error), asker.about))
                continue
            if form is not None:
                return asker, form
        await rest(self._stop, max(min(each.wait() for each in self._askers), SHORTEST_WAIT))
        return None

    async def _give_memory_back(self, *, at_once: bool = False) -> None:
        """Have the bench forget what it read when it was idle for long, or at once."""
        if self._used is None:
            return
        idle = self._timing.clock() - self._used
        if at_once or (self._unload is not None and idle >= self._unload):
            self._used = None
            await in_thread(self._bench.unload)
            await in_thread(self._checker.close)

    async def _do(self, form: PoppedForm, horde: WireClient) -> str:
        """Do a form and hand it in; return what went wrong, "" if nothing did."""
        problem, refused = "", False
        try:
            source = await horde.fetch(form.source_image, limit_bytes=MAX_SOURCE_BYTES)
            outcome = await self._outcome(form, source)
            body = await self._body(form, horde, source, outcome)
        except Withheld as error:
            problem, refused = str(error), True
        except (WorkerError, HordeError, PictureError) as error:
            problem = str(error)
        except Exception as error:  # noqa: BLE001  (a library's, about this one picture)
            problem = f"{type(error).__name__}: {error}"
        if problem:
            self._report(Failed(form.id, problem))
            body = FormSubmitBody(id=form.id, state="faulted")
        await self._submit(form, horde, body)
        return "" if refused else problem

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

    async def _body(
        self, form: PoppedForm, horde: WireClient, source: bytes, outcome: Outcome
    ) -> FormSubmitBody:
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
        await self._persist(lambda: horde.upload(address, data))
        return FormSubmitBody(id=form.id, result={form.form: UPLOADED})

    async def _submit(self, form: PoppedForm, horde: WireClient, body: FormSubmitBody) -> None:
        """Hand in. A server that wants it no more, or not at all, is not asked twice."""
        try:
            paid: Rewarded = await self._persist(lambda: horde.submit_form(body))
        except HordeError as error:
            if body.state == "ok" and error.rc != "DuplicateGen":
                self._report(Failed(form.id, str(error)))
            return
        if body.state == "ok":
            values: dict[str, Any] = {"form": form.form, "reward": f"{paid.reward:g}"}
            self._report(Notice(texts.say("worker.alchemy_done", **values)))

    async def _persist(self, call: Callable[[], Awaitable[T]]) -> T:
        return await persist(call, seconds=HAND_IN_SECONDS, stop=self._stop, timing=self._timing)


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
