"""The client of CivitAI's public REST API: searches, models, versions.

An answer that is final (401, 403, 404, 451) is AssetRefused; what may pass (429, 5xx, no answer) is
tried again and ends as AssetUnreachable.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar
from urllib.parse import urlencode

import aiohttp
from pydantic import SecretStr, ValidationError

from common.civitai.assets import Asset, AssetKind, AssetVersion
from common.civitai.wire import (
    HIGHEST_ID,
    LONGEST_NAME,
    MOST_VERSIONS,
    QUERIED,
    Model,
    Page,
    VersionOwner,
    one_line,
    seen,
)
from common.errors import AssetError, AssetRefused, AssetUnreachable
from common.fetching import patience
from common.version import agent

LARGEST_ANSWER = 8 * 1024 * 1024
CHUNK = 64 * 1024
PAGE = 50
"""Hits of one search."""
LONGEST_QUERY = 100
CHECKPOINT = "Checkpoint"
"""What CivitAI calls a whole model."""
LONGEST_PAUSE = 10.0
"""Seconds the server may have us wait; if it wants more, that is an answer."""
FINAL = {401: "members", 403: "forbidden", 404: "gone", 410: "gone", 451: "taken_down"}
"""Answers that stay the same however often one asks, and their sentences."""

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Patience(patience.Patience):
    """How long the site is borne with; all times in seconds."""

    connect: float = 5.0
    total: float = 20.0
    first_pause: float = 0.5
    longest_pause: float = LONGEST_PAUSE


class CivitaiClient:
    """Asks one server that speaks CivitAI's API."""

    def __init__(
        self,
        url: str,
        session: aiohttp.ClientSession,
        key: SecretStr | None = None,
        *,
        patience: Patience | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """Take the site's address (without /api), and a key if there is one.

        The clock (seconds since the epoch) tells whether an early access is over.
        """
        self._url = f"{url.rstrip('/')}/api/v1"
        self._session = session
        self._key = key
        self._patience = patience or Patience()
        self._clock = clock
        self._headers = {"User-Agent": agent(), "Accept": "application/json"}

    async def search(self, text: str, kind: AssetKind) -> tuple[Asset, ...]:
        """Return the first page of what a text finds, adult things included.

        (They are filtered here: the server takes far longer to leave them out, and then also leaves
        out versions of what it does tell. Models whose makers allow no adult pictures are not among
        the hits; they are found by their number.)
        """
        query = [("limit", str(PAGE)), ("nsfw", "true")]
        query += [("types", name) for name in QUERIED[kind]]
        words = seen(text)[:LONGEST_QUERY]
        if words:
            query.append(("query", words))
        else:
            query.append(("sort", "Most Downloaded"))
        page = _read(Page.model_validate, await self._get(f"/models?{urlencode(query)}"))
        found = (self._readable(item) for item in page.items[:PAGE])
        return tuple(asset for asset in found if asset is not None)

    async def model(self, model_id: int) -> Asset:
        """Return a model. Raises AssetRefused if it is neither LoRA nor textual inversion."""
        answer = await self._get(f"/models/{_possible(model_id)}")
        asset = _read(Model.model_validate, answer).value(self._clock())
        if asset is None:
            raise AssetRefused("civitai.other_kind", id=model_id)
        return asset

    async def checkpoint(self, model_id: int) -> tuple[str, tuple[AssetVersion, ...]]:
        """Return the name and the versions of a model that makes pictures, the newest first.

        Raises AssetRefused if it is something else.
        """
        model = _read(Model.model_validate, await self._get(f"/models/{_possible(model_id)}"))
        if model.type != CHECKPOINT:
            raise AssetRefused("civitai.no_checkpoint", kind=seen(model.type)[:40])
        now = self._clock()
        versions = tuple(version.value(now) for version in model.modelVersions[:MOST_VERSIONS])
        return one_line(model.name, LONGEST_NAME) or str(model_id), versions

    async def model_of_version(self, version_id: int) -> int:
        """Return the id of the model a version belongs to."""
        answer = await self._get(f"/model-versions/{_possible(version_id)}")
        return _read(VersionOwner.model_validate, answer).modelId

    def _readable(self, item: Any) -> Asset | None:
        try:
            return _read(Model.model_validate, item).value(self._clock())
        except AssetError:
            return None

    async def _get(self, path: str) -> Any:
        return await self._patience.tries()(_pause, self._once, path)

    async def _once(self, path: str) -> Any:
        headers = dict(self._headers)
        if self._key is not None:
            headers["Authorization"] = f"Bearer {self._key.get_secret_value()}"
        try:
            async with self._session.get(
                self._url + path,
                headers=headers,
                timeout=self._patience.timeout(),
                allow_redirects=False,
            ) as answer:
                _judge(answer)
                data = bytearray()
                async for chunk in answer.content.iter_chunked(CHUNK):
                    data += chunk
                    if len(data) > LARGEST_ANSWER:
                        raise AssetUnreachable("civitai.strange")
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise AssetUnreachable("civitai.unreachable") from error
        try:
            return json.loads(bytes(data))
        except (ValueError, RecursionError) as error:
            raise AssetUnreachable("civitai.strange") from error


def _possible(number: int) -> int:
    if not 0 < number <= HIGHEST_ID:
        raise AssetRefused("civitai.gone", status=404)
    return number


def _judge(answer: aiohttp.ClientResponse) -> None:
    """Raise what an answer that brings nothing stands for."""
    status = answer.status
    if status == 403 and answer.content_type == "text/html":
        raise AssetUnreachable("civitai.strange", status=status)  # the guard before the site
    if status in FINAL:
        raise AssetRefused(f"civitai.{FINAL[status]}", status=status)
    if status == 429:
        raise AssetUnreachable("civitai.busy", status=status, pause=_retry_after(answer))
    if status >= 500:
        raise AssetUnreachable("civitai.broken", status=status)
    if status != 200:
        raise AssetUnreachable("civitai.strange", status=status)


def _retry_after(answer: aiohttp.ClientResponse) -> float | None:
    try:
        return max(0.0, float(answer.headers.get("Retry-After", "")))
    except ValueError:
        return None


def _pause(error: Exception) -> bool | float:
    """Tell stamina whether to try again, and after how many seconds if the server said."""
    if not isinstance(error, AssetUnreachable) or error.code == "civitai.strange":
        return False
    pause = error.values.get("pause")
    if not isinstance(pause, float):
        return True
    return pause if pause <= LONGEST_PAUSE else False


def _read(read: Callable[[Any], T], answer: Any) -> T:
    try:
        return read(answer)
    except ValidationError as error:
        raise AssetUnreachable("civitai.strange") from error
