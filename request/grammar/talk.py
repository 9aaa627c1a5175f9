"""What somebody said who asked for nothing: a greeting, thanks, a question, or nearly a request."""

from __future__ import annotations

import re

from request.grammar.markers import next_marker
from request.grammar.results import NotARequest, WhyNot
from request.grammar.slips import without_near_verb
from request.grammar.values import past
from request.grammar.words import Words

_SHORT = 100
"""Characters below which what came with a picture may say what to make of it."""
_SPOKEN_TO = re.compile(r"(?:you|i|we|they|it|this|that)\b", re.IGNORECASE)
"""How no prompt begins: `do you speak German?`."""
_WORD = re.compile(r"[^\W\d_]+\s+")
_FIRST_WORDS = 10
"""Words behind which a verb is looked for."""
_ASKING = ("?", "？", "؟")


def read_talk(
    text: str, words: Words, *, reply: bool = False, picture: bool = False
) -> NotARequest:
    """Return what kind of talk a text is that holds no request.

    What begins like a prompt, or with something like a verb or a wish, or has an option or a style,
    or came with a `picture`, was probably meant as one: then the result holds the prompt. A `reply`
    may be meant for others.
    """
    plain = text.strip()
    if words.is_one(plain, words.yes):
        return NotARequest(WhyNot.YES)
    if reply:
        return NotARequest(WhyNot.TALK)
    if courtesy := _courtesy(plain, words):
        return NotARequest(courtesy)
    if prompt := _prompt_meant(plain, words, picture=picture):
        return NotARequest(WhyNot.NO_VERB, prompt)
    asks = plain.rstrip(" !.").endswith(_ASKING)
    return NotARequest(WhyNot.QUESTION if asks else WhyNot.NO_VERB)


def _courtesy(plain: str, words: Words) -> WhyNot | None:
    """Return what kind of courtesy a text is, or of its contrary; None if it is none."""
    if words.is_one(plain, words.praise):
        return WhyNot.PRAISE
    if words.is_one(plain, words.scolding):
        return WhyNot.SCOLDING
    polite = words.polite_start.match(plain)
    if polite and polite.end() == len(plain):
        return WhyNot.GREETING
    return WhyNot.THANKS if words.polite_end.match(plain) else None


def _prompt_meant(plain: str, words: Words, *, picture: bool) -> str:
    """Return what was probably to be drawn; "" if nothing was."""
    wish = words.wishes.match(plain, past(words.polite_start, plain, 0))
    if wish and not _SPOKEN_TO.match(plain, wish.end()):
        return plain[wish.end() :].rstrip(" ?")
    prompt = without_near_verb(plain, words) or _asked_amid(plain, words)
    if any(char.isalnum() for char in prompt):
        return prompt
    start = past(words.polite_start, plain, 0)
    begins = words.articles.match(plain, start) or words.openings.match(plain, start)
    if next_marker(plain, 0) is not None or begins or (picture and len(plain) < _SHORT):
        return plain[start:]
    return ""


def _asked_amid(plain: str, words: Words) -> str:
    """Return what stands behind a verb in the middle of a text; "" if none stands there.

    `im 8 can you draw a fairy`, and `can u mak a cat`, where it is no verb that we know.
    """
    if words.says_politely(plain):
        unknown = _WORD.match(plain, past(words.polite_start, plain, 0))
        if unknown is not None and words.articles.match(plain, unknown.end()):
            return plain[unknown.end() :]
    for word, _ in zip(_WORD.finditer(plain), range(_FIRST_WORDS), strict=False):
        verb = words.verb.match(plain, word.end())
        if verb and words.articles.match(plain[verb.end() :].lstrip()):
            return plain[verb.end() :].strip(" ?")
    return ""
