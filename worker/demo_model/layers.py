"""The layers of neural networks in numpy, for inference. Pictures are N x H x W x C throughout."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from worker.demo_model.tensors import Array


class Layers:
    """Named weights, laid out for multiplication, and the layers that use them."""

    def __init__(self, tensors: Mapping[str, Array]) -> None:
        self.tensors = dict(tensors)
        self._matrices = {
            name: _as_matrix(tensor) for name, tensor in tensors.items() if tensor.ndim in (2, 4)
        }

    def replaced(self, changes: Mapping[str, Array]) -> Layers:
        """Return the same layers with some tensors exchanged; the others are shared, not copied."""
        other = Layers(changes)
        other.tensors = self.tensors | other.tensors
        other._matrices = self._matrices | other._matrices
        return other

    def has(self, name: str) -> bool:
        """Whether there is a layer of this name."""
        return f"{name}.weight" in self.tensors

    def linear(self, name: str, x: Array) -> Array:
        """Return a dense layer over the last axis."""
        y: Array = x @ self._matrices[f"{name}.weight"]
        bias = self.tensors.get(f"{name}.bias")
        if bias is not None:
            y += bias
        return y

    def convolve(self, name: str, x: Array, stride: int = 1) -> Array:
        """Return a 1 x 1 or 3 x 3 convolution; the latter over a border of one zero."""
        if self.tensors[f"{name}.weight"].shape[-1] == 1:
            return self.linear(name, x)
        count, height, width, channels = x.shape
        padded = np.zeros((count, height + 2, width + 2, channels), np.float32)
        padded[:, 1:-1, 1:-1] = x
        rows, columns = -(-height // stride), -(-width // stride)
        patches = np.empty((count, rows, columns, 9, channels), np.float32)
        for place in range(9):
            top, left = divmod(place, 3)
            patches[:, :, :, place] = padded[
                :, top : top + height : stride, left : left + width : stride
            ]
        return self.linear(name, patches.reshape(count, rows, columns, 9 * channels))

    def group_norm(self, name: str, x: Array, groups: int, epsilon: float) -> Array:
        """Normalise each group of channels over the whole picture."""
        count, _, _, channels = x.shape
        size = channels // groups

        def over_groups(per_channel: Array) -> Array:
            means = per_channel.reshape(count, groups, size).mean(-1)
            return means.repeat(size, -1)[:, None, None]

        # sums over all pixels first, channel by channel, keep numpy on its fast path
        off = x - over_groups(x.mean((1, 2)))
        pixels = off.reshape(count, -1, channels)
        squares = np.einsum("npc,npc->nc", pixels, pixels) / np.float32(pixels.shape[1])
        off *= self.tensors[f"{name}.weight"] / np.sqrt(over_groups(squares) + np.float32(epsilon))
        off += self.tensors[f"{name}.bias"]
        return off

    def layer_norm(self, name: str, x: Array, epsilon: float = 1e-5) -> Array:
        """Normalise over the last axis."""
        off = x - x.mean(-1, keepdims=True)
        variance = np.square(off).mean(-1, keepdims=True)
        off /= np.sqrt(variance + np.float32(epsilon))
        off *= self.tensors[f"{name}.weight"]
        off += self.tensors[f"{name}.bias"]
        return off


def attention(query: Array, key: Array, value: Array, heads: int, mask: Array | None) -> Array:
    """Attention with several heads; N x length x width, the mask is added to the scores."""
    count, length, width = query.shape

    def split(x: Array) -> Array:
        return x.reshape(count, -1, heads, width // heads).transpose(0, 2, 1, 3)

    scores: Array = split(query) @ split(key).swapaxes(-1, -2)
    scores *= np.float32((width // heads) ** -0.5)
    if mask is not None:
        scores += mask
    scores -= scores.max(-1, keepdims=True)
    np.exp(scores, out=scores)
    scores /= scores.sum(-1, keepdims=True)
    joined: Array = (scores @ split(value)).transpose(0, 2, 1, 3).reshape(count, length, width)
    return joined


def silu(x: Array) -> Array:
    """Return x * sigmoid(x)."""
    y = np.exp(-x)
    y += 1
    return np.divide(x, y, out=y)


def quick_gelu(x: Array) -> Array:
    """Return x * sigmoid(1.702 x), as CLIP does."""
    return x / (1 + np.exp(np.float32(-1.702) * x))


def gelu(x: Array) -> Array:
    """Return the exact GELU, with the error function to 2e-7 (Abramowitz and Stegun 7.1.26)."""
    z = np.abs(x) * np.float32(2**-0.5)
    t = 1 / (1 + np.float32(0.3275911) * z)
    tail = np.zeros_like(t)
    for coefficient in (1.061405429, -1.453152027, 1.421413741, -0.284496736, 0.254829592):
        tail = (tail + np.float32(coefficient)) * t
    error = np.copysign(1 - tail * np.exp(-z * z), x)
    return np.float32(0.5) * x * (1 + error)


def relu(x: Array) -> Array:
    """Return x where it is positive, else 0; changes x."""
    return np.maximum(x, 0, out=x)


def doubled(x: Array, height: int, width: int) -> Array:
    """Every pixel as 2 x 2 pixels, cut to the given size."""
    return x.repeat(2, 1).repeat(2, 2)[:, :height, :width]


def _as_matrix(tensor: Array) -> Array:
    """Torch's out x in (x 3 x 3) as a matrix to multiply with from the right."""
    if tensor.ndim == 4:
        tensor = tensor.transpose(2, 3, 1, 0).reshape(-1, tensor.shape[0])
        return np.ascontiguousarray(tensor)
    return np.ascontiguousarray(tensor.T)
