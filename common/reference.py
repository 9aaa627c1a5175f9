"""What is known of image models: baseline, native size, whether they are made for adults.

The bundled facts cover the models of the Horde's public stylelist. A file in the format of the
Horde's public model reference (`{name: {"baseline": …, "nsfw": …}, …}`) can take their place.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from itertools import islice
from pathlib import Path
from typing import Any

from common.errors import ConfigError

UNKNOWN_SIZE = (512, 512)
NATIVE_SIZES: Mapping[str, tuple[int, int]] = {
    "stable_diffusion_1": (512, 512),
    "stable_diffusion_2": (768, 768),
    "stable_diffusion_xl": (1024, 1024),
    "stable_cascade": (1024, 1024),
    "flux_1": (1024, 1024),
    "qwen_image": (1024, 1024),
    "z_image_turbo": (1024, 1024),
}
"""Width and height in pixels at which models of a baseline were trained."""
LARGEST_FILE = 20 * 1024 * 1024
MOST_MODELS = 20_000
LONGEST_NAME = 255
MOST_PICTURES = 20


def baseline_key(baseline: str) -> str:
    """Return the spelling under which a baseline is compared (`stable diffusion 1` is known)."""
    return baseline.strip().casefold().replace(" ", "_")


@dataclass(frozen=True, slots=True)
class ModelFacts:
    """What is known of one model."""

    baseline: str
    nsfw: bool = False
    inpainting: bool = False
    """Made for painting into pictures; makes nothing out of words alone."""
    pictures_per_request: int = 1
    """Some models return several pictures for each one asked for."""


@dataclass(frozen=True)
class ModelReference:
    """Facts about models, by the name the Horde knows them under."""

    models: Mapping[str, ModelFacts] = field(default_factory=dict)

    def baseline(self, model: str) -> str | None:
        """Return `stable_diffusion_1`, `stable_diffusion_xl`, `flux_1` …, or None if unknown."""
        facts = self.models.get(model)
        return facts.baseline if facts else None

    def native_size(self, model: str) -> tuple[int, int]:
        """Return (width, height) in pixels; 512×512 for what is not known."""
        return NATIVE_SIZES.get(self.baseline(model) or "", UNKNOWN_SIZE)

    def nsfw(self, model: str) -> bool:
        """Tell whether the model is marked as made for adults; unknown ones are not."""
        facts = self.models.get(model)
        return facts is not None and facts.nsfw

    def pictures_per_request(self, model: str) -> int:
        """Return how many pictures a model makes for each one asked for."""
        facts = self.models.get(model)
        return facts.pictures_per_request if facts else 1

    @classmethod
    def from_mapping(cls, entries: Mapping[str, Any]) -> ModelReference:
        """Read the public format; entries without a readable baseline are skipped."""
        return cls(
            {
                name: _facts(entry)
                for name, entry in islice(entries.items(), MOST_MODELS)
                if isinstance(entry, dict)
                and isinstance(entry.get("baseline"), str)
                and len(name) <= LONGEST_NAME
            }
        )

    @classmethod
    def from_file(cls, path: Path) -> ModelReference:
        """Read a file in the public format. Raises ConfigError if it cannot be read."""
        try:
            if path.stat().st_size > LARGEST_FILE:
                raise ConfigError("reference.too_large", file=path)
            entries = json.loads(path.read_text("utf-8-sig"))
        except (OSError, ValueError, RecursionError) as error:
            raise ConfigError("reference.unreadable", file=path, problem=error) from error
        if not isinstance(entries, dict):
            raise ConfigError("reference.unreadable", file=path, problem="it is not a JSON object")
        return cls.from_mapping(entries)

    @staticmethod
    @cache
    def bundled() -> ModelReference:
        """Return the facts that come with the package."""
        file = files("common") / "data" / "model_reference.json"
        return ModelReference.from_mapping(json.loads(file.read_text("utf-8")))


def _facts(entry: Mapping[str, Any]) -> ModelFacts:
    several = entry.get("pictures_per_request")
    known = isinstance(several, int) and 1 <= several <= MOST_PICTURES
    return ModelFacts(
        baseline_key(entry["baseline"]),
        nsfw=entry.get("nsfw") is True,
        inpainting=entry.get("inpainting") is True,
        pictures_per_request=int(several) if known else 1,  # type: ignore[arg-type]
    )
