"""What is said, where posts are not edited, to somebody who has waited long. Pure."""

from __future__ import annotations

from bots.shared.markdown import Dialect, escape
from common.model import Progress
from common.texts import say

MARK = "[](#waiting)"
"""Stands in a post that is no answer yet. An empty link shows nothing."""


def notice(progress: Progress, dialect: Dialect) -> str:
    """Return that the answer will come, and the place in the queue where it is known."""
    code = "platform.waiting" if progress.position is None else "platform.waiting_place"
    return f"{escape(say(code, place=(progress.position or 0) + 1), dialect)} {MARK}"
