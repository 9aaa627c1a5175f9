"""The API's addresses, and what is answered there."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from typing import Any

from aiohttp import web

from tests.fakes.mastodon.community import DOMAIN
from tests.fakes.mastodon.entities import instance_v1, instance_v2
from tests.fakes.mastodon.posts import TRUE, Posts, Stop


class Routes(Posts):
    """Answers requests from what is on the server."""

    def add_to(self, app: web.Application) -> None:
        flavour = self.community.flavour
        routes: list[tuple[str, str, str, Any]] = [
            ("instance_v1", "GET", "/api/v1/instance", self.v1),
            ("me", "GET", "/api/v1/accounts/verify_credentials", self.me),
            ("change_me", "PATCH", "/api/v1/accounts/update_credentials", self.change_me),
            ("relationships", "GET", "/api/v1/accounts/relationships", self.relationships),
            ("own_posts", "GET", "/api/v1/accounts/{id}/statuses", self.own_posts),
            ("app", "GET", "/api/v1/apps/verify_credentials", self.app),
            ("notifications", "GET", "/api/v1/notifications", self.notifications),
            ("post_status", "POST", "/api/v1/statuses", self.post_status),
            ("status", "GET", "/api/v1/statuses/{id}", self.status),
            ("edit_status", "PUT", "/api/v1/statuses/{id}", self.edit_status),
            ("delete_status", "DELETE", "/api/v1/statuses/{id}", self.delete_status),
            ("context", "GET", "/api/v1/statuses/{id}/context", self.context),
            ("favourite", "POST", "/api/v1/statuses/{id}/favourite", self.favourite),
            ("upload", "POST", "/api/v2/media", self.upload),
            ("media", "GET", "/api/v1/media/{id}", self.look_at_media),
            ("poll", "GET", "/api/v1/polls/{id}", self.poll),
            ("file", "GET", "/media/{id}", self.file),
        ]
        if flavour.v2:
            routes.append(("instance_v2", "GET", "/api/v2/instance", self.v2))
        if flavour.streaming:
            routes.append(("stream", "GET", "/api/v1/streaming/user", self.stream))
        if flavour.policy:
            path = "/api/v2/notifications/policy"
            routes.append(("policy", "GET", path, self.policy))
            routes.append(("change_policy", "PATCH", path, self.policy))
        for name, method, path, handler in routes:
            app.router.add_route(method, path, handler, name=name)
            if flavour.trailing_slash:
                app.router.add_route(method, f"{path}/", handler)

    # --- the server and the account ----------------------------------------------------------

    def _limits(self) -> dict[str, Any]:
        return {
            "statuses": {
                "max_characters": self.community.flavour.max_characters,
                "max_media_attachments": self.max_media,
                "characters_reserved_per_url": 23,
            },
            "media_attachments": {
                "supported_mime_types": self.image_types,
                "image_size_limit": self.image_bytes,
                "image_matrix_limit": self.image_pixels,
                "description_limit": 1500,
                "video_size_limit": 103_809_024,
                "video_frame_rate_limit": 120,
                "video_matrix_limit": 8_294_400,
            },
            "polls": {
                "max_options": 4,
                "max_characters_per_option": 50,
                "min_expiration": 300,
                "max_expiration": 2_629_746,
            },
        }

    async def v1(self, request: web.Request) -> web.Response:
        one = self.community
        return web.json_response(instance_v1(one.flavour, one.base, DOMAIN, self._limits()))

    async def v2(self, request: web.Request) -> web.Response:
        one = self.community
        return web.json_response(instance_v2(one.flavour, one.base, DOMAIN, self._limits()))

    async def app(self, request: web.Request) -> web.Response:
        self.check(request)
        told: dict[str, Any] = {"id": "1", "name": "hordebots", "website": None, "vapid_key": ""}
        told |= {"redirect_uri": "urn:ietf:wg:oauth:2.0:oob", "redirect_uris": []}
        if self.community.flavour.api_versions:
            told["scopes"] = self.scopes
        return web.json_response(told)

    async def me(self, request: web.Request) -> web.Response:
        self.check(request)
        return web.json_response(self._me())

    def _me(self) -> dict[str, Any]:
        bot = self.community.bot
        entity = bot.entity(self.community.base)
        fields = [{"name": name, "value": value} for name, value in bot.fields]
        source = {"privacy": "public", "sensitive": False, "language": "", "note": bot.note}
        source |= {"fields": fields, "follow_requests_count": 0, "quote_policy": "public"}
        source |= {"hide_collections": None, "discoverable": True, "indexable": False}
        return entity | {"role": self.role, "source": source | {"attribution_domains": []}}

    async def change_me(self, request: web.Request) -> web.Response:
        self.check(request)
        if not {"write", "write:accounts"} & set(self.scopes):
            raise Stop(403, "This action is outside the authorized scopes")
        form = await request.post()
        bot = self.community.bot
        if "bot" in form:
            bot.bot = form["bot"] in TRUE
        if "note" in form:
            bot.note = str(form["note"])
        fields: dict[str, dict[str, str]] = defaultdict(dict)
        for name, value in form.items():
            if name.startswith("fields_attributes["):
                number, _, what = name.removeprefix("fields_attributes[").partition("][")
                fields[number][what.rstrip("]")] = str(value)
        if fields:
            bot.fields = [(one["name"], one["value"]) for _, one in sorted(fields.items())]
        return web.json_response(self._me())

    async def relationships(self, request: web.Request) -> web.Response:
        self.check(request)
        wanted = request.query.getall("id[]", []) or request.query.getall("id", [])
        told = ("following", "blocking", "blocked_by", "domain_blocking", "endorsed", "muting")
        told += ("muting_notifications", "notifying", "requested", "requested_by")
        people = [one for one in self.community.people.values() if one.id in wanted]
        return web.json_response(
            [
                dict.fromkeys(told, False)
                | {"id": one.id, "followed_by": one.follows_bot, "note": ""}
                | {"showing_reblogs": True, "languages": None}
                for one in people
            ]
        )

    async def own_posts(self, request: web.Request) -> web.Response:
        self.check(request)
        posts = [
            post
            for post in reversed(self.community.posts.values())
            if post.author.id == request.match_info["id"]
            and (post.parent is None or request.query.get("exclude_replies") not in TRUE)
        ]
        limit = int(request.query.get("limit", 20))
        return web.json_response([self.community.entity(post) for post in posts[:limit]])

    # --- notifications -----------------------------------------------------------------------

    async def notifications(self, request: web.Request) -> web.Response:
        self.check(request)
        query, flavour = request.query, self.community.flavour
        types = query.getall("types[]", [])
        kept = [
            one
            for one in self.community.notifications
            if (not types or one.kind in types)
            and one.kind not in query.getall("exclude_types[]", [])
        ]
        page = self.community.page(
            kept,
            limit=min(int(query.get("limit", flavour.default_limit)), 80),
            max_id=query.get("max_id"),
            since_id=query.get("since_id") if flavour.since_id else None,
            min_id=query.get("min_id"),
        )
        return web.json_response([self.community.notification(one) for one in page])

    async def policy(self, request: web.Request) -> web.Response:
        self.check(request)
        form = await request.post() if request.method == "PATCH" else {}
        self.community.policy |= {name: str(value) for name, value in form.items()}
        summary = {"pending_requests_count": 0, "pending_notifications_count": 0}
        return web.json_response(self.community.policy | {"summary": summary})

    async def stream(self, request: web.Request) -> web.StreamResponse:
        self.check(request)
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
        await response.prepare(request)
        await response.write(b":)\n")
        reader: asyncio.Queue[tuple[str, str] | None] = asyncio.Queue()
        self.community.readers.add(reader)
        try:
            while True:
                try:
                    async with asyncio.timeout(self.heartbeat):
                        event = await reader.get()
                except TimeoutError:
                    await response.write(b":thump\n")
                    continue
                if event is None:
                    break
                await response.write(f"event: {event[0]}\ndata: {event[1]}\n\n".encode())
        except ConnectionError:
            pass
        finally:
            self.community.readers.discard(reader)
        return response
