"""What is known of models."""

import pytest

from common.errors import ConfigError
from common.reference import ModelReference


@pytest.mark.parametrize(
    ("model", "baseline", "size"),
    [
        ("stable_diffusion", "stable_diffusion_1", (512, 512)),
        ("stable_diffusion_2.1", "stable_diffusion_2", (768, 768)),
        ("SDXL 1.0", "stable_diffusion_xl", (1024, 1024)),
        ("Stable Cascade 1.0", "stable_cascade", (1024, 1024)),
        ("Flux.1-Schnell fp8 (Compact)", "flux_1", (1024, 1024)),
        ("hordebots demo", "hordebots_demo", (512, 512)),
        ("nobody knows it", None, (512, 512)),
    ],
)
def test_the_bundled_facts(model, baseline, size):
    reference = ModelReference.bundled()
    assert reference.baseline(model) == baseline
    assert reference.native_size(model) == size


def test_adult_models_are_marked_and_unknown_ones_are_not():
    reference = ModelReference.bundled()
    assert reference.nsfw("Hentai Diffusion")
    assert not reference.nsfw("stable_diffusion")
    assert not reference.nsfw("nobody knows it")


def test_a_file_in_the_public_format_is_read(tmp_path):
    file = tmp_path / "models.json"
    file.write_text('{"m": {"baseline": "stable diffusion 1", "nsfw": true}, "x": 5, "y": {}}')
    reference = ModelReference.from_file(file)
    assert (reference.baseline("m"), reference.nsfw("m")) == ("stable_diffusion_1", True)
    assert reference.baseline("x") is None


@pytest.mark.parametrize("content", ["", "[]", "{", "[" * 200_000])
def test_a_file_that_cannot_be_read_is_said_so(tmp_path, content):
    file = tmp_path / "models.json"
    file.write_text(content)
    with pytest.raises(ConfigError, match=r"models\.json"):
        ModelReference.from_file(file)


def test_a_missing_file_is_said_so(tmp_path):
    with pytest.raises(ConfigError, match="gone"):
        ModelReference.from_file(tmp_path / "gone")
