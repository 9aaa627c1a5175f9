"""The adapter protocol: the four verbs every chat platform implements.

An adapter translates; it holds no rule of its own. What is allowed, how text is read and what
is said belong to `request/` and `common/`. How it is built says `request/lending.py`.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection, Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from common.findings import Finding
from common.model import Incoming, Outcome, Part, Person, Picture, Progress


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What a platform can carry. The core cuts answers to fit."""

    text_length: int
    """Characters in one post."""
    pictures_per_reply: int
    picture_bytes: int
    """Largest picture file, in bytes."""
    formats: frozenset[str] = frozenset({"image/webp", "image/png", "image/jpeg"})
    titles: bool = False
    """Posts have titles; elsewhere the text of a post begins with it."""
    live_progress: bool = False
    """Progress can be shown by editing; elsewhere `acknowledge` is called once."""
    private_replies: bool = False
    """An answer can be shown to the asker alone."""
    private_pictures: bool = True
    """Pictures can be sent in private messages; elsewhere they must be asked for in public."""
    pressed: bool = False
    """The adapter shows suggestions itself; elsewhere the core writes them in the text."""
    offers_sharing: bool = False
    """Its answers can have a button that the asker alone sees: `share` is offered there."""
    poll_options: int = 0
    """Most options of a poll, where the account asks which picture people like best; 0: it does
    not."""
    poll_posts: int = 0
    """Most options of a poll that `publish` can post; 0: none."""
    opt_in: bool = False
    """In a community the bot works only where a moderator has chosen so."""
    quiet: bool = False
    """Where the bot does not work it says nothing, not even that."""
    receipt_after: float = 0.0
    """Seconds until `acknowledge` is called first: long where all it can do is to post."""
    secrets: frozenset[str] = frozenset()
    """Keys of `Incoming.context` that open something, and only for a while: wiped when a request
    has ended and they are worth nothing any more."""
    secrets_last: float = 0.0
    """Seconds for which they do."""
    reply_timeout: float = 30.0
    """Longest time one post may take, in seconds. No post starts unless the lease outlives it."""


@runtime_checkable
class Adapter(Protocol):
    """A chat platform, as the core sees it."""

    name: str
    """Name of the account in `config.yaml`."""
    capabilities: Capabilities

    def listen(self) -> AsyncIterator[Incoming]:
        """Yield what people write, oldest first, catching up on what was missed. Never ends."""
        ...

    async def acknowledge(self, incoming: Incoming, progress: Progress) -> None:
        """Show that the request is known and how far it is. Failing is harmless."""
        ...

    async def reply(self, incoming: Incoming, outcome: Outcome, part: Part) -> str:
        """Post one part of the answer; return the platform's id of the post.

        Raises PlatformError (may pass) or PlatformRefused (never will).
        """
        ...

    async def find_own_reply(
        self, incoming: Incoming, part: int, known: Collection[str] = ()
    ) -> str | None:
        """Return the id of a part already posted, after a crash in the middle of `reply`.

        `known` are the posts that answer `incoming` and are written down: none of them is meant.
        """
        ...

    async def close(self) -> None:
        """Stop listening and release connections."""
        ...


@runtime_checkable
class Examined(Protocol):
    """An adapter that can look its own account over before it serves."""

    async def examine(self, *, fix: bool) -> Sequence[Finding]:
        """Say what is well and what is not; with `fix`, set right what can be set from here."""
        ...


@runtime_checkable
class Removing(Protocol):
    """An adapter that can take its own posts back."""

    async def remove(self, incoming: Incoming, post: str) -> None:
        """Remove a post that answered `incoming`; one that is gone already is fine.

        Raises PlatformError.
        """
        ...


@runtime_checkable
class Clearing(Protocol):
    """An adapter that shows what is at work, and can take that away."""

    async def clear(self, incoming: Incoming) -> None:
        """Show no more that a request is at work: it was taken back. Raises PlatformError."""
        ...


@runtime_checkable
class Polling(Protocol):
    """An adapter that can ask people to choose."""

    async def poll(
        self, incoming: Incoming, question: str, options: Sequence[str], *, under: str
    ) -> str:
        """Ask under our post `under` that answers `incoming`; return the poll's own post.

        Raises PlatformError.
        """
        ...

    async def count(self, post: str) -> list[int] | None:
        """Return the votes by option, None while people still vote.

        Raises PlatformError, PlatformRefused if the poll is gone.
        """
        ...


@dataclass(frozen=True, slots=True)
class Publication:
    """A post that nobody asked for in reply: a copy of an answer, or news of an event."""

    request: str
    """Short id of the request, or a code; it stands in the text too, by which it is found again."""
    to: str
    """Where, in the platform's own words; "" where there is only one place."""
    title: str
    """One line, for platforms that want one."""
    text: str
    """Plain text with line breaks; the adapter escapes it for its platform."""
    pictures: tuple[Picture, ...]
    """None where words alone are posted."""
    poll: tuple[str, ...] = ()
    """Options of a poll, of which people may choose several; only where `poll_posts` allows."""
    poll_seconds: float = 0.0
    under: str = ""
    """Our own post that it stands under; "" for a post by itself."""
    buttons: tuple[str, ...] = ()
    """Texts that pressing says to the bot, where the platform has buttons; the last word of each
    is what the button shows."""


@runtime_checkable
class Publishing(Protocol):
    """An adapter that can post what nobody asked it in reply: copies for a showcase."""

    async def publish(self, publication: Publication) -> str:
        """Post a copy; return the platform's id of it.

        Raises PlatformError (may pass) or PlatformRefused (never will).
        """
        ...

    async def find_published(self, publication: Publication) -> str | None:
        """Return the id of a copy already posted, after a crash in the middle of `publish`."""
        ...

    async def unpublish(self, to: str, post: str) -> None:
        """Take a copy down; one that is gone already is fine. Raises PlatformError."""
        ...


@runtime_checkable
class Revising(Protocol):
    """An adapter that can change what it has published."""

    async def revise(self, publication: Publication, post: str) -> None:
        """Have a post show what a publication says now; doing it twice is fine.

        Raises PlatformError (may pass) or PlatformRefused (never will).
        """
        ...


@runtime_checkable
class Upvoted(Protocol):
    """An adapter whose platform tells upvotes apart from downvotes, for each post under another."""

    async def upvotes(self, post: str) -> int:
        """Return how many others have upvoted one of our posts; downvotes take nothing away.

        Raises PlatformError, PlatformRefused if the post is gone.
        """
        ...


@runtime_checkable
class Linking(Protocol):
    """An adapter whose answers have addresses that everybody can open."""

    async def address(self, incoming: Incoming, post: str) -> str | None:
        """Return the address of a post that answered `incoming`. Raises PlatformError."""
        ...


@runtime_checkable
class Keeping(Protocol):
    """An adapter whose platform is our own and keeps what people wrote and were shown."""

    async def forget(self, person: Person) -> None:
        """Delete all that a person wrote, and the answers to it. Doing it twice is fine."""
        ...

    async def keeps(self, names: Sequence[str]) -> set[str]:
        """Return those of the picture files that are still shown somewhere.

        Files that nothing in our own database names are deleted a day later: an adapter in a
        package of its own keeps copies of what it shows for longer than its request is kept.
        """
        ...
