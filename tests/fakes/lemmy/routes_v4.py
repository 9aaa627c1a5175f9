"""API v4."""

from __future__ import annotations

from typing import Any

from aiohttp import web

from tests.fakes.lemmy.problems import problem
from tests.fakes.lemmy.routes import MOST, Routes
from tests.fakes.lemmy.world import Comment, Message, Notification


class RoutesV4(Routes):
    """API v4."""

    def all(self) -> list[web.RouteDef]:
        base = "/api/v4"
        return [
            web.get(f"{base}/site", self.site, name="site4"),
            web.get(f"{base}/account", self.me, name="me"),
            web.post(f"{base}/account/auth/login", self.login, name="login4"),
            web.put(f"{base}/account/settings/save", self.settings, name="settings4"),
            web.get(f"{base}/account/notification/list", self.notifications, name="notifications"),
            web.post(
                f"{base}/account/notification/mark_as_read", self.mark, name="notification_read"
            ),
            web.post(
                f"{base}/account/notification/mark_as_read/all", self.all_read, name="all_read4"
            ),
            web.get(f"{base}/post", self.post, name="post4"),
            web.post(f"{base}/post", self.create_post, name="post_create4"),
            web.put(f"{base}/post", self.edit_post, name="post_edit4"),
            web.get(f"{base}/post/list", self.list_posts, name="posts4"),
            web.delete(f"{base}/post", self.delete_post, name="post_delete4"),
            web.get(f"{base}/community", self.community, name="community4"),
            web.post(f"{base}/comment", self.create_comment, name="comment4"),
            web.get(f"{base}/comment", self.comment, name="comment_get4"),
            web.delete(f"{base}/comment", self.delete_comment, name="comment_delete4"),
            web.put(f"{base}/comment", self.edit_comment, name="comment_edit4"),
            web.get(f"{base}/comment/list", self.list_comments, name="comments4"),
            web.post(f"{base}/private_message", self.create_message, name="message4"),
            web.delete(f"{base}/private_message", self.delete_message, name="message_delete4"),
            web.delete(f"{base}/account/media", self.drop, name="image_delete4"),
            web.post(f"{base}/image", self.upload, name="image4"),
            web.get(f"{base}/image/{{name}}", self.show_image, name="image_get4"),
        ]

    def _comment_response(self, comment: Comment) -> dict[str, Any]:
        return {"comment_view": self.shapes.comment_view(comment)}

    async def site(self, _request: web.Request) -> web.Response:
        lemmy = self.lemmy
        lemmy.limits.spend("message")
        return web.json_response(
            self.shapes.site(
                lemmy.version,
                lemmy.limits.rates,
                image_bytes=lemmy.image_bytes,
                image_disabled=lemmy.image_disabled,
            )
        )

    async def me(self, request: web.Request) -> web.Response:
        self.user(request)
        return web.json_response(self.shapes.me(self.lemmy.settings))

    async def list_posts(self, request: web.Request) -> web.Response:
        return web.json_response({"items": self.posts(request)})

    async def list_comments(self, request: web.Request) -> web.Response:
        return web.json_response({"items": self.children(request)})

    async def notifications(self, request: web.Request) -> web.Response:
        """List notifications, newest first, a page after `page_cursor`."""
        self.user(request)
        kind = request.query.get("type_", "all")
        unread = request.query.get("unread_only") == "true"
        told = self.told(None if kind == "all" else kind, unread=unread)
        if not unread:
            told = sorted((*told, *self._written(kind)), key=lambda n: n.about.id, reverse=True)
        start = int(request.query.get("page_cursor", 0))
        end = start + min(int(request.query.get("limit", 10)), MOST)
        page = {"items": [self.shapes.notification(one) for one in told[start:end]]}
        if end < len(told):
            page["next_page"] = str(end)
        return web.json_response(page)

    def _written(self, kind: str) -> list[Notification]:
        """Return the bot's own messages: they stand in the list as well."""
        return [
            told
            for told in self.world.notifications.values()
            if isinstance(told.about, Message)
            and told.about.creator is self.world.bot
            and kind in {"all", told.kind}
            and not told.hidden
        ]

    async def mark(self, request: web.Request) -> web.Response:
        self.user(request)
        asked = await request.json()
        told = self.world.notifications.get(asked["notification_id"])
        if told is None:
            raise problem("not_found", 404)
        told.read = asked["read"]
        return web.json_response({"success": True})

    async def all_read(self, request: web.Request) -> web.Response:
        self.mark_all(request)
        return web.json_response({"success": True})

    async def drop(self, request: web.Request) -> web.Response:
        self.user(request)
        if self.world.images.pop((await request.json())["filename"], None) is None:
            raise problem("not_found", 404)
        return web.json_response({"success": True})

    async def upload(self, request: web.Request) -> web.Response:
        try:
            name = await self.keep_image(request)
        except web.HTTPRequestEntityTooLarge:
            raise problem("invalid_image_upload") from None
        address = f"{self.lemmy.origin}/api/v4/image/{name}"
        return web.json_response({"image_url": address, "filename": name})
