"""What the server tells, as its API writes it: people, posts, notifications, pictures, itself."""

from __future__ import annotations

import html
import re
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from tests.fakes.mastodon.flavours import Flavour

ADDRESS = re.compile(r"https?://[^\s<]+")


def written(time: float) -> str:
    return datetime.fromtimestamp(time, UTC).isoformat(timespec="milliseconds")[:-6] + "Z"


@dataclass
class Person:
    id: str
    acct: str
    """With the domain for those of other servers."""
    created: float
    bot: bool = False
    note: str = ""
    """HTML."""
    fields: list[tuple[str, str]] = field(default_factory=list)
    display_name: str = ""
    follows_bot: bool = False

    def entity(self, base: str) -> dict[str, Any]:
        name = self.acct.partition("@")[0]
        return {
            "id": self.id,
            "username": name,
            "acct": self.acct,
            "display_name": self.display_name or name.title(),
            "locked": False,
            "bot": self.bot,
            "group": False,
            "discoverable": True,
            "indexable": False,
            "created_at": written(self.created),
            "note": self.note,
            "url": f"{base}/@{self.acct}",
            "uri": f"{base}/users/{self.acct}",
            "avatar": f"{base}/a.png",
            "avatar_static": f"{base}/a.png",
            "avatar_description": "",
            "header": f"{base}/h.png",
            "header_static": f"{base}/h.png",
            "header_description": "",
            "followers_count": 0,
            "following_count": 0,
            "statuses_count": 0,
            "last_status_at": None,
            "emojis": [],
            "fields": [
                {"name": name, "value": value, "verified_at": None} for name, value in self.fields
            ],
        }


@dataclass
class Media:
    id: str
    data: bytes
    mime: str
    description: str
    looks: int = 0
    """How often it is looked at until it is processed."""
    broken: bool = False
    attached: bool = False

    def entity(self, base: str) -> dict[str, Any]:
        address = None if self.looks else f"{base}/media/{self.id}"
        return {
            "id": self.id,
            "type": "image",
            "url": address,
            "preview_url": address,
            "remote_url": None,
            "text_url": None,
            "meta": {},
            "description": self.description or None,
            "blurhash": None,
        }


@dataclass
class Poll:
    id: str
    options: list[str]
    votes: list[int]
    expires: float
    hidden: bool = False
    """Whether nobody sees what the options have before it is over."""

    def entity(self, now: float) -> dict[str, Any]:
        shown = not self.hidden or now >= self.expires
        return {
            "id": self.id,
            "expires_at": written(self.expires),
            "expired": now >= self.expires,
            "multiple": False,
            "votes_count": sum(self.votes),
            "voters_count": sum(self.votes),
            "options": [
                {"title": title, "votes_count": votes if shown else None}
                for title, votes in zip(self.options, self.votes, strict=True)
            ],
            "emojis": [],
            "voted": False,
            "own_votes": [],
        }


@dataclass
class Post:
    """A status."""

    id: str
    author: Person
    text: str
    """As it was written."""
    created: float
    visibility: str = "public"
    parent: str | None = None
    spoiler: str = ""
    sensitive: bool = False
    language: str | None = None
    media: list[Media] = field(default_factory=list)
    mentions: list[Person] = field(default_factory=list)
    poll: Poll | None = None
    favourited: bool = False
    html: str = ""
    """As another server's software delivers it; "": as Mastodon writes `text`."""

    def entity(self, base: str, parent: Post | None, now: float) -> dict[str, Any]:
        return {
            "id": self.id,
            "created_at": written(self.created),
            "in_reply_to_id": self.parent,
            "in_reply_to_account_id": None if parent is None else parent.author.id,
            "sensitive": self.sensitive,
            "spoiler_text": self.spoiler,
            "visibility": self.visibility,
            "language": self.language,
            "uri": f"{base}/statuses/{self.id}",
            "url": f"{base}/@{self.author.acct}/{self.id}",
            "replies_count": 0,
            "reblogs_count": 0,
            "favourites_count": int(self.favourited),
            "quotes_count": 0,
            "edited_at": None,
            "favourited": self.favourited,
            "reblogged": False,
            "muted": False,
            "bookmarked": False,
            "content": self._content(base),
            "reblog": None,
            "account": self.author.entity(base),
            "media_attachments": [media.entity(base) for media in self.media],
            "mentions": [
                {
                    "id": person.id,
                    "username": person.acct.partition("@")[0],
                    "acct": person.acct,
                    "url": f"{base}/@{person.acct}",
                }
                for person in self.mentions
            ],
            "tags": [],
            "emojis": [],
            "card": None,
            "poll": None if self.poll is None else self.poll.entity(now),
        }

    def _content(self, base: str) -> str:
        """Write HTML as Mastodon does: cards for people, tags as links, addresses in three spans."""
        if self.html:
            return self.html
        shown = html.escape(self.text, quote=False)
        shown = ADDRESS.sub(lambda found: _link(found[0]), shown)
        for person in sorted(self.mentions, key=lambda one: -len(one.acct)):
            name = person.acct.partition("@")[0]
            card = (
                f'<span class="h-card" translate="no"><a href="{base}/@{name}" '
                f'class="u-url mention">@<span>{name}</span></a></span>'
            )
            shown = re.sub(rf"(?<![\w/@])@{re.escape(person.acct)}(?![\w@])", card, shown)
        tag = rf'<a href="{base}/tags/\1" class="mention hashtag" rel="tag">#<span>\1</span></a>'
        shown = re.sub(r"(?<![\w/&])#(\w+)(?![\w;])", tag, shown)
        paragraphs = shown.split("\n\n")
        return "".join(f"<p>{part.replace(chr(10), '<br />')}</p>" for part in paragraphs)


def _link(address: str) -> str:
    scheme, _, rest = address.partition("//")
    return (
        f'<a href="{address}" rel="nofollow"><span class="invisible">{scheme}//</span>'
        f'<span class="ellipsis">{rest[:10]}</span><span class="invisible">{rest[10:]}</span></a>'
    )


def instance_v2(flavour: Flavour, base: str, domain: str, limits: dict[str, Any]) -> dict[str, Any]:
    urls = {"streaming": base.replace("http", "ws", 1), "status": "", "about": f"{base}/about"}
    configuration = {
        **limits,
        "urls": urls,
        "accounts": {"max_featured_tags": 10, "max_pinned_statuses": 5},
        "translation": {"enabled": False},
        "limited_federation": False,
    }
    told: dict[str, Any] = {
        "domain": domain,
        "title": "A fake",
        "version": flavour.version,
        "source_url": "https://example.org/source",
        "description": "A server for tests",
        "usage": {"users": {"active_month": 3}},
        "thumbnail": {"url": f"{base}/t.png"},
        "icon": [],
        "languages": ["en"],
        "configuration": configuration,
        "registrations": {
            "enabled": False,
            "approval_required": False,
            "message": None,
            "min_age": None,
            "reason_required": None,
        },
        "contact": {"email": "admin@example.org", "account": None},
        "rules": [],
    }
    if flavour.api_versions:
        told["api_versions"] = {"mastodon": 7}
    return told


def instance_v1(flavour: Flavour, base: str, domain: str, limits: dict[str, Any]) -> dict[str, Any]:
    told: dict[str, Any] = {
        "uri": domain,
        "title": "A fake",
        "short_description": "",
        "description": "A server for tests",
        "email": "admin@example.org",
        "version": flavour.version,
        "urls": {"streaming_api": base.replace("http", "ws", 1)} if flavour.streaming else {},
        "stats": {"user_count": 3, "status_count": 9, "domain_count": 2},
        "thumbnail": None,
        "languages": ["en"],
        "registrations": False,
        "approval_required": False,
        "invites_enabled": False,
        "configuration": limits | {"accounts": {"max_featured_tags": 10}},
        "contact_account": None,
        "rules": [],
    }
    if flavour.name in {"pleroma", "gotosocial", "snac"}:
        told["max_toot_chars"] = flavour.max_characters
    return told
