"""Whether a LoRA or textual inversion may be used, and whether workers will load it. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from common import texts
from common.civitai.assets import Asset, AssetKind, AssetVersion

LARGEST = 400 * 1000 * 1000
"""Bytes of a LoRA that workers load, unless the operator knows better."""
OTHER = "other"
_BASELINES = (
    ("stable_diffusion_1", ("sd 1.",)),
    ("stable_diffusion_2", ("sd 2.",)),
    ("stable_diffusion_xl", ("sdxl", "pony", "illustrious", "noobai", "animagine")),
    ("stable_cascade", ("stable cascade",)),
    ("flux_1", ("flux.1", "flux 1")),
    ("qwen_image", ("qwen",)),
    ("z_image_turbo", ("zimage", "z-image", "z image")),
)
"""What CivitAI's names of base models begin with, by the Horde's baseline."""
_FAMILIES = ("pony", "illustrious", "noobai", "zimagebase")
"""Relatives of a baseline whose LoRAs show weakly, or oddly, outside the family."""
_ONLY_CALLED_SO = ("pony v7", "qwen 2", "qwen 3")
"""Called like a relative, built on something else."""


class VerdictKind(StrEnum):
    """What is to be said of an asset; the value is its sentence in the catalogue."""

    FITS = "fits"
    PARTLY = "partly"
    OTHER_BASELINE = "other_baseline"
    BASE_OTHER = "base_other"
    TOO_BIG = "too_big"
    NO_SAFETENSORS = "no_safetensors"
    NO_HASH = "no_hash"
    NO_VERSION = "no_version"
    MEMBERS_ONLY = "members_only"
    NOT_SFW = "not_sfw"
    POI = "poi"
    MINOR = "minor"
    SFW_ONLY = "sfw_only"


REFUSED = frozenset({VerdictKind.NOT_SFW, VerdictKind.POI, VerdictKind.MINOR, VerdictKind.SFW_ONLY})
USABLE = frozenset({VerdictKind.FITS, VerdictKind.PARTLY})


@dataclass(frozen=True, slots=True)
class Verdict:
    """What is to be said of an asset in a place, for a model."""

    kind: VerdictKind
    sentence: str

    @property
    def refused(self) -> bool:
        """Whether it may not be used here at all."""
        return self.kind in REFUSED

    @property
    def usable(self) -> bool:
        """Whether it may be used and workers will load it."""
        return self.kind in USABLE


def judge(
    asset: Asset,
    version: AssetVersion | None,
    *,
    baseline: str | None,
    nsfw: bool,
    model: str = "",
    max_bytes: int = LARGEST,
) -> Verdict:
    """Return the gravest thing to be said: what forbids it, its file, its size, its base model.

    `baseline` is the chosen model's, as the model reference spells it; None where no model is
    chosen or its baseline is not known. `nsfw` is whether adult pictures are allowed here.
    """
    kind = _forbidden(asset, nsfw=nsfw) or _unusable(asset, version, max_bytes)
    if kind is None:
        kind = _fit(version.base_model if version else "", baseline, model)
    values = {
        "base": version.base_model if version else "",
        "model": model,
        "size": f"{(version.size_bytes or 0) / 1e6:.0f}" if version else "",
        "limit": f"{max_bytes / 1e6:.0f}",
    }
    return Verdict(kind, texts.say(f"verdict.{kind.value}", **values))


def baseline_of(base_model: str) -> str | None:
    """Return the Horde's baseline for CivitAI's name of a base model; None if it says nothing."""
    name = base_model.casefold().strip()
    if name.startswith(_ONLY_CALLED_SO):
        return None
    for baseline, beginnings in _BASELINES:
        if name.startswith(beginnings):
            return baseline
    return None


def _forbidden(asset: Asset, *, nsfw: bool) -> VerdictKind | None:
    if asset.poi:
        return VerdictKind.POI
    if nsfw and asset.minor:
        return VerdictKind.MINOR
    if nsfw and asset.sfw_only:
        return VerdictKind.SFW_ONLY
    return VerdictKind.NOT_SFW if asset.nsfw and not nsfw else None


def _unusable(asset: Asset, version: AssetVersion | None, max_bytes: int) -> VerdictKind | None:
    if version is None or not version.has_file:
        return VerdictKind.NO_VERSION
    if not version.downloadable:
        return VerdictKind.MEMBERS_ONLY
    if not version.safetensors and asset.kind is AssetKind.LORA:
        return VerdictKind.NO_SAFETENSORS
    if version.sha256 is None:
        return VerdictKind.NO_HASH
    too_big = version.size_bytes is not None and version.size_bytes > max_bytes
    return VerdictKind.TOO_BIG if too_big else None


def _fit(base_model: str, baseline: str | None, model: str) -> VerdictKind:
    own = baseline_of(base_model)
    if own is None and base_model.casefold().strip() in {OTHER, ""}:
        return VerdictKind.BASE_OTHER
    if baseline is None:
        return VerdictKind.FITS
    if own != baseline:
        return VerdictKind.OTHER_BASELINE
    return VerdictKind.FITS if _family(base_model) == _family(model) else VerdictKind.PARTLY


def _family(name: str) -> str:
    folded = name.casefold()
    return next((family for family in _FAMILIES if family in folded), "")
