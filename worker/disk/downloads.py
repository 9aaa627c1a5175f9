"""Large files from the network onto the disk: resumed, verified, there as a whole or not at all.

A key goes to the server that was named and never to one it redirects to. What has come so far lies
beside the target as `NAME.part`, with the server's mark of it, and is gone on with the next time.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import struct
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
from pydantic import SecretStr
from yarl import URL

from common.errors import WorkerError
from common.fetching.fetch import REDIRECTS, without_password
from common.version import agent

BLOCK = 1024 * 1024
MOST_REDIRECTS = 5
FINAL = frozenset({400, 401, 403, 404, 410, 451})
"""Answers that stay the same however often one asks."""
LARGEST_HEADER = 100_000_000
PART, MARK = ".part", ".part.etag"

Report = Callable[[int, int | None], None]
"""Called with the bytes that are there, and how many it will be if the server says."""


class DownloadFailed(WorkerError):
    """A file did not come. `final`: nor will it, the next time."""

    def __init__(self, code: str, *, final: bool, **values: object) -> None:
        super().__init__(code, **values)
        self.final = final


@dataclass(frozen=True, slots=True)
class Wanted:
    """A .safetensors file to be fetched."""

    url: str
    target: Path
    limit_bytes: int
    sha256: str | None = None
    """In hexadecimal digits; None: nobody said."""
    key: SecretStr | None = None
    """Bearer token for the server of `url` alone."""


@dataclass(frozen=True, slots=True)
class Persistence:
    """How long a server is borne with; all times in seconds."""

    stall: float = 8.0
    """In which something must arrive."""
    attempts: int = 3
    """In a row that brought nothing."""
    pause: float = 1.0
    """Before the second attempt; it doubles."""


class Downloader:
    """Fetches files through one session."""

    def __init__(
        self,
        session: aiohttp.ClientSession,
        persistence: Persistence | None = None,
        *,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._session = session
        self._persistence = persistence or Persistence()
        self._sleep = sleep

    async def fetch(self, wanted: Wanted, report: Report = lambda _done, _all: None) -> None:
        """Bring a file to its place. Raises DownloadFailed; what has come so far stays."""
        fruitless = 0
        while True:
            before = _size(_beside(wanted, PART))
            try:
                await self._once(wanted, report)
            except DownloadFailed as failure:
                gained = _size(_beside(wanted, PART)) > before
                fruitless = 0 if gained else fruitless + 1
                if failure.final or fruitless >= self._persistence.attempts:
                    raise
            else:
                await asyncio.to_thread(_finish, wanted)
                return
            await self._sleep(self._persistence.pause * 2 ** max(fruitless - 1, 0))

    async def _once(self, wanted: Wanted, report: Report) -> None:
        """Go on where the last attempt ended, until the end or a trouble."""
        shown = without_password(wanted.url)
        try:
            begun, mark = await asyncio.to_thread(_begun, wanted)
            await self._follow(wanted, begun, mark, report)
        except TimeoutError as error:
            seconds = f"{self._persistence.stall:g}"
            raise DownloadFailed(
                "fetch.stalled", final=False, address=shown, seconds=seconds
            ) from error
        except aiohttp.ClientError as error:
            problem = type(error).__name__
            raise DownloadFailed(
                "fetch.unreachable", final=False, address=shown, problem=problem
            ) from error
        except OSError as error:
            problem = error.strerror or type(error).__name__
            raise DownloadFailed("worker.not_written", final=True, problem=problem) from error

    async def _follow(self, wanted: Wanted, begun: int, mark: str, report: Report) -> None:
        url = first = URL(wanted.url)
        timeout = aiohttp.ClientTimeout(
            total=None, sock_connect=self._persistence.stall, sock_read=self._persistence.stall
        )
        headers = {"User-Agent": agent(), "Accept-Encoding": "identity"}
        if begun:
            headers |= {"Range": f"bytes={begun}-", **({"If-Range": mark} if mark else {})}
        for _ in range(MOST_REDIRECTS + 1):
            at_home = url.origin() == first.origin()
            async with self._session.get(
                url,
                headers=headers | (_login(wanted.key) if at_home else {}),
                timeout=timeout,
                allow_redirects=False,
            ) as answer:
                target = answer.headers.get("Location")
                if answer.status not in REDIRECTS or not target:
                    await _receive(answer, wanted, begun, report)
                    return
            url = url.join(URL(target, encoded=True))  # its exact spelling is what was signed
            _check(url, first)
        raise DownloadFailed("fetch.redirects", final=True, address=without_password(str(url)))


def _login(key: SecretStr | None) -> dict[str, str]:
    return {} if key is None else {"Authorization": f"Bearer {key.get_secret_value()}"}


def _check(url: URL, first: URL) -> None:
    """Refuse to go on from https to what anybody can read and change on the way."""
    if url.scheme not in {"http", "https"} or (first.scheme == "https" != url.scheme):
        shown = without_password(str(url))[:100]
        raise DownloadFailed("fetch.scheme", final=True, address=shown, kinds="https://")


async def _receive(
    answer: aiohttp.ClientResponse, wanted: Wanted, begun: int, report: Report
) -> None:
    """Write what comes behind what is there, or anew if the server begins anew."""
    shown = without_password(wanted.url)
    if answer.status == 416:  # what is there is no beginning of this
        await asyncio.to_thread(_forget, wanted)
        raise DownloadFailed("fetch.status", final=False, address=shown, status=answer.status)
    if answer.status not in {200, 206}:
        final = answer.status in FINAL or 300 <= answer.status < 400
        raise DownloadFailed("fetch.status", final=final, address=shown, status=answer.status)
    if answer.content_type == "text/html":
        raise DownloadFailed("worker.not_a_file", final=False, address=shown)
    done = begun if answer.status == 206 else 0
    length = answer.content_length
    whole = None if length is None else done + length
    _within(max(whole or 0, done), wanted)
    await asyncio.to_thread(_note_mark, wanted, answer.headers.get("ETag", ""))
    with await asyncio.to_thread(_open, wanted, done) as file:
        async for block in _blocks(answer):
            done += len(block)
            _within(done, wanted)
            await asyncio.to_thread(file.write, block)
            report(done, whole)
    if whole is not None and done < whole:
        raise DownloadFailed("fetch.unreachable", final=False, address=shown, problem="cut off")


async def _blocks(answer: aiohttp.ClientResponse) -> Any:
    """Yield what comes in blocks of about one megabyte; also the last bytes before a trouble."""
    block = bytearray()
    try:
        async for chunk in answer.content.iter_any():
            block += chunk
            if len(block) >= BLOCK:
                yield bytes(block)
                block.clear()
    except (aiohttp.ClientError, TimeoutError):
        if block:
            yield bytes(block)
        raise
    if block:
        yield bytes(block)


def _within(size: int, wanted: Wanted) -> None:
    if size > wanted.limit_bytes:
        limit = f"{wanted.limit_bytes / 2**20:.3g}"
        shown = without_password(wanted.url)
        _forget(wanted)
        raise DownloadFailed("fetch.too_large", final=True, address=shown, limit=limit)


def _begun(wanted: Wanted) -> tuple[int, str]:
    """Return how much is there, and the server's mark; nothing if nobody could verify the whole."""
    wanted.target.parent.mkdir(parents=True, exist_ok=True)
    mark = ""
    if _beside(wanted, MARK).is_file():
        mark = _beside(wanted, MARK).read_text("utf-8")
    if wanted.sha256 is None and not mark:
        _forget(wanted)
    return _size(_beside(wanted, PART)), mark


def _note_mark(wanted: Wanted, mark: str) -> None:
    """Remember a mark that stands for these very bytes; weak ones do not."""
    fit = mark.isascii() and mark.isprintable() and len(mark) < 500 and mark.startswith('"')
    _beside(wanted, MARK).write_text(mark if fit else "", "utf-8")


def _open(wanted: Wanted, done: int) -> Any:
    return _beside(wanted, PART).open("ab" if done else "wb")


def _finish(wanted: Wanted) -> None:
    """Put a file that is complete into its place. Raises DownloadFailed if it is not what it is."""
    part = _beside(wanted, PART)
    if wanted.sha256 is not None and sha256_of(part) != wanted.sha256.lower():
        _forget(wanted)
        raise DownloadFailed("worker.wrong_sum", final=True, address=without_password(wanted.url))
    if not is_safetensors(part):
        _forget(wanted)
        raise DownloadFailed(
            "worker.no_safetensors", final=True, address=without_password(wanted.url)
        )
    try:
        part.replace(wanted.target)
    except OSError as error:
        problem = error.strerror or type(error).__name__
        raise DownloadFailed("worker.not_written", final=False, problem=problem) from error
    _beside(wanted, MARK).unlink(missing_ok=True)


def sha256_of(file: Path) -> str:
    """Return the checksum of a file, in hexadecimal digits."""
    with file.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()


def is_safetensors(file: Path) -> bool:
    """Tell whether a file is one of tensors and nothing else, and all of it is there."""
    try:
        with file.open("rb") as content:
            (size,) = struct.unpack("<Q", content.read(8))
            if size > LARGEST_HEADER:
                return False
            header = json.loads(content.read(size))
        ends = [entry["data_offsets"][1] for name, entry in header.items() if name[:2] != "__"]
        return bool(file.stat().st_size == 8 + size + max(ends))
    except (OSError, ValueError, KeyError, TypeError, AttributeError, IndexError, struct.error):
        return False


def _forget(wanted: Wanted) -> None:
    for ending in (PART, MARK):
        _beside(wanted, ending).unlink(missing_ok=True)


def _beside(wanted: Wanted, ending: str) -> Path:
    return wanted.target.with_name(wanted.target.name + ending)


def _size(file: Path) -> int:
    try:
        return file.stat().st_size
    except OSError:
        return 0
