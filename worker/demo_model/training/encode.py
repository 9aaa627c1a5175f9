"""The encode stage: all pictures to latents of unit size, all captions to token ids."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import torch
from diffusers import AutoencoderTiny
from numpy.typing import NDArray
from torch import Tensor
from transformers import CLIPTokenizer

from worker.demo_model.training.dataset import VARIANTS
from worker.demo_model.training.folder import WorkFolder, write_whole
from worker.demo_model.training.networks import pixels_to_unit
from worker.demo_model.training.pair import Pair, run_pair
from worker.demo_model.training.progress import Progress
from worker.demo_model.training.tokens import LENGTH, token_ids
from worker.demo_model.vocabulary import NEGATIVES

STAGE = "encode"
_BATCH = 8


def encode(folder: WorkFolder, processes: int) -> None:
    """Write latents and tokens, and the latents' scale into the autoencoder's configuration."""
    run_pair(_encode_part, (folder.root,), processes)
    parts = [folder.root / f"latents-{rank}.pt" for rank in range(processes)]
    latents = torch.cat([torch.load(part) for part in parts])
    scale = _scale_of(folder) or 1 / latents.float().pow(2).mean().sqrt().item()
    torch.save((latents.float() * scale).half(), folder.latents)
    for part in parts:
        part.unlink()
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


def _encode_part(pair: Pair, root: Path) -> None:
    """Encode this process's share of the pictures."""
    folder = WorkFolder(root)
    model = AutoencoderTiny.from_pretrained(folder.vae).eval()
    pictures = np.load(folder.pictures, mmap_mode="r")
    start, end = (len(pictures) * rank // pair.size for rank in (pair.rank, pair.rank + 1))
    latents = encode_pictures(model, pictures[start:end], f"{STAGE} {pair.rank}")
    torch.save(latents, root / f"latents-{pair.rank}.pt")
    pair.wait()


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


def _scale_of(folder: WorkFolder) -> float | None:
    """Return the scale of an autoencoder that a denoiser was trained on before."""
    config = json.loads((folder.vae / "config.json").read_text(encoding="utf-8"))
    scale: float = config["scaling_factor"]
    return None if scale == 1 else scale


def _write_scale(folder: WorkFolder, scale: float) -> None:
    path = folder.vae / "config.json"
    config = json.loads(path.read_text(encoding="utf-8"))
    config["scaling_factor"] = scale
    write_whole(path, json.dumps(config, indent=1).encode())
