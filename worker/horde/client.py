"""The worker's side of the Horde API: ask for work, bring pictures, tell how it went."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any, TypeVar
from urllib.parse import quote

import aiohttp
from pydantic import BaseModel, SecretStr, ValidationError
from yarl import URL

from common.errors import HordeRejected, HordeUnclear, HordeUnreachable
from common.horde.download import fetch_picture
from common.horde.transport import Patience, Transport
from common.horde.wire import User
from common.horde.work import PopBody, Popped, Rewarded, SubmitBody, WorkerFacts
from common.horde.work_alchemy import FormsPopBody, FormSubmitBody, PoppedForms

ONE_TRY = Patience(connect=5.0, total=15.0, attempts=1, limiter_wait=0.0)
"""Trying again is the worker's own affair: it may have been told to stop meanwhile."""
SMALL = 1024 * 1024
WITH_SOURCE = 32 * 1024 * 1024
"""Bytes of a pop whose source picture and mask are base64 inside it."""
UPLOAD_SECONDS = 20.0

A = TypeVar("A", bound=BaseModel)


class WireClient:
    """One server, for one worker. `url` is the API's address without the /v2.

    Every method makes one attempt and raises the HordeError that its failure stands for.
    """

    def __init__(
        self,
        url: str,
        key: SecretStr,
        session: aiohttp.ClientSession,
        *,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self.name = url
        self._session = session
        self._transport = Transport(
            url, key, session, name=url, patience=ONE_TRY, sleep=sleep, monotonic=monotonic
        )

    async def pop(self, body: PopBody) -> Popped:
        """Ask for a job; without one, `id` is None. HordeUnclear if a job may have been lost."""
        answer = await self._exchange(
            "POST", "/generate/pop", body.body(), limit_bytes=WITH_SOURCE, repeatable=False
        )
        return self._read(Popped, answer, needs="id", lost=HordeUnclear)

    async def submit(self, body: SubmitBody) -> Rewarded:
        """Hand in one picture, or say that it will not come."""
        answer = await self._exchange("POST", "/generate/submit", body.body())
        return self._read(Rewarded, answer, needs="reward")

    async def pop_forms(self, body: FormsPopBody) -> PoppedForms:
        """Ask for alchemy; without any, `forms` is empty. HordeUnclear if some may be lost."""
        answer = await self._exchange("POST", "/interrogate/pop", body.body(), repeatable=False)
        return self._read(PoppedForms, answer, needs="forms", lost=HordeUnclear)

    async def submit_form(self, body: FormSubmitBody) -> Rewarded:
        """Hand in what came of one form, or say that nothing will."""
        answer = await self._exchange("POST", "/interrogate/submit", body.body())
        return self._read(Rewarded, answer, needs="reward")

    async def upload(self, url: str, data: bytes) -> None:
        """Put a picture where the server wants it, without our key.

        A presigned address is signed for a request without Content-Type, so none is sent.
        """
        try:
            async with self._session.put(
                URL(url, encoded=True),  # its exact spelling is what was signed
                data=data,
                skip_auto_headers=("Content-Type",),
                timeout=aiohttp.ClientTimeout(total=UPLOAD_SECONDS, connect=ONE_TRY.connect),
                allow_redirects=False,
            ) as response:
                status = response.status
        except (aiohttp.InvalidURL, aiohttp.NonHttpUrlClientError, ValueError) as error:
            raise HordeRejected("worker.upload_refused", status=0) from error
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise HordeUnreachable("worker.upload_unreachable") from error
        if status >= 500:
            raise HordeUnreachable("worker.upload_unreachable", status=status)
        if status >= 300:
            raise HordeRejected("worker.upload_refused", status=status)

    async def fetch(self, source: str, *, limit_bytes: int) -> bytes:
        """Return the bytes of a job's source picture, which is a link or base64.

        Raises PictureError, HordeGone or HordeUnreachable.
        """
        return await fetch_picture(
            self._session, source, horde=self.name, limit_bytes=limit_bytes, patience=ONE_TRY
        )

    async def find_user(self) -> User:
        """Return the owner of the key. Raises HordeForbidden if there is none."""
        return self._read(User, await self._exchange("GET", "/find_user"), needs="username")

    async def find_worker(self, name: str) -> WorkerFacts:
        """Return what the server tells of a worker. Raises HordeGone if it knows none."""
        path = f"/workers/name/{quote(name, safe='')}"
        return self._read(WorkerFacts, await self._exchange("GET", path), needs="id")

    async def change_worker(self, worker_id: str, **changes: bool | str) -> None:
        """Change `maintenance`, `maintenance_msg` or `info` of a worker of one's own."""
        await self._exchange("PUT", f"/workers/{quote(worker_id, safe='')}", changes)

    async def _exchange(
        self,
        method: str,
        path: str,
        body: dict[str, Any] | None = None,
        *,
        limit_bytes: int = SMALL,
        repeatable: bool = True,
    ) -> Any:
        return await self._transport.exchange(
            method,
            path,
            turn=_at_once,
            limit_bytes=limit_bytes,
            body=body,
            with_key=True,
            repeatable=repeatable,
        )

    def _read(
        self,
        shape: type[A],
        answer: Any,
        *,
        needs: str,
        lost: type[HordeUnreachable] = HordeUnreachable,
    ) -> A:
        """Turn JSON into a value. Without the field `needs` it is somebody else's JSON."""
        if not isinstance(answer, dict) or needs not in answer:
            raise lost("horde.not_a_horde", horde=self.name)
        try:
            return shape.model_validate(answer)
        except ValidationError as error:
            raise lost("horde.not_a_horde", horde=self.name) from error


async def _at_once() -> None:
    """Our pops are far below any limit; nothing to wait for."""


@asynccontextmanager
async def connect(
    url: str, key: SecretStr, *, monotonic: Callable[[], float] = time.monotonic
) -> AsyncIterator[WireClient]:
    """Lend a client with a connection pool of its own."""
    async with aiohttp.ClientSession() as session:
        yield WireClient(url, key, session, monotonic=monotonic)
