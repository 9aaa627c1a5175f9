"""Models on the disk: files in the original layout, folders, and what is neither."""

from __future__ import annotations

import json

import pytest

torch = pytest.importorskip("torch")

import diffusers
import transformers
from safetensors.torch import save_file

from common.errors import WorkerError
from tests.worker.ldm import unet_name
from worker.demo_model.runtime import WEIGHTS
from worker.engines.diffusers import architecture
from worker.engines.diffusers.checkpoint import from_file, open_model
from worker.engines.diffusers.families import Family, Kind, recognise
from worker.engines.diffusers.shelf import Shelf
from worker.system.device import Device, find_device

pytestmark = pytest.mark.filterwarnings("default")
CPU = Device("cpu", torch.float32, 10**10)
PUBLISHED = {
    Family.SD1: (859.5, 83.7, [123.1]),
    Family.SD2: (865.9, 83.7, [340.4]),
    Family.SDXL: (2567.5, 83.7, [123.1, 694.7]),
}
"""Millions of numbers in the denoiser, the autoencoder and the text encoders."""


def text_model(config):
    kind = getattr(transformers, config["architectures"][0])
    return kind(transformers.CLIPTextConfig(**config))


def millions(model):
    return round(sum(parameter.numel() for parameter in model.parameters()) / 1e6, 1)


@pytest.mark.parametrize("family", PUBLISHED)
def test_the_families_are_built_with_the_published_numbers(family):
    parts = architecture.components(Kind(family))
    with torch.device("meta"):
        unet = diffusers.UNet2DConditionModel.from_config(parts["unet"])
        vae = diffusers.AutoencoderKL.from_config(parts["vae"])
        texts = [text_model(parts[name]) for name in parts if name.startswith("text_encoder")]
    assert (millions(unet), millions(vae), list(map(millions, texts))) == PUBLISHED[family]


@pytest.mark.parametrize(
    ("family", "channels"), [(Family.SD1, 4), (Family.SD1, 9), (Family.SD2, 4), (Family.SDXL, 4)]
)
def test_a_checkpoint_is_known_by_its_tensors(family, channels):
    parts = architecture.components(Kind(family, channels))
    with torch.device("meta"):
        unet = diffusers.UNet2DConditionModel.from_config(parts["unet"])
    attended = tuple(name.startswith("Cross") for name in unet.config.up_block_types)
    shapes = {
        "model.diffusion_model." + unet_name(name, 2, attended): tuple(tensor.shape)
        for name, tensor in unet.state_dict().items()
    }
    if family is Family.SDXL:
        shapes["conditioner.embedders.1.model.transformer.resblocks.0.ln_1.weight"] = (1280,)
    assert recognise(shapes, "x.safetensors") == Kind(family, channels)


def test_a_file_in_the_original_layout_is_read_whole(tiny_file):
    file, parts = tiny_file
    loaded = from_file("tiny", file, Kind(Family.SD1), parts, CPU)
    assert loaded.size == pytest.approx(file.stat().st_size, rel=0.02)
    assert loaded.encoders[0].room == 75
    assert loaded.encoders[0].tokenizer.encode("a photo of a cat") == [320, 1125, 539, 320, 2368]


def test_a_folder_is_read_with_its_own_vocabulary():
    loaded = open_model("demo", WEIGHTS, CPU)
    assert loaded.encoders[0].room == 30
    assert loaded.kind.family is Family.SD1


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("x.ckpt", b"\x80\x02", "may hold a program"),
        ("x.safetensors", b"", "cannot be read"),
        ("x.safetensors", b"\xff" * 64, "cannot be read"),
        ("x.safetensors", (2).to_bytes(8, "little") + b"{}", "no denoiser"),
    ],
)
def test_a_file_that_is_no_model_is_a_sentence(tmp_path, name, content, words):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(WorkerError, match=words):
        open_model("x", tmp_path / name, CPU)


def test_a_lora_taken_for_a_model_is_a_sentence(tmp_path):
    save_file({"lora_unet_x.lora_down.weight": torch.zeros(1)}, tmp_path / "x.safetensors")
    with pytest.raises(WorkerError, match="no denoiser"):
        open_model("x", tmp_path / "x.safetensors", CPU)


@pytest.mark.parametrize("index", ["{", "[]", json.dumps({"_class_name": "os.system"})])
def test_a_folder_that_is_no_model_is_a_sentence(tmp_path, index):
    (tmp_path / "model_index.json").write_text(index)
    with pytest.raises(WorkerError, match="cannot be read"):
        open_model("x", tmp_path, CPU)


def test_the_longest_unused_model_goes_when_there_is_no_room(tmp_path):
    for name in ("one", "two", "three"):
        (tmp_path / name).write_bytes(b"x" * 100)
    files = {name: tmp_path / name for name in ("one", "two", "three")}
    read = []

    def opened(name, path, _device):
        read.append(name)
        loaded = open_model("demo", WEIGHTS, CPU)
        loaded.name, loaded.size = name, path.stat().st_size
        return loaded

    shelf = Shelf(files, Device("cpu", torch.float32, 500), open_model=opened)  # room for 250
    for name in ("one", "two", "one", "three", "one", "two"):
        assert shelf.take(name).name == name
    assert read == ["one", "two", "three", "two"]
    assert shelf.names == ("one", "two")


def test_the_best_device_is_found_and_a_named_one_is_taken():
    assert find_device("cpu").name == "cpu"
    assert find_device().memory > 10**9
    assert not find_device("cpu").is_card
