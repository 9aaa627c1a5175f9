"""Where bots are not wanted, by the list that r/Bottiquette keeps for them."""

from __future__ import annotations

import json

import praw
import structlog

from common.errors import PlatformError

log = structlog.get_logger()

LIST = ("Bottiquette", "robots_txt_json")
UNWANTED = ("disallowed", "posts-only")
"""Groups of subreddits in which no bot may comment."""


def unwanted(reddit: praw.Reddit) -> frozenset[str]:
    """Return the subreddits, in small letters, in which bots may not comment. Blocks.

    Raises PlatformError if the list is no list.
    """
    name, page = LIST
    text = reddit.subreddit(name).wiki[page].content_md
    try:
        groups = json.loads(text)
        found = [str(entry) for group in UNWANTED for entry in groups.get(group, ())]
    except (ValueError, AttributeError, TypeError) as error:
        raise PlatformError(platform=f"r/{name}", problem="its list cannot be read") from error
    return frozenset(entry.strip().lower().removeprefix("r/") for entry in found)
