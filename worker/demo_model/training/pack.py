"""The pack stage: the trained parts as one diffusers folder in half precision, and the LoRAs."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import torch
from diffusers import AutoencoderTiny, StableDiffusionPipeline, UNet2DConditionModel
from transformers import CLIPTextModel, CLIPTokenizer

from worker.demo_model.training.folder import WorkFolder, write_whole
from worker.demo_model.training.networks import make_scheduler
from worker.demo_model.vocabulary import LORAS

STAGE = "pack"


def pack(folder: WorkFolder, out: Path) -> None:
    """Write `out`/weights and `out`/loras, and say how large they are."""
    weights, loras = out / "weights", out / "loras"
    pipeline = StableDiffusionPipeline(
        vae=AutoencoderTiny.from_pretrained(folder.tuned_vae),
        text_encoder=CLIPTextModel.from_pretrained(folder.denoiser / "text_encoder"),
        tokenizer=CLIPTokenizer.from_pretrained(folder.tokenizer),
        unet=UNet2DConditionModel.from_pretrained(folder.denoiser / "unet"),
        scheduler=make_scheduler(),
        safety_checker=None,
        feature_extractor=None,
        requires_safety_checker=False,
    )
    pipeline.to(torch.float16).save_pretrained(weights)
    forget_origins(weights)
    loras.mkdir(parents=True, exist_ok=True)
    for style in LORAS:
        copied = Path(shutil.copy(folder.loras / f"{style}.safetensors", loras))
        copied.chmod(0o644)
    size = sum(path.stat().st_size for path in weights.rglob("*") if path.is_file())
    print(f"{STAGE}: weights {size / 1e6:.2f} MB", flush=True)  # noqa: T201
    folder.finish(STAGE, megabytes=size / 1e6)


def forget_origins(weights: Path) -> None:
    """Take the folders the parts came from out of their configurations."""
    for path in weights.rglob("*.json"):
        content = json.loads(path.read_text(encoding="utf-8"))
        if isinstance(content, dict) and content.pop("_name_or_path", None) is not None:
            write_whole(path, (json.dumps(content, indent=2) + "\n").encode())
