"""Matrix: rooms are followed with /sync, answers are replies with pictures before them."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Collection, Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from io import BytesIO
from typing import Any, Self

import nio
import structlog
from pydantic import Field

from common import model
from common.config import Secret, Section, read_account
from common.errors import PlatformBusy, PlatformError, PlatformRefused, StartupError
from common.model import Audience, Incoming, IncomingKind, Outcome, Part, Person, Place
from request.adapter import Capabilities
from request.lending import Services

log = structlog.get_logger()

LONG_POLL_MS = 20_000
PAUSE = 5.0
MOST_PAGES = 20
FILTER = {"room": {"timeline": {"limit": 100}}, "presence": {"types": []}}
HISTORY = {"room": {"timeline": {"limit": 0}}}
PARTS = "org.hordebots.pictures"
"""Field of an answer: ids of the messages with its pictures."""
FOR_GOOD = frozenset({"M_FORBIDDEN", "M_NOT_FOUND", "M_TOO_LARGE", "M_UNKNOWN_TOKEN"})


class MatrixSection(Section):
    """An account on a Matrix server."""

    url: str = Field(pattern=r"^https?://", description="Address of its homeserver.")
    user: str = Field(pattern=r"^@[^:]+:.+$", description="Its id, such as @painter:matrix.org.")
    token: Secret = Field(description="Its access token.")


class MatrixAdapter:
    """One account on a Matrix server. Ids are those of events; rooms are communities."""

    capabilities = Capabilities(
        text_length=10_000, pictures_per_reply=20, picture_bytes=20_000_000, reply_timeout=40.0
    )

    def __init__(self, name: str, section: MatrixSection, services: Services) -> None:
        self.name = name
        self._section = section
        self._services = services
        patience = nio.AsyncClientConfig(max_limit_exceeded=0, max_timeouts=0, request_timeout=30)
        self._client = nio.AsyncClient(section.url, section.user, config=patience)
        self._client.access_token = section.token.get_secret_value()
        self._client.user_id = section.user
        local, _, server = section.user[1:].partition(":")
        called = rf"\A\s*@?{re.escape(local)}(?::{re.escape(server)})?(?:[:,]|\b)\s*"
        self._name = re.compile(called, re.IGNORECASE)

    @classmethod
    async def build(cls, name: str, section: Mapping[str, Any], services: Services) -> Self:
        """Check the section and the token. A server that is down is asked again later."""
        adapter = cls(name, read_account(MatrixSection, name, section), services)
        try:
            await adapter._ask(adapter._client.whoami(), nio.WhoamiResponse)
        except PlatformRefused as error:
            await adapter.close()
            raise StartupError("startup.failed", problem=error) from error
        except PlatformError as error:
            log.warning("account_unreachable", account=name, problem=str(error))
        return adapter

    async def _ask(self, call: Any, kind: type) -> Any:
        """Do a call; translate what went wrong."""
        try:
            answer = await call
        except (OSError, TimeoutError, nio.ProtocolError) as error:
            raise PlatformError(platform=self.name, problem=repr(error)) from error
        if isinstance(answer, kind):
            return answer
        code, said = getattr(answer, "status_code", ""), str(answer)
        if code == "M_LIMIT_EXCEEDED":
            wait = (getattr(answer, "retry_after_ms", None) or 5000) / 1000
            raise PlatformBusy(platform=self.name, retry_after=wait)
        failure = PlatformRefused if code in FOR_GOOD else PlatformError
        raise failure(platform=self.name, problem=said)

    async def listen(self) -> AsyncIterator[Incoming]:
        """Yield what is said to the bot; the position in /sync is kept with the last of it."""
        since = await self._services.cursors.read(self.name)
        while True:
            try:
                since = since or await self._begin()
                call = self._client.sync(LONG_POLL_MS, FILTER, since=since)
                sync = await self._ask(call, nio.SyncResponse)
                for room in sync.rooms.invite:
                    await self._client.join(room)
                heard = [one async for one in self._heard(sync, since)]
            except PlatformError as error:
                log.warning("platform_unreachable", account=self.name, problem=str(error))
                await asyncio.sleep(error.retry_after if isinstance(error, PlatformBusy) else PAUSE)
                continue
            since = sync.next_batch
            for incoming in heard[:-1]:
                yield incoming
            for incoming in heard[-1:]:
                yield replace(incoming, cursor=since)

    async def _begin(self) -> str:
        """Return where the account starts: what was said before is history."""
        sync = await self._ask(self._client.sync(0, HISTORY), nio.SyncResponse)
        await self._services.cursors.begin(self.name, sync.next_batch)
        return str(sync.next_batch)

    async def _heard(self, sync: nio.SyncResponse, since: str) -> AsyncIterator[Incoming]:
        for room, info in sync.rooms.join.items():
            events = list(info.timeline.events)
            if info.timeline.limited and info.timeline.prev_batch:
                events = await self._missed(room, info.timeline.prev_batch, since) + events
            for event in events:
                if incoming := await self._incoming(room, event):
                    yield incoming

    async def _missed(self, room: str, start: str, since: str) -> list[nio.Event]:
        """Return what was said in a room between two positions, oldest first."""
        found: list[nio.Event] = []
        for _ in range(MOST_PAGES):
            call = self._client.room_messages(room, start, since, limit=100)
            page = await self._ask(call, nio.RoomMessagesResponse)
            found += page.chunk
            if not (start := page.end):
                break
        return found[::-1]

    async def _incoming(self, room: str, event: nio.Event) -> Incoming | None:
        """Return what somebody said to the bot. Bots say notices, which are not heard."""
        if event.sender == self._section.user:
            return None
        heard = Incoming(
            place=Place(self.name, room),
            event=event.event_id,
            person=Person(event.sender, event.sender[1:].partition(":")[0]),
            text="",
            created=datetime.fromtimestamp(event.server_timestamp / 1000, UTC),
            context={"room": room},
        )
        if isinstance(event, nio.RedactionEvent):
            return replace(heard, event=event.redacts, kind=IncomingKind.DELETION)
        if not isinstance(event, nio.RoomMessageText):
            return None
        parent, known = _answered(event.source), self._client.rooms.get(room)
        called = self._section.user in _mentioned(event.source) or self._name.match(event.body)
        alone = known is not None and known.member_count <= 2
        if not called and not alone and not await self._is_own(room, parent):
            return None
        return replace(
            heard,
            text=self._name.sub("", event.body),
            audience=Audience.PRIVATE if alone else Audience.PUBLIC,
            parent=parent,
        )

    async def _is_own(self, room: str, event: str | None) -> bool:
        with suppress(PlatformRefused):
            return (
                event is not None and (await self._event(room, event)).sender == self._client.user
            )
        return False

    async def _event(self, room: str, event: str) -> Any:
        call = self._client.room_get_event(room, event)
        return (await self._ask(call, nio.RoomGetEventResponse)).event

    async def acknowledge(self, incoming: Incoming, progress: model.Progress) -> None:
        """React to the request as a receipt."""
        del progress
        relation = {"rel_type": "m.annotation", "event_id": incoming.event, "key": "🎨"}
        await self._send(incoming, "m.reaction", {"m.relates_to": relation}, "seen")

    async def reply(self, incoming: Incoming, outcome: Outcome, part: Part) -> str:
        """Send the pictures of a part, then its text; sent twice they are there once."""
        del outcome
        shown = [await self._show(incoming, part, picture) for picture in part.pictures]
        content = {
            "msgtype": "m.notice",
            "body": part.text,
            "m.mentions": {"user_ids": [incoming.person.id]},
            "m.relates_to": {"m.in_reply_to": {"event_id": incoming.event}},
            PARTS: shown,
        }
        return await self._send(incoming, "m.room.message", content, str(part.number))

    async def _show(self, incoming: Incoming, part: Part, picture: model.Picture) -> str:
        data = await asyncio.to_thread(picture.path.read_bytes)
        name = f"{picture.number}.{picture.mime.rpartition('/')[2]}"
        call = self._client.upload(BytesIO(data), picture.mime, name, filesize=len(data))
        kept = await self._ask(_first(call), nio.UploadResponse)
        info = {"mimetype": picture.mime, "w": picture.width, "h": picture.height}
        content = {"msgtype": "m.image", "body": picture.alt, "filename": name, "info": info}
        content["url"] = kept.content_uri
        number = f"{part.number}-{picture.number}"
        return await self._send(incoming, "m.room.message", content, number)

    async def _send(self, incoming: Incoming, kind: str, content: Any, number: str) -> str:
        """Send an event; the same number to the same request is the same event."""
        transaction = f"{incoming.event}-{number}".replace("/", "_")
        call = self._client.room_send(incoming.context["room"], kind, content, transaction)
        return str((await self._ask(call, nio.RoomSendResponse)).event_id)

    async def find_own_reply(
        self, incoming: Incoming, part: int, known: Collection[str] = ()
    ) -> str | None:
        """Say if the request is gone; what was sent already is not sent again, so no more."""
        del part, known
        asked = await self._event(incoming.context["room"], incoming.event)
        if "redacted_because" in asked.source.get("unsigned", {}):
            raise PlatformRefused(platform=self.name, problem="the request was deleted")
        return None

    async def remove(self, incoming: Incoming, post: str) -> None:
        """Take an answer and its pictures back."""
        room = incoming.context["room"]
        answer = await self._event(room, post)
        for event in (*answer.source.get("content", {}).get(PARTS, ()), post):
            await self._ask(self._client.room_redact(room, event), nio.RoomRedactResponse)

    async def close(self) -> None:
        """Release the connection."""
        await self._client.close()


async def _first(call: Any) -> Any:
    return (await call)[0]


def _answered(source: Mapping[str, Any]) -> str | None:
    """Return the id of the event that one replies to."""
    relation = source.get("content", {}).get("m.relates_to", {})
    parent = relation.get("m.in_reply_to", {}).get("event_id")
    return parent if isinstance(parent, str) else None


def _mentioned(source: Mapping[str, Any]) -> list[Any]:
    users = source.get("content", {}).get("m.mentions", {}).get("user_ids")
    return users if isinstance(users, list) else []
