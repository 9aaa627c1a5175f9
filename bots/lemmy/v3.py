"""API v3, as 0.19 speaks it."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import Any

from bots.lemmy.client import MOST_PAGES, PAGE, LemmyClient
from bots.lemmy.transport import Stranger
from bots.lemmy.wire import (
    CommentView,
    MessageView,
    Person,
    Shape,
    Site,
    Told,
    Wire,
    languages,
    rates,
    read_list,
)

READ = {
    "mention": ("/user/mention/mark_as_read", "person_mention_id"),
    "reply": ("/comment/mark_as_read", "comment_reply_id"),
    "private_message": ("/private_message/mark_as_read", "private_message_id"),
}


class _Id(Wire):
    id: int


class _Kept(Wire):
    pictrs_alias: str
    pictrs_delete_token: str


class _Image(Wire):
    local_image: _Kept


class _Mention(CommentView):
    person_mention: _Id


class _Reply(CommentView):
    comment_reply: _Id


class LemmyV3(LemmyClient):
    """0.19: three lists of what one is told, and a server for pictures beside it."""

    base = "/api/v3"
    login_path = "/api/v3/user/login"

    async def _read_site(self) -> Site:
        return read_site(await self._transport.call("GET", "/api/v3/site"))

    async def _read_me(self) -> Person:
        async def ask() -> Any:
            """Ask who we are: to strangers the site says nothing of it."""
            answer = await self._transport.call("GET", "/api/v3/site")
            if not answer.get("my_user"):
                raise Stranger(url=self._transport.url)
            return answer

        return self._me_in((await self._known(ask))["my_user"])

    async def unread(self) -> list[Told]:
        """Return mentions, answers and messages that were not read, oldest first."""
        mentions, replies, messages = await asyncio.gather(
            self._all("/user/mention", "mentions", _Mention, sort="Old"),
            self._all("/user/replies", "replies", _Reply, sort="Old"),
            self._all("/private_message/list", "private_messages", MessageView),
        )
        told = [
            *(Told(kind="mention", mark=one.person_mention.id, about=one) for one in mentions),
            *(Told(kind="reply", mark=one.comment_reply.id, about=one) for one in replies),
            *(
                Told(kind="private_message", mark=one.private_message.id, about=one)
                for one in messages
            ),
        ]
        return sorted(told, key=lambda one: one.published)

    async def _all(self, path: str, name: str, shape: type[Shape], **more: str) -> list[Shape]:
        """Return what was not read of a list, from all its pages."""
        found: list[Shape] = []
        for page in range(1, MOST_PAGES + 1):
            query = {"unread_only": "true", "page": page, "limit": PAGE, **more}
            items = (await self._call("GET", path, query=query)).get(name)
            found += read_list(shape, items)
            if not isinstance(items, list) or len(items) < PAGE:
                break
        return found

    async def mark_read(self, told: Told) -> None:
        """Take something off its list."""
        path, key = READ[told.kind]
        await self._call("POST", path, {key: told.mark, "read": True})

    async def mark_all_read(self) -> None:
        """Empty the three lists."""
        await self._call("POST", "/user/mark_all_as_read", {})

    async def upload(self, data: bytes, name: str, mime: str) -> str:
        """Put a picture into pict-rs, which stands beside Lemmy."""
        waits = self.rate("image").each
        answer = await self._known(
            lambda: self._transport.upload("/pictrs/image", data, name, mime, waits=waits)
        )
        try:
            return f"{self._transport.url}/pictrs/image/{answer['files'][0]['file']}"
        except (KeyError, TypeError, IndexError) as error:
            problem = str(answer.get("msg", "no picture in the answer"))[:200]
            raise self._failed(problem) from error

    async def delete_picture(self, name: str) -> None:
        """Delete a picture from pict-rs, which wants a token for it that the server keeps."""
        for page in range(1, MOST_PAGES + 1):
            query = {"page": page, "limit": PAGE}
            items = (await self._call("GET", "/account/list_media", query=query)).get("images")
            for image in read_list(_Image, items):
                if image.local_image.pictrs_alias == name:
                    path = f"/pictrs/image/delete/{image.local_image.pictrs_delete_token}/{name}"
                    await self._known(partial(self._transport.call, "GET", path))
                    return
            if not isinstance(items, list) or len(items) < PAGE:
                return

    async def save_settings(self, **settings: object) -> None:
        """Change our own settings."""
        await self._call("PUT", "/user/save_user_settings", settings)

    async def messages_with(self, person: int) -> list[MessageView]:
        """Return the last private messages between somebody and us, newest first."""
        answer = await self._call(
            "GET",
            "/private_message/list",
            query={"creator_id": person, "page": 1, "limit": PAGE},
        )
        return list(read_list(MessageView, answer.get("private_messages")))

    async def _newest(self, kind: str, **query: object) -> Any:
        query = {"sort": "New", "type_": "All", "limit": PAGE, **query}
        return (await self._call("GET", f"/{kind}/list", query=query)).get(f"{kind}s")

    async def _delete(self, kind: str, number: int) -> None:
        body = {f"{kind}_id": number, "deleted": True}
        await self._call("POST", f"/{kind}/delete", body)


def read_site(answer: dict[str, Any]) -> Site:
    """Read what a site says of itself in v3."""
    view = answer.get("site_view") or {}
    limits = view.get("local_site_rate_limit") or {}
    return Site(
        version=str(answer.get("version", "")),
        rates=rates(limits, "", "_per_second"),
        languages=languages(answer),
    )
