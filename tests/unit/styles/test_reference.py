"""What is known of models."""

import pytest

from common.errors import ConfigError
from common.reference.models import ModelFacts, ModelReference


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


def told(**fields):
    entries = {"m": {"baseline": "stable_diffusion_xl", **fields}}
    return ModelReference.from_mapping(entries).models["m"]


def test_no_models_are_a_reference_too():
    assert ModelReference.from_mapping({}).native_size("m") == (512, 512)


def test_requirements_are_read():
    facts = told(
        style="anime",
        inpainting=True,
        requirements={"min_steps": 3, "max_steps": 6, "max_cfg_scale": 2.5, "clip_skip": 2},
    )
    assert (facts.style, facts.inpainting, facts.clip_skip) == ("anime", True, 2)
    assert (facts.steps, facts.cfg_scale) == ((3, 6), (None, 2.5))
    assert told(requirements={"cfg_scale": 2}).cfg_scale == (2, 2)


@pytest.mark.parametrize(
    "broken",
    [
        {"requirements": []},
        {"requirements": {"min_steps": "3", "max_steps": True, "clip_skip": 1.5}},
        {"requirements": {"min_steps": 9, "max_steps": 3}},
        {"requirements": {"min_steps": float("nan"), "max_cfg_scale": float("inf")}},
        {"requirements": {"min_steps": -5, "max_steps": 10**400, "clip_skip": 99}},
        {"nsfw": "no", "inpainting": 1, "style": 5, "pictures_per_request": 0},
        {"style": "x" * 1000, "pictures_per_request": 10**9},
        {"style": "a\nb", "pictures_per_request": True},
    ],
)
def test_facts_that_cannot_be_read_are_not_told(broken):
    assert told(**broken) == ModelFacts("stable_diffusion_xl")


@pytest.mark.parametrize("name", ["", " ", "x" * 256, "a\nb"])
def test_names_that_are_none_are_skipped(name):
    assert ModelReference.from_mapping({name: {"baseline": "flux_1"}}).models == {}


def test_a_reference_over_another_changes_only_what_it_says():
    known = ModelReference(
        {
            "m": ModelFacts("flux_1", nsfw=True, pictures_per_request=2),
            "only here": ModelFacts("flux_1"),
        }
    )
    entries = {"m": {"baseline": "stable_diffusion_xl", "style": "anime"}, "only here": {"x": 1}}
    read = ModelReference.from_mapping(entries, over=known)
    assert read.models["m"] == ModelFacts(
        "stable_diffusion_xl", nsfw=True, pictures_per_request=2, style="anime"
    )
    assert read.models["only here"] == known.models["only here"]


@pytest.mark.parametrize("content", ["", "[]", "{", "[" * 200_000])
def test_a_file_that_cannot_be_read_is_said_so(tmp_path, content):
    file = tmp_path / "models.json"
    file.write_text(content)
    with pytest.raises(ConfigError, match=r"models\.json"):
        ModelReference.from_file(file)


def test_a_missing_file_is_said_so(tmp_path):
    with pytest.raises(ConfigError, match="gone"):
        ModelReference.from_file(tmp_path / "gone")
