"""Who may see an answer: never more than could see the request, and no more than the house allows.

A public request is answered unlisted, so that the local timeline stays people's own. What only
somebody's followers could see is answered to the asker alone: the bot's followers are others.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Sequence

from bots.mastodon.settings import Caps

HOUR = 3600.0
DAY = 24 * HOUR
PUBLIC, UNLISTED, DIRECT = "public", "unlisted", "direct"


class Visibility:
    """Chooses the visibility of answers, and counts."""

    def __init__(self, caps: Caps) -> None:
        self._caps = caps
        self._posted: deque[tuple[float, str]] = deque()
        """When what was posted, oldest first, for a day."""

    @property
    def counts(self) -> bool:
        """Whether anything depends on what was posted before."""
        caps = self._caps
        limited = (caps.visible_per_hour, caps.visible_per_day) != (None, None)
        return caps.public_per_hour > 0 or limited

    def recall(self, posted: Iterable[tuple[float, str]]) -> None:
        """Take in what was posted before the start: Unix seconds and visibility."""
        self._posted = deque(sorted(posted))

    def note(self, now: float, visibility: str) -> None:
        """Count a post."""
        self._posted.append((now, visibility))
        while self._posted and self._posted[0][0] <= now - DAY:
            self._posted.popleft()

    def choose(self, asked: str, now: float, *, private: bool = False) -> str:
        """Return the visibility of an answer to a request that was visible as `asked`."""
        caps = self._caps
        if private or asked not in {PUBLIC, UNLISTED}:
            return DIRECT
        visible = (PUBLIC, UNLISTED)
        if not self._room(visible, now, caps.visible_per_hour, caps.visible_per_day):
            return DIRECT
        if asked == PUBLIC and self._room(
            (PUBLIC,), now, caps.public_per_hour, caps.public_per_day
        ):
            return PUBLIC
        return UNLISTED

    def _room(
        self, kinds: Sequence[str], now: float, hourly: int | None, daily: int | None
    ) -> bool:
        times = [time for time, kind in self._posted if kind in kinds]
        return all(
            most is None or sum(time > now - seconds for time in times) < most
            for most, seconds in ((hourly, HOUR), (daily, DAY))
        )
