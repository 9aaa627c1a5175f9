"""The pages and their fragments, from templates. Everything that people wrote is escaped."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from jinja2 import BytecodeCache, Environment, PackageLoader, StrictUndefined
from jinja2.bccache import Bucket
from jinja2.utils import urlize
from markupsafe import Markup, escape

from common.model import Progress
from common.texts import TYPED, Line, language, say
from web.chat.store import Message, ShownPicture, Thread
from web.standing import is_over, stand

TINTS = 6


@dataclass(frozen=True, slots=True)
class Reader:
    """For whom a page is made."""

    id: str
    nickname: str
    form_token: str
    press_token: str
    """Goes with the next button pressed."""


@dataclass(frozen=True, slots=True)
class Tokens:
    """What the forms of a page bring along."""

    form: str
    """Of the visitor: the form was made for them."""
    token: str
    """Of the one form, so that sending it twice does it once."""


@dataclass(frozen=True, slots=True)
class Draft:
    """What stands in the form."""

    token: str
    """Goes with the message, so that sending it twice writes it once."""
    text: str = ""
    parent: Message | None = None
    """The bot's message that is replied to."""
    problem: str = ""
    """Why it was not taken, in a sentence."""


@dataclass(frozen=True, slots=True)
class Scene:
    """What a page of the room shows."""

    threads: Sequence[Thread]
    draft: Draft
    latest: int
    """Highest message id when the page was made; live events go on from here."""
    older: int | None = None
    """Where the page before this one ends; None on the first."""
    is_now: bool = True
    """False on a page of older messages, to which nothing is added."""
    running: dict[int, Progress] = field(default_factory=dict)


class Compiled(BytecodeCache):
    """Templates that are compiled once for all rooms of the process."""

    def __init__(self) -> None:
        self._kept: dict[str, bytes] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        if bucket.key in self._kept:
            bucket.bytecode_from_string(self._kept[bucket.key])

    def dump_bytecode(self, bucket: Bucket) -> None:
        self._kept[bucket.key] = bucket.bytecode_to_string()


_COMPILED = Compiled()


class Pages:
    """Makes HTML. `about` is a line on what the Horde in use can draw.

    `ways` are the pages named at the foot of others: path, and code of the name.
    """

    def __init__(
        self,
        about: Line,
        clock: Callable[[], float],
        *,
        events_shown: bool = False,
        ways: Sequence[tuple[str, str]] = (),
    ) -> None:
        self._clock = clock
        environment = Environment(
            loader=PackageLoader("web"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            bytecode_cache=_COMPILED,
        )
        environment.filters |= {"tint": _tint, "iso": _iso, "readable": readable}
        environment.globals |= {
            "say": say,
            "language": language,
            "stand": stand,
            "is_over": self._is_over,
            "about": about,
            "events_shown": events_shown,
            "ways": ways,
        }
        self._get = environment.get_template

    def room(self, scene: Scene, reader: Reader) -> str:
        """Return the chat room."""
        examples = say("web.examples").splitlines()
        return self._get("room.html").render(scene=scene, reader=reader, examples=examples)

    def message(self, thread: Thread, running: dict[int, Progress], reader: Reader) -> str:
        """Return one thread on a page of its own."""
        return self._get("message.html").render(thread=thread, running=running, reader=reader)

    def copy(self, message: Message, reader: Reader) -> str:
        """Return an answer of elsewhere on a page of its own."""
        return self._get("copy.html").render(message=message, reader=reader)

    def gallery(self, shown: Sequence[ShownPicture], older: int | None, first: bool) -> str:
        """Return a page of pictures."""
        return self._get("gallery.html").render(pictures=shown, older=older, first=first)

    def render(self, template: str, **values: object) -> str:
        """Return a page of another part of the site."""
        return self._get(template).render(**values)

    def problem(self, title: str, sentence: str, way: tuple[str, str] | None = None) -> str:
        """Return a page that says what went wrong; `way` (path, code of its name) leads on."""
        return self._get("problem.html").render(title=title, sentence=sentence, way=way)

    def thread(self, thread: Thread, progress: Progress | None, reader: str) -> str:
        """Return the fragment of a thread, as `reader` (a visitor's id) sees it."""
        return str(self._fragments.thread(thread, progress, reader))

    def answer(self, message: Message, reader: str) -> str:
        """Return the fragment of one of the bot's messages, as `reader` sees it."""
        return str(self._fragments.answer(message, reader))

    def progress(self, progress: Progress) -> str:
        """Return the fragment that says how far a request is."""
        return str(self._fragments.progress(progress))

    @property
    def _fragments(self) -> Any:
        return self._get("fragments.html").module

    def _is_over(self, thread: Thread) -> bool:
        return is_over(thread, datetime.fromtimestamp(self._clock(), UTC))


def _iso(moment: float) -> str:
    """Return a Unix time as HTML wants it."""
    return datetime.fromtimestamp(moment, UTC).isoformat(timespec="seconds")


def readable(text: str) -> Markup:
    """Return what the bot says: what is to be typed as code, addresses as links, else escaped."""
    shown = Markup()
    for number, piece in enumerate(TYPED.split(text)):
        if number % 2:
            shown += Markup("<code>") + escape(piece.strip("`")) + Markup("</code>")
        else:
            shown += Markup(urlize(piece, rel="nofollow noopener ugc"))  # noqa: S704  (it escapes)
    return shown


def _tint(visitor: str) -> int:
    """Return which of the few colours of the page is this visitor's."""
    return zlib.crc32(visitor.encode()) % TINTS
