"""The autoencoder stage: pictures to latents and back.

First both halves learn on crops; then the encoder is frozen and the decoder alone learns on whole
pictures with noisy latents, since it is what limits how sharp the model can draw.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import torch
from diffusers import AutoencoderTiny
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor
from torch.nn import functional

from worker.demo_model.training.budget import Budget, warm_up
from worker.demo_model.training.dataset import contact_sheet
from worker.demo_model.training.folder import WorkFolder
from worker.demo_model.training.grounds import CELL, SIZE
from worker.demo_model.training.muon import Muon
from worker.demo_model.training.networks import make_autoencoder, pixels_to_unit, unit_to_pixels
from worker.demo_model.training.pair import Pair, run_pair
from worker.demo_model.training.progress import Average, Progress, Silence

STAGE = "autoencoder"
JOINT_SHARE = 0.72
"""The share of the time in which the encoder learns too."""
CROP = 64
CROPS = 4
"""Crops of a batch, in each process."""
PLAIN_SHARE = 0.6
"""The share of the denoiser's own pictures among the batches; the others are extras."""
Pictures = NDArray[np.uint8]


def train_autoencoder(folder: WorkFolder, seconds: float, processes: int) -> None:
    """Train for `seconds` and write the autoencoder and a contact sheet of reconstructions."""
    run_pair(_train, (folder.root, seconds), processes)
    quality = _judge(folder)
    folder.finish(STAGE, **quality)


@dataclass(slots=True)
class PictureSource:
    """Random aligned crops of the training pictures."""

    plain: Pictures
    extras: Pictures
    rng: np.random.Generator = field(repr=False)

    def batch(self, count: int, size: int) -> Tensor:
        """Crops as floats -1..1, count x 3 x size x size; corners lie on whole cells."""
        crops = []
        for _ in range(count):
            source = self.plain if self.rng.random() < PLAIN_SHARE else self.extras
            y, x = (int(self.rng.integers((SIZE - size) // CELL + 1)) * CELL for _ in "yx")
            crops.append(source[self.rng.integers(len(source)), y : y + size, x : x + size])
        return pixels_to_unit(torch.from_numpy(np.stack(crops)))


def picture_loss(drawn: Tensor, wanted: Tensor, tint: float) -> Tensor:
    """How far pictures are off: in value, in edges, and (`tint` times) in the mean of each cell."""
    off = drawn - wanted
    down, across = off[..., 1:, :] - off[..., :-1, :], off[..., :, 1:] - off[..., :, :-1]
    edges = down.abs().mean() + across.abs().mean()
    cells = functional.avg_pool2d(off, CELL).abs().mean()
    return off.abs().mean() + off.pow(2).mean() + 0.5 * edges + tint * cells


def decibels(mean_square: float) -> float:
    """Peak signal-to-noise ratio of pictures in -1..1."""
    return -10 * math.log10(mean_square / 4 + 1e-9)


def _train(pair: Pair, root: Path, seconds: float) -> None:
    training = AutoencoderTraining(WorkFolder(root), pair, seconds)
    with Progress(STAGE, seconds, "s") if pair.leads else Silence() as progress:
        while (share := pair.agree(training.budget.share)) < 1:
            training.step(share)
            progress.show(training.budget.spent, training.note())
            if pair.leads and training.budget.time_to_save():
                training.save()
        if pair.leads:
            training.keep()
            progress.say(training.note())
    pair.wait()


class AutoencoderTraining:
    """One process's share of the training: model, optimiser, pictures and the clock."""

    def __init__(self, folder: WorkFolder, pair: Pair, seconds: float) -> None:
        self._folder, self._pair = folder, pair
        torch.manual_seed(0)
        self._model = make_autoencoder()
        state = folder.restore(STAGE) or {"iteration": 0, "frozen": False, "spent": 0.0}
        self._iteration, self._frozen = state["iteration"], state["frozen"]
        self._optimiser = _optimiser(self._model, frozen=self._frozen)
        if "model" in state:
            self._model.load_state_dict(state["model"])
            self._optimiser.load_state_dict(state["optimiser"])
        seed = 100 + pair.rank + 1000 * self._iteration
        torch.manual_seed(seed)
        self._source = PictureSource(
            np.load(folder.pictures, mmap_mode="r"),
            np.load(folder.extras, mmap_mode="r"),
            np.random.default_rng(seed),
        )
        self._loss, self._quality = Average(0.99), Average(0.99)
        self.budget = Budget(seconds, state["spent"])

    def step(self, share: float) -> None:
        """Learn from one batch, `share` of the time being spent."""
        if share > JOINT_SHARE and not self._frozen:
            self._frozen = True
            self._optimiser = _optimiser(self._model, frozen=True)
        model, frozen = self._model, self._frozen
        wanted = self._source.batch(1, SIZE) if frozen else self._source.batch(CROPS, CROP)
        loss, square = _loss(model, wanted, share, frozen=frozen)
        model.zero_grad(set_to_none=True)
        loss.backward()
        self._pair.average_gradients(p for p in model.parameters() if p.requires_grad)
        self._optimiser.step(_rate(self._iteration, share, frozen=frozen))
        self._iteration += 1
        self._loss.add(loss.item())
        self._quality.add(decibels(square))

    def note(self) -> str:
        """Return how far it is, for a line of progress."""
        quality = f"loss {self._loss.value:.4f}, {self._quality.value:.2f} dB"
        return f"{quality}, iteration {self._iteration}"

    def save(self) -> None:
        """Write a checkpoint and the model as it is."""
        state = {
            "model": self._model.state_dict(),
            "optimiser": self._optimiser.state_dict(),
            "iteration": self._iteration,
            "frozen": self._frozen,
            "spent": self.budget.spent,
        }
        self._folder.save(STAGE, state)
        self.keep()

    def keep(self) -> None:
        """Write the model as it is."""
        self._model.save_pretrained(self._folder.vae)


def _optimiser(model: torch.nn.Module, *, frozen: bool) -> Muon:
    """For both halves, or with the encoder frozen, at lower rates, for the decoder."""
    last = f"decoder.layers.{len(model.decoder.layers) - 1}.weight"
    if frozen:
        model.encoder.requires_grad_(requires_grad=False)
    rate, adam_rate = (0.003, 6e-4) if frozen else (0.01, 2e-3)
    return Muon(
        model.named_parameters(),
        rate=rate,
        adam_rate=adam_rate,
        decay=1e-3,
        plain=("encoder.layers.0.weight", last),
    )


def _rate(iteration: int, share: float, *, frozen: bool) -> float:
    if frozen:
        return max(0.01, (1 - share) / (1 - JOINT_SHARE))
    return warm_up(iteration, 60) * max(0.02, 1 - share) ** 0.8


def _loss(
    model: torch.nn.Module, wanted: Tensor, share: float, *, frozen: bool
) -> tuple[Tensor, float]:
    """Return the loss of one batch, and its mean square error."""
    with torch.set_grad_enabled(not frozen):
        latents = model.encoder(wanted)
    spread = latents.detach().std() * torch.rand(len(wanted), 1, 1, 1)
    shaken = latents + (0.15 if frozen else 0.08) * spread * torch.randn_like(latents)
    drawn = model.decoder(shaken)
    # the mean colour of cells matters most at first: it fixes the hues fast
    loss = picture_loss(drawn, wanted, tint=max(0.3, 2 - 5 * share))
    size_limit = 1e-2 * (latents.pow(2).mean() - 1).clamp(min=0)
    return loss + size_limit, (drawn - wanted).pow(2).mean().item()


@torch.no_grad()
def _judge(folder: WorkFolder) -> dict[str, float]:
    """Decibels on plain and extra pictures; writes originals and reconstructions in pairs."""
    model = AutoencoderTiny.from_pretrained(folder.vae).eval()
    quality: dict[str, float] = {}
    rows: list[Pictures] = []
    for name, path in (("plain", folder.pictures), ("extras", folder.extras)):
        pictures = np.load(path, mmap_mode="r")[:36].copy()
        wanted = pixels_to_unit(torch.from_numpy(pictures))
        drawn = model.decoder(model.encoder(wanted))
        quality[name] = decibels((drawn.clamp(-1, 1) - wanted).pow(2).mean().item())
        rows += [pictures[:12], unit_to_pixels(drawn[:12]).numpy()]
    sheet: Image.Image = contact_sheet(np.concatenate(rows))
    sheet.save(folder.root / "reconstructions.png")
    return quality
