"""What LoRAs and textual inversions add to the words of a job. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence

from rapidfuzz import fuzz, process, utils

ALIKE = 65
"""How much of 100 a wished trigger word must be like one that there is."""
INTO_PROMPT, INTO_NEGATIVE = "prompt", "negprompt"
STRONGEST = 5.0
MARKUP = re.compile(r"<[^<>]*>")
"""What other programs load LoRAs by; no word for a picture."""
PLAIN = re.compile(r"[\w.-]+")
"""A name that can stand in a prompt as `embedding:NAME`."""


def triggers_for(wish: str | None, known: Sequence[str]) -> tuple[str, ...]:
    """Return the trigger words a job wishes: `any` is the first there is, `all` are all.

    Anything else is the one most like it, or none.
    """
    words = [word for each in known if (word := MARKUP.sub("", each).strip(" ,"))]
    wanted = (wish or "").strip()
    if not wanted or not words:
        return ()
    if wanted.casefold() in {"any", "all"}:
        return tuple(words) if wanted.casefold() == "all" else (words[0],)
    found = process.extractOne(
        wanted, words, scorer=fuzz.WRatio, processor=utils.default_process, score_cutoff=ALIKE
    )
    return () if found is None else (found[0],)


def with_triggers(prompt: str, triggers: Sequence[str]) -> str:
    """Return a prompt that begins with the trigger words it does not have yet."""
    missing = [word for word in triggers if word.casefold() not in prompt.casefold()]
    return ", ".join([*missing, prompt] if prompt else missing)


def with_inversion(text: str, name: str, strength: float | None) -> str:
    """Return a prompt, or what is not wanted, that begins with a textual inversion."""
    weight = 1.0 if strength is None else min(max(strength, -STRONGEST), STRONGEST)
    mark = f"(embedding:{name}:{round(weight, 3):g})"
    return f"{mark}, {text}" if text else mark


def prompt_name(name: str, number: int | None) -> str:
    """Return the name by which a textual inversion stands in a prompt."""
    return name if PLAIN.fullmatch(name) or number is None else str(number)
