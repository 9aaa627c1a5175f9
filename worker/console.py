"""The worker's events as lines on the terminal, with a progress bar where there is one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from typing import Self

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeRemainingColumn

from common import texts
from worker import events
from worker.events import WorkerEvent

CODES: dict[type[WorkerEvent], str] = {
    events.Started: "worker.started",
    events.Popped: "worker.popped",
    events.Step: "worker.drawing",
    events.Submitted: "worker.submitted",
    events.Failed: "worker.gave_up",
    events.Waiting: "worker.waiting",
    events.Resumed: "worker.resumed",
    events.Notice: "worker.notice",
}


class Teller:
    """Tells people what the worker does. A context manager: it owns the progress bar."""

    def __init__(self, console: Console, now: Callable[[], str]) -> None:
        """Write to `console`; `now` gives the time of day at the start of each line."""
        self._console = console
        self._now = now
        self._bar = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            TimeRemainingColumn(),
            console=console,
            transient=True,
            disable=not console.is_terminal,
        )
        self._running: tuple[tuple[str, ...], TaskID] | None = None

    def __enter__(self) -> Self:
        self._bar.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._bar.stop()

    def tell(self, event: WorkerEvent) -> None:
        """Show one event."""
        if isinstance(event, events.Step):
            self._show_progress(event)
            return
        self._console.print(f"{self._now()} {escape(sentence(event))}", highlight=False)

    def _show_progress(self, step: events.Step) -> None:
        if self._running is None or self._running[0] != step.ids:
            if self._running is not None:
                self._bar.remove_task(self._running[1])
            self._running = (step.ids, self._bar.add_task(sentence(step), total=1.0))
        self._bar.update(self._running[1], completed=step.part, visible=step.part < 1)


def sentence(event: WorkerEvent) -> str:
    """Return an event as one line for people."""
    return texts.say(CODES[type(event)], **_values(event))


def _values(event: WorkerEvent) -> dict[str, object]:
    """Return what the event's sentence needs, in the form people read."""
    values = asdict(event)
    match event:
        case events.Started(models=models):
            values["models"] = ", ".join(models[:5]) + (" …" if len(models) > 5 else "")
        case events.Popped(ids=ids) | events.Step(ids=ids):
            values["count"] = len(ids)
        case events.Submitted(reward=reward):
            values["reward"] = f"{reward:g}"
    return values
