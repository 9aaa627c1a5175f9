"""Upscalers of a real architecture, with small weights of their own."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

torch = pytest.importorskip("torch")

from tests.worker.spandrel_here import find_spandrel

find_spandrel()

from common.errors import WorkerError
from worker.finishing.protocol import StoppedError
from worker.finishing.tools import find_tools
from worker.finishing.upscaling import TILE, Upscaler


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Models with an ESRGAN of one narrow block."""
    from safetensors.torch import save_file
    from spandrel.architectures.ESRGAN import ESRGAN

    folder = tmp_path_factory.mktemp("models")
    (folder / "upscalers").mkdir()
    torch.manual_seed(3)
    net = ESRGAN(in_nc=3, out_nc=3, num_filters=8, num_blocks=1, scale=2)
    file = folder / "upscalers" / "RealESRGAN_x2plus.safetensors"
    save_file({name: value.contiguous() for name, value in net.state_dict().items()}, file)
    return folder


@pytest.fixture(scope="module")
def upscaler(folder):
    [build] = find_tools(folder, "cpu", lambda library: library in {"torch", "spandrel"}).values()
    return build()


def noise(width, height):
    return Image.fromarray(
        np.random.default_rng(1).integers(0, 255, (height, width, 3), dtype=np.uint8)
    )


def test_a_picture_is_enlarged_by_the_models_factor(upscaler):
    small = noise(48, 32)
    large = upscaler.finish(small, lambda: False)
    assert large.size == (96, 64)
    assert large.tobytes() != small.resize(large.size, Image.Resampling.LANCZOS).tobytes()


def test_tiles_leave_no_seams(upscaler):
    picture = noise(TILE + 40, 48)
    whole = np.asarray(picture, dtype=np.float32) / 255
    at_once = upscaler._enlarge(whole).astype(int)
    in_tiles = np.asarray(upscaler.finish(picture, lambda: False)).astype(int)
    assert np.abs(at_once - in_tiles).max() <= 1


def test_it_stops_when_told(upscaler):
    with pytest.raises(StoppedError):
        upscaler.finish(noise(16, 16), lambda: True)


def test_what_would_be_too_large_is_left(upscaler):
    with pytest.raises(WorkerError, match="8192"):
        upscaler.finish(Image.new("RGB", (4160, 64)), lambda: False)


def test_a_file_that_is_none_is_a_sentence(tmp_path):
    (tmp_path / "x.safetensors").write_bytes(b"nothing")
    with pytest.raises(WorkerError, match=r"x\.safetensors"):
        Upscaler.read(tmp_path / "x.safetensors", "cpu")
