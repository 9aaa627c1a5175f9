"""The nodes of the fake ComfyUI: what they take, what they give, and how they draw.

A picture depends on all that should matter: checkpoint, LoRAs, words, seed, sampler, source, mask.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from PIL import Image, ImageFilter, ImageOps

TYPES: dict[str, type | tuple[type, ...]] = {
    "INT": int,
    "FLOAT": (int, float),
    "STRING": str,
    "BOOLEAN": bool,
}
"""What is written into a graph; everything else in capitals comes from another node."""


@dataclass(frozen=True)
class Net:
    """A model, a text encoder or what decodes: told apart by what was done to it."""

    facts: tuple[Any, ...]

    def with_fact(self, *fact: Any) -> Net:
        return Net((*self.facts, fact))


@dataclass(frozen=True)
class Latent:
    size: tuple[int, int]
    image: Image.Image | None = None
    mask: Image.Image | None = None


SAMPLERS = ["euler", "euler_ancestral", "heun", "lms", "dpm_2", "dpm_2_ancestral", "dpm_fast"]
SAMPLERS += ["dpm_adaptive", "dpmpp_2s_ancestral", "dpmpp_2m", "dpmpp_sde", "ddim", "lcm"]
SAMPLERS += ["uni_pc", "ipndm"]
CONTROL_INPUTS = {
    "positive": "CONDITIONING",
    "negative": "CONDITIONING",
    "control_net": "CONTROL_NET",
    "image": "IMAGE",
    "strength": "FLOAT",
    "start_percent": "FLOAT",
    "end_percent": "FLOAT",
}
OWN = ["Make a copy", "Modify in place"]
SWITCH = ["enable", "x_only", "y_only", "disable"]
SCALERS = ["nearest-exact", "bilinear", "area", "bicubic", "bislerp"]

NODES: dict[str, tuple[dict[str, Any], list[str]]] = {
    "CheckpointLoaderSimple": ({"ckpt_name": []}, ["MODEL", "CLIP", "VAE"]),
    "LoraLoader": (
        {
            "model": "MODEL",
            "clip": "CLIP",
            "lora_name": [],
            "strength_model": "FLOAT",
            "strength_clip": "FLOAT",
        },
        ["MODEL", "CLIP"],
    ),
    "CLIPSetLastLayer": ({"clip": "CLIP", "stop_at_clip_layer": "INT"}, ["CLIP"]),
    "CLIPTextEncode": ({"text": "STRING", "clip": "CLIP"}, ["CONDITIONING"]),
    "EmptyLatentImage": ({"width": "INT", "height": "INT", "batch_size": "INT"}, ["LATENT"]),
    "KSampler": (
        {
            "model": "MODEL",
            "seed": "INT",
            "steps": "INT",
            "cfg": "FLOAT",
            "sampler_name": SAMPLERS,
            "scheduler": ["normal", "karras", "exponential", "sgm_uniform"],
            "positive": "CONDITIONING",
            "negative": "CONDITIONING",
            "latent_image": "LATENT",
            "denoise": "FLOAT",
        },
        ["LATENT"],
    ),
    "LatentUpscale": (
        {
            "samples": "LATENT",
            "upscale_method": SCALERS,
            "width": "INT",
            "height": "INT",
            "crop": ["disabled", "center"],
        },
        ["LATENT"],
    ),
    "LoadImage": ({"image": "FILE"}, ["IMAGE", "MASK"]),
    "LoadImageMask": ({"image": "FILE", "channel": ["alpha", "red", "green", "blue"]}, ["MASK"]),
    "VAEEncode": ({"pixels": "IMAGE", "vae": "VAE"}, ["LATENT"]),
    "VAEEncodeForInpaint": (
        {"pixels": "IMAGE", "vae": "VAE", "mask": "MASK", "grow_mask_by": "INT"},
        ["LATENT"],
    ),
    "SetLatentNoiseMask": ({"samples": "LATENT", "mask": "MASK"}, ["LATENT"]),
    "InpaintModelConditioning": (
        {
            "positive": "CONDITIONING",
            "negative": "CONDITIONING",
            "vae": "VAE",
            "pixels": "IMAGE",
            "mask": "MASK",
            "noise_mask": "BOOLEAN",
        },
        ["CONDITIONING", "CONDITIONING", "LATENT"],
    ),
    "VAEDecode": ({"samples": "LATENT", "vae": "VAE"}, ["IMAGE"]),
    "ControlNetLoader": ({"control_net_name": []}, ["CONTROL_NET"]),
    "ControlNetApplyAdvanced": (CONTROL_INPUTS, ["CONDITIONING", "CONDITIONING"]),
    "Canny": ({"image": "IMAGE", "low_threshold": "FLOAT", "high_threshold": "FLOAT"}, ["IMAGE"]),
    "HEDPreprocessor": ({"image": "IMAGE"}, ["IMAGE"]),
    "SeamlessTile": ({"model": "MODEL", "tiling": SWITCH, "copy_model": OWN}, ["MODEL"]),
    "MakeCircularVAE": ({"vae": "VAE", "tiling": SWITCH, "copy_vae": OWN}, ["VAE"]),
    "UpscaleModelLoader": ({"model_name": []}, ["UPSCALE_MODEL"]),
    "ImageUpscaleWithModel": ({"upscale_model": "UPSCALE_MODEL", "image": "IMAGE"}, ["IMAGE"]),
    "SaveImageWebsocket": ({"images": "IMAGE"}, []),
    "PreviewImage": ({"images": "IMAGE"}, []),
}
"""Name → inputs it must have (a list: what it can be) and types of its outputs."""


def draw(key: object, size: tuple[int, int]) -> Image.Image:
    """Return a smooth picture whose colours are this key's."""
    colours = hashlib.sha256(repr(key).encode()).digest()
    small = Image.frombytes("RGB", (3, 3), (colours * 2)[:27])
    return small.resize(size, Image.Resampling.BICUBIC)


def run_node(kind: str, given: dict[str, Any], files: dict[str, Image.Image]) -> tuple[Any, ...]:
    """Return the outputs of a node."""
    return RUNS[kind](given, files)


def _checkpoint(given: dict[str, Any], _files: Any) -> tuple[Any, ...]:
    name = given["ckpt_name"]
    return Net((name,)), Net(("clip", name)), Net(("vae", name))


def _lora(given: dict[str, Any], _files: Any) -> tuple[Any, ...]:
    model, clip = given["model"], given["clip"]
    name = given["lora_name"]
    if given["strength_model"]:
        model = model.with_fact(name, given["strength_model"])
    if given["strength_clip"]:
        clip = clip.with_fact(name, given["strength_clip"])
    return model, clip


def _sample(given: dict[str, Any], _files: Any) -> tuple[Any, ...]:
    latent: Latent = given["latent_image"]
    names = ("model", "seed", "steps", "cfg", "sampler_name", "scheduler", "positive", "negative")
    anew = draw([given[name] for name in names], latent.size)
    if latent.image is None:
        return (replace(latent, image=anew),)
    changed = Image.blend(latent.image.resize(latent.size), anew, min(given["denoise"], 1.0))
    if latent.mask is not None:
        mask = latent.mask.resize(latent.size)
        changed = Image.composite(changed, latent.image.resize(latent.size), mask)
    return (replace(latent, image=changed),)


def _larger(given: dict[str, Any], _files: Any) -> tuple[Any, ...]:
    latent: Latent = given["samples"]
    size = (given["width"], given["height"])
    image = latent.image.resize(size) if latent.image else None
    return (Latent(size, image),)


def _encoded(given: dict[str, Any], _files: Any) -> tuple[Any, ...]:
    return (Latent(given["pixels"].size, given["pixels"], given.get("mask")),)


def _hole(given: dict[str, Any], _files: Any) -> tuple[Any, ...]:
    latent = Latent(given["pixels"].size, given["pixels"], given["mask"])
    return (given["positive"], "masked"), (given["negative"], "masked"), latent


def _controlled(given: dict[str, Any], _files: Any) -> tuple[Any, ...]:
    mark = (given["control_net"], hashlib.sha256(given["image"].tobytes()).hexdigest())
    return (given["positive"], mark), (given["negative"], mark)


def _edges(given: dict[str, Any], _files: Any) -> tuple[Any, ...]:
    return (given["image"].convert("L").filter(ImageFilter.FIND_EDGES).convert("RGB"),)


RUNS: dict[str, Callable[[dict[str, Any], dict[str, Image.Image]], tuple[Any, ...]]] = {
    "CheckpointLoaderSimple": _checkpoint,
    "LoraLoader": _lora,
    "CLIPSetLastLayer": lambda given, _: (
        given["clip"].with_fact("layer", given["stop_at_clip_layer"]),
    ),
    "CLIPTextEncode": lambda given, _: ((given["clip"], given["text"]),),
    "EmptyLatentImage": lambda given, _: (Latent((given["width"], given["height"])),),
    "KSampler": _sample,
    "LatentUpscale": _larger,
    "LoadImage": lambda given, files: (
        files[given["image"]].convert("RGB"),
        Image.new("L", files[given["image"]].size),
    ),
    "LoadImageMask": lambda given, files: (files[given["image"]].convert("RGB").getchannel("R"),),
    "VAEEncode": _encoded,
    "VAEEncodeForInpaint": _encoded,
    "SetLatentNoiseMask": lambda given, _: (replace(given["samples"], mask=given["mask"]),),
    "InpaintModelConditioning": _hole,
    # what goes through a VAE and back is a little different everywhere
    "VAEDecode": lambda given, _: (ImageOps.posterize(given["samples"].image, 6),),
    "ControlNetLoader": lambda given, _: (given["control_net_name"],),
    "ControlNetApplyAdvanced": _controlled,
    "UpscaleModelLoader": lambda given, _: (given["model_name"],),
    "ImageUpscaleWithModel": lambda given, _: (ImageOps.scale(given["image"], 4),),
    "Canny": _edges,
    "HEDPreprocessor": _edges,
    "SeamlessTile": lambda given, _: (given["model"].with_fact("seamless"),),
    "MakeCircularVAE": lambda given, _: (given["vae"].with_fact("circular"),),
}
