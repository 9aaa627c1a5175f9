"""A fake Matrix homeserver on 127.0.0.1, as much of it as an adapter needs."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

from tests.fakes.journal import json_of
from tests.fakes.server import FakeServer

V3 = "/_matrix/client/v3"


@dataclass
class Room:
    """A room: what was said in it, oldest first. A position is a number of events."""

    id: str
    members: int = 3
    events: list[dict[str, Any]] = field(default_factory=list)


class FakeMatrix(FakeServer):
    """A homeserver with one room and one bot account.

    Routes for `fail` and in the journal: sync, send, redact, event, upload, messages, whoami.
    """

    def __init__(self, user: str = "@painter:127.0.0.1") -> None:
        super().__init__()
        self.user = user
        self.token = "a token"
        self.room = Room("!pictures:127.0.0.1")
        self.uploads: dict[str, bytes] = {}
        self._sent: dict[str, str] = {}
        """Ids of events by the transaction they came with."""
        self._said = asyncio.Event()

    def add_routes(self, app: web.Application) -> None:
        """Add what the adapter asks for."""
        room = f"{V3}/rooms/{{room}}"
        app.add_routes(
            [
                web.get(f"{V3}/sync", self.sync, name="sync"),
                web.get(f"{V3}/account/whoami", self.whoami, name="whoami"),
                web.put(f"{room}/send/{{kind}}/{{transaction}}", self.send, name="send"),
                web.put(f"{room}/redact/{{event}}/{{transaction}}", self.redact, name="redact"),
                web.get(f"{room}/event/{{event}}", self.event, name="event"),
                web.get(f"{room}/messages", self.messages, name="messages"),
                web.post("/_matrix/media/v3/upload", self.upload, name="upload"),
            ]
        )

    async def hang_up(self) -> None:
        """End the long polls."""
        self._said.set()

    # --- what people do ---------------------------------------------------------------------

    def say(
        self, sender: str, text: str, *, reply_to: str | None = None, notice: bool = False
    ) -> str:
        """Let somebody write into the room; return the event's id."""
        content: dict[str, Any] = {"msgtype": "m.notice" if notice else "m.text", "body": text}
        if reply_to is not None:
            content["m.relates_to"] = {"m.in_reply_to": {"event_id": reply_to}}
        return self._add(sender, "m.room.message", content)

    def redact_event(self, event: str, *, sender: str, told: bool = True) -> None:
        """Delete what somebody said; without `told` nobody hears of it."""
        for one in self.room.events:
            if one["event_id"] == event:
                one["content"] = {}
                one["unsigned"] = {
                    "redacted_because": {"sender": sender, "type": "m.room.redaction"}
                }
        if told:
            self._add(sender, "m.room.redaction", {}, redacts=event)

    def repeat(self, event: str) -> None:
        """Deliver an event once more."""
        again = next(one for one in self.room.events if one["event_id"] == event)
        self.room.events.append(again)
        self._said.set()

    def answers(self, event: str) -> list[dict[str, Any]]:
        """Return the bot's answers to an event, oldest first, without deleted ones."""
        return [
            one
            for one in self.room.events
            if one["sender"] == self.user
            and one["content"].get("m.relates_to", {}).get("m.in_reply_to", {}).get("event_id")
            == event
        ]

    def _add(self, sender: str, kind: str, content: dict[str, Any], **more: Any) -> str:
        number = f"$event{len(self.room.events)}"
        self.room.events.append(
            {
                "event_id": number,
                "type": kind,
                "sender": sender,
                "content": content,
                "origin_server_ts": int(time.time() * 1000),
                **more,
            }
        )
        self._said.set()
        return number

    # --- what the bot asks ------------------------------------------------------------------

    async def whoami(self, _request: web.Request) -> web.Response:
        return web.json_response({"user_id": self.user, "device_id": "A"})

    async def sync(self, request: web.Request) -> web.Response:
        """Tell what was said since a position; wait a while for something to be."""
        since, events = int(request.query.get("since", 0)), self.room.events
        if since >= len(events) and "since" in request.query:
            self._said.clear()
            seconds = int(request.query.get("timeout", 0)) / 1000
            try:
                await asyncio.wait_for(self._said.wait(), seconds)
            except TimeoutError:
                pass
        if "since" not in request.query:
            since = len(events)
        timeline = {"events": events[since:], "limited": False, "prev_batch": str(since)}
        joined = {
            self.room.id: {
                "timeline": timeline,
                "state": {"events": []},
                "ephemeral": {"events": []},
                "account_data": {"events": []},
                "summary": {"m.joined_member_count": self.room.members},
            }
        }
        rooms = {"join": joined if events[since:] else {}, "invite": {}, "leave": {}}
        return web.json_response(
            {
                "next_batch": str(len(events)),
                "rooms": rooms,
                "device_one_time_keys_count": {},
                "to_device": {"events": []},
                "presence": {"events": []},
            }
        )

    async def send(self, request: web.Request) -> web.Response:
        """Take an event; one that came with the same transaction before is the same."""
        transaction = request.match_info["transaction"]
        if transaction not in self._sent:
            kind = request.match_info["kind"]
            self._sent[transaction] = self._add(self.user, kind, await request.json())
        return web.json_response({"event_id": self._sent[transaction]})

    async def redact(self, request: web.Request) -> web.Response:
        self.redact_event(request.match_info["event"], sender=self.user)
        return web.json_response({"event_id": self.room.events[-1]["event_id"]})

    async def event(self, request: web.Request) -> web.Response:
        wanted = request.match_info["event"]
        found = next((one for one in self.room.events if one["event_id"] == wanted), None)
        if found is None:
            problem = {"errcode": "M_NOT_FOUND", "error": "There is no such event."}
            return web.json_response(problem, status=404)
        return web.json_response({"room_id": self.room.id, **found})

    async def messages(self, request: web.Request) -> web.Response:
        end, start = int(request.query["from"]), int(request.query.get("to", 0))
        chunk = self.room.events[start:end][::-1]
        return web.json_response({"chunk": chunk, "start": str(end)})

    async def upload(self, request: web.Request) -> web.Response:
        number = f"mxc://127.0.0.1/{len(self.uploads)}"
        self.uploads[number] = await request.read()
        return web.json_response({"content_uri": number})

    async def body_of(self, request: web.Request) -> Any:
        """Keep what is said."""
        return await json_of(request) if self.name_of(request) == "send" else None

    async def respond(
        self, route: str, request: web.Request, handler: Callable[..., Any]
    ) -> web.StreamResponse:
        """Answer those who have the token."""
        if request.headers.get("Authorization") != f"Bearer {self.token}":
            problem = {"errcode": "M_UNKNOWN_TOKEN", "error": "Who are you?"}
            return web.json_response(problem, status=401)
        return await super().respond(route, request, handler)
