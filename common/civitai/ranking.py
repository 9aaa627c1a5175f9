"""Which known asset somebody means by what they typed, and whether they may be shown it. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from common.civitai.assets import Asset, AssetKind
from common.civitai.memory import AssetMemory, Known, fold

LONGEST_NUMBER = 12
"""Digits of an id."""


def may_be_shown(asset: Asset, *, nsfw: bool) -> bool:
    """Tell whether an asset may be offered to people where adult things are so."""
    if asset.poi or not asset.versions:
        return False
    return not (asset.minor or asset.sfw_only) if nsfw else not asset.nsfw


def is_number(text: str) -> bool:
    """Tell whether a text is the number of something."""
    return text.isascii() and text.isdigit() and len(text) <= LONGEST_NUMBER


def search_key(text: str, kind: AssetKind) -> str:
    """Return the name under which a search is remembered."""
    return f"{kind.value}:{fold(text)}"


def matches(known: Known, wanted: str) -> bool:
    """Tell whether all folded words are in the name, or digits begin an id."""
    if wanted in known.folded:  # as it mostly is, and quicker
        return True
    if " " in wanted:
        return all(word in known.folded for word in wanted.split())
    return is_number(wanted) and any(str(n).startswith(wanted) for n in known.numbers)


def rank(known: Known, wanted: str) -> int:
    """Return how well a name fits, the smaller the better."""
    if wanted == known.folded or (is_number(wanted) and wanted in map(str, known.numbers)):
        return 0
    if known.folded.startswith(wanted):
        return 1
    return 2 if f" {wanted}" in known.folded else 3


def best(wanted: str, found: Sequence[Known]) -> Known | None:
    """Return the hit that a name means, if any.

    That is the one called so, else the first with all its words, else the only one there is.
    """
    exact = [known for known in found if known.folded == wanted]
    near = [known for known in found if all(word in known.folded for word in wanted.split())]
    only = found if len(found) == 1 else ()
    return next(iter((*exact, *near, *only)), None)


def recall(memory: AssetMemory, name: str, kind: AssetKind, *, is_version: bool) -> Known | None:
    """Return what a number or name means, as far as it is remembered; names were searched for."""
    if is_number(name):
        number = memory.owners.get(int(name), 0) if is_version else int(name)
        known = memory.assets.get(number)
        return known if known is not None and known.asset.kind is kind else None
    searched = memory.searches.get(search_key(name, kind))
    if is_version or searched is None:
        return None
    return best(fold(name), [memory.assets[n] for n in searched.ids if n in memory.assets])
