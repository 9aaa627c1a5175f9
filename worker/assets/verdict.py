"""Which LoRAs and textual inversions a worker loads. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from common.civitai.assets import Asset, AssetKind, AssetVersion

MEGABYTE = 1024 * 1024
LARGEST_TI = 20 * MEGABYTE


@dataclass(frozen=True, slots=True)
class Rules:
    """What holds at this worker."""

    nsfw: bool
    """Whether it makes pictures for adults."""
    largest_lora: int
    """Bytes of a file."""
    has_key: bool = False
    """Whether it may have what CivitAI gives only to some."""

    def limit(self, kind: AssetKind) -> int:
        """Return the largest file of a kind, in bytes."""
        return self.largest_lora if kind is AssetKind.LORA else LARGEST_TI


def refusal(asset: Asset, version: AssetVersion, rules: Rules) -> str | None:
    """Return the code of the sentence that says why this is not loaded; None if it is.

    What shows a real person, or somebody under age, is never loaded.
    """
    limit = rules.limit(asset.kind)
    reasons = {
        "worker.asset_poi": asset.poi,
        "worker.asset_minor": asset.minor,
        "worker.asset_nsfw": asset.nsfw and not rules.nsfw,
        "verdict.no_safetensors": not version.safetensors,
        "verdict.no_hash": version.sha256 is None,
        "worker.asset_too_big": version.size_bytes is not None and version.size_bytes > limit,
        "verdict.members_only": not (version.downloadable or rules.has_key),
    }
    return next((code for code, holds in reasons.items() if holds), None)
