"""A request for pictures as the grammar reads it and the resolver takes it.

Discord's options and buttons fill the same `ImageRequest`. It is a value: what the text said,
before a style is drawn; the store keeps it as JSON (`to_json`, `from_json`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from enum import StrEnum
from typing import Any

from common.model import Note, NoteKind

SHARPER = "sharp, finely detailed"
"""What is drawn over a picture that is only to be larger and carries no recipe, where no alchemist
enlarges it as it is."""
RANDOM_STYLE = "random"
"""`style: random` draws from everything usable, unless a style is really called that."""


@dataclass(frozen=True, slots=True)
class LoraWish:
    """A LoRA a person asked for."""

    name: str
    """CivitAI model id, version id (with `is_version`), or a name."""
    strength: float = 1.0
    is_version: bool = False
    clip: float | None = None
    """Strength in the text encoder; None: the same."""
    inject_trigger: str | None = "any"
    """Which trigger word the worker adds to the prompt; None: none."""


@dataclass(frozen=True, slots=True)
class TiWish:
    """A textual inversion a person asked for."""

    name: str
    """CivitAI model id, or a name."""
    strength: float | None = 1.0
    inject: str | None = "prompt"
    """Where the worker puts it: `prompt` or `negprompt`; None: nowhere, it stands there."""


class Painting(StrEnum):
    """What is done with a source picture; the value is the Horde's `source_processing`."""

    IMG2IMG = "img2img"
    INPAINT = "inpainting"
    """Its transparent part is painted anew."""
    OUTPAINT = "outpainting"
    """It is continued beyond its edges."""
    BLEND = "remix"
    """Several pictures are mixed."""


@dataclass(frozen=True, slots=True)
class ImageRequest:
    """What a person asked for. None means: not said."""

    prompt: str
    """With its own characters; braces of permutations still in it."""
    negative: str = ""
    style: str | None = None
    """Name of a style or category of the list, or `random`."""
    n: int | None = None
    seed: str | None = None
    """As written; `styles.resolving.seeds` turns it into digits."""
    ratio: tuple[float, float] | None = None
    """`--ar W:H`."""
    size: tuple[int, int] | None = None
    """`--size WxH` in pixels, as written."""
    steps: int | None = None
    quality: float | None = None
    """Midjourney's `--q`: the style's steps are multiplied by it."""
    cfg_scale: float | None = None
    sampler: str | None = None
    karras: bool | None = None
    clip_skip: int | None = None
    model: str | None = None
    tiling: bool | None = None
    hires_fix: bool | None = None
    loras: tuple[LoraWish, ...] = ()
    tis: tuple[TiWish, ...] = ()
    upscale: str | None = None
    """Upscaler, as the Horde calls it (`--upscale`)."""
    enlarge: bool = False
    """Nothing but that is wished for (a follow-up)."""
    unseen: bool = False
    """The source picture was brought along: no Horde has judged yet what it shows."""
    fix_faces: bool = False
    no_background: bool = False
    strength: float | None = None
    """How far a source picture is changed, 0.01..1."""
    source_picture: str | None = None
    """`sha256:<hex>` of the picture to start from; the service puts it in."""
    extra_pictures: tuple[str, ...] = ()
    """The further pictures of a blend, like `source_picture`."""
    painting: Painting | None = None
    """`--inpaint`, `--outpaint`, `--blend`; None with a source picture: img2img."""
    control: str | None = None
    """`--control TYPE`, as the Horde calls it."""
    addresses: tuple[str, ...] = ()
    """https addresses in the text of a request that works on pictures."""
    price: bool = False
    """`--price`: only the price is asked for."""
    private: bool = False
    spoiler: bool = False
    literal: bool = False
    """The prompt is whole, from a picture's recipe: no style adds words, and braces are text."""
    notes: tuple[Note, ...] = ()
    """What the reader cut, clamped or skipped."""

    @property
    def subject(self) -> str:
        """What it is of, for people; "" where it is only to be larger and nobody knows of what."""
        return "" if self.enlarge and self.prompt == SHARPER else self.prompt

    @property
    def assets(self) -> tuple[LoraWish | TiWish, ...]:
        """LoRAs, then textual inversions."""
        return (*self.loras, *self.tis)


def to_json(request: ImageRequest) -> dict[str, Any]:
    """Return a request as plain JSON values; what was not said is left out."""
    plain = asdict(request)
    return {
        item.name: _plain(plain[item.name])
        for item in fields(ImageRequest)
        if plain[item.name] != item.default
    }


def from_json(values: Mapping[str, Any]) -> ImageRequest:
    """Return the request `to_json` wrote. Unknown keys (of a later version) are ignored."""
    known = {item.name for item in fields(ImageRequest)}
    kept = {name: value for name, value in values.items() if name in known}
    if "loras" in kept:
        kept["loras"] = tuple(LoraWish(**lora) for lora in kept["loras"])
    if "tis" in kept:
        kept["tis"] = tuple(TiWish(**ti) for ti in kept["tis"])
    if kept.get("painting") is not None:
        kept["painting"] = Painting(kept["painting"])
    for several in ("addresses", "extra_pictures"):
        if several in kept:
            kept[several] = tuple(kept[several])
    if "notes" in kept:
        kept["notes"] = tuple(
            Note(note["code"], note["text"], NoteKind(note["kind"])) for note in kept["notes"]
        )
    for pair in ("ratio", "size"):
        if kept.get(pair) is not None:
            kept[pair] = tuple(kept[pair])
    return ImageRequest(**kept)


def _plain(value: Any) -> Any:
    if isinstance(value, tuple):
        return [_plain(entry) for entry in value]
    if isinstance(value, dict):
        return {key: _plain(entry) for key, entry in value.items()}
    return value.value if isinstance(value, StrEnum) else value
