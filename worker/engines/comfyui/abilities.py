"""What a ComfyUI can do, read from what it says of itself."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

from common.horde.wire_names import UPSCALERS
from worker.engines.protocol import Feature

LOADER = "CheckpointLoaderSimple"
NEEDED = (LOADER, "CLIPTextEncode", "EmptyLatentImage", "KSampler", "VAEDecode")
"""Without these there are no pictures at all."""
SAVERS = ("SaveImageWebsocket", "PreviewImage")
"""How pictures come back; the first writes nothing to the disk, the second a temporary file."""
CONTROL = ("ControlNetLoader", "ControlNetApplyAdvanced", "LoadImage")
PREPROCESSORS = {
    "canny": "Canny",
    "hed": "HEDPreprocessor",
    "depth": "MiDaS-DepthMapPreprocessor",
    "normal": "BAE-NormalMapPreprocessor",
    "openpose": "OpenposePreprocessor",
    "seg": "OneFormer-ADE20K-SemSegPreprocessor",
    "scribble": "ScribblePreprocessor",
    "fakescribbles": "FakeScribblePreprocessor",
    "hough": "M-LSDPreprocessor",
}
"""ControlNets of the Horde → node that makes their map. All but the first are an extension."""
ENLARGING = ("UpscaleModelLoader", "ImageUpscaleWithModel")
NODES_OF = {
    Feature.IMG2IMG: ("LoadImage", "VAEEncode"),
    Feature.INPAINTING: (
        *("LoadImage", "LoadImageMask", "VAEEncode"),
        *("SetLatentNoiseMask", "VAEEncodeForInpaint"),
    ),
    Feature.LORA: ("LoraLoader",),
    Feature.CONTROLNET: CONTROL,
    Feature.HIRES_FIX: ("LatentUpscale",),
    Feature.TILING: ("SeamlessTile", "MakeCircularVAE"),
    Feature.CLIP_SKIP: ("CLIPSetLastLayer",),
}
ASKED = tuple(
    sorted(
        {*NEEDED, *SAVERS, *ENLARGING, *PREPROCESSORS.values(), "InpaintModelConditioning"}.union(
            *NODES_OF.values()
        )
    )
)
"""All nodes this engine can use."""
GIGABYTE = 1024**3
PIXELS_PER_GIGABYTE = 256 * 512
"""What fits beside a model, roughly."""
SMALLEST, LARGEST = 512 * 512, 2048 * 2048


@dataclass(frozen=True, slots=True)
class Abilities:
    """One ComfyUI: its nodes, and the files it knows by its own names for them."""

    nodes: frozenset[str]
    checkpoints: tuple[str, ...]
    loras: tuple[str, ...]
    embeddings: tuple[str, ...]
    controlnets: tuple[str, ...]
    upscalers: Mapping[str, str]
    """Name of the Horde → file."""
    samplers: frozenset[str]
    memory: int
    """Bytes of its card."""

    @property
    def missing(self) -> tuple[str, ...]:
        """Return the nodes nothing goes without that are not there."""
        lacking = tuple(node for node in NEEDED if node not in self.nodes)
        return lacking if self.saver else (*lacking, SAVERS[0])

    @property
    def saver(self) -> str | None:
        """Return the node that hands the pictures over."""
        return next((node for node in SAVERS if node in self.nodes), None)

    @property
    def features(self) -> frozenset[Feature]:
        """Return what jobs may ask for: where the nodes are there, and the files they need."""
        files = {
            Feature.LORA: self.loras,
            Feature.CONTROLNET: self.controlnets,
        }
        able = {
            feature
            for feature, nodes in NODES_OF.items()
            if self.nodes.issuperset(nodes) and files.get(feature, True)
        }
        if self.embeddings:
            able.add(Feature.TEXTUAL_INVERSION)
        return frozenset({*able, Feature.NSFW})

    @property
    def assets(self) -> frozenset[str]:
        """Return the names of its LoRAs and embeddings, without folders and endings."""
        names = (name.replace("\\", "/") for name in (*self.loras, *self.embeddings))
        return frozenset(
            PurePosixPath(name).name.removesuffix(".safetensors").casefold() for name in names
        )

    @property
    def max_pixels(self) -> int:
        """Return the largest picture its card can be trusted with."""
        gigabytes = max(self.memory // GIGABYTE, 1)
        return min(max(gigabytes * PIXELS_PER_GIGABYTE, SMALLEST), LARGEST)


def read_abilities(
    nodes: Mapping[str, Any], embeddings: Sequence[Any], statistics: Mapping[str, Any]
) -> Abilities:
    """Return what `/object_info`, `/embeddings` and `/system_stats` say.

    What is not in the expected place counts as not there.
    """
    devices = statistics.get("devices")
    device = devices[0] if isinstance(devices, list) and devices else {}
    memory = device.get("vram_total") if isinstance(device, dict) else None
    return Abilities(
        nodes=frozenset(nodes),
        checkpoints=choices(nodes, LOADER, "ckpt_name"),
        loras=choices(nodes, "LoraLoader", "lora_name"),
        embeddings=tuple(name for name in embeddings if isinstance(name, str)),
        controlnets=choices(nodes, "ControlNetLoader", "control_net_name"),
        upscalers=name_upscalers(choices(nodes, ENLARGING[0], "model_name"), nodes),
        samplers=frozenset(choices(nodes, "KSampler", "sampler_name")),
        memory=memory if isinstance(memory, int) else 0,
    )


def choices(nodes: Mapping[str, Any], node: str, name: str) -> tuple[str, ...]:
    """Return what a node's input can be set to; it has been written in two ways over the years."""
    try:
        kind, *more = nodes[node]["input"]["required"][name]
    except (KeyError, TypeError, ValueError):
        return ()
    if kind == "COMBO" and more and isinstance(more[0], dict):
        kind = more[0].get("options")
    return tuple(one for one in kind if isinstance(one, str)) if isinstance(kind, list) else ()


def name_models(checkpoints: Sequence[str], listed: Mapping[str, str]) -> dict[str, str]:
    """Return ComfyUI's checkpoints by the Horde's names.

    `listed` are names and files of the operator's models.json; what is not in it goes by its
    file's name. Only `.safetensors` is offered: other files may hold programs.
    """
    names = {entry: name for name, entry in listed.items()}
    found: dict[str, str] = {}
    for checkpoint in checkpoints:
        path = _path(checkpoint)
        if path.suffix.casefold() == ".safetensors":
            name = names.get(str(path)) or names.get(path.name) or path.stem
            found.setdefault(name, checkpoint)
    return dict(sorted(found.items(), key=lambda entry: entry[0].casefold()))


def name_upscalers(files: Sequence[str], nodes: Mapping[str, Any]) -> dict[str, str]:
    """Return the files of the Horde's upscalers; none where the nodes for them are not there."""
    stems = {_path(file).stem.casefold(): file for file in files}
    able = all(node in nodes for node in ENLARGING)
    return {name: stems[name.casefold()] for name in UPSCALERS if able and name.casefold() in stems}


def find_file(known: Sequence[str], wanted: str) -> str | None:
    """Return ComfyUI's name for a file: by its whole path, its name, or its name without suffix."""
    name = wanted.strip().replace("\\", "/").casefold()
    tried = {name, f"{name}.safetensors"}
    for file in known:
        path = _path(file.casefold())
        if str(path) in tried or path.name in tried:
            return file
    return None


def _path(file: str) -> PurePosixPath:
    """Return a file's path; ComfyUI on Windows writes it with backslashes."""
    return PurePosixPath(file.replace("\\", "/"))
