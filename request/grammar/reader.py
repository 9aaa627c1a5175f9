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
from request.grammar.ornaments import (
    settle,
    without_codes_before,
    without_ornaments,
    without_signature,
)
from request.grammar.prose import advise, take_count, take_shape, take_times, with_shape_said
from request.grammar.questions import only_asked, read_question
from request.grammar.recipes import with_facts_as_options
from request.grammar.results import Command, CommandName, FollowUp, NotARequest, WhyNot
from request.grammar.scan import ADDRESS_LEFT, scan
from request.grammar.several import first_of_several
from request.grammar.slips import swapped_verb
from request.grammar.source import Source
from request.grammar.talk import read_talk
from request.grammar.whole import read_as_prompt, read_whole, says_again
from request.grammar.words import Words, words
from styles.image_request import ImageRequest
from styles.limits import Limits
from styles.names import NameIndex, everything
from styles.notes import changed
from styles.resolving.resolver import EXAMPLE, EXAMPLE_PROMPT

_ON_IT = re.compile(r"\A(?:now\s+|please\s+)*(?:draw|paint)\s+(?:it|this|that)\s+", re.IGNORECASE)
_AS = re.compile(r"\A\s*(?:this|it|that)\s+(?:as|in|into)\s+(?=\S)", re.IGNORECASE)
_INSTEAD = re.compile(r",?\s+instead\W*\Z", re.IGNORECASE)
SAID_AS_PROMPT = frozenset(
    {
        *(CommandName.HELP, CommandName.STYLES, CommandName.LORAS),
        *(CommandName.STATUS, CommandName.QUEUE, CommandName.CANCEL),
    }
)
NO_NAMES = NameIndex()
WIDEST = Limits()
_MOST_ENDS = 8
"""Options and styles before which a verb is looked for that stands behind the prompt."""
_SHOWN = 80
"""Characters of a line that is told of."""
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
    body, cut = _body(text, bot_names, verb_optional=verb_optional)
    vocabulary = words()

    def scan_text(part: str) -> ImageRequest:
        part, told = with_facts_as_options(part, models)
        ends = partial(region_end, part)
        source = Source(part, names, models, limits, region_end=ends, offer=offer)
        found = settle(scan(source), vocabulary)
        return replace(found, notes=(*told, *found.notes))

    again = says_again(body, vocabulary, reply=reply)
    if reply and not again:
        body = _ON_IT.sub("make it ", body)
    asked, notes = (None, ()) if again else _asked(body, vocabulary)
    if asked is None and not verb_optional:
        if not body.strip():
            return NotARequest(WhyNot.EMPTY)
        if meant := _meant(body, vocabulary, scan_text, others, reply=reply):
            return meant
        asked, notes = _asked_later(body, vocabulary)
        if asked is None:
            plain = without_ornaments(body, vocabulary)
            return read_talk(plain, vocabulary, reply=reply, picture=picture)
    said = _of_it(body if asked is None else asked, vocabulary, picture=picture)
    rest, count, counted = take_count(said, vocabulary, limits)
    request = scan_text(rest)
    if request.n is None:
        request = replace(request, n=count, notes=(*counted, *request.notes))
    prompt = request.prompt if asked is None else vocabulary.without_thanks(request.prompt)
    request = replace(request, prompt=_INSTEAD.sub("", prompt) if reply else prompt)
    if not picture:
        _check_says_what(request, vocabulary)
    request = replace(request, notes=(*_cut_short(cut=cut), *notes, *request.notes))
    return advise(take_times(take_shape(request), limits), names, vocabulary)


def read_prompt_field(text: str) -> Command | None:
    """Return the command that stands alone where a prompt goes, as people mean it; None: a prompt.

    What looks on and changes nothing is taken for said, and so is `cancel`. Raises Refusal for
    another, which says how it is meant and how the word itself is drawn.
    """
    body, _cut = _body(text, (), verb_optional=True)
    meant = read_as_prompt(body, words())
    if meant is None or (isinstance(meant, Command) and meant.name in SAID_AS_PROMPT):
        return meant
    raise Refusal("refused.command_as_prompt", words=body.strip())


def _body(text: str, bot_names: Sequence[str], *, verb_optional: bool) -> tuple[str, bool]:
    """Return what somebody said, without what is around it, and whether it was longer."""
    cleaned, cut = clean(text)
    unquoted = without_mentions(without_quotes(cleaned), bot_names)
    body = without_fences(without_quotes(unquoted))
    if not verb_optional:
        body = without_fences(without_codes_before(without_first_mentions(body)))
    return with_shape_said(without_signature(body)), cut


def _meant(
    body: str,
    vocabulary: Words,
    scan_text: Callable[[str], ImageRequest],
    others: Mapping[str, re.Pattern[str]],
    *,
    reply: bool,
) -> Command | FollowUp | NotARequest | None:
    """Return what a whole text says, done or only asked about; None if it is no such text."""
    if asked := read_question(body, vocabulary, reply=reply):
        return asked
    meant = read_whole(body, vocabulary, scan_text, others, reply=reply)
    return None if meant is None else only_asked(meant, body, vocabulary)


def _of_it(said: str, vocabulary: Words, *, picture: bool) -> str:
    """Return what is to be made of a picture that came along: `turn this into a painting`."""
    if not picture:
        return said
    adding = vocabulary.add.match(said)
    return _AS.sub("", said[adding.end() :] if adding else said)


def _cut_short(*, cut: bool) -> tuple[Note, ...]:
    return (changed("note.text_cut", most=LONGEST_TEXT),) if cut else ()


def _check_says_what(request: ImageRequest, vocabulary: Words) -> None:
    """Refuse a prompt that leaves open what to draw. Raises Refusal."""
    prompt = request.prompt.strip(" ,.;:!?、。！？\n\t")
    if prompt and not vocabulary.is_one(prompt, vocabulary.unsaid):
        return
    left = next((note for note in request.notes if note.code == ADDRESS_LEFT), None)
    if left is not None:
        raise Refusal("refused.address_alone")
    raise Refusal("refused.empty_prompt", example=_example(request))


def _asked_later(body: str, vocabulary: Words) -> tuple[str | None, tuple[Note, ...]]:
    """Return what is asked for in a later sentence; None if no sentence begins with a verb."""
    later = vocabulary.later_verb(body)
    return (None, ()) if later is None else _asked(later, vocabulary)


def _asked(body: str, vocabulary: Words) -> tuple[str | None, tuple[Note, ...]]:
    """Return what is asked for behind a verb, or around it; None if there is no verb."""
    notes: tuple[Note, ...] = ()
    body, next_one = first_of_several(body, vocabulary)
    if next_one:
        notes = (changed("note.next_one", words=_shortened(next_one)),)
    asked = vocabulary.without_verb(body, _prompt_ends(body))
    if asked is None and (swapped := swapped_verb(body, vocabulary)):
        word, verb = swapped
        mended = body.replace(word, verb, 1)
        asked = vocabulary.without_verb(mended, _prompt_ends(mended))
        notes = (changed("note.verb_near", words=word, name=verb),)
    return (None, ()) if asked is None else (vocabulary.without_thanks(asked), notes)


def _shortened(line: str) -> str:
    return line if len(line) <= _SHOWN else f"{line[:_SHOWN].rstrip()}…"


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
