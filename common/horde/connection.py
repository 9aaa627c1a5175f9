"""What all calls to a Horde share: their turn, the exchange, and reading what comes back."""

from __future__ import annotations

import asyncio
import time
from collections import defaultdict, deque
from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from typing import Any, Self, TypeVar
from urllib.parse import quote, urlencode

import aiohttp
import structlog
from pydantic import BaseModel, SecretStr, ValidationError

from common.errors import HordeBusy, HordeError, HordeGone, HordeUnclear, HordeUnreachable
from common.horde.limits import Budget, Limiter, Limits, Rate
from common.horde.transport import Patience, Transport
from common.wire import Sent

SMALL = 1024 * 1024
"""Bytes of an answer about one thing."""
PICTURES = "image"
"""By what the server counts submissions for pictures."""
LIST = 32 * 1024 * 1024
"""Bytes of an answer about all models or workers."""

REFUSALS, REFUSED_WITHIN = 5, 10.0
"""So many refusals of a server's limiter within so many seconds show that we do not know it."""

OnCall = Callable[[str, HordeError | None], None]
"""Hears of each call: the budget it counts in, and how it failed, if it did."""

log = structlog.get_logger()

T = TypeVar("T")
M = TypeVar("M", bound=BaseModel)


class Connection:
    """One Horde, asked with one key. `url` is the API's address without the /v2.

    `limits` default to the public server's, and to none for a server on this machine. `on_call`
    hears of each call.
    """

    def __init__(
        self,
        url: str,
        key: SecretStr,
        session: aiohttp.ClientSession,
        *,
        name: str,
        limits: Limits | None = None,
        patience: Patience | None = None,
        on_call: OnCall | None = None,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self.name = name
        self._on_call = on_call or _heed_not
        self.url = url
        self._session = session
        self._key = key
        self._patience = patience or Patience()
        self.limits = limits if limits is not None else Limits.of(url)
        """The server's, which we keep to."""
        self._limiter = Limiter(self.limits)
        self._monotonic = monotonic
        self._refused: defaultdict[Budget, deque[float]] = defaultdict(deque)
        """When the server's limiter refused, the last few times."""
        self._transport = Transport(
            url,
            key,
            session,
            name=name,
            patience=self._patience,
            sleep=sleep,
            monotonic=monotonic,
        )

    @property
    def ahead(self) -> float | None:
        """Seconds by which our clock is ahead of the Horde's; None: it has not said."""
        return self._transport.ahead

    def with_key(self, key: SecretStr | None = None, *, patience: Patience | None = None) -> Self:
        """Return the same Horde asked with another key, in turns of its own."""
        return type(self)(
            self.url,
            key or self._key,
            self._session,
            name=self.name,
            limits=self.limits,
            patience=patience or self._patience,
            on_call=self._on_call,
        )

    def use_limits(self, limits: Limits) -> None:
        """Keep to other limits from now on, e.g. when `find_user` shows a trusted account."""
        self.limits = limits
        self._limiter = Limiter(limits)

    async def turn_to_submit(self) -> None:
        """Wait until one more submission is within the limits, and count it."""
        await self._limiter.turn(Budget.SUBMIT, PICTURES)

    def submit_pace(self) -> float:
        """Return how many seconds lie between two submissions in the long run; 0: no limit."""
        return self._limiter.pace(Budget.SUBMIT)

    async def _ask(
        self,
        method: str,
        path: str,
        *,
        budget: Budget = Budget.OTHER,
        counted_by: str = "",
        body: Sent | None = None,
        limit_bytes: int = SMALL,
        missing: str = "",
        counted: bool = False,
        **options: Any,
    ) -> Any:
        """Wait for a turn, exchange, and return the decoded JSON.

        `counted_by` is what the server counts inside the budget; `missing` the code of the
        sentence for a 404, where it is not a request that is gone. `counted` is whether a turn
        was waited for already. `options` go to `exchange`.
        """

        async def turn() -> None:
            nonlocal counted
            if counted:  # only once: who is sent away by the server waits like everybody
                counted = False
            else:
                await self._turn(budget, counted_by)

        try:
            answer = await self._transport.exchange(
                method,
                path,
                turn=turn,
                refused=partial(self._learn, budget),
                limit_bytes=limit_bytes,
                body=None if body is None else body.body(),
                **options,
            )
        except HordeError as error:
            self._on_call(budget.value, error)
            if missing and error.status == 404 and not isinstance(error, HordeUnreachable):
                raise HordeGone(missing, rc=error.rc, status=404, horde=self.name) from error
            raise
        self._on_call(budget.value, None)
        return answer

    async def _turn(self, budget: Budget, key: str) -> None:
        """Wait until our own limiter lets one more through, as long as patience allows."""
        try:
            async with asyncio.timeout(self._patience.limiter_wait):
                await self._limiter.turn(budget, key)
        except TimeoutError as error:
            raise HordeBusy(retry_after=self._patience.limiter_wait) from error

    def _learn(self, budget: Budget, refusal: HordeBusy) -> None:
        """Keep to a limit that the server speaks of again and again, from now on."""
        now, times = self._monotonic(), self._refused[budget]
        times.append(now)
        if len(times) < REFUSALS:
            return
        rate = Rate.said(str(refusal.values.get("answer")))
        if now - times.popleft() > REFUSED_WITHIN or rate is None:
            return
        learned = self.limits.with_rate(budget, rate)
        if learned != self.limits:
            log.info("limit_learned", horde=self.name, what=budget.value, limit=rate)
            self.use_limits(learned)

    def _read(
        self,
        read: Callable[[Any], T],
        answer: Any,
        *,
        needs: str = "",
        lost: type[HordeUnreachable] = HordeUnreachable,
    ) -> T:
        """Turn JSON into a value. `needs` is a field without which it is somebody else's JSON."""
        code = "horde.unclear" if lost is HordeUnclear else "horde.not_a_horde"
        if needs and not (isinstance(answer, dict) and needs in answer):
            raise lost(code, horde=self.name)
        try:
            return read(answer)
        except ValidationError as error:
            raise lost(code, horde=self.name) from error

    def _read_rows(self, shape: type[M], answer: Any) -> list[M]:
        """Turn a JSON list into values. A row that cannot be read does not spoil the others."""
        if not isinstance(answer, list):
            raise HordeUnreachable("horde.not_a_horde", horde=self.name)
        rows = [row for entry in answer if (row := _row(shape, entry)) is not None]
        if answer and not rows:
            raise HordeUnreachable("horde.not_a_horde", horde=self.name)
        return rows


def _heed_not(_budget: str, _error: HordeError | None) -> None:
    """Hear of a call and do nothing."""


def _row(shape: type[M], entry: Any) -> M | None:
    try:
        return shape.model_validate(entry)
    except ValidationError:
        return None


def segment(text: str) -> str:
    """Return an id or a name as one segment of a path: it cannot reach another path."""
    return quote(text, safe="")


def query(path: str, fields: Mapping[str, str | int]) -> str:
    """Return a path with those fields that are not empty as its query."""
    given = {name: value for name, value in fields.items() if value != ""}
    return f"{path}?{urlencode(given)}" if given else path
