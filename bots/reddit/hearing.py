"""What is in the inbox, as the core takes it."""

from __future__ import annotations

import html
import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import praw
import prawcore
import structlog
from praw.models import Comment, Message

from bots.reddit.posting import thing
from bots.reddit.writing import request_in
from bots.shared.markdown import plain
from common.model import Audience, Incoming, Person, Place

log = structlog.get_logger()

AT_ONCE = 100
"""Posts that are asked for in one call."""
MOST = 500
"""Unread things that are taken at once."""
A_BOT = re.compile(r"automoderator|.*(?:[a-z0-9]bot|[_-]bot)$", re.IGNORECASE)
"""Reddit marks no bots, but their makers mostly call them so."""
NOTICE = re.compile(
    r"(you('ve| have| are) .*(banned|muted|approved)|your (ban|post|comment|submission)\b"
    r"|invitation to moderate)",
    re.IGNORECASE,
)
"""How subjects begin of what Reddit writes by itself in a subreddit's name."""


_SHOWN = re.compile(
    r"(\A|\s)(https://(?:preview|i)\.redd\.it/[\w.-]+\.(?:png|jpe?g|webp|gif)(?:\?[^\s)]*)?)"
)
"""A picture uploaded with a comment, as Reddit tells of it: its bare address."""


@dataclass(frozen=True, slots=True)
class Said:
    """One entry of the inbox, taken out of praw."""

    name: str
    """Its full name: `t1_…` is a comment, `t4_…` a message."""
    author: str | None
    """None for what a subreddit's moderators write as one."""
    body: str
    created: float
    subreddit: str = ""
    parent: str = ""
    post: str = ""
    adult: bool = False
    below: str = ""
    """`#ID` of the request whose pictures the post shows, if it is a post of ours."""
    subject: str = ""
    """Of a message."""
    joined: float | None = None
    """When its author's account was made; None where Reddit does not tell."""

    @property
    def by_bot(self) -> bool:
        """Whether a bot wrote it, by its name."""
        return self.author is not None and A_BOT.fullmatch(self.author) is not None

    @property
    def answers(self) -> str | None:
        """What it replies to: a comment, or `#ID` right below our own post of pictures."""
        return self.parent if self.parent.startswith("t1_") else self.below or None

    @property
    def is_notice(self) -> bool:
        """Whether it is told by Reddit in a subreddit's name: nobody waits for an answer."""
        return bool(self.subreddit) and NOTICE.match(self.subject) is not None


@dataclass(frozen=True, slots=True)
class Under:
    """The post that something stands under."""

    adult: bool = False
    shows: str = ""
    """`#ID` of the request whose pictures it shows, if it is ours."""


def unread(reddit: praw.Reddit, me: str) -> list[Said]:
    """Return what is unread, oldest first, with what is known of the posts it stands under.

    `me` is the bot's own name.
    """
    found: Iterable[object] = reddit.inbox.unread(limit=MOST)
    items = [item for item in found if isinstance(item, Comment | Message)]
    posts = {_post_of(item) for item in items} - {""}
    known = {}
    for start in range(0, len(posts), AT_ONCE):
        names = sorted(posts)[start : start + AT_ONCE]
        known.update({post.fullname: _under(post, me) for post in reddit.info(fullnames=names)})
    ages = _ages(reddit, {_author_of(item) for item in items} - {""})
    return [
        _said(item, known.get(_post_of(item), Under()), ages.get(_author_of(item)))
        for item in reversed(items)
    ]


def _ages(reddit: praw.Reddit, authors: Collection[str]) -> dict[str, float]:
    """Return when accounts were made, by their full names; what Reddit does not say is missing."""
    if not authors:
        return {}
    try:
        found = reddit.redditors.partial_redditors(sorted(authors))
        return {one.fullname: float(one.created_utc) for one in found}
    except (prawcore.PrawcoreException, ValueError, TypeError, KeyError) as error:
        log.warning("ages_unknown", problem=str(error)[:200])
        return {}


def mark_read(reddit: praw.Reddit, names: Iterable[str]) -> None:
    """Take things off the unread list."""
    reddit.inbox.mark_read([thing(reddit, name) for name in names])


def gone(reddit: praw.Reddit, names: Sequence[str]) -> set[str]:
    """Return which of these comments are deleted or removed. Blocks."""
    found = reddit.info(fullnames=list(names)) if names else ()
    return {str(one.fullname) for one in found if one.author is None}


def heard(
    account: str, me: str, said: Said, *, community: str, moderators: frozenset[str]
) -> Incoming:
    """Return an entry as the core takes it.

    `community` is its subreddit as the operator writes it; `moderators` are that one's, in small
    letters. Pure.
    """
    read = plain(_SHOWN.sub(_as_picture, said.body))
    private = said.name.startswith("t4_")
    asker = Person((said.author or f"r/{said.subreddit}").lower(), said.author or said.subreddit)
    return Incoming(
        place=Place(account, community),
        event=said.name,
        person=asker,
        text=read.text,
        created=datetime.fromtimestamp(said.created, UTC),
        audience=Audience.PRIVATE if private else Audience.PUBLIC,
        parent=said.answers,
        pictures=read.pictures,
        mentions=(me,),
        moderator=said.author is None or asker.id in moderators,
        joined=None if said.joined is None else datetime.fromtimestamp(said.joined, UTC),
        adult=None if private else said.adult,
        context={"post": said.post},
    )


def _said(item: Comment | Message, under: Under, joined: float | None) -> Said:
    comment = isinstance(item, Comment)
    return Said(
        name=item.fullname,
        author=None if item.author is None else str(item.author.name),
        body=_with_pictures(str(item.body), vars(item).get("media_metadata")),
        created=float(item.created_utc),
        subreddit=_subreddit_of(item),
        parent=str(getattr(item, "parent_id", None) or "") if comment else "",
        post=_post_of(item),
        adult=under.adult,
        below=under.shows,
        subject="" if comment else str(getattr(item, "subject", None) or ""),
        joined=joined,
    )


def _with_pictures(body: str, media: object) -> str:
    """Return a comment in which the pictures uploaded with it have their addresses."""
    for name, one in media.items() if isinstance(media, dict) else ():
        source = one.get("s") if isinstance(one, dict) else None
        if isinstance(source, dict) and isinstance(source.get("u"), str):
            body = body.replace(f"({name})", f"({html.unescape(source['u'])})")
    return body


def _as_picture(found: re.Match[str]) -> str:
    """Write a picture's address as Markdown writes a picture."""
    return f"{found[1]}![]({html.unescape(found[2])})"


def _under(post: Any, me: str) -> Under:
    ours = post.author is not None and str(post.author.name).lower() == me.lower()
    request = request_in(post.title) if ours else None
    return Under(bool(post.over_18), f"#{request}" if request else "")


def _post_of(item: Comment | Message) -> str:
    """Return the full name of the post a comment stands under."""
    return f"t3_{item.submission.id}" if isinstance(item, Comment) else ""


def _author_of(item: Comment | Message) -> str:
    """Return the full name of an entry's author, "" for one that has none."""
    return str(vars(item).get("author_fullname") or "")


def _subreddit_of(item: Any) -> str:
    return "" if item.subreddit is None else str(item.subreddit.display_name)
