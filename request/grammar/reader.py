"""Reading a message: the one entrance of the grammar."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from types import MappingProxyType

from common.errors import Refusal
from common.model import Note
from request.grammar.clean import (
    LONGEST_TEXT,
    clean,
    without_fences,
    without_first_mentions,
    without_mentions,
    without_quotes,
)
from request.grammar.markers import next_marker, region_end
from request.grammar.prose import advise, take_count, take_shape
from request.grammar.results import Command, FollowUp, NotARequest, WhyNot
from request.grammar.scan import scan
from request.grammar.source import Source
from request.grammar.talk import read_talk
from request.grammar.whole import read_whole, says_again
from request.grammar.words import Words, words
from styles.image_request import ImageRequest
from styles.limits import Limits
from styles.names import NameIndex, everything
from styles.notes import changed
from styles.resolver import EXAMPLE, EXAMPLE_PROMPT

NO_NAMES = NameIndex()
WIDEST = Limits()
_MOST_ENDS = 8
"""Options and styles before which a verb is looked for that stands behind the prompt."""
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
    unquoted = without_mentions(without_quotes(cleaned), bot_names)
    body = without_fences(without_quotes(unquoted))
    if not verb_optional:
        body = without_fences(without_first_mentions(body))
    vocabulary = words()

    def scan_text(part: str) -> ImageRequest:
        return scan(
            Source(part, names, models, limits, region_end=partial(region_end, part), offer=offer)
        )

    asked, notes = _asked(body, vocabulary) if not says_again(body, vocabulary) else (None, ())
    if asked is None and not verb_optional:
        if not body.strip():
            return NotARequest(WhyNot.EMPTY)
        nothing = NotARequest(WhyNot.TALK) if reply else read_talk(body, vocabulary)
        return read_whole(body, vocabulary, scan_text, others) or nothing
    rest, count, counted = take_count(body if asked is None else asked, vocabulary, limits)
    request = scan_text(rest)
    if request.n is None:
        request = replace(request, n=count, notes=(*counted, *request.notes))
    if asked is not None:
        request = replace(request, prompt=vocabulary.without_thanks(request.prompt))
    if not request.prompt.strip(" ,.;:!?、。！？\n\t") and not picture:
        raise Refusal("refused.empty_prompt", example=_example(request))
    if cut:
        notes = (changed("note.text_cut", most=LONGEST_TEXT), *notes)
    request = replace(request, notes=(*notes, *request.notes))
    return advise(take_shape(request), names, vocabulary)


def _asked(body: str, vocabulary: Words) -> tuple[str | None, tuple[Note, ...]]:
    """Return what is asked for behind a verb, or around it; None if there is no verb."""
    notes: tuple[Note, ...] = ()
    asked = vocabulary.without_verb(body, _prompt_ends(body))
    if asked is None and (swapped := vocabulary.swapped_verb(body)):
        word, verb = swapped
        mended = body.replace(word, verb, 1)
        asked = vocabulary.without_verb(mended, _prompt_ends(mended))
        notes = (changed("note.verb_near", words=word, name=verb),)
    return (None, ()) if asked is None else (vocabulary.without_thanks(asked), notes)


def _example(request: ImageRequest) -> str:
    """Return an example of a whole request, in the style that was named."""
    return EXAMPLE if request.style is None else f"{EXAMPLE_PROMPT} style: {request.style}"


def _prompt_ends(text: str) -> Iterator[int]:
    """Yield where the prompt may end: before an option, style or `###`; with the text."""
    position = 0
    for _ in range(_MOST_ENDS):
        marker = next_marker(text, position)
        if marker is None:
            break
        yield marker.start
        position = marker.end
    yield len(text)
