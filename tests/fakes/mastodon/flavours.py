"""What the servers that speak Mastodon's API do differently, one value each."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
BASE62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"


def _written(number: int, digits: str, width: int) -> str:
    text = ""
    while number:
        number, rest = divmod(number, len(digits))
        text = digits[rest] + text
    return text.rjust(width, digits[0])


def snowflake(number: int) -> str:
    return str(115_000_000_000_000_000 + number * 65_536)


def flake(number: int) -> str:
    """Pleroma's ids: 128 bits in base 62."""
    return "9" + _written(number * 7919, BASE62, 17)


def ulid(number: int) -> str:
    return "01J" + _written(number * 7919, CROCKFORD, 23)


def hexadecimal(number: int) -> str:
    """Ids of snac begin with the time, and go on in hexadecimal."""
    return f"17950{number:05d}.{number * 7919:06x}"


@dataclass(frozen=True, slots=True)
class Flavour:
    """A server software, as far as a client notices."""

    name: str
    version: str
    number: Callable[[int], str] = snowflake
    """Makes the n-th id; they sort by length, then as text."""
    v2: bool = True
    """Whether it has /api/v2/instance."""
    trailing_slash: bool = True
    """Whether `/api/v1/instance/` is the same as without the slash."""
    streaming: bool = True
    """Whether it streams as server-sent events; some have WebSockets only."""
    idempotency: bool = True
    policy: bool = True
    """Whether notifications can be filtered, and the filter be asked for."""
    default_limit: int = 40
    """Notifications on a page, where the client does not say."""
    since_id: bool = True
    max_characters: int = 500
    slow_media: bool = False
    """Whether every upload is answered 202 first."""
    api_versions: bool = True


MASTODON = Flavour("mastodon", "4.5.2")
FLAVOURS = {
    flavour.name: flavour
    for flavour in (
        MASTODON,
        Flavour("mastodon-4.2", "4.2.20", policy=False, api_versions=False),
        Flavour(
            "pleroma",
            "2.7.2 (compatible; Pleroma 2.9.1)",
            flake,
            streaming=False,
            policy=False,
            max_characters=5000,
            api_versions=False,
        ),
        Flavour(
            "gotosocial",
            "0.20.2+git-8a1b2c3",
            ulid,
            streaming=False,
            policy=False,
            max_characters=5000,
            api_versions=False,
        ),
        Flavour(
            "snac",
            "4.0.0 (not true; really snac/2.84)",
            hexadecimal,
            v2=False,
            trailing_slash=False,
            streaming=False,
            idempotency=False,
            policy=False,
            default_limit=1,
            since_id=False,
            max_characters=100_000,
            api_versions=False,
        ),
        Flavour(
            "takahe",
            "takahe/0.12.0",
            trailing_slash=False,
            streaming=False,
            idempotency=False,
            policy=False,
            api_versions=False,
        ),
    )
}
