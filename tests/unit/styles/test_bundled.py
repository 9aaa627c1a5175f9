"""The lists that come with the package."""

import json
import re
from importlib.resources import files

import jsonschema
import pytest

from common.horde.wire import SAMPLERS
from common.reference import ModelReference
from styles import stylelist
from styles.image_request import ImageRequest
from styles.limits import Limits
from styles.resolver import resolve

SCHEMA = json.loads((files("styles") / "styles.schema.json").read_text("utf-8"))
GENERAL_MODELS = {
    "stable_diffusion",
    "Deliberate",
    "Dreamshaper",
    "AlbedoBase XL (SDXL)",
    "SDXL 1.0",
    "Flux.1-Schnell fp8 (Compact)",
}
DEMO_WORDS = {
    *("a", "the", "in", "on", "at", "background", "sea", "snow", "space", "city", "night"),
    *("meadow", "desert", "sunset", "beach", "forest", "pink", "yellow"),
}
DEMO_LORAS = {"neon", "watercolour", "pixel"}


def table(name, file):
    return json.loads((files("styles") / "bundled" / name / file).read_text("utf-8"))


@pytest.fixture(params=stylelist.BUNDLED)
def name(request):
    return request.param


@pytest.fixture
def bundled(name):
    return stylelist.merge([stylelist.load_bundled(name)])


def test_they_have_no_fault(bundled):
    assert bundled.faults == ()


def test_they_fit_the_schema(name):
    jsonschema.validate(table(name, "styles.json"), SCHEMA)


def test_the_schema_knows_the_samplers():
    assert tuple(SCHEMA["$defs"]["style"]["properties"]["sampler_name"]["enum"]) == SAMPLERS


def test_every_style_says_who_wrote_it(bundled):
    assert {style.author for style in bundled.styles.values()} == {"hordebots"}


def test_they_have_the_same_categories(name):
    wanted = {"featured", "stylepunks", "realism", "anime", "painting"}
    assert wanted <= set(table(name, "categories.json"))
    assert "raw" in table(name, "styles.json")


def test_no_category_hides_behind_a_style(bundled):
    assert not set(bundled.categories) & set(bundled.styles)


def test_every_style_and_category_resolves_where_adults_are_not_meant(bundled):
    for style in (*bundled.styles, *bundled.categories):
        found = resolve(
            ImageRequest("a fox", "blurry", style=style),
            bundled,
            served=None,
            reference=ModelReference.bundled(),
            limits=Limits(max_pixels=1024 * 1024),
            rng_seed=1,
        )
        assert sum(job.n for job in found.jobs) == 4
        assert {note.code for note in found.notes} <= {"note.styles_drawn"}


def test_a_request_for_stylepunks_draws_four_punks(bundled):
    assert len(bundled.expand("stylepunks")) >= 6


def test_the_general_list_uses_models_of_the_horde():
    general = stylelist.load_bundled("general")
    assert {style.model for style in general.styles.values()} <= GENERAL_MODELS
    assert len(general.styles) >= 24
    with_loras = [style for style in general.styles.values() if style.look.loras]
    assert len(with_loras) >= 8
    assert len(general.categories["stylepunks"]) >= 8


def test_the_demo_list_uses_what_the_demo_model_knows():
    for style in stylelist.load_bundled("demo").styles.values():
        assert style.model == "hordebots demo"
        words = re.findall(r"[a-z]+", style.prompt.replace("{p}", "").replace("{np}", ""))
        assert set(words) <= DEMO_WORDS, style.name
        assert {lora.name for lora in style.look.loras} <= DEMO_LORAS
        assert (style.look.width, style.look.height) == (512, 512)
