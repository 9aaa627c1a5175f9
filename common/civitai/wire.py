"""CivitAI's answers as typed values, and what they mean (`assets.py`).

Only the fields we use; unknown ones are ignored, and everything is bounded, for names and trigger
words are written by anybody.
"""

from __future__ import annotations

import re
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, model_validator

from common.civitai.assets import Asset, AssetKind, AssetVersion

LONGEST_NAME = 120
LONGEST_TRIGGER = 100
MOST_TRIGGERS = 20
MOST_VERSIONS = 50
KINDS = {
    **dict.fromkeys(("LORA", "LoCon", "DoRA", "LyCORIS"), AssetKind.LORA),
    "TextualInversion": AssetKind.TI,
}
QUERIED = {AssetKind.LORA: ("LORA", "LoCon", "DoRA"), AssetKind.TI: ("TextualInversion",)}
"""What the API is asked for."""
_UNSEEN = re.compile(r"[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u206f\ud800-\udfff]+")


class Answer(BaseModel):
    """Base of what CivitAI answers: unknown fields ignored, null is "not said"."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    @model_validator(mode="before")
    @classmethod
    def _null_is_not_said(cls, fields: Any) -> Any:
        if isinstance(fields, dict):
            return {name: value for name, value in fields.items() if value is not None}
        return fields


class File(Answer):
    """One file of a version."""

    name: str = ""
    type: str = "Model"
    sizeKB: float = Field(default=0, ge=0)  # noqa: N815  (the API's spelling)
    primary: bool = False
    metadata: dict[str, Any] = {}
    hashes: dict[str, Any] = {}


class Version(Answer):
    """One version of a model."""

    id: int
    name: str = ""
    baseModel: str = ""  # noqa: N815
    trainedWords: list[str] = []  # noqa: N815
    availability: str = "Public"
    files: list[File] = []

    def value(self) -> AssetVersion:
        """Return the version with the facts of its main file."""
        models = [file for file in self.files if file.type in {"Model", "Pruned Model"}]
        main = next((file for file in models if file.primary), models[0] if models else None)
        words = (one_line(word, LONGEST_TRIGGER) for word in self.trainedWords[:MOST_TRIGGERS])
        return AssetVersion(
            id=self.id,
            name=one_line(self.name, LONGEST_NAME),
            base_model=one_line(self.baseModel, LONGEST_NAME),
            triggers=tuple(word for word in words if word),
            size_bytes=round(main.sizeKB * 1024) if main and main.sizeKB else None,
            safetensors=main is not None and _is_safetensors(main),
            sha256=_hash(main),
            downloadable=self.availability != "EarlyAccess",
        )


class Creator(Answer):
    """Who made a model."""

    username: str = ""


class Model(Answer):
    """`GET /api/v1/models/{id}`, and one of the `items` of a search."""

    id: int
    name: str = ""
    type: str = ""
    nsfw: bool = False
    poi: bool = False
    minor: bool = False
    sfwOnly: bool = False  # noqa: N815
    creator: Creator = Creator()
    modelVersions: list[Version] = []  # noqa: N815

    def value(self) -> Asset | None:
        """Return what it is, or None if it is neither a LoRA nor a textual inversion."""
        kind = KINDS.get(self.type)
        if kind is None:
            return None
        return Asset(
            id=self.id,
            kind=kind,
            name=one_line(self.name, LONGEST_NAME) or str(self.id),
            creator=one_line(self.creator.username, LONGEST_NAME),
            nsfw=self.nsfw,
            poi=self.poi,
            minor=self.minor,
            sfw_only=self.sfwOnly,
            versions=tuple(version.value() for version in self.modelVersions[:MOST_VERSIONS]),
        )


class Page(Answer):
    """`GET /api/v1/models`: a page of hits. One that cannot be read is left out."""

    items: list[Any] = []


class VersionOwner(Answer):
    """`GET /api/v1/model-versions/{id}`: which model it belongs to."""

    modelId: int  # noqa: N815


def one_line(text: str, longest: int) -> str:
    """Return a text of a stranger as it may be shown: one line, bounded, without the unseen."""
    line = " ".join(_UNSEEN.sub(" ", text).split())
    return line if len(line) <= longest else line[: longest - 1].rstrip() + "…"


def _is_safetensors(file: File) -> bool:
    named = str(file.metadata.get("format", "")).casefold() == "safetensor"
    return named or file.name.casefold().endswith(".safetensors")


def _hash(file: File | None) -> str | None:
    found = None if file is None else file.hashes.get("SHA256")
    is_hash = isinstance(found, str) and re.fullmatch(r"[0-9A-Fa-f]{64}", found)
    return found.lower() if is_hash and isinstance(found, str) else None
