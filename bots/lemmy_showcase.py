"""What the bot posts on Lemmy of its own accord: copies of answers, in a community for that."""

from __future__ import annotations

from abc import ABC, abstractmethod
from contextlib import suppress

from common.errors import PictureError, PlatformRefused
from common.lemmy.client import LemmyClient
from common.lemmy.uploads import Uploads, names_in
from common.lemmy.writing import answer
from common.model import Incoming
from request.adapter import Publication

ALT_LENGTH = 1500
SHORTEST_TITLE = 3


class Showing(ABC):
    """The part of the adapter that posts copies. Their ids are `post:5`."""

    url: str
    _uploads: Uploads

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
        community = await client.community(publication.to)
        event = f"copy:{publication.request}"
        try:
            shown = await self._uploads.show(client, event, 1, publication.pictures)
        except (PictureError, ValueError) as error:
            raise PlatformRefused(platform=self.url, problem=error) from error
        number = await client.post(
            publication.title.ljust(SHORTEST_TITLE, "."),
            community=community,
            url=shown[0].address if shown else "",
            alt=shown[0].alt[:ALT_LENGTH] if shown else "",
            body=answer(publication.text, shown[1:], hidden=False),
        )
        return f"post:{number}"

    async def find_published(self, publication: Publication) -> str | None:
        """Return the id of a copy already posted: its text has the request's id."""
        client = await self._ready()
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
        number = int(post.partition(":")[2])
        with suppress(PlatformRefused):
            for name in names_in(await client.words_of_post(number), self.url):
                with suppress(PlatformRefused):
                    await client.delete_picture(name)
            await client.delete_post(number)
