"""Texts that count only as a whole: commands and follow-ups."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import fields, replace

from common.errors import Refusal
from request.grammar.results import Command, CommandName, FollowUp, FollowUpKind
from request.grammar.words import Words
from styles.image_request import ImageRequest

LONGEST_COMMAND = 200
"""Characters of a text that may be a command; `edit` may be longer."""

_PLAIN = {
    name.value: Command(name)
    for name in (
        *(CommandName.HELP, CommandName.STYLES, CommandName.MODELS, CommandName.STATUS),
        *(CommandName.QUEUE, CommandName.STOP, CommandName.START, CommandName.FORGET_ME),
        *(CommandName.CANCEL, CommandName.DELETE),
    )
}
_SEARCH = re.compile(r"(styles|models)\s+([^\n]{1,64})", re.IGNORECASE)
_HELP = re.compile(r"help\s+(\S{1,40})", re.IGNORECASE)
_INFO = re.compile(r"info(?:\s+#?(\d{1,3}))?", re.IGNORECASE)
_STYLE = re.compile(r"(?:style[^\S\n]*[:：]|--style\s)[^\n]+", re.IGNORECASE)
_EDIT = re.compile(r"[\s,.!]*[/!]?edit(?![\w-])[:,]?\s*", re.IGNORECASE)

Scan = Callable[[str], ImageRequest]


def read_whole(text: str, words: Words, scan: Scan) -> Command | FollowUp | None:
    """Return the command or follow-up a whole text is, or None.

    `scan` reads options and styles. Raises Refusal for one that cannot be read.
    """
    edit = _EDIT.match(text)
    if edit is not None:
        return _edit(scan(text[edit.end() :]))
    if len(text) > LONGEST_COMMAND:
        return None
    plain = _bare(text, words)
    if _STYLE.fullmatch(plain):
        return _style(scan(plain))
    return _fixed(" ".join(plain.casefold().split())) or _with_argument(plain)


def _fixed(folded: str) -> Command | FollowUp | None:
    if folded in {FollowUpKind.AGAIN, FollowUpKind.SAME_SEED}:
        return FollowUp(FollowUpKind(folded))
    return _PLAIN.get(folded)


def _with_argument(plain: str) -> Command | FollowUp | None:
    if found := _INFO.fullmatch(plain):
        return FollowUp(FollowUpKind.INFO, picture=int(found[1]) if found[1] else None)
    if found := _HELP.fullmatch(plain):
        return Command(CommandName.HELP, found[1])
    if found := _SEARCH.fullmatch(plain):
        return Command(CommandName(found[1].casefold()), found[2].strip())
    return None


def apply(follow_up: FollowUp, parent: ImageRequest) -> ImageRequest:
    """Return the request a follow-up makes of an earlier one (`info` asks for none: the same)."""
    earlier = replace(parent, notes=())
    match follow_up.kind:
        case FollowUpKind.AGAIN:
            return replace(earlier, seed=None)
        case FollowUpKind.STYLE:
            return replace(earlier, style=follow_up.style)
        case FollowUpKind.EDIT if follow_up.edit is not None:
            named = {
                item.name: value
                for item in fields(ImageRequest)
                if (value := getattr(follow_up.edit, item.name)) not in {item.default, ""}
            }
            return replace(earlier, **named)
        case _:
            return earlier


def _bare(text: str, words: Words) -> str:
    """Return a text without politeness, a leading slash and the punctuation around it."""
    start = words.polite_start.match(text)
    plain = text[start.end() :] if start else text
    end = words.polite_end.search(plain)
    return (plain[: end.start()] if end else plain).strip().removeprefix("/")


def _edit(edit: ImageRequest) -> FollowUp:
    if edit == ImageRequest(""):
        raise Refusal("refused.edit_empty", example="a red fox at night")
    return FollowUp(FollowUpKind.EDIT, edit=edit)


def _style(named: ImageRequest) -> FollowUp | None:
    """Return the follow-up if the text named a style and nothing else."""
    if named != ImageRequest("", style=named.style, notes=named.notes) or named.style is None:
        return None
    return FollowUp(FollowUpKind.STYLE, style=named.style)
