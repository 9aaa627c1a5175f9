"""Where a picture of ours can be seen on the open web, if the web room is there."""

from __future__ import annotations


def picture_address(public_url: str | None, sha256: str) -> str | None:
    """Return the https address of a picture, None without one that all the world can open."""
    if public_url is None or not public_url.startswith("https://"):
        return None
    return f"{public_url.rstrip('/')}/pictures/{sha256}"
