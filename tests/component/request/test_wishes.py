"""LoRAs, pictures and questions of a request: found, judged, credited, told."""

import base64
import io

import pytest
from PIL import Image

from common import pictures
from common.config import CivitaiConfig, PlaceConfig
from common.model import Audience, Ending
from request.kept.records import RequestState
from tests.fakes.civitai import FakeCivitai, model, version
from tests.fakes.platform import FakePlatform

pytestmark = pytest.mark.database


@pytest.fixture
async def civitai():
    async with FakeCivitai() as running:
        yield running


def bodies(horde):
    return [
        exchange.body for exchange in horde.journal.of("submit") if "dry_run" not in exchange.body
    ]


def png(size=(300, 200), color=(200, 30, 30, 255), *, hole=False):
    image = Image.new("RGBA", size, color)
    if hole:
        image.paste((0, 0, 0, 0), (0, 0, 50, 50))
    target = io.BytesIO()
    image.save(target, "PNG")
    return target.getvalue()


def kept(tmp_path, data):
    return f"sha256:{pictures.store(tmp_path / 'pictures', data).name}"


def source_of(body):
    return Image.open(io.BytesIO(base64.b64decode(body["source_image"])))


# --- LoRAs ---------------------------------------------------------------------------------


async def test_a_lora_by_name_becomes_its_id_and_its_maker_is_named(start, heard, horde, civitai):
    platform = FakePlatform()
    text = 'draw for me a fox --model "SDXL 1.0" --lora "thick paint":0.7 --n 1'
    async with start(platform, civitai=CivitaiConfig(url=civitai.url)):
        platform.say(heard(text))
        outcome = await platform.answer_to("1")
        platform.say(heard("info", event="2", parent="post-1-1"))
        info = await platform.answer_to("2")
    [lora] = bodies(horde)[0]["params"]["loras"]
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
    assert bodies(horde) == []


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
    civitai.fail(503, times=99)
    platform = FakePlatform()
    async with start(platform, civitai=CivitaiConfig(url=civitai.url)):
        platform.say(heard("draw for me a fox style: raw --lora 11"))
        outcome = await platform.answer_to("1")
    assert outcome.ending is Ending.REFUSED
    assert "cannot be looked up" in outcome.text


async def test_the_operator_may_allow_what_nobody_could_look_up(start, heard, horde, civitai):
    civitai.fail(503, times=99)
    platform = FakePlatform()
    config = CivitaiConfig(url=civitai.url, unchecked="allow")
    async with start(platform, civitai=config):
        platform.say(heard("draw for me a fox style: raw --lora 11 --n 1"))
        outcome = await platform.answer_to("1")
    assert outcome.ending is Ending.DONE
    assert any("could not be looked up" in note.text for note in outcome.notes)
    assert bodies(horde)[0]["params"]["loras"][0]["name"] == "11"


async def test_the_name_of_a_lora_is_seen_by_the_safety_check(start, heard, horde, civitai):
    civitai.models[0]["name"] = "naked child"
    platform = FakePlatform()
    async with start(platform, civitai=CivitaiConfig(url=civitai.url)):
        platform.say(heard("draw for me a fox style: raw --lora 11"))
        outcome = await platform.answer_to("1")
    assert "minor" in outcome.text
    assert bodies(horde) == []


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


# --- pictures to start from ------------------------------------------------------------------


async def test_an_attached_picture_is_what_the_request_starts_from(start, heard, horde, tmp_path):
    platform = FakePlatform()
    name = kept(tmp_path, png((400, 200)))
    async with start(platform):
        platform.say(heard("draw for me a fox --strength 0.4 --n 1", pictures=(name,)))
        await platform.answer_to("1")
    [body] = bodies(horde)
    assert (body["source_processing"], body["params"]["denoising_strength"]) == ("img2img", 0.4)
    assert source_of(body).size == (400, 200)
    assert body["params"]["width"] > body["params"]["height"]


async def test_a_blend_sends_all_its_pictures_to_the_model_that_can(start, heard, horde, tmp_path):
    horde.models["Stable Cascade 1.0"] = 1
    platform = FakePlatform()
    names = tuple(kept(tmp_path, png(color=(shade, 0, 0, 255))) for shade in (10, 100, 200))
    async with start(platform):
        platform.say(heard("draw for me a fox --blend --n 1", pictures=names))
        await platform.answer_to("1")
        platform.say(heard("draw for me a fox --blend", event="2", pictures=names[:1]))
        alone = await platform.answer_to("2")
    [body] = bodies(horde)
    assert (body["source_processing"], body["models"]) == ("remix", ["Stable Cascade 1.0"])
    assert len(body["extra_source_images"]) == 2
    assert "at least two" in alone.text


async def test_inpainting_needs_a_transparent_part(start, heard, horde, tmp_path):
    platform = FakePlatform()
    async with start(platform):
        opaque = kept(tmp_path, png())
        platform.say(heard("draw for me a fox --inpaint", pictures=(opaque,)))
        refused = await platform.answer_to("1")
        holed = kept(tmp_path, png(hole=True))
        platform.say(heard("draw for me a fox --inpaint --n 1", event="2", pictures=(holed,)))
        await platform.answer_to("2")
    assert "transparent" in refused.text
    [body] = bodies(horde)
    assert body["source_processing"] == "inpainting"
    assert source_of(body).mode == "RGBA"


async def test_outpainting_adds_the_edge_that_is_painted(start, heard, horde, tmp_path):
    platform = FakePlatform()
    async with start(platform):
        name = kept(tmp_path, png((400, 200)))
        platform.say(heard("draw for me a fox --outpaint --n 1", pictures=(name,)))
        await platform.answer_to("1")
    [body] = bodies(horde)
    assert body["source_processing"] == "outpainting"
    assert source_of(body).size == (600, 300)


@pytest.mark.parametrize("option", ["--inpaint", "--outpaint", "--blend", "--control canny"])
async def test_what_is_nothing_without_a_picture_is_refused_without_one(
    start, heard, horde, option
):
    platform = FakePlatform()
    async with start(platform):
        platform.say(heard(f"draw for me a fox {option}"))
        outcome = await platform.answer_to("1")
    assert outcome.ending is Ending.REFUSED
    assert "attach one" in outcome.text


async def test_the_bots_own_picture_replied_to_is_taken(start, heard, horde):
    platform = FakePlatform()
    async with start(platform):
        platform.say(heard("draw for me a fox style: raw --n 1"))
        await platform.answer_to("1")
        text = "draw for me a wolf --control canny --n 1"
        platform.say(heard(text, event="2", parent="post-1-1"))
        await platform.answer_to("2")
    second = bodies(horde)[1]
    assert (second["params"]["control_type"], second["source_processing"]) == ("canny", "img2img")


@pytest.mark.parametrize(
    ("data", "words"), [(b"no picture", "cannot use that picture"), (None, "not there any more")]
)
async def test_a_picture_that_cannot_be_read_is_refused(start, heard, horde, tmp_path, data, words):
    name = "sha256:" + "0" * 64 if data is None else kept(tmp_path, data)
    platform = FakePlatform()
    async with start(platform):
        platform.say(heard("draw for me a fox", pictures=(name,)))
        outcome = await platform.answer_to("1")
    assert words in outcome.text
    assert bodies(horde) == []


async def test_an_address_inside_somebodys_network_is_not_fetched(start, heard, horde):
    platform = FakePlatform()
    async with start(platform):
        platform.say(heard("draw for me a fox --strength 0.5 https://127.0.0.1/a.png"))
        outcome = await platform.answer_to("1")
    assert outcome.ending is Ending.REFUSED
    assert "open internet" in outcome.text


# --- follow-ups --------------------------------------------------------------------------------


async def test_vary_starts_from_the_picture_that_is_named_in_its_style(start, heard, horde):
    platform = FakePlatform()
    async with start(platform) as core:
        platform.say(heard("draw for me a {red, blue} fox style: stylepunks --n 2 --seed 3"))
        first = await platform.answer_to("1")
        platform.say(heard("vary 3 0.4", event="2", person="bob", parent="post-1-1"))
        await platform.answer_to("2")
        chosen = first.pictures[2]
        row = await core.store.request((await platform.answer_to("2")).request)
    body = bodies(horde)[-1]
    assert row.parsed["source_picture"] == f"sha256:{chosen.sha256}"
    assert row.parsed["style"] == chosen.style
    assert body["params"]["denoising_strength"] == 0.4
    assert "a blue fox" in body["prompt"]
    assert "{" not in body["prompt"]


async def test_upscale_makes_one_picture_with_an_upscaler(start, heard, horde):
    platform = FakePlatform()
    async with start(platform):
        platform.say(heard("draw for me a fox style: raw --n 2"))
        await platform.answer_to("1")
        platform.say(heard("u2", event="2", parent="post-1-1"))
        await platform.answer_to("2")
    params = bodies(horde)[1]["params"]
    assert (params["n"], params["post_processing"]) == (1, ["RealESRGAN_x4plus"])


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("vary", "say which one, for example: vary 2"),
        ("vary 7", "no picture 7"),
        ("info 3", "no picture 3"),
    ],
)
async def test_which_picture_is_asked_where_it_is_not_clear(start, heard, horde, text, words):
    platform = FakePlatform()
    async with start(platform):
        platform.say(heard("draw for me a fox style: raw --n 2"))
        await platform.answer_to("1")
        platform.say(heard(text, event="2", parent="post-1-1"))
        outcome = await platform.answer_to("2")
    assert outcome.ending is Ending.REFUSED
    assert words in outcome.text


async def test_a_picture_that_is_pruned_has_to_be_attached(start, heard, horde):
    platform = FakePlatform()
    async with start(platform):
        platform.say(heard("draw for me a fox style: raw --n 1"))
        first = await platform.answer_to("1")
        first.pictures[0].path.unlink()
        platform.say(heard("vary", event="2", parent="post-1-1"))
        outcome = await platform.answer_to("2")
    assert "Attach the picture" in outcome.text


async def test_info_tells_how_one_picture_or_all_were_made(start, heard, horde):
    platform = FakePlatform()
    async with start(platform):
        platform.say(heard("draw for me a fox style: raw --n 2 --seed 5"))
        await platform.answer_to("1")
        platform.say(heard("info 2", event="2", parent="post-1-1"))
        platform.say(heard("info", event="3", parent="post-1-1"))
        one, all_of_them = await platform.answer_to("2"), await platform.answer_to("3")
    assert one.text.startswith("Picture 2: a fox")
    assert "seed 6" in one.text
    assert "Picture 1: " in all_of_them.text
    assert "Picture 2: " in all_of_them.text


# --- the rest ----------------------------------------------------------------------------------


async def test_the_price_is_told_and_nothing_is_made(start, heard, horde):
    platform = FakePlatform()
    async with start(platform) as core:
        platform.say(heard("draw for me a fox style: raw --n 4 --price"))
        outcome = await platform.answer_to("1")
        row = await core.store.request(outcome.request)
    assert outcome.ending is Ending.TOLD
    assert "26 kudos" in outcome.text
    assert bodies(horde) == []
    assert row.parsed is None


async def test_private_is_refused_where_answers_are_public(start, heard, horde):
    platform = FakePlatform()
    async with start(platform):
        platform.say(heard("draw for me a fox --private"))
        outcome = await platform.answer_to("1")
    assert outcome.ending is Ending.REFUSED
    assert "direct message" in outcome.text
    assert bodies(horde) == []


@pytest.mark.parametrize(
    ("text", "private", "spoiler"),
    [
        ("draw for me a fox style: raw --n 1", False, False),
        ("draw for me a fox style: raw --n 1 --private", True, False),
        ("draw for me a fox style: raw --n 1 --spoiler", False, True),
        ("draw for me a fox style: nosuchstyle —private", True, False),
        ("draw for me a fox style: raw --price --private", True, False),
    ],
)
async def test_the_platform_is_told_what_to_hide(start, heard, text, private, spoiler):
    platform = FakePlatform()
    async with start(platform):
        platform.say(heard(text, audience=Audience.PRIVATE))
        outcome = await platform.answer_to("1")
    assert (outcome.private, outcome.spoiler) == (private, spoiler)


async def test_a_private_picture_carries_no_recipe(start, heard, horde):
    platform = FakePlatform()
    async with start(platform):
        text = "draw for me a fox style: raw --n 1"
        platform.say(heard(text + " --private", audience=Audience.PRIVATE))
        platform.say(heard(text, event="2"))
        private, public = await platform.answer_to("1"), await platform.answer_to("2")
    told = [
        pictures.read_parameters(outcome.pictures[0].path.read_bytes())
        for outcome in (private, public)
    ]
    assert told[0] is None
    assert told[1].startswith("a fox")


async def test_who_is_not_understood_is_helped_once_a_day(start, heard, horde):
    platform = FakePlatform()
    async with start(platform) as core:
        for number, text in enumerate(["what a day", "and so on", "help"]):
            platform.say(heard(text, event=str(number)))
        help_ = await platform.answer_to("2")
        platform.say(heard("so?", event="other", person="bob"))
        await platform.answer_to("other")
        rows = [
            await core.store.request(await core.store.request_of_event(heard(event=event)))
            for event in ("0", "1")
        ]
    assert help_.ending is Ending.TOLD
    assert sorted(row.state for row in rows) == [RequestState.CANCELLED, RequestState.DONE]
    assert len({"0", "1"} & {event for event, _part in platform.posts}) == 1


async def test_only_trusted_workers_count_where_they_are_asked_for(start, heard, horde):
    horde.worker_trusted = False
    horde.models["another"] = 1
    platform = FakePlatform()
    async with start(platform, place=PlaceConfig(trusted_workers=True)):
        platform.say(heard("draw for me a fox style: raw"))
        outcome = await platform.answer_to("1")
    assert outcome.ending is Ending.REFUSED
    assert "right now" in outcome.text
    horde.worker_trusted = True
    async with start(platform, place=PlaceConfig(trusted_workers=True)):
        platform.say(heard("draw for me a fox style: raw --n 1", event="2"))
        outcome = await platform.answer_to("2")
    assert outcome.ending is Ending.DONE


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
    assert "loras" not in bodies(horde)[0]["params"]
