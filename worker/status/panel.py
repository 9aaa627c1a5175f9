"""The live panel: what each device is at, how much was made, what went wrong last."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from rich.console import Group, RenderableType
from rich.markup import escape
from rich.panel import Panel
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from common import texts
from worker.status.standing import Standing
from worker.system.cards import Memory

GIGABYTE = 1024**3
WIDTH = 30


class Board:
    """Renders a standing, anew each time it is shown."""

    def __init__(self, standing: Standing, cards: Callable[[], Sequence[Memory]]) -> None:
        self._standing = standing
        self._cards = cards

    def __rich__(self) -> RenderableType:
        standing = self._standing
        parts: list[RenderableType] = [self._jobs(), Text(self._figures())]
        if standing.waiting:
            parts.append(Text(texts.say("worker.panel_waiting", reason=standing.waiting)))
        elif standing.skipped and not standing.jobs:
            parts.append(Text(texts.say("worker.skipped", reasons=standing.skipped)))
        parts += [Text(texts.say("worker.panel_fault", reason=each)) for each in standing.faults]
        started = standing.started
        title = escape(f"{started.name} · {started.url}") if started else ""
        return Panel(Group(*parts), title=title, title_align="left")

    def _jobs(self) -> Table:
        table = Table.grid(padding=(0, 1))
        for job in self._standing.jobs:
            bar = ProgressBar(total=1.0, completed=job.part, width=WIDTH)
            table.add_row(escape(job.device), escape(job.model), bar, f"{job.part:.0%}")
        if not self._standing.jobs:
            table.add_row(texts.say("worker.panel_idle"))
        return table

    def _figures(self) -> str:
        standing = self._standing
        images, kudos = standing.lately()
        told = [
            texts.say(
                "worker.panel_figures",
                queue=standing.queue,
                images=f"{images:.0f}",
                kudos=f"{kudos:.0f}",
                pictures=standing.pictures,
                failures=standing.failures,
            )
        ]
        told += [
            texts.say(
                "worker.panel_memory",
                used=f"{card.used / GIGABYTE:.1f}",
                total=f"{card.total / GIGABYTE:.1f}",
            )
            for card in self._cards()
        ]
        return " · ".join(told)
