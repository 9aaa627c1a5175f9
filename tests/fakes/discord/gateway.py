"""The gateway: identify, heartbeat, RESUME with replay, INVALID_SESSION, and being cut off."""

from __future__ import annotations

import asyncio
import contextlib
import json
import secrets
from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from aiohttp import WSMsgType, web

from tests.fakes.discord.payloads import Payload

if TYPE_CHECKING:
    from tests.fakes.discord.server import FakeDiscord

DISPATCH, HEARTBEAT, IDENTIFY, RESUME = 0, 1, 2, 6
RECONNECT, INVALID_SESSION, HELLO, HEARTBEAT_ACK = 7, 9, 10, 11
PRIVILEGED = (1 << 1) | (1 << 8) | (1 << 15)
UNKNOWN_TOKEN, DISALLOWED_INTENTS = 4004, 4014


@dataclass(eq=False)
class Session:
    """What a client opened with IDENTIFY and may RESUME."""

    id: str
    shard: tuple[int, int]
    intents: int
    sequence: int = 0
    sent: deque[tuple[int, Payload]] = field(default_factory=lambda: deque(maxlen=1000))
    socket: web.WebSocketResponse | None = None
    heard: int = 0
    """Number of the last event the client has said it has."""


class Gateway:
    """All sessions, and what a test does to them."""

    def __init__(self, server: FakeDiscord) -> None:
        self._server = server
        self.sessions: dict[str, Session] = {}
        self.allowed_intents = ~PRIVILEGED
        self.refuse = 0
        """Connections to refuse before the next is taken."""
        self.silent = False
        """Connections are taken, and nothing is said to them."""
        self.left_waiting = 0
        """Connections to which nothing was said."""
        self.heartbeats = 0
        self.identified = 0
        self.resumed = 0
        self._tasks: set[asyncio.Task[None]] = set()

    def tell(self, event: str, payload: Payload, guild_id: str | None) -> None:
        """Send an event to the shard it belongs to."""
        for session in self.sessions.values():
            number, count = session.shard
            if (int(guild_id) >> 22) % count == number if guild_id else number == 0:
                self._dispatch(session, event, payload)

    async def drop(self, code: int = 4000) -> None:
        """Cut all connections with a close code."""
        for session in list(self.sessions.values()):
            socket, session.socket = session.socket, None  # the session outlives it
            if socket is not None:
                await socket.close(code=code)

    async def invalidate(self, *, resumable: bool = False) -> None:
        """Tell every client that its session is worth nothing any more."""
        for session in list(self.sessions.values()):
            if not resumable:
                del self.sessions[session.id]
            if session.socket is not None:
                await session.socket.send_json({"op": INVALID_SESSION, "d": resumable})

    async def heard_all(self) -> bool:
        """Ask for heartbeats; tell whether somebody is there and has heard all that was said."""
        there = [one for one in self.sessions.values() if one.socket is not None]
        if there and all(one.heard == one.sequence for one in there):
            return True
        for session in there:
            await self._send(session.socket, {"op": HEARTBEAT, "d": None})
        return False

    async def ask_to_reconnect(self) -> None:
        for session in self.sessions.values():
            if session.socket is not None:
                await session.socket.send_json({"op": RECONNECT, "d": None})

    # --- one connection ---------------------------------------------------------------------

    async def connect(self, request: web.Request) -> web.StreamResponse:
        if self.refuse > 0:
            self.refuse -= 1
            return web.Response(status=503)
        socket = web.WebSocketResponse(heartbeat=None)
        await socket.prepare(request)
        session: Session | None = None
        await self._greet(socket)
        async for frame in socket:
            if frame.type is not WSMsgType.TEXT:
                break
            said = json.loads(frame.data)
            match said["op"]:
                case 1:
                    self.heartbeats += 1
                    if session is not None:
                        session.heard = said["d"] or 0
                    await socket.send_json({"op": HEARTBEAT_ACK})
                case 2:
                    session = await self._identify(socket, said["d"])
                case 6:
                    session = await self._resume(socket, said["d"])
        if session is not None and session.socket is socket:
            session.socket = None
            if socket.close_code in (1000, 1001):  # the client has left for good
                self.sessions.pop(session.id, None)
        return socket

    async def _greet(self, socket: web.WebSocketResponse) -> None:
        if self.silent:
            self.left_waiting += 1
        else:
            await socket.send_json({"op": HELLO, "d": {"heartbeat_interval": 41250}})

    async def _identify(self, socket: web.WebSocketResponse, said: Payload) -> Session | None:
        self.identified += 1
        if said["token"] != self._server.token:
            await socket.close(code=UNKNOWN_TOKEN)
            return None
        if said["intents"] & ~self.allowed_intents:
            await socket.close(code=DISALLOWED_INTENTS)
            return None
        shard = tuple(said.get("shard", (0, 1)))
        session = Session(secrets.token_hex(8), shard, said["intents"], socket=socket)
        self.sessions[session.id] = session
        world = self._server.world
        mine = [g for g in world.guilds.values() if (int(g["id"]) >> 22) % shard[1] == shard[0]]
        ready = {
            "v": 10,
            "user": world.bot,
            "guilds": [{"id": guild["id"], "unavailable": True} for guild in mine],
            "session_id": session.id,
            "resume_gateway_url": self._server.gateway_url,
            "shard": list(shard),
            "application": {"id": world.application["id"], "flags": 0},
        }
        self._dispatch(session, "READY", ready)
        for guild in mine:
            self._dispatch(session, "GUILD_CREATE", world.guild_event(guild))
        return session

    async def _resume(self, socket: web.WebSocketResponse, said: Payload) -> Session | None:
        session = self.sessions.get(said["session_id"])
        if session is None or said["token"] != self._server.token:
            await socket.send_json({"op": INVALID_SESSION, "d": False})
            return None
        self.resumed += 1
        session.socket = socket
        for number, frame in list(session.sent):
            if number > said["seq"]:
                await socket.send_json(frame)
        self._dispatch(session, "RESUMED", {})
        return session

    def _dispatch(self, session: Session, event: str, payload: Payload) -> None:
        session.sequence += 1
        frame = {"op": DISPATCH, "t": event, "s": session.sequence, "d": payload}
        frozen: Any = json.loads(json.dumps(frame))
        session.sent.append((session.sequence, frozen))
        if session.socket is not None and not session.socket.closed:
            task = asyncio.ensure_future(self._send(session.socket, frozen))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _send(self, socket: web.WebSocketResponse, frame: Payload) -> None:
        with contextlib.suppress(ConnectionError, RuntimeError):
            await socket.send_json(frame)
