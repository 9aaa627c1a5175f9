"""The denoiser stage: UNet and text encoder together, from latents and captions."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch
from diffusers import UNet2DConditionModel
from torch import Generator, Tensor, nn
from transformers import CLIPTextModel, CLIPTokenizer

from worker.demo_model.training.budget import Budget, hold_then_fall, warm_up
from worker.demo_model.training.folder import WorkFolder
from worker.demo_model.training.muon import Muon
from worker.demo_model.training.networks import Noise, make_denoiser, make_text_encoder
from worker.demo_model.training.pair import Pair, run_pair
from worker.demo_model.training.progress import Average, Progress

STAGE = "denoiser"
BATCH = 24
"""Pictures of a batch, in each process."""
HELD_OUT = 256
"""The last tidy pictures, never trained on."""
DROPPED = 0.1
"""The share of captions replaced by one that asks for nothing, for guidance."""
HOLD = 0.45
"""The share of the time at the full learning rate; the decay brings the detail."""
VARIED_FROM, VARIED_SHARE = 0.5, 0.35
"""From when on varied layouts are mixed in, and how many of them."""
EARLY_STEPS = 0.8
"""The share of batches whose noise leans to the lower, detailed half."""


def train_denoiser(folder: WorkFolder, seconds: float, processes: int) -> None:
    """Train for `seconds`; the averaged weights are written at every checkpoint."""
    run_pair(_train, (folder.root, seconds), processes)


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


def _train(pair: Pair, root: Path, seconds: float) -> None:
    folder = WorkFolder(root)
    torch.manual_seed(0)
    tokenizer = CLIPTokenizer.from_pretrained(folder.tokenizer)
    model = Denoiser(make_denoiser(), make_text_encoder(tokenizer)).train()
    parameters = list(model.parameters())
    optimiser = Muon(model.named_parameters())
    average = WeightAverage(model)
    iteration, spent = 0, 0.0
    if (state := folder.restore(STAGE)) is not None:
        model.load_state_dict(state["model"])
        optimiser.load_state_dict(state["optimiser"])
        average.mean = state["mean"]
        iteration, spent = state["iteration"], state["spent"]
    torch.manual_seed(100 + pair.rank + 1000 * iteration)
    examples, noise = Examples(folder), Noise()
    budget, level = Budget(seconds, spent), Average()
    progress = Progress(STAGE, seconds, "s") if pair.leads else None
    while (share := pair.agree(budget.share)) < 1:
        latents, tokens = examples.batch(BATCH, VARIED_SHARE if share > VARIED_FROM else 0.0)
        loss = velocity_loss(model, noise, latents, tokens)
        model.zero_grad(set_to_none=True)
        loss.backward()
        pair.average_gradients(parameters)
        optimiser.step(warm_up(iteration, 60) * hold_then_fall(share, HOLD))
        iteration += 1
        average.add(iteration)
        if progress is None:
            continue
        level.add(loss.item())
        progress.show(budget.spent, f"loss {level.value:.4f}, iteration {iteration}")
        if budget.time_to_save():
            held_out = _keep(folder, model, average, examples, noise)
            progress.say(f"held-out loss {held_out:.4f} after {iteration} iterations")
            folder.save(STAGE, _state(model, optimiser, average, iteration, budget.spent))
    if pair.leads:
        held_out = _keep(folder, model, average, examples, noise)
        samples = iteration * BATCH * pair.size
        folder.finish(STAGE, held_out_loss=held_out, iterations=iteration, samples=samples)
        print(f"{STAGE}: held-out loss {held_out:.4f}, {samples} samples", flush=True)  # noqa: T201
    pair.wait()


def _state(
    model: Denoiser, optimiser: Muon, average: WeightAverage, iteration: int, spent: float
) -> dict[str, Any]:
    return {
        "model": model.state_dict(),
        "optimiser": optimiser.state_dict(),
        "mean": average.mean,
        "iteration": iteration,
        "spent": spent,
    }


@torch.no_grad()
def _keep(
    folder: WorkFolder, model: Denoiser, average: WeightAverage, examples: Examples, noise: Noise
) -> float:
    """Write the averaged weights and return their loss on the held-out pictures."""
    generator = torch.Generator().manual_seed(5)
    with average.in_place():
        losses = [
            velocity_loss(model, noise, latents, tokens, generator).item()
            for latents, tokens in examples.held_out()
        ]
        model.unet.save_pretrained(folder.denoiser / "unet")
        model.text.save_pretrained(folder.denoiser / "text_encoder")
    return sum(losses) / len(losses)
