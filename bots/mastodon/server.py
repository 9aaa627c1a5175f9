"""What a server that speaks Mastodon's API is, and how much it takes."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from common.errors import FetchError, PlatformError
from common.fetching.fetch import fetch

LARGEST_ANSWER = 1_000_000
ASKING = 15.0
"""Seconds a server has to say what it is."""
OLDEST = "4.2.0"
"""What others than Mastodon are treated as."""


@dataclass(frozen=True, slots=True)
class Server:
    """A server, with what holds where it does not say."""

    domain: str
    version: str = OLDEST
    """Of Mastodon, whose calls it understands."""
    characters: int = 500
    media: int = 4
    """Pictures in a post."""
    picture_bytes: int = 8_000_000
    picture_pixels: int = 16_000_000
    description: int = 1500
    """Characters of an alternative text."""
    poll_options: int = 4
    poll_option: int = 50
    """Characters of an option."""
    formats: frozenset[str] = field(
        default=frozenset({"image/webp", "image/png", "image/jpeg"}), repr=False
    )


def unknown(url: str) -> Server:
    """Return what is supposed of a server that has not answered yet."""
    return Server(urlsplit(url).hostname or "")


async def ask_server(url: str) -> Server:
    """Ask a server what it is. Raises PlatformError.

    The addresses have no slash at their end: some servers know them only so.
    """
    problem: FetchError | None = None
    for version in ("v2", "v1"):
        address = f"{url.rstrip('/')}/api/{version}/instance"
        try:
            fetched = await fetch(
                address, limit_bytes=LARGEST_ANSWER, timeout=ASKING, public_only=False
            )
            return read_server(url, json.loads(fetched.content or b""))
        except FetchError as error:
            problem = problem or error
        except (ValueError, TypeError, AttributeError):
            problem = problem or FetchError("fetch.unreachable", address=address, problem="JSON")
    raise PlatformError(platform=url, problem=problem) from problem


def read_server(url: str, told: Mapping[str, Any]) -> Server:
    """Return what an answer of /api/v1/instance or /api/v2/instance says."""
    plain = unknown(url)
    limits = told.get("configuration") or {}
    posts, pictures = limits.get("statuses") or {}, limits.get("media_attachments") or {}
    polls = limits.get("polls") or {}
    known = frozenset(pictures.get("supported_mime_types") or ()) & plain.formats
    domain = str(told.get("domain") or told.get("uri") or plain.domain)
    return Server(
        domain=(urlsplit(domain).hostname or domain) if "//" in domain else domain,
        version=_version(str(told.get("version", "")), bool(told.get("api_versions"))),
        characters=_number(posts.get("max_characters"), told.get("max_toot_chars"), 500),
        media=_number(posts.get("max_media_attachments"), 4),
        picture_bytes=_number(pictures.get("image_size_limit"), plain.picture_bytes),
        picture_pixels=_number(pictures.get("image_matrix_limit"), plain.picture_pixels),
        description=_number(pictures.get("description_limit"), plain.description),
        poll_options=_number(polls.get("max_options"), plain.poll_options),
        poll_option=_number(polls.get("max_characters_per_option"), plain.poll_option),
        formats=known or plain.formats,
    )


def _version(text: str, genuine: bool) -> str:
    """Return the version of Mastodon that Mastodon.py is to believe in."""
    found = re.match(r"\d+\.\d+\.\d+", text)
    return found[0] if genuine and found else OLDEST


def _number(*values: object) -> int:
    return next(value for value in values if isinstance(value, int) and value > 0)
