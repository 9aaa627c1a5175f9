"""What somebody typed on Discord, as plain text: no markdown, no codes for emoji, people. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping

from bots.shared import markdown

_TOKEN = re.compile(
    r"<a?:(?P<emoji>\w{1,40}):\d+>|<@!?(?P<user>\d+)>|<#(?P<channel>\d+)>"
    r"|</(?P<command>[\w -]{1,100}):\d+>|<(?:t:-?\d+(?::\w)?|id:\w+)>"
)
_SMALL = re.compile(r"^-# ", re.MULTILINE)
_NO_NAME = re.compile(r"\W+")


def plain(
    content: str,
    *,
    people: Mapping[int, str] | None = None,
    channels: Mapping[int, str] | None = None,
) -> str:
    """Return a message without Discord's markdown.

    `people` (but for the bot) and `channels` are by what name they are shown. Whom and what nobody
    knows stays as it is written: the grammar takes it out.
    """
    shown = without_tokens(content, people=people, channels=channels)
    return markdown.plain(_SMALL.sub("", shown)).text


def without_tokens(
    content: str,
    *,
    people: Mapping[int, str] | None = None,
    channels: Mapping[int, str] | None = None,
) -> str:
    """Return a text in which emoji, people, channels and commands are written as they look."""

    def shown(found: re.Match[str]) -> str:
        if found["emoji"]:
            return f":{found['emoji']}:"
        if found["user"]:
            name = (people or {}).get(int(found["user"]))
            named = None if name is None else _NO_NAME.sub("_", name).strip("_")
            return f"@{named}" if named else found[0]
        if found["channel"]:
            return (channels or {}).get(int(found["channel"]), "")
        return f"/{found['command']}" if found["command"] else ""

    return _TOKEN.sub(shown, content)
