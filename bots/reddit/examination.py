"""The bot's account on Reddit, looked over before it serves. It blocks."""

from __future__ import annotations

from collections.abc import Sequence

import praw
import prawcore

from bots.reddit.bottiquette import unwanted
from common.errors import PlatformError
from common.findings import Finding
from common.texts import say


def examine(
    reddit: praw.Reddit, what: str, *, gallery: str | None, names: Sequence[str]
) -> list[Finding]:
    """Say what is well and what is not; `names` are the subreddits in which it may answer."""
    account = say("reddit.account", name=reddit.user.me())
    found = [Finding(what, ok=True, sentence=account), _place(reddit, what, gallery)]
    there = bool(names)
    found.append(Finding(what, there, say("reddit.enabled" if there else "reddit.enabled_missing")))
    try:
        closed = sorted(set(map(str.lower, names)) & unwanted(reddit))
    except (PlatformError, prawcore.PrawcoreException):
        return found  # the list is a courtesy of others
    code = "reddit.welcome_missing" if closed else "reddit.welcome"
    said = say(code, names=", ".join(f"r/{name}" for name in closed))
    return [*found, Finding(what, not closed, said)]


def _place(reddit: praw.Reddit, what: str, gallery: str | None) -> Finding:
    """Say whether there is a place for pictures."""
    if not gallery:
        return Finding(what, ok=True, sentence=say("reddit.links"))
    try:
        reddit.subreddit(gallery).id  # noqa: B018  (praw asks for it)
    except prawcore.PrawcoreException:
        return Finding(what, ok=False, sentence=say("reddit.gallery_missing", name=gallery))
    return Finding(what, ok=True, sentence=say("reddit.gallery", name=gallery))
