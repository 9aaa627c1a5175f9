"""The API's addresses, and what is answered there."""

from __future__ import annotations

import asyncio
import json
from collections import defaultdict
from collections.abc import Mapping
from typing import Any

from aiohttp import web

from tests.fakes.mastodon.community import DOMAIN, Community
from tests.fakes.mastodon.entities import Media, Poll, instance_v1, instance_v2

VISIBILITIES = {"public", "unlisted", "private", "direct"}
MOST_MEDIA = 4
NOT_PROCESSED = "Cannot attach files that have not finished processing. Try again in a moment!"
TRUE = frozenset({"1", "true", "True"})


class Stop(Exception):
    """Carries an answer out of a handler."""

    def __init__(self, status: int, error: str) -> None:
        self.response = web.json_response({"error": error}, status=status)


class Routes:
    """Answers requests from what is on the server. `uploads` is what comes of the next pictures."""

    def __init__(self, community: Community, token: str) -> None:
        self.community = community
        self.token = token
        self.scopes = ["read", "write"]
        self.uploads: list[str] = []
        """What comes of the next uploads, in order: ok, slow, broken."""
        self.heartbeat = 0.3
        """Seconds between two signs of life of a stream."""
        self.max_media = MOST_MEDIA
        self.image_types = ["image/jpeg", "image/png", "image/gif", "image/webp"]
        self.image_bytes = 16_777_216
        self.image_pixels = 33_177_600
        self.polls_allowed = True
        self.role = {
            "id": "-99",
            "name": "",
            "permissions": "65536",
            "color": "",
            "highlighted": False,
        }

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

    def check(self, request: web.Request) -> None:
        if request.headers.get("Authorization") != f"Bearer {self.token}":
            raise Stop(401, "The access token is invalid")

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

    # --- posts -------------------------------------------------------------------------------

    def _post(self, request: web.Request) -> Any:
        self.check(request)
        post = self.community.posts.get(request.match_info["id"])
        if post is None:
            raise Stop(404, "Record not found")
        return post

    async def status(self, request: web.Request) -> web.Response:
        return web.json_response(self.community.entity(self._post(request)))

    async def context(self, request: web.Request) -> web.Response:
        post = self._post(request)
        found = self.community.descendants(post.id)
        descendants = [self.community.entity(one) for one in found]
        return web.json_response({"ancestors": [], "descendants": descendants})

    async def favourite(self, request: web.Request) -> web.Response:
        post = self._post(request)
        post.favourited = True
        return web.json_response(self.community.entity(post))

    async def edit_status(self, request: web.Request) -> web.Response:
        """Change a post of the bot's; pictures it shows no more are gone."""
        post = self._post(request)
        if post.author is not self.community.bot:
            raise Stop(404, "Record not found")
        form = await _form(request)
        kept = [media for media in post.media if media.id in form.get("media_ids", [])]
        new = [one for one in form.get("media_ids", []) if one not in {media.id for media in kept}]
        media = [*kept, *self._attachable({"media_ids": new})]
        text, spoiler = str(form.get("status") or ""), str(form.get("spoiler_text") or "")
        self._check_post({}, text, spoiler, media)
        post.text, post.spoiler, post.media = text, spoiler, media
        for picture in media:
            picture.attached = True
        return web.json_response(self.community.entity(post))

    async def delete_status(self, request: web.Request) -> web.Response:
        post = self._post(request)
        if post.author is not self.community.bot:
            raise Stop(404, "Record not found")
        entity = self.community.entity(post) | {"text": post.text}
        self.community.remove(post.id)
        return web.json_response(entity)

    async def post_status(self, request: web.Request) -> web.Response:
        self.check(request)
        form = await _form(request)
        key, one = request.headers.get("Idempotency-Key"), self.community
        if one.flavour.idempotency and key in one.by_key:
            return web.json_response(one.entity(one.posts[one.by_key[key]]))
        media = self._attachable(form)
        text, spoiler = str(form.get("status") or ""), str(form.get("spoiler_text") or "")
        self._check_post(form, text, spoiler, media)
        parent = form.get("in_reply_to_id")
        poll = form.get("poll")
        post = one.add(
            one.bot,
            text,
            visibility=str(form.get("visibility") or "public"),
            parent=str(parent) if parent else None,
            spoiler=spoiler,
            sensitive=str(form.get("sensitive")) in TRUE,
            language=form.get("language"),
            media=media,
            poll=_poll(one, poll) if poll else None,
        )
        for picture in media:
            picture.attached = True
        one.notified += [(person.acct, post.id) for person in post.mentions]
        if key:
            one.by_key[key] = post.id
        return web.json_response(one.entity(post))

    def _attachable(self, form: Mapping[str, Any]) -> list[Media]:
        found = [self.community.media.get(str(id_)) for id_ in form.get("media_ids", [])]
        if any(media is None or media.attached for media in found):
            raise Stop(422, "Validation failed: Media ids is invalid")
        kept = [media for media in found if media is not None]
        if any(media.looks for media in kept):
            raise Stop(422, NOT_PROCESSED)
        if len(kept) > self.max_media:
            raise Stop(422, f"Validation failed: Cannot attach more than {self.max_media} files")
        return kept

    def _check_post(
        self, form: Mapping[str, Any], text: str, spoiler: str, media: list[Media]
    ) -> None:
        most = self.community.flavour.max_characters
        if not text and not media:
            raise Stop(422, "Validation failed: Text can't be blank")
        if self.community.length(text, spoiler) > most:
            raise Stop(422, f"Validation failed: Text character limit of {most} exceeded")
        if form.get("poll") and not self.polls_allowed:
            raise Stop(403, "This action is not allowed")
        if form.get("poll") and media:
            raise Stop(422, "Validation failed: Cannot attach media and a poll")
        if str(form.get("visibility") or "public") not in VISIBILITIES:
            raise Stop(422, "Validation failed: Visibility is not included in the list")
        parent = form.get("in_reply_to_id")
        if parent and str(parent) not in self.community.posts:
            raise Stop(404, "The post you are trying to reply to does not appear to exist.")

    # --- pictures and polls ------------------------------------------------------------------

    async def upload(self, request: web.Request) -> web.Response:
        self.check(request)
        form = await request.post()
        sent = form["file"]
        assert isinstance(sent, web.FileField)
        fate = self.uploads.pop(0) if self.uploads else "ok"
        if fate == "ok" and self.community.flavour.slow_media:
            fate = "slow"
        data = sent.file.read()
        if sent.content_type not in self.image_types or len(data) > self.image_bytes:
            fate = "refused"
        if fate == "refused":
            raise Stop(422, "Validation failed: File content type is invalid")
        media = Media(
            self.community.fresh(),
            data,
            sent.content_type,
            str(form.get("description") or ""),
            looks=0 if fate == "ok" else 2,
            broken=fate == "broken",
        )
        self.community.media[media.id] = media
        status = 202 if media.looks else 200
        return web.json_response(media.entity(self.community.base), status=status)

    async def look_at_media(self, request: web.Request) -> web.Response:
        self.check(request)
        media = self.community.media.get(request.match_info["id"])
        if media is None or media.attached:
            raise Stop(404, "Record not found")
        media.looks = max(0, media.looks - 1)
        if not media.looks and media.broken:
            raise Stop(422, "Error processing thumbnail for uploaded media")
        status = 206 if media.looks else 200
        return web.json_response(media.entity(self.community.base), status=status)

    async def file(self, request: web.Request) -> web.Response:
        media = self.community.media.get(request.match_info["id"])
        if media is None:
            raise Stop(404, "Record not found")
        return web.Response(body=media.data, content_type=media.mime)

    async def poll(self, request: web.Request) -> web.Response:
        self.check(request)
        polls = [post.poll for post in self.community.posts.values() if post.poll]
        for poll in polls:
            if poll.id == request.match_info["id"]:
                return web.json_response(poll.entity(self.community.now()))
        raise Stop(404, "Record not found")


def _poll(one: Community, asked: Mapping[str, Any]) -> Poll:
    hidden = bool(asked.get("hide_totals"))
    return one.poll(asked["options"], float(asked["expires_in"]), hidden=hidden)


async def _form(request: web.Request) -> dict[str, Any]:
    """Return what a post is made of, from JSON or from a form."""
    if request.content_type == "application/json":
        return dict(json.loads(await request.text()))
    form = await request.post()
    fields: dict[str, Any] = {name: value for name, value in form.items() if "[" not in name}
    fields["media_ids"] = [str(value) for value in form.getall("media_ids[]", [])]
    return fields
