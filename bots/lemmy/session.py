"""Being known to a Lemmy server: calls log in again by themselves.

They do so as rarely as the server's limit of logins allows.
"""

from __future__ import annotations

import asyncio
import time
from abc import ABC
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import structlog
from pydantic import SecretStr

from bots.lemmy.tokens import TokenFile
from bots.lemmy.transport import NOTHING, Stranger, Transport, WrongPassword
from bots.lemmy.wire import Rate, Site, Wire
from bots.shared.budget import Budget
from common.errors import PlatformError

log = structlog.get_logger()

LOGINS = 2
"""In an hour: three are allowed, for all on our network address."""
HOUR = 3600.0


class Account(Wire):
    """How we log in: a name without its host, and no second factor."""

    username: str
    password: SecretStr


class Session(ABC):
    """How one account calls one server."""

    base: str
    """Where the version's API begins."""
    login_path: str

    def __init__(
        self,
        transport: Transport,
        account: Account,
        tokens: TokenFile,
        *,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._transport = transport
        self._account = account
        self._tokens = tokens
        self._logins = Budget(LOGINS, HOUR, monotonic=monotonic)
        self._logging_in = asyncio.Lock()
        self.site = Site(version="", rates={})
        """What the site allows, as far as it is known."""

    @property
    def url(self) -> str:
        """The server's address."""
        return self._transport.url

    def rate(self, kind: str) -> Rate:
        """Return how often something may be done."""
        return self.site.rates.get(kind, Rate(most=1, seconds=10))

    async def _call(
        self,
        method: str,
        path: str,
        body: dict[str, Any] | None = None,
        *,
        kind: str = "message",
        query: Mapping[str, object] = NOTHING,
    ) -> Any:
        """Do a call of the API as somebody the server knows."""
        waits = self.rate(kind).each
        return await self._known(
            lambda: self._transport.call(method, self.base + path, body, waits=waits, query=query)
        )

    async def _known(self, call: Callable[[], Awaitable[Any]]) -> Any:
        """Do a call; log in if the server does not know us, and do it again."""
        used = self._transport.token
        if used:
            try:
                return await call()
            except Stranger:
                pass
        await self._log_in(instead_of=used)
        return await call()

    async def _log_in(self, *, instead_of: str) -> None:
        """Get a token, unless another call has got one meanwhile."""
        async with self._logging_in:
            if self._transport.token != instead_of:
                return
            self._logins.spend(self.url)
            self._transport.token = ""
            body: dict[str, Any] = {
                "username_or_email": self._account.username,
                "password": self._account.password.get_secret_value(),
            }
            try:
                answer = await self._transport.call(
                    "POST", self.login_path, body, waits=HOUR / LOGINS
                )
            except Stranger as error:
                raise WrongPassword(url=self._transport.url) from error
            self._transport.token = str(answer.get("jwt") or "")
            await asyncio.to_thread(self._tokens.write, self._transport.token)
            log.info("lemmy_logged_in", url=self._transport.url)

    def _failed(self, problem: str) -> PlatformError:
        return PlatformError("lemmy.failed", url=self.url, problem=problem)
