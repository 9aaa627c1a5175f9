"""What is known of image models: baseline, native size, whether they are made for adults.

The bundled facts cover the models of the Horde's public stylelist. A file in the format of the
Horde's public model reference (`{name: {"baseline": …, "nsfw": …}, …}`) can take their place.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from importlib.resources import files
from itertools import islice
from pathlib import Path
from typing import Any

from common.errors import ConfigError

UNKNOWN_SIZE = (512, 512)
LATER_SIZE = (1024, 1024)
"""Of SDXL, Cascade, Flux and whatever is newer."""
NATIVE_SIZES: Mapping[str, tuple[int, int]] = {
    "hordebots_demo": (512, 512),
    "stable_diffusion_1": (512, 512),
    "stable_diffusion_2_512": (512, 512),
    "stable_diffusion_2": (768, 768),
}
"""Width and height in pixels at which models of a baseline that begins so were trained."""
LARGEST_FILE = 5 * 1024 * 1024
"""Bytes of a reference, some twenty times the public one."""
MOST_MODELS = 20_000
LONGEST_NAME = 255
PICTURES = (1, 20)
STEPS = (1, 500)
CFG_SCALE = (0, 100)
CLIP_SKIP = (1, 12)
"""Least and most a number may be to be taken for a fact."""
LONGEST_WORD = 100
"""Characters of a baseline or a kind of style."""

Bounds = tuple[float | None, float | None]
"""Least and most; None: not said."""


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
    style: str = ""
    """What kind of pictures it is for: `anime`, `realistic`, `generalist` …; "" if not said."""
    steps: Bounds = (None, None)
    """Between which it works well."""
    cfg_scale: Bounds = (None, None)
    clip_skip: int | None = None
    """With which it works well; None: not said."""


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
        baseline = self.baseline(model)
        if baseline is None:
            return UNKNOWN_SIZE
        found = (size for start, size in NATIVE_SIZES.items() if baseline.startswith(start))
        return next(found, LATER_SIZE)

    def nsfw(self, model: str) -> bool:
        """Tell whether the model is marked as made for adults; unknown ones are not."""
        facts = self.models.get(model)
        return facts is not None and facts.nsfw

    def pictures_per_request(self, model: str) -> int:
        """Return how many pictures a model makes for each one asked for."""
        facts = self.models.get(model)
        return facts.pictures_per_request if facts else 1

    @classmethod
    def from_mapping(
        cls, entries: Mapping[str, Any], over: ModelReference | None = None
    ) -> ModelReference:
        """Read the public format; entries without a readable baseline are skipped.

        What they say goes `over` what another reference knows; what they do not say stays as it
        is there, fact by fact.
        """
        known = {} if over is None else over.models
        read = {
            name: _facts(entry, known.get(name))
            for name, entry in islice(entries.items(), MOST_MODELS)
            if isinstance(entry, dict) and _word(entry.get("baseline")) and _is_name(name)
        }
        return cls({**known, **read})

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
        file = files("common") / "reference" / "model_reference.json"
        return ModelReference.from_mapping(json.loads(file.read_text("utf-8")))


def _facts(entry: Mapping[str, Any], known: ModelFacts | None) -> ModelFacts:
    """Read an entry with a baseline; what else it does not say, or not readably, is as known."""
    baseline = baseline_key(entry["baseline"])
    facts = ModelFacts(baseline) if known is None else replace(known, baseline=baseline)
    asked = entry.get("requirements")
    needs: Mapping[str, Any] = asked if isinstance(asked, dict) else {}
    told: dict[str, Any] = {
        "nsfw": _yes_or_no(entry.get("nsfw")),
        "inpainting": _yes_or_no(entry.get("inpainting")),
        "pictures_per_request": _number(entry.get("pictures_per_request"), PICTURES),
        "style": _word(entry.get("style")),
        "steps": _bounds(needs, "steps", STEPS),
        "cfg_scale": _bounds(needs, "cfg_scale", CFG_SCALE),
        "clip_skip": _number(needs.get("clip_skip"), CLIP_SKIP),
    }
    return replace(facts, **{name: fact for name, fact in told.items() if fact is not None})


def _bounds(needs: Mapping[str, Any], name: str, possible: tuple[float, float]) -> Bounds | None:
    """Read `min_NAME` and `max_NAME`, or `NAME` where only one value will do."""
    only = _decimal(needs.get(name), possible)
    least = _decimal(needs.get(f"min_{name}"), possible) if only is None else only
    most = _decimal(needs.get(f"max_{name}"), possible) if only is None else only
    if (least is None and most is None) or (least or possible[0]) > (most or possible[1]):
        return None
    return least, most


def _decimal(value: Any, possible: tuple[float, float]) -> float | None:
    known = isinstance(value, int | float) and not isinstance(value, bool)
    return value if known and possible[0] <= value <= possible[1] else None


def _number(value: Any, possible: tuple[float, float]) -> int | None:
    return value if isinstance(value, int) and _decimal(value, possible) is not None else None


def _yes_or_no(value: Any) -> bool | None:
    return value if isinstance(value, bool) else None


def _word(value: Any) -> str | None:
    """Return a short text, if it is one."""
    fit = isinstance(value, str) and value.strip() and len(value) <= LONGEST_WORD
    return value if fit and value.isprintable() else None


def _is_name(name: str) -> bool:
    return bool(name.strip()) and len(name) <= LONGEST_NAME and name.isprintable()
