"""How well a known asset fits what somebody typed, and whether it may be shown to him. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from common.civitai.assets import Asset, AssetKind
from common.civitai.memory import Known, fold

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
    if all(word in known.folded for word in wanted.split()):
        return True
    return wanted.isdigit() and (
        str(known.asset.id).startswith(wanted)
        or any(str(version.id).startswith(wanted) for version in known.asset.versions)
    )


def rank(known: Known, wanted: str) -> int:
    """Return how well a name fits, the smaller the better."""
    if wanted in {known.folded, str(known.asset.id)}:
        return 0
    if known.folded.startswith(wanted):
        return 1
    return 2 if f" {wanted}" in known.folded else 3


def best(wanted: str, found: Sequence[Known]) -> Known | None:
    """Return the hit that a name means: the one called so, else the first with all its words."""
    exact = [known for known in found if known.folded == wanted]
    near = [known for known in found if all(word in known.folded for word in wanted.split())]
    return next(iter((*exact, *near)), None)
