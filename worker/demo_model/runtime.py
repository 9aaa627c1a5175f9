"""Drawing with the demo model: numpy and the files in `weights/`, nothing else."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from worker.demo_model.layers import Layers
from worker.demo_model.loras import lora_changes
from worker.demo_model.networks import Autoencoder, Denoiser, TextEncoder
from worker.demo_model.tensors import Array, read_tensors
from worker.demo_model.tokenizer import Tokenizer

WEIGHTS = Path(__file__).with_name("weights")
LORAS = Path(__file__).with_name("loras")
CELL = 8
"""Pixels along each side of one cell of latents."""
Picture = NDArray[np.uint8]
LoraSet = tuple[tuple[Path, float], ...]


class StoppedError(Exception):
    """`should_stop` said so before the picture was done."""


class DemoPipeline:
    """The whole model. The weights of the last LoRAs used are kept merged."""

    def __init__(
        self,
        tokenizer: Tokenizer,
        text_encoder: TextEncoder,
        denoiser: Denoiser,
        autoencoder: Autoencoder,
        schedule: dict[str, Any],
    ) -> None:
        self._tokenizer, self._text_encoder = tokenizer, text_encoder
        self._autoencoder, self._plain_denoiser = autoencoder, denoiser
        self._merged: tuple[LoraSet, Denoiser] = ((), denoiser)
        betas = np.linspace(
            schedule["beta_start"], schedule["beta_end"], schedule["num_train_timesteps"]
        )
        self._kept = np.cumprod(1 - betas)
        """The signal's share of the variance at each of the 1000 steps."""

    @classmethod
    def load(cls, folder: Path = WEIGHTS) -> DemoPipeline:
        """Read a folder as diffusers writes it. Raises OSError or ValueError if it is not one."""

        def read(part: str, name: str, config: str) -> tuple[dict[str, Array], dict[str, Any]]:
            settings = json.loads((folder / part / config).read_text(encoding="utf-8"))
            return read_tensors(folder / part / name), settings

        text = read("text_encoder", "model.safetensors", "config.json")
        unet, unet_config = read("unet", "diffusion_pytorch_model.safetensors", "config.json")
        vae = read("vae", "diffusion_pytorch_model.safetensors", "config.json")
        schedule = folder / "scheduler" / "scheduler_config.json"
        return cls(
            Tokenizer.load(folder / "tokenizer"),
            TextEncoder(*text),
            Denoiser(Layers(unet), unet_config),
            Autoencoder(*vae),
            json.loads(schedule.read_text(encoding="utf-8")),
        )

    @property
    def shapes(self) -> dict[str, tuple[int, ...]]:
        """The shapes of the denoiser's weights: what a LoRA must fit."""
        tensors = self._plain_denoiser.layers.tensors
        return {name: tensor.shape for name, tensor in tensors.items()}

    def generate(
        self,
        prompt: str,
        negative: str = "",
        *,
        seed: int,
        steps: int = 16,
        guidance: float = 3.5,
        width: int = 128,
        height: int = 128,
        loras: Sequence[tuple[Path, float]] = (),
        source: Picture | None = None,
        denoise: float = 0.6,
        on_step: Callable[[int, int], None] | None = None,
        should_stop: Callable[[], bool] | None = None,
    ) -> Picture:
        """Draw one picture, height x width x 3; the same arguments always give the same bytes.

        width and height are multiples of 8; 128 x 128 is what the model was trained on.
        With a `source` of that size only the last `denoise` (0..1) of the steps are made, from
        the source on. `on_step` hears of steps done and steps in all; `should_stop` is asked
        before each, and a True raises StoppedError. Raises LoraError for a LoRA that does not fit.
        """
        if steps < 1 or width < CELL or height < CELL or width % CELL or height % CELL:
            raise ValueError(f"cannot draw {width} x {height} pixels in {steps} steps")
        denoiser = self._with_loras(tuple(loras))
        tokens = np.stack([self._tokenizer.encode(text) for text in (negative, prompt)])
        states = self._text_encoder(tokens)
        places = self._places(steps)
        shape = (1, height // CELL, width // CELL, self._autoencoder.channels)
        noise = np.random.default_rng(seed % 2**64).standard_normal(shape, dtype=np.float32)
        latents = noise
        if source is not None:
            places = places[steps - min(steps, round(steps * denoise)) :]
            latents = self._start_from(source, shape, noise, places)
        for done, place in enumerate(places):
            if should_stop is not None and should_stop():
                raise StoppedError
            idle, asked = np.split(denoiser(latents.repeat(2, 0), place, states), 2)
            velocity = idle + np.float32(guidance) * (asked - idle)
            following = places[done + 1] if done + 1 < len(places) else None
            latents = self._step(latents, velocity, place, following)
            if on_step is not None:
                on_step(done + 1, len(places))
        return _to_picture(self._autoencoder.decode(latents)[0])

    def _with_loras(self, loras: LoraSet) -> Denoiser:
        active = tuple((path, strength) for path, strength in loras if strength)
        known, denoiser = self._merged
        if active != known:
            denoiser = self._plain_denoiser
            for path, strength in active:
                changes = lora_changes(path, strength, denoiser.layers.tensors)
                denoiser = denoiser.replaced(changes)
            self._merged = (active, denoiser)
        return denoiser

    def _places(self, steps: int) -> list[int]:
        """Return the training steps to visit, evenly spaced from the noisiest down ("trailing")."""
        total = len(self._kept)
        return [round(total - index * total / steps) - 1 for index in range(steps)]

    def _start_from(
        self, source: Picture, shape: tuple[int, int, int, int], noise: Array, places: list[int]
    ) -> Array:
        """Return the source's latents, noisy as they should be at the first place."""
        if source.shape != (shape[1] * CELL, shape[2] * CELL, 3):
            raise ValueError(f"a source of shape {source.shape} for latents of {shape}")
        clean = self._autoencoder.encode(source[None].astype(np.float32) / 127.5 - 1)
        if not places:
            return clean
        signal, spread = self._shares(places[0])
        return signal * clean + spread * noise

    def _step(self, latents: Array, velocity: Array, place: int, following: int | None) -> Array:
        """One deterministic DDIM step."""
        signal, spread = self._shares(place)
        clean: Array = signal * latents - spread * velocity
        if following is None:
            return clean
        noise: Array = signal * velocity + spread * latents
        signal, spread = self._shares(following)
        following_latents: Array = signal * clean + spread * noise
        return following_latents

    def _shares(self, place: int) -> tuple[np.float32, np.float32]:
        """Return the factors of signal and noise at a training step."""
        kept = float(self._kept[place])
        return np.float32(kept**0.5), np.float32((1 - kept) ** 0.5)


def _to_picture(pixels: Array) -> Picture:
    scaled = (pixels.clip(-1, 1) + 1) * np.float32(127.5)
    return scaled.round().astype(np.uint8)
