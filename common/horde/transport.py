"""One exchange with a Horde server: sent, bounded, decoded, and its failures translated.

What may be tried again is: an exchange that never reached the server, and one that changes
nothing however often it is done. The server's rate limiter is waited out, within a bound.
"""

from __future__ import annotations

import io
import json
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import aiohttp
from pydantic import SecretStr

from common.errors import HordebotsError, HordeBusy, HordeUnclear, HordeUnreachable
from common.fetching import patience
from common.horde import clocks
from common.horde.outcomes import error_of, is_limiter
from common.version import PROGRAM, version

PROJECT_PAGE = "https://github.com/hordebots/hordebots"
CHUNK = 64 * 1024
NOTHING: Mapping[str, str] = MappingProxyType({})
HIDDEN = b"***"
"""What stands in a server's message where it repeated a secret."""
TELLING = 8
"""Characters of the shortest secret that is looked for there: a shorter one is in any word."""
AMBIGUOUS_STATUS = frozenset({502, 504})
"""A proxy lost the server's answer; whether the server acted is unknown."""


@dataclass(frozen=True, slots=True)
class Patience(patience.Patience):
    """How long a Horde is borne with; all times in seconds."""

    download: float = 90.0
    """For one attempt to fetch a picture."""
    limiter_wait: float = 90.0
    """How long one call may wait for the server's limiter, all its refusals together."""

    def download_timeout(self) -> aiohttp.ClientTimeout:
        """Return the timeout of one attempt to fetch a picture; a stalled one ends sooner."""
        return aiohttp.ClientTimeout(
            total=self.download, connect=self.connect, sock_read=self.total
        )


class _NotSent(HordeUnreachable):
    """Nothing left this machine, so sending it again cannot do it twice."""


class Transport:
    """Speaks JSON with one server. `url` is the API's address without the /v2."""

    def __init__(
        self,
        url: str,
        key: SecretStr,
        session: aiohttp.ClientSession,
        *,
        name: str,
        patience: Patience,
        sleep: Callable[[float], Awaitable[None]],
        monotonic: Callable[[], float],
        now: Callable[[], float] = time.time,
    ) -> None:
        self._url = url.rstrip("/")
        self._key = key
        self._session = session
        self._name = name
        self._patience = patience
        self._sleep = sleep
        self._monotonic = monotonic
        self._now = now
        self.ahead: float | None = None
        """Seconds by which our clock is ahead of the server's; None: it has not said."""
        self._agent = client_agent()

    async def exchange(
        self,
        method: str,
        path: str,
        *,
        turn: Callable[[], Awaitable[None]],
        limit_bytes: int,
        body: Mapping[str, Any] | None = None,
        with_key: bool = False,
        repeatable: bool = True,
        headers: Mapping[str, str] = NOTHING,
        secret: str = "",
        refused: Callable[[HordeBusy], None] | None = None,
    ) -> Any:
        """Return the decoded JSON of a successful answer. `turn` waits for our own limiter.

        `refused` hears of each refusal of the server's limiter. `headers` are sent besides our
        own. `secret` and our key are taken out of what the server says about a failure, because its
        words are shown and logged, and it likes to repeat what was asked.

        Raises the HordeError the server's answer stands for; HordeUnreachable if there is none;
        HordeUnclear if the exchange is not `repeatable` and may have been accepted.
        """
        again = HordeUnreachable if repeatable else _NotSent
        return await self._patience.tries()(
            again,
            self._past_the_limiter,
            method,
            path,
            turn=turn,
            refused=refused,
            limit_bytes=limit_bytes,
            body=body,
            with_key=with_key,
            repeatable=repeatable,
            headers=headers,
            secret=secret,
        )

    async def _past_the_limiter(
        self,
        method: str,
        path: str,
        *,
        turn: Callable[[], Awaitable[None]],
        refused: Callable[[HordeBusy], None] | None,
        **rest: Any,
    ) -> Any:
        """Do one exchange; wait while the server's limiter refuses, as long as patience allows."""
        give_up = self._monotonic() + self._patience.limiter_wait
        while True:
            await turn()
            try:
                return await self._once(method, path, **rest)
            except HordeBusy as busy:
                pause = busy.retry_after or 0.0
                if refused is not None and is_limiter(busy):
                    refused(busy)
                if not is_limiter(busy) or self._monotonic() + pause > give_up:
                    raise
                await self._sleep(pause)

    async def _once(
        self,
        method: str,
        path: str,
        *,
        limit_bytes: int,
        body: Mapping[str, Any] | None,
        with_key: bool,
        repeatable: bool,
        headers: Mapping[str, str],
        secret: str,
    ) -> Any:
        lost = HordeUnreachable if repeatable else HordeUnclear
        try:
            async with self._session.request(
                method,
                f"{self._url}/v2{path}",
                data=_encode(body),
                headers={**headers, **self._headers(with_key=with_key, with_body=body is not None)},
                timeout=self._patience.timeout(),
                allow_redirects=False,
                middlewares=None if repeatable else (_send_once,),
            ) as response:
                ahead = clocks.seconds_ahead(response.headers.get("Date"), self._now())
                self.ahead = self.ahead if ahead is None else ahead
                data = await read_bounded(
                    response,
                    limit_bytes,
                    HordeUnreachable("horde.answer_too_large", horde=self._name),
                )
        except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError) as error:
            raise _NotSent("horde.no_answer", horde=self._name) from error
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            code = "horde.no_answer" if repeatable else "horde.unclear"
            raise lost(code, horde=self._name) from error
        return self._judge(response, data, lost, secret)

    def _headers(self, *, with_key: bool, with_body: bool) -> dict[str, str]:
        headers = {"Client-Agent": self._agent, "User-Agent": self._agent}
        if with_key:
            headers["apikey"] = self._key.get_secret_value()
        if with_body:
            headers["Content-Type"] = "application/json"
        return headers

    def _judge(
        self,
        response: aiohttp.ClientResponse,
        data: bytes,
        lost: type[HordeUnreachable],
        secret: str,
    ) -> Any:
        """Return the JSON of a good answer; raise what a bad one stands for."""
        if response.status >= 300:
            for one in (secret, self._key.get_secret_value()):
                data = data.replace(one.encode(), HIDDEN) if len(one) >= TELLING else data
        try:
            answer = json.loads(data)
        except (ValueError, RecursionError):
            answer = None
        if response.status in AMBIGUOUS_STATUS and lost is HordeUnclear:
            raise HordeUnclear(status=response.status)
        if response.status >= 300:
            raise error_of(response.status, answer, response.headers, horde=self._name)
        if answer is None:
            raise lost(
                "horde.unclear" if lost is HordeUnclear else "horde.not_a_horde",
                status=response.status,
                horde=self._name,
            )
        return answer


async def _send_once(
    request: aiohttp.ClientRequest, handler: aiohttp.ClientHandlerType
) -> aiohttp.ClientResponse:
    """Keep aiohttp from sending a PUT again when the line breaks, as it does by itself."""
    try:
        return await handler(request)
    except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError):
        raise
    except (aiohttp.ClientOSError, aiohttp.ServerDisconnectedError) as error:
        raise aiohttp.ClientError("The line broke.") from error


async def read_bounded(
    response: aiohttp.ClientResponse, limit_bytes: int, too_large: HordebotsError
) -> bytes:
    """Return the whole body, or raise `too_large` as soon as it is over the limit."""
    if (response.content_length or 0) > limit_bytes:
        raise too_large
    data = bytearray()
    async for chunk in response.content.iter_chunked(CHUNK):
        data += chunk
        if len(data) > limit_bytes:
            raise too_large
    return bytes(data)


def _encode(body: Mapping[str, Any] | None) -> io.BytesIO | None:
    """Return the JSON to send, as a stream: with a source picture in it, it may be megabytes."""
    return None if body is None else io.BytesIO(json.dumps(body).encode())


def client_agent() -> str:
    """Return `name:version:contact`, by which servers know us."""
    return f"{PROGRAM}:{version()}:{PROJECT_PAGE}"
