"""The demo engine: a task of the Horde's kind in, pictures of the asked size out."""

from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from common.config import WorkerConfig
from common.errors import WorkerError
from worker.demo_model.runtime import LORAS
from worker.engines import build_engine
from worker.engines.demo import DemoEngine, enlarge, own_denoise, own_guidance, own_size
from worker.engines.protocol import EngineLora, Fault, Feature, Task

pytestmark = pytest.mark.xdist_group("demo model")  # it is read once

TASK = Task(
    model="hordebots demo",
    prompt="a cat on a blue background",
    negative="blurry",
    width=256,
    height=256,
    steps=8,
    cfg_scale=7.5,
    sampler="k_euler_a",
    karras=True,
    seeds=(1,),
)


@pytest.fixture(scope="module")
def engine():
    engine = DemoEngine()
    engine.load()
    return engine


@pytest.fixture(scope="module")
def plain(engine):
    """What TASK draws."""
    return make(engine, TASK)[0].image


def make(engine, task):
    return engine.generate(task, lambda _part: None, lambda: False)


def difference(first, second):
    return float(np.abs(np.asarray(first).astype(int) - np.asarray(second).astype(int)).mean())


def test_is_the_engine_named_demo():
    assert isinstance(build_engine(WorkerConfig()), DemoEngine)


def test_offers_one_model_for_private_servers_only(engine):
    info = engine.info()
    assert info.models == ("hordebots demo",)
    assert info.private_only
    assert info.features == {Feature.IMG2IMG, Feature.LORA, Feature.NSFW}


def test_missing_weights_are_a_worker_error(tmp_path):
    with pytest.raises(WorkerError) as caught:
        DemoEngine(weights=tmp_path).load()
    assert caught.value.code == "worker.demo_weights"


@pytest.mark.parametrize("size", [(768, 512), (64, 64), (1024, 256)])
def test_pictures_have_the_asked_size(engine, size):
    (made,) = make(engine, replace(TASK, width=size[0], height=size[1]))
    assert made.image.size == size
    assert made.image.mode == "RGB"
    assert made.faults == ()


def test_one_picture_per_seed_in_order_each_as_it_is_drawn_alone(engine, plain):
    told = []
    made = engine.generate(replace(TASK, seeds=(7, 1)), told.append, lambda: False)
    assert [one.seed for one in made] == [7, 1]
    assert made[1].image.tobytes() == plain.tobytes()
    assert difference(made[0].image, plain) > 0.5
    assert len(told) == 16
    assert told == sorted(told)
    assert told[-1] == 1.0


def test_cancelled_task_returns_what_is_finished(engine):
    told = []
    task = replace(TASK, seeds=(1, 2, 3))
    made = engine.generate(task, told.append, lambda: len(told) == 11)
    assert [one.seed for one in made] == [1]
    assert len(told) == 11


def test_a_prompt_in_another_language_draws_what_the_english_one_does(engine, plain):
    task = replace(TASK, prompt="eine Katze auf blauem Hintergrund")
    assert make(engine, task)[0].image.tobytes() == plain.tobytes()


@pytest.mark.parametrize(("asked", "own"), [(100, 24), (1, 8)])
def test_steps_are_kept_in_range(engine, asked, own):
    told = []
    engine.generate(replace(TASK, steps=asked), told.append, lambda: bool(told))
    assert told == [pytest.approx(1 / own)]


@pytest.mark.parametrize(("asked", "own"), [(1, 1), (0, 1), (-5, 1), (7.5, 3.6), (30, 6)])
def test_guidance_is_brought_into_range(asked, own):
    assert own_guidance(asked) == pytest.approx(own)


@pytest.mark.parametrize(("asked", "own"), [(-1, 0), (0, 0), (0.25, 0.125), (1, 1), (7, 1)])
def test_denoising_is_milder_in_between(asked, own):
    assert own_denoise(asked) == pytest.approx(own)


@pytest.mark.parametrize(
    ("size", "own"),
    [
        ((512, 512), (128, 128)),
        ((640, 512), (160, 128)),
        ((512, 768), (112, 160)),
        ((1024, 512), (160, 80)),
        ((3072, 64), (160, 64)),
        ((64, 64), (128, 128)),
    ],
)
def test_own_size_has_about_the_asked_shape(size, own):
    assert own_size(*size) == own


def test_enlarging_keeps_the_colours():
    picture = np.full((128, 128, 3), (10, 120, 240), np.uint8)
    assert enlarge(picture, 512, 384).getcolors() == [(512 * 384, (10, 120, 240))]


class TestLoras:
    def test_by_name_of_file_or_style(self, engine, plain):
        by_file, by_word = (
            make(engine, replace(TASK, loras=(EngineLora(name),)))[0]
            for name in ("Pixel.safetensors", "pixel art")
        )
        assert by_file.faults == ()
        assert by_file.image.tobytes() == by_word.image.tobytes()
        assert difference(by_file.image, plain) > 2

    def test_unknown_ones_are_told_and_left_out(self, engine, plain):
        names = ("12345", "../weights/unet/x", "", "neon/../pixel")
        made = make(engine, replace(TASK, loras=tuple(EngineLora(name) for name in names)))[0]
        assert made.faults == tuple(Fault("lora", "download_failed", name) for name in names)
        assert made.image.tobytes() == plain.tobytes()

    def test_one_that_does_not_fit_is_told_and_left_out(self, tmp_path):
        content = (LORAS / "neon.safetensors").read_bytes()
        (tmp_path / "odd.safetensors").write_bytes(content.replace(b"mid_block", b"mad_block"))
        made = make(DemoEngine(loras=tmp_path), replace(TASK, loras=(EngineLora("odd"),)))[0]
        assert made.faults == (Fault("lora", "baseline_mismatch", "odd"),)

    def test_absurd_strength_is_limited(self, engine):
        strong, absurd = (
            make(engine, replace(TASK, loras=(EngineLora("neon", model=strength),)))[0]
            for strength in (2.0, 1e9)
        )
        assert strong.image.tobytes() == absurd.image.tobytes()


class TestFromASource:
    def test_little_denoising_stays_near_the_source(self, engine, plain):
        task = replace(TASK, seeds=(8,), steps=20, source_image=plain)
        near = make(engine, replace(task, denoise=0.3))[0].image
        assert difference(near, plain) < 15

    def test_more_denoising_goes_further(self, engine, plain):
        task = replace(TASK, prompt="a frog on red", source_image=plain)
        kept, near, far = (
            make(engine, replace(task, denoise=denoise))[0].image for denoise in (0.0, 0.3, 1.0)
        )
        assert difference(kept, plain) < difference(near, plain) < difference(far, plain)

    @pytest.mark.parametrize("mode", ["RGBA", "L", "P"])
    def test_sources_of_other_kinds_and_sizes(self, engine, mode):
        source = Image.new(mode, (300, 90))
        made = make(engine, replace(TASK, source_image=source, denoise=0.5))[0]
        assert made.image.size == (256, 256)
