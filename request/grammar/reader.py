"""Reading a message: the one entrance of the grammar."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from types import MappingProxyType

from common.errors import Refusal
from request.grammar.clean import (
    LONGEST_TEXT,
    clean,
    without_first_mentions,
    without_mentions,
    without_quotes,
)
from request.grammar.markers import region_end
from request.grammar.results import Command, FollowUp, NotARequest, WhyNot
from request.grammar.scan import scan
from request.grammar.source import Source
from request.grammar.whole import read_whole
from request.grammar.words import words
from styles.image_request import ImageRequest
from styles.limits import Limits
from styles.names import NameIndex, everything
from styles.notes import changed
from styles.resolver import EXAMPLE

NO_NAMES = NameIndex()
WIDEST = Limits()
NO_OTHERS: Mapping[str, re.Pattern[str]] = MappingProxyType({})


def read(
    text: str,
    names: NameIndex,
    *,
    models: NameIndex = NO_NAMES,
    limits: Limits = WIDEST,
    bot_names: Sequence[str] = (),
    addressed: bool = True,
    verb_optional: bool = False,
    reply: bool = False,
    offer: Callable[[str], bool] = everything,
    picture: bool = False,
    others: Mapping[str, re.Pattern[str]] = NO_OTHERS,
) -> ImageRequest | Command | FollowUp | NotARequest:
    """Return what a message asks for.

    `names` are the styles that may be named, `models` the models (empty: any word is taken),
    `limits` what numbers are clamped to, `bot_names` the bot's own names (`clean.py`), `addressed`
    whether it was said to the bot, `verb_optional` whether the whole text is the prompt (then
    there are no commands), `reply` whether it answers one of the bot's posts, `offer` which styles
    may be suggested, `picture` whether a picture came along, whose recipe may say what the words do
    not (then the prompt may be empty), `others` the commands a room above has added, each by the
    pattern of its whole text. Raises Refusal, and nothing else, whatever the text.
    """
    if not addressed:
        return NotARequest(WhyNot.NOT_ADDRESSED)
    cleaned, cut = clean(text)
    body = without_mentions(without_quotes(cleaned), bot_names)
    if not verb_optional:
        body = without_first_mentions(body)
    vocabulary = words()

    def scan_text(part: str) -> ImageRequest:
        return scan(
            Source(part, names, models, limits, region_end=partial(region_end, part), offer=offer)
        )

    asked = vocabulary.without_verb(body, _prompt_ends(body))
    if asked is None and not verb_optional:
        if not body.strip():
            return NotARequest(WhyNot.EMPTY)
        nothing = NotARequest(WhyNot.TALK if reply else WhyNot.NO_VERB)
        return read_whole(body, vocabulary, scan_text, others) or nothing
    request = scan_text(body if asked is None else asked)
    if not request.prompt.strip(" ,.;:!?、。！？\n\t") and not picture:
        raise Refusal("refused.empty_prompt", example=EXAMPLE)
    if cut:
        note = changed("note.text_cut", most=LONGEST_TEXT)
        request = replace(request, notes=(note, *request.notes))
    return request


def _prompt_ends(text: str) -> Iterator[int]:
    """Yield where the prompt may end: before the first option, style or `###`; with the text."""
    yield region_end(text, 0)
    yield len(text)
