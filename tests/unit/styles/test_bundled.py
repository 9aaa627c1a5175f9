"""The lists that come with the package."""

import json
import re
from collections import Counter
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


SPEED_LORA = "247778"
"""Makes SDXL quick; it is no look of its own."""


@pytest.fixture(scope="module")
def general():
    return stylelist.merge([stylelist.load_bundled("general")])


def test_the_general_list_uses_models_of_the_horde(general):
    assert {style.model for style in general.styles.values()} <= GENERAL_MODELS


def test_it_covers_the_baselines_with_many_looks(general):
    reference = ModelReference.bundled()
    baselines = Counter(reference.baseline(style.model) for style in general.styles.values())
    assert len(general.styles) >= 100
    assert set(baselines) == {"stable_diffusion_1", "stable_diffusion_xl", "flux_1"}
    assert min(baselines.values()) >= 20


def test_many_of_them_are_looks_by_lora_named_by_number(general):
    names = {
        style.name: [lora.name for lora in style.look.loras if lora.name != SPEED_LORA]
        for style in general.styles.values()
    }
    assert sum(1 for loras in names.values() if loras) >= 40
    assert all(lora.isdecimal() for loras in names.values() for lora in loras)


def test_each_punk_has_words_of_its_own(general):
    punks = general.expand("stylepunks")
    assert len(punks) >= 40
    words = {name: general.styles[name].prompt.split("###")[0] for name in punks}
    assert len(set(words.values())) == len(punks)


def test_there_is_something_for_every_wish_and_season(general):
    for category in (
        *("stylepunks", "featured", "realism", "anime", "painting", "fantasy", "comics", "retro"),
        *("spring", "summer", "autumn", "winter", "halloween", "new year"),
    ):
        assert len(general.expand(category)) >= 2, category
    assert len(general.expand("seasons")) >= 12
    assert len(general.expand("featured")) >= 8


def test_every_style_but_the_plain_one_is_in_a_category(general):
    found = {name for category in general.categories for name in general.expand(category)}
    assert set(general.styles) - found == {"raw"}


def test_nothing_is_for_adults(general):
    reference = ModelReference.bundled()
    assert not any(style.nsfw or reference.nsfw(style.model) for style in general.styles.values())


def test_nobody_is_named_in_a_prompt(general):
    for style in general.styles.values():
        words = style.prompt.replace("{p}", "").replace("{np}", "")
        assert not re.search(r"\b(by|style of|artist|drawn by) [A-Z]", words), style.name


def test_there_are_short_names_for_telephones(general):
    aliases = [alias for style in general.styles.values() for alias in style.aliases]
    assert len(aliases) >= 100
    assert sum(1 for alias in aliases if len(alias) <= 6) >= 40


@pytest.mark.parametrize("file", ["categories", "enhancements"])
def test_the_other_files_fit_their_schemas(name, file):
    schema = json.loads((files("styles") / f"{file}.schema.json").read_text("utf-8"))
    jsonschema.validate(table(name, f"{file}.json"), schema)


@pytest.mark.parametrize(
    "wrong",
    [
        {"prompt": "no place for words", "model": "m"},
        {"prompt": "{p}", "model": "m", "steps": "30"},
        {"prompt": "{p}", "model": "m", "stepps": 30},
        {"prompt": "{p}", "model": "m", "loras": [{"name": "1", "weight": 1}]},
        {"prompt": "{p}"},
    ],
)
def test_the_schema_shows_the_usual_mistakes_while_one_writes(wrong):
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({"mine": wrong}, SCHEMA)


def test_the_demo_list_uses_what_the_demo_model_knows():
    for style in stylelist.load_bundled("demo").styles.values():
        assert style.model == "hordebots demo"
        words = re.findall(r"[a-z]+", style.prompt.replace("{p}", "").replace("{np}", ""))
        assert set(words) <= DEMO_WORDS, style.name
        assert {lora.name for lora in style.look.loras} <= DEMO_LORAS
        assert (style.look.width, style.look.height) == (512, 512)
