"""What an answer looks like on Reddit. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence

from bots.shared import markdown
from bots.shared.markdown import REDDIT
from common.model import Outcome, Part, Picture
from common.texts import say

LONGEST = 10_000
"""Characters of a comment."""
LONGEST_TITLE = 300
LONGEST_CAPTION = 180
SITE = "https://www.reddit.com"
_POST = re.compile(r"/comments/([a-z0-9]+)")
_CODE = re.compile(r"[\[(]([2-9a-hjkmnp-z]{8})(?:-\d+)?[\])]$")


def answer(text: str, links: Sequence[str], *, adult: bool) -> str:
    """Return an answer as markdown, with a link to each picture or to the post that shows them."""
    words = [say("reddit.picture")]
    if len(links) > 1:
        words = [say("reddit.picture_number", number=number + 1) for number in range(len(links))]
    shown = (markdown.link(word, link, REDDIT) for word, link in zip(words, links, strict=False))
    line = " · ".join(shown)
    if line and adult:
        line = f"{line} ({say('reddit.adult')})"
    return markdown.lines((markdown.escape(text, REDDIT), line))[:LONGEST]


def code_of(outcome: Outcome, part: Part) -> str:
    """Return what stands in a post's title, so that it is found again."""
    number = f"-{part.number}" if part.total > 1 else ""
    return f"[{outcome.request}{number}]"


def code_of_copy(request: str) -> str:
    """Return what stands in the title of a post that shows an answer a second time."""
    return f"({request})"


def request_in(title: str) -> str | None:
    """Return the id of the request that a post of ours shows, by the code its title ends in."""
    found = _CODE.search(title)
    return found[1] if found else None


def title(words: str, code: str) -> str:
    """Return the title of a post that shows pictures."""
    words = " ".join(words.split())
    room = LONGEST_TITLE - len(code) - 1
    return f"{words if len(words) <= room else words[: room - 1].rstrip() + '…'} {code}"


def address(post: str, comment: str = "") -> str:
    """Return where a post is, or a comment below it; both by their ids."""
    return f"{SITE}/comments/{post}/_/{comment}" if comment else f"{SITE}/comments/{post}"


def caption(picture: Picture) -> str:
    """Return what stands under a picture in a gallery."""
    return " ".join(picture.alt.split())[:LONGEST_CAPTION]


def post_in(text: str) -> str | None:
    """Return the id of the post an answer of ours links to."""
    found = _POST.search(text)
    return found[1] if found else None
