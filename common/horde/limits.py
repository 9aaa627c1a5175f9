"""How often a Horde may be asked, and the client-side limiter that keeps to it.

The public server counts in fixed windows, per address and, where a path holds an id, mostly per
id. Each budget below is one such window or pair of windows. A server on this machine is ours and
is asked as often as we like, until its own limiter says how often that is.
"""

from __future__ import annotations

import ipaddress
import re
from collections import OrderedDict
from dataclasses import dataclass, replace
from enum import StrEnum

from aiolimiter import AsyncLimiter
from yarl import URL

MARGIN = 0.1
"""Seconds by which a window is taken to be longer than it is: on its way to the server a request
may gain on the one before it."""
WINDOWS = {"second": 1.0, "minute": 60.0, "hour": 3600.0}
"""Seconds, by what a limiter calls them."""
_SAID = re.compile(r"(\d{1,6}) per (\d{1,4}) (second|minute|hour)")
REMEMBERED_KEYS = 4096
"""Keys (ids, paths) whose counters are kept; older ones have mostly left their windows."""


class Budget(StrEnum):
    """What is counted together. Each value is the name of a field of `Limits`."""

    SUBMIT = "submit"
    CHECK = "check"
    STATUS = "status"
    TEXT_STATUS = "text_status"
    ALCHEMY_STATUS = "alchemy_status"
    STYLE = "style"
    STYLES = "styles"
    WORKER = "worker"
    USER = "user"
    SHARED_KEY = "shared_key"
    TRANSFER = "transfer"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Rate:
    """At most `count` in any `seconds`; up to `burst` of them at once."""

    count: int
    seconds: float
    burst: int = 1

    @classmethod
    def said(cls, message: str) -> Rate | None:
        """Return the limit a server's limiter tells of (`2 per 1 second`), None for other words."""
        found = _SAID.search(message)
        if found is None or not (int(found[1]) and int(found[2])):
            return None
        count, seconds = int(found[1]), int(found[2]) * WINDOWS[found[3]]
        return cls(count, seconds, burst=1 if seconds <= 1 else max(1, count // 3))

    def limiter(self) -> AsyncLimiter:
        """Return a leaky bucket that never lets more than `count` into a window.

        A bucket that leaks at the full rate and starts empty would let twice as many in; so what
        may come at once is taken off the rate.
        """
        per_second = (self.count - self.burst + 1) / (self.seconds + MARGIN)
        return AsyncLimiter(self.burst, self.burst / per_second)


@dataclass(frozen=True, slots=True)
class Limits:
    """The limits of one server; an empty tuple means "as often as you like"."""

    submit: tuple[Rate, ...] = ()
    """Images and text each; dry runs count too."""
    check: tuple[Rate, ...] = ()
    """Per id."""
    status: tuple[Rate, ...] = ()
    """Per id and method."""
    text_status: tuple[Rate, ...] = ()
    """Per id and method; text has no `check`."""
    alchemy_status: tuple[Rate, ...] = ()
    """Per id and method."""
    style: tuple[Rate, ...] = ()
    """Reading a style by its id; per id."""
    styles: tuple[Rate, ...] = ()
    """Lists of styles, and of collections."""
    worker: tuple[Rate, ...] = ()
    """Per id."""
    user: tuple[Rate, ...] = ()
    """Per id."""
    shared_key: tuple[Rate, ...] = ()
    """Creating shared keys."""
    transfer: tuple[Rate, ...] = ()
    """Kudos transfers, per sender."""
    other: tuple[Rate, ...] = ()
    """Per endpoint: models, workers, one by its name, alchemy, everything else."""

    @classmethod
    def public(cls) -> Limits:
        """Return the limits for anybody."""
        return cls(
            submit=(Rate(2, 1.0), Rate(90, 60.0, burst=30)),
            check=(Rate(10, 1.0, burst=3),),
            status=(Rate(10, 60.0, burst=5),),
            text_status=(Rate(60, 60.0, burst=20),),
            alchemy_status=(Rate(10, 1.0, burst=3),),
            style=(Rate(2, 1.0), Rate(20, 3600.0, burst=10)),
            styles=(Rate(2, 1.0), Rate(90, 60.0, burst=30)),
            worker=(Rate(30, 60.0, burst=10),),
            user=(Rate(60, 60.0, burst=20),),
            shared_key=(Rate(5, 60.0, burst=2),),
            transfer=(Rate(1, 1.0), Rate(90, 3600.0, burst=45)),
            other=(Rate(90, 60.0, burst=30),),
        )

    @classmethod
    def whitelisted(cls) -> Limits:
        """Return the limits for the address of a trusted user, a service or a school."""
        many = (Rate(10, 1.0), Rate(300, 60.0, burst=100))
        return replace(
            cls.public(),
            submit=many,
            style=(Rate(10, 1.0, burst=2), Rate(20, 3600.0, burst=10)),
            styles=many,
            transfer=(Rate(1, 1.0), Rate(600, 3600.0, burst=300)),
        )

    @classmethod
    def unlimited(cls) -> Limits:
        """Return no limits at all: our own hub, a server in a test."""
        return cls()

    def with_rate(self, budget: Budget, rate: Rate) -> Limits:
        """Return these limits with one more, which takes the place of a looser one of its time."""
        known: tuple[Rate, ...] = getattr(self, budget)
        if any(one.seconds == rate.seconds and one.count <= rate.count for one in known):
            return self
        others = tuple(one for one in known if one.seconds != rate.seconds)
        return replace(self, **{budget.value: (*others, rate)})

    @classmethod
    def of(cls, url: str) -> Limits:
        """Return the limits that fit a server's address."""
        return cls.unlimited() if _is_loopback(url) else cls.public()


class Limiter:
    """Makes callers wait until their request is within the limits."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._buckets: OrderedDict[tuple[Budget, str], list[AsyncLimiter]] = OrderedDict()

    async def turn(self, budget: Budget, key: str = "") -> None:
        """Wait for a turn. `key` is what the server counts by inside a budget, such as an id."""
        for bucket in self._buckets_of(budget, key):
            await bucket.acquire()

    def pace(self, budget: Budget) -> float:
        """Return how many seconds lie between two turns in the long run; 0 without a limit."""
        rates: tuple[Rate, ...] = getattr(self._limits, budget)
        return max((rate.seconds / rate.count for rate in rates), default=0.0)

    def _buckets_of(self, budget: Budget, key: str) -> list[AsyncLimiter]:
        rates: tuple[Rate, ...] = getattr(self._limits, budget)
        if not rates:
            return []
        buckets = self._buckets.pop((budget, key), None) or [rate.limiter() for rate in rates]
        self._buckets[budget, key] = buckets
        if len(self._buckets) > REMEMBERED_KEYS:
            self._buckets.popitem(last=False)
        return buckets


def _is_loopback(url: str) -> bool:
    host = URL(url).host or ""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
