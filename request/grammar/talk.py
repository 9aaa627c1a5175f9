"""What somebody said who asked for nothing: a greeting, thanks, a question, or nearly a request."""

from __future__ import annotations

from request.grammar.markers import next_marker
from request.grammar.results import NotARequest, WhyNot
from request.grammar.words import Words

_ASKING = ("?", "？", "؟")


def read_talk(text: str, words: Words) -> NotARequest:
    """Return what kind of talk a text is that holds no request.

    What begins like a prompt, or with something like a verb, or has an option or a style, was
    probably meant as one: then the result holds the prompt.
    """
    plain = text.strip()
    polite = words.polite_start.match(plain)
    if polite and polite.end() == len(plain):
        return NotARequest(WhyNot.GREETING)
    if words.polite_end.match(plain):
        return NotARequest(WhyNot.THANKS)
    prompt = words.without_near_verb(plain)
    if prompt is not None and any(char.isalnum() for char in prompt):
        return NotARequest(WhyNot.NO_VERB, prompt)
    if next_marker(plain, 0) is not None or words.articles.match(plain):
        return NotARequest(WhyNot.NO_VERB, plain)
    if plain.rstrip(" !.").endswith(_ASKING):
        return NotARequest(WhyNot.QUESTION)
    return NotARequest(WhyNot.NO_VERB)
