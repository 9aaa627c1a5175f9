"""How long a server is borne with: the time for an answer, and how often it is asked again."""

from __future__ import annotations

from dataclasses import dataclass

import aiohttp
import stamina


@dataclass(frozen=True, slots=True)
class Patience:
    """How long an exchange may take and how often it is tried; all times in seconds."""

    connect: float = 10.0
    total: float = 30.0
    """For one attempt."""
    attempts: int = 3
    first_pause: float = 0.25
    """Between the first two attempts; doubles, with jitter."""
    longest_pause: float = 5.0

    def timeout(self) -> aiohttp.ClientTimeout:
        """Return the timeout of one attempt."""
        return aiohttp.ClientTimeout(total=self.total, connect=self.connect)

    def tries(self) -> stamina.AsyncRetryingCaller:
        """Return a caller that tries again: `await patience.tries()(errors, call, …)`.

        `errors` is what may pass: a class, or a function that tells whether to try again and
        after how many seconds. The last attempt's error is raised.
        """
        return stamina.AsyncRetryingCaller(
            attempts=self.attempts,
            timeout=None,
            wait_initial=self.first_pause,
            wait_max=self.longest_pause,
            wait_jitter=self.first_pause,
        )
