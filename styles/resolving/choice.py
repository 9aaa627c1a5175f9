"""Which styles a request may be drawn from."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import islice

from common.errors import Refusal
from styles.image_request import RANDOM_STYLE, Painting
from styles.lists.parsing import Style
from styles.lists.stylelist import StyleList
from styles.names import MOST_SUGGESTIONS, NameIndex, key
from styles.resolving.situation import Situation
from styles.resolving.template import PLAIN_TEMPLATE

FEATURED = "featured"
RAW = "raw"
PLAIN_MODEL = "stable_diffusion"
"""Model of the plain style where a list has no `raw`."""
BLEND_MODEL = "Stable Cascade 1.0"
"""The one model that mixes pictures."""


@dataclass(frozen=True, slots=True)
class Choice:
    """The styles pictures are drawn from."""

    usable: tuple[Style, ...]
    """At least one; allowed here and served now, in list order."""
    drawn: bool
    """Whether there was something to draw: a category, not one style."""


def choose(situation: Situation) -> Choice:
    """Return what a request's style means here and now.

    Raises Refusal if it means nothing, is not allowed here, or nobody serves it; its
    suggestions are styles that can be used.
    """
    _check_model(situation)
    name = situation.request.style
    if name is None:
        return _unnamed(situation)
    stylelist = situation.stylelist
    canonical = stylelist.names.get(name)
    if canonical is not None and canonical in stylelist.styles:
        return _one(situation, stylelist.styles[canonical])
    if canonical is not None:
        return _category(situation, canonical)
    if key(name) == RANDOM_STYLE:
        return _of(situation, tuple(stylelist.styles.values()), RANDOM_STYLE)
    if key(name) == RAW:
        return _one(situation, _plain(situation))
    near = stylelist.names.suggest(name, lambda known: _offered(situation, known))
    raise Refusal("refused.style_unknown", words=name, suggestions=near)


def alternatives(situation: Situation, style: str) -> tuple[str, ...]:
    """Return styles that can be used now in place of one, the most alike first."""
    known = situation.stylelist.styles.get(style)
    found = _suggestions(situation, known)
    return tuple(name for name in found if name != style)


def may_use(situation: Situation, name: str) -> bool:
    """Tell whether a style, or one of a category's, can be used here and now."""
    canonical = situation.stylelist.names.get(name)
    if canonical is not None:
        return _offered(situation, canonical)
    return key(name) == RANDOM_STYLE


def model_had(situation: Situation, model: str) -> bool:
    """Tell whether a model may be used here, and somebody serves it now."""
    if _adult(situation, model) and not situation.limits.nsfw:
        return False
    served = situation.served
    return served is None or (model in served and served[model].workers > 0)


def _unnamed(situation: Situation) -> Choice:
    """Nobody named a style: the place's default, else `featured`, else `raw`."""
    request = situation.request
    limits = situation.limits
    wanted: tuple[str | None, ...] = (limits.default_style, FEATURED, RAW)
    if request.painting is Painting.BLEND and request.model is None:
        return _one(situation, replace(_plain(situation), model=BLEND_MODEL))
    if request.literal:
        return _one(situation, _plain(situation))
    if request.model is not None or request.source_picture is not None:
        wanted = (RAW,)
    stylelist = situation.stylelist
    for name in wanted:
        canonical = stylelist.names.get(name) if name else None
        if canonical is not None and canonical in stylelist.styles:
            return _one(situation, stylelist.styles[canonical])
        if canonical is not None:
            return _category(situation, canonical)
    if limits.styles:
        return _of(situation, tuple(stylelist.styles.values()), RANDOM_STYLE)
    return _one(situation, _plain(situation))


def _one(situation: Situation, style: Style) -> Choice:
    if not situation.allows(style):
        raise Refusal(
            "refused.style_adult", style=style.name, suggestions=_suggestions(situation, style)
        )
    if not situation.serves(style):
        raise _not_served(
            "refused.style_not_served",
            _suggestions(situation, style),
            style=style.name,
            model=situation.model(style),
        )
    return Choice((style,), drawn=False)


def _category(situation: Situation, category: str) -> Choice:
    names = situation.stylelist.expand(category)
    return _of(situation, tuple(situation.stylelist.styles[name] for name in names), category)


def _of(situation: Situation, styles: tuple[Style, ...], category: str) -> Choice:
    usable = tuple(style for style in styles if situation.usable(style))
    if not usable:
        suggestions = _suggestions(situation, None)
        if styles and not any(situation.allows(style) for style in styles):
            raise Refusal("refused.category_adult", category=category, suggestions=suggestions)
        raise _not_served("refused.category_not_served", suggestions, category=category)
    return Choice(usable, drawn=True)


def _not_served(code: str, suggestions: tuple[str, ...], **values: str) -> Refusal:
    """Return why there is no picture; “try another” is no help where no style is served."""
    if not suggestions:
        return Refusal("refused.nothing_served")
    return Refusal(code, suggestions=suggestions, **values)


def _plain(situation: Situation) -> Style:
    """Return what stands in for `raw` in a list without it. Raises Refusal where it may not."""
    if situation.limits.styles:
        raise Refusal("refused.needs_style", suggestions=_suggestions(situation, None))
    return Style(RAW, PLAIN_TEMPLATE, situation.request.model or PLAIN_MODEL)


def _check_model(situation: Situation) -> None:
    """Refuse a model named with `--model` that is not allowed here or that nobody serves."""
    model, served = situation.request.model, situation.served
    if model is None:
        return
    if _adult(situation, model) and not situation.limits.nsfw:
        raise Refusal("refused.model_adult", model=model)
    if served is None or model_had(situation, model):
        return
    allowed = [name for name in served if situation.limits.nsfw or not _adult(situation, name)]
    had = sorted((name for name in allowed if served[name].workers > 0), key=str.casefold)
    most_served = sorted(had, key=lambda name: -served[name].workers)
    near = dict.fromkeys((*NameIndex(had).suggest(model), *most_served))
    raise Refusal(
        "refused.model_not_served", model=model, suggestions=tuple(near)[:MOST_SUGGESTIONS]
    )


def _adult(situation: Situation, model: str) -> bool:
    return situation.reference.nsfw(model)


def _suggestions(situation: Situation, style: Style | None) -> tuple[str, ...]:
    """Return usable styles: those that have most in common with the style first."""
    stylelist = situation.stylelist
    alike = {} if style is None else _alike(stylelist, style.name)
    nearest = sorted(stylelist.styles, key=lambda name: -alike.get(name, 0.0))
    usable = (name for name in nearest if situation.usable(stylelist.styles[name]))
    return tuple(islice(usable, MOST_SUGGESTIONS))


def _alike(stylelist: StyleList, style: str) -> dict[str, float]:
    """Return how much styles have in common with one: more for each category they share.

    Two of few in a category are more alike than two of many.
    """
    alike: dict[str, float] = {}
    for category in stylelist.categories:
        members = stylelist.expand(category)
        if style in members:
            for name in members:
                alike[name] = alike.get(name, 0.0) + 1 / len(members)
    return alike


def _offered(situation: Situation, name: str) -> bool:
    style = situation.stylelist.styles.get(name)
    if style is not None:
        return situation.usable(style)
    expanded = situation.stylelist.expand(name)
    return any(situation.usable(situation.stylelist.styles[member]) for member in expanded)
