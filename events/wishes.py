"""What people write to an event: `enter`, `withdraw`, `vote`, `events`, `event`. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from events.model import Shown

EVENT = r"(?P<event>(?!(?:as|anonymous(?:ly)?|cc0|made|replaces?)\b)[a-z][a-z0-9-]{0,47})"
I = re.IGNORECASE  # noqa: E741  (re's own name for it)
ENTER = re.compile(
    rf"enter(?:\s+{EVENT})?(?:\s+#?(?P<request>[2-9a-hjkmnp-z]{{8}}))?"
    r"(?:\s+#?(?P<picture>\d{1,2}))?(?:\s+as\s+(?P<name>[^\n]{1,60}?)|\s+(?P<anon>anonymous(?:ly)?))?"
    r"(?P<cc0>\s+cc0)?(?:\s+replaces?\s+#?(?P<replaces>\d{1,5}))?"
    r"(?:\s+called:\s*(?P<called>[a-z0-9][a-z0-9 _+-]{1,39}?)(?=\s+subject:|$))?"
    r"(?:\s+subject:\s*(?P<subject>[^\n]{1,200}?)(?=\s+made:|$))?"
    r"(?:\s+made:\s*(?P<made>\S.{0,499}))?",
    re.IGNORECASE | re.DOTALL,
)
WITHDRAW = re.compile(rf"withdraw(?:\s+{EVENT})?(?:\s+#?(?P<number>\d{{1,5}}))?", I)
VOTE = re.compile(
    rf"vote(?:\s+{EVENT})?(?:\s*:?(?P<numbers>(?:[\s,]+(?:and\s+)?#?\d{{1,5}}){{1,200}}))?", I
)
UNVOTE = re.compile(rf"unvote(?:\s+{EVENT})?", I)
APPROVE = re.compile(rf"approve\s+{EVENT}\s+#?(?P<number>\d{{1,5}})", I)
EVENTS = re.compile(r"events|challenges", I)
STEPS = "announce|open|close|vote|count|award|archive|cancel|extend|judge|hide|unhide"
ONE = re.compile(
    rf"event\s+{EVENT}(?:\s+(?P<step>{STEPS})(?:\s+(?P<more>\S.{{0,500}}))?)?", I | re.DOTALL
)
THEME = re.compile(rf"theme\s+{EVENT}\s*:\s*(?P<theme>\S.{{0,1499}})", I | re.DOTALL)
COMMANDS: Mapping[str, re.Pattern[str]] = {
    "enter": ENTER,
    "withdraw": WITHDRAW,
    "vote": VOTE,
    "unvote": UNVOTE,
    "approve": APPROVE,
    "events": EVENTS,
    "event": ONE,
    "theme": THEME,
}
MYSELF = frozenset({"me", "myself", "my name"})
NICK_LENGTH = 40


@dataclass(frozen=True, slots=True)
class Enter:
    """Somebody wants to enter a picture."""

    event: str | None
    request: str | None
    """Short id of the request whose answer is meant; None: the one replied to."""
    picture: int | None
    shown: Shown | None
    """None: not said yet, so the person is shown first what it means."""
    nickname: str
    cc0: bool
    replaces: int | None
    called: str
    """A style contest: what the style is to be called."""
    subject: str
    """A style contest: the words of the prompt that stand for what people will write."""
    made: str
    """How a picture was made that comes from elsewhere."""


def read_enter(text: str) -> Enter:
    """Return what an `enter` says. The text matches `ENTER`."""
    found = ENTER.fullmatch(text)
    assert found is not None
    name = " ".join((found["name"] or "").split())
    shown, nickname = None, ""
    if found["anon"]:
        shown = Shown.ANONYMOUS
    elif name.casefold() in MYSELF:
        shown = Shown.NAME
    elif name:
        shown, nickname = Shown.NICKNAME, name[:NICK_LENGTH]
    return Enter(
        event=_small(found["event"]),
        request=_small(found["request"]),
        picture=_number(found["picture"]),
        shown=shown,
        nickname=nickname,
        cc0=bool(found["cc0"]),
        replaces=_number(found["replaces"]),
        called=" ".join((found["called"] or "").casefold().split()),
        subject=" ".join((found["subject"] or "").split()),
        made=(found["made"] or "").strip(),
    )


def read_numbers(text: str) -> tuple[int, ...]:
    """Return the numbers of a `vote`, each once, ascending."""
    found = VOTE.fullmatch(text)
    assert found is not None
    return tuple(sorted({int(digits) for digits in re.findall(r"\d+", found["numbers"] or "")}))


def read_winners(text: str) -> tuple[int, ...]:
    """Return the numbers of entries in a text, in its order: of `judge`, the best first."""
    return tuple(int(digits) for digits in re.findall(r"\d{1,5}", text))


def _small(text: str | None) -> str | None:
    return None if text is None else text.casefold()


def _number(digits: str | None) -> int | None:
    return None if digits is None else int(digits)
