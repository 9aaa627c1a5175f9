"""Source pictures are looked at before anything is done with them, and before anything is told."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from PIL import Image

from common import minors
from worker.order import Verdict
from worker.safety.judgement import DOUBTFUL, judge
from worker.safety.protocol import Checker

Ask = Callable[[Image.Image], Sequence[str]]
"""Returns words for what a picture shows; none where nothing here can see. Blocking."""


@dataclass(frozen=True, slots=True)
class Seen:
    """What was seen in a picture."""

    nudity: float
    verdict: Verdict


def inspect(image: Image.Image, checker: Checker, ask: Ask) -> Seen:
    """Return what may be done with a picture. Blocking.

    No checker knows ages. Where there is any doubt about nudity, whoever sees is asked for words,
    and what they say of a minor counts as it does in a prompt.
    """
    nudity = checker.nudity(image)
    words: Sequence[str] = () if nudity < DOUBTFUL else ask(image)
    minor = minors.are_named(words) or minors.are_sexualised(words)
    return Seen(nudity, judge(nudity, minor=minor))
