"""Fetching one file from the network: bounded, timed, and never from where it should not.

A redirect may lead to the same origin or to a public address, nowhere else: what answers on
127.0.0.1 or inside somebody's network is not for a stranger's server to name. The address that was
judged is the one that is connected to.
"""

from __future__ import annotations

import asyncio
import base64
import ipaddress
import socket
import zlib
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit, urlunsplit

from common.errors import FetchError

if TYPE_CHECKING:
    import aiohttp
    from aiohttp.abc import ResolveResult
    from yarl import URL

MOST_REDIRECTS = 3
STALL = 10.0
"""Seconds in which something must arrive."""
CHUNK = 64 * 1024
LONGEST_MARK = 500
"""Characters of an ETag or a date that are sent back to a server."""
NOT_CHANGED = 304
REDIRECTS = frozenset({301, 302, 303, 307, 308})
GZIP, DEFLATE, BARE_DEFLATE = 16 + zlib.MAX_WBITS, zlib.MAX_WBITS, -zlib.MAX_WBITS
"""Compressions of a reply, as zlib calls them."""
INFLATING = {"gzip": GZIP, "x-gzip": GZIP, "deflate": DEFLATE}
UNICAST = ipaddress.IPv6Network("2000::/3")
"""All of IPv6 that has been given out to the open internet."""
NAT64 = ipaddress.IPv6Network("64:ff9b::/96")

IpAddress = ipaddress.IPv4Address | ipaddress.IPv6Address
Allow = Callable[[IpAddress], bool]


@dataclass(frozen=True, slots=True)
class Fetched:
    """What came, and by which marks the server knows it again. No content: it has not changed."""

    content: bytes | None
    etag: str | None = None
    modified: str | None = None
    mime: str = ""
    """What the server calls it, in lower case; "" if it does not say."""


@dataclass(frozen=True, slots=True)
class _Wish:
    """What is fetched, and under which conditions."""

    limit_bytes: int
    stall: float
    known: Fetched | None
    public_only: bool
    allow: Allow


def is_public(address: IpAddress) -> bool:
    """Tell whether an address belongs to the open internet, whatever it is wrapped in."""
    if isinstance(address, ipaddress.IPv6Address):
        inner = address.ipv4_mapped or address.sixtofour or _nat64(address)
        if inner is not None:
            return is_public(inner)
        if address not in UNICAST:
            return False
    return address.is_global and not address.is_multicast


async def fetch(
    address: str,
    *,
    limit_bytes: int,
    timeout: float,
    public_only: bool,
    stall: float = STALL,
    known: Fetched | None = None,
    allow: Allow = is_public,
) -> Fetched:
    """Return the file at an address.

    It may take `timeout` seconds in all, and no longer than `stall` seconds until more of it
    comes. `known` is what came last time: it is asked for only if it has changed. With
    `public_only` (for what strangers write) the address must be https and public from the start;
    else only redirects must. `allow` says which addresses count as public. Raises FetchError with
    a sentence.
    """
    import aiohttp  # noqa: PLC0415  (half a second that only those who fetch pay)

    shown = without_password(address)
    wish = _Wish(limit_bytes, min(stall, timeout), known, public_only, allow)
    try:
        async with asyncio.timeout(timeout):
            return await _follow(address, wish)
    except aiohttp.ServerTimeoutError as error:
        raise FetchError("fetch.stalled", address=shown, seconds=f"{wish.stall:g}") from error
    except TimeoutError as error:
        raise FetchError("fetch.too_slow", address=shown, seconds=f"{timeout:g}") from error
    except (aiohttp.ClientError, OSError, ValueError) as error:
        problem = getattr(error, "strerror", None) or type(error).__name__
        raise FetchError("fetch.unreachable", address=shown, problem=problem) from error


@asynccontextmanager
async def public_answer(
    url: URL,
    *,
    timeout: aiohttp.ClientTimeout,
    headers: Mapping[str, str],
    allow: Allow = is_public,
) -> AsyncIterator[aiohttp.ClientResponse]:
    """Lend what answers at an address that a stranger may have named, its spelling as it is.

    Neither it nor what it redirects to may be anywhere but on the open internet; `allow` says what
    that is. Raises FetchError.
    """
    import aiohttp  # noqa: PLC0415
    from yarl import URL  # noqa: PLC0415

    async with aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(resolver=_resolver(allow)),
        cookie_jar=aiohttp.DummyCookieJar(),
    ) as session:
        for _ in range(MOST_REDIRECTS + 1):
            _check(url, public_only=False, allow=allow)
            async with session.get(
                url, headers=headers, timeout=timeout, allow_redirects=False
            ) as answer:
                target = answer.headers.get(aiohttp.hdrs.LOCATION)
                if answer.status not in REDIRECTS or not target:
                    yield answer
                    return
                url = url.join(URL(target, encoded=True))
    raise FetchError("fetch.redirects", address=without_password(str(url)))


async def leads_outside(host: str) -> bool:
    """Tell whether a name or an address leads to the open internet, as far as it leads anywhere."""
    try:
        async with asyncio.timeout(STALL):
            found = await asyncio.get_running_loop().getaddrinfo(host, None)
    except OSError:  # which a TimeoutError is too
        return True
    return any(is_public(_parse(str(address[0]))) for *_, address in found)


async def _follow(address: str, wish: _Wish) -> Fetched:
    """Get an address, going where it redirects to as far as that is allowed."""
    import aiohttp  # noqa: PLC0415
    from yarl import URL  # noqa: PLC0415

    url = URL(address)
    first = _origin(url)
    login = _login(url)
    headers = {"Accept-Encoding": "identity", **_conditions(wish.known)}
    for _ in range(MOST_REDIRECTS + 1):
        url = url.with_user(None) if url.user or url.password else url
        at_home = _origin(url) == first
        trusted = at_home and not wish.public_only
        _check(url, public_only=wish.public_only, allow=None if trusted else wish.allow)
        async with (
            _session(wish.stall, None if trusted else wish.allow) as session,
            session.get(
                url,
                headers=headers | (login if at_home else {}),
                allow_redirects=False,
            ) as answer,
        ):
            target = answer.headers.get(aiohttp.hdrs.LOCATION)
            if answer.status not in REDIRECTS or not target:
                return await _read(answer, wish)
            url = url.join(URL(target))
    raise FetchError("fetch.redirects", address=without_password(str(url)))


async def _read(answer: aiohttp.ClientResponse, wish: _Wish) -> Fetched:
    shown = without_password(str(answer.url))
    headers = answer.headers
    etag, modified = _mark(headers.get("ETag")), _mark(headers.get("Last-Modified"))
    if answer.status == NOT_CHANGED and wish.known is not None:
        return Fetched(None, etag or wish.known.etag, modified or wish.known.modified)
    if answer.status != 200:
        raise FetchError("fetch.status", address=shown, status=answer.status)
    chunks: AsyncIterator[bytes] = answer.content.iter_chunked(CHUNK)
    encoding = headers.get("Content-Encoding", "identity").strip().lower()
    packed = encoding not in {"", "identity"}
    if packed and encoding not in INFLATING:
        raise FetchError("fetch.encoding", address=shown, encoding=encoding[:20])
    if packed:
        chunks = _inflated(chunks, encoding, wish.limit_bytes)
    content = bytearray()
    try:
        async for chunk in chunks:
            content += chunk
            if len(content) > wish.limit_bytes:
                code = "fetch.swells" if packed else "fetch.too_large"
                raise FetchError(code, address=shown, limit=f"{wish.limit_bytes / 2**20:.3g}")
    except zlib.error as error:
        raise FetchError("fetch.encoding", address=shown, encoding=encoding) from error
    mime = headers.get("Content-Type", "").partition(";")[0].strip().lower()[:100]
    return Fetched(bytes(content), etag, modified, mime)


async def _inflated(
    chunks: AsyncIterator[bytes], encoding: str, limit_bytes: int
) -> AsyncIterator[bytes]:
    """Unpack piece by piece, so that a reply that swells is stopped before it fills the memory.

    What follows the packed file would be kept by zlib without bound, and packed nothing can be
    sent for ever: both are errors.
    """
    unpacking = None
    came = 0
    async for chunk in chunks:
        unpacking = unpacking or zlib.decompressobj(_window(encoding, chunk))
        came += len(chunk)
        rest = chunk
        while rest and not unpacking.eof:
            yield unpacking.decompress(rest, CHUNK)
            rest = unpacking.unconsumed_tail
        if unpacking.unused_data or rest or came > limit_bytes + CHUNK:
            raise zlib.error("more was sent than was packed")
    if unpacking is None:
        return
    yield unpacking.flush()
    if not unpacking.eof:
        raise zlib.error("the reply ends too early")


def _window(encoding: str, chunk: bytes) -> int:
    """Return what zlib calls a compression; many servers leave the frame of `deflate` away."""
    framed = chunk[0] & 0x0F == zlib.DEFLATED
    return INFLATING[encoding] if encoding != "deflate" or framed else BARE_DEFLATE


def _conditions(known: Fetched | None) -> dict[str, str]:
    if known is None:
        return {}
    conditions = {"If-None-Match": known.etag, "If-Modified-Since": known.modified}
    return {name: value for name, value in conditions.items() if value}


def _mark(value: str | None) -> str | None:
    """Return an ETag or date if it can be sent back as it is."""
    fit = value and len(value) <= LONGEST_MARK and value.isascii() and value.isprintable()
    return value if fit else None


def _login(url: URL) -> dict[str, str]:
    """Return the header that carries the name and the password of an address."""
    if not url.user and not url.password:
        return {}
    login = base64.b64encode(f"{url.user or ''}:{url.password or ''}".encode())
    return {"Authorization": f"Basic {login.decode()}"}


def _session(stall: float, allow: Allow | None) -> aiohttp.ClientSession:
    """Return a session without cookies whose names lead only to allowed addresses."""
    import aiohttp  # noqa: PLC0415

    connector = aiohttp.TCPConnector(resolver=_resolver(allow)) if allow else None
    return aiohttp.ClientSession(
        timeout=aiohttp.ClientTimeout(total=None, sock_connect=stall, sock_read=stall),
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


def _check(url: URL, *, public_only: bool, allow: Allow | None) -> None:
    """Refuse an address of the wrong kind, or one that names a host that is not allowed."""
    host = url.raw_host
    if url.scheme not in ({"https"} if public_only else {"http", "https"}) or not host:
        kinds = "https://" if public_only else "http:// or https://"
        raise FetchError("fetch.scheme", address=without_password(str(url))[:100], kinds=kinds)
    numeric = ":" in host or host.replace(".", "").isdigit()
    if allow is None or not numeric:
        return  # a name: the resolver judges what it leads to
    try:
        allowed = allow(_parse(host))
    except ValueError:  # 127.1, 0177.0.0.1, 2130706433: nobody judges what those lead to
        allowed = False
    if not allowed:
        raise FetchError("fetch.private", address=host)


def without_password(address: str) -> str:
    """Return an address as it may be shown: without name, password and query in it.

    Queries carry tokens and signatures, so only that there is one is shown.
    """
    try:
        parts = urlsplit(address)
        parts.port  # noqa: B018  (a password with a slash in it reads as a port that is none)
    except ValueError:
        return "?"
    host = parts.netloc.rpartition("@")[2]
    path = parts.path if host else parts.path.rpartition("@")[2]
    return urlunsplit((parts.scheme, host, path, "…" if parts.query else "", ""))


def _origin(url: URL) -> tuple[str, str | None, int | None]:
    return url.scheme, url.raw_host, url.port


def _parse(host: str) -> IpAddress:
    return ipaddress.ip_address(host.partition("%")[0])


def _nat64(address: ipaddress.IPv6Address) -> ipaddress.IPv4Address | None:
    return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF) if address in NAT64 else None
