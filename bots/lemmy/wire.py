"""What we read of Lemmy's answers. Both versions' names of a field are taken."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Annotated, Any, Literal, TypeVar
from urllib.parse import urlsplit

import structlog
from pydantic import AfterValidator, AliasChoices, BaseModel, ConfigDict, Field, ValidationError

log = structlog.get_logger()

LONGEST = 20_000
"""Characters of what somebody wrote that are read."""


def _zoned(moment: datetime) -> datetime:
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _cut(text: str) -> str:
    return text[:LONGEST]


Address = Annotated[str, Field(validation_alias=AliasChoices("ap_id", "actor_id"))]


def _zoned_if_told(moment: datetime | None) -> datetime | None:
    return None if moment is None else _zoned(moment)


Moment = Annotated[
    datetime,
    AfterValidator(_zoned),
    Field(validation_alias=AliasChoices("published_at", "published")),
]
Words = Annotated[str, AfterValidator(_cut)]


class Wire(BaseModel):
    """Base: what we do not use is let go."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class Person(Wire):
    """Somebody; `address` is what the whole network knows them by."""

    id: int
    name: str
    address: Address
    bot_account: bool = False
    bio: str | None = None
    published: Annotated[datetime | None, AfterValidator(_zoned_if_told)] = Field(
        default=None, validation_alias=AliasChoices("published_at", "published")
    )

    @property
    def full_name(self) -> str:
        """`ann@example.social`."""
        return f"{self.name}@{urlsplit(self.address).netloc}"


class Community(Wire):
    """A community."""

    id: int
    name: str
    address: Address
    nsfw: bool = False

    @property
    def full_name(self) -> str:
        """`cats@example.social`."""
        return f"{self.name}@{urlsplit(self.address).netloc}"


class Post(Wire):
    """A post, under which all comments are."""

    id: int
    name: str = ""
    body: Words = ""
    nsfw: bool = False
    deleted: bool = False
    language_id: int = 0
    published: Moment


class Comment(Wire):
    """A comment; `path` has the ids from the top, `0.3.17`."""

    id: int
    content: Words
    path: str
    creator_id: int
    deleted: bool = False
    removed: bool = False
    language_id: int = 0
    published: Moment

    @property
    def parent(self) -> int | None:
        """The comment this one answers; None if it stands right under its post."""
        above = self.path.split(".")[:-1]
        return int(above[-1]) if len(above) > 1 else None


class Message(Wire):
    """A private message."""

    id: int
    content: Words
    creator_id: int
    deleted: bool = False
    published: Moment


class PostView(Wire):
    """A post with what belongs to it."""

    post: Post
    community: Community
    creator: Person
    creator_is_moderator: bool = False
    creator_is_admin: bool = False


class CommentView(PostView):
    """A comment with what belongs to it."""

    comment: Comment


class _Votes(Wire):
    upvotes: int = Field(default=0, ge=0)


class _Actions(Wire):
    vote_is_upvote: bool = False


class Upvotes(Wire):
    """Who upvoted a comment; 0.19 keeps the numbers beside it, 1.0 in it."""

    comment: _Votes
    counts: _Votes | None = None
    my_vote: int | None = None
    comment_actions: _Actions = _Actions()

    @property
    def of_others(self) -> int:
        """How many, without our own."""
        told = (self.counts or self.comment).upvotes
        ours = self.my_vote == 1 or self.comment_actions.vote_is_upvote
        return max(0, told - ours)


class MessageView(Wire):
    """A private message with those it goes between."""

    private_message: Message
    creator: Person
    recipient: Person


class Told(Wire):
    """One thing the bot is told of: where it stands, and how it is marked as read."""

    kind: Literal["mention", "reply", "private_message"]
    mark: int
    about: CommentView | PostView | MessageView

    @property
    def published(self) -> datetime:
        """When it was written."""
        match self.about:
            case CommentView():
                return self.about.comment.published
            case PostView():
                return self.about.post.published
            case MessageView():
                return self.about.private_message.published


class Rate(Wire):
    """How many of something may be done in how many seconds."""

    most: int
    seconds: int

    @property
    def each(self) -> float:
        """Seconds for one, if they are spread evenly."""
        return self.seconds / max(1, self.most)


class Site(Wire):
    """What an instance says of itself."""

    version: str
    rates: dict[str, Rate]
    """By kind: message, post, comment, image, register."""
    picture_bytes: int | None = None
    """Largest picture it takes; None if it does not say."""
    takes_pictures: bool = True
    languages: dict[int, str] = {}
    """Codes of languages (`en`) by id; without the one that says nothing."""


def rates(settings: dict[str, Any], most: str, seconds: str) -> dict[str, Rate]:
    """Read the rate limits of a site, whose names end in `most` and `seconds`."""
    found = {}
    for kind in ("message", "post", "comment", "image", "register"):
        values = settings.get(f"{kind}{most}"), settings.get(f"{kind}{seconds}")
        if isinstance(values[0], int) and isinstance(values[1], int):
            found[kind] = Rate(most=values[0], seconds=values[1])
    return found


Shape = TypeVar("Shape", bound=Wire)


def read_list(shape: type[Shape], items: object) -> Iterator[Shape]:
    """Yield the entries of a list; what cannot be read is left out, and said in the log."""
    for item in items if isinstance(items, Sequence) else ():
        try:
            yield shape.model_validate(item)
        except ValidationError as error:
            log.warning("lemmy_entry_unreadable", kind=shape.__name__, problem=str(error)[:300])


class _Language(Wire):
    id: int
    code: str


def languages(answer: dict[str, Any]) -> dict[int, str]:
    """Read the languages a site knows."""
    found = read_list(_Language, answer.get("all_languages"))
    return {language.id: language.code for language in found if language.id}
