"""What the bot posts on Reddit of its own accord: copies of answers, in a subreddit for that."""

from __future__ import annotations

from collections.abc import Sequence

from bots.reddit import writing
from bots.reddit.calls import Calls
from bots.reddit.posting import Gallery, Posts, Shown
from bots.reddit.settings import RedditSection
from bots.shared.fitting import ENDINGS, fit
from bots.shared.markdown import REDDIT, escape
from common import texts
from common.errors import PlatformRefused
from common.model import Incoming, Picture
from request.adapter import Capabilities, Publication


class Showing:
    """The part of the adapter that posts copies. Their ids are full names: `t3_…`."""

    name: str
    capabilities: Capabilities
    _section: RedditSection
    _calls: Calls
    _posts: Posts

    async def address(self, incoming: Incoming, post: str) -> str | None:
        """Return the address of a comment that answered `incoming`."""
        under = incoming.context.get("post", "")
        if not (post.startswith("t1_") and under.startswith("t3_")):
            return None
        return writing.address(under[3:], post[3:])

    async def publish(self, publication: Publication) -> str:
        """Post a copy in its subreddit, by default the one for pictures; each is posted once."""
        subreddit = publication.to or self._section.gallery
        if not subreddit:
            raise PlatformRefused(platform=self.name, problem=texts.say("reddit.no_showcase"))
        code = writing.code_of_copy(publication.request)
        wanted = Gallery(
            subreddit=subreddit,
            title=writing.title(publication.title, code),
            code=code,
            pictures=await self._fitted(publication.pictures),
            nsfw=False,
            spoiler=False,
            flair=self._section.flair,
            text=escape(publication.text, REDDIT),
        )
        return f"t3_{await self._calls(lambda reddit: self._posts.publish(reddit, wanted))}"

    async def find_published(self, publication: Publication) -> str | None:
        """Return the id of a copy already posted: its title ends in the request's id."""
        code = writing.code_of_copy(publication.request)
        found = await self._calls(lambda reddit: self._posts.find(reddit, code))
        return f"t3_{found}" if found else None

    async def unpublish(self, to: str, post: str) -> None:
        """Delete a copy; one that is gone already is fine."""
        del to
        await self._calls(lambda reddit: self._posts.remove_post(reddit, post[3:]))

    async def _fitted(self, shown: Sequence[Picture]) -> list[Shown]:
        """Return pictures as Reddit takes them. Raises PlatformRefused if one cannot be made so."""
        return [await self._fit(picture) for picture in shown]

    async def _fit(self, picture: Picture) -> Shown:
        able = self.capabilities
        data, mime = await fit(
            picture.path, platform=self.name, max_bytes=able.picture_bytes, formats=able.formats
        )
        return Shown(data, f"{picture.number}.{ENDINGS[mime]}", writing.caption(picture))
