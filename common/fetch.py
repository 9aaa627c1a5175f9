"""Fetching one file from the network: bounded, timed, and never from where it should not.

A redirect may lead to the same origin or to a public address, nowhere else: what answers on
127.0.0.1 or inside somebody's network is not for a stranger's server to name. The address that was
judged is the one that is connected to.
"""

from __future__ import annotations

import asyncio
import ipaddress
import socket
import zlib
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit, urlunsplit

from common.errors import FetchError

if TYPE_CHECKING:
    import aiohttp
    from aiohttp.abc import ResolveResult

MOST_REDIRECTS = 3
STALL = 10.0
"""Seconds in which something must arrive."""
CHUNK = 64 * 1024
NOT_CHANGED = 304
REDIRECTS = frozenset({301, 302, 303, 307, 308})
INFLATING = {"gzip": 16 + zlib.MAX_WBITS, "x-gzip": 16 + zlib.MAX_WBITS, "deflate": zlib.MAX_WBITS}
"""Compressions of a reply, as zlib calls them."""

IpAddress = ipaddress.IPv4Address | ipaddress.IPv6Address
Allow = Callable[[IpAddress], bool]


@dataclass(frozen=True, slots=True)
class Fetched:
    """What came, and by which marks the server knows it again. No content: it has not changed."""

    content: bytes | None
    etag: str | None = None
    modified: str | None = None


def is_public(address: IpAddress) -> bool:
    """Tell whether an address belongs to the open internet, whatever it is wrapped in."""
    if isinstance(address, ipaddress.IPv6Address):
        inner = address.ipv4_mapped or address.sixtofour or _nat64(address)
        if inner is not None:
            return is_public(inner)
    return address.is_global and not address.is_multicast


async def fetch(
    address: str,
    *,
    limit_bytes: int,
    timeout: float,
    known: Fetched | None = None,
    public_only: bool = False,
    allow: Allow = is_public,
) -> Fetched:
    """Return the file at an address.

    `known` is what came last time: it is asked for only if it has changed. With `public_only` (for
    what strangers write) the address must be https and public from the start; else only redirects
    must. Raises FetchError with a sentence.
    """
    import aiohttp  # noqa: PLC0415  (half a second that only those who fetch pay)

    shown = without_password(address)
    limits = aiohttp.ClientTimeout(total=timeout, sock_read=min(STALL, timeout))
    try:
        async with asyncio.timeout(timeout):
            return await _follow(
                address, limit_bytes, limits, known, public_only=public_only, allow=allow
            )
    except TimeoutError as error:
        raise FetchError("fetch.too_slow", address=shown, seconds=f"{timeout:g}") from error
    except (aiohttp.ClientError, OSError, ValueError) as error:
        problem = getattr(error, "strerror", None) or type(error).__name__
        raise FetchError("fetch.unreachable", address=shown, problem=problem) from error


async def _follow(
    address: str,
    limit_bytes: int,
    limits: aiohttp.ClientTimeout,
    known: Fetched | None,
    *,
    public_only: bool,
    allow: Allow,
) -> Fetched:
    """Get an address, going where it redirects to as far as that is allowed."""
    first = _origin(address)
    headers = {"Accept-Encoding": "identity", **_conditions(known)}
    for _ in range(MOST_REDIRECTS + 1):
        trusted = not public_only and _origin(address) == first
        _check(address, public_only=public_only, allow=None if trusted else allow)
        async with (
            _session(limits, None if trusted else allow) as session,
            session.get(address, headers=headers, allow_redirects=False) as answer,
        ):
            if answer.status not in REDIRECTS:
                return await _read(answer, limit_bytes)
            target = answer.headers.get("Location", "")
            address = str(answer.url.join(type(answer.url)(target)))
    raise FetchError("fetch.redirects", address=without_password(address))


async def _read(answer: aiohttp.ClientResponse, limit_bytes: int) -> Fetched:
    shown = without_password(str(answer.url))
    marks = (answer.headers.get("ETag"), answer.headers.get("Last-Modified"))
    if answer.status == NOT_CHANGED:
        return Fetched(None, *marks)
    if answer.status != 200:
        raise FetchError("fetch.status", address=shown, status=answer.status)
    chunks: AsyncIterator[bytes] = answer.content.iter_chunked(CHUNK)
    encoding = answer.headers.get("Content-Encoding", "identity").strip().lower()
    if encoding not in {"", "identity"}:
        if encoding not in INFLATING:
            raise FetchError("fetch.encoding", address=shown, encoding=encoding[:20])
        chunks = _inflated(chunks, INFLATING[encoding])
    content = bytearray()
    try:
        async for chunk in chunks:
            content += chunk
            if len(content) > limit_bytes:
                limit = f"{limit_bytes / 2**20:g}"
                raise FetchError("fetch.too_large", address=shown, limit=limit)
    except zlib.error as error:
        raise FetchError("fetch.encoding", address=shown, encoding=encoding) from error
    return Fetched(bytes(content), *marks)


async def _inflated(chunks: AsyncIterator[bytes], window: int) -> AsyncIterator[bytes]:
    """Unpack piece by piece, so that a reply that swells is stopped before it fills the memory."""
    unpacking = zlib.decompressobj(window)
    async for chunk in chunks:
        rest = chunk
        while rest:
            yield unpacking.decompress(rest, CHUNK)
            rest = unpacking.unconsumed_tail
    yield unpacking.flush(CHUNK)
    if not unpacking.eof:
        raise zlib.error("the reply ends too early")


def _conditions(known: Fetched | None) -> dict[str, str]:
    if known is None:
        return {}
    conditions = {"If-None-Match": known.etag, "If-Modified-Since": known.modified}
    return {name: value for name, value in conditions.items() if value}


def _session(limits: aiohttp.ClientTimeout, allow: Allow | None) -> aiohttp.ClientSession:
    """Return a session without cookies whose names lead only to allowed addresses."""
    import aiohttp  # noqa: PLC0415

    connector = aiohttp.TCPConnector(resolver=_resolver(allow)) if allow else None
    return aiohttp.ClientSession(
        timeout=limits,
        connector=connector,
        cookie_jar=aiohttp.DummyCookieJar(),
        auto_decompress=False,
    )


def _resolver(allow: Allow) -> aiohttp.abc.AbstractResolver:
    import aiohttp  # noqa: PLC0415

    class Resolver(aiohttp.ThreadedResolver):
        """Resolves names, and forgets the addresses that are not allowed."""

        async def resolve(
            self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
        ) -> list[ResolveResult]:
            found = await super().resolve(host, port, family)
            kept = [one for one in found if allow(_parse(one["host"]))]
            if not kept:
                raise FetchError("fetch.private", address=host)
            return kept

    return Resolver()


def _check(address: str, *, public_only: bool, allow: Allow | None) -> None:
    """Refuse an address of the wrong kind, or one that names a host that is not allowed."""
    parts = urlsplit(address)
    if parts.scheme not in ({"https"} if public_only else {"http", "https"}) or not parts.hostname:
        kinds = "https://" if public_only else "http:// or https://"
        raise FetchError("fetch.scheme", address=without_password(address)[:100], kinds=kinds)
    try:
        literal = _parse(parts.hostname)
    except ValueError:
        return  # a name: the resolver judges what it leads to
    if allow is not None and not allow(literal):
        raise FetchError("fetch.private", address=parts.hostname)


def without_password(address: str) -> str:
    """Return an address as it may be shown: without name and password in it."""
    try:
        parts = urlsplit(address)
    except ValueError:
        return "?"
    host = parts.netloc.rpartition("@")[2]
    return urlunsplit((parts.scheme, host, parts.path, parts.query, ""))


def _origin(address: str) -> tuple[str, str | None, int | None]:
    parts = urlsplit(address)
    return parts.scheme, parts.hostname, parts.port


def _parse(host: str) -> IpAddress:
    return ipaddress.ip_address(host.partition("%")[0])


def _nat64(address: ipaddress.IPv6Address) -> ipaddress.IPv4Address | None:
    if address in ipaddress.ip_network("64:ff9b::/96"):
        return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    return None
