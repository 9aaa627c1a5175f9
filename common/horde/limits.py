"""How often a Horde may be asked, and the client-side limiter that keeps to it.

The public server counts in fixed windows, per address: submissions 2 a second and 90 a minute
(10 and 300 for an address whose user is trusted), `check` 10 a second per id, `status` 10 a
minute per id. A server on this machine is ours and is asked as often as we like.
"""

from __future__ import annotations

import ipaddress
from collections import OrderedDict
from dataclasses import dataclass

from aiolimiter import AsyncLimiter
from yarl import URL

REMEMBERED_IDS = 4096
"""Ids whose counters are kept; older ones have long left every window."""


@dataclass(frozen=True, slots=True)
class Rate:
    """At most `count` in any `seconds`; up to `burst` of them at once."""

    count: int
    seconds: float
    burst: int = 1

    def limiter(self) -> AsyncLimiter:
        """Return a leaky bucket that never lets more than `count` into a window.

        A bucket that leaks at the full rate and starts empty would let twice as many in; so what
        may come at once is taken off the rate.
        """
        per_second = (self.count - self.burst + 1) / self.seconds
        return AsyncLimiter(self.burst, self.burst / per_second)


@dataclass(frozen=True, slots=True)
class Limits:
    """The limits of one server; an empty tuple means "as often as you like"."""

    submit: tuple[Rate, ...] = ()
    check: tuple[Rate, ...] = ()
    """Per id."""
    status: tuple[Rate, ...] = ()
    """Per id and method."""
    other: tuple[Rate, ...] = ()
    """Per path: models, workers, user."""

    @classmethod
    def public(cls) -> Limits:
        """Return the limits for anybody."""
        return cls(
            submit=(Rate(2, 1.0), Rate(90, 60.0, burst=30)),
            check=(Rate(10, 1.0, burst=3),),
            status=(Rate(10, 60.0, burst=5),),
            other=(Rate(90, 60.0, burst=30),),
        )

    @classmethod
    def whitelisted(cls) -> Limits:
        """Return the limits for the address of a trusted user, a service or a school."""
        public = cls.public()
        return cls(
            submit=(Rate(10, 1.0, burst=2), Rate(300, 60.0, burst=100)),
            check=public.check,
            status=public.status,
            other=public.other,
        )

    @classmethod
    def unlimited(cls) -> Limits:
        """Return no limits at all: our own hub, a server in a test."""
        return cls()

    @classmethod
    def of(cls, url: str) -> Limits:
        """Return the limits that fit a server's address."""
        return cls.unlimited() if _is_loopback(url) else cls.public()


class Limiter:
    """Makes callers wait until their request is within the limits."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._submit = [rate.limiter() for rate in limits.submit]
        self._keyed: OrderedDict[tuple[str, str], list[AsyncLimiter]] = OrderedDict()

    async def before_submit(self) -> None:
        """Wait for a turn to submit (a dry run counts too)."""
        for bucket in self._submit:
            await bucket.acquire()

    async def before_check(self, horde_id: str) -> None:
        """Wait for a turn to check this id."""
        await self._wait("check", horde_id, self._limits.check)

    async def before_status(self, horde_id: str) -> None:
        """Wait for a turn to fetch the status of this id."""
        await self._wait("status", horde_id, self._limits.status)

    async def before_cancel(self, horde_id: str) -> None:
        """Wait for a turn to cancel this id."""
        await self._wait("cancel", horde_id, self._limits.status)

    async def before_other(self, path: str) -> None:
        """Wait for a turn to ask for something that is not a request."""
        await self._wait("other", path, self._limits.other)

    async def _wait(self, what: str, key: str, rates: tuple[Rate, ...]) -> None:
        if not rates:
            return
        buckets = self._keyed.pop((what, key), None) or [rate.limiter() for rate in rates]
        self._keyed[what, key] = buckets
        if len(self._keyed) > REMEMBERED_IDS:
            self._keyed.popitem(last=False)
        for bucket in buckets:
            await bucket.acquire()


def _is_loopback(url: str) -> bool:
    host = URL(url).host or ""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
