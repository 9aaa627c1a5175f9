"""How a picture was made: for its file, for people, with credit to whom it is due."""

from dataclasses import replace

from common.model import Credit, Job, LoraUse, TiUse
from request.answering import recipe
from request.kept.records import JobRow, JobState, PictureRow

JOB = Job(
    style="oil, thick",
    prompt="a fox###blurry",
    model="AlbedoBase",
    width=1024,
    height=768,
    steps=25,
    cfg_scale=6.5,
    clip_skip=2,
    loras=(
        LoraUse("12", model=0.8, credit=Credit("Thick", "ann", "https://civitai.com/models/12")),
    ),
    tis=(TiUse("77"),),
)
ROW = JobRow(1, 1, JOB, JobState.DONE, "the horde", "id", 1, 0, None)
PICTURE = PictureRow(1, "g", "42", "AlbedoBase XL", "somebody's card", censored=False)


def test_the_recipe_has_the_three_parts_that_other_programs_read():
    text = recipe.recipe(JOB, seed="42", model="AlbedoBase", worker="a card")
    prompt, negative, facts = text.split("\n")
    assert prompt == "a fox"
    assert negative == "Negative prompt: blurry"
    assert facts.startswith("Steps: 25, Sampler: Euler a, Schedule type: Karras, CFG scale: 6.5, ")
    assert "Seed: 42, Size: 1024x768, Model: AlbedoBase, Clip skip: 2" in facts


def test_values_with_commas_are_quoted():
    facts = recipe.recipe(JOB, seed="1", model="m").split("\n")[2]
    assert 'Style: "oil, thick"' in facts
    assert 'LoRAs: "Thick ×0.8 by ann (https://civitai.com/models/12); 77"' in facts


def test_no_negative_no_line():
    assert len(recipe.recipe(replace(JOB, prompt="a fox"), seed="1", model="m").split("\n")) == 2


def test_credits_name_title_creator_and_link_once():
    assert recipe.credits_of([JOB, JOB]) == ("Thick ×0.8 by ann (https://civitai.com/models/12)",)


def test_info_tells_people_all_that_made_a_picture():
    text = recipe.describe(ROW, PICTURE, 3)
    for fact in (
        *("Picture 3: a fox", "Not in it: blurry", "oil, thick", "AlbedoBase XL", "seed 42"),
        *("1024×768", "25 steps", "by ann", "somebody's card", "the horde"),
    ):
        assert fact in text
