"""A request that was declined, read again for a follow-up that puts it right. Pure."""

from __future__ import annotations

import re
from dataclasses import replace
from functools import partial

from common.errors import Refusal
from common.model import Incoming
from request import grammar
from request.grammar import NotARequest
from styles.image_request import ImageRequest
from styles.limits import Limits
from styles.names import NameIndex

UNKNOWN = "refused.style_unknown"
MOST_UNKNOWN = 3
"""Styles nobody knows that are left out of a text."""


def read_again(
    declined: Incoming, style: str | None, names: NameIndex, models: NameIndex, limits: Limits
) -> ImageRequest | None:
    """Return what somebody wanted whose request was declined; None if it was no request.

    `style` is the one that is to be used: a style nobody knows is left out then.
    """
    text = declined.text
    for _ in range(MOST_UNKNOWN):
        try:
            said = grammar.read(
                text,
                names,
                models=models,
                limits=limits,
                bot_names=declined.mentions,
                verb_optional=declined.verb_optional,
                picture=bool(declined.pictures),
            )
        except Refusal as refusal:
            if style is None or refusal.code != UNKNOWN:
                return None
            shorter = _without(text, str(refusal.values["words"]), style)
            if shorter == text:
                return None
            text = shorter
            continue
        if not isinstance(said, ImageRequest):
            return None
        return replace(said, addresses=(*said.addresses, *declined.pictures))
    return None


def read_meant(
    said: Incoming, names: NameIndex, models: NameIndex, limits: Limits
) -> ImageRequest | None:
    """Return the request that somebody probably meant who said no verb; None if they meant none."""
    reading = partial(grammar.read, names=names, models=models, limits=limits)
    try:
        nothing = reading(said.text, bot_names=said.mentions)
        if not isinstance(nothing, NotARequest) or not nothing.prompt:
            return None
        meant = reading(nothing.prompt, verb_optional=True)
    except Refusal:
        return None
    if not isinstance(meant, ImageRequest):
        return None
    return replace(meant, addresses=(*meant.addresses, *said.pictures))


def _without(text: str, words: str, style: str) -> str:
    """Return a text without the first style in it that begins with these words.

    So many words go as the right name has; those behind them are the prompt's.
    """
    meant = words.split()[: len(style.split())]
    name = r"\s+".join(map(re.escape, meant))
    marked = rf"(?:[-–—]{{1,2}}style\b[\s=:：]*|\bstyle\s*[:：=]\s*)[\"'“”„«]?{name}[\"'“”«»]?"
    return re.sub(marked, " ", text, count=1, flags=re.IGNORECASE)
