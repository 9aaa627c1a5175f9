"""LoRAs of a job: the style's, then the person's."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from common.model import LoraUse, Note
from styles.image_request import LoraWish
from styles.limits import MOST_LORAS
from styles.notes import changed


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
            known = LoraUse(wish.name, inject_trigger="any", is_version=wish.is_version)
        uses[identity] = replace(known, model=wish.strength, clip=wish.strength)
    first = [*wished, *(identity for identity in uses if identity not in wished)]
    kept = set(first[:MOST_LORAS])
    dropped = [use.name for identity, use in uses.items() if identity not in kept]
    notes = (
        (changed("note.loras_dropped", most=MOST_LORAS, names=", ".join(dropped)),)
        if dropped
        else ()
    )
    return tuple(use for identity, use in uses.items() if identity in kept), notes
