"""Going on from an earlier model instead of from nothing."""

from __future__ import annotations

import shutil
from pathlib import Path

from diffusers import AutoencoderTiny

from worker.demo_model.training import autoencoder
from worker.demo_model.training.folder import WorkFolder

STAGE = "start"


def go_on_from(folder: WorkFolder, model: Path) -> None:
    """Take over tokenizer, autoencoder, UNet and text encoder of a diffusers folder.

    The encoder stays as it is, since the UNet's latents depend on it; the decoder is tuned later.
    """
    shutil.copytree(model / "tokenizer", folder.tokenizer, dirs_exist_ok=True)
    AutoencoderTiny.from_pretrained(model / "vae").float().save_pretrained(folder.vae)
    for part in ("unet", "text_encoder"):
        shutil.copytree(model / part, folder.start / part, dirs_exist_ok=True)
    folder.finish(autoencoder.STAGE)
    folder.finish(STAGE)
