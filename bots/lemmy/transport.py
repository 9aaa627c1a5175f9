"""One exchange with a Lemmy server: sent, bounded, decoded, and its failures translated."""

from __future__ import annotations

import json
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import aiohttp

from common.errors import PlatformBusy, PlatformError, PlatformRefused

TIMEOUT = aiohttp.ClientTimeout(total=25.0, connect=10.0)
UPLOAD_TIMEOUT = aiohttp.ClientTimeout(total=60.0, connect=10.0)
NOTHING: Mapping[str, object] = MappingProxyType({})
ANSWER_BYTES = 4 * 1024 * 1024
LIMITED = frozenset({"rate_limit_error", "too_many_requests"})
STRANGER = frozenset({"not_logged_in", "incorrect_login", "logged_out"})
FOR_GOOD = frozenset(
    {
        "locked", "deleted", "removed", "site_ban", "banned_from_community",
        "community_has_no_followers", "community_is_blocked", "instance_is_blocked",
        "invalid_body_field", "language_not_allowed", "max_comment_depth_reached",
        "only_mods_can_post_in_community", "person_is_blocked", "slurs", "blocked_url",
        "not_found", "couldnt_create_private_message", "invalid_image_upload",
        "not_an_image_type", "not_allowed",
    }
)  # fmt: skip
"""What Lemmy says no with, and will say again."""


class Stranger(PlatformError):
    """The server does not know (any more) who we are."""

    default_code = "lemmy.stranger"


class WrongPassword(PlatformError):
    """Name or password are not right, or a second factor is asked for."""

    default_code = "lemmy.wrong_password"


class Missing(PlatformError):
    """The server has no such address: it speaks another version."""

    default_code = "lemmy.no_such_call"


class Transport:
    """Speaks JSON with one server."""

    def __init__(self, url: str, session: aiohttp.ClientSession, *, agent: str) -> None:
        """Take the server's address, such as `https://lemmy.example`."""
        self.url = url.rstrip("/")
        self.token = ""
        self._session = session
        self._agent = agent

    async def call(
        self,
        method: str,
        path: str,
        body: Mapping[str, Any] | None = None,
        *,
        waits: float = 10.0,
        query: Mapping[str, object] = NOTHING,
    ) -> Any:
        """Return the decoded JSON of a good answer.

        `waits` are the seconds to wait if a limit is reached: Lemmy does not say. Raises
        PlatformError, or of its kinds PlatformBusy, PlatformRefused, Stranger and Missing.
        """
        sent = {"json": body} if body is not None else {}
        asked = {key: str(value) for key, value in query.items() if value is not None}
        return await self._exchange(method, path, TIMEOUT, waits, params=asked, **sent)

    async def upload(self, path: str, data: bytes, name: str, mime: str, *, waits: float) -> Any:
        """Send a picture; the rest is as in `call`."""
        form = aiohttp.FormData()
        form.add_field("images[]", data, filename=name, content_type=mime)
        return await self._exchange("POST", path, UPLOAD_TIMEOUT, waits, data=form)

    async def _exchange(
        self, method: str, path: str, timeout: aiohttp.ClientTimeout, waits: float, **rest: Any
    ) -> Any:
        headers = {"User-Agent": self._agent}
        if self.token:
            headers["Authorization"] = f"Bearer {self.token}"
        try:
            async with self._session.request(
                method,
                self.url + path,
                headers=headers,
                timeout=timeout,
                allow_redirects=False,
                **rest,
            ) as response:
                data = await response.content.read(ANSWER_BYTES + 1)
                while len(data) <= ANSWER_BYTES and not response.content.at_eof():
                    data += await response.content.read(ANSWER_BYTES + 1 - len(data))
        except (aiohttp.ClientError, TimeoutError, OSError, ValueError) as error:
            problem = str(error) or type(error).__name__
            raise PlatformError("lemmy.no_answer", url=self.url, problem=problem) from error
        return self._judge(response.status, data, waits)

    def _judge(self, status: int, data: bytes, waits: float) -> Any:
        """Return the JSON of a good answer; raise what a bad one stands for."""
        if status == 204:
            return {}
        try:
            answer = json.loads(data) if len(data) <= ANSWER_BYTES else None
        except (ValueError, RecursionError):
            answer = None
        code = str(answer.get("error", "")) if isinstance(answer, dict) else ""
        if status < 300 and isinstance(answer, dict) and not code:
            return answer
        if status == 429 or code in LIMITED:
            raise PlatformBusy(platform=self.url, retry_after=waits)
        if "totp" in code:
            raise WrongPassword(url=self.url)
        if code in STRANGER or status == 401:
            raise Stranger(url=self.url)
        if status == 413 or code in FOR_GOOD or code.startswith("couldnt_find_"):
            problem = code or "too large"
            raise PlatformRefused("lemmy.refused", url=self.url, problem=problem)
        if status == 404:
            raise Missing(url=self.url)
        problem = code or f"HTTP {status}"
        raise PlatformError("lemmy.failed", url=self.url, problem=problem)
