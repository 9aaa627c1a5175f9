"""What an answer looks like on Lemmy: markdown, pictures, and marks that are not seen. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bots.shared import markdown
from bots.shared.markdown import LEMMY
from common.texts import say

LONGEST = 10_000
"""Characters of a comment."""
SPARE = 200


@dataclass(frozen=True, slots=True)
class Target:
    """Where an answer goes: below a comment, below a post, or to a person."""

    person: int
    post: int | None = None
    comment: int | None = None
    language: int = 0
    adult: bool = False

    def to_context(self) -> dict[str, str]:
        """Return it as it is kept with the event."""
        known = {"person": self.person, "post": self.post, "comment": self.comment}
        numbers = {**known, "language": self.language, "adult": int(self.adult)}
        return {key: str(value) for key, value in numbers.items() if value is not None}

    @classmethod
    def of(cls, context: Mapping[str, str]) -> Target:
        """Return what was kept with the event."""
        return cls(
            person=int(context["person"]),
            post=int(context["post"]) if "post" in context else None,
            comment=int(context["comment"]) if "comment" in context else None,
            language=int(context.get("language", 0)),
            adult=context.get("adult") == "1",
        )


@dataclass(frozen=True, slots=True)
class Shown:
    """A picture in an answer: where it is, and what it shows for those who do not see it."""

    address: str
    alt: str


def answer(text: str, pictures: Sequence[Shown], *, hidden: bool, mark: str = "") -> str:
    """Return an answer as markdown; with `hidden` its pictures are seen only by who opens them."""
    written = markdown.escape(text, LEMMY)
    room = LONGEST - SPARE - len(written) - len(mark)
    each = room // max(1, len(pictures))
    lines = "\n\n".join(_picture(shown, each) for shown in pictures)
    if lines and hidden:
        title = markdown.escape(say("lemmy.hidden"), LEMMY)
        lines = f"::: spoiler {title}\n{lines}\n:::"
    return markdown.lines((written, lines, mark))


def mark_of(message: str, part: int) -> str:
    """Return the mark of an answer to a private message: those are in no thread."""
    return f"[](#{message}/{part})"


def _picture(shown: Shown, room: int) -> str:
    alt = shown.alt
    while alt and len(markdown.picture(alt, shown.address)) > room:
        alt = alt[: len(alt) * 3 // 4].rstrip()
    return markdown.picture(alt, shown.address)
