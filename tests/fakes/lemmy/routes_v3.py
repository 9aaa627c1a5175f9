"""API v3: whole for 0.19, and what 1.0 has kept of it."""

from __future__ import annotations

from typing import Any

from aiohttp import web

from tests.fakes.lemmy.problems import problem
from tests.fakes.lemmy.routes import MOST, Routes
from tests.fakes.lemmy.world import Comment, Message, Notification


class RoutesV3(Routes):
    """API v3; of 1.0 only what it still has of it."""

    def all(self, *, whole: bool) -> list[web.RouteDef]:
        base, gone = "/api/v3", []
        routes = [
            web.get(f"{base}/site", self.site, name="site"),
            web.post(f"{base}/user/login", self.login, name="login"),
            web.put(f"{base}/user/save_user_settings", self.settings, name="settings"),
            web.get(f"{base}/post", self.post, name="post"),
            web.post(f"{base}/post", self.create_post, name="post_create"),
            web.put(f"{base}/post", self.edit_post, name="post_edit"),
            web.get(f"{base}/post/list", self.list_posts, name="posts"),
            web.post(f"{base}/post/delete", self.delete_post, name="post_delete"),
            web.get(f"{base}/community", self.community, name="community"),
            web.post(f"{base}/comment", self.create_comment, name="comment"),
            web.put(f"{base}/comment", self.edit_comment, name="comment_edit"),
            web.get(f"{base}/comment/list", self.list_comments, name="comments"),
            web.post(f"{base}/comment/delete", self.delete_comment, name="comment_delete"),
        ]
        if whole:
            gone = [
                web.get(f"{base}/comment", self.comment, name="comment_get"),
                web.get(f"{base}/user/mention", self.mentions, name="mentions"),
                web.post(
                    f"{base}/user/mention/mark_as_read", self.mention_read, name="mention_read"
                ),
                web.post(f"{base}/user/mark_all_as_read", self.all_read, name="all_read"),
                web.get(f"{base}/user/replies", self.replies, name="replies"),
                web.post(f"{base}/comment/mark_as_read", self.reply_read, name="reply_read"),
                web.get(f"{base}/private_message/list", self.messages, name="messages"),
                web.post(f"{base}/private_message", self.create_message, name="message"),
                web.post(
                    f"{base}/private_message/delete", self.delete_message, name="message_delete"
                ),
                web.post(
                    f"{base}/private_message/mark_as_read", self.message_read, name="message_read"
                ),
                web.get(f"{base}/account/list_media", self.media, name="media"),
                web.get("/pictrs/image/delete/{token}/{name}", self.drop, name="image_delete"),
                web.post("/pictrs/image", self.upload, name="image"),
                web.get("/pictrs/image/{name}", self.show_image, name="image_get"),
            ]
        return [*routes, *gone]

    async def site(self, request: web.Request) -> web.Response:
        self.lemmy.limits.spend("message")
        site = self.shapes.site(self.lemmy.version, self.lemmy.limits.rates)
        if self.lemmy.knows(request):
            site["my_user"] = self.shapes.me(self.lemmy.settings)
        return web.json_response(site)

    async def list_posts(self, request: web.Request) -> web.Response:
        return web.json_response({"posts": self.posts(request)})

    async def list_comments(self, request: web.Request) -> web.Response:
        return web.json_response({"comments": self.children(request)})

    async def mentions(self, request: web.Request) -> web.Response:
        return web.json_response({"mentions": self._page(request, "mention")})

    async def replies(self, request: web.Request) -> web.Response:
        return web.json_response({"replies": self._page(request, "reply")})

    def _page(self, request: web.Request, kind: str) -> list[dict[str, Any]]:
        """Return a page of one kind. Mentions in a post's text are no news here."""
        self.user(request)
        unread = request.query.get("unread_only") == "true"
        told = [one for one in self.told(kind, unread=unread) if isinstance(one.about, Comment)]
        if request.query.get("sort") == "Old":
            told.reverse()
        return [self.shapes.notification(one) for one in self._part(request, told)]

    def _part(self, request: web.Request, all_of_it: list[Any]) -> list[Any]:
        limit = int(request.query.get("limit", 10))
        if limit > MOST:
            raise problem("couldnt_get_comments")
        start = (int(request.query.get("page", 1)) - 1) * limit
        return all_of_it[start : start + limit]

    async def messages(self, request: web.Request) -> web.Response:
        """List messages, newest first; without `unread_only` also those the bot wrote."""
        self.user(request)
        unread = request.query.get("unread_only") == "true"
        with_whom = int(request.query.get("creator_id", 0))
        if unread:
            told = [one.about for one in self.told("private_message", unread=True)]
        else:
            told = sorted(self.world.messages.values(), key=lambda m: m.id, reverse=True)
        told = [
            one
            for one in told
            if isinstance(one, Message)
            and not one.deleted
            and (not with_whom or with_whom in {one.creator.id, one.recipient.id})
        ]
        page = [self.shapes.message_view(one) for one in self._part(request, told)]
        return web.json_response({"private_messages": page})

    async def mention_read(self, request: web.Request) -> web.Response:
        told = await self._mark(request, "person_mention_id")
        return web.json_response({"person_mention_view": self.shapes.notification(told)})

    async def reply_read(self, request: web.Request) -> web.Response:
        told = await self._mark(request, "comment_reply_id")
        return web.json_response({"comment_reply_view": self.shapes.notification(told)})

    async def _mark(self, request: web.Request, key: str) -> Notification:
        self.user(request)
        asked = await request.json()
        told = self.world.notifications.get(asked[key])
        if told is None:
            raise problem("couldnt_find_person_mention")
        told.read = asked["read"]
        return told

    async def all_read(self, request: web.Request) -> web.Response:
        self.mark_all(request)
        return web.json_response({"replies": []})

    async def message_read(self, request: web.Request) -> web.Response:
        self.user(request)
        asked = await request.json()
        for told in self.world.notifications.values():
            if isinstance(told.about, Message) and told.about.id == asked["private_message_id"]:
                told.read = asked["read"]
                view = self.shapes.message_view(told.about, read=told.read)
                return web.json_response({"private_message_view": view})
        raise problem("couldnt_find_private_message")

    async def media(self, request: web.Request) -> web.Response:
        self.user(request)
        whose = self.shapes.person(self.world.bot)
        images = [
            {
                "local_image": {
                    "pictrs_alias": name,
                    "pictrs_delete_token": f"token-{name}",
                    "published": "2024-01-01T00:00:00Z",
                },
                "person": whose,
            }
            for name in reversed(self.world.images)
        ]
        return web.json_response({"images": self._part(request, images)})

    async def drop(self, request: web.Request) -> web.Response:
        name = request.match_info["name"]
        if request.match_info["token"] != f"token-{name}" or name not in self.world.images:
            raise problem("couldnt_find_image", 404)
        del self.world.images[name]
        return web.Response(status=204)

    async def upload(self, request: web.Request) -> web.Response:
        """Take a picture; pict-rs in front of Lemmy answers in its own way."""
        try:
            name = await self.keep_image(request)
        except web.HTTPRequestEntityTooLarge:
            return web.json_response({"msg": "Error uploading file", "files": None}, status=413)
        file = {"file": name, "delete_token": "token"}
        return web.json_response({"msg": "ok", "files": [file]}, status=201)
