"""The decoder stage: the decoder alone, on latents as the denoiser really makes them.

Noisy latents of known pictures are taken two guided steps back by the denoiser; the decoder then
learns to draw the right picture in spite of the small errors, so that flat grounds come out flat.
"""

from __future__ import annotations

import numpy as np
import torch
from diffusers import AutoencoderTiny, UNet2DConditionModel
from torch import Tensor, nn
from transformers import CLIPTextModel

from worker.demo_model.training.autoencoder import PictureSource, picture_loss
from worker.demo_model.training.budget import Budget, warm_up
from worker.demo_model.training.denoiser import HELD_OUT, Denoiser, WeightAverage
from worker.demo_model.training.folder import WorkFolder
from worker.demo_model.training.grounds import SIZE
from worker.demo_model.training.muon import Muon
from worker.demo_model.training.networks import Noise, pixels_to_unit
from worker.demo_model.training.progress import Average, Progress

STAGE = "decoder"
GUIDANCE = 3.5
_BATCH = 24


def tune_decoder(folder: WorkFolder, seconds: float, count: int = 600) -> None:
    """Tune for `seconds` on the latents of `count` pictures; writes the tuned autoencoder."""
    tuning = DecoderTuning(folder, seconds, count)
    with Progress(STAGE, seconds, "s") as progress:
        while (share := tuning.budget.share) < 1:
            tuning.step(share)
            progress.show(tuning.budget.spent, tuning.note())
            if tuning.budget.time_to_save():
                tuning.save()
        tuning.finish()
        progress.say(tuning.note())


class DecoderTuning:
    """The autoencoder with a decoder that learns, its pictures and the clock."""

    def __init__(self, folder: WorkFolder, seconds: float, count: int) -> None:
        self._folder = folder
        torch.manual_seed(0)
        self._model = AutoencoderTiny.from_pretrained(folder.vae)
        self._model.encoder.requires_grad_(requires_grad=False)
        self._decoder = self._model.decoder
        self._optimiser = _optimiser(self._decoder)
        self._average = WeightAverage(self._decoder, keep=0.99)
        self._pictures = np.load(folder.pictures, mmap_mode="r")
        extras = np.load(folder.extras, mmap_mode="r")
        self._chosen, self._latents = _made_latents(
            folder, count, self._model.config.scaling_factor
        )
        self._iteration, spent = 0, 0.0
        if (state := folder.restore(STAGE)) is not None:
            self._decoder.load_state_dict(state["decoder"])
            self._optimiser.load_state_dict(state["optimiser"])
            self._average.mean = state["mean"]
            self._iteration, spent = state["iteration"], state["spent"]
        self._rng = np.random.default_rng(3 + self._iteration)
        self._source = PictureSource(extras, extras, self._rng)
        self._level, self.budget = Average(), Budget(seconds, spent)

    def step(self, share: float) -> None:
        """Learn from two pictures the denoiser made and one the encoder made."""
        picked = self._rng.integers(0, len(self._chosen), 2)
        plain = torch.from_numpy(self._pictures[self._chosen[picked]].copy())
        styled = self._source.batch(1, SIZE)
        with torch.no_grad():
            shaken = _shake(self._model.encoder(styled))
        drawn = self._decoder(torch.cat([self._latents[torch.from_numpy(picked)], shaken]))
        loss = picture_loss(drawn, torch.cat([pixels_to_unit(plain), styled]), tint=0.3)
        self._decoder.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self._decoder.parameters(), 1.0)
        self._optimiser.step(warm_up(self._iteration, 30) * max(0.01, 1 - share))
        self._iteration += 1
        self._average.add(self._iteration)
        self._level.add(loss.item())

    def note(self) -> str:
        """Return how far it is, for a line of progress."""
        return f"loss {self._level.value:.4f}, iteration {self._iteration}"

    def save(self) -> None:
        """Write a checkpoint."""
        state = {
            "decoder": self._decoder.state_dict(),
            "optimiser": self._optimiser.state_dict(),
            "mean": self._average.mean,
            "iteration": self._iteration,
            "spent": self.budget.spent,
        }
        self._folder.save(STAGE, state)

    def finish(self) -> None:
        """Write the autoencoder with the averaged decoder and mark the stage."""
        with self._average.in_place():
            self._model.save_pretrained(self._folder.tuned_vae)
        self._folder.finish(STAGE, loss=self._level.value, iterations=self._iteration)


def _optimiser(decoder: nn.Module) -> Muon:
    last = f"layers.{len(decoder.layers) - 1}.weight"
    return Muon(decoder.named_parameters(), rate=0.002, adam_rate=4e-4, decay=1e-3, plain=(last,))


def _shake(latents: Tensor) -> Tensor:
    amount = 0.15 * torch.rand(()) * latents.std()
    return latents + amount * torch.randn_like(latents)


@torch.no_grad()
def _made_latents(
    folder: WorkFolder, count: int, scale: float
) -> tuple[np.ndarray[tuple[int], np.dtype[np.int64]], Tensor]:
    """Return indices of tidy pictures, and their unscaled latents as the denoiser makes them."""
    tokens = torch.load(folder.tokens)
    stored = torch.load(folder.latents)
    denoiser = Denoiser(
        UNet2DConditionModel.from_pretrained(folder.denoiser / "unet").eval(),
        CLIPTextModel.from_pretrained(folder.denoiser / "text_encoder").eval(),
    )
    chosen = torch.randperm(tokens["tidy"] - HELD_OUT)[:count]
    noise, made = Noise(), []
    nothing = tokens["negatives"][:1]
    with Progress("decoder latents", len(chosen), "pictures") as progress:
        for start in range(0, len(chosen), _BATCH):
            part = chosen[start : start + _BATCH]
            prompts = torch.cat([nothing.expand(len(part), -1), tokens["captions"][part, 0].long()])
            made.append(_there_and_back(denoiser, noise, stored[part].float(), prompts))
            progress.show(start + len(part))
    return chosen.numpy(), torch.cat(made) / scale


def _there_and_back(denoiser: Denoiser, noise: Noise, clean: Tensor, prompts: Tensor) -> Tensor:
    """Noise the latents to a random early step and take them back in two guided steps."""
    step = int(torch.randint(60, 320, ()).item())
    noisy, _ = noise.mix(clean, torch.randn_like(clean), torch.tensor([step]))
    guess = noisy
    for current in (step, step // 3):
        steps = torch.full((len(prompts),), current)
        idle, asked = denoiser(torch.cat([noisy, noisy]), steps, prompts).chunk(2)
        velocity = idle + GUIDANCE * (asked - idle)
        signal, spread = noise.scales(torch.tensor([current]))
        guess = signal * noisy - spread * velocity
        rest = signal * velocity + spread * noisy
        signal, spread = noise.scales(torch.tensor([step // 3]))
        noisy = signal * guess + spread * rest
    return guess
