"""Posts, their pictures and polls, as the API takes, shows and refuses them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from aiohttp import web

from tests.fakes.mastodon.community import Community
from tests.fakes.mastodon.entities import Media, Poll

VISIBILITIES = {"public", "unlisted", "private", "direct"}
MOST_MEDIA = 4
NOT_PROCESSED = "Cannot attach files that have not finished processing. Try again in a moment!"
TRUE = frozenset({"1", "true", "True"})


class Stop(Exception):
    """Carries an answer out of a handler."""

    def __init__(self, status: int, error: str) -> None:
        self.response = web.json_response({"error": error}, status=status)


class Posts:
    """Answers what is asked of posts. `uploads` is what comes of the next pictures."""

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

    def check(self, request: web.Request) -> None:
        if request.headers.get("Authorization") != f"Bearer {self.token}":
            raise Stop(401, "The access token is invalid")

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
