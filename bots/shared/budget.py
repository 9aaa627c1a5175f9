"""How often something may still be done in a span of time."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable

from common.errors import PlatformBusy


class Budget:
    """At most `most` times in any `seconds` seconds."""

    def __init__(
        self, most: int, seconds: float, *, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        self._most = max(1, most)
        self._seconds = seconds
        self._monotonic = monotonic
        self._spent: deque[float] = deque(maxlen=self._most)

    @property
    def left(self) -> int:
        """How often it may be done now."""
        now = self._monotonic()
        while self._spent and self._spent[0] <= now - self._seconds:
            self._spent.popleft()
        return self._most - len(self._spent)

    def spend(self, platform: str) -> None:
        """Count one. Raises PlatformBusy with the seconds until there is room again."""
        if not self.left:
            wait = self._spent[0] + self._seconds - self._monotonic()
            raise PlatformBusy(platform=platform, retry_after=wait)
        self._spent.append(self._monotonic())
