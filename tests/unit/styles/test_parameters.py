"""The parameters of a job: the person's, else the style's, else the defaults."""

import pytest

from common.model import LoraUse, TiUse
from common.reference.models import ModelFacts, ModelReference
from styles.image_request import LoraWish, TiWish
from styles.limits import Defaults, Limits


def codes(resolution):
    return [note.code for note in resolution.notes]


def test_the_defaults_where_nothing_is_said(job):
    made = job(style="raw")
    assert (made.steps, made.cfg_scale, made.sampler) == (30, 7.5, "k_euler_a")
    assert (made.karras, made.clip_skip, made.hires_fix, made.tiling) == (True, 1, False, False)
    assert (made.seed, made.seed_variation) == (None, None)


def test_the_operators_own_defaults_stand_in_their_place(job):
    own = Defaults(12, 5.0, "k_heun", karras=False, clip_skip=2, hires_fix=True)
    made = job(style="raw", limits=Limits(defaults=own))
    assert (made.steps, made.cfg_scale, made.sampler) == (12, 5.0, "k_heun")
    assert (made.karras, made.clip_skip, made.hires_fix) == (False, 2, True)
    assert job(style="neon", limits=Limits(defaults=own)).steps == 20


@pytest.mark.parametrize(
    ("model", "size"), [("sd", 512), ("sd2", 768), ("xl", 1024), ("flux", 1024), ("who", 512)]
)
def test_the_native_size_of_the_models_baseline(job, model, size):
    made = job(model=model)
    assert (made.width, made.height) == (size, size)


def test_the_styles_own_parameters_win_over_the_defaults(job):
    made = job(style="oil")
    assert (made.width, made.height, made.karras) == (1152, 896, False)


def test_the_persons_win_over_the_styles(job):
    made = job(style="oil", steps=12, cfg_scale=3.0, sampler="k_lms", karras=True, clip_skip=2)
    assert (made.steps, made.cfg_scale, made.sampler) == (12, 3.0, "k_lms")
    assert (made.karras, made.clip_skip) == (True, 2)


def test_a_ratio_keeps_the_styles_pixel_count(job):
    made = job(style="oil", ratio=(1.0, 1.0))
    assert (made.width, made.height) == (1024, 1024)


def test_a_size_is_rounded_to_64_with_a_note(job, resolved):
    made = job(style="raw", size=(500, 700))
    assert (made.width, made.height) == (512, 704)
    assert codes(resolved(style="raw", size=(500, 700))) == ["note.size_changed"]
    assert codes(resolved(style="raw", size=(512, 704))) == []


def test_a_style_larger_than_the_place_allows_is_made_smaller_with_a_note(job, resolved):
    limits = Limits(max_pixels=512 * 512)
    made = job(style="oil", limits=limits)
    assert made.width * made.height <= 512 * 512
    assert codes(resolved(style="oil", limits=limits)) == ["note.size_too_large"]


def test_steps_stay_within_the_places_limit_with_a_note(job, resolved):
    limits = Limits(max_steps=25)
    assert job(style="raw", steps=80, limits=limits).steps == 25
    assert codes(resolved(style="raw", steps=80, limits=limits)) == ["note.steps_clamped"]
    assert job(style="neon", limits=limits).steps == 20


def test_quality_multiplies_the_styles_steps(job):
    assert job(style="fast", quality=2.0).steps == 8
    assert job(style="raw", quality=0.5, steps=7).steps == 7


def test_a_seed_goes_along_as_digits_and_varies_between_pictures(job):
    made = job(style="raw", seed="42", n=2)
    assert (made.seed, made.seed_variation) == ("42", 1)
    assert job(style="raw", seed="42", n=1).seed_variation is None


def test_hires_fix_on_flux_is_dropped_with_a_note(job, resolved):
    assert job(style="fast").hires_fix is False
    assert codes(resolved(style="fast")) == ["note.hires_dropped"]
    assert job(style="raw", hires_fix=True).hires_fix is True


def test_enhance_adds_what_fits_the_baseline(job):
    made = job(style="fine")
    assert [(ti.name, ti.inject_ti) for ti in made.tis] == [("7", "negprompt")]
    assert made.clip_skip == 2
    assert job(style="fine xl").tis == ()
    assert job(style="strange").tis == ()


def test_the_styles_loras_come_first_then_the_persons(job):
    made = job(style="neon", loras=(LoraWish("9", 0.5),))
    assert made.loras == (LoraUse("1"), LoraUse("9", 0.5, 0.5, "any"))


def test_of_the_same_lora_the_persons_strength_wins(job):
    made = job(style="neon", loras=(LoraWish("1", 0.3),))
    assert made.loras == (LoraUse("1", 0.3, 0.3),)


def test_a_version_is_another_lora_than_a_model_of_that_number(job):
    made = job(style="neon", loras=(LoraWish("1", 0.3, is_version=True),))
    assert len(made.loras) == 2


def test_at_most_five_loras_the_persons_first(job, resolved):
    wishes = tuple(LoraWish(str(number)) for number in range(10, 15))
    assert [lora.name for lora in job(style="neon", loras=wishes).loras] == [
        wish.name for wish in wishes
    ]
    assert codes(resolved(style="neon", loras=wishes)) == ["note.loras_dropped"]


def test_always_sent_flags_come_from_the_place(job):
    made = job(style="raw", limits=Limits(nsfw=True, trusted_workers=True, slow_workers=False))
    assert (made.nsfw, made.censor_nsfw, made.trusted_workers, made.slow_workers) == (
        *(True, False, True, False),
    )


def test_nsfw_never_applies_to_a_source_picture(job):
    made = job(source_picture="sha256:0", limits=Limits(nsfw=True))
    assert (made.nsfw, made.censor_nsfw) == (False, True)


def test_the_persons_textual_inversions_join_the_styles_in_the_prompt(job):
    made = job(style="fine", tis=(TiWish("8", 0.5), TiWish("7", 0.2)))
    assert made.tis == (TiUse("7", "negprompt", 0.2), TiUse("8", "prompt", 0.5))


def test_at_most_twenty_textual_inversions_the_persons_first(job, resolved):
    wishes = tuple(TiWish(str(number)) for number in range(100, 120))
    assert [ti.name for ti in job(style="fine", tis=wishes).tis] == [wish.name for wish in wishes]
    assert codes(resolved(style="fine", tis=wishes)) == ["note.tis_dropped"]


def test_a_model_that_always_makes_two_pictures_is_asked_for_half_as_many(job):
    reference = ModelReference({"two": ModelFacts("stable_diffusion_1", pictures_per_request=2)})
    assert job(model="two", n=4, facts=reference).n == 2
    assert job(model="two", n=3, facts=reference).n == 2


def test_the_cfg_scale_has_two_decimals_with_a_note(job, resolved):
    assert job(style="raw", cfg_scale=7.126).cfg_scale == 7.13
    assert codes(resolved(style="raw", cfg_scale=7.126)) == ["note.cfg_rounded"]
    assert codes(resolved(style="raw", cfg_scale=7.12)) == []


def test_a_very_long_shape_is_made_less_so_with_a_note(job, resolved):
    made = job(style="raw", ratio=(1.0, 100.0))
    assert 7 < made.height / made.width < 9
    assert codes(resolved(style="raw", ratio=(1.0, 100.0))) == ["note.ratio_clamped"]
    assert codes(resolved(style="raw", ratio=(8.0, 1.0))) == []


def test_what_another_option_says_more_exactly_is_left_out_with_a_note(resolved):
    both = resolved(style="raw", ratio=(2.0, 1.0), size=(512, 512), quality=2.0, steps=9)
    assert codes(both) == ["note.option_left_out"] * 2


@pytest.mark.parametrize(
    ("baseline", "size", "hires"),
    [
        ("flux_schnell", 1024, False),
        ("qwen_image_edit", 1024, False),
        ("stable_diffusion_3", 1024, True),
        ("stable_diffusion_2_768", 768, True),
        ("stable_diffusion_2_512", 512, True),
        ("stable_diffusion_1", 512, True),
        ("of tomorrow", 1024, True),
    ],
)
def test_newer_baselines_are_judged_by_their_family(job, baseline, size, hires):
    facts = ModelReference({"new": ModelFacts(baseline)})
    made = job(model="new", hires_fix=True, facts=facts)
    assert (made.width, made.height, made.hires_fix) == (size, size, hires)


def test_an_enhancement_adds_a_lora_of_the_same_number_that_is_another(build, job):
    styles = {
        "raw": {
            "prompt": "{p}",
            "model": "sd",
            "enhance": True,
            "loras": [{"name": "77", "is_version": True}],
            "tis": [{"name": "T1", "strength": 0.5}],
        }
    }
    more = {"loras": [{"name": "77"}], "tis": [{"name": "t1", "inject_ti": "prompt"}]}
    made = job(stylelist=build(styles, {}, {"stable diffusion 1": more}), style="raw")
    assert [(lora.name, lora.is_version) for lora in made.loras] == [("77", True), ("77", False)]
    assert made.tis == (TiUse("T1", None, 0.5),)
