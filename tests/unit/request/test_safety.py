"""Sexualised minors are refused, however it is written; ordinary requests are not."""

from dataclasses import replace

import pytest

from common import minors
from common.errors import Refusal
from common.model import Credit, Job, LoraUse
from request.allowed import safety
from styles.image_request import ImageRequest, LoraWish


@pytest.mark.parametrize(
    "text",
    [
        "nude child",
        "a 15 year old in a bikini",
        "a girl, aged 12, nsfw",
        "n u d e kid",
        "k1d, nsfw",
        "l0li",
        "young girl in lingerie",
        "ｎａｋｅｄ teen",
        "t.e.e.n n4ked",
        "erotic schoolgirl",
        "niña desnuda",
        "kleines mädchen nackt",
        "SHOTA",
    ],
)
def test_sexualised_minor_is_refused(text):
    with pytest.raises(Refusal) as caught:
        safety.check([text])
    assert caught.value.code == "refused.minors"


def test_words_from_style_and_prompt_are_read_together():
    with pytest.raises(Refusal):
        safety.check(["a kid on the beach", "hentai"])


@pytest.mark.parametrize(
    "text",
    [
        "a fox in the snow",
        "1girl, armor, castle",
        "sexy pin-up girl",
        "a kid in the park flying a kite",
        "18 years old nude woman",
        "a 12 year old scotch whisky",
        "baby elephant",
        "a bikini on a washing line",
        "boy with a dragon",
        "",
        "🦊" * 100,
    ],
)
def test_ordinary_request_passes(text):
    safety.check([text])


@pytest.mark.parametrize(
    ("prompt", "negative"),
    [
        ("a child on the beach", "clothes, hat"),
        ("a 9 year old at the pool", "sw1msuit"),
        ("nude woman", "adult, mature"),
    ],
)
def test_asking_by_leaving_out_is_refused(prompt, negative):
    with pytest.raises(Refusal):
        safety.check([prompt], negative=negative)


@pytest.mark.parametrize(
    ("prompt", "negative"),
    [
        ("nude woman", "child, kid, teen, loli"),
        ("a child flying a kite", "nsfw, nude, text"),
        ("a fox in a dress", "clothes"),
        ("a castle", "adult, people"),
    ],
)
def test_keeping_it_out_is_no_offence(prompt, negative):
    safety.check([prompt], negative=negative)


@pytest.mark.parametrize(
    ("text", "refused"),
    [
        ("nude, 17 years old", True),
        ("nude, 18 years old", False),
        ("nude, age: 17", True),
        ("nude, aged 18", False),
        ("nude, 9yo", True),
        ("a 16-year-old and a 30 year old, nude", True),
        ("flat-chested girl, nude", True),
        ("nude little blonde girl", True),
        ("nude little blonde haired girl", False),
        ("a girl, little and nude", False),
        ("underage", True),
    ],
)
def test_an_age_or_a_word_close_by_makes_somebody_a_minor(text, refused):
    assert minors.are_sexualised([text]) is refused


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("a kid flying a kite", True),
        ("a 12 year old at the pool", True),
        ("a small boy", True),
        ("loli", True),
        ("k1d", True),
        ("a nude woman", False),
        ("a boy with a dragon", False),
    ],
)
def test_a_minor_is_noticed_without_anything_sexual(text, named):
    assert minors.are_named([text]) is named
    assert minors.are_named(["a fox", text]) is named


def is_refused(check, *args):
    try:
        check(*args)
    except Refusal as refusal:
        return refusal.code == "refused.minors"
    return False


@pytest.mark.parametrize(
    "image",
    [
        ImageRequest(prompt="a kid", style="hentai"),
        ImageRequest(prompt="a kid", loras=(LoraWish("nsfw pack"),)),
        ImageRequest(prompt="a kid", negative="clothes"),
    ],
)
def test_all_that_a_person_wrote_is_read_together(image):
    assert is_refused(safety.check_request, image)
    assert not is_refused(safety.check_request, ImageRequest(prompt="a kid"))


@pytest.mark.parametrize(
    ("job", "negative", "refused"),
    [
        ({"prompt": "a kid, nsfw"}, "", True),
        ({"prompt": "a kid", "style": "hentai"}, "", True),
        ({"prompt": "a kid", "loras": (LoraUse("1", credit=Credit("nsfw pack")),)}, "", True),
        ({"prompt": "a kid", "loras": (LoraUse("nsfw"), LoraUse("2"))}, "", False),
        ({"prompt": "a kid"}, "clothes", True),
        ({"prompt": "a kid###nsfw, nude"}, "nsfw", False),
        ({"prompt": "a fox###nsfw###kid"}, "", False),
    ],
)
def test_what_a_request_became_is_read_with_the_styles_words_and_titles(job, negative, refused):
    fox = Job(style="raw", model="m", prompt="a fox")
    jobs = [fox, replace(fox, **job)]
    image = ImageRequest(prompt="", negative=negative)
    assert is_refused(safety.check_jobs, jobs, image) is refused
