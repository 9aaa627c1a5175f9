"""From what was seen and read to a verdict. Pure."""

from __future__ import annotations

from worker.order import Verdict

NUDE = 0.5
"""From here on a picture is for adults."""
DOUBTFUL = 0.15
"""From here on it is not shown where the words speak of a minor: no checker knows ages."""


def judge(nudity: float, *, minor: bool) -> Verdict:
    """Return the verdict on a picture; `minor` is whether the words speak of one."""
    if minor and not nudity < DOUBTFUL:  # whatever is no number is doubtful too
        return Verdict.CSAM
    return Verdict.FINE if nudity < NUDE else Verdict.NSFW
