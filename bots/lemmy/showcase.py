"""What the bot posts on Lemmy of its own accord: copies of answers, in a community for that."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from contextlib import suppress

from bots.lemmy.client import LemmyClient
from bots.lemmy.uploads import Uploads, names_in, remove_answer
from bots.lemmy.writing import Shown, answer
from bots.shared.budget import Budget
from common.errors import PlatformRefused
from common.model import Incoming
from request.adapter import Publication

ALT_LENGTH = 1500
SHORTEST_TITLE = 3


class Showing(ABC):
    """The part of the adapter that posts copies, `post:5`, and comments under them, `comment:7`."""

    url: str
    _uploads: Uploads
    _comments: Budget

    @abstractmethod
    async def _ready(self) -> LemmyClient: ...

    async def address(self, incoming: Incoming, post: str) -> str | None:
        """Return the address of a comment that answered `incoming`."""
        del incoming
        kind, _, number = post.partition(":")
        return f"{self.url}/comment/{number}" if kind == "comment" else None

    async def publish(self, publication: Publication) -> str:
        """Post a copy: its first picture is the post's link, the others stand below."""
        client = await self._ready()
        if publication.under:
            return await self._comment(client, publication)
        community = await client.community(publication.to)
        shown = await self._shown(client, publication)
        number = await client.post(
            publication.title.ljust(SHORTEST_TITLE, "."),
            community=community,
            **_written(publication, shown),
        )
        return f"post:{number}"

    async def _comment(self, client: LemmyClient, publication: Publication) -> str:
        shown = await self._shown(client, publication)
        self._comments.spend(self.url)
        text = answer(publication.text, shown, hidden=False)
        under = _number(publication.under)
        return f"comment:{await client.comment(text, post=under, parent=None, language=0)}"

    async def upvotes(self, post: str) -> int:
        """Return how many others have upvoted a comment of ours."""
        client = await self._ready()
        return await client.upvotes_of(_number(post))

    async def revise(self, publication: Publication, post: str) -> None:
        """Have a copy show what it is to show now; pictures it shows no more are deleted."""
        client = await self._ready()
        number, comment = _number(post), _is_comment(post)
        words = await (client.text_of(number) if comment else client.words_of_post(number))
        before = names_in(words, self.url)
        self._uploads.forget(_event(publication))
        shown = await self._shown(client, publication)
        if comment:
            await client.edit_comment(number, answer(publication.text, shown, hidden=False))
        else:
            await client.edit_post(number, **_written(publication, shown))
        for name in set(before) - set(names_in("\n".join(one.address for one in shown), self.url)):
            with suppress(PlatformRefused):
                await client.delete_picture(name)

    async def _shown(self, client: LemmyClient, publication: Publication) -> list[Shown]:
        return await self._uploads.show(client, _event(publication), 1, publication.pictures)

    async def find_published(self, publication: Publication) -> str | None:
        """Return the id of a copy already posted: its text has the request's id."""
        client = await self._ready()
        if publication.under:
            below = await client.comments_below(post=_number(publication.under), parent=None)
            comments = (
                f"comment:{view.comment.id}"
                for view in below
                if view.creator.id == client.me.id
                and not view.comment.deleted
                and publication.request in view.comment.content
            )
            return next(comments, None)
        views = await client.posts_in(await client.community(publication.to))
        found = (
            f"post:{view.post.id}"
            for view in views
            if view.creator.id == client.me.id
            and not view.post.deleted
            and publication.request in view.post.body
        )
        return next(found, None)

    async def unpublish(self, to: str, post: str) -> None:
        """Delete a copy with its pictures; one that is gone already is fine."""
        del to
        client = await self._ready()
        number = _number(post)
        with suppress(PlatformRefused):
            if _is_comment(post):
                await remove_answer(client, post)
                return
            for name in names_in(await client.words_of_post(number), self.url):
                with suppress(PlatformRefused):
                    await client.delete_picture(name)
            await client.delete_post(number)


def _number(post: str) -> int:
    return int(post.partition(":")[2])


def _is_comment(post: str) -> bool:
    return post.startswith("comment:")


def _event(publication: Publication) -> str:
    return f"copy:{publication.request}"


def _written(publication: Publication, shown: Sequence[Shown]) -> dict[str, str]:
    """Return what a post says and shows: its link is the first picture."""
    return {
        "url": shown[0].address if shown else "",
        "alt": shown[0].alt[:ALT_LENGTH] if shown else "",
        "body": answer(publication.text, shown[1:], hidden=False),
    }
