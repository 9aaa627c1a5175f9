"""The worker's events as lines on the terminal, above a live panel where there is one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict
from typing import Self

from rich.console import Console
from rich.live import Live
from rich.markup import escape

from common import texts
from worker import events
from worker.events import WorkerEvent
from worker.status.panel import Board
from worker.status.standing import Standing
from worker.system.cards import Memory

CODES: dict[type[WorkerEvent], str] = {
    events.Started: "worker.started",
    events.Popped: "worker.popped",
    events.Step: "worker.drawing",
    events.Submitted: "worker.submitted",
    events.Failed: "worker.gave_up",
    events.Waiting: "worker.waiting",
    events.Resumed: "worker.resumed",
    events.Notice: "worker.notice",
    events.Measured: "worker.measured",
    events.Skipped: "worker.skipped",
}


class Teller:
    """Tells people what the worker does. A context manager: it owns the panel."""

    def __init__(
        self,
        console: Console,
        now: Callable[[], str],
        *,
        plain: bool = False,
        standing: Standing | None = None,
        cards: Callable[[], Sequence[Memory]] = tuple,
    ) -> None:
        """Write to `console`; `now` gives the time of day at the start of each line.

        Where there is a terminal, a panel stands below the lines, unless it is to be `plain`.
        """
        self._console = console
        self._now = now
        self._standing = standing or Standing()
        self._live: Live | None = None
        if console.is_terminal and not plain:
            board = Board(self._standing, cards)
            self._live = Live(board, console=console, refresh_per_second=4, transient=True)

    def __enter__(self) -> Self:
        if self._live is not None:
            self._live.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._live is not None:
            self._live.stop()

    def tell(self, event: WorkerEvent) -> None:
        """Show one event."""
        self._standing.note(event)
        if not isinstance(event, events.Step):
            line = f"{self._now()} {escape(sentence(event))}"
            self._console.print(line, highlight=False)


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
        case events.Measured(seconds_per_effort=seconds, max_pixels=pixels):
            values |= {"speed": f"{1 / max(seconds, 1e-6):.3g}", "pixels": f"{pixels:,}"}
        case events.Submitted(reward=reward):
            values["reward"] = f"{reward:g}"
    return values
