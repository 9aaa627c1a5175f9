"""The child's side of an engine in a process of its own: what runs there, and what it answers."""

from __future__ import annotations

import multiprocessing
import os
import signal
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from queue import SimpleQueue
from threading import Event, Thread
from typing import Any, Protocol, TypeVar

from common.config import WorkerConfig
from common.errors import WorkerError

Told_co = TypeVar("Told_co", covariant=True)
Work_contra = TypeVar("Work_contra", contravariant=True)
Made = TypeVar("Made")

CANCEL = "cancel"
"""Sent to the child while it makes a task that is not wanted any more."""


class Maker(Protocol[Told_co, Work_contra, Made]):
    """What runs in a child: an engine, or something of that shape."""

    def info(self) -> Told_co:
        """Return what it offers, after `load`."""
        ...

    def load(self) -> None:
        """Read what it needs. Raises WorkerError."""
        ...

    def generate(
        self, task: Work_contra, progress: Callable[[float], None], cancelled: Callable[[], bool]
    ) -> list[Made]:
        """Do one task."""
        ...


Build = Callable[[WorkerConfig], Maker[Any, Any, Any]]
"""Makes it, in the child. A function of a module, for it is sent by its name."""


class Pipe(Protocol):
    """One end of a pipe between processes; Windows has another class for it than others."""

    def send(self, obj: Any, /) -> None: ...
    def recv(self) -> Any: ...
    def poll(self, timeout: float, /) -> bool: ...
    def close(self) -> None: ...


@dataclass(frozen=True, slots=True)
class Ready:
    """The engine is loaded."""

    info: Any


@dataclass(frozen=True, slots=True)
class Progress:
    """A part of the task is done, 0..1; also the sign that it is alive."""

    part: float


@dataclass(frozen=True, slots=True)
class Done:
    """What was made of a task."""

    made: tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Sentence:
    """A WorkerError: its code and what the sentence needs."""

    code: str
    values: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Trouble:
    """Any other exception: the name of its class, and its words."""

    kind: str
    words: str


Answer = Ready | Progress | Done | Sentence | Trouble


def serve(pipe: Pipe, build: Build, config: WorkerConfig) -> None:
    """Be the child: load the engine, make one task after another, end with the parent."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's, who finishes the job
    Thread(target=_end_with_parent, daemon=True).start()
    cancel = Event()
    tasks: SimpleQueue[Any] = SimpleQueue()
    with suppress(OSError):  # the parent is gone or has given up on us
        try:
            engine = build(config)
            engine.load()
        except Exception as error:  # noqa: BLE001  (it is raised again in the parent)
            pipe.send(told(error))
            return
        pipe.send(Ready(engine.info()))
        Thread(target=_listen, args=(pipe, tasks, cancel), daemon=True).start()
        while (task := tasks.get()) is not None:
            pipe.send(_make(engine, task, pipe, cancel))


def _make(engine: Maker[Any, Any, Any], task: Any, pipe: Pipe, cancel: Event) -> Answer:
    def progress(part: float) -> None:
        pipe.send(Progress(part))

    try:
        return Done(tuple(engine.generate(task, progress, cancel.is_set)))
    except Exception as error:  # noqa: BLE001  (it is raised again in the parent)
        return told(error)


def told(error: Exception) -> Answer:
    """Return what can be sent of an exception: whatever it holds, only words go through."""
    if isinstance(error, WorkerError):
        return Sentence(error.code, {name: str(value) for name, value in error.values.items()})
    return Trouble(type(error).__name__, str(error))


def _listen(pipe: Pipe, tasks: SimpleQueue[Any], cancel: Event) -> None:
    """Take messages in while the engine is at work."""
    try:
        while True:
            message = pipe.recv()
            if message == CANCEL:
                cancel.set()
            else:
                cancel.clear()
                tasks.put(message)
    except (EOFError, OSError):
        cancel.set()
        tasks.put(None)


def _end_with_parent() -> None:
    """Leave when the parent does, even from the middle of a step."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)
