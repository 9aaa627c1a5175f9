"""Where pictures are made: the engine in its thread, one order at a time, under a deadline."""

from __future__ import annotations

import asyncio
import threading
from contextlib import suppress
from dataclasses import replace

from common.errors import WorkerError
from common.pictures import is_blank
from worker.engines.pace import Pace, Run
from worker.engines.protocol import Engine, Fault, Generated, Task
from worker.events import Report, Step
from worker.order import JobFailed, Order, Result
from worker.system.thread import in_thread
from worker.timing import Timing, either

OUT_OF_MEMORY = frozenset({"worker.out_of_memory", "worker.comfyui_memory"})
LESS = 0.75
"""Of what did not fit is offered next."""
TRIAL_SECONDS = 20.0
TRIAL = Task(
    model="",
    prompt="a grey stone on grass",
    negative="",
    width=512,
    height=512,
    steps=10,
    cfg_scale=7.5,
    sampler="k_euler",
    karras=False,
    seeds=(1,),
)
STOP_GRACE = 2.0
"""Seconds the engine has to return when the whole worker ends anyway."""


class Studio:
    """Runs the engine and knows how fast it is and how long it is still busy."""

    def __init__(
        self,
        engine: Engine,
        *,
        device: str = "",
        unload: float | None = None,
        stop: asyncio.Event,
        report: Report,
        timing: Timing,
    ) -> None:
        self.pace = Pace()
        self.device = device
        self.model = ""
        """What it made its last job with."""
        self.limit: int | None = None
        """Pixels that fit into the memory, as far as jobs have shown that more do not."""
        self._engine = engine
        self._unload = unload
        self._idle_since = timing.clock()
        self._loaded = True
        self._turn = asyncio.Lock()
        self._stop = stop
        self._report = report
        self._timing = timing
        self._run: Run | None = None

    @property
    def loaded(self) -> bool:
        """Whether its engine holds memory."""
        return self._loaded

    @property
    def busy(self) -> bool:
        """Whether it is at a job."""
        return self._run is not None

    def remaining(self) -> float:
        """Return the seconds until it is free; infinite if there is no telling."""
        return 0.0 if self._run is None else self._run.remaining(self._timing.clock())

    def check_time(self, order: Order, begin: float = 0.0) -> None:
        """Raise JobFailed if the order cannot be ready in time when begun in `begin` seconds."""
        if self.spare(order) < (begin if begin != float("inf") else 0.0):
            raise JobFailed("worker.too_late")

    def spare(self, order: Order) -> float:
        """Return the seconds until the engine must begin with an order, to be ready in time."""
        return order.deadline - self._timing.clock() - (self.pace.estimate(order.task) or 0.0)

    async def make(self, order: Order) -> list[Result]:
        """Return what became of each picture of the order, in the order of its ids.

        Raises JobFailed if there is none, WorkerError if the engine hangs and is lost.
        """
        async with self._turn:
            return await self._make(order)

    async def measure(self, model: str) -> None:
        """Learn how fast a model is from a picture nobody sees; part of one on a slow device."""
        task = replace(TRIAL, model=model)
        begun, clock, parts = self._timing.clock(), self._timing.clock, [0.0]

        def enough() -> bool:
            return self._stop.is_set() or clock() - begun > TRIAL_SECONDS

        with suppress(Exception):  # the first job will say what is wrong
            await in_thread(lambda: self._engine.generate(task, parts.append, enough))
            if parts[-1] > 0:
                self.pace.learn(task, (clock() - begun) / parts[-1])

    async def give_memory_back(self, *, at_once: bool = False) -> None:
        """Have the engine forget its models when it was idle for long, or at once."""
        idle = self._timing.clock() - self._idle_since
        due = at_once or (self._unload is not None and idle >= self._unload)
        unload = getattr(self._engine, "unload", None)
        if due and self._loaded and unload is not None and not self._turn.locked():
            async with self._turn:
                await in_thread(unload)
                self._loaded = False

    async def _make(self, order: Order) -> list[Result]:
        self.check_time(order)
        self._loaded = True
        started = self._timing.clock()
        run = self._run = Run(started, self.pace.estimate(order.task))
        self.model = order.task.model
        try:
            made, complete = await self._generate(order, run)
        finally:
            self._run = None
            self._idle_since = self._timing.clock()
        # a job that was stopped says how slow it was, or the next would be offered as large
        part = 1.0 if complete else run.part or 1.0
        self.pace.learn(order.task, (self._timing.clock() - started) / part)
        return _complete(order, made)

    async def _generate(self, order: Order, run: Run) -> tuple[list[Result], bool]:
        """Return what the engine made, and whether it was left to finish."""
        cancel = threading.Event()
        loop = asyncio.get_running_loop()

        def note(part: float) -> None:
            run.part = min(max(part, run.part), 1.0)
            self._report(Step(order.ids, run.part, self.device))

        def progress(part: float) -> None:  # called in the engine's thread
            if not cancel.is_set():
                loop.call_soon_threadsafe(note, part)

        def work() -> list[Result]:
            made = self._engine.generate(order.task, progress, cancel.is_set)
            return [inspect(order.task, picture) for picture in made]

        making = in_thread(work)
        try:
            await self._wait(making, cancel, order.deadline)
            complete = not cancel.is_set()
        finally:
            cancel.set()  # whatever ends this wait, nobody waits for the engine any more
        try:
            return making.result(), complete
        except WorkerError as error:  # a sentence of the engine's own
            if error.code in OUT_OF_MEMORY:
                pixels = order.task.width * order.task.height
                self.limit = int(min(pixels, self.limit or pixels) * LESS)
            raise JobFailed("worker.engine_failed", problem=error) from error
        except Exception as error:
            problem = f"{type(error).__name__}: {error}"
            fault = Fault("information", "see_ref", f"engine error {type(error).__name__}")
            raise JobFailed("worker.engine_failed", fault=fault, problem=problem) from error

    async def _wait(
        self, making: asyncio.Future[list[Result]], cancel: threading.Event, deadline: float
    ) -> None:
        """Wait for the engine; stop it at the deadline, or when the worker has to end.

        Raises WorkerError if it does not return: its thread cannot be ended, only left.
        """
        clock = self._timing.clock
        await either(making, self._stop, max(deadline - clock(), 0))
        if self._stop.is_set() and not making.done():
            left = min(self._timing.finish, max(deadline - clock(), 0))
            await asyncio.wait({making}, timeout=left)
        if not making.done():
            cancel.set()
            grace = STOP_GRACE if self._stop.is_set() else self._timing.engine_grace
            await asyncio.wait({making}, timeout=grace)
        if not making.done():
            raise WorkerError("worker.engine_stuck")


def _complete(order: Order, results: list[Result]) -> list[Result]:
    """Return one result per id. Raises JobFailed if no picture is among them."""
    missing = Fault("information", "see_ref", "not finished in time")
    results = results[: len(order.ids)] + [missing] * (len(order.ids) - len(results))
    for first in results:
        if isinstance(first, Generated):
            return results
    assert isinstance(first, Fault)
    raise JobFailed("worker.nothing_usable", fault=first, problem=first.ref)


def inspect(task: Task, picture: Generated) -> Result:
    """Return a picture that can be shown, or what is wrong with it."""
    if not _is_of_size(task, picture.image.size):
        return Fault("information", "see_ref", "picture of a wrong size")
    if is_blank(picture.image):
        return Fault("information", "see_ref", "blank picture")
    return picture


def _is_of_size(task: Task, size: tuple[int, int]) -> bool:
    """Tell whether a picture has the size of its task, or was enlarged in its shape."""
    width, height = size
    factor = width // task.width
    same = (width, height) == (task.width * factor, task.height * factor)
    return same and (factor == 1 or (factor > 1 and bool(task.post_processing)))
