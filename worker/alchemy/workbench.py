"""Where forms are done: in a process of its own, which may hang or run out of memory."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from common.config import WorkerConfig
from worker.alchemy.crafts import find_crafts
from worker.alchemy.protocol import CAPTION, INTERROGATION, Build, Craft, Outcome, Work
from worker.finishing.tools import has

READ_FIRST = (CAPTION, INTERROGATION)
"""What is read at start: without them many a form fails, and the safety check sees less."""


def build_workbench(config: WorkerConfig) -> Workbench:
    """Return the workbench of this machine, not loaded yet."""
    first, *_ = config.device.split(",")
    return Workbench(find_crafts(config.models.folder, first.strip() or "auto", has))


class Workbench:
    """Does one form after the other."""

    def __init__(self, crafts: Mapping[str, Build]) -> None:
        self._crafts = crafts
        self._built: dict[str, Craft] = {}

    def info(self) -> frozenset[str]:
        """Return the forms it can do."""
        return frozenset(self._crafts)

    def load(self) -> None:
        """Read what sees; the rest when it is first asked for. Raises WorkerError."""
        for form in READ_FIRST:
            if form in self._crafts:
                self._craft(form)

    def generate(
        self, task: Work, progress: Callable[[float], None], cancelled: Callable[[], bool]
    ) -> list[Outcome]:
        """Do one form. Raises WorkerError, or what a library raises."""
        craft = self._craft(task.form)
        progress(0.1)
        return [] if cancelled() else [craft.work(task.image, cancelled)]

    def unload(self) -> None:
        """Forget what was read."""
        self._built.clear()

    def _craft(self, form: str) -> Craft:
        if form not in self._built:
            self._built[form] = self._crafts[form]()
        return self._built[form]
