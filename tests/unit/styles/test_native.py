"""A style that is kept on a Horde, as one of ours."""

from dataclasses import replace

import pytest

from common.horde.native import NativeStyle
from styles.lists.native import native_style

TOLD = {
    "id": "077454e7-4899-4976-872f-6fe3117ec64d",
    "name": "foxy",
    "creator": "client#2",
    "prompt": "{p}, oil painting ### ugly{np}",
    "params": {"steps": 25, "sampler_name": "k_lms", "cfg_scale": 6.0, "height": 768, "width": 512},
    "models": ["stable_diffusion", "Deliberate"],
    "nsfw": False,
    "public": True,
    "use_count": 3,
}


def read(**changes):
    return native_style("horde/foxy", NativeStyle.model_validate({**TOLD, **changes}))


def test_template_parameters_and_models_become_ours():
    style, faults = read()
    assert faults == []
    assert (style.name, style.model, style.other_models) == (
        *("horde/foxy", "stable_diffusion", ("Deliberate",)),
    )
    look = style.look
    assert (look.steps, look.cfg_scale, look.width, look.height) == (25, 6.0, 512, 768)
    assert (look.sampler, style.author) == ("k_lms", "client#2")


def test_it_resolves_like_any_other(resolved, build):
    style, _faults = read()
    styles = build().overlay({style.name: replace(style, model="sd")}, {})
    [job] = resolved("a fox", stylelist=styles, style="horde/foxy", negative="dog", n=2).jobs
    assert job.prompt == "a fox, oil painting###ugly, dog"
    assert (job.n, job.steps, job.height) == (2, 25, 768)


def test_parameters_without_a_place_here_are_left_out():
    params = {"steps": 9, "denoising_strength": 0.5, "post_processing": ["GFPGAN"], "karras": None}
    style, faults = read(params=params)
    assert (style.look.steps, style.look.karras, faults) == (9, None, [])


def test_an_adult_one_is_marked():
    assert read(nsfw=True)[0].nsfw


def test_one_without_models_takes_the_plain_one():
    assert read(models=[])[0].model == "stable_diffusion"


def test_at_most_five_models():
    style, _faults = read(models=[f"m{number}" for number in range(9)])
    assert (style.model, len(style.other_models)) == ("m0", 4)


@pytest.mark.parametrize(
    "wrong",
    [{"prompt": "no place for words"}, {"params": {"steps": "many"}}, {"params": {"loras": [5]}}],
)
def test_one_that_cannot_be_used_is_none_with_the_reason(wrong):
    style, faults = read(**wrong)
    assert style is None
    assert faults
