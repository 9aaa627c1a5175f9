"""What the fake Lemmy knows: people, communities, posts, comments, messages, notifications."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import count

UNDETERMINED, ENGLISH, GERMAN = 0, 37, 32
LANGUAGES = {UNDETERMINED: "und", GERMAN: "de", ENGLISH: "en"}
"""Codes by id; 0 is what is taken where nobody says."""


@dataclass
class Person:
    id: int
    name: str
    host: str = ""
    """"" for those of this instance."""
    bot: bool = False
    banned: bool = False
    deleted: bool = False
    bio: str | None = None


@dataclass
class Community:
    id: int
    name: str
    host: str = ""
    nsfw: bool = False
    removed: bool = False
    deleted: bool = False
    languages: frozenset[int] = frozenset(LANGUAGES)
    banned: set[int] = field(default_factory=set)
    moderators: set[int] = field(default_factory=set)


@dataclass
class Post:
    id: int
    community: Community
    creator: Person
    title: str = "A post"
    body: str = ""
    url: str | None = None
    alt: str = ""
    nsfw: bool = False
    locked: bool = False
    removed: bool = False
    deleted: bool = False
    language: int = UNDETERMINED
    published: float = 0.0


@dataclass
class Comment:
    id: int
    post: Post
    creator: Person
    content: str
    parent: Comment | None = None
    language: int = UNDETERMINED
    removed: bool = False
    deleted: bool = False
    published: float = 0.0
    upvotes: int = 0
    """By others: whoever writes a comment has upvoted it."""
    downvotes: int = 0

    @property
    def path(self) -> str:
        """Ids from the top, as Lemmy writes them: `0.3.17`."""
        above = self.parent.path if self.parent else "0"
        return f"{above}.{self.id}"


@dataclass
class Message:
    id: int
    creator: Person
    recipient: Person
    content: str
    deleted: bool = False
    published: float = 0.0


@dataclass
class Notification:
    """That somebody was mentioned, answered or written to."""

    id: int
    kind: str
    """mention, reply or private_message."""
    recipient: Person
    about: Comment | Post | Message
    read: bool = False

    @property
    def hidden(self) -> bool:
        about = self.about
        return about.deleted or (not isinstance(about, Message) and about.removed)


class World:
    """All that is said on one instance, and what its bot is told of it."""

    def __init__(self, clock: Callable[[], float], *, bot: str = "painter") -> None:
        self._clock = clock
        self._ids = count(1)
        self.people: dict[int, Person] = {}
        self.communities: dict[int, Community] = {}
        self.posts: dict[int, Post] = {}
        self.comments: dict[int, Comment] = {}
        self.messages: dict[int, Message] = {}
        self.notifications: dict[int, Notification] = {}
        self.images: dict[str, bytes] = {}
        self.bot = self.person(bot)

    def person(self, name: str, *, host: str = "", **more) -> Person:
        return self._keep(self.people, Person(next(self._ids), name, host, **more))

    def community(self, name: str, *, host: str = "", **more) -> Community:
        return self._keep(self.communities, Community(next(self._ids), name, host, **more))

    def post(self, community: Community, creator: Person | None = None, **more) -> Post:
        """Write a post; the bot hears of a mention in its text."""
        writer = creator or self.person("op")
        new = Post(next(self._ids), community, writer, published=self._clock(), **more)
        self._keep(self.posts, new)
        if self._names_bot(new.body):
            self.notify("mention", new)
        return new

    def comment(
        self,
        creator: Person,
        content: str,
        *,
        post: Post | None = None,
        parent: Comment | None = None,
        language: int = UNDETERMINED,
        age: float = 0.0,
    ) -> Comment:
        """Write a comment; the bot hears of a mention, and of an answer to what it wrote."""
        under = parent.post if parent else post
        assert under is not None
        new = Comment(
            next(self._ids),
            under,
            creator,
            content,
            parent,
            language,
            published=self._clock() - age,
        )
        self._keep(self.comments, new)
        if creator is not self.bot:
            if self._names_bot(content):
                self.notify("mention", new)
            if (parent or under).creator is self.bot:
                self.notify("reply", new)
        return new

    def message(self, creator: Person, content: str, recipient: Person | None = None) -> Message:
        """Write a private message, to the bot if nobody else is named."""
        to = recipient or self.bot
        new = Message(next(self._ids), creator, to, content, published=self._clock())
        self._keep(self.messages, new)
        self.notify("private_message", new, to)
        return new

    def notify(
        self, kind: str, about: Comment | Post | Message, recipient: Person | None = None
    ) -> Notification:
        new = Notification(next(self._ids), kind, recipient or self.bot, about)
        return self._keep(self.notifications, new)

    def answers_to(self, comment: Comment | Message) -> list[Comment | Message]:
        """Return what the bot wrote in answer, oldest first, and has not deleted."""
        if isinstance(comment, Message):
            return [
                message
                for message in self.messages.values()
                if message.creator is self.bot
                and message.recipient is comment.creator
                and message.id > comment.id
                and not message.deleted
            ]
        return [
            found
            for found in self.comments.values()
            if found.parent is comment and found.creator is self.bot and not found.deleted
        ]

    def _names_bot(self, text: str) -> bool:
        return f"@{self.bot.name}" in text

    @staticmethod
    def _keep(table, thing):
        table[thing.id] = thing
        return thing
