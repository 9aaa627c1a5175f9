"""Options: where they begin, how values are read, what is clamped and refused."""

import re

import pytest

from common.errors import Refusal
from common.horde.wire import CONTROL_TYPES
from common.horde.wire_names import UPSCALERS
from common.texts import say
from request.grammar import OPTIONS, ImageRequest, LoraWish, read
from request.grammar.aliases import ALIASES
from request.grammar.markers import says
from request.grammar.options import BY_NAME, nearest
from styles.image_request import Painting, TiWish
from styles.limits import Limits
from styles.names import NameIndex

NAMES = NameIndex(("raw", "anime"))
MODELS = NameIndex(("AlbedoBase XL (SDXL)", "AlbedoBase XL", "stable_diffusion", "Deliberate"))


def request(text, **context):
    return read(f"draw {text}", NAMES, models=MODELS, **context)


def codes(found):
    return [note.code for note in found.notes]


@pytest.mark.parametrize(
    ("text", "fields"),
    [
        ("--n 4", {"n": 4}),
        ("--n=4", {"n": 4}),
        ("--n = 4", {"n": 4}),
        ("--N 4", {"n": 4}),
        ("--n 4,", {"n": 4}),
        ("—n 4", {"n": 4}),
        ("–n 4", {"n": 4}),
        ("-n 4", {"n": 4}),
        ("--n ٤", {"n": 4}),
        ("--seed 42", {"seed": "42"}),
        ('--seed "two words"', {"seed": "two words"}),
        ("--seed -5", {"seed": "-5"}),
        ("--seed ?!", {"seed": "?!"}),
        ("--ar 16:9", {"ratio": (16.0, 9.0)}),
        ("--ar 16/9", {"ratio": (16.0, 9.0)}),
        ("--ar 2.39:1", {"ratio": (2.39, 1.0)}),
        ("--size 512x768", {"size": (512, 768)}),
        ("--size 512×768", {"size": (512, 768)}),
        ("--steps 20", {"steps": 20}),
        ("--cfg 7.5", {"cfg_scale": 7.5}),
        ("--cfg 7,5", {"cfg_scale": 7.5}),
        ("--cfg .5", {"cfg_scale": 0.5}),
        ("--sampler k_euler", {"sampler": "k_euler"}),
        ("--sampler Euler_A", {"sampler": "k_euler_a"}),
        ("--sampler ddim", {"sampler": "DDIM"}),
        ("--sampler DPM++ 2M", {"sampler": "k_dpmpp_2m"}),
        ("--sampler dpm++ sde", {"sampler": "k_dpmpp_sde"}),
        ("--karras", {"karras": True}),
        ("--no-karras", {"karras": False}),
        ("--clip-skip 2", {"clip_skip": 2}),
        ("--model albedobase xl (sdxl)", {"model": "AlbedoBase XL (SDXL)"}),
        ("--model AlbedoBase XL", {"model": "AlbedoBase XL"}),
        ("--tile", {"tiling": True}),
        ("--hires", {"hires_fix": True}),
        ("--style raw", {"style": "raw"}),
        ("--strength 0.6", {"strength": 0.6}),
        ("--private", {"private": True}),
        ("--spoiler", {"spoiler": True}),
        ("--lora 123", {"loras": (LoraWish("123"),)}),
        ("--lora 123:0.5", {"loras": (LoraWish("123", 0.5),)}),
        ("--lora 123:-1", {"loras": (LoraWish("123", -1.0),)}),
        ("--lora v:123:0.5", {"loras": (LoraWish("123", 0.5, is_version=True),)}),
        ("--lora v:123", {"loras": (LoraWish("123", 1.0, is_version=True),)}),
        ('--lora "a: name":0.5', {"loras": (LoraWish("a: name", 0.5),)}),
        ("--lora 1 --lora 2:2", {"loras": (LoraWish("1"), LoraWish("2", 2.0))}),
        ("--ti 123", {"tis": (TiWish("123"),)}),
        ("--ti 123:0.5", {"tis": (TiWish("123", 0.5),)}),
        ('--ti "a name":-1', {"tis": (TiWish("a name", -1.0),)}),
        ("--ti 1 --ti 2:2", {"tis": (TiWish("1"), TiWish("2", 2.0))}),
        ("--inpaint", {"painting": Painting.INPAINT}),
        ("--outpaint", {"painting": Painting.OUTPAINT}),
        ("--blend", {"painting": Painting.BLEND}),
        ("--control canny", {"control": "canny"}),
        ("--control=OpenPose", {"control": "openpose"}),
        ("--control fakescribbles", {"control": "fakescribbles"}),
        ("--upscale", {"upscale": "RealESRGAN_x4plus"}),
        ("--upscale realesrgan_X2PLUS", {"upscale": "RealESRGAN_x2plus"}),
        ("--upscale RealESRGAN_x4plus_anime_6B", {"upscale": "RealESRGAN_x4plus_anime_6B"}),
        ("--upscale x2,", {"upscale": "RealESRGAN_x2plus"}),
        ("--upscale 4x", {"upscale": "RealESRGAN_x4plus"}),
        ("--upscale Anime", {"upscale": "RealESRGAN_x4plus_anime_6B"}),
        ("--fix-faces", {"fix_faces": True}),
        ("--no-background", {"no_background": True}),
        ("--price", {"price": True}),
    ],
)
def test_options_are_cut_out_and_read(text, fields):
    assert request(f"a fox {text}") == ImageRequest("a fox", **fields)
    assert request(f"{text} a fox") == ImageRequest("a fox", **fields)
    assert request(f"a fox ### bad {text}").negative == "bad"


@pytest.mark.parametrize(
    "text",
    [
        "high-res",
        "1920 – 1930",
        "a road—no cars",
        "-5 degrees",
        "a - b",
        "x -- y",
        "a--n 4",
        "well—n 4",
        "a -n fox",
        "-seeds of doubt",
        "a –foo b",
        "a —foo b",
        "a -foo b",
        "-ar lines",
        "-seed of doubt",
        "-control freak",
        "(--n 2)",
        "--- a",
    ],
)
def test_what_is_no_option(text):
    assert request(text) == ImageRequest(text)


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("sede", "--seed"),
        ("strenght", "--strength"),
        ("no-karas", "--no-karras"),
        ("hires-fixed", "--hires"),
        ("clip-skips", "--clip-skip"),
        ("steps20", "--steps"),
        ("aspectratio", "--aspect"),
        ("zzzz", "--size"),
    ],
)
def test_an_unknown_option_is_refused_with_the_nearest_first(typed, meant):
    with pytest.raises(Refusal, match=f"--{typed}") as refusal:
        request(f"x --{typed} 5")
    assert refusal.value.code == "refused.unknown_option"
    assert refusal.value.suggestions[0] == meant


def test_no_more_than_three_options_are_suggested_and_nothing_far_off():
    assert nearest("samplers") == ("--sampler", "--spoiler", "--upscale")
    assert nearest("no-bg") == ("--no", "--no-background", "--n")
    assert nearest("hires-fix") == ("--hires",)
    assert nearest("zzzz") == ("--size",)


@pytest.mark.parametrize(
    "text",
    [
        *("--n", "--n --seed 5", "--n ### bad", "--seed", "--no", "--lora", "--sampler", "--n\n4"),
        *("--ar", "--size", "--clip-skip", "--strength"),
        *("--ti", "--control", "--control\ncanny", '--seed ""', "--no style: raw", "--model"),
    ],
)
def test_a_missing_value_is_refused(text):
    name, *_ = text.split()
    example = BY_NAME[name.removeprefix("--")].example
    with pytest.raises(Refusal) as refusal:
        request(f"x {text}")
    assert str(refusal.value) == f"{name} needs a value, for example: {example}"


@pytest.mark.parametrize(
    "text",
    [
        "--n four",
        "--n 2.5",
        "--n 4x",
        "--steps nan",
        "--cfg inf",
        "--cfg 1e5",
        "--ar 16",
        "--ar 0:9",
        "--size 512",
        "--size 0x0",
        "--size 9999999x1",
        "--tile=yes",
        "--lora v:name",
        "--lora :1",
        "--ti v:5",
        "--ti :1",
        "--blend=yes",
        "--price=1",
        "--strength much",
    ],
)
def test_an_unreadable_value_is_refused_with_an_example(text):
    name, value = re.fullmatch(r"(--[a-z]+) ?(.+)", text).groups()
    example = BY_NAME[name.removeprefix("--")].example
    with pytest.raises(Refusal) as refusal:
        request(f"x {text}")
    assert str(refusal.value) == (
        f"I cannot read “{value}” as the value of {name}. Write it like this: {example}"
    )


@pytest.mark.parametrize(
    ("text", "field", "used"),
    [
        ("--n 99", "n", 8),
        ("--n 0", "n", 1),
        ("--n -3", "n", 1),
        ("--n " + "9" * 3000, "n", 8),
        ("--steps 9999", "steps", 50),
        ("--cfg 500", "cfg_scale", 100.0),
        ("--clip-skip 40", "clip_skip", 12),
        ("--strength 7", "strength", 1.0),
        ("--lora 1:9", "loras", (LoraWish("1", 5.0),)),
    ],
)
def test_a_number_out_of_range_is_clamped_and_noted(text, field, used):
    found = request(f"x {text}", limits=Limits(max_pictures=8, max_steps=50))
    assert getattr(found, field) == used
    assert codes(found) == ["note.clamped"]


@pytest.mark.parametrize(
    ("text", "prompt", "lora"),
    [
        ('--lora "a b", in snow', "a fox, in snow", LoraWish("a b")),
        ('--lora "a b":0.5, in snow', "a fox in snow", LoraWish("a b", 0.5)),
        ("--lora v:1, in snow", "a fox in snow", LoraWish("1", is_version=True)),
    ],
)
def test_what_follows_a_lora_is_prompt_again(text, prompt, lora):
    assert request(f"a fox {text}") == ImageRequest(prompt, loras=(lora,))


def test_the_name_of_a_lora_has_a_largest_length():
    assert request(f"x --lora {'o' * 255}").loras == (LoraWish("o" * 255),)
    with pytest.raises(Refusal):
        request(f"x --lora {'o' * 256}")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        *(("a fox --private", True), ("a fox —PRIVATE --steps many", True)),
        *(("a fox --steps many --foo -private", True), ("a fox --n 2", False)),
        *(("a private fox - private", False), ("style: private", False)),
    ],
)
def test_that_nobody_else_may_see_it_is_heard_be_the_rest_readable_or_not(text, said):
    assert says(text, "private") is said


def test_what_is_counted_is_a_whole_number():
    found = request("x --n 2 --steps 9 --clip-skip 2", limits=Limits(max_steps=50))
    assert [str(number) for number in (found.n, found.steps, found.clip_skip)] == ["2", "9", "2"]


def test_the_last_of_two_counts_with_a_note():
    found = request("x --n 2 --n 3")
    assert found.n == 3
    assert codes(found) == ["note.option_repeated"]


def test_the_last_of_two_that_say_otherwise_counts_with_a_note():
    found = request("x --inpaint --outpaint --karras --no-karras")
    assert (found.painting, found.karras) == (Painting.OUTPAINT, False)
    assert codes(found) == ["note.option_replaced", "note.option_replaced"]
    assert "--inpaint was left out: --outpaint" in found.notes[0].text


@pytest.mark.parametrize("word", ["cany", "lineart canny"])
def test_an_unknown_controlnet_is_refused_with_suggestions(word):
    with pytest.raises(Refusal) as refusal:
        request(f"x --control {word}")
    assert refusal.value.code == "refused.control_unknown"
    assert "canny" in refusal.value.suggestions


def test_a_near_controlnet_is_noted():
    found = request("x --control scribbles")
    assert found.control == "scribble"
    assert codes(found) == ["note.name_near"]


@pytest.mark.parametrize("text", ["in snow", "xylophone", "x3", "animes", "RealESRGAN_x4plu"])
def test_what_is_no_upscaler_behind_upscale_stays_prompt(text):
    found = request(f"a fox --upscale {text}")
    assert (found.prompt, found.upscale) == (f"a fox {text}", "RealESRGAN_x4plus")


def test_an_upscaler_behind_an_equals_sign_must_be_known():
    with pytest.raises(Refusal) as refusal:
        request("x --upscale=AnimeSharpest")
    assert refusal.value.code == "refused.upscaler_unknown"
    assert "4x_AnimeSharp" in refusal.value.suggestions


def test_every_upscaler_is_read_by_its_name():
    for name in UPSCALERS:
        assert request(f"x --upscale {name.swapcase()} y") == ImageRequest("x y", upscale=name)


def test_every_controlnet_is_read_by_its_name():
    for name in CONTROL_TYPES:
        assert request(f"x --control {name.upper()} y") == ImageRequest("x y", control=name)


def test_a_negative_prompt_may_stand_in_quotes():
    assert request('x --no "text, people"').negative == "text, people"
    assert request('x --no "big" dogs').negative == '"big" dogs'


def test_an_unknown_model_is_refused_with_suggestions():
    with pytest.raises(Refusal) as refusal:
        request("x --model Delibrat3 v9")
    assert refusal.value.code == "refused.model_unknown"
    assert "Deliberate" in refusal.value.suggestions


def test_where_no_models_are_known_any_word_is_one():
    found = read("draw x --model foo bar", NAMES)
    assert (found.model, found.prompt) == ("foo", "x bar")
    with pytest.raises(Refusal, match="--model needs a value, for example: --model stable_diff"):
        read("draw x --model", NAMES)


def test_a_near_model_is_noted():
    found = request("x --model Delibrate")
    assert found.model == "Deliberate"
    assert codes(found) == ["note.name_near"]


def test_every_listed_option_is_in_the_help():
    listed = [option for option in OPTIONS if option.listed]
    for option in listed:
        assert f"--{option.names[0]}" in say("glossary.options")


def test_every_upscaler_and_controlnet_is_in_the_help():
    assert [name for name in UPSCALERS if name not in say("glossary.upscale")] == []
    assert [name for name in CONTROL_TYPES if name not in say("glossary.control")] == []


def test_every_example_reads_well():
    for option in OPTIONS:
        if option.listed:
            assert read(f"draw x {option.example}", NAMES).prompt == "x"


def test_no_name_is_taken_twice():
    names = [name for option in OPTIONS for name in option.names]
    assert len(names) == len(set(names))
    assert set(ALIASES).isdisjoint(names)
    assert set(ALIASES.values()) <= set(names)
