"""Where forms are received: who sent them, whether they are genuine, what they say."""

from __future__ import annotations

import hashlib
import re
import secrets
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus

from aiohttp import web

from common.texts import say
from web.chat.room import Room
from web.chat.store import Message, Visitor
from web.door.guard import Guard
from web.door.identity import Seal
from web.door.limits import AddressLimit
from web.door.problems import Problem
from web.door.tongue import asked_for

COOKIE = "visitor"
COOKIE_SECONDS = 400 * 24 * 3600
TEXT_LENGTH = 4000
NICKNAME_LENGTH = 40
FORM_TYPE = "application/x-www-form-urlencoded"
MINUTE = 60
_TOKEN = re.compile(r"[A-Za-z0-9_-]{16,64}")
_NUMBER = re.compile(r"[0-9]{1,9}")


@dataclass(frozen=True, slots=True)
class Form:
    """A genuine form. Every field is checked but what `text` asks for."""

    visitor: str
    token: str
    fields: dict[str, str]
    all: Mapping[str, Sequence[str]]
    """Every field with all its values: boxes of one name may be ticked together."""
    language: str | None = None
    """What the browser asks for, of the languages answers are in."""

    @property
    def text(self) -> str:
        """What was typed, with plain line breaks."""
        typed = self.fields.get("text", "").replace("\r\n", "\n").replace("\0", "")
        return typed.strip()


def read_number(text: str | None) -> int | None:
    """Return a message or picture id from outside, None if it is none."""
    return int(text) if text and _NUMBER.fullmatch(text) else None


def clean_nickname(text: str) -> str:
    """Return a name without line breaks, control and direction marks, short enough to show."""
    kept = "".join(c for c in text if not unicodedata.category(c).startswith("C") or c.isspace())
    return " ".join(kept.split())[:NICKNAME_LENGTH].strip()


class Desk:
    """Receives forms for a room. Raises Problem where they cannot be taken."""

    def __init__(
        self,
        room: Room,
        seal: Seal,
        guard: Guard,
        limit: AddressLimit,
        new_token: Callable[[], str] = secrets.token_urlsafe,
    ) -> None:
        self.seal = seal
        self.new_token = new_token
        self._room = room
        self._guard = guard
        self._limit = limit

    def visitor(self, request: web.Request) -> str | None:
        """Return the id of who asks, None for somebody new."""
        return self.seal.visitor(request.cookies.get(COOKIE, ""))

    def remember(self, response: web.Response, visitor: str) -> None:
        """Let the browser keep who it is."""
        response.set_cookie(
            COOKIE,
            self.seal.cookie(visitor),
            max_age=COOKIE_SECONDS,
            httponly=True,
            samesite="Lax",
            secure=self._guard.secure,
        )

    def own_page(self, page: str, visitor: str, status: HTTPStatus = HTTPStatus.OK) -> web.Response:
        """Return a page that was made for one visitor, and let the browser keep who it is."""
        response = web.Response(text=page, content_type="text/html", status=status)
        self.remember(response, visitor)
        # it carries this visitor's form token
        response.headers["Cache-Control"] = "private, no-store"
        return response

    async def nickname(self, visitor: str) -> str:
        """Return the name a visitor goes by; a made-up one until they choose."""
        number = int.from_bytes(hashlib.sha256(visitor.encode()).digest()[:2], "big") % 900 + 100
        return await self._room.nickname(visitor) or say("web.guest", number=number)

    async def receive(self, request: web.Request) -> Form:
        """Read a form and make sure that it comes from a page we made for this visitor."""
        self._guard.check_origin(request)
        if request.content_type != FORM_TYPE:
            raise web.HTTPUnsupportedMediaType
        sent: dict[str, list[str]] = {}
        for name, value in (await request.post()).items():
            if isinstance(value, str):
                sent.setdefault(name, []).append(value)
        fields = {name: values[-1] for name, values in sent.items()}
        visitor = self.visitor(request)
        if visitor is None or not self.seal.accepts(visitor, fields.get("form", "")):
            raise Problem(HTTPStatus.FORBIDDEN, "web.form_refused")
        if not _TOKEN.fullmatch(fields.get("token", "")):
            raise Problem(HTTPStatus.BAD_REQUEST, "web.bad_form")
        return Form(visitor, fields["token"], fields, sent, asked_for(request))

    async def author(self, form: Form) -> Visitor:
        """Return who wrote a form, with the name chosen in it."""
        chosen = clean_nickname(form.fields.get("nickname", ""))
        name = chosen or await self.nickname(form.visitor)
        return Visitor(form.visitor, name, form.language)

    async def parent(self, form: Form) -> Message | None:
        """Return the bot's message a form replies to, None if it replies to none."""
        if not form.fields.get("parent"):
            return None
        number = read_number(form.fields["parent"])
        message = await self._room.message(number) if number else None
        if message is None or message.author is not None:
            raise Problem(HTTPStatus.BAD_REQUEST, "web.no_parent")
        return message

    async def pressed(self, form: Form) -> tuple[Message, str]:
        """Return the bot's message whose button was pressed, and what the button says."""
        number, _, words = form.fields.get("press", "").partition(" ")
        wanted = read_number(number)
        message = await self._room.message(wanted) if wanted else None
        if message is not None:
            styles = {f"style: {name}" for name in message.suggestions}
            varied = {f"vary {picture.number}" for picture in message.pictures}
            if words in styles.union(message.follow_ups, varied):
                return message, words
        raise Problem(HTTPStatus.BAD_REQUEST, "web.no_button")

    def named(self, form: Form) -> int:
        """Return the id of the message a form is about."""
        number = read_number(form.fields.get("message"))
        if number is None:
            raise Problem(HTTPStatus.BAD_REQUEST, "web.bad_form")
        return number

    def check_text(self, text: str) -> None:
        """Refuse what is empty or too long."""
        if not text:
            raise Problem(HTTPStatus.BAD_REQUEST, "web.empty")
        if len(text) > TEXT_LENGTH:
            length = len(text)
            raise Problem(HTTPStatus.BAD_REQUEST, "web.too_long", length=length, limit=TEXT_LENGTH)

    def count(self, request: web.Request) -> None:
        """Count a request for the network it comes from; refuse one too many."""
        seconds = self._limit.take(self._guard.address(request))
        if not seconds:
            return
        if seconds < 2 * MINUTE:
            when = say("web.in_seconds", seconds=seconds)
        else:
            when = say("web.in_minutes", minutes=-(-seconds // MINUTE))
        raise Problem(HTTPStatus.TOO_MANY_REQUESTS, "web.too_many", retry_after=seconds, when=when)
