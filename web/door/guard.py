"""What stands between the network and the pages: hosts, origins, addresses, headers."""

from __future__ import annotations

import ipaddress
from http import HTTPStatus
from urllib.parse import urlsplit

from aiohttp import web

from common.config import WebConfig
from web.door.problems import Problem

LOOPBACK_NAMES = frozenset({"localhost", "127.0.0.1", "::1"})
HEADERS = {
    # no inline script or style anywhere, and nothing from other servers
    "Content-Security-Policy": (
        "default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; "
        "object-src 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    # not "no-referrer": with it browsers send forms with the origin "null"
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    # what people make here is theirs, and in no search engine
    "X-Robots-Tag": "noindex, nofollow",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
}


def is_loopback(host: str) -> bool:
    """Tell whether a host name or address means this machine."""
    name = host.strip("[]").lower()
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return name in LOOPBACK_NAMES


class Guard:
    """The rules for one site, by how it is reached."""

    def __init__(self, config: WebConfig) -> None:
        self._public = urlsplit(config.public_url) if config.public_url else None
        self._on_loopback = is_loopback(config.host)
        self.secure = bool(self._public and self._public.scheme == "https")
        self.is_private = self.secure or (self._public is None and self._on_loopback)
        """Whether nobody on the way can read what a form holds."""

    def check_host(self, request: web.Request) -> None:
        """Refuse names that are not ours, where only this machine should reach us.

        A page elsewhere can point its own name at 127.0.0.1 and read what answers there (DNS
        rebinding); its requests carry that name. Raises Problem.
        """
        if not self._on_loopback:
            return
        name = urlsplit(f"//{request.host}").hostname or ""
        if name in LOOPBACK_NAMES or (self._public and name == self._public.hostname):
            return
        raise Problem(HTTPStatus.FORBIDDEN, "web.host_refused")

    def check_origin(self, request: web.Request) -> None:
        """Refuse forms that were sent from a page of somebody else's. Raises Problem."""
        sender = request.headers.get("Sec-Fetch-Site", "same-origin")
        origin = request.headers.get("Origin")
        if sender not in {"same-origin", "none"} or (origin and not self._is_own(origin, request)):
            raise Problem(HTTPStatus.FORBIDDEN, "web.origin_refused")

    def _is_own(self, origin: str, request: web.Request) -> bool:
        place = urlsplit(origin).netloc.lower()
        return place == request.host.lower() or bool(
            self._public and place == self._public.netloc.lower()
        )

    def address_of(self, request: web.Request, path: str) -> str:
        """Return the whole address of one of our paths, as people reach it."""
        if self._public:
            return f"{self._public.geturl().rstrip('/')}{path}"
        return f"{request.scheme}://{request.host}{path}"

    def address(self, request: web.Request) -> str:
        """Return the network address of whoever asks.

        A proxy's word is taken only if the operator set one up (`public_url`) and it runs on
        this machine; the last entry is the one it wrote itself.
        """
        peer = request.remote or ""
        forwarded = request.headers.get("X-Forwarded-For", "").rpartition(",")[2].strip()
        if self._public and forwarded and is_loopback(peer):
            return forwarded
        return peer


async def set_headers(_request: web.Request, response: web.StreamResponse) -> None:
    """Put the headers every answer carries, errors and streams too."""
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
    response.headers.setdefault("Cache-Control", "no-cache")
