"""ComfyUI's HTTP interface, as far as pictures need it."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from io import BytesIO
from typing import Any

import aiohttp
from PIL import Image
from yarl import URL

from common.errors import WorkerError

CHUNK = 64 * 1024
MAX_ANSWER = 16 * 1024 * 1024
MAX_PICTURE = 128 * 1024 * 1024
TEMPORARY = "temp"
"""The folder it empties at each start."""


@dataclass(frozen=True, slots=True)
class Patience:
    """Seconds that ComfyUI is given."""

    connect: float = 5.0
    answer: float = 30.0
    poll: float = 0.2
    """Between two looks at whether the task is still wanted."""
    silence: float = 10.0
    """Without a word of a prompt until it is asked whether it still has it."""
    stop: float = 10.0
    """To stop what it was told to stop."""


class ComfyClient:
    """Asks one ComfyUI. Every method raises WorkerError with a sentence if it does not answer."""

    def __init__(self, url: str, session: aiohttp.ClientSession, patience: Patience) -> None:
        self._url = URL(url)
        self._session = session
        self._patience = patience
        self._timeout = aiohttp.ClientTimeout(total=patience.answer, connect=patience.connect)

    @property
    def address(self) -> str:
        """Return where it is, without a password."""
        return str(self._url.with_user(None))

    def gone(self) -> WorkerError:
        """Return the sentence for its not being there."""
        return WorkerError("worker.comfyui_gone", url=self.address)

    async def get(self, *path: str, **query: str) -> Any:
        """Return the JSON at a path."""
        status, data = await self._exchange("GET", *path, limit=MAX_ANSWER, params=query)
        return self._json(status, data)

    async def view(self, picture: Mapping[str, Any]) -> bytes:
        """Return a picture that lies on its disk."""
        names = ("filename", "subfolder", "type")
        query = {name: str(picture.get(name, "")) for name in names}
        status, data = await self._exchange("GET", "view", limit=MAX_PICTURE, params=query)
        if status != 200:
            raise WorkerError("worker.comfyui_no_picture")
        return data

    async def post(self, *path: str, body: Mapping[str, Any]) -> tuple[int, Any]:
        """Send JSON and return the status and the JSON of the answer; None without one."""
        status, data = await self._exchange("POST", *path, limit=MAX_ANSWER, json=body)
        try:
            return status, json.loads(data)
        except ValueError:
            return status, None

    async def upload(self, name: str, image: Image.Image) -> str:
        """Put a picture into its temporary folder; return what LoadImage calls it."""
        png = BytesIO()
        image.save(png, "PNG", compress_level=1)
        form = aiohttp.FormData()
        form.add_field("image", png.getvalue(), filename=name, content_type="image/png")
        form.add_field("type", TEMPORARY)
        form.add_field("overwrite", "true")
        status, data = await self._exchange("POST", "upload", "image", limit=MAX_ANSWER, data=form)
        answer = self._json(status, data)
        if not isinstance(answer, dict) or not isinstance(answer.get("name"), str):
            raise self.gone()
        return f"{answer['name']} [{TEMPORARY}]"

    @asynccontextmanager
    async def listen(self, client: str) -> AsyncIterator[aiohttp.ClientWebSocketResponse]:
        """Lend the socket on which it tells this client what it does."""
        url = (self._url / "ws").with_query(clientId=client)
        patience = self._patience
        try:
            socket = await self._session.ws_connect(
                url,
                max_msg_size=MAX_PICTURE,
                heartbeat=patience.answer,
                timeout=aiohttp.ClientWSTimeout(ws_close=1.0),
            )
        except (aiohttp.ClientError, TimeoutError, OSError, ValueError) as error:
            raise self.gone() from error
        try:
            yield socket
        finally:
            await socket.close()

    async def _exchange(
        self, method: str, *path: str, limit: int, **more: Any
    ) -> tuple[int, bytes]:
        """Return status and body of an answer; the body only as far as `limit` bytes."""
        url = self._url
        for part in path:
            url /= part
        try:
            async with self._session.request(
                method, url, timeout=self._timeout, allow_redirects=False, **more
            ) as response:
                data = bytearray()
                async for chunk in response.content.iter_chunked(CHUNK):
                    data += chunk
                    if len(data) > limit:
                        raise self.gone()
                return response.status, bytes(data)
        except (aiohttp.ClientError, TimeoutError, OSError, ValueError) as error:
            raise self.gone() from error

    def _json(self, status: int, data: bytes) -> Any:
        try:
            document = json.loads(data)
        except ValueError as error:
            raise self.gone() from error
        if status != 200:
            raise self.gone()
        return document


@asynccontextmanager
async def connect(url: str, patience: Patience) -> AsyncIterator[ComfyClient]:
    """Lend a client with connections of its own. Raises WorkerError for an address that is none."""
    try:
        usable = URL(url).scheme in {"http", "https"} and bool(URL(url).host)
    except ValueError:
        usable = False
    if not usable:
        raise WorkerError("worker.comfyui_address")
    async with aiohttp.ClientSession() as session:
        yield ComfyClient(url, session, patience)
