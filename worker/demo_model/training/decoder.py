"""The decoder stage: the decoder alone, on latents as the denoiser really makes them.

Noisy latents of known pictures are taken two guided steps back by the denoiser; the decoder then
learns to draw the right picture in spite of the small errors, so that flat grounds come out flat.
"""

from __future__ import annotations

import numpy as np
import torch
from diffusers import AutoencoderTiny, UNet2DConditionModel
from torch import Tensor
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


def tune_decoder(folder: WorkFolder, seconds: float, count: int = 1200) -> None:
    """Tune for `seconds` on the latents of `count` pictures; writes the tuned autoencoder."""
    torch.manual_seed(0)
    rng = np.random.default_rng(3)
    model = AutoencoderTiny.from_pretrained(folder.vae)
    pictures = np.load(folder.pictures, mmap_mode="r")
    extras = np.load(folder.extras, mmap_mode="r")
    chosen, latents = _made_latents(folder, count, model.config.scaling_factor)
    source = PictureSource(extras, extras, rng)
    model.encoder.requires_grad_(requires_grad=False)
    decoder = model.decoder
    last = f"layers.{len(decoder.layers) - 1}.weight"
    optimiser = Muon(
        decoder.named_parameters(), rate=0.002, adam_rate=4e-4, decay=1e-3, plain=(last,)
    )
    average = WeightAverage(decoder, keep=0.99)
    budget, level, iteration = Budget(seconds), Average(), 0
    with Progress(STAGE, seconds, "s") as progress:
        while (share := budget.share) < 1:
            picked = rng.integers(0, len(chosen), 2)
            plain = pixels_to_unit(torch.from_numpy(pictures[chosen[picked]].copy()))
            styled = source.batch(1, SIZE)
            with torch.no_grad():
                shaken = _shake(model.encoder(styled))
            drawn = decoder(torch.cat([latents[torch.from_numpy(picked)], shaken]))
            loss = picture_loss(drawn, torch.cat([plain, styled]), tint=0.3)
            decoder.zero_grad(set_to_none=True)
            loss.backward()
            torch.nn.utils.clip_grad_norm_(decoder.parameters(), 1.0)
            optimiser.step(warm_up(iteration, 30) * max(0.01, 1 - share))
            iteration += 1
            average.add(iteration)
            level.add(loss.item())
            progress.show(budget.spent, f"loss {level.value:.4f}, iteration {iteration}")
    with average.in_place():
        model.save_pretrained(folder.tuned_vae)
    folder.finish(STAGE, loss=level.value, iterations=iteration)


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
