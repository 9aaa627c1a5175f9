"""LoRAs and textual inversions of a job: the style's, then the person's."""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from dataclasses import replace
from itertools import islice
from typing import TypeVar

from common.model import LoraUse, Note, TiUse
from styles.image_request import LoraWish, TiWish
from styles.limits import MOST_LORAS, MOST_TIS
from styles.notes import changed

K = TypeVar("K", bound=Hashable)
Use = TypeVar("Use", LoraUse, TiUse)


def merge_loras(
    style_loras: Iterable[LoraUse], wishes: Iterable[LoraWish]
) -> tuple[tuple[LoraUse, ...], tuple[Note, ...]]:
    """Return at most five LoRAs and what had to go.

    The same LoRA (version or model id) counts once; the person's strength wins, and the
    person's LoRAs are kept first. Strength sets `model` and `clip`.
    """
    uses: dict[tuple[bool, str], LoraUse] = {}
    for lora in style_loras:
        uses.setdefault((lora.is_version, lora.name.casefold()), lora)
    wished: dict[tuple[bool, str], None] = {}
    for wish in wishes:
        identity = (wish.is_version, wish.name.casefold())
        wished[identity] = None
        known = uses.get(identity)
        if known is None:
            known = LoraUse(
                wish.name, inject_trigger=wish.inject_trigger, is_version=wish.is_version
            )
        clip = wish.strength if wish.clip is None else wish.clip
        uses[identity] = replace(known, model=wish.strength, clip=clip)
    return _at_most(MOST_LORAS, uses, wished, "note.loras_dropped")


def merge_tis(
    style_tis: Iterable[TiUse], wishes: Iterable[TiWish]
) -> tuple[tuple[TiUse, ...], tuple[Note, ...]]:
    """Return at most twenty textual inversions, the person's kept first, and what had to go.

    The same one counts once, with the person's strength; a person's goes into the prompt, one of
    the style's stays where the style has it.
    """
    uses: dict[str, TiUse] = {}
    for ti in style_tis:
        uses.setdefault(ti.name.casefold(), ti)
    wished: dict[str, None] = {}
    for wish in wishes:
        identity = wish.name.casefold()
        wished[identity] = None
        known = uses.get(identity, TiUse(wish.name, inject_ti=wish.inject))
        uses[identity] = replace(known, strength=wish.strength)
    return _at_most(MOST_TIS, uses, wished, "note.tis_dropped")


def _at_most(
    most: int, uses: dict[K, Use], wished: Iterable[K], code: str
) -> tuple[tuple[Use, ...], tuple[Note, ...]]:
    """Return as many as fit, those that were wished for first kept, and what had to go."""
    first = dict.fromkeys((*wished, *uses))
    kept = set(islice(first, most))
    dropped = [use.name for identity, use in uses.items() if identity not in kept]
    notes = (changed(code, most=most, names=", ".join(dropped)),) if dropped else ()
    return tuple(use for identity, use in uses.items() if identity in kept), notes
