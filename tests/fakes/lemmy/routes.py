"""What the fake Lemmy answers in both APIs alike."""

from __future__ import annotations

from itertools import count
from typing import TYPE_CHECKING, Any

from aiohttp import web

from tests.fakes.lemmy.problems import problem
from tests.fakes.lemmy.shapes_v3 import V3
from tests.fakes.lemmy.shapes_v4 import V4
from tests.fakes.lemmy.world import Comment, Notification, Post

if TYPE_CHECKING:
    from tests.fakes.lemmy.server import FakeLemmy

MOST = 50
"""Entries of a page at most."""
PICTURES = (b"\x89PNG", b"\xff\xd8\xff", b"RIFF")


class Routes:
    """Handlers of one API version; what both do alike is here."""

    def __init__(self, lemmy: FakeLemmy, shapes: V3) -> None:
        self.lemmy = lemmy
        self.world = lemmy.world
        self.shapes = shapes
        self._names = count(1)

    # --- who is there -----------------------------------------------------------------------

    async def login(self, request: web.Request) -> web.Response:
        self.lemmy.limits.spend("register")
        asked = await request.json()
        known = asked["username_or_email"] == self.world.bot.name
        if not known or asked["password"] != self.lemmy.password:
            raise problem("incorrect_login", 401)
        if self.lemmy.totp and asked.get("totp_2fa_token") != self.lemmy.totp:
            raise problem(
                "missing_totp_token" if not asked.get("totp_2fa_token") else "incorrect_totp_token"
            )
        return web.json_response(
            {
                "jwt": self.lemmy.new_token(),
                "registration_created": False,
                "verify_email_sent": False,
            }
        )

    def user(self, request: web.Request) -> None:
        """Refuse those who are not logged in."""
        self.lemmy.limits.spend("message")
        if not self.lemmy.knows(request):
            raise problem("incorrect_login", 401)

    async def settings(self, request: web.Request) -> web.Response:
        self.user(request)
        asked = await request.json()
        self.lemmy.settings |= asked
        self.world.bot.bot = asked.get("bot_account", self.world.bot.bot)
        self.world.bot.bio = asked.get("bio", self.world.bot.bio)
        return web.json_response({"success": True})

    # --- writing ----------------------------------------------------------------------------

    async def create_comment(self, request: web.Request) -> web.Response:
        self.lemmy.limits.spend("comment")
        self.user(request)
        asked = await request.json()
        post = self.world.posts.get(asked["post_id"])
        self._check_post(post)
        parent = None
        if asked.get("parent_id") is not None:
            parent = self.world.comments.get(asked["parent_id"])
            if parent is None or parent.deleted or parent.removed:
                raise problem("couldnt_create_comment")
        language = asked.get("language_id") or 0
        if language not in post.community.languages:
            raise problem("language_not_allowed")
        if len(asked["content"]) > 10_000:
            raise problem("invalid_body_field")
        new = self.world.comment(
            self.world.bot, asked["content"], post=post, parent=parent, language=language
        )
        return web.json_response(self._comment_response(new))

    def _check_post(self, post: Post | None) -> None:
        if post is None:
            raise problem("couldnt_find_post")
        here = post.community
        if post.deleted or post.removed or here.deleted or here.removed:
            raise problem("deleted")
        if post.locked:
            raise problem("locked")
        if self.world.bot.id in here.banned:
            raise problem("banned_from_community")
        if self.world.bot.banned:
            raise problem("site_ban")

    def _comment_response(self, comment: Comment) -> dict[str, Any]:
        return {"comment_view": self.shapes.comment_view(comment), "recipient_ids": []}

    async def edit_comment(self, request: web.Request) -> web.Response:
        self.user(request)
        asked = await request.json()
        comment = self.world.comments.get(asked["comment_id"])
        if comment is None or comment.deleted or comment.creator is not self.world.bot:
            raise problem("couldnt_find_comment")
        comment.content = asked["content"]
        return web.json_response(self._comment_response(comment))

    async def delete_comment(self, request: web.Request) -> web.Response:
        self.user(request)
        asked = await request.json()
        comment = self.world.comments.get(asked["comment_id"])
        if comment is None or comment.creator is not self.world.bot:
            raise problem("couldnt_find_comment")
        if comment.deleted == asked["deleted"]:
            raise problem("couldnt_update_comment")
        comment.deleted = asked["deleted"]
        return web.json_response(self._comment_response(comment))

    async def create_post(self, request: web.Request) -> web.Response:
        self.lemmy.limits.spend("post")
        self.user(request)
        asked = await request.json()
        community = self.world.communities.get(asked["community_id"])
        if community is None or self.world.bot.id in community.banned:
            raise problem("banned_from_community" if community else "couldnt_find_community")
        new = self.world.post(
            community,
            self.world.bot,
            title=asked["name"],
            body=asked.get("body", ""),
            url=asked.get("url"),
            alt=asked.get("alt_text", ""),
            nsfw=asked.get("nsfw", False),
        )
        return web.json_response({"post_view": self.shapes.post_view(new)})

    async def edit_post(self, request: web.Request) -> web.Response:
        self.user(request)
        asked = await request.json()
        post = self.world.posts.get(asked["post_id"])
        if post is None or post.deleted or post.creator is not self.world.bot:
            raise problem("couldnt_find_post")
        post.url = asked["url"] or None if "url" in asked else post.url
        post.body = asked.get("body", post.body)
        post.alt = asked.get("alt_text", post.alt)
        return web.json_response({"post_view": self.shapes.post_view(post)})

    async def delete_post(self, request: web.Request) -> web.Response:
        self.user(request)
        asked = await request.json()
        post = self.world.posts.get(asked["post_id"])
        if post is None or post.creator is not self.world.bot:
            raise problem("couldnt_find_post")
        post.deleted = asked["deleted"]
        return web.json_response({"post_view": self.shapes.post_view(post)})

    def posts(self, request: web.Request) -> list[dict[str, Any]]:
        """Return the posts of a community, newest first."""
        self.user(request)
        found = [
            post
            for post in self.world.posts.values()
            if post.community.id == int(request.query["community_id"]) and not post.removed
        ]
        limit = min(int(request.query.get("limit", 10)), MOST)
        newest = sorted(found, key=lambda post: post.id, reverse=True)[:limit]
        return [self.shapes.post_view(post) for post in newest]

    async def create_message(self, request: web.Request) -> web.Response:
        self.user(request)
        asked = await request.json()
        recipient = self.world.people.get(asked["recipient_id"])
        if recipient is None or recipient.deleted:
            raise problem("couldnt_create_private_message")
        new = self.world.message(self.world.bot, asked["content"], recipient)
        return web.json_response({"private_message_view": self.shapes.message_view(new)})

    async def delete_message(self, request: web.Request) -> web.Response:
        self.user(request)
        asked = await request.json()
        message = self.world.messages.get(asked["private_message_id"])
        if message is None or message.creator is not self.world.bot:
            raise problem("couldnt_find_private_message")
        message.deleted = asked["deleted"]
        return web.json_response({"private_message_view": self.shapes.message_view(message)})

    # --- reading ----------------------------------------------------------------------------

    async def comment(self, request: web.Request) -> web.Response:
        self.user(request)
        found = self.world.comments.get(int(request.query["id"]))
        if found is None:
            raise problem("couldnt_find_comment", 404)
        return web.json_response(self._comment_response(found))

    def children(self, request: web.Request) -> list[dict[str, Any]]:
        """Return the comments below one, newest first."""
        self.user(request)
        parent = request.query.get("parent_id")
        post = request.query.get("post_id")
        found = [
            comment
            for comment in self.world.comments.values()
            if (parent is None or f".{parent}." in f"{comment.path}.")
            and (post is None or comment.post.id == int(post))
        ]
        limit = min(int(request.query.get("limit", 10)), MOST)
        newest = sorted(found, key=lambda comment: comment.id, reverse=True)[:limit]
        return [self.shapes.comment_view(comment) for comment in newest]

    async def post(self, request: web.Request) -> web.Response:
        self.user(request)
        found = self.world.posts.get(int(request.query["id"]))
        if found is None:
            raise problem("couldnt_find_post", 404)
        return web.json_response(
            {
                "post_view": self.shapes.post_view(found),
                "community_view": self._community_view(found.community),
                "moderators": [],
                "cross_posts": [],
            }
        )

    async def community(self, request: web.Request) -> web.Response:
        self.user(request)
        name = request.query["name"].partition("@")[0]
        for found in self.world.communities.values():
            if found.name == name:
                return web.json_response(
                    {
                        "community_view": self._community_view(found),
                        "discussion_languages": sorted(found.languages),
                        "moderators": [],
                    }
                )
        raise problem("couldnt_find_community", 404)

    def _community_view(self, community) -> dict[str, Any]:
        counts = ("comments", "posts", "subscribers", "subscribers_local")
        users = [f"users_active_{span}" for span in ("day", "half_year", "month", "week")]
        view = {"community": self.shapes.community(community)}
        if isinstance(self.shapes, V4):
            return {**view, "can_mod": False, "tags": []}
        numbers = dict.fromkeys((*counts, *users), 1)
        return {
            **view,
            "counts": {"community_id": community.id, "published": "2024-01-01", **numbers},
            "blocked": False,
            "banned_from_community": self.world.bot.id in community.banned,
            "subscribed": "NotSubscribed",
        }

    def told(self, kind: str | None, *, unread: bool) -> list[Notification]:
        """Return what the bot is told, newest first."""
        show_bots = self.lemmy.settings.get("show_bot_accounts", True)
        return [
            told
            for told in sorted(
                self.world.notifications.values(), key=lambda one: one.about.id, reverse=True
            )
            if kind in {None, told.kind}
            and not told.hidden
            and (show_bots or not told.about.creator.bot)
            and (told.recipient is self.world.bot)
            and not (unread and told.read)
        ]

    def mark_all(self, request: web.Request) -> None:
        self.user(request)
        for told in self.world.notifications.values():
            told.read = told.read or told.recipient is self.world.bot

    # --- pictures ---------------------------------------------------------------------------

    async def keep_image(self, request: web.Request) -> str:
        """Keep a picture that is sent as `images[]`; return its name."""
        self.lemmy.limits.spend("image")
        self.user(request)
        if self.lemmy.image_disabled:
            raise problem("pictrs_response_error")
        part = await (await request.multipart()).next()
        data = await part.read()
        if part.name != "images[]" or not data.startswith(PICTURES):
            raise problem("not_an_image_type")
        if len(data) > self.lemmy.image_bytes:
            raise web.HTTPRequestEntityTooLarge(len(data), self.lemmy.image_bytes)
        name = f"0000-{next(self._names):04}.{part.filename.rpartition('.')[2]}"
        self.world.images[name] = data
        return name

    async def show_image(self, request: web.Request) -> web.Response:
        data = self.world.images.get(request.match_info["name"])
        if data is None:
            raise web.HTTPNotFound
        return web.Response(body=data, content_type="image/webp")
