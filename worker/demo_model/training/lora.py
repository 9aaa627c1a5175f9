"""The LoRA stages: one small addition to the UNet for each drawing style, in PEFT's keys."""

from __future__ import annotations

import random
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from diffusers import AutoencoderTiny, UNet2DConditionModel
from peft import LoraConfig
from peft.utils import get_peft_model_state_dict, set_peft_model_state_dict
from safetensors.torch import save_file
from torch import Tensor
from transformers import CLIPTextModel, CLIPTokenizer

from worker.demo_model.training import layouts
from worker.demo_model.training.budget import Budget, hold_then_fall, warm_up
from worker.demo_model.training.captions import caption
from worker.demo_model.training.denoiser import DROPPED, velocity_loss
from worker.demo_model.training.encode import encode_pictures
from worker.demo_model.training.folder import WorkFolder
from worker.demo_model.training.networks import Noise
from worker.demo_model.training.progress import Average, Progress
from worker.demo_model.training.sprites import SpriteBook
from worker.demo_model.training.styles import STYLES
from worker.demo_model.training.tokens import token_ids
from worker.demo_model.vocabulary import LORAS

RANK = 9
RATE = 3e-3
BATCH = 24
HOLD = 0.3
TARGETS = (
    "to_q", "to_k", "to_v", "to_out.0", "proj_in", "proj_out", "ff.net.0.proj", "ff.net.2",
    "conv1", "conv2", "conv_shortcut", "conv_in", "conv_out",
)  # fmt: skip
"""The layers of the UNet that a LoRA adds to."""


@dataclass(slots=True)
class StyledExamples:
    """Latents (unit size, N x 8 x 16 x 16) and text states (N x 32 x 80) of styled pictures."""

    latents: Tensor
    states: Tensor
    nothing: Tensor

    def batch(self, count: int) -> tuple[Tensor, Tensor]:
        """Latents and text states of `count` pictures, a share of them without words."""
        chosen = torch.randint(0, len(self.latents), (count,))
        dropped = torch.rand(count, 1, 1) < DROPPED
        return self.latents[chosen], torch.where(dropped, self.nothing, self.states[chosen])


def stage_name(style: str) -> str:
    """Return what the training of a style is called in the folder."""
    return f"lora-{style}"


def train_lora(folder: WorkFolder, style: str, seconds: float, font: Path, count: int) -> None:
    """Train one style for `seconds` on `count` pictures and write its file."""
    examples = _examples(folder, style, font, count)
    training = LoraTraining(folder, style, seconds, examples)
    with Progress(stage_name(style), seconds, "s") as progress:
        while (share := training.budget.share) < 1:
            training.step(share)
            progress.show(training.budget.spent, training.note())
            if training.budget.time_to_save():
                training.save()
        training.finish()
        progress.say(training.note())


class LoraTraining:
    """The UNet with one adapter, its optimiser and the clock."""

    def __init__(
        self, folder: WorkFolder, style: str, seconds: float, examples: StyledExamples
    ) -> None:
        self._folder, self._style, self._examples = folder, style, examples
        torch.manual_seed(7)
        self._unet = _adapted_unet(folder, style)
        self._parameters = [p for p in self._unet.parameters() if p.requires_grad]
        self._optimiser = torch.optim.AdamW(
            self._parameters, lr=RATE, weight_decay=0, betas=(0.9, 0.99)
        )
        self._iteration, spent = 0, 0.0
        if (state := folder.restore(stage_name(style))) is not None:
            set_peft_model_state_dict(self._unet, state["lora"], adapter_name=style)
            self._optimiser.load_state_dict(state["optimiser"])
            self._iteration, spent = state["iteration"], state["spent"]
        torch.manual_seed(7 + 1000 * self._iteration)
        self._noise, self._level = Noise(), Average()
        self.budget = Budget(seconds, spent)

    def step(self, share: float) -> None:
        """Learn from one batch, `share` of the time being spent."""
        factor = warm_up(self._iteration, 20) * hold_then_fall(share, HOLD, floor=0.01)
        for group in self._optimiser.param_groups:
            group["lr"] = RATE * factor
        loss = velocity_loss(self._predict, self._noise, *self._examples.batch(BATCH))
        self._optimiser.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self._parameters, 1.0)
        self._optimiser.step()
        self._iteration += 1
        self._level.add(loss.item())

    def note(self) -> str:
        """Return how far it is, for a line of progress."""
        return f"loss {self._level.value:.4f}, iteration {self._iteration}"

    def save(self) -> None:
        """Write a checkpoint."""
        state = {
            "lora": get_peft_model_state_dict(self._unet, adapter_name=self._style),
            "optimiser": self._optimiser.state_dict(),
            "iteration": self._iteration,
            "spent": self.budget.spent,
        }
        self._folder.save(stage_name(self._style), state)

    def finish(self) -> None:
        """Write the LoRA and mark the stage."""
        _write(self._unet, self._style, self._folder.loras / f"{self._style}.safetensors")
        figures = {"loss": self._level.value, "iterations": self._iteration}
        self._folder.finish(stage_name(self._style), **figures)

    def _predict(self, noisy: Tensor, steps: Tensor, states: Tensor) -> Tensor:
        velocity: Tensor = self._unet(noisy, steps, states).sample
        return velocity


def _adapted_unet(folder: WorkFolder, style: str) -> UNet2DConditionModel:
    """Return the trained UNet, frozen, with a new adapter."""
    unet = UNet2DConditionModel.from_pretrained(folder.denoiser / "unet")
    unet.requires_grad_(requires_grad=False)
    config = LoraConfig(
        r=RANK, lora_alpha=RANK, target_modules=list(TARGETS), init_lora_weights="gaussian"
    )
    unet.add_adapter(config, adapter_name=style)
    return unet


def _examples(folder: WorkFolder, style: str, font: Path, count: int) -> StyledExamples:
    """Make `count` styled pictures with captions, some naming the style, and encode both."""
    rng = random.Random(3)
    sprites = SpriteBook(font)
    pictures = np.empty((count, 128, 128, 3), np.uint8)
    captions = []
    with Progress(f"{stage_name(style)} pictures", count, "pictures") as progress:
        for index in range(count):
            layout = layouts.plan(rng, varied=rng.random() < 0.25)
            pictures[index] = np.asarray(STYLES[style](layouts.draw(layout, sprites, rng)))
            captions.append(_name_style(caption(layout, rng), LORAS[style], rng))
            progress.show(index + 1)
    vae = AutoencoderTiny.from_pretrained(folder.vae).eval()
    latents = encode_pictures(vae, pictures, f"{stage_name(style)} latents")
    text = CLIPTextModel.from_pretrained(folder.denoiser / "text_encoder").eval()
    tokenizer = CLIPTokenizer.from_pretrained(folder.tokenizer)
    tokens = token_ids(tokenizer, ["", *captions])
    with torch.no_grad():
        states = torch.cat([text(part).last_hidden_state for part in tokens.split(100)])
    return StyledExamples(latents.float() * vae.config.scaling_factor, states[1:], states[:1])


def _name_style(text: str, word: str, rng: random.Random) -> str:
    chance = rng.random()
    if chance < 0.3:
        return f"{text}, {word}"
    return f"{word} {text}" if chance < 0.4 else text


def _write(unet: UNet2DConditionModel, style: str, path: Path) -> None:
    """Pure PEFT keys: diffusers' own converter mixes two spellings and then loads only half."""
    path.parent.mkdir(parents=True, exist_ok=True)
    state = get_peft_model_state_dict(unet, adapter_name=style)
    tensors = {f"unet.{name}": tensor.half().contiguous() for name, tensor in state.items()}
    temporary = path.with_suffix(".new")
    save_file(tensors, temporary, metadata={"style": style, "format": "pt"})
    temporary.replace(path)
