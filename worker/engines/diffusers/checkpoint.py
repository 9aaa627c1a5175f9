"""Reading a model from the disk, without asking anybody: a .safetensors file or a folder."""

from __future__ import annotations

import json
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import diffusers
import torch
from safetensors import safe_open

from common.errors import WorkerError
from worker.engines.diffusers import architecture
from worker.engines.diffusers.families import (
    Family,
    Kind,
    family_of_pipeline,
    read_shapes,
    recognise,
)
from worker.engines.diffusers.prompts import ClipTokenizer, FolderTokenizer, TextEncoder
from worker.system.device import Device

V_SIGN = "model.diffusion_model.output_blocks.11.1.transformer_blocks.0.norm1.bias"
V_SPREAD = 0.09
"""Stable Diffusion 2 models that predict v are known by how this tensor spreads."""
V_MARKS = ("v_pred", "ztsnr")
"""Empty tensors by which others say so."""
CLIP_FILL = 49407
BANG = 0
"""Number of `!`, with which the larger encoders are filled up."""
INDEX = "model_index.json"


@dataclass(eq=False)
class Loaded:
    """A model in memory."""

    name: str
    kind: Kind
    pipeline: Any
    """What makes pictures from words."""
    encoders: tuple[TextEncoder, ...]
    """Empty for models that read prompts in a way of their own."""
    size: int
    """Bytes of its weights."""
    derived: dict[str, Any] = field(default_factory=dict)
    """Pipelines on the same weights, by what they are for."""


def open_model(name: str, path: Path, device: Device) -> Loaded:
    """Read a model and bring it to the device. Raises WorkerError with a sentence."""
    try:
        with torch.inference_mode(False):
            loaded = (
                _from_folder(name, path, device)
                if path.is_dir()
                else _from_file(name, path, device)
            )
    except WorkerError:
        raise
    except torch.OutOfMemoryError as error:
        raise WorkerError("worker.out_of_memory", model=name) from error
    except Exception as error:  # whatever a library makes of a broken file
        raise WorkerError("worker.bad_checkpoint", file=path.name, problem=error) from error
    settle(loaded.pipeline, device)
    return loaded


def settle(pipeline: Any, device: Device) -> None:
    """Bring a pipeline to the device, as a whole or part by part as it is needed."""
    pipeline.set_progress_bar_config(disable=True)
    if device.small:
        pipeline.enable_model_cpu_offload(device=device.name)
    else:
        pipeline.to(device.name)
    if device.is_card:
        denoiser = getattr(pipeline, "unet", None) or pipeline.transformer
        denoiser.to(memory_format=torch.channels_last)
        pipeline.vae.enable_tiling()


def _from_file(name: str, path: Path, device: Device) -> Loaded:
    if path.suffix != ".safetensors":
        raise WorkerError("worker.pickle", file=path.name)
    kind = recognise(read_shapes(path), path.name)
    parts = architecture.components(kind, v_prediction=_predicts_v(path, kind))
    return from_file(name, path, kind, parts, device)


def from_file(
    name: str, path: Path, kind: Kind, parts: dict[str, architecture.Config], device: Device
) -> Loaded:
    """Read a file whose parts are built as `parts` says."""
    tokenizers = {"tokenizer": None}
    if kind.family is Family.SDXL:
        tokenizers["tokenizer_2"] = None
    with tempfile.TemporaryDirectory(prefix="hordebots-") as folder:
        architecture.write_config(Path(folder), kind, parts)
        pipeline = getattr(diffusers, architecture.PIPELINES[kind.family]).from_single_file(
            str(path),
            config=folder,
            torch_dtype=device.dtype,
            local_files_only=True,
            **tokenizers,
            **_unwanted(kind.family),
        )
    clip = ClipTokenizer()
    fill = BANG if kind.family is Family.SD2 else CLIP_FILL
    return _loaded(name, kind, pipeline, [(clip, fill), (clip, BANG)])


def _unwanted(family: Family) -> dict[str, Any]:
    """Return the parts of a pipeline that are left out: pictures are checked elsewhere."""
    if family is Family.SDXL:
        return {"image_encoder": None, "feature_extractor": None}
    return {
        "safety_checker": None,
        "feature_extractor": None,
        "image_encoder": None,
        "requires_safety_checker": False,
    }


def _from_folder(name: str, path: Path, device: Device) -> Loaded:
    try:
        index = json.loads((path / INDEX).read_text("utf-8"))
        class_name = str(index["_class_name"])
    except (OSError, ValueError, KeyError) as error:
        raise WorkerError("worker.bad_checkpoint", file=path.name, problem=error) from error
    family = family_of_pipeline(class_name)
    optional = {"safety_checker": None} if "safety_checker" in index else {}
    pipeline = diffusers.DiffusionPipeline.from_pretrained(
        path, torch_dtype=device.dtype, local_files_only=True, use_safetensors=True, **optional
    )
    denoiser = getattr(pipeline, "unet", None)
    channels = 4 if denoiser is None else int(denoiser.config.in_channels)
    kind = Kind(family, channels)
    if family in {Family.FLUX, Family.OTHER}:
        return _loaded(name, kind, pipeline, [])
    names = ("tokenizer", "tokenizer_2")
    tokenizers = [t for each in names if (t := getattr(pipeline, each, None)) is not None]
    return _loaded(name, kind, pipeline, [(FolderTokenizer(t), t.pad_token_id) for t in tokenizers])


def _loaded(name: str, kind: Kind, pipeline: Any, tokenizers: list[tuple[Any, int]]) -> Loaded:
    large = kind.family is Family.SDXL
    names = ("text_encoder", "text_encoder_2")
    models = [m for each in names if (m := getattr(pipeline, each, None)) is not None]
    encoders = tuple(
        TextEncoder(model, tokenizer, fill, norm=not large, first_layer=2 if large else 1)
        for model, (tokenizer, fill) in zip(models, tokenizers, strict=False)
    )
    parts = [part for part in pipeline.components.values() if isinstance(part, torch.nn.Module)]
    size = sum(p.numel() * p.element_size() for part in parts for p in part.parameters())
    return Loaded(name, kind, pipeline, encoders, size)


def _predicts_v(path: Path, kind: Kind) -> bool:
    with safe_open(path, "pt") as file:
        names = set(file.keys())
        if any(mark in names for mark in V_MARKS):
            return True
        if kind.family is not Family.SD2 or V_SIGN not in names:
            return False
        return bool(file.get_tensor(V_SIGN).float().std() > V_SPREAD)
