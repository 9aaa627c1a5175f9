"""What is on the server: people, posts, notifications, pictures, and who reads along."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from tests.fakes.mastodon.entities import Media, Person, Poll, Post
from tests.fakes.mastodon.flavours import Flavour

DOMAIN = "fake.example"
BOT = "painter"
MENTION = re.compile(r"(?<![\w/@])@([\w.-]*\w(?:@[\w.-]*\w)?)")
URL = re.compile(r"https?://\S+")
URL_LENGTH = 23


@dataclass
class Notification:
    id: str
    kind: str
    person: Person
    post: Post | None
    created: float


def order(id_: str) -> tuple[int, str]:
    return len(id_), id_


class Community:
    """Everything a server remembers."""

    def __init__(self, flavour: Flavour, now: Callable[[], float]) -> None:
        self.flavour = flavour
        self.now = now
        self.base = ""
        self.people: dict[str, Person] = {}
        """By acct."""
        self.posts: dict[str, Post] = {}
        self.notifications: list[Notification] = []
        """Those of the bot, oldest first."""
        self.notified: list[tuple[str, str]] = []
        """Whom the bot's posts have mentioned: acct, post."""
        self.media: dict[str, Media] = {}
        self.by_key: dict[str, str] = {}
        """Posts by their Idempotency-Key."""
        self.readers: set[asyncio.Queue[tuple[str, str] | None]] = set()
        self.policy = dict.fromkeys(
            (
                "for_limited_accounts",
                "for_new_accounts",
                "for_not_followers",
                "for_not_following",
                "for_private_mentions",
            ),
            "accept",
        ) | {"for_limited_accounts": "filter", "for_private_mentions": "filter"}
        self._count = 0
        self.bot = self.person(BOT)

    def fresh(self) -> str:
        self._count += 1
        return self.flavour.number(self._count)

    def person(self, acct: str) -> Person:
        if acct not in self.people:
            self.people[acct] = Person(self.fresh(), acct, self.now())
        return self.people[acct]

    def mentioned(self, text: str) -> list[Person]:
        names = dict.fromkeys(name.removesuffix(f"@{DOMAIN}") for name in MENTION.findall(text))
        return [self.people[name] for name in names if name in self.people]

    def add(self, author: Person, text: str, **more: Any) -> Post:
        post = Post(self.fresh(), author, text, self.now(), **more)
        post.mentions = self.mentioned(text)
        self.posts[post.id] = post
        return post

    def attach(self, data: Iterable[bytes]) -> list[Media]:
        """Keep pictures that came with a person's post."""
        kept = [Media(self.fresh(), one, "image/png", "", attached=True) for one in data]
        self.media |= {media.id: media for media in kept}
        return kept

    def notify(self, kind: str, person: Person, post: Post | None, *, told: bool) -> Notification:
        """Note something for the bot, and tell those who read along if `told`."""
        self._count += 1
        number = self._count if self.flavour.number.__name__ == "snowflake" else None
        id_ = str(34_000_000 + number) if number else self.flavour.number(self._count)
        note = Notification(id_, kind, person, post, self.now())
        self.notifications.append(note)
        if told:
            self.tell("notification", json.dumps(self.notification(note)))
        return note

    def tell(self, event: str, payload: str) -> None:
        for reader in self.readers:
            reader.put_nowait((event, payload))

    def remove(self, post_id: str) -> Post | None:
        """Delete a post with what hangs on it, and tell those who read along."""
        post = self.posts.pop(post_id, None)
        if post is not None:
            self.notifications = [one for one in self.notifications if one.post is not post]
            self.tell("delete", post_id)
        return post

    def length(self, text: str, spoiler: str) -> int:
        """Return the characters of a post as servers count them."""
        counted = URL.sub("x" * URL_LENGTH, text)
        counted = MENTION.sub(lambda found: "@" + found[1].partition("@")[0], counted)
        return len(counted) + len(spoiler)

    # --- as the API tells it ----------------------------------------------------------------

    def entity(self, post: Post) -> dict[str, Any]:
        parent = self.posts.get(post.parent or "")
        return post.entity(self.base, parent, self.now())

    def notification(self, note: Notification) -> dict[str, Any]:
        told = {
            "id": note.id,
            "type": note.kind,
            "created_at": self.entity(note.post)["created_at"]
            if note.post
            else "2026-01-01T00:00:00.000Z",
            "account": note.person.entity(self.base),
            "group_key": f"ungrouped-{note.id}",
        }
        return told if note.post is None else told | {"status": self.entity(note.post)}

    def page(
        self,
        entries: Sequence[Notification],
        *,
        limit: int,
        max_id: str | None,
        since_id: str | None,
        min_id: str | None,
    ) -> list[Notification]:
        """Return a page, newest first: right above `min_id`, else the newest there is."""
        found = [
            one
            for one in entries
            if (max_id is None or order(one.id) < order(max_id))
            and (since_id is None or order(one.id) > order(since_id))
            and (min_id is None or order(one.id) > order(min_id))
        ]
        chosen = found[:limit] if min_id is not None else found[-limit:]
        return chosen[::-1]

    def descendants(self, post_id: str) -> list[Post]:
        found: list[Post] = []
        for post in self.posts.values():
            if post.parent == post_id or post.parent in {one.id for one in found}:
                found.append(post)
        return found

    def poll(self, options: list[str], seconds: float, *, hidden: bool = False) -> Poll:
        ends = self.now() + seconds
        return Poll(self.fresh(), options, [0] * len(options), ends, hidden=hidden)
