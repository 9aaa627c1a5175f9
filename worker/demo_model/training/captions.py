"""Captions for layouts, as loosely worded as people's prompts.

Filler and invented words are strewn between the words that matter, so that the model learns to
pass over whatever it does not know; a thing it does not know, asked for alone, is `UNKNOWN`.
"""

from __future__ import annotations

import random

from worker.demo_model.training.layouts import CENTRE, Kind, Layout
from worker.demo_model.vocabulary import (
    ABOVE_WORDS,
    BESIDE_WORDS,
    BIG_WORDS,
    COLOUR_WORDS,
    COMPANY_WORDS,
    FILLERS,
    SCENES,
    SMALL_WORDS,
    STRANGERS,
    UNKNOWN,
    Subject,
    plural,
)

_VOWELS = "aeiou"
_CONSONANTS = "bcdfghjklmnpqrstvwxyz"


def caption(layout: Layout, rng: random.Random) -> str:
    """One way of asking for the layout."""
    ground = _ground(layout, rng)
    text = _things(layout, rng)
    if layout.kind is not Kind.EMPTY and rng.random() < 0.12:
        text = f"{idle_word(rng)} {text}"
    if ground and layout.kind is not Kind.EMPTY:
        if rng.random() < 0.06:
            text = f"{ground}, {text}"
        else:
            text += rng.choice((", ", " ", " ")) + ground
    for _ in range(3):
        if rng.random() < 0.2:
            text += f", {idle_word(rng)}"
    return text


def gibberish(rng: random.Random) -> str:
    """Return an invented word of two to eight letters that can be spoken."""
    first = rng.randrange(2)
    length = rng.randint(2, 8)
    return "".join(
        rng.choice(_VOWELS if (first + index) % 2 else _CONSONANTS) for index in range(length)
    )


def idle_word(rng: random.Random) -> str:
    """Return a word that changes nothing: a usual filler or an invented one."""
    return gibberish(rng) if rng.random() < 0.4 else rng.choice(FILLERS)


def _ground(layout: Layout, rng: random.Random) -> str:
    if layout.colour is not None:
        word = rng.choice(COLOUR_WORDS.get(layout.colour, (layout.colour,)))
        forms = (
            f"on a {word} background",
            f"on a {word} background",
            f"{word} background",
            f"on {word}",
            f"with a {word} background",
        )
        return rng.choice(forms)
    if layout.scene is not None:
        return rng.choice(SCENES[layout.scene].phrases)
    return ""


def _things(layout: Layout, rng: random.Random) -> str:
    if layout.kind is Kind.EMPTY:
        return SCENES[layout.scene or ""].alone
    if layout.kind in (Kind.PAIR, Kind.STACK):
        return _two_things(layout, rng)
    (placed,) = layout.placed
    name = _name(placed.subject, rng)
    if layout.kind is Kind.SMALL:
        small = _noun_phrase(f"{rng.choice(SMALL_WORDS)} ", name, rng)
        return small + _side(placed.x, rng)
    big = layout.kind is Kind.BIG
    phrase = _noun_phrase(f"{rng.choice(BIG_WORDS)} " if big else "", name, rng)
    company = 0.25 if layout.kind is Kind.STRANGER else 0.06
    return phrase + _stranger_beside(rng) if rng.random() < company else phrase


def _stranger_beside(rng: random.Random) -> str:
    """Return a thing the model does not know, beside the one it draws: it is left out."""
    return f" {rng.choice(COMPANY_WORDS)} a {rng.choice(STRANGERS)}"


def _two_things(layout: Layout, rng: random.Random) -> str:
    first, second = (placed.subject for placed in layout.placed)
    names = [_name(first, rng), _name(second, rng)]
    if layout.kind is Kind.PAIR and first is second:
        return f"two {plural(names[0])}"
    word = rng.choice(BESIDE_WORDS if layout.kind is Kind.PAIR else ABOVE_WORDS)
    return f"{_noun_phrase('', names[0], rng)} {word} {_noun_phrase('', names[1], rng)}"


def _side(x: int, rng: random.Random) -> str:
    if x == CENTRE:
        return ""
    side = "left" if x < CENTRE else "right"
    return rng.choice((f" on the {side}", f" on the {side}", f" on the {side} side"))


def _name(subject: Subject, rng: random.Random) -> str:
    if subject is UNKNOWN:
        chance = rng.random()
        if chance < 0.1:
            return rng.choice(UNKNOWN.names)
        return gibberish(rng) if chance < 0.45 else rng.choice(STRANGERS)
    return subject.name if rng.random() < 0.65 else rng.choice(subject.names)


def _noun_phrase(adjective: str, noun: str, rng: random.Random) -> str:
    """Return the noun with its article, sometimes with idle words between them."""
    words = adjective
    if rng.random() < 0.16:
        words += "".join(f"{idle_word(rng)} " for _ in range(rng.choice((1, 1, 2))))
    phrase = words + noun
    chance = rng.random()
    if chance < 0.6:
        return ("an " if phrase[0] in "aeiou" else "a ") + phrase
    return f"the {phrase}" if chance < 0.68 else phrase
