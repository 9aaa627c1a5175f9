"""The three networks of the model in diffusers' and transformers' own classes, and its noise."""

from __future__ import annotations

import torch
from diffusers import AutoencoderTiny, DDIMScheduler, UNet2DConditionModel
from torch import Tensor
from transformers import CLIPTextConfig, CLIPTextModel, CLIPTokenizer

from worker.demo_model.training.tokens import LENGTH

WIDTH = 80
"""Width of the text encoder and of what the denoiser reads from it."""
LATENT_CHANNELS = 8
LATENT_SIZE = 16
"""Cells along each side of the latents of a 128 x 128 picture."""


def make_autoencoder() -> AutoencoderTiny:
    """0.45 M parameters; 8 x 8 pixels to one cell of 8 numbers."""
    return AutoencoderTiny(
        encoder_block_out_channels=(32,) * 4,
        decoder_block_out_channels=(32,) * 4,
        latent_channels=LATENT_CHANNELS,
        num_encoder_blocks=(0, 1, 1, 2),
        num_decoder_blocks=(4, 3, 2, 1),
        force_upcast=False,
    )


def make_denoiser() -> UNet2DConditionModel:
    """2.2 M parameters."""
    return UNet2DConditionModel(
        sample_size=LATENT_SIZE,
        in_channels=LATENT_CHANNELS,
        out_channels=LATENT_CHANNELS,
        block_out_channels=(32, 64, 80),
        layers_per_block=1,
        down_block_types=("DownBlock2D", "CrossAttnDownBlock2D", "CrossAttnDownBlock2D"),
        up_block_types=("CrossAttnUpBlock2D", "CrossAttnUpBlock2D", "UpBlock2D"),
        cross_attention_dim=WIDTH,
        attention_head_dim=4,
        norm_num_groups=16,
    )


def make_text_encoder(tokenizer: CLIPTokenizer) -> CLIPTextModel:
    """0.2 M parameters, two layers."""
    model = CLIPTextModel(
        CLIPTextConfig(
            vocab_size=len(tokenizer),
            hidden_size=WIDTH,
            intermediate_size=2 * WIDTH,
            num_hidden_layers=2,
            num_attention_heads=4,
            max_position_embeddings=LENGTH,
            bos_token_id=tokenizer.bos_token_id,
            eos_token_id=tokenizer.eos_token_id,
            pad_token_id=tokenizer.pad_token_id,
            projection_dim=WIDTH,
        )
    )
    # transformers' own start of 0.02 is meant for wide layers; narrow ones need more
    for parameter in model.parameters():
        if parameter.ndim == 2:
            torch.nn.init.normal_(parameter, std=0.05)
    return model


def make_scheduler() -> DDIMScheduler:
    """Linear betas, v-prediction.

    The last step is nearly pure noise without the zero-SNR switch, so every sampler of diffusers
    works and plain grounds come out plain.
    """
    return DDIMScheduler(
        num_train_timesteps=1000,
        beta_start=1e-4,
        beta_end=0.02,
        beta_schedule="linear",
        prediction_type="v_prediction",
        clip_sample=False,
        set_alpha_to_one=True,
        steps_offset=1,  # not used by trailing spacing, but diffusers complains about 0
        timestep_spacing="trailing",
    )


class Noise:
    """The forward process: mixing latents with noise, and the velocity the denoiser predicts."""

    def __init__(self) -> None:
        self._alphas = make_scheduler().alphas_cumprod

    def scales(self, steps: Tensor) -> tuple[Tensor, Tensor]:
        """Shares of signal and noise at these steps, shaped to multiply N x C x H x W."""
        kept = self._alphas[steps].view(-1, 1, 1, 1)
        return kept.sqrt(), (1 - kept).sqrt()

    def mix(self, latents: Tensor, noise: Tensor, steps: Tensor) -> tuple[Tensor, Tensor]:
        """Return the noisy latents and the velocity that leads out of them."""
        signal, spread = self.scales(steps)
        return signal * latents + spread * noise, signal * noise - spread * latents


def pixels_to_unit(pixels: Tensor) -> Tensor:
    """uint8 N x H x W x 3 to floats -1..1, N x 3 x H x W."""
    return pixels.permute(0, 3, 1, 2).float().div(127.5).sub(1)


def unit_to_pixels(pictures: Tensor) -> Tensor:
    """Floats -1..1, N x 3 x H x W, to uint8 N x H x W x 3."""
    scaled = (pictures.float().clamp(-1, 1) + 1) * 127.5
    return scaled.round().byte().permute(0, 2, 3, 1)
