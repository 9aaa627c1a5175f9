"""The limiter: so many requests of a key in a second and in a minute.

Windows are fixed, as on the public server: a window starts with its first request.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

from hub.errors import Throttled


@dataclass(slots=True)
class _Window:
    ends: float
    used: int = 0


class Limiter:
    """Counts requests by key. `limits` are (requests, seconds, name of the time span)."""

    def __init__(
        self, limits: tuple[tuple[int, int, str], ...], clock: Callable[[], float]
    ) -> None:
        self._limits = limits
        self._clock = clock
        self._windows: dict[tuple[int, str], _Window] = {}

    def count(self, key: str) -> dict[str, str]:
        """Count one request and return the headers of its answer. Raises Throttled if over."""
        now = self._clock()
        # one that ends later than it lasts is from before the clock was put back
        self._windows = {
            k: window for k, window in self._windows.items() if now < window.ends <= now + k[0]
        }
        tightest: dict[str, str] = {}
        fewest = math.inf
        for allowed, seconds, name in self._limits:
            window = self._windows.setdefault((seconds, key), _Window(ends=now + seconds))
            window.used += 1
            left = allowed - window.used
            headers = _headers(allowed, max(left, 0), window.ends, now)
            if left < 0:
                raise Throttled(f"{allowed} per 1 {name}", headers)
            if left < fewest:
                tightest, fewest = headers, left
        return tightest


def _headers(limit: int, left: int, ends: float, now: float) -> dict[str, str]:
    return {
        "X-RateLimit-Limit": str(limit),
        "X-RateLimit-Remaining": str(left),
        "X-RateLimit-Reset": str(math.ceil(ends)),
        "Retry-After": str(max(1, math.ceil(ends - now))),
    }
