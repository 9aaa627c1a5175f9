"""What the fake Reddit answers."""

from __future__ import annotations

import json
from itertools import count
from typing import TYPE_CHECKING, Any

from aiohttp import web

from tests.fakes.reddit import shapes
from tests.fakes.reddit.world import Comment, Message, Post, Subreddit

if TYPE_CHECKING:
    from tests.fakes.reddit.server import FakeReddit

PAGE = 100
FORBIDDEN = {"message": "Forbidden", "error": 403}
PNG, JPEG, WEBP = b"\x89PNG", b"\xff\xd8\xff", b"RIFF"


def says(*problem: str, **more: Any) -> web.Response:
    """Answer as Reddit does when it says no: with status 200, and why."""
    return web.json_response({"json": {"errors": [list(problem)], **more}})


def done(**data: Any) -> web.Response:
    return web.json_response({"json": {"errors": [], "data": data}})


class Routes:
    """The handlers."""

    def __init__(self, reddit: FakeReddit) -> None:
        self.reddit = reddit
        self.world = reddit.world
        self._keys = count(1)

    def all(self) -> list[web.RouteDef]:
        return [
            web.post("/api/v1/access_token", self.token, name="token"),
            web.get("/api/v1/me", self.me, name="me"),
            web.get("/api/user_data_by_account_ids", self.accounts, name="accounts"),
            web.get("/message/unread/", self.unread, name="unread"),
            web.get("/message/sent/", self.sent, name="sent"),
            web.post("/api/read_message/", self.mark_read, name="read"),
            web.post("/api/comment/", self.comment, name="comment"),
            web.post("/api/del/", self.delete, name="delete"),
            web.get("/api/info/", self.info, name="info"),
            web.get("/comments/{post}/_/{comment}", self.thread, name="thread"),
            web.get("/r/{sub}/comments/{post}/{title}/{comment}/", self.thread, name="thread_2"),
            web.get("/r/{sub}/about/", self.about, name="about"),
            web.get("/r/{sub}/about/moderators/", self.moderators, name="moderators"),
            web.post("/r/{sub}/api/flairselector/", self.flairs, name="flairs"),
            web.get("/r/{sub}/wiki/{page}", self.wiki, name="wiki"),
            web.get("/user/{name}/submitted", self.submitted, name="submitted"),
            web.get("/user/{name}/comments", self.comments, name="comments"),
            web.post("/api/media/asset.json", self.lease, name="lease"),
            web.post("/s3", self.upload, name="upload"),
            web.post("/api/submit/", self.submit, name="submit"),
            web.post("/api/submit_gallery_post.json", self.submit_gallery, name="gallery"),
            web.get("/ws", self.watch, name="websocket"),
        ]

    # --- who is there -----------------------------------------------------------------------

    async def token(self, request: web.Request) -> web.Response:
        form = await request.post()
        good = form.get("refresh_token") == self.reddit.refresh_token or (
            form.get("username") == self.world.bot and form.get("password") == self.reddit.password
        )
        if not request.headers.get("Authorization", "").startswith("Basic "):
            return web.json_response({"message": "Unauthorized", "error": 401}, status=401)
        if not good and "password" in form:
            return web.json_response({"error": "invalid_grant"})
        if not good:
            return web.json_response({"message": "Bad Request", "error": 400}, status=400)
        token = self.reddit.new_token()
        return web.json_response(
            {"access_token": token, "token_type": "bearer", "expires_in": 3600, "scope": "*"}
        )

    async def me(self, _request: web.Request) -> web.Response:
        return web.json_response({"id": "bot", "name": self.world.bot, "over_18": True})

    async def accounts(self, request: web.Request) -> web.Response:
        """Say a little of accounts, by their full names."""
        known = {}
        for name in request.query["ids"].split(","):
            made = self.world.joined.get(name.removeprefix("t2_"), 1_500_000_000.0)
            known[name] = {"name": name.removeprefix("t2_"), "created_utc": made}
            known[name] |= {"link_karma": 1, "comment_karma": 1, "profile_img": ""}
            known[name] |= {"profile_color": "", "profile_over_18": False}
        return web.json_response(known)

    # --- the inbox --------------------------------------------------------------------------

    async def unread(self, request: web.Request) -> web.Response:
        """List what is unread, newest first, a page after `after`."""
        new = [note for note in reversed(self.world.inbox) if note.new]
        names = [note.about.name for note in new]
        after = request.query.get("after")
        start = names.index(after) + 1 if after in names else 0
        end = start + min(int(request.query.get("limit", 25)), PAGE)
        following = names[end - 1] if end < len(names) else None
        page = (shapes.note(note, self.world) for note in new[start:end])
        return web.json_response(shapes.listing(page, following))

    async def sent(self, request: web.Request) -> web.Response:
        own = [one for one in self.world.messages.values() if one.author == self.world.bot]
        return self._newest(own, request)

    async def mark_read(self, request: web.Request) -> web.Response:
        names = set((await request.post())["id"].split(","))
        if len(names) > 25:
            return web.json_response({"message": "Bad Request", "error": 400}, status=400)
        for note in self.world.inbox:
            if note.about.name in names:
                note.new = False
        return web.json_response({})

    # --- comments ---------------------------------------------------------------------------

    async def comment(self, request: web.Request) -> web.Response:
        form = await request.post()
        name, text = form["thing_id"], form["text"]
        if name.startswith("t4_"):
            new = self.world.message(self.world.bot, text, parent=name)
            return done(things=[shapes.thing(new, self.world)])
        parent = self._find(name)
        assert isinstance(parent, Comment | Post)
        post = parent.post if isinstance(parent, Comment) else parent
        if self.world.bot in post.subreddit.banned:
            return web.json_response(FORBIDDEN, status=403)
        if self.world.ratelimit:
            seconds, self.world.ratelimit = self.world.ratelimit, 0.0
            return self._ratelimited(seconds)
        if problem := self._problem(parent, post, text):
            return says(*problem)
        above = parent if isinstance(parent, Comment) else None
        new = self.world.comment(self.world.bot, text, post=post, parent=above)
        if post.subreddit.quarantined:
            return done(things=[])
        return done(things=[shapes.thing(new, self.world)])

    @staticmethod
    def _ratelimited(seconds: float) -> web.Response:
        span = f"{seconds / 60:.0f} minutes" if seconds >= 120 else f"{seconds:.0f} seconds"
        words = (
            f"Looks like you've been doing that a lot. Take a break for {span} before trying again."
        )
        return says("RATELIMIT", words, "ratelimit", ratelimit=seconds)

    @staticmethod
    def _problem(parent: Comment | Post, post: Post, text: str) -> tuple[str, str, str] | None:
        if parent.deleted:
            return ("DELETED_COMMENT", "that comment has been deleted", "parent")
        if post.deleted:
            return ("DELETED_LINK", "the post you're replying to has been deleted", "parent")
        if post.locked:
            return ("THREAD_LOCKED", "Comments are locked.", "parent")
        if post.archived:
            return ("TOO_OLD", "that's a piece of history now; it's too late to reply", "parent")
        if len(text) > 10_000:
            return ("TOO_LONG", "this is too long (max: 10000)", "text")
        return None

    async def delete(self, request: web.Request) -> web.Response:
        found = self._find((await request.post())["id"])
        if isinstance(found, Comment | Post) and found.author == self.world.bot:
            found.deleted = True
        return web.json_response({})

    async def info(self, request: web.Request) -> web.Response:
        found = [self._find(name) for name in request.query["id"].split(",")]
        return web.json_response(
            shapes.listing(shapes.thing(one, self.world) for one in found if one)
        )

    async def thread(self, request: web.Request) -> web.Response:
        """Show a comment with what is below it, and its post."""
        found = self.world.comments.get(request.match_info["comment"])
        if found is None:
            return web.json_response({"message": "Not Found", "error": 404}, status=404)
        post = shapes.listing([shapes.thing(found.post, self.world)])
        gone = found.deleted and not self.world.answers_to(found)
        below = [] if gone else [shapes.thing(found, self.world)]
        return web.json_response([post, shapes.listing(below)])

    async def comments(self, request: web.Request) -> web.Response:
        own = [one for one in self.world.comments.values() if one.author == self.world.bot]
        return self._newest([one for one in own if not one.deleted], request)

    # --- subreddits -------------------------------------------------------------------------

    def _subreddit(self, request: web.Request) -> Subreddit:
        found = self.world.subreddits.get(request.match_info["sub"].lower())
        if found is None:
            raise web.HTTPNotFound(
                text='{"message": "Not Found", "error": 404}', content_type="application/json"
            )
        return found

    async def about(self, request: web.Request) -> web.Response:
        return web.json_response(shapes.subreddit(self._subreddit(request)))

    async def moderators(self, request: web.Request) -> web.Response:
        names = sorted(self._subreddit(request).moderators)
        users = [
            {"name": name, "id": f"t2_{name}", "date": 0, "mod_permissions": ["all"]}
            for name in names
        ]
        return web.json_response({"kind": "UserList", "data": {"children": users}})

    async def flairs(self, request: web.Request) -> web.Response:
        flairs = self._subreddit(request).flairs
        choices = [{"flair_template_id": key, "flair_text": text} for key, text in flairs.items()]
        return web.json_response({"choices": choices, "current": {}})

    async def wiki(self, request: web.Request) -> web.Response:
        page = self.world.wiki.get((request.match_info["sub"].lower(), request.match_info["page"]))
        if page is None:
            return web.json_response({"message": "Not Found", "error": 404}, status=404)
        data = {"content_md": page, "revision_by": None, "revision_date": 0}
        return web.json_response({"kind": "wikipage", "data": data})

    # --- posts ------------------------------------------------------------------------------

    async def submitted(self, request: web.Request) -> web.Response:
        """List the bot's posts; those being processed are not there yet."""
        shown = []
        for post in self.world.posts_of_bot():
            if post.unseen:
                post.unseen -= 1
            else:
                shown.append(post)
        return self._newest(shown, request)

    def _newest(self, things: list[Any], request: web.Request) -> web.Response:
        limit = min(int(request.query.get("limit", 25)), PAGE)
        newest = list(reversed(things))[:limit]
        return web.json_response(shapes.listing(shapes.thing(one, self.world) for one in newest))

    async def lease(self, request: web.Request) -> web.Response:
        await request.post()
        key = f"key{next(self._keys)}"
        host = self.reddit.url.removeprefix("http:")
        return web.json_response(
            {
                "args": {
                    "action": f"{host}/s3",
                    "fields": [{"name": "key", "value": key}, {"name": "acl", "value": "private"}],
                },
                "asset": {"asset_id": key, "websocket_url": self._websocket()},
            }
        )

    def _websocket(self) -> str:
        return f"{self.reddit.url.replace('http', 'ws', 1)}/ws"

    async def upload(self, request: web.Request) -> web.Response:
        form = await request.post()
        data = form["file"].file.read()
        if not data.startswith((PNG, JPEG, WEBP)):
            return web.Response(status=400, text="<Error><Code>no picture</Code></Error>")
        if len(data) > self.reddit.picture_bytes:
            sizes = f"<ProposedSize>{len(data)}</ProposedSize><MaxSizeAllowed>{self.reddit.picture_bytes}</MaxSizeAllowed>"
            xml = f"<Error><Code>EntityTooLarge</Code><Message>no</Message>{sizes}</Error>"
            return web.Response(status=400, text=xml)
        self.world.uploads[form["key"]] = data
        return web.Response(status=201, text="<PostResponse/>")

    async def submit(self, request: web.Request) -> web.Response:
        form = dict(await request.post())
        if refused := self._refused(form):
            return refused
        if form["kind"] == "self":
            post = self._publish(form, [], [])
            page = f"https://www.reddit.com/r/{post.subreddit.name}/comments/{post.id}/a_post/"
            return done(url=page, id=post.id, name=post.name)
        picture = self.world.uploads[form["url"].rsplit("/", 1)[1]]
        self._publish(form, [picture], [])
        page = f"{self.reddit.url}/user/{self.world.bot}/submitted"
        return done(user_submitted_page=page, websocket_url=self._websocket())

    async def submit_gallery(self, request: web.Request) -> web.Response:
        asked = json.loads(await request.text())
        if refused := self._refused(asked):
            return refused
        if not 2 <= len(asked["items"]) <= 20:
            return says("BAD_GALLERY", "a gallery has 2 to 20 pictures", "items")
        pictures = [self.world.uploads[item["media_id"]] for item in asked["items"]]
        post = self._publish(asked, pictures, [item["caption"] for item in asked["items"]])
        return done(url=f"https://www.reddit.com/gallery/{post.id}", id=post.name)

    def _refused(self, asked: dict[str, Any]) -> web.Response | None:
        subreddit = self.world.subreddits.get(str(asked["sr"]).lower())
        if subreddit is None:
            return says("SUBREDDIT_NOEXIST", "that subreddit doesn't exist", "sr")
        if self.world.bot in subreddit.banned:
            return web.json_response(FORBIDDEN, status=403)
        if subreddit.flair_needed and asked.get("flair_id") not in subreddit.flairs:
            return says(
                "SUBMIT_VALIDATION_FLAIR_REQUIRED", "Your post must contain flair.", "flair"
            )
        if len(asked["title"]) > 300:
            return says("TOO_LONG", "this is too long (max: 300)", "title")
        return None

    def _publish(self, asked: dict[str, Any], pictures: list[bytes], captions: list[str]) -> Post:
        return self.world.post(
            self.world.subreddits[str(asked["sr"]).lower()],
            self.world.bot,
            title=asked["title"],
            nsfw=str(asked["nsfw"]) == "True",
            spoiler=str(asked["spoiler"]) == "True",
            flair=asked.get("flair_id"),
            text=str(asked.get("text") or ""),
            pictures=pictures,
            captions=captions,
            unseen=0 if captions else self.world.processing,
        )

    async def watch(self, request: web.Request) -> web.WebSocketResponse:
        """Tell at once that the newest post is there."""
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        newest = self.world.posts_of_bot()[-1]
        where = f"https://www.reddit.com/r/{newest.subreddit.name}/comments/{newest.id}/a_post/"
        await socket.send_json({"type": "success", "payload": {"redirect": where}})
        await socket.close()
        return socket

    def _find(self, name: str) -> Comment | Post | Message | None:
        kind, _, number = name.partition("_")
        tables: dict[str, dict[str, Any]] = {
            "t1": self.world.comments,
            "t3": self.world.posts,
            "t4": self.world.messages,
        }
        return tables.get(kind, {}).get(number)
