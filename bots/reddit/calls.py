"""praw, which blocks, in one thread; its errors are translated here."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

import praw
import prawcore
import requests
import structlog
from praw.exceptions import ClientException, RedditAPIException
from pydantic import SecretStr

from common.config import Section
from common.errors import PlatformBusy, PlatformError, PlatformRefused

log = structlog.get_logger()

REQUEST_SECONDS = 20
BUSY_SECONDS = 60.0
"""To wait where Reddit does not say for how long."""
WRITES = ("/api/comment/", "/api/submit/", "/api/submit_gallery_post.json")
"""Calls that must not be made again by themselves: what they do may have been done."""
SPAN = re.compile(r"(\d+(?:\.\d+)?)\s*(millisecond|second|minute|hour)")
SECONDS = {"millisecond": 0.001, "second": 1.0, "minute": 60.0, "hour": 3600.0}
MAY_PASS = frozenset({"SERVER_ERROR", "QUOTA_FILLED", "TRY_AGAIN_LATER"})

FOR_GOOD = (
    prawcore.Forbidden,
    prawcore.NotFound,
    prawcore.TooLarge,
    prawcore.UnavailableForLegalReasons,
    prawcore.URITooLong,
    ClientException,
)
"""What Reddit (or praw, before it asks) says no with, and will say again."""

UNFORESEEN = (AttributeError, AssertionError, LookupError, TypeError, ValueError)

Result = TypeVar("Result")
Work = Callable[[praw.Reddit], Result]


class Login(Section):
    """How praw gets in: as a script, with a refresh token or name and password."""

    url: str
    oauth_url: str
    client_id: str
    client_secret: SecretStr
    user_agent: str
    username: str
    refresh_token: SecretStr | None = None
    password: SecretStr | None = None


class NotLetIn(PlatformError):
    """Reddit does not accept the account or the application."""

    default_code = "reddit.not_let_in"


class Lost(Exception):
    """The answer to a write was lost: it may have been done."""


class SendOnce(requests.Session):
    """A session that keeps prawcore from repeating a write whose answer was lost.

    prawcore sends everything up to three times; an error it does not know ends that.
    """

    def __init__(self, url: str) -> None:
        """Take where Reddit is. praw puts pictures where https leads, even if that is http."""
        super().__init__()
        self._plain = url.removeprefix("http:") if url.startswith("http:") else None

    def request(self, method: str, url: str, *args: Any, **more: Any) -> requests.Response:  # type: ignore[override]
        """Do a request. Raises Lost for a write of which nobody knows."""
        if self._plain and url.startswith(f"https:{self._plain}"):
            url = url.replace("https:", "http:", 1)
        once = method == "POST" and url.partition("?")[0].endswith(WRITES)
        try:
            response = super().request(method, url, *args, **more)
        except requests.exceptions.ConnectTimeout:
            raise
        except requests.exceptions.RequestException as error:
            if once:
                raise Lost(type(error).__name__) from error
            raise
        if once and response.status_code >= 500:
            raise Lost(f"HTTP {response.status_code}")
        return response


class Calls:
    """Does work with praw in its thread, one after the other."""

    def __init__(self, account: str, login: Login) -> None:
        """Take the account's name, for sentences, and the login."""
        self._account = account
        self._login = login
        self._session = SendOnce(login.url)
        self._thread = ThreadPoolExecutor(1, thread_name_prefix=f"reddit-{account}")
        self._reddit: praw.Reddit | None = None

    async def __call__(self, work: Work[Result]) -> Result:
        """Do some work and return what it returns.

        Raises PlatformBusy, PlatformRefused, NotLetIn, or PlatformError for what may pass.
        """
        return await asyncio.get_running_loop().run_in_executor(self._thread, self._do, work)

    def close(self) -> None:
        """Take no more work; what is being done ends by itself."""
        self._thread.shutdown(wait=False, cancel_futures=True)
        self._session.close()

    def _do(self, work: Work[Result]) -> Result:
        if self._reddit is None:
            self._reddit = self._connect()
        try:
            return work(self._reddit)
        except (
            prawcore.PrawcoreException,
            praw.exceptions.PRAWException,
        ) as error:
            raise translated(self._account, error) from error
        except UNFORESEEN as error:  # an answer of another shape than praw expects
            log.exception("reddit_unreadable", account=self._account)
            raise PlatformError(platform=self._account, problem=repr(error)) from error

    def _connect(self) -> praw.Reddit:
        login = self._login
        secret: dict[str, Any]
        if login.refresh_token is not None:
            secret = {"refresh_token": login.refresh_token.get_secret_value()}
        else:
            assert login.password is not None
            secret = {"username": login.username, "password": login.password.get_secret_value()}
        return praw.Reddit(
            client_id=login.client_id,
            client_secret=login.client_secret.get_secret_value(),
            user_agent=login.user_agent,
            reddit_url=login.url,
            oauth_url=login.oauth_url,
            ratelimit_seconds=0,
            timeout=REQUEST_SECONDS,
            check_for_updates=False,
            check_for_async=False,
            requestor_kwargs={"session": self._session},
            **secret,
        )


def translated(account: str, error: Exception) -> PlatformError:
    """Return what an error of praw means for us."""
    if isinstance(error, RedditAPIException):
        return _of_api(account, error)
    if isinstance(error, prawcore.TooManyRequests):
        seconds = float(error.retry_after or BUSY_SECONDS)
        return PlatformBusy(platform=account, retry_after=seconds)
    if isinstance(error, FOR_GOOD):
        return PlatformRefused(platform=account, problem=str(error))
    rejected = isinstance(error, prawcore.ResponseException) and (
        error.response.status_code in {400, 401}
    )
    if rejected or isinstance(error, prawcore.OAuthException):
        return NotLetIn(account=account, problem=str(error))
    return PlatformError(platform=account, problem=str(error))


def _of_api(account: str, error: RedditAPIException) -> PlatformError:
    """Return what Reddit's own words mean, said with a good status."""
    first = error.items[0]
    problem = f"{first.error_type}: {first.message or ''}"
    if first.error_type == "RATELIMIT":
        return PlatformBusy(platform=account, retry_after=_seconds(first.message or ""))
    if first.error_type in MAY_PASS:
        return PlatformError(platform=account, problem=problem)
    return PlatformRefused(platform=account, problem=problem)


def _seconds(words: str) -> float:
    """Return how long Reddit wants us to wait, and a second more: it rounds."""
    found = SPAN.search(words)
    if found is None:
        return BUSY_SECONDS
    seconds = float(found[1]) * SECONDS[found[2]]
    return seconds + (60.0 if found[2] in {"minute", "hour"} else 1.0)
