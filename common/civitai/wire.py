"""CivitAI's answers as typed values, and what they mean (`assets.py`).

Only the fields we use; unknown ones are ignored, and everything is bounded, for names and trigger
words are written by anybody.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from pydantic import Field

from common.civitai.assets import Asset, AssetKind, AssetVersion
from common.wire import Answer

LONGEST_NAME = 120
LONGEST_TRIGGER = 100
MOST_TRIGGERS = 20
MOST_VERSIONS = 200
HIGHEST_ID = 2**31 - 1
"""Ids are 32-bit numbers; a higher one is an error to the server."""
FIT_FOR_ALL = 1 | 2
"""Bits of `nsfwLevel` (PG, PG-13): a model has the bits of all pictures it is shown with."""
KINDS = {
    **dict.fromkeys(("LORA", "LoCon", "DoRA", "LyCORIS"), AssetKind.LORA),
    "TextualInversion": AssetKind.TI,
}
QUERIED = {AssetKind.LORA: ("LORA", "LoCon", "DoRA"), AssetKind.TI: ("TextualInversion",)}
"""What the API is asked for."""
_UNSEEN = re.compile(
    r"[\x00-\x1f\x7f-\x9f\xad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ud800-\udfff"
    r"\ufeff\ufff9-\ufffb\U000e0000-\U000e007f]+"
)


class File(Answer):
    """One file of a version."""

    name: str = ""
    type: str = "Model"
    sizeKB: float = Field(default=0, ge=0)  # noqa: N815  (the API's spelling)
    primary: bool = False
    metadata: dict[str, Any] = Field(default_factory=dict)
    hashes: dict[str, Any] = Field(default_factory=dict)


class Version(Answer):
    """One version of a model."""

    id: int
    name: str = ""
    baseModel: str = ""  # noqa: N815
    trainedWords: list[Any] = Field(default_factory=list)  # noqa: N815
    availability: str = "Public"
    usageControl: str = "Download"  # noqa: N815
    earlyAccessEndsAt: Any = None  # noqa: N815
    paidAccess: Any = None  # noqa: N815
    files: list[File] = Field(default_factory=list)

    def value(self, now: float) -> AssetVersion:
        """Return the version with the facts of its main file; `now` in seconds since the epoch."""
        models = [file for file in self.files if file.type in {"Model", "Pruned Model"}]
        main = next((file for file in models if file.primary), models[0] if models else None)
        return AssetVersion(
            id=self.id,
            name=one_line(self.name, LONGEST_NAME),
            base_model=one_line(self.baseModel, LONGEST_NAME),
            triggers=_triggers(self.trainedWords),
            size_bytes=round(main.sizeKB * 1024) if main and main.sizeKB else None,
            safetensors=main is not None and _is_safetensors(main),
            sha256=_hash(main),
            downloadable=self._is_free(now),
        )

    def _is_free(self, now: float) -> bool:
        """Tell whether anybody may download it, in each of the ways in which the site says so."""
        if self.availability in {"EarlyAccess", "Private"} or self.usageControl != "Download":
            return False
        if isinstance(self.paidAccess, dict) and self.paidAccess:
            ends = self.paidAccess.get("endsAt")
            if self.paidAccess.get("permanent") or ends is None or _is_ahead(ends, now):
                return False
        return not _is_ahead(self.earlyAccessEndsAt, now)


class Creator(Answer):
    """Who made a model."""

    username: str = ""


class Model(Answer):
    """`GET /api/v1/models/{id}`, and one of the `items` of a search."""

    id: int
    name: str = ""
    type: str = ""
    nsfw: bool = False
    nsfwLevel: Any = 0  # noqa: N815
    poi: bool = False
    minor: bool = False
    sfwOnly: bool = False  # noqa: N815
    creator: Creator = Creator()
    modelVersions: list[Version] = Field(default_factory=list)  # noqa: N815

    def value(self, now: float) -> Asset | None:
        """Return what it is, or None if it is neither a LoRA nor a textual inversion."""
        kind = KINDS.get(self.type)
        if kind is None:
            return None
        return Asset(
            id=self.id,
            kind=kind,
            name=one_line(self.name, LONGEST_NAME) or str(self.id),
            creator=one_line(self.creator.username, LONGEST_NAME),
            nsfw=self.nsfw or _is_adult(self.nsfwLevel),
            poi=self.poi,
            minor=self.minor,
            sfw_only=self.sfwOnly,
            versions=tuple(version.value(now) for version in self.modelVersions[:MOST_VERSIONS]),
        )


class Page(Answer):
    """`GET /api/v1/models`: a page of hits. One that cannot be read is left out."""

    items: list[Any] = Field(default_factory=list)


class VersionOwner(Answer):
    """`GET /api/v1/model-versions/{id}`: which model it belongs to."""

    modelId: int  # noqa: N815


def one_line(text: str, longest: int) -> str:
    """Return a text of a stranger as it may be shown: one line, bounded, without the unseen."""
    line = seen(text)
    return line if len(line) <= longest else line[: longest - 1].rstrip() + "…"


def seen(text: str) -> str:
    """Return a text on one line with single spaces, without what is not seen or not text."""
    return " ".join(_UNSEEN.sub(" ", text).split())


def _triggers(words: Sequence[Any]) -> tuple[str, ...]:
    """Return the words as they were written, several to an entry if its maker wrote them so."""
    lines = (one_line(word, LONGEST_TRIGGER) for word in words if isinstance(word, str))
    return tuple(line for line in lines if line)[:MOST_TRIGGERS]


def _is_adult(level: Any) -> bool:
    """Tell whether all pictures shown with a model are for adults; 0 is "not rated yet"."""
    return isinstance(level, int) and level > 0 and not level & FIT_FOR_ALL


def _is_ahead(moment: Any, now: float) -> bool:
    """Tell whether an ISO 8601 time is yet to come; what is no time is not."""
    try:
        then = datetime.fromisoformat(moment)
    except (TypeError, ValueError):
        return False
    return (then if then.tzinfo else then.replace(tzinfo=UTC)).timestamp() > now


def _is_safetensors(file: File) -> bool:
    named = str(file.metadata.get("format", "")).casefold() == "safetensor"
    return named or file.name.casefold().endswith(".safetensors")


def _hash(file: File | None) -> str | None:
    found = None if file is None else file.hashes.get("SHA256")
    is_hash = isinstance(found, str) and re.fullmatch(r"[0-9A-Fa-f]{64}", found)
    return found.lower() if is_hash and isinstance(found, str) else None
