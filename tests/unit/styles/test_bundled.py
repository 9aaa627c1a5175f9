"""The lists that come with the package. `test_schema.py` holds them against their schemas."""

import json
import re
from collections import Counter
from importlib.resources import files
from itertools import combinations

import pytest

from common.reference.models import ModelReference
from styles.image_request import ImageRequest
from styles.limits import Limits
from styles.lists import stylelist
from styles.resolving.resolver import resolve

REFERENCE = ModelReference.bundled()
SPEED_LORA = "247778"
"""Makes SDXL quick; it is no look of its own."""
TWICE_THE_WORK = {"k_dpmpp_sde", "k_dpmpp_2s_a", "k_heun", "k_dpm_2", "k_dpm_2_a"}
FREE_STEPS = 40
FREE_SIDE = {"stable_diffusion_1": 576}
"""What the Horde always takes from those without kudos: side of a square, else 1024 pixels."""
SEASONS = ("spring", "summer", "autumn", "winter", "halloween", "new year")
AFTER_SOMEBODY = {
    *("Comic-Diffusion", "Dan Mumford Style", "DreamLikeSamKuvshinov", "Ghibli Diffusion"),
    *("GTA5 Artwork Diffusion", "Inkpunk Diffusion", "Western Animation Diffusion"),
}
"""Models of the Horde that were made after the work of living artists, or of one studio."""
DEMO_WORDS = {
    *("a", "the", "in", "on", "at", "background", "sea", "snow", "space", "city", "night"),
    *("meadow", "desert", "sunset", "beach", "forest", "pink", "yellow"),
}
DEMO_LORAS = {"neon", "watercolour", "pixel"}


def table(name, file):
    return json.loads((files("styles") / "bundled" / name / file).read_text("utf-8"))


def resolved(bundled, style, **fields):
    return resolve(
        ImageRequest("a fox", "blurry", style=style, **fields),
        bundled,
        served=None,
        reference=REFERENCE,
        limits=Limits(max_pixels=1600 * 1024, max_steps=50),
        rng_seed=1,
    )


@pytest.fixture(params=stylelist.BUNDLED)
def name(request):
    return request.param


@pytest.fixture
def bundled(name):
    return stylelist.merge([stylelist.load_bundled(name)])


def test_they_have_no_fault(bundled):
    assert bundled.faults == ()


def test_every_style_says_who_wrote_it(bundled):
    assert {style.author for style in bundled.styles.values()} == {"hordebots"}


def test_they_have_the_same_categories(name):
    wanted = {"featured", "stylepunks", "realism", "anime", "painting"}
    assert wanted <= set(table(name, "categories.json"))
    assert "raw" in table(name, "styles.json")


def test_no_category_hides_behind_a_style_or_alias(bundled):
    assert [bundled.names.get(category) for category in bundled.categories] == [*bundled.categories]
    assert not set(bundled.categories) & set(bundled.styles)


def test_every_style_and_category_resolves_where_adults_are_not_meant(bundled):
    for style in (*bundled.styles, *bundled.categories):
        found = resolved(bundled, style)
        assert sum(job.n for job in found.jobs) == 4
        assert {note.code for note in found.notes} <= {"note.styles_drawn"}


def test_what_people_do_and_do_not_want_arrives_in_its_place(bundled):
    for style in bundled.styles:
        (job,) = resolved(bundled, style).jobs
        positive, _, negative = job.prompt.partition("###")
        assert "a fox" in positive, style
        assert negative.endswith("blurry"), style
        assert "{" not in job.prompt, style


# -- the general list


@pytest.fixture(scope="module")
def general():
    return stylelist.merge([stylelist.load_bundled("general")])


def look_loras(style):
    return [lora for lora in style.look.loras if lora.name != SPEED_LORA]


def words(style):
    own = style.prompt.partition("###")[0].replace("{p}", "")
    return set(re.findall(r"[a-z]{4,}", own.lower()))


def test_it_covers_the_baselines_with_many_looks_and_models(general):
    baselines = Counter(REFERENCE.baseline(style.model) for style in general.styles.values())
    assert len(general.styles) >= 180
    for baseline in ("stable_diffusion_1", "stable_diffusion_xl", "flux_1"):
        assert baselines[baseline] >= 40
    assert set(baselines) >= {"stable_cascade", "qwen_image"}
    assert len({style.model for style in general.styles.values()}) >= 18


def test_its_models_are_known_and_not_for_adults(general):
    for style in general.styles.values():
        assert style.model in REFERENCE.models, style.name
        assert not style.nsfw, style.name
        assert not REFERENCE.nsfw(style.model), style.name


def test_many_of_them_are_looks_by_lora_named_by_number(general):
    loras = [lora for style in general.styles.values() for lora in look_loras(style)]
    assert sum(1 for style in general.styles.values() if look_loras(style)) >= 60
    assert len({lora.name for lora in loras}) >= 45
    assert all(lora.name.isdecimal() for lora in loras)
    assert all(0 < lora.model <= 1.5 for lora in loras)


def test_the_lora_that_makes_quick_stands_only_where_few_steps_are_taken(general):
    for style in general.styles.values():
        quick = any(lora.name == SPEED_LORA for lora in style.look.loras)
        slow = (style.look.steps or 30) > 10
        is_xl = REFERENCE.baseline(style.model) == "stable_diffusion_xl"
        assert quick == (is_xl and not slow), style.name


def test_flux_is_asked_for_what_it_can(general):
    flux = [one for one in general.styles.values() if REFERENCE.baseline(one.model) == "flux_1"]
    assert flux
    for style in flux:
        assert (style.look.steps, style.look.cfg_scale) == (4, 1), style.name
        assert (style.look.sampler, style.look.karras) == ("k_euler", False), style.name
        assert not style.look.hires_fix, style.name


def test_who_has_no_kudos_may_ask_for_any_of_them(general):
    """But for Qwen, whose size the Horde counts like that of old models when it is busy."""
    for name, style in general.styles.items():
        baseline = REFERENCE.baseline(style.model)
        (job,) = resolved(general, name, n=1).jobs
        work = job.steps * (2 if job.sampler in TWICE_THE_WORK else 1)
        assert work <= FREE_STEPS, name
        assert job.width * job.height <= FREE_SIDE.get(baseline, 1024) ** 2, name


def test_each_punk_is_one_of_its_own(general):
    punks = [general.styles[name] for name in general.expand("stylepunks")]
    assert len(punks) >= 50
    assert all(style.name.endswith("punk") for style in punks)
    for one, other in combinations(punks, 2):
        shared, every = words(one) & words(other), words(one) | words(other)
        assert len(shared) <= 0.25 * len(every), (one.name, other.name)
    assert len({style.prompt.partition("###")[2] for style in punks}) >= 27
    assert len({style.model for style in punks}) >= 5
    assert len({(style.look.width, style.look.height) for style in punks}) >= 5


def test_no_two_styles_are_the_same_but_for_the_name(general):
    recipes = Counter((style.prompt, style.model, style.look) for style in general.styles.values())
    assert recipes.most_common(1)[0][1] == 1


def test_there_is_something_for_every_wish(general):
    for category in (
        *("featured", "realism", "photo", "anime", "painting", "portrait", "drawing", "comic"),
        *("fantasy", "3d", "retro", "craft"),
    ):
        assert len(general.expand(category)) >= 6, category


def test_each_season_fills_an_answer_without_repeating(general):
    assert tuple(table("general", "categories.json")["seasons"]) == SEASONS
    for season in SEASONS:
        assert len(resolved(general, season).jobs) == 4, season


def test_featured_is_a_mix_of_what_there_is(general):
    featured = [general.styles[name] for name in general.expand("featured")]
    baselines = Counter(REFERENCE.baseline(style.model) for style in featured)
    assert len(featured) >= 8
    assert len(baselines) >= 4
    assert max(baselines.values()) <= len(featured) / 2


def test_every_style_but_the_plain_one_is_in_a_category(general):
    found = {name for category in general.categories for name in general.expand(category)}
    assert set(general.styles) - found == {"raw"}


def test_the_enhancement_is_used_where_it_helps(general):
    enhanced = [name for name, style in general.styles.items() if style.enhance]
    assert enhanced
    for name in enhanced:
        (job,) = resolved(general, name, n=1).jobs
        assert {ti.inject_ti for ti in job.tis} == {"negprompt"}


def test_nobody_is_named_in_a_prompt(general):
    for style in general.styles.values():
        own = style.prompt.replace("{p}", "").replace("{np}", "")
        assert not re.search(r"\b(by|style of|artist|after|like) [A-Z]", own), style.name


def test_no_model_was_made_to_paint_like_somebody(general):
    assert {style.model for style in general.styles.values()}.isdisjoint(AFTER_SOMEBODY)


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("watercolor", "watercolour"),
        ("aquarelle", "watercolour"),
        ("photography", "photograph"),
        ("bw", "black and white"),
        ("sci-fi", "space opera"),
        ("cogpunk", "steampunk"),
        ("PIXEL", "pixel art"),
    ],
)
def test_short_names_and_other_spellings_are_understood(general, typed, meant):
    assert general.style(typed).name == meant


def test_there_are_short_names_for_telephones(general):
    aliases = [alias for style in general.styles.values() for alias in style.aliases]
    assert len(aliases) >= 200
    assert sum(1 for alias in aliases if len(alias) <= 6) >= 60


# -- the demo's list


def test_the_demo_list_uses_what_the_demo_model_knows():
    for style in stylelist.load_bundled("demo").styles.values():
        assert style.model == "hordebots demo"
        own = re.findall(r"[a-z]+", style.prompt.replace("{p}", "").replace("{np}", ""))
        assert set(own) <= DEMO_WORDS, style.name
        assert {lora.name for lora in style.look.loras} <= DEMO_LORAS
        assert (style.look.width, style.look.height) == (512, 512)
