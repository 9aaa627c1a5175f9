"""The REST routes, under the paths Discord's document has for them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from aiohttp import web

from tests.fakes.discord import payloads, writing
from tests.fakes.discord.payloads import Payload
from tests.fakes.discord.writing import Refused, unknown

if TYPE_CHECKING:
    from tests.fakes.discord.server import FakeDiscord

VIEW, SEND, ATTACH, HISTORY = 1 << 10, 1 << 11, 1 << 15, 1 << 16
MANAGE_MESSAGES, SEND_IN_THREADS = 1 << 13, 1 << 38
NONCE_LASTS = 300.0


class Sent:
    """A request's body: JSON, or JSON with files beside it."""

    def __init__(self, body: Any, files: dict[str, bytes], *, multipart: bool) -> None:
        self.body = body
        self.files = files
        self.multipart = multipart


async def read(request: web.Request) -> Sent:
    if not request.content_type.startswith("multipart/"):
        text = await request.text()
        return Sent(json.loads(text) if text else None, {}, multipart=False)
    body, files = None, {}
    reader = await request.multipart()
    async for part in reader:
        if part.name == "payload_json":
            body = json.loads(await part.text())
        else:
            files[part.name] = bytes(await part.read())
    return Sent(body, files, multipart=True)


class Rest:
    """Handlers return (status, body); what is refused is raised."""

    def __init__(self, server: FakeDiscord) -> None:
        self._server = server
        self._world = server.world
        self._interactions = server.interactions
        self._nonces: dict[tuple[str, str], tuple[float, Payload]] = {}

    def routes(self) -> list[tuple[str, str, str, Any]]:
        """Return name, method, path and handler of every route."""
        message = "/channels/{channel_id}/messages/{message_id}"
        hook = "/webhooks/{webhook_id}/{webhook_token}"
        callback = "/interactions/{interaction_id}/{interaction_token}/callback"
        commands = "/applications/{application_id}/commands"
        return [
            ("me", "GET", "/users/@me", self.me),
            ("application", "GET", "/oauth2/applications/@me", self.application),
            ("gateway", "GET", "/gateway", self.gateway),
            ("gateway_bot", "GET", "/gateway/bot", self.gateway_bot),
            ("commands", "PUT", commands, self.set_commands),
            ("list_commands", "GET", commands, self.list_commands),
            ("callback", "POST", callback, self.callback),
            ("follow_up", "POST", hook, self.follow_up),
            ("original", "GET", f"{hook}/messages/@original", self.get_hook),
            ("edit_original", "PATCH", f"{hook}/messages/@original", self.edit_hook),
            ("delete_original", "DELETE", f"{hook}/messages/@original", self.delete_hook),
            ("hook_message", "GET", f"{hook}/messages/{{message_id}}", self.get_hook),
            ("edit_hook", "PATCH", f"{hook}/messages/{{message_id}}", self.edit_hook),
            ("delete_hook", "DELETE", f"{hook}/messages/{{message_id}}", self.delete_hook),
            ("post", "POST", "/channels/{channel_id}/messages", self.post),
            ("history", "GET", "/channels/{channel_id}/messages", self.history),
            ("message", "GET", message, self.message),
            ("edit", "PATCH", message, self.edit),
            ("delete", "DELETE", message, self.delete),
            ("channel", "GET", "/channels/{channel_id}", self.channel),
            ("typing", "POST", "/channels/{channel_id}/typing", self.typing),
            ("thread", "POST", "/channels/{channel_id}/threads", self.thread),
            ("thread_on", "POST", f"{message}/threads", self.thread),
            ("direct", "POST", "/users/@me/channels", self.direct),
            ("user", "GET", "/users/{user_id}", self.user),
        ]

    # --- who and where ----------------------------------------------------------------------

    async def me(self, request: web.Request, sent: Sent) -> tuple[int, Any]:
        return 200, {**self._world.bot, "mfa_enabled": False, "locale": "en-US"}

    async def application(self, request, sent):
        return 200, self._world.application

    async def gateway(self, request, sent):
        return 200, {"url": self._server.gateway_url}

    async def gateway_bot(self, request, sent):
        limit = {"total": 1000, "remaining": 1000, "reset_after": 0, "max_concurrency": 1}
        shards = self._server.shards
        return 200, {
            "url": self._server.gateway_url,
            "shards": shards,
            "session_start_limit": limit,
        }

    async def set_commands(self, request, sent):
        now = self._world.flake()
        made = []
        for command in sent.body:
            given = {name: value for name, value in command.items() if value is not None}
            known = {"description": "", "type": 1, "default_member_permissions": None, **given}
            ids = {"id": self._world.flake(), "application_id": self._world.application["id"]}
            if known["default_member_permissions"] is not None:
                known["default_member_permissions"] = str(known["default_member_permissions"])
            made.append({**known, **ids, "version": now})
        self._world.commands = made
        return 200, made

    async def list_commands(self, request, sent):
        return 200, self._world.commands

    async def user(self, request, sent):
        found = self._world.users.get(request.match_info["user_id"])
        if found is None:
            raise unknown(10013, "User")
        return 200, found

    async def channel(self, request, sent):
        return 200, self._channel(request, VIEW)

    async def typing(self, request, sent):
        self._channel(request, SEND)
        return 204, None

    async def direct(self, request, sent):
        who = self._world.users.get(str(sent.body["recipient_id"]))
        if who is None:
            raise unknown(10013, "User")
        return 200, self._world.direct(who)

    async def thread(self, request, sent):
        parent = self._channel(request, SEND)
        return 201, self._world.thread(parent, sent.body["name"])

    def _channel(self, request: web.Request, permission: int) -> Payload:
        found = self._world.channels.get(request.match_info["channel_id"])
        if found is None:
            raise unknown(10003, "Channel")
        if self._world.lacks(found["id"], VIEW):
            raise Refused(403, 50001, "Missing Access")
        if permission and self._world.lacks(found["id"], permission):
            raise Refused(403, 50013, "Missing Permissions")
        if found["type"] == 1 and found["recipients"][0]["id"] in self._world.closed_doors:
            raise Refused(403, 50007, "Cannot send messages to this user")
        return found

    # --- messages ---------------------------------------------------------------------------

    async def post(self, request, sent):
        place = self._channel(request, SEND)
        if sent.files and self._world.lacks(place["id"], ATTACH):
            raise Refused(403, 50013, "Missing Permissions")
        nonce = sent.body.get("nonce")
        if nonce is not None and sent.body.get("enforce_nonce"):
            before = self._nonces.get((place["id"], str(nonce)))
            if before is not None and self._world.now() - before[0] < NONCE_LASTS:
                return 200, before[1]
        world = self._world
        made = payloads.message(world.flake(), place["id"], world.bot, world.now())
        reference = sent.body.get("message_reference")
        if reference is not None:
            self._refer(made, place, reference)
        writing.write(world, self._server.origin, made, sent.body, sent.files)
        if nonce is not None:
            made["nonce"] = str(nonce)
            self._nonces[place["id"], str(nonce)] = (world.now(), made)
        world.messages[place["id"]][made["id"]] = made
        world.tell("MESSAGE_CREATE", world.message_event(made), place.get("guild_id"))
        return 200, made

    def _refer(self, made: Payload, place: Payload, reference: Payload) -> None:
        known = self._world.messages[place["id"]].get(str(reference["message_id"]))
        if known is None and reference.get("fail_if_not_exists", True):
            raise writing.form("Unknown message")
        if known is not None:
            made["type"] = 19
            made["message_reference"] = {
                "type": 0,
                "channel_id": place["id"],
                "message_id": known["id"],
            }

    async def history(self, request, sent):
        place = self._channel(request, HISTORY)
        found = self._world.in_channel(place)
        after, before = request.query.get("after"), request.query.get("before")
        limit = int(request.query.get("limit", 50))
        if after is not None:
            found = [m for m in found if int(m["id"]) > int(after)][:limit]
        else:
            found = [m for m in found if before is None or int(m["id"]) < int(before)][-limit:]
        return 200, [self._without_nonce(m) for m in reversed(found)]

    async def message(self, request, sent):
        return 200, self._without_nonce(self._find(request, HISTORY)[1])

    @staticmethod
    def _without_nonce(message: Payload) -> Payload:
        """Nonces are told with the creation only."""
        return {name: value for name, value in message.items() if name != "nonce"}

    async def edit(self, request, sent):
        _, found = self._find(request, 0)
        if found["author"]["id"] != self._world.bot["id"]:
            raise Refused(403, 50005, "Cannot edit a message authored by another user")
        writing.write(self._world, self._server.origin, found, sent.body, sent.files)
        writing.edited(self._world, found)
        return 200, self._without_nonce(found)

    async def delete(self, request, sent):
        place, found = self._find(request, 0)
        own = found["author"]["id"] == self._world.bot["id"]
        if not own and self._world.lacks(place["id"], MANAGE_MESSAGES):
            raise Refused(403, 50013, "Missing Permissions")
        self._world.delete(place["id"], found["id"])
        return 204, None

    def _find(self, request: web.Request, permission: int) -> tuple[Payload, Payload]:
        place = self._channel(request, permission)
        found = self._world.messages[place["id"]].get(request.match_info["message_id"])
        if found is None:
            raise unknown(10008, "Message")
        return place, found

    # --- interactions -----------------------------------------------------------------------

    async def callback(self, request, sent):
        flake, token = request.match_info["interaction_id"], request.match_info["interaction_token"]
        found, message = self._interactions.respond(flake, token, sent.body, sent.files)
        if request.query.get("with_response") not in {"1", "true"}:
            return 204, None
        told: Payload = {"interaction": {"id": found.id, "type": found.kind}}
        if message is not None:
            told["interaction"] |= {
                "response_message_id": message["id"],
                "response_message_loading": bool(message["flags"] & payloads.LOADING),
                "response_message_ephemeral": bool(message["flags"] & payloads.EPHEMERAL),
            }
            told["resource"] = {"type": sent.body["type"], "message": message}
            if sent.body["type"] in (5, 6):
                told["resource"]["type"] = 4 if sent.body["type"] == 5 else 7
        return 200, told

    async def follow_up(self, request, sent):
        token = request.match_info["webhook_token"]
        return 200, self._interactions.follow_up(token, sent.body, sent.files)

    async def get_hook(self, request, sent):
        return 200, self._interactions.message(*self._hook(request))[1]

    async def edit_hook(self, request, sent):
        return 200, self._interactions.edit(*self._hook(request), sent.body, sent.files)

    async def delete_hook(self, request, sent):
        self._interactions.delete(*self._hook(request))
        return 204, None

    @staticmethod
    def _hook(request: web.Request) -> tuple[str, str]:
        known = request.match_info
        return known["webhook_token"], known.get("message_id", "@original")
