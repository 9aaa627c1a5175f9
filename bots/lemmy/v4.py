"""API v4, as 1.0 speaks it."""

from __future__ import annotations

from typing import Any

from bots.lemmy.client import MOST_PAGES, PAGE, LemmyClient
from bots.lemmy.wire import (
    CommentView,
    MessageView,
    Person,
    PostView,
    Site,
    Told,
    Wire,
    languages,
    rates,
    read_list,
)

LIST = "/account/notification/list"
SHAPES: dict[str, type[CommentView | PostView | MessageView]] = {
    "comment": CommentView,
    "post": PostView,
    "private_message": MessageView,
}
ANSWERED = frozenset({"mention", "reply", "private_message"})
"""Kinds of notifications that are said to us; the others are news."""


class _Mark(Wire):
    id: int
    kind: str


class _Notification(Wire):
    notification: _Mark
    data: dict[str, Any]


class LemmyV4(LemmyClient):
    """1.0: one list of all one is told, read by cursor."""

    base = "/api/v4"
    login_path = "/api/v4/account/auth/login"

    async def _read_site(self) -> Site:
        return read_site(await self._transport.call("GET", "/api/v4/site"))

    async def _read_me(self) -> Person:
        return self._me_in(await self._call("GET", "/account"))

    async def unread(self) -> list[Told]:
        """Return what was not read, oldest first."""
        told: list[Told] = []
        cursor = None
        for _ in range(MOST_PAGES):
            query = {"type_": "all", "unread_only": "true", "limit": PAGE, "page_cursor": cursor}
            answer = await self._call("GET", LIST, query=query)
            for entry in read_list(_Notification, answer.get("items")):
                told += _told(entry)
            cursor = answer.get("next_page")
            if not cursor:
                break
        return sorted(told, key=lambda one: one.published)

    async def mark_read(self, told: Told) -> None:
        """Take something off the list."""
        body = {"notification_id": told.mark, "read": True}
        await self._call("POST", "/account/notification/mark_as_read", body)

    async def mark_all_read(self) -> None:
        """Empty the list."""
        await self._call("POST", "/account/notification/mark_as_read/all", {})

    async def upload(self, data: bytes, name: str, mime: str) -> str:
        """Put a picture on the server; return its address."""
        waits = self.rate("image").each
        answer = await self._known(
            lambda: self._transport.upload("/api/v4/image", data, name, mime, waits=waits)
        )
        address = answer.get("image_url")
        if not isinstance(address, str):
            raise self._failed("no picture in the answer")
        return address

    async def delete_picture(self, name: str) -> None:
        """Delete a picture from the server."""
        await self._call("DELETE", "/account/media", {"filename": name})

    async def save_settings(self, **settings: object) -> None:
        """Change our own settings."""
        await self._call("PUT", "/account/settings/save", settings)

    async def messages_with(self, person: int) -> list[MessageView]:
        """Return the last private messages between somebody and us, newest first.

        The list has both sides' as long as it is not asked for the unread only.
        """
        query = {"type_": "private_message", "limit": PAGE}
        answer = await self._call("GET", LIST, query=query)
        entries = read_list(_Notification, answer.get("items"))
        views = read_list(MessageView, [entry.data for entry in entries])
        return [view for view in views if person in {view.creator.id, view.recipient.id}]

    async def _newest(self, kind: str, **query: object) -> Any:
        query = {"sort": "new", "type_": "all", "limit": PAGE, **query}
        return (await self._call("GET", f"/{kind}/list", query=query)).get("items")

    async def _delete(self, kind: str, number: int) -> None:
        await self._call("DELETE", f"/{kind}", {f"{kind}_id": number, "deleted": True})


def read_site(answer: dict[str, Any]) -> Site:
    """Read what a site says of itself in v4."""
    view = answer.get("site_view") or {}
    limits = view.get("local_site_rate_limit") or {}
    local = view.get("local_site") or {}
    largest = local.get("image_max_upload_size")
    return Site(
        version=str(answer.get("version", "")),
        rates=rates(limits, "_max_requests", "_interval_seconds"),
        picture_bytes=largest if isinstance(largest, int) and largest > 0 else None,
        takes_pictures=not local.get("image_upload_disabled"),
        languages=languages(answer),
    )


def _told(entry: _Notification) -> list[Told]:
    """Return what a notification tells, if it is something said to us."""
    mark = entry.notification
    if mark.kind not in ANSWERED or entry.data.get("type_") not in SHAPES:
        return []
    about = read_list(SHAPES[entry.data["type_"]], [entry.data])
    return [
        Told.model_validate({"kind": mark.kind, "mark": mark.id, "about": one}) for one in about
    ]
