"""A style that is kept on a Horde, as one of ours. Pure."""

from __future__ import annotations

from typing import Any

from common.horde.native import NativeStyle
from styles.lists.fields import Fault
from styles.lists.parsing import LONGEST_NAME, Style, parse_style

PREFIX = "horde/"
"""What the names of such styles begin with here."""
MOST_MODELS = 5
ANY_MODEL = "stable_diffusion"
"""Model of a style that names none."""
_LOOK = frozenset(
    {
        *("steps", "cfg_scale", "width", "height", "sampler_name", "karras", "clip_skip"),
        *("hires_fix", "tiling", "loras", "tis"),
    }
)
"""Parameters that a style of ours has a place for; the others are left out."""


def native_style(name: str, told: NativeStyle) -> tuple[Style | None, list[Fault]]:
    """Return the style under a name of ours, or None if it cannot be used, and what is wrong.

    Of its models, any of which will do, the first that is served is taken.
    """
    models = [model for model in told.models if model][:MOST_MODELS] or [ANY_MODEL]
    values: dict[str, Any] = {
        field: value for field, value in told.params.items() if field in _LOOK and value is not None
    }
    values |= {"prompt": told.prompt, "model": models[0], "nsfw": told.nsfw}
    if told.creator:
        values["author"] = told.creator[:LONGEST_NAME]
    style, faults = parse_style(name, values, "the Horde")
    if style is None:
        return None, faults
    return Style(
        name=style.name,
        prompt=style.prompt,
        model=style.model,
        look=style.look,
        author=style.author,
        nsfw=style.nsfw,
        other_models=tuple(models[1:]),
    ), faults
