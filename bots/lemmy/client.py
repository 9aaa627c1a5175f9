"""What a bot does on a Lemmy server, in whichever version of its API.

`open_client` finds the version out.
"""

from __future__ import annotations

import asyncio
from abc import abstractmethod
from typing import Any

from pydantic import ValidationError

from bots.lemmy.session import Session
from bots.lemmy.wire import (
    CommentView,
    MessageView,
    Person,
    PostView,
    Site,
    Told,
    Upvotes,
    read_list,
)
from bots.lemmy.writing import Target
from common.errors import PlatformError, PlatformRefused
from common.model import Incoming

PAGE = 50
"""Entries of a page: as many as there may be."""
MOST_PAGES = 20
"""Of each list that are read at once."""
GONE = frozenset({"not_found", "couldnt_find_comment", "couldnt_find_post"})


class LemmyClient(Session):
    """One account on one server. What differs between the versions is abstract here."""

    me: Person
    """Who we are; known after `start`, as is what the site allows."""

    async def start(self) -> None:
        """Learn what the site allows and who we are, logging in if need be."""
        self._transport.token = await asyncio.to_thread(self._tokens.read)
        await self.look()

    async def look(self) -> None:
        """Learn again what the site allows and who we are."""
        self.site = await self._read_site()
        self.me = await self._read_me()
        if not self.me.bot_account:
            await self.save_settings(bot_account=True)
            self.me = self.me.model_copy(update={"bot_account": True})

    # --- what differs -----------------------------------------------------------------------

    @abstractmethod
    async def _read_site(self) -> Site: ...

    @abstractmethod
    async def _read_me(self) -> Person: ...

    @abstractmethod
    async def unread(self) -> list[Told]:
        """Return what the bot is told and has not read, oldest first."""

    @abstractmethod
    async def mark_read(self, told: Told) -> None:
        """Take something off that list."""

    @abstractmethod
    async def mark_all_read(self) -> None:
        """Empty that list."""

    @abstractmethod
    async def upload(self, data: bytes, name: str, mime: str) -> str:
        """Put a picture on the server; return its address."""

    @abstractmethod
    async def delete_picture(self, name: str) -> None:
        """Delete a picture we have put on the server, by the last part of its address."""

    @abstractmethod
    async def save_settings(self, **settings: object) -> None:
        """Change our own settings (`bot_account`, `bio`)."""

    @abstractmethod
    async def messages_with(self, person: int) -> list[MessageView]:
        """Return the last private messages between somebody and us, newest first."""

    @abstractmethod
    async def _newest(self, kind: str, **query: object) -> Any:
        """Return the newest comments or posts of a list, as they came."""

    @abstractmethod
    async def _delete(self, kind: str, number: int) -> None:
        """Delete a comment, post or private message of ours."""

    # --- what does not ----------------------------------------------------------------------

    async def comment(self, text: str, *, post: int, parent: int | None, language: int) -> int:
        """Write a comment; return its id. A language the community does not take is left out."""
        body: dict[str, Any] = {"content": text, "post_id": post}
        if parent is not None:
            body["parent_id"] = parent
        spoken = {"language_id": language} if language else {}
        try:
            answer = await self._call("POST", "/comment", {**body, **spoken}, kind="comment")
        except PlatformRefused as error:
            if not spoken or error.values.get("problem") != "language_not_allowed":
                raise
            answer = await self._call("POST", "/comment", body, kind="comment")
        return _number(answer, "comment_view", "comment")

    async def text_of(self, comment: int) -> str:
        """Return what a comment says. Raises PlatformRefused if it is gone."""
        told = (await self._view("comment", comment))["comment"]
        if told.get("deleted"):
            raise PlatformRefused("lemmy.refused", url=self.url, problem="deleted")
        return str(told.get("content") or "")

    async def is_gone(self, asked: Incoming) -> bool:
        """Tell whether the comment or post in which something was asked is deleted or removed."""
        target = Target.of(asked.context)
        if target.post is None:
            return False  # private messages are nobody else's to see
        comment = target.comment
        kind, number = ("post", target.post) if comment is None else ("comment", comment)
        try:
            told = (await self._view(kind, number))[kind]
        except PlatformRefused as error:
            return str(error.values.get("problem")) in GONE
        return bool(told.get("deleted") or told.get("removed"))

    async def community(self, name: str) -> int:
        """Return the id of a community, by its name or `name@host`."""
        answer = await self._call("GET", "/community", query={"name": name})
        return _number(answer, "community_view", "community")

    async def post(self, title: str, *, community: int, url: str, alt: str, body: str) -> int:
        """Write a post that shows a picture, or words alone without `url`; return its id."""
        written = {"name": title, "community_id": community, "body": body}
        if url:
            written |= {"url": url, "alt_text": alt}
        answer = await self._call("POST", "/post", written, kind="post")
        return _number(answer, "post_view", "post")

    async def edit_comment(self, comment: int, text: str) -> None:
        """Have a comment of ours say something else."""
        await self._call("PUT", "/comment", {"comment_id": comment, "content": text})

    async def upvotes_of(self, comment: int) -> int:
        """Return how many others have upvoted a comment. Raises PlatformRefused if it is gone."""
        view = await self._view("comment", comment)
        try:
            return Upvotes.model_validate(view).of_others
        except ValidationError as error:
            raise self._failed("no votes came") from error

    async def edit_post(self, post: int, *, url: str, alt: str, body: str) -> None:
        """Have a post of ours show another picture and say something else."""
        written = {"post_id": post, "url": url, "alt_text": alt, "body": body}
        await self._call("PUT", "/post", written)

    async def words_of_post(self, post: int) -> str:
        """Return a post's link and text. Raises PlatformRefused if it is gone."""
        told = (await self._view("post", post))["post"]
        return f"{told.get('url') or ''}\n{told.get('body') or ''}"

    async def message(self, text: str, *, recipient: int) -> int:
        """Write a private message; return its id."""
        body = {"content": text, "recipient_id": recipient}
        answer = await self._call("POST", "/private_message", body)
        return _number(answer, "private_message_view", "private_message")

    async def comments_below(self, *, post: int, parent: int | None) -> list[CommentView]:
        """Return the newest comments below a comment, or below a post."""
        whose = {"post_id": post} if parent is None else {"parent_id": parent}
        return list(read_list(CommentView, await self._newest("comment", max_depth=1, **whose)))

    async def posts_in(self, community: int) -> list[PostView]:
        """Return the newest posts of a community."""
        return list(read_list(PostView, await self._newest("post", community_id=community)))

    async def delete_comment(self, comment: int) -> None:
        """Delete a comment of ours. Raises PlatformRefused if it is gone."""
        await self._delete("comment", comment)

    async def delete_message(self, message: int) -> None:
        """Delete a private message of ours."""
        await self._delete("private_message", message)

    async def delete_post(self, post: int) -> None:
        """Delete a post of ours. Raises PlatformRefused if it is gone."""
        await self._delete("post", post)

    async def _view(self, kind: str, number: int) -> dict[str, dict[str, Any]]:
        """Return a comment or post, with what is counted of it.

        Raises PlatformRefused if it is gone.
        """
        answer = await self._call("GET", f"/{kind}", query={"id": number})
        view = answer.get(f"{kind}_view") if isinstance(answer, dict) else None
        if not isinstance(view, dict) or not isinstance(view.get(kind), dict):
            raise self._failed(f"no {kind} came")
        return view

    def _me_in(self, answer: Any) -> Person:
        """Return who we are, out of what is told of our account."""
        try:
            return Person.model_validate(answer["local_user_view"]["person"])
        except (KeyError, TypeError, ValidationError) as error:
            raise self._failed("it does not say who we are") from error


def _number(answer: Any, view: str, thing: str) -> int:
    """Return the id of what was written."""
    try:
        return int(answer[view][thing]["id"])
    except (KeyError, TypeError, ValueError) as error:
        raise PlatformError("lemmy.failed", url="Lemmy", problem="no id in the answer") from error
