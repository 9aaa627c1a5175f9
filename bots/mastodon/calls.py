"""Calls of Mastodon.py, one after another on a thread of their own, with its errors as ours."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

import requests
from mastodon import Mastodon, MastodonAPIError, MastodonError, MastodonRatelimitError

from common.errors import PlatformBusy, PlatformError, PlatformRefused

TIMEOUT = 20.0
"""Seconds without a byte after which a call is given up."""
LONGEST = 60.0
"""Seconds an answer may take in all."""
LARGEST = 8_000_000
"""Bytes of an answer: 40 mentions with all that belongs to them are less than one million."""
CHUNK = 65_536
LONGEST_REST = 300.0
"""Seconds for which a call that met a rate limit is not made again."""
UNKNOWN_TOKEN = 401
MAY_PASS = frozenset({UNKNOWN_TOKEN, 408, 425})
"""Answers below 500 that say nothing of the request itself."""
NOT_YET = "not finished processing"


class BoundedSession(requests.Session):
    """A session that reads no answer without end. Streams are read elsewhere."""

    def request(self, method: Any, url: Any, **options: Any) -> requests.Response:  # type: ignore[override]
        """Make a request. Raises requests' ContentDecodingError for an answer that is too large."""
        if options.get("stream"):
            return super().request(method, url, **options)
        response = super().request(method, url, stream=True, **options)
        content = bytearray()
        begun = time.monotonic()
        for chunk in response.iter_content(CHUNK):
            content += chunk
            if len(content) > LARGEST or time.monotonic() - begun > LONGEST:
                response.close()
                raise requests.exceptions.ContentDecodingError("the answer does not end")
        response._content = bytes(content)  # noqa: SLF001  (where `response.content` is kept)
        return response


def connect(url: str, token: str, version: str) -> Mastodon:
    """Return a client that neither asks for the version nor waits for rate limits by itself."""
    return Mastodon(
        api_base_url=url,
        access_token=token,
        mastodon_version=version,
        version_check_mode="created",
        ratelimit_method="throw",
        request_timeout=TIMEOUT,
        user_agent="hordebots",
        session=BoundedSession(),
    )


class Calls:
    """A client that is called by name: `await calls("status", id)`."""

    def __init__(
        self,
        name: str,
        client: Mastodon,
        *,
        now: Callable[[], float] = time.time,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._name = name
        self._client = client
        self._now = now
        self._monotonic = monotonic
        self._thread = ThreadPoolExecutor(1, thread_name_prefix=f"{name}-calls")
        self._rests: dict[str, float] = {}
        """Until when (by `monotonic`) a call is not made, because of its rate limit."""

    async def __call__(self, method: str, *args: Any, **options: Any) -> Any:
        """Make a call.

        Raises PlatformError (may pass), PlatformBusy (after a while) or PlatformRefused (never).
        """
        rest = self._rests.get(method, 0.0) - self._monotonic()
        if rest > 0:
            raise PlatformBusy(platform=self._name, retry_after=rest)
        call = partial(getattr(self._client, method), *args, **options)
        loop = asyncio.get_running_loop()
        try:
            return await loop.run_in_executor(self._thread, call)
        except MastodonRatelimitError as error:
            rest = (self._client.ratelimit_reset or 0.0) - self._now()
            rest = min(max(rest, 1.0), LONGEST_REST)
            self._rests[method] = self._monotonic() + rest
            raise PlatformBusy(platform=self._name, retry_after=rest) from error
        except MastodonAPIError as error:
            kind, status, problem = _read(error)
            raise self._failed(kind, problem, status) from error
        except (MastodonError, OSError) as error:
            raise self._failed(PlatformError, str(error)[:200]) from error

    def close(self) -> None:
        """Make no more calls; the one at work is left to its end."""
        self._thread.submit(self._client.session.close)
        self._thread.shutdown(wait=False)

    def _failed(self, kind: type[PlatformError], problem: str, status: int = 0) -> PlatformError:
        code = "platform.refused" if kind is PlatformRefused else "platform.failed"
        return kind(code, platform=self._name, problem=problem, status=status)


def _read(error: MastodonAPIError) -> tuple[type[PlatformError], int, str]:
    """Return whether an error answer may pass, its status (0 if there is none), what it says."""
    status = error.args[1] if len(error.args) > 1 else 0
    status = status if isinstance(status, int) else 0
    told = f"{status}: {str(error.args[-1] or error)[:200]}"
    passes = not status or status >= 500 or status in MAY_PASS or NOT_YET in told
    return PlatformError if passes else PlatformRefused, status, told
