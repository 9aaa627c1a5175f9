"""Markdown of chat platforms: read as text, and text written so that it shows as it is. Pure."""

from __future__ import annotations

import html
import re
from collections.abc import Iterable
from dataclasses import dataclass

from common.texts import TYPED

_PUNCTUATION = r"!-'*-/:-@\[-`|~"
"""ASCII's but for brackets, for the inside of a regular expression's own: prompts escape those."""
_IMAGE = re.compile(r"!\[(?:[^\]\\]|\\.)*\]\(\s*<?([^\s)>]+)>?(?:\s+\"([^\"]*)\")?\s*\)")
_EMOJI = "emoji "
"""How the title of a picture begins that is an emoji (on Lemmy)."""
_LINK = re.compile(r"(?<!\\)\[((?:[^\[\]\\]|\\.)*)\]\(\s*<?([^\s)>]+)>?(?:\s+\"[^\"]*\")?\s*\)")
_ESCAPED = re.compile(rf"\\([{_PUNCTUATION}])")
_STRONG = re.compile(r"(\*\*|__)(?=\S)(.+?)(?<=\S)\1")
_STRUCK = re.compile(r"(?<!\\)~~(?=[^\s~])(?:.+?)(?<=[^\s\\~])~~ ?")
_VEILED = re.compile(r"(?<!\\)(?:>!(?=\S)(.+?)(?<=[^\s\\])!<|\|\|(?=[^\s|])(.+?)(?<=[^\s\\|])\|\|)")
"""What hides until it is clicked on: Reddit's, and Discord's."""
_RAISED = re.compile(r"(?<!\\)\^\(([^()\n]*)\)")
_FURNITURE = re.compile(
    r"^[^\S\n]*(?::::.*|(?:\*[^\S\n]*){3,}|(?:-[^\S\n]*){3,}|(?:_[^\S\n]*){3,})$", re.MULTILINE
)
"""Lines that are a box's edge, or a rule."""
_BREAK = re.compile(r"(?<!\\)<br\s*/?>", re.IGNORECASE)
_ADDRESS = re.compile(r"https?://[\w./?=&%#:~+-]+")
_KEPT = re.compile(rf"{_ADDRESS.pattern}|{TYPED.pattern}")
_LINE_START = re.compile(r"^(\s*)([-+=]|\d+(?=[.)])|:::)", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Dialect:
    """What a platform's markdown gives a meaning to."""

    special: str
    """Characters that mean something anywhere in a line."""
    pings: str = ""
    """Regular expression of what calls a person or a place; its last character is escaped."""


LEMMY = Dialect(special="\\`*_~^[]<>#|!@")
"""CommonMark, with `~sub~`, `^sup^`, tables and `@name@host`."""
REDDIT = Dialect(special="\\`*_~^[]<>#|!", pings=r"\b[ur]/")
"""Reddit's, where `u/name` and `r/name` are links, and the first of them a call."""


@dataclass(frozen=True, slots=True)
class Plain:
    """What somebody wrote, without its markdown."""

    text: str
    pictures: tuple[str, ...] = ()
    """https addresses of the pictures shown in it, each once."""


def plain(text: str) -> Plain:
    """Read markdown: links become their words, pictures are taken out, escapes are undone.

    What is struck out is left out; what is veiled, raised or bold is as the rest.
    Lines, quotes (`> …`) and single `*` or `_` stay: the grammar knows them, and prompts use them.
    """
    shown = (url for url, title in _IMAGE.findall(text) if not title.startswith(_EMOJI))
    pictures = tuple(dict.fromkeys(url for url in shown if _is_https(url)))
    text = _IMAGE.sub(" ", text)
    text = _LINK.sub(_words_of, text)
    text = _BREAK.sub("\n", _FURNITURE.sub("", _STRUCK.sub("", text)))
    text = _RAISED.sub(r"\1", _VEILED.sub(r"\1\2", text))
    text = _STRONG.sub(r"\2", text)
    text = _ESCAPED.sub(r"\1", html.unescape(text))
    return Plain(text.strip(), pictures)


def escape(text: str, dialect: Dialect) -> str:
    """Return markdown that shows the text as it is, with its line breaks.

    Addresses stay links, and what is to be typed (`again`) is code.
    """
    pieces, last = [], 0
    for kept in _KEPT.finditer(text):
        pieces += [_escaped(text[last : kept.start()], dialect), kept.group()]
        last = kept.end()
    pieces.append(_escaped(text[last:], dialect))
    marked = _LINE_START.sub(_at_line_start, "".join(pieces))
    return re.sub(r"(?<!\n)\n(?!\n)", "  \n", marked)


def picture(alt: str, address: str) -> str:
    """Return a picture to be shown, with its alternative text."""
    words = " ".join(alt.split())
    shown = re.sub(r"([\\\[\]`*_<>!@])", r"\\\1", words)
    return f"![{shown}]({address})"


def link(words: str, address: str, dialect: Dialect) -> str:
    """Return a link."""
    return f"[{escape(words, dialect)}]({address})"


def lines(parts: Iterable[str]) -> str:
    """Return paragraphs, without those that are empty."""
    return "\n\n".join(part for part in parts if part)


def _words_of(found: re.Match[str]) -> str:
    """Return a link's words, which may be its address; a bare picture link stays an address."""
    words, address = found.groups()
    return words if words.strip() else f" {address} "


def _escaped(text: str, dialect: Dialect) -> str:
    text = re.sub(rf"([{re.escape(dialect.special)}])", r"\\\1", text)
    if dialect.pings:
        text = re.sub(dialect.pings, lambda call: f"{call[0][:-1]}\\{call[0][-1]}", text)
    return text


def _at_line_start(found: re.Match[str]) -> str:
    """Escape what would begin a list, a heading's underline or a box."""
    space, mark = found.groups()
    if mark.isdigit():  # the dot behind it is what makes the list: keep it from being one
        return f"{space}{mark}\\"
    return f"{space}\\{mark}"


def _is_https(address: str) -> bool:
    return address.startswith("https://")
