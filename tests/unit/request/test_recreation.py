"""A picture's recipe makes the same picture again, whichever program wrote it."""

import time
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from common.model import Credit, Job, LoraUse, TiUse
from common.reference.models import ModelReference
from request.answering.recipe import recipe
from request.wanted.recreation import recreate
from styles.image_request import ImageRequest, LoraWish
from styles.limits import Limits
from styles.lists import stylelist
from styles.names import NameIndex
from styles.resolving.resolver import resolve

LIST = stylelist.merge([stylelist.load_bundled("general")])
REFERENCE = ModelReference.bundled()
MODELS = NameIndex(REFERENCE.models)
FACTS = (
    "Steps: 28, Sampler: DPM++ 2M Karras, CFG scale: 6.5, Seed: 3141592653, Size: 640x960, "
    "Model hash: 4199bcdd14, Model: Dreamshaper, Denoising strength: 0.4, Clip skip: 2, "
    'Lora hashes: "add_detail: 7c6bad76eb54", Version: v1.9.4'
)
OF_ANOTHER_PROGRAM = (
    "a red fox in the snow, (masterpiece:1.2), <lora:add_detail:0.8> {wet|dry} fur\non a hill\n"
    f"Negative prompt: blurry, bad hands\n{FACTS}"
)


def resolved(request, limits=None):
    return resolve(
        request,
        LIST,
        served=None,
        reference=REFERENCE,
        limits=limits or Limits(),
        rng_seed=7,
    )


def again(job):
    """The job that the recipe of a job's picture becomes, and the request between them."""
    request = recreate(recipe(job, seed="42", model=job.model, worker="a card"), MODELS)
    (made,) = resolved(request).jobs
    return made, request


@pytest.mark.parametrize("style", sorted(LIST.styles))
def test_the_recipe_of_every_style_makes_the_same_again(style):
    asked = ImageRequest("a {fox} in the snow", "blurry", style=style, n=1, seed="42")
    (job,) = resolved(asked).jobs
    made, request = again(job)
    assert made == replace(job, style="raw")
    assert request.notes == ()


def test_wishes_of_the_person_come_along():
    credit = Credit('Thick, "very" [2]', "ann", "https://civitai.com/models/12")
    job = Job(
        style="oil, thick",
        prompt='a fox, "quoted", 3:2###no: text',
        model="SDXL 1.0",
        width=1024,
        height=768,
        steps=25,
        cfg_scale=6.25,
        sampler="k_dpmpp_2m",
        karras=False,
        clip_skip=2,
        hires_fix=True,
        tiling=True,
        seed="42",
        loras=(
            LoraUse("12", 0.8, 0.5, "any", credit=credit),
            LoraUse("99", -1.0, -1.0, None, is_version=True),
        ),
        tis=(TiUse("77", "negprompt", 0.7), TiUse("a name", "prompt", None)),
        post_processing=("CodeFormers", "RealESRGAN_x2plus", "strip_background"),
    )
    made, _request = again(job)
    bare = tuple(replace(use, credit=None) for use in job.loras)
    assert made == replace(job, style="raw", loras=bare)


def test_a_recipe_of_another_program_is_read():
    request = recreate(OF_ANOTHER_PROGRAM, MODELS)
    assert request.prompt == "a red fox in the snow, (masterpiece:1.2), {wet|dry} fur\non a hill"
    assert request.negative == "blurry, bad hands"
    assert (request.steps, request.cfg_scale, request.seed) == (28, 6.5, "3141592653")
    assert (request.sampler, request.karras, request.size) == ("k_dpmpp_2m", True, (640, 960))
    assert (request.model, request.clip_skip, request.n) == ("Dreamshaper", 2, 1)
    assert [note.code for note in request.notes] == ["note.recipe_loras", "note.recipe_source"]
    assert "add_detail" in request.notes[0].text
    (job,) = resolved(request).jobs
    assert "{wet|dry} fur" in job.prompt


def test_what_the_hordes_do_not_have_is_left_out_with_a_note():
    text = OF_ANOTHER_PROGRAM.replace("Dreamshaper", "my_merge_v3")
    request = recreate(text.replace("DPM++ 2M Karras", "UniPC"), MODELS)
    assert (request.model, request.sampler, request.karras) == (None, None, False)
    codes = {note.code for note in request.notes}
    assert codes >= {"note.recipe_model", "note.recipe_sampler"}
    assert "my_merge_v3" in str(request.notes)
    assert resolved(request).jobs[0].model == "stable_diffusion"


def test_what_civitai_lists_is_used():
    listed = (
        '[{"type":"checkpoint","modelVersionId":1},{"type":"lora","weight":0.65,'
        '"modelVersionId":247778,"modelName":"Speed, [2]"}]'
    )
    text = f"a fox\nSteps: 8, Seed: 7, Civitai resources: {listed}, Size: 512x640"
    request = recreate(text, MODELS)
    assert request.loras == (LoraWish("247778", 0.65, is_version=True, inject_trigger=None),)
    assert request.size == (512, 640)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "a fox",
        "a fox, 30 Steps: 3",
        '{"prompt": "a fox"}',
        "Negative prompt: x\nSampler: Euler",
    ],
)
def test_other_texts_are_no_recipe(text):
    assert recreate(text, MODELS) is None


def test_the_place_keeps_its_limits():
    text = "a fox\nSteps: 400, CFG scale: 7, Seed: 1, Size: 9000x9000, Clip skip: 99"
    request = recreate(text, MODELS)
    (job,) = resolved(request, Limits(max_steps=30, max_pixels=512 * 512)).jobs
    assert (job.width, job.height, job.steps, job.clip_skip) == (512, 512, 30, 12)


@pytest.mark.parametrize("noise", ['A:"', 'A: "\\', " ", "<lora:", "[", "Aa ", "x\nSteps: 1"])
def test_no_recipe_takes_long(noise):
    started = time.process_time()
    recreate(f"x {noise * 20_000}\nSteps: 1, {noise * 20_000}", MODELS)
    recreate(f"x\nSteps: 1, {noise * 20_000}", MODELS)
    assert time.process_time() - started < 10


@settings(max_examples=500, deadline=None)
@given(st.text(max_size=200), st.text(max_size=200))
def test_no_recipe_raises_anything(before, behind):
    resources = f"x\nSteps: 3, Civitai resources: {behind}"
    for text in (before, f"{before}\nSteps: 3{behind}", resources):
        request = recreate(text, MODELS)
        assert request is None or request.literal
