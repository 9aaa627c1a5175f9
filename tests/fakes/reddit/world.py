"""What the fake Reddit knows: subreddits, posts, comments, messages, and an inbox."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import count


@dataclass
class Subreddit:
    name: str
    over18: bool = False
    quarantined: bool = False
    banned: set[str] = field(default_factory=set)
    moderators: set[str] = field(default_factory=set)
    flairs: dict[str, str] = field(default_factory=dict)
    """Texts by template id."""
    flair_needed: bool = False


@dataclass
class Post:
    id: str
    subreddit: Subreddit
    author: str
    title: str = "A post"
    nsfw: bool = False
    spoiler: bool = False
    flair: str | None = None
    text: str = ""
    locked: bool = False
    archived: bool = False
    deleted: bool = False
    pictures: list[bytes] = field(default_factory=list)
    captions: list[str] = field(default_factory=list)
    created: float = 0.0
    unseen: int = 0
    """How often lists do not show it yet: it is being processed."""

    @property
    def name(self) -> str:
        return f"t3_{self.id}"


@dataclass
class Comment:
    id: str
    post: Post
    author: str
    body: str
    parent: str
    """Full name of what it answers."""
    created: float = 0.0
    score: int = 1
    deleted: bool = False

    @property
    def name(self) -> str:
        return f"t1_{self.id}"


@dataclass
class Message:
    id: str
    author: str | None
    body: str
    subject: str = "hello"
    created: float = 0.0
    parent: str | None = None
    subreddit: str | None = None
    """Of whose moderators it is."""

    @property
    def name(self) -> str:
        return f"t4_{self.id}"


@dataclass
class Note:
    """An entry of the inbox."""

    about: Comment | Message
    kind: str
    """username_mention, comment_reply, post_reply or message."""
    new: bool = True


class World:
    """All that is said, and the bot's inbox, newest last."""

    def __init__(self, clock: Callable[[], float], *, bot: str = "painter") -> None:
        self._clock = clock
        self._ids = count(1)
        self.bot = bot
        self.joined: dict[str, float] = {}
        """When accounts were made, by name; the others in 2017."""
        self.subreddits: dict[str, Subreddit] = {}
        self.posts: dict[str, Post] = {}
        self.comments: dict[str, Comment] = {}
        self.messages: dict[str, Message] = {}
        self.inbox: list[Note] = []
        self.wiki: dict[tuple[str, str], str] = {}
        self.uploads: dict[str, bytes] = {}
        self.ratelimit = 0.0
        """Seconds for which the next comment is refused; once."""
        self.processing = 0
        """How many looks it takes until a picture post is there."""

    def subreddit(self, name: str, **more) -> Subreddit:
        return self.subreddits.setdefault(name.lower(), Subreddit(name, **more))

    def post(self, subreddit: Subreddit, author: str = "op", **more) -> Post:
        new = Post(f"p{next(self._ids)}", subreddit, author, created=self._clock(), **more)
        self.posts[new.id] = new
        return new

    def comment(
        self,
        author: str,
        body: str,
        *,
        post: Post | None = None,
        parent: Comment | None = None,
        age: float = 0.0,
    ) -> Comment:
        """Write a comment; the bot hears of a mention, and of an answer to what it wrote."""
        under = parent.post if parent else post
        assert under is not None
        above = parent or under
        created = self._clock() - age
        new = Comment(f"c{next(self._ids)}", under, author, body, above.name, created)
        self.comments[new.id] = new
        if author != self.bot:
            if above.author == self.bot:
                kind = "comment_reply" if parent else "post_reply"
                self.inbox.append(Note(new, kind))
            elif f"u/{self.bot}" in body.lower():
                self.inbox.append(Note(new, "username_mention"))
        return new

    def message(self, author: str | None, body: str, **more) -> Message:
        """Write a private message to the bot; without an author it is a subreddit's."""
        new = Message(f"m{next(self._ids)}", author, body, created=self._clock(), **more)
        self.messages[new.id] = new
        if author != self.bot:
            self.inbox.append(Note(new, "message"))
        return new

    def answers_to(self, asked: Comment | Message) -> list[Comment | Message]:
        """Return what the bot wrote in answer, oldest first, and has not deleted."""
        if isinstance(asked, Message):
            return [one for one in self.messages.values() if one.parent == asked.name]
        return [
            one
            for one in self.comments.values()
            if one.parent == asked.name and one.author == self.bot and not one.deleted
        ]

    def posts_of_bot(self) -> list[Post]:
        """Return the bot's own posts, oldest first, without deleted ones."""
        return [one for one in self.posts.values() if one.author == self.bot and not one.deleted]
