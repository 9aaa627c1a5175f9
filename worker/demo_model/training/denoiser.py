"""The denoiser stage: UNet and text encoder together, from latents and captions."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import torch
from diffusers import UNet2DConditionModel
from torch import Generator, Tensor, nn
from transformers import CLIPTextModel, CLIPTokenizer

from worker.demo_model.training.budget import Budget, hold_then_fall, warm_up
from worker.demo_model.training.folder import WorkFolder
from worker.demo_model.training.muon import Muon
from worker.demo_model.training.networks import Noise, make_denoiser, make_text_encoder
from worker.demo_model.training.pair import Pair, run_pair
from worker.demo_model.training.progress import Average, Progress, Silence

STAGE = "denoiser"
BATCH = 24
"""Pictures of a batch, in each process."""
HELD_OUT = 256
"""The last tidy pictures, never trained on."""
DROPPED = 0.1
"""The share of captions replaced by one that asks for nothing, for guidance."""
HOLD = 0.4
"""The share of the time at the full learning rate; the decay brings the detail."""
VARIED_FROM, VARIED_SHARE = 0.5, 0.35
"""From when on varied layouts are mixed in, and how many of them."""
EARLY_STEPS = 0.8
"""The share of batches whose noise leans to the lower, detailed half."""


def train_denoiser(folder: WorkFolder, seconds: float, processes: int, rate: float = 1.0) -> None:
    """Train for `seconds` at `rate` times the usual learning rates.

    The averaged weights are written at every checkpoint.
    """
    run_pair(_train, (folder.root, seconds, rate), processes)


class Denoiser(nn.Module):
    """Text encoder and UNet as one network that predicts velocities from noisy latents."""

    def __init__(self, unet: UNet2DConditionModel, text: CLIPTextModel) -> None:
        super().__init__()
        self.unet, self.text = unet, text

    def forward(self, noisy: Tensor, steps: Tensor, tokens: Tensor) -> Tensor:
        """Velocities, N x 8 x 16 x 16, for noisy latents at these steps under these tokens."""
        return self.unet(noisy, steps, self.text(tokens).last_hidden_state).sample


class Examples:
    """Latents with captions; draws batches."""

    def __init__(self, folder: WorkFolder) -> None:
        tokens = torch.load(folder.tokens)
        self.latents: Tensor = torch.load(folder.latents)
        self.captions: Tensor = tokens["captions"]
        self.negatives: Tensor = tokens["negatives"]
        self.tidy: int = tokens["tidy"]

    def batch(self, count: int, varied: float) -> tuple[Tensor, Tensor]:
        """Latents and tokens of `count` pictures, a share of them with varied layouts."""
        chosen = torch.randint(0, self.tidy - HELD_OUT, (count,))
        others = torch.randint(self.tidy, len(self.latents), (count,))
        chosen = torch.where(torch.rand(count) < varied, others, chosen)
        variant = torch.randint(0, self.captions.shape[1], (count,))
        tokens = self.captions[chosen, variant].long()
        nothing = self.negatives[torch.randint(0, len(self.negatives), (count,))]
        tokens = torch.where(torch.rand(count, 1) < DROPPED, nothing, tokens)
        return self.latents[chosen].float(), tokens

    def held_out(self) -> Iterator[tuple[Tensor, Tensor]]:
        """Return the pictures never trained on, in batches of 64."""
        for start in range(self.tidy - HELD_OUT, self.tidy, 64):
            part = slice(start, start + 64)
            yield self.latents[part].float(), self.captions[part, 0].long()


class WeightAverage:
    """A slow mean of the weights over the last few hundred iterations: what is kept."""

    def __init__(self, model: nn.Module, keep: float = 0.998) -> None:
        self._parameters = list(model.parameters())
        self._keep = keep
        self.mean = [parameter.detach().clone() for parameter in self._parameters]

    @torch.no_grad()
    def add(self, iteration: int) -> None:
        """Take the weights of an iteration into the average, early ones less."""
        keep = min(self._keep, (1 + iteration) / (10 + iteration))
        torch._foreach_mul_(self.mean, keep)
        torch._foreach_add_(self.mean, self._parameters, alpha=1 - keep)

    @contextmanager
    def in_place(self) -> Iterator[None]:
        """Within this block the model has the mean weights."""
        self._swap()
        try:
            yield
        finally:
            self._swap()

    @torch.no_grad()
    def _swap(self) -> None:
        for parameter, mean in zip(self._parameters, self.mean, strict=True):
            current = parameter.clone()
            parameter.copy_(mean)
            mean.copy_(current)


def spread_steps(count: int, *, early: bool, generator: Generator | None = None) -> Tensor:
    """Return steps 0..999 for a batch, evenly spread over their distribution.

    `early` leans to the lower half (logit-normal around 0.37), where the details are made.
    """
    places = torch.randperm(count, generator=generator) + torch.rand(count, generator=generator)
    shares = places / count
    if early:
        shares = (torch.special.ndtri(shares.clamp(1e-4, 1 - 1e-4)) - 0.55).sigmoid()
    return (shares * 1000).long().clamp(0, 999)


def velocity_loss(
    model: Callable[[Tensor, Tensor, Tensor], Tensor],
    noise: Noise,
    latents: Tensor,
    condition: Tensor,
    generator: Generator | None = None,
) -> Tensor:
    """Mean square error of the predicted velocity on one batch."""
    early = generator is None and torch.rand(()).item() < EARLY_STEPS
    steps = spread_steps(len(latents), early=early, generator=generator)
    draw = torch.randn(latents.shape, generator=generator)
    noisy, velocity = noise.mix(latents, draw, steps)
    return (model(noisy, steps, condition) - velocity).pow(2).mean()


def _train(pair: Pair, root: Path, seconds: float, rate: float) -> None:
    training = DenoiserTraining(WorkFolder(root), pair, seconds, rate)
    with Progress(STAGE, seconds, "s") if pair.leads else Silence() as progress:
        while (share := pair.agree(training.budget.share)) < 1:
            training.step(share)
            progress.show(training.budget.spent, training.note())
            if pair.leads and training.budget.time_to_save():
                progress.say(f"held-out loss {training.save():.4f}, {training.note()}")
        if pair.leads:
            progress.say(f"held-out loss {training.finish():.4f}, {training.note()}")
    pair.wait()


class DenoiserTraining:
    """One process's share of the training: model, optimiser, averages and the clock."""

    def __init__(self, folder: WorkFolder, pair: Pair, seconds: float, rate: float) -> None:
        self._folder, self._pair, self._rate = folder, pair, rate
        torch.manual_seed(0)
        self._model = _first_model(folder).train()
        self._parameters = list(self._model.parameters())
        self._optimiser = Muon(self._model.named_parameters())
        self._average = WeightAverage(self._model)
        self._iteration, spent = 0, 0.0
        if (state := folder.restore(STAGE)) is not None:
            self._model.load_state_dict(state["model"])
            self._optimiser.load_state_dict(state["optimiser"])
            self._average.mean = state["mean"]
            self._iteration, spent = state["iteration"], state["spent"]
        torch.manual_seed(100 + pair.rank + 1000 * self._iteration)
        self._examples, self._noise, self._level = Examples(folder), Noise(), Average()
        self.budget = Budget(seconds, spent)

    def step(self, share: float) -> None:
        """Learn from one batch, `share` of the time being spent."""
        varied = VARIED_SHARE if share > VARIED_FROM else 0.0
        loss = velocity_loss(self._model, self._noise, *self._examples.batch(BATCH, varied))
        self._model.zero_grad(set_to_none=True)
        loss.backward()
        self._pair.average_gradients(self._parameters)
        factor = warm_up(self._iteration, 60) * hold_then_fall(share, HOLD)
        self._optimiser.step(self._rate * factor)
        self._iteration += 1
        self._average.add(self._iteration)
        self._level.add(loss.item())

    def note(self) -> str:
        """Return how far it is, for a line of progress."""
        return f"loss {self._level.value:.4f}, iteration {self._iteration}"

    def save(self) -> float:
        """Write a checkpoint and the averaged weights; return their held-out loss."""
        state = {
            "model": self._model.state_dict(),
            "optimiser": self._optimiser.state_dict(),
            "mean": self._average.mean,
            "iteration": self._iteration,
            "spent": self.budget.spent,
        }
        self._folder.save(STAGE, state)
        return self._keep()

    def finish(self) -> float:
        """Write the averaged weights and mark the stage; return their held-out loss."""
        held_out = self._keep()
        samples = self._iteration * BATCH * self._pair.size
        figures = {"iterations": self._iteration, "samples": samples}
        self._folder.finish(STAGE, held_out_loss=held_out, **figures)
        return held_out

    @torch.no_grad()
    def _keep(self) -> float:
        generator = torch.Generator().manual_seed(5)
        model, folder = self._model, self._folder
        with self._average.in_place():
            losses = [
                velocity_loss(model, self._noise, latents, tokens, generator).item()
                for latents, tokens in self._examples.held_out()
            ]
            model.unet.save_pretrained(folder.denoiser / "unet")
            model.text.save_pretrained(folder.denoiser / "text_encoder")
        return sum(losses) / len(losses)


def _first_model(folder: WorkFolder) -> Denoiser:
    """Return a new model, or the earlier one that this run goes on from."""
    if not folder.start.exists():
        tokenizer = CLIPTokenizer.from_pretrained(folder.tokenizer)
        return Denoiser(make_denoiser(), make_text_encoder(tokenizer))
    return Denoiser(
        UNet2DConditionModel.from_pretrained(folder.start / "unet").float(),
        CLIPTextModel.from_pretrained(folder.start / "text_encoder").float(),
    )
