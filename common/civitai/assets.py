"""What is known of a LoRA or textual inversion, as values. No request, no judgement.

Facts come from CivitAI's public REST API (`/api/v1/models`). What suits a place or a model is
judged in `styles/verdicts.py`.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from common.model import Credit

SITE = "https://civitai.com"


class AssetKind(StrEnum):
    """What a thing is; the value is what CivitAI calls it."""

    LORA = "LORA"
    """Also CivitAI's `LoCon` and `DoRA`, which workers load the same way."""
    TI = "TextualInversion"


@dataclass(frozen=True, slots=True)
class AssetVersion:
    """One version of an asset, with the facts of its main file."""

    id: int
    name: str
    base_model: str
    """As CivitAI spells it: `SD 1.5`, `SDXL 1.0`, `Pony`, `Flux.1 D`, `Other` …"""
    triggers: tuple[str, ...] = ()
    size_bytes: int | None = None
    safetensors: bool = False
    sha256: str | None = None
    downloadable: bool = True
    """False for what is in early access, for sale, or only made pictures with on the site."""

    @property
    def has_file(self) -> bool:
        """Whether anything is known of a file; the site keeps none of what it has archived."""
        return self.safetensors or self.size_bytes is not None or self.sha256 is not None


@dataclass(frozen=True, slots=True)
class Asset:
    """A LoRA or textual inversion, its newest version first."""

    id: int
    kind: AssetKind
    name: str
    creator: str = ""
    nsfw: bool = False
    """Marked as adult, or shown with nothing but adult pictures."""
    poi: bool = False
    """Shows a real person."""
    minor: bool = False
    """Shows somebody under age."""
    sfw_only: bool = False
    """Its maker allows no adult pictures."""
    versions: tuple[AssetVersion, ...] = ()

    def version(self, version_id: int | None = None) -> AssetVersion | None:
        """Return a version, or the newest if none is named; None if there is no such."""
        for version in self.versions:
            if version_id is None or version.id == version_id:
                return version
        return None

    def credit(self, version_id: int | None = None) -> Credit:
        """Return title, creator and link, to be shown wherever the asset was used."""
        link = f"{SITE}/models/{self.id}"
        if version_id is not None:
            link += f"?modelVersionId={version_id}"
        return Credit(title=self.name, creator=self.creator, link=link)
