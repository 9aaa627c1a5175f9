"""The working folder of a training run: where each stage keeps its files and marks itself done."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import torch


class WorkFolder:
    """Paths, finished markers and checkpoints; everything is written whole or not at all."""

    def __init__(self, root: Path) -> None:
        self.root = root
        root.mkdir(parents=True, exist_ok=True)

    @property
    def pictures(self) -> Path:
        """Pictures of the denoiser, uint8, N x 128 x 128 x 3: the tidy ones, then the varied."""
        return self.root / "pictures.npy"

    @property
    def extras(self) -> Path:
        """Loose and styled pictures for the autoencoder, uint8, N x 128 x 128 x 3."""
        return self.root / "extras.npy"

    @property
    def captions(self) -> Path:
        """JSON: `tidy`, the number of tidy pictures, and `captions`, a list for each picture."""
        return self.root / "captions.json"

    @property
    def latents(self) -> Path:
        """Latents of the pictures at unit size, float16, N x 8 x 16 x 16."""
        return self.root / "latents.pt"

    @property
    def tokens(self) -> Path:
        """Token ids: `captions` N x variants x 32, and `negatives` M x 32."""
        return self.root / "tokens.pt"

    @property
    def tokenizer(self) -> Path:
        """Folder of the vocabulary."""
        return self.root / "tokenizer"

    @property
    def start(self) -> Path:
        """`unet` and `text_encoder` of an earlier model to go on from, if there is one."""
        return self.root / "start"

    @property
    def vae(self) -> Path:
        """The autoencoder as trained on pictures."""
        return self.root / "vae"

    @property
    def tuned_vae(self) -> Path:
        """The autoencoder with the decoder tuned on the denoiser's own latents."""
        return self.root / "vae-tuned"

    @property
    def denoiser(self) -> Path:
        """`unet` and `text_encoder`, with averaged weights."""
        return self.root / "denoiser"

    @property
    def loras(self) -> Path:
        """Folder of the trained LoRAs."""
        return self.root / "loras"

    def finished(self, stage: str) -> bool:
        """Tell whether a stage has come to its end."""
        return (self.root / "finished" / stage).exists()

    def finish(self, stage: str, **figures: float) -> None:
        """Mark a stage as done, with its figures, and drop its checkpoint."""
        marker = self.root / "finished" / stage
        marker.parent.mkdir(exist_ok=True)
        write_whole(marker, json.dumps(figures, indent=1).encode())
        self._checkpoint(stage).unlink(missing_ok=True)

    def save(self, stage: str, state: dict[str, Any]) -> None:
        """Keep a stage's checkpoint."""
        path = self._checkpoint(stage)
        temporary = path.with_suffix(".new")
        torch.save(state, temporary)
        temporary.replace(path)

    def restore(self, stage: str) -> dict[str, Any] | None:
        """Return the stage's last checkpoint, if there is one."""
        path = self._checkpoint(stage)
        if not path.exists():
            return None
        state: dict[str, Any] = torch.load(path, weights_only=False)
        return state

    def _checkpoint(self, stage: str) -> Path:
        return self.root / f"checkpoint-{stage}.pt"


def write_whole(path: Path, content: bytes) -> None:
    """Write a file so that a reader sees the old content or the new, never a part."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    temporary.write_bytes(content)
    temporary.replace(path)
