"""The demo model drawn with numpy: what it draws, what it takes, what it refuses."""

import numpy as np
import pytest

from worker.demo_model.loras import LoraError
from worker.demo_model.runtime import LORAS, WEIGHTS, DemoPipeline, StoppedError

FAST = {"seed": 1, "steps": 6}
ROUGH = {"seed": 1, "steps": 1, "width": 64, "height": 64}
"""Where it matters that something is drawn, and not what."""
BLUE_CAT = "a cat on a blue background"

pytestmark = pytest.mark.exhaustive  # dozens of pictures; test_demo_engine draws a few


@pytest.fixture(scope="module")
def pipeline():
    return DemoPipeline.load(WEIGHTS)


@pytest.fixture(scope="module")
def cat(pipeline):
    return pipeline.generate(BLUE_CAT, seed=1)


@pytest.fixture(scope="module")
def sketch(pipeline):
    """The cat in few steps."""
    return pipeline.generate(BLUE_CAT, **FAST)


def border(picture):
    """The mean colour of the outermost eight pixels, where no subject stands."""
    edges = [picture[:8], picture[-8:], picture[:, :8], picture[:, -8:]]
    return np.concatenate([edge.reshape(-1, 3) for edge in edges]).mean(0)


def difference(first, second):
    return float(np.abs(first.astype(int) - second.astype(int)).mean())


def test_draws_rgb_of_the_asked_size(cat):
    assert cat.shape == (128, 128, 3)
    assert cat.dtype == np.uint8
    assert cat.std() > 20


def test_same_seed_gives_the_same_bytes_in_a_pipeline_loaded_anew_as_well(pipeline, sketch):
    for drawing in (pipeline, DemoPipeline.load(WEIGHTS)):
        assert drawing.generate(BLUE_CAT, **FAST).tobytes() == sketch.tobytes()


def test_another_seed_gives_another_picture(pipeline, sketch):
    other = pipeline.generate(BLUE_CAT, seed=2, steps=6)
    assert difference(other, sketch) > 0.5


@pytest.mark.parametrize("seed", [0, -1, 2**63 - 1, 2**80])
def test_any_whole_number_is_a_seed(pipeline, seed):
    assert pipeline.generate("a cat", **(ROUGH | {"seed": seed})).shape == (64, 64, 3)


@pytest.mark.parametrize(
    ("subject", "colour", "wanted"),
    [
        ("cat", "blue", (52, 120, 215)),
        ("robot", "red", (214, 48, 49)),
        ("cat", "green", (76, 175, 80)),
        ("robot", "yellow", (250, 214, 80)),
    ],
)
def test_background_has_the_colour_asked_for(pipeline, subject, colour, wanted):
    picture = pipeline.generate(f"a {subject} on a {colour} background", seed=3)
    assert np.abs(border(picture) - wanted).max() < 30


def test_subject_stands_out_from_its_ground(cat):
    middle = cat[48:80, 48:80].reshape(-1, 3).mean(0)
    assert np.abs(middle - border(cat)).max() > 60


def test_prompt_changes_the_picture_and_words_before_a_subject_do_not_take_it_away(pipeline, cat):
    chatty = pipeline.generate("masterpiece, a cute cat on a blue background, 4k", seed=1)
    stranger = pipeline.generate("a frog on a blue background", seed=1)
    assert difference(stranger, cat) > 5
    assert difference(chatty, cat) < difference(stranger, cat)


@pytest.mark.parametrize(
    "prompt",
    [
        "",
        " ,,, ",
        "qwrtzpl xyzzy",
        "ein Bär mit Hut — 熊 🐻 ½ _x_",
        "<|endoftext|> a cat",
        "cat " * 500,
        "\x00\ud800".encode("utf-8", "replace").decode(),
    ],
)
def test_odd_prompts_draw_something(pipeline, prompt):
    assert pipeline.generate(prompt, **ROUGH).shape == (64, 64, 3)


@pytest.mark.parametrize(("width", "height"), [(160, 96), (96, 160), (72, 136), (64, 64)])
def test_other_shapes(pipeline, width, height):
    picture = pipeline.generate("a cat on a red background", width=width, height=height, **FAST)
    assert picture.shape == (height, width, 3)
    assert np.abs(border(picture) - (214, 48, 49)).max() < 60


@pytest.mark.parametrize(("width", "height", "steps"), [(100, 128, 8), (128, 0, 8), (128, 128, 0)])
def test_impossible_sizes_are_refused(pipeline, width, height, steps):
    with pytest.raises(ValueError, match="cannot draw"):
        pipeline.generate("a cat", seed=1, width=width, height=height, steps=steps)


def test_guidance_of_one_is_the_prompt_alone(pipeline):
    plain = pipeline.generate("a cat", guidance=1, **FAST)
    negated = pipeline.generate("a cat", "a frog on a red background", guidance=1, **FAST)
    assert difference(plain, negated) < 0.1


def test_negative_prompt_counts(pipeline):
    plain = pipeline.generate("a cat", **FAST)
    negated = pipeline.generate("a cat", "a cat on a red background", **FAST)
    assert difference(plain, negated) > 1


class TestLoras:
    @pytest.mark.parametrize("name", ["pixel", "watercolour", "neon"])
    def test_changes_the_picture(self, pipeline, sketch, name):
        path = LORAS / f"{name}.safetensors"
        styled = pipeline.generate(BLUE_CAT, loras=[(path, 1.0)], **FAST)
        assert difference(styled, sketch) > 3

    def test_strength_zero_changes_nothing(self, pipeline, sketch):
        path = LORAS / "neon.safetensors"
        same = pipeline.generate(BLUE_CAT, loras=[(path, 0.0)], **FAST)
        assert same.tobytes() == sketch.tobytes()

    def test_is_gone_in_the_next_picture(self, pipeline, sketch):
        pipeline.generate("a cat", loras=[(LORAS / "neon.safetensors", 1.0)], **ROUGH)
        assert pipeline.generate(BLUE_CAT, **FAST).tobytes() == sketch.tobytes()

    def test_half_strength_is_between_and_a_second_one_adds_to_it(self, pipeline, sketch):
        neon, pixel = (LORAS / f"{name}.safetensors" for name in ("neon", "pixel"))
        half, whole, both = (
            pipeline.generate(BLUE_CAT, loras=loras, **FAST)
            for loras in ([(neon, 0.5)], [(neon, 1.0)], [(neon, 1.0), (pixel, 1.0)])
        )
        assert 0 < difference(half, sketch) < difference(whole, sketch)
        assert difference(whole, both) > 1

    def test_one_for_another_model_is_refused(self, pipeline):
        vae = WEIGHTS / "vae" / "diffusion_pytorch_model.safetensors"
        with pytest.raises(LoraError, match="no LoRA in PEFT's keys"):
            pipeline.generate("a cat", loras=[(vae, 1.0)], **FAST)

    def test_one_with_a_layer_too_many_is_refused(self, pipeline, tmp_path):
        content = (LORAS / "neon.safetensors").read_bytes()
        renamed = tmp_path / "renamed.safetensors"
        renamed.write_bytes(content.replace(b"mid_block", b"mad_block"))
        with pytest.raises(LoraError, match=r"another model: no place for unet.mad_block"):
            pipeline.generate("a cat", loras=[(renamed, 1.0)], **FAST)

    def test_a_cut_off_file_is_refused(self, pipeline, tmp_path):
        short = tmp_path / "short.safetensors"
        short.write_bytes((LORAS / "neon.safetensors").read_bytes()[:100_000])
        with pytest.raises(LoraError, match="not a whole safetensors file"):
            pipeline.generate("a cat", loras=[(short, 1.0)], **FAST)

    def test_a_missing_file_is_refused(self, pipeline, tmp_path):
        with pytest.raises(LoraError, match="nowhere"):
            pipeline.generate("a cat", loras=[(tmp_path / "nowhere.safetensors", 1.0)], **FAST)


class TestFromASource:
    def test_without_denoising_stays_what_it_was(self, pipeline, cat):
        kept = pipeline.generate("a frog", seed=5, source=cat, denoise=0.0)
        assert difference(kept, cat) < 10

    def test_little_denoising_stays_near(self, pipeline, cat):
        near = pipeline.generate(BLUE_CAT, seed=5, source=cat, denoise=0.3)
        assert difference(near, cat) < 12

    def test_more_denoising_goes_further_until_there_is_but_a_trace_of_it(self, pipeline, cat):
        frog = {"prompt": "a frog on a red background", "seed": 5, "steps": 10}
        near, whole = (pipeline.generate(**frog, source=cat, denoise=share) for share in (0.3, 1.0))
        assert difference(near, cat) < difference(whole, cat)
        assert difference(whole, pipeline.generate(**frog)) < 8

    def test_source_of_another_size_is_refused(self, pipeline, cat):
        with pytest.raises(ValueError, match="a source of shape"):
            pipeline.generate("a frog", seed=5, source=cat[:64])


def test_tells_each_step(pipeline):
    told = []
    rough = ROUGH | {"steps": 3}
    pipeline.generate("a cat", **rough, on_step=lambda *step: told.append(step))
    assert told == [(1, 3), (2, 3), (3, 3)]


def test_stops_when_told(pipeline):
    told = []
    with pytest.raises(StoppedError):
        pipeline.generate(
            "a cat",
            **(ROUGH | {"steps": 9}),
            on_step=lambda *step: told.append(step),
            should_stop=lambda: len(told) == 2,
        )
    assert told == [(1, 9), (2, 9)]


def test_a_folder_without_weights_is_an_error(tmp_path):
    with pytest.raises(OSError, match="text_encoder"):
        DemoPipeline.load(tmp_path)


def test_shipped_files_are_small():
    weights = sum(path.stat().st_size for path in WEIGHTS.rglob("*") if path.is_file())
    loras = {path.stem: path.stat().st_size for path in LORAS.glob("*.safetensors")}
    assert weights <= 6_000_000
    assert sorted(loras) == ["neon", "pixel", "watercolour"]
    assert max(loras.values()) <= 700_000


def test_shipped_files_do_not_say_where_they_were_made():
    names = [path for path in WEIGHTS.rglob("*.json") if b"_name_or_path" in path.read_bytes()]
    assert names == []
