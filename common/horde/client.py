"""The client of the AI Horde API v2: what the bots ask a Horde, as methods with typed answers.

Every error is a HordeError with a sentence for people (`common/horde/outcomes.py`). The server's
limits are kept by waiting, connection failures are tried again, and a submission whose answer
was lost is reported as HordeUnclear instead of being sent twice.
"""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable
from typing import Any, TypeVar
from urllib.parse import quote

import aiohttp
from pydantic import SecretStr, TypeAdapter, ValidationError

from common.errors import HordeUnclear, HordeUnreachable
from common.horde.download import fetch_picture
from common.horde.limits import Limiter, Limits
from common.horde.native import NativeCollection, NativeStyle
from common.horde.transport import Patience, Transport
from common.horde.wire import (
    Check,
    DryRun,
    GenerationBody,
    Heartbeat,
    ModelStatus,
    Status,
    Submitted,
    User,
    WorkerStatus,
)

SMALL = 1024 * 1024
"""Bytes of an answer about one thing."""
LIST = 32 * 1024 * 1024
"""Bytes of an answer about all models or workers."""
WITH_PICTURES = 256 * 1024 * 1024
"""Bytes of a status whose pictures are base64 inside it (`r2` false, up to 20 of them)."""

T = TypeVar("T")
MODELS = TypeAdapter(list[ModelStatus])
WORKERS = TypeAdapter(list[WorkerStatus])


class HordeClient:
    """One Horde, asked with one key. `url` is the API's address without the /v2.

    `limits` default to the public server's, and to none for a server on this machine.
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
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self.name = name
        self.url = url
        self._session = session
        self._patience = patience or Patience()
        self._limiter = Limiter(limits if limits is not None else Limits.of(url))
        self._transport = Transport(
            url,
            key,
            session,
            name=name,
            patience=self._patience,
            sleep=sleep,
            monotonic=monotonic,
        )

    def use_limits(self, limits: Limits) -> None:
        """Keep to other limits from now on, e.g. when `find_user` shows a trusted account."""
        self._limiter = Limiter(limits)

    async def submit(self, body: GenerationBody) -> Submitted:
        """Ask for pictures. Raises HordeUnclear if it may have been accepted unnoticed."""
        answer = await self._post(body, repeatable=False)
        return self._read(Submitted.model_validate, answer, lost=HordeUnclear)

    async def dry_run(self, body: GenerationBody) -> float:
        """Return what the whole request would cost, in kudos."""
        answer = await self._post(body.model_copy(update={"dry_run": True}), repeatable=True)
        return self._read(DryRun.model_validate, answer).kudos

    async def check(self, horde_id: str) -> Check:
        """Return how far a request is. Raises HordeGone if it is not known (any more)."""
        answer = await self._transport.exchange(
            "GET",
            f"/generate/check/{quote(horde_id, safe='')}",
            turn=lambda: self._limiter.before_check(horde_id),
            limit_bytes=SMALL,
        )
        return self._read(Check.model_validate, answer, needs="done")

    async def status(self, horde_id: str) -> Status:
        """Return a request with its pictures so far. Call it once, at the end: 10 a minute."""
        answer = await self._transport.exchange(
            "GET",
            f"/generate/status/{quote(horde_id, safe='')}",
            turn=lambda: self._limiter.before_status(horde_id),
            limit_bytes=WITH_PICTURES,
        )
        return self._read(Status.model_validate, answer, needs="done")

    async def cancel(self, horde_id: str) -> Status:
        """Cancel a request; return what was finished by then."""
        answer = await self._transport.exchange(
            "DELETE",
            f"/generate/status/{quote(horde_id, safe='')}",
            turn=lambda: self._limiter.before_cancel(horde_id),
            limit_bytes=WITH_PICTURES,
        )
        return self._read(Status.model_validate, answer, needs="done")

    async def models(self) -> list[ModelStatus]:
        """Return the image models somebody serves now."""
        return self._read(MODELS.validate_python, await self._get("/status/models?type=image"))

    async def workers(self) -> list[WorkerStatus]:
        """Return the image workers; `count_trusted` makes counts per model of them."""
        return self._read(WORKERS.validate_python, await self._get("/workers?type=image"))

    async def style_by_name(self, name: str) -> NativeStyle:
        """Return a style kept on this Horde. Raises HordeRejected or HordeGone if there is none."""
        path = f"/styles/image_by_name/{quote(name, safe='')}"
        return self._read(NativeStyle.model_validate, await self._get(path), needs="prompt")

    async def style(self, style_id: str) -> NativeStyle:
        """Return a style by its id; the server allows 20 readings of one id in an hour."""
        path = f"/styles/image/{quote(style_id, safe='')}"
        return self._read(NativeStyle.model_validate, await self._get(path), needs="prompt")

    async def collection_by_name(self, name: str) -> NativeCollection:
        """Return a collection of styles. Raises HordeRejected or HordeGone if there is none."""
        path = f"/collection_by_name/{quote(name, safe='')}"
        return self._read(NativeCollection.model_validate, await self._get(path), needs="styles")

    async def heartbeat(self) -> Heartbeat:
        """Tell whether the server lives: return its version, or raise HordeUnreachable."""
        return self._read(
            Heartbeat.model_validate, await self._get("/status/heartbeat"), needs="message"
        )

    async def find_user(self) -> User:
        """Return the owner of the key. Raises HordeForbidden if there is none."""
        return self._read(User.model_validate, await self._get("/find_user", with_key=True))

    async def download(self, url: str, *, limit_bytes: int) -> bytes:
        """Return the bytes of a generation's `img`: a link, or base64 with the picture itself.

        Raises PictureError (too large, no picture link), HordeGone (expired), HordeUnreachable.
        """
        return await fetch_picture(
            self._session, url, limit_bytes=limit_bytes, patience=self._patience
        )

    async def _post(self, body: GenerationBody, *, repeatable: bool) -> Any:
        return await self._transport.exchange(
            "POST",
            "/generate/async",
            turn=self._limiter.before_submit,
            limit_bytes=SMALL,
            body=body.body(),
            with_key=True,
            repeatable=repeatable,
        )

    async def _get(self, path: str, *, with_key: bool = False) -> Any:
        return await self._transport.exchange(
            "GET",
            path,
            turn=lambda: self._limiter.before_other(path),
            limit_bytes=LIST,
            with_key=with_key,
        )

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


def count_trusted(workers: Iterable[WorkerStatus]) -> dict[str, int]:
    """Return how many trusted workers serve each model now."""
    return Counter(
        model
        for worker in workers
        if worker.online and worker.trusted and not worker.maintenance_mode
        for model in set(worker.models)
    )
