"""The guard: reads the words of an order before it is made, and looks at its pictures after."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from PIL import Image

from common import minors
from worker.engines.protocol import Fault, Generated
from worker.order import Order, Result, Verdict, Withheld
from worker.safety.judgement import judge
from worker.safety.protocol import Checker

FOR_ADULTS = Fault("information", "nsfw")
NOT_CHECKED = Fault("information", "see_ref", "the picture could not be checked")


class Guard:
    """Lets through what may be shown. Blocking; it is called off the event loop."""

    def __init__(self, checker: Checker | None, *, nsfw: bool) -> None:
        """Take what looks at pictures, and whether those for adults may leave at all.

        Without a checker only words are read: for the demo's model, which knows no people.
        """
        self._checker = checker
        self._nsfw = nsfw

    def rest(self) -> None:
        """Give back what the checker takes, until it is needed again."""
        if self._checker is not None:
            self._checker.close()

    def forbids(self, order: Order) -> bool:
        """Tell whether an order must not be made: by its words, or with its source picture."""
        words = _words(order)
        if minors.are_sexualised(words, negative=order.task.negative):
            return True
        source = order.task.source_image
        if source is None or self._checker is None:
            return False
        return self._verdict(source, minor=minors.are_named(words)) is Verdict.CSAM

    def look(self, order: Order, results: Sequence[Result]) -> list[Result]:
        """Return the results with those kept back that must not be shown."""
        if self._checker is None:
            return list(results)
        minor = minors.are_named(_words(order))
        return [
            self._looked_at(order, result, minor=minor) if isinstance(result, Generated) else result
            for result in results
        ]

    def _looked_at(self, order: Order, picture: Generated, *, minor: bool) -> Result:
        try:
            verdict = self._verdict(picture.image, minor=minor)
        except Exception:  # noqa: BLE001  (what could not be looked at is not shown)
            return NOT_CHECKED
        if verdict is Verdict.FINE:
            return picture
        if verdict is Verdict.CSAM or order.censor or not self._nsfw:
            return Withheld(picture.seed, verdict)
        return replace(picture, faults=(*picture.faults, FOR_ADULTS))

    def _verdict(self, image: Image.Image, *, minor: bool) -> Verdict:
        assert self._checker is not None
        return judge(self._checker.nudity(image.convert("RGB")), minor=minor)


def _words(order: Order) -> list[str]:
    """Return all words that shape the pictures of an order."""
    task = order.task
    assets = [lora.name for lora in task.loras] + [ti.name for ti in task.tis]
    return [task.prompt, *order.titles, *assets]
