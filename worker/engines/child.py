"""An engine, or the like, in a process of its own: killed when it hangs, and started again.

To the worker it is as if it ran here. Tasks and pictures go through a pipe; nothing is
written to the disk. One child has one device (`worker.device`).
"""

from __future__ import annotations

import multiprocessing
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from multiprocessing.context import SpawnProcess
from typing import Generic, TypeVar, cast

from pydantic import SecretStr

from common.config import WorkerConfig
from common.errors import WorkerError
from worker.engines.building import build_here
from worker.engines.protocol import EngineInfo, Generated, Task
from worker.engines.serving import (
    CANCEL,
    Answer,
    Build,
    Done,
    Pipe,
    Progress,
    Ready,
    Sentence,
    Trouble,
    serve,
)

Told = TypeVar("Told")
Work = TypeVar("Work")
Made = TypeVar("Made")

REAPED = 5.0
"""Seconds until a killed process is gone."""


@dataclass(frozen=True, slots=True)
class Patience:
    """Seconds a child is given."""

    load: float = 900.0
    """From its start until it is ready; a large model on a slow disk."""
    first: float = 300.0
    """From a task until its first step: another model may have to be read."""
    step: float = 180.0
    """From one step to the next, and from the last to the pictures."""
    stop: float = 20.0
    """To end a task that is not wanted any more; less than the worker itself waits for."""
    poll: float = 0.1
    restart: tuple[float, float] = (1.0, 60.0)
    """Before a new one is started: after the first loss, and at most after several in a row."""


class Child(Generic[Told, Work, Made]):
    """Runs what `build` makes in a child; it is never made here."""

    def __init__(
        self,
        build: Build,
        config: WorkerConfig,
        unloaded: Told,
        *,
        patience: Patience | None = None,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._build = build
        # the child talks to no server
        endpoints = [each.model_copy(update={"key": SecretStr("")}) for each in config.endpoints]
        self._config = config.model_copy(update={"endpoints": tuple(endpoints)})
        self._patience = patience or Patience()
        self._clock = clock
        self._sleep = sleep
        self._process: SpawnProcess | None = None
        self._pipe: Pipe | None = None
        self._info = unloaded
        self._losses = 0
        self._not_before = 0.0
        self._closed = False

    def info(self) -> Told:
        """Return what the child offers; nothing before `load`."""
        return self._info

    def load(self) -> None:
        """Start the child and wait until it is ready. Raises WorkerError with its sentence."""
        self._start(_never)

    def generate(
        self,
        task: Work,
        progress: Callable[[float], None],
        cancelled: Callable[[], bool],
    ) -> list[Made]:
        """Have the child do a task, in a new child if the last one was lost.

        Raises WorkerError if it says so, ends, or is killed because it hangs.
        """
        if self._pipe is None:
            self._rest(cancelled)
            if cancelled() or not self._start(cancelled):
                return []
        self._send(task)
        answer = self._wait(self._patience.first, cancelled, progress)
        if not isinstance(answer, Done):
            raise _raised(answer)
        self._losses = 0
        return [cast("Made", one) for one in answer.made]

    def unload(self) -> None:
        """End the child, and so give back all it holds; the next task starts a new one."""
        self._kill()

    def close(self) -> None:
        """End the child."""
        self._closed = True
        self._kill()

    def _start(self, cancelled: Callable[[], bool]) -> bool:
        """Start a child; False if nobody wants it any more. Raises WorkerError."""
        if self._closed:
            raise WorkerError("worker.engine_died", exit="?")
        context = multiprocessing.get_context("spawn")
        self._pipe, theirs = context.Pipe()
        self._process = context.Process(
            target=serve, args=(theirs, self._build, self._config), name="engine", daemon=True
        )
        self._process.start()
        theirs.close()  # or its end would not be noticed
        until = self._clock() + self._patience.load
        while (answer := self._receive()) is None:
            if cancelled():
                self._kill()
                return False
            if self._clock() > until:
                raise self._lost("worker.engine_hung")
        if not isinstance(answer, Ready):
            self._kill()
            raise _raised(answer)
        self._info = answer.info
        return True

    def _wait(
        self, seconds: float, cancelled: Callable[[], bool], progress: Callable[[float], None]
    ) -> Answer:
        """Return the child's last word on a task. Raises WorkerError if there is none."""
        until, told = self._clock() + seconds, False
        while True:
            if not told and cancelled():
                self._send(CANCEL)
                until, told = self._clock() + self._patience.stop, True
            answer = self._receive()
            if isinstance(answer, Progress):
                if not told:
                    progress(answer.part)
                    until = self._clock() + self._patience.step
            elif answer is not None:
                return answer
            if self._clock() > until:
                raise self._lost("worker.engine_hung")

    def _send(self, message: Work | str) -> None:
        if (pipe := self._pipe) is None:  # closed in the meantime
            raise self._lost("worker.engine_died")
        try:
            pipe.send(message)
        except OSError as error:
            raise self._lost("worker.engine_died") from error

    def _receive(self) -> Answer | None:
        """Return the next message; None if there is none for a moment."""
        if (pipe := self._pipe) is None:
            raise self._lost("worker.engine_died")
        try:
            answer: Answer | None = pipe.recv() if pipe.poll(self._patience.poll) else None
        except (EOFError, OSError) as error:
            raise self._lost("worker.engine_died") from error
        return answer

    def _rest(self, cancelled: Callable[[], bool]) -> None:
        """Wait before the next start, longer after each loss."""
        while self._clock() < self._not_before and not cancelled():
            self._sleep(self._patience.poll)

    def _lost(self, code: str) -> WorkerError:
        """End the child for good and return what is to be said about it."""
        process = self._process
        if code == "worker.engine_died" and process is not None:
            process.join(1.0)  # so that its own code is seen, not that of the kill
        ended = process.exitcode if process is not None else None
        self._kill()
        shortest, longest = self._patience.restart
        self._not_before = self._clock() + min(shortest * 2**self._losses, longest)
        self._losses = min(self._losses + 1, 16)
        return WorkerError(code, exit="?" if ended is None else ended)

    def _kill(self) -> None:
        process, self._process = self._process, None
        pipe, self._pipe = self._pipe, None
        if process is not None:
            process.kill()
            process.join(REAPED)
            with suppress(ValueError):  # it is still there: the system gives it back later
                process.close()
        if pipe is not None:
            pipe.close()


class ChildEngine(Child[EngineInfo, Task, Generated]):
    """Runs the engine `module:Class` in a child; that class is never imported here."""

    def __init__(
        self,
        target: str,
        config: WorkerConfig,
        patience: Patience | None = None,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        build = partial(build_here, target)
        unloaded = EngineInfo(config.engine, (), 0)
        super().__init__(build, config, unloaded, patience=patience, clock=clock, sleep=sleep)


def _never() -> bool:
    return False


def _raised(answer: Answer) -> Exception:
    """Return what the child's engine raised, as far as it can be told here."""
    match answer:
        case Sentence(code, values):
            return WorkerError(code, **values)
        case Trouble(kind, words):
            # its class is not known here; its name is all that is told to anybody
            named: type[Exception] = type(kind, (RuntimeError,), {})
            return named(words)
        case _:
            return WorkerError("worker.engine_died", exit="?")
