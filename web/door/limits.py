"""How often one network address may ask: a sliding hour, in memory."""

from __future__ import annotations

import ipaddress
import math
from collections import deque
from collections.abc import Callable

WINDOW_SECONDS = 3600.0
ADDRESSES_KEPT = 10_000


class AddressLimit:
    """Counts what each address asked for in the last hour.

    An IPv6 address counts with its /64, because a household has all of it.
    """

    def __init__(self, limit: int, clock: Callable[[], float]) -> None:
        self._limit = limit
        self._clock = clock
        self._asked: dict[str, deque[float]] = {}

    def take(self, address: str) -> int:
        """Count a request. Return 0, or the seconds to wait if it is one too many."""
        now = self._clock()
        network = _network(address)
        # moved to the end, so that the first in line was silent for longest
        asked = self._asked.pop(network, deque())
        self._asked[network] = asked
        if len(self._asked) > ADDRESSES_KEPT:
            self._asked.pop(next(iter(self._asked)))
        while asked and not now - WINDOW_SECONDS < asked[0] <= now:  # nor by a clock since put back
            asked.popleft()
        if len(asked) >= self._limit:
            return max(1, math.ceil(asked[0] + WINDOW_SECONDS - now))
        asked.append(now)
        return 0


def _network(address: str) -> str:
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return address
    if isinstance(parsed, ipaddress.IPv6Address):
        if parsed.ipv4_mapped:
            return str(parsed.ipv4_mapped)
        return str(ipaddress.ip_network((parsed, 64), strict=False))
    return str(parsed)
