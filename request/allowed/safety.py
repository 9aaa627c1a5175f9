"""The check that stands before every endpoint: sexualised minors are refused, always.

It does not depend on where the picture would be made. What counts is said in `common/minors.py`.
"""

from __future__ import annotations

from collections.abc import Iterable

from common import minors
from common.errors import Refusal
from common.model import Job
from styles.image_request import ImageRequest
from styles.resolving.template import SEPARATOR


def check(texts: Iterable[str], *, negative: str = "") -> None:
    """Refuse if the texts together ask for a sexualised minor. Raises Refusal."""
    if minors.are_sexualised(texts, negative=negative):
        raise Refusal("refused.minors")


def check_request(image: ImageRequest) -> None:
    """Refuse what a person wrote, before anything is looked up for it. Raises Refusal."""
    wishes = (wish.name for wish in image.assets)
    check([image.prompt, image.style or "", *wishes], negative=image.negative)


def check_jobs(jobs: Iterable[Job], image: ImageRequest) -> None:
    """Refuse what it became: with the style's words and the titles of its LoRAs. Raises Refusal."""
    for job in jobs:
        positive = job.prompt.partition(SEPARATOR)[0]
        titles = (use.credit.title for use in job.assets if use.credit is not None)
        check([positive, job.style, *titles], negative=image.negative)
