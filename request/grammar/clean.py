"""Making a text fit to be read: characters, quoted lines, mentions."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from functools import lru_cache

LONGEST_TEXT = 4000
"""Characters of a message that are read."""
UNSPACED = "々-ヿ㐀-鿿"
"""Japanese and Chinese characters (for a regular expression): between these words no space is
written, so one may follow a name or a verb at once."""

LONGEST_RAW = 4 * LONGEST_TEXT
"""Characters that are looked at for those: putting marks in order takes its time."""
_INVISIBLE = re.compile(
    "[\u00ad\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb"
    "\U000e0000-\U000e007f\ud800-\udfff]"
    "|[\x00-\x08\x0b-\x1f\x7f-\x9f]"
)
"""Soft hyphens, zero-width and bidi marks, tags, lone surrogates; control characters."""
_FENCE = re.compile(r"```(?:[a-z]+(?=\n))?")
_PAIRS = {"`": "`", '"': '"', "“": "”", "„": "“", "«": "»", "‘": "’"}
_PAIRED = re.compile(r"[`\"“”„«»‘]")
_QUOTED_LINE = re.compile(r"^[^\S\n]*>.*(?:\n|\Z)", re.MULTILINE)
_CLOSING = frozenset(",.;:!?")
_PLATFORM_MENTION = re.compile(r" ?<@[!&]?\d+> ?")
_LETTER = rf"(?-i:[^\W{UNSPACED}])"
"""Case is no matter here, and twenty thousand characters would be looked up in both otherwise."""
A_NAME = rf"(?:{_LETTER}|[.-])*{_LETTER}"
"""Somebody's name, or their server's (for a regular expression)."""
_FIRST_MENTIONS = re.compile(rf"\s*(?:@{A_NAME}(?:@{A_NAME})?(?:[\s,:]+|\Z|(?=[{UNSPACED}])))+")


def clean(text: str) -> tuple[str, bool]:
    """Return the text in NFC without what cannot be seen, and whether it had to be cut."""
    longer = len(text) > LONGEST_RAW
    text = _INVISIBLE.sub("", text[:LONGEST_RAW])
    text = unicodedata.normalize("NFC", text)
    return text[:LONGEST_TEXT], longer or len(text) > LONGEST_TEXT


def without_fences(text: str) -> str:
    """Return the text without the marks of a code block, or quotes, that hold all of it.

    Who copies a line from the help often copies those too.
    """
    bare = _FENCE.sub("", text).strip()
    if len(bare) > 1 and _PAIRS.get(bare[0]) == bare[-1] and not _PAIRED.search(bare[1:-1]):
        return bare[1:-1]
    return bare


def without_quotes(text: str) -> str:
    """Return the text without lines quoted from somebody (`> …`)."""
    return _QUOTED_LINE.sub("", text)


def without_mentions(text: str, bot_names: Iterable[str]) -> str:
    """Return the text without the bot's mentions, wherever they stand.

    `bot_names` are names without `@` (`painter`, `painter@example.social`). The platform's own
    writing (`<@123>`, `<@&456>`) is taken out whoever is meant: nobody writes it by hand. A mention
    in the middle leaves one space.
    """
    for name in sorted(bot_names, key=len, reverse=True):
        text = _mention_of(name).sub(_seam, text)
    return _PLATFORM_MENTION.sub(_seam, text)


def without_first_mentions(text: str) -> str:
    """Return the text without the people it is addressed to (Mastodon puts them first)."""
    first = _FIRST_MENTIONS.match(text)
    return text[first.end() :] if first else text


@lru_cache(maxsize=256)
def _mention_of(name: str) -> re.Pattern[str]:
    bare, host = re.escape(name), rf"(?:@{A_NAME})?"
    plain = rf"(?<![\w@/])(?:@{bare}{host}|/?u/{bare})(?!{_LETTER}|@)"
    link = rf"\[@?{bare}{host}\]\([^)\s]*\)"
    return re.compile(rf" ?(?:{link}|{plain}) ?", re.IGNORECASE)


def _seam(mention: re.Match[str]) -> str:
    """Return what stays where a mention stood: a space, unless punctuation follows."""
    following = mention.string[mention.end() : mention.end() + 1]
    return "" if following in _CLOSING else " "
