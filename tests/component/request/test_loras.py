"""LoRAs of a request: found by name or number, judged, credited, and what workers could not do told."""

import pytest

from common import pictures
from common.config import CivitaiConfig, PlaceConfig
from common.model import Ending
from tests.fakes import faults
from tests.fakes.civitai import FakeCivitai, model, version
from tests.fakes.platform import FakePlatform

pytestmark = pytest.mark.database


@pytest.fixture
async def civitai():
    async with FakeCivitai() as running:
        yield running


async def test_a_lora_by_name_becomes_its_id_and_its_maker_is_named(start, heard, horde, civitai):
    platform = FakePlatform()
    text = 'draw for me a fox --model "SDXL 1.0" --lora "thick paint":0.7 --n 1'
    async with start(platform, civitai=CivitaiConfig(url=civitai.url)):
        platform.say(heard(text))
        outcome = await platform.answer_to("1")
        platform.say(heard("info", event="2", parent="post-1-1"))
        info = await platform.answer_to("2")
    [lora] = horde.submitted()[0]["params"]["loras"]
    assert (lora["name"], lora["model"], lora["inject_trigger"]) == ("11", 0.7, "any")
    credit = "Thick Paint ×0.7 by maker11 (https://civitai.com/models/11)"
    assert any(credit in note.text for note in outcome.notes)
    assert credit in info.text
    recipe = pictures.read_parameters(outcome.pictures[0].path.read_bytes())
    assert credit in recipe


@pytest.mark.parametrize(
    ("wish", "nsfw", "words"),
    [
        ("21", False, "real person"),
        ("21", True, "real person"),
        ("22", True, "under age"),
        ("23", True, "allows no adult pictures"),
        ("24", False, "for adults"),
        ("99", False, "does not have this"),
        ('"nobody is called so"', False, "is called so"),
        ("32", False, "neither a LoRA"),
    ],
)
async def test_a_lora_that_may_not_be_used_is_refused_with_the_reason(
    start, heard, horde, civitai, wish, nsfw, words
):
    platform = FakePlatform()
    place = PlaceConfig(nsfw=nsfw)
    async with start(platform, civitai=CivitaiConfig(url=civitai.url), place=place):
        platform.say(heard(f"draw for me a fox style: raw --lora {wish}"))
        outcome = await platform.answer_to("1")
    assert outcome.ending is Ending.REFUSED
    assert words in outcome.text
    assert horde.submitted() == []


@pytest.mark.parametrize(
    ("wish", "words"),
    [
        ("12", "another kind of model"),
        ("14", "does not say what kind"),
        ("15", "larger than workers load"),
        ("16", "no safetensors"),
        ("17", "no checksum"),
        ("18", "only to its members"),
    ],
)
async def test_what_workers_will_skip_is_told_at_once(start, heard, horde, civitai, wish, words):
    platform = FakePlatform()
    model = "SDXL 1.0" if wish in {"12", "14", "15", "18"} else "stable_diffusion"
    async with start(platform, civitai=CivitaiConfig(url=civitai.url)):
        platform.say(heard(f'draw for me a fox --model "{model}" --lora {wish} --n 1'))
        outcome = await platform.answer_to("1")
    assert outcome.ending is Ending.DONE
    assert any(words in note.text for note in outcome.notes)


async def test_where_nothing_is_known_and_nobody_answers_a_lora_is_refused(
    start, heard, horde, civitai
):
    civitai.fail("catalogue", faults.says(503, {}), 99)
    platform = FakePlatform()
    async with start(platform, civitai=CivitaiConfig(url=civitai.url)):
        platform.say(heard("draw for me a fox style: raw --lora 11"))
        outcome = await platform.answer_to("1")
    assert outcome.ending is Ending.REFUSED
    assert "cannot be looked up" in outcome.text


async def test_the_operator_may_allow_what_nobody_could_look_up(start, heard, horde, civitai):
    civitai.fail("catalogue", faults.says(503, {}), 99)
    platform = FakePlatform()
    config = CivitaiConfig(url=civitai.url, unchecked="allow")
    async with start(platform, civitai=config):
        platform.say(heard("draw for me a fox style: raw --lora 11 --n 1"))
        outcome = await platform.answer_to("1")
    assert outcome.ending is Ending.DONE
    assert any("could not be looked up" in note.text for note in outcome.notes)
    assert horde.submitted()[0]["params"]["loras"][0]["name"] == "11"


async def test_the_name_of_a_lora_is_seen_by_the_safety_check(start, heard, horde, civitai):
    civitai.models[0]["name"] = "naked child"
    platform = FakePlatform()
    async with start(platform, civitai=CivitaiConfig(url=civitai.url)):
        platform.say(heard("draw for me a fox style: raw --lora 11"))
        outcome = await platform.answer_to("1")
    assert "minor" in outcome.text
    assert horde.submitted() == []


async def test_what_the_worker_could_not_apply_is_told(start, heard, horde, civitai):
    horde.gen_metadata = [
        {"type": "lora", "value": "download_failed", "ref": "11"},
        {"type": "batch_index", "value": "see_ref", "ref": "0"},
    ]
    platform = FakePlatform()
    async with start(platform, civitai=CivitaiConfig(url=civitai.url)):
        platform.say(heard('draw for me a fox --model "SDXL 1.0" --lora 11 --n 2'))
        outcome = await platform.answer_to("1")
    told = [note.text for note in outcome.notes if "not applied" in note.text]
    assert told == ["The LoRA “Thick Paint” was not applied: the worker could not download it."]
    assert outcome.pictures[0].notes == tuple(told)


async def test_loras_are_searched_from_the_chat(start, heard, civitai):
    platform = FakePlatform()
    async with start(platform, civitai=CivitaiConfig(url=civitai.url)):
        for number, text in enumerate(["loras thick", "loras nothing of this", "loras"]):
            platform.say(heard(text, event=str(number)))
        found, none, how = [await platform.answer_to(str(number)) for number in range(3)]
    assert "11: Thick Paint by maker11, for SDXL 1.0, triggers: thick paint" in found.text
    assert "no LoRA like" in none.text
    assert "loras watercolour" in how.text


async def test_the_maker_of_a_styles_own_lora_is_named(start, heard, horde, civitai):
    civitai.models.append(model(43944, "Sun City", version(4394400, "SD 1.5")))
    platform = FakePlatform()
    async with start(platform, civitai=CivitaiConfig(url=civitai.url)):
        platform.say(heard("draw for me a fox style: solarpunk --n 1"))
        outcome = await platform.answer_to("1")
    credit = "Sun City ×0.9 by maker43944 (https://civitai.com/models/43944)"
    [note] = [note.text for note in outcome.notes if "Sun City" in note.text]
    assert note.startswith(f"LoRAs: {credit}; ")


async def test_a_styles_lora_that_shows_somebody_real_is_left_out(start, heard, horde, civitai):
    civitai.models.append(model(43944, "Somebody", version(4394400, "SD 1.5"), poi=True))
    platform = FakePlatform()
    async with start(platform, civitai=CivitaiConfig(url=civitai.url)):
        platform.say(heard("draw for me a fox style: solarpunk --n 1"))
        outcome = await platform.answer_to("1")
    assert any("real person" in note.text for note in outcome.notes)
    assert "loras" not in horde.submitted()[0]["params"]
