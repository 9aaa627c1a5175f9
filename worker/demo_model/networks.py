"""The networks of the demo model in numpy: text encoder, denoiser, autoencoder.

They read the files and configurations that diffusers writes and compute the same numbers.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from worker.demo_model.layers import (
    Layers,
    attention,
    doubled,
    gelu,
    quick_gelu,
    relu,
    silu,
)
from worker.demo_model.tensors import Array

Config = Mapping[str, Any]


class TextEncoder:
    """CLIP's text encoder: token ids N x 32 to states N x 32 x width."""

    def __init__(self, tensors: Mapping[str, Array], config: Config) -> None:
        self._layers = Layers(
            {name.removeprefix("text_model."): tensor for name, tensor in tensors.items()}
        )
        self._depth: int = config["num_hidden_layers"]
        self._heads: int = config["num_attention_heads"]

    def __call__(self, tokens: NDArray[np.int64]) -> Array:
        layers, length = self._layers, tokens.shape[1]
        x = layers.tensors["embeddings.token_embedding.weight"][tokens]
        x = x + layers.tensors["embeddings.position_embedding.weight"][:length]
        future = np.triu(np.full((length, length), -1e9, np.float32), 1)
        for index in range(self._depth):
            name = f"encoder.layers.{index}"
            y = layers.layer_norm(f"{name}.layer_norm1", x)
            query, key, value = (layers.linear(f"{name}.self_attn.{k}_proj", y) for k in "qkv")
            y = attention(query, key, value, self._heads, future)
            x = x + layers.linear(f"{name}.self_attn.out_proj", y)
            y = layers.linear(f"{name}.mlp.fc1", layers.layer_norm(f"{name}.layer_norm2", x))
            x = x + layers.linear(f"{name}.mlp.fc2", quick_gelu(y))
        return layers.layer_norm("final_layer_norm", x)


class Denoiser:
    """The UNet: noisy latents N x H x W x C, a step and text states to velocities."""

    def __init__(self, layers: Layers, config: Config) -> None:
        self.layers, self._config = layers, config
        self._heads: int = config["attention_head_dim"]  # diffusers' name for the number of heads
        self._groups: int = config["norm_num_groups"]
        self._levels = len(config["block_out_channels"])
        self._depth: int = config["layers_per_block"]

    def replaced(self, changes: Mapping[str, Array]) -> Denoiser:
        """Return the same denoiser with some weights exchanged."""
        return Denoiser(self.layers.replaced(changes), self._config)

    def __call__(self, x: Array, step: int, states: Array) -> Array:
        layers = self.layers
        time = self._time(step)
        x = layers.convolve("conv_in", x)
        skips = [x]
        for level in range(self._levels):
            block = f"down_blocks.{level}"
            for index in range(self._depth):
                x = self._residual(f"{block}.resnets.{index}", x, time)
                x = self._transformer(f"{block}.attentions.{index}", x, states)
                skips.append(x)
            if layers.has(f"{block}.downsamplers.0.conv"):
                x = layers.convolve(f"{block}.downsamplers.0.conv", x, stride=2)
                skips.append(x)
        x = self._residual("mid_block.resnets.0", x, time)
        x = self._transformer("mid_block.attentions.0", x, states)
        x = self._residual("mid_block.resnets.1", x, time)
        for level in range(self._levels):
            block = f"up_blocks.{level}"
            for index in range(self._depth + 1):
                x = np.concatenate([x, skips.pop()], -1)
                x = self._residual(f"{block}.resnets.{index}", x, time)
                x = self._transformer(f"{block}.attentions.{index}", x, states)
            if layers.has(f"{block}.upsamplers.0.conv"):
                _, height, width, _ = skips[-1].shape
                x = layers.convolve(f"{block}.upsamplers.0.conv", doubled(x, height, width))
        x = silu(layers.group_norm("conv_norm_out", x, self._groups, 1e-5))
        return layers.convolve("conv_out", x)

    def _time(self, step: int) -> Array:
        half = self._config["block_out_channels"][0] // 2
        angles = np.exp(-np.log(10000) * np.arange(half) / half).astype(np.float32) * step
        wave = np.concatenate([np.cos(angles), np.sin(angles)])[None].astype(np.float32)
        hidden = silu(self.layers.linear("time_embedding.linear_1", wave))
        return silu(self.layers.linear("time_embedding.linear_2", hidden))

    def _residual(self, name: str, x: Array, time: Array) -> Array:
        layers, groups = self.layers, self._groups
        y = silu(layers.group_norm(f"{name}.norm1", x, groups, 1e-5))
        y = layers.convolve(f"{name}.conv1", y)
        y += layers.linear(f"{name}.time_emb_proj", time)[:, None, None]
        y = silu(layers.group_norm(f"{name}.norm2", y, groups, 1e-5))
        y = layers.convolve(f"{name}.conv2", y)
        shortcut = f"{name}.conv_shortcut"
        y += layers.convolve(shortcut, x) if layers.has(shortcut) else x
        return y

    def _transformer(self, name: str, x: Array, states: Array) -> Array:
        """Attention to the picture itself and to the text; nothing where the block has none."""
        layers = self.layers
        if not layers.has(f"{name}.norm"):
            return x
        count, height, width, _ = x.shape
        y = layers.group_norm(f"{name}.norm", x, self._groups, 1e-6)
        y = layers.convolve(f"{name}.proj_in", y).reshape(count, height * width, -1)
        block = f"{name}.transformer_blocks.0"
        z = layers.layer_norm(f"{block}.norm1", y)
        y = y + self._attend(f"{block}.attn1", z, z)
        z = layers.layer_norm(f"{block}.norm2", y)
        y = y + self._attend(f"{block}.attn2", z, states)
        z = layers.linear(f"{block}.ff.net.0.proj", layers.layer_norm(f"{block}.norm3", y))
        value, gate = np.split(z, 2, -1)
        y = y + layers.linear(f"{block}.ff.net.2", value * gelu(gate))
        return x + layers.convolve(f"{name}.proj_out", y.reshape(count, height, width, -1))

    def _attend(self, name: str, x: Array, context: Array) -> Array:
        layers = self.layers
        query = layers.linear(f"{name}.to_q", x)
        key, value = (layers.linear(f"{name}.to_{k}", context) for k in "kv")
        return layers.linear(f"{name}.to_out.0", attention(query, key, value, self._heads, None))


class Autoencoder:
    """Tiny autoencoder: pictures -1..1 (N x H x W x 3) to latents an eighth as large, and back."""

    def __init__(self, tensors: Mapping[str, Array], config: Config) -> None:
        self._layers = Layers(tensors)
        self._encoder_blocks: list[int] = config["num_encoder_blocks"]
        self._decoder_blocks: list[int] = config["num_decoder_blocks"]
        self.scale: float = config["scaling_factor"]
        self.channels: int = config["latent_channels"]

    def encode(self, pictures: Array) -> Array:
        """Latents at unit size."""
        x, index = (pictures + 1) * np.float32(0.5), 0
        for level, blocks in enumerate(self._encoder_blocks):
            x = self._layers.convolve(f"encoder.layers.{index}", x, stride=2 if level else 1)
            x = self._blocks("encoder", index + 1, blocks, x)
            index += 1 + blocks
        return self._layers.convolve(f"encoder.layers.{index}", x) * np.float32(self.scale)

    def decode(self, latents: Array) -> Array:
        """Pictures, -1..1 but for small overshoots."""
        x = np.tanh(latents / np.float32(3 * self.scale)) * 3
        x = relu(self._layers.convolve("decoder.layers.0", x))
        index = 2  # the activation counts as a layer, and so does each doubling
        for level, blocks in enumerate(self._decoder_blocks):
            x = self._blocks("decoder", index, blocks, x)
            index += blocks
            if level < len(self._decoder_blocks) - 1:
                x = doubled(x, 2 * x.shape[1], 2 * x.shape[2])
                index += 1
            x = self._layers.convolve(f"decoder.layers.{index}", x)
            index += 1
        return x * 2 - 1

    def _blocks(self, half: str, start: int, count: int, x: Array) -> Array:
        """Residual blocks of three convolutions each."""
        for index in range(start, start + count):
            y = x
            for part in (0, 2, 4):
                y = self._layers.convolve(f"{half}.layers.{index}.conv.{part}", y)
                y = relu(y) if part < 4 else relu(y + x)
            x = y
        return x
