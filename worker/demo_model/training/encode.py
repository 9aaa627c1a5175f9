"""The encode stage: all pictures to latents of unit size, all captions to token ids."""

from __future__ import annotations

import json

import numpy as np
import torch
from diffusers import AutoencoderTiny
from numpy.typing import NDArray
from torch import Tensor
from transformers import CLIPTokenizer

from worker.demo_model.training.dataset import VARIANTS
from worker.demo_model.training.folder import WorkFolder, write_whole
from worker.demo_model.training.networks import pixels_to_unit
from worker.demo_model.training.progress import Progress
from worker.demo_model.training.tokens import LENGTH, token_ids
from worker.demo_model.vocabulary import NEGATIVES

STAGE = "encode"
_BATCH = 50


def encode(folder: WorkFolder) -> None:
    """Write latents and tokens, and the latents' scale into the autoencoder's configuration."""
    model = AutoencoderTiny.from_pretrained(folder.vae).eval()
    latents = encode_pictures(model, np.load(folder.pictures, mmap_mode="r"), "encode")
    scale = 1 / latents.float().pow(2).mean().sqrt().item()
    torch.save((latents.float() * scale).half(), folder.latents)
    _write_scale(folder, scale)
    tokenizer = CLIPTokenizer.from_pretrained(folder.tokenizer)
    content = json.loads(folder.captions.read_text(encoding="utf-8"))
    texts = [text for variants in content["captions"] for text in variants]
    tokens = {
        "tidy": content["tidy"],
        "captions": token_ids(tokenizer, texts).view(-1, VARIANTS, LENGTH).short(),
        "negatives": token_ids(tokenizer, list(NEGATIVES)),
    }
    torch.save(tokens, folder.tokens)
    folder.finish(STAGE, scale=scale)


@torch.no_grad()
def encode_pictures(model: AutoencoderTiny, pictures: NDArray[np.uint8], name: str) -> Tensor:
    """Unscaled latents, float16, N x 8 x 16 x 16, of uint8 pictures N x 128 x 128 x 3."""
    parts = []
    with Progress(name, len(pictures), "pictures") as progress:
        for start in range(0, len(pictures), _BATCH):
            batch = torch.from_numpy(pictures[start : start + _BATCH].copy())
            parts.append(model.encoder(pixels_to_unit(batch)).half())
            progress.show(start + len(batch))
    return torch.cat(parts)


def _write_scale(folder: WorkFolder, scale: float) -> None:
    path = folder.vae / "config.json"
    config = json.loads(path.read_text(encoding="utf-8"))
    config["scaling_factor"] = scale
    write_whole(path, json.dumps(config, indent=1).encode())
