"""What the fake Lemmy says no with, as the two versions write it, and its rate limits."""

from __future__ import annotations

import json
from collections import defaultdict, deque
from collections.abc import Callable

from aiohttp import web

HOUR = 3600
LIMITS = {
    "message": (180, 60),
    "post": (6, 600),
    "comment": (6, 600),
    "image": (6, HOUR),
    "register": (3, HOUR),
    "search": (60, 600),
    "import_user_settings": (1, 86_400),
}
"""Most requests and seconds, as a new instance has them; `register` also covers logging in."""


def problem(code: str, status: int = 400) -> web.HTTPException:
    """Return what is raised to answer with an error of Lemmy's."""
    kinds = {401: web.HTTPUnauthorized, 404: web.HTTPNotFound, 429: web.HTTPTooManyRequests}
    kind = kinds.get(status, web.HTTPBadRequest)
    return kind(text=json.dumps({"error": code}), content_type="application/json")


class Limits:
    """Counts requests by kind, as the instance's settings allow them."""

    def __init__(self, clock: Callable[[], float], *, modern: bool) -> None:
        self.rates = dict(LIMITS)
        self._clock = clock
        self._modern = modern
        self._spent: dict[str, deque[float]] = defaultdict(deque)

    def spend(self, kind: str) -> None:
        """Count one request, or refuse it as the version does: 0.19 with 400, 1.0 with 429."""
        most, seconds = self.rates[kind]
        spent, now = self._spent[kind], self._clock()
        while spent and spent[0] <= now - seconds:
            spent.popleft()
        if len(spent) >= most:
            raise problem("too_many_requests", 429) if self._modern else problem("rate_limit_error")
        spent.append(now)
