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
from worker.demo_model.training.budget import Budget, warm_up
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
        chosen = torch.randint(0, len(self.latents), (count,))
        dropped = torch.rand(count, 1, 1) < DROPPED
        return self.latents[chosen], torch.where(dropped, self.nothing, self.states[chosen])


def stage_name(style: str) -> str:
    return f"lora-{style}"


def train_lora(folder: WorkFolder, style: str, seconds: float, font: Path, count: int) -> None:
    """Train one style for `seconds` on `count` pictures and write its file."""
    stage = stage_name(style)
    torch.manual_seed(7)
    unet = UNet2DConditionModel.from_pretrained(folder.denoiser / "unet")
    unet.requires_grad_(requires_grad=False)
    unet.add_adapter(
        LoraConfig(
            r=RANK, lora_alpha=RANK, target_modules=list(TARGETS), init_lora_weights="gaussian"
        ),
        adapter_name=style,
    )
    parameters = [parameter for parameter in unet.parameters() if parameter.requires_grad]
    optimiser = torch.optim.AdamW(parameters, lr=RATE, weight_decay=0, betas=(0.9, 0.99))
    iteration, spent = 0, 0.0
    if (state := folder.restore(stage)) is not None:
        set_peft_model_state_dict(unet, state["lora"], adapter_name=style)
        optimiser.load_state_dict(state["optimiser"])
        iteration, spent = state["iteration"], state["spent"]
    examples = _examples(folder, style, font, count)
    torch.manual_seed(7 + 1000 * iteration)
    noise, level, budget = Noise(), Average(), Budget(seconds, spent)

    def predict(noisy: Tensor, steps: Tensor, states: Tensor) -> Tensor:
        velocity: Tensor = unet(noisy, steps, states).sample
        return velocity

    with Progress(stage, seconds, "s") as progress:
        while (share := budget.share) < 1:
            for group in optimiser.param_groups:
                fall = max(0.01, 1 - max(0.0, share - HOLD) / (1 - HOLD))
                group["lr"] = RATE * warm_up(iteration, 20) * fall
            loss = velocity_loss(predict, noise, *examples.batch(BATCH))
            optimiser.zero_grad(set_to_none=True)
            loss.backward()
            torch.nn.utils.clip_grad_norm_(parameters, 1.0)
            optimiser.step()
            iteration += 1
            level.add(loss.item())
            progress.show(budget.spent, f"loss {level.value:.4f}, iteration {iteration}")
            if budget.time_to_save():
                state = {"lora": get_peft_model_state_dict(unet, adapter_name=style)}
                state |= {"optimiser": optimiser.state_dict(), "iteration": iteration}
                folder.save(stage, state | {"spent": budget.spent})
    _write(unet, style, folder.loras / f"{style}.safetensors")
    folder.finish(stage, loss=level.value, iterations=iteration)


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
