"""What is only asked about is explained, not done: `delete?`, `link?` under one of our answers."""

from __future__ import annotations

from dataclasses import replace

from request.grammar.results import Command, CommandName, FollowUp, NotARequest
from request.grammar.words import Words

_DOES = frozenset(
    {
        *(CommandName.STOP, CommandName.FORGET_ME, CommandName.CANCEL, CommandName.DELETE),
        *(CommandName.REPORT, CommandName.SHARE, CommandName.UNSHARE),
        *(CommandName.PAUSE, CommandName.RESUME, CommandName.BAN, CommandName.UNBAN),
    }
)
"""Commands that take something away, or tell others."""
_LINK = "link"
_ASKING = ("?", "？", "؟")


def read_question(text: str, words: Words, *, reply: bool) -> Command | None:
    """Return the help that a reply wishes for that asks for the address of what it stands under.

    `link` and nothing else is the command of that name.
    """
    said = text.strip().lstrip("/!").casefold()
    if reply and said != _LINK and words.is_one(words.without_politeness(text), words.address):
        return Command(CommandName.HELP, _LINK, asked=True)
    return None


def only_asked(
    meant: Command | FollowUp | NotARequest, text: str, words: Words
) -> Command | FollowUp | NotARequest:
    """Return help with a command instead of it, if a text asks about it: `delete?`.

    `can you delete this?` and `delete, please?` ask for it. Of a room above's it is only noted.
    """
    if not isinstance(meant, Command) or not _asks(text, words):
        return meant
    if meant.name is CommandName.OTHER:
        return replace(meant, asked=True)
    if meant.name not in _DOES or (meant.name is CommandName.REPORT and meant.argument):
        return meant  # why, in words that may be a question
    return Command(CommandName.HELP, meant.name.value, asked=True)


def _asks(text: str, words: Words) -> bool:
    end = words.polite_end.search(text)
    closing = "" if end is None else end[0]
    polite = words.says_politely(text) or any(char.isalnum() for char in closing)
    return not polite and any(mark in closing for mark in _ASKING)
