"""From a text to the document that `hordebots resolve` prints."""

import json
import re
from functools import partial
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from common.config import parse
from common.horde.wire import ModelStatus
from common.reference.models import ModelReference
from request.allowed.policy import check_words, limits_of
from request.horde.offers import served_of
from request.rehearsal import Stage
from styles.limits import Limits, Served
from styles.lists import stylelist

STYLES = {
    "raw": {"prompt": "{p}###{np}", "model": "sd"},
    "neon": {"prompt": "{p}, neon###dull, {np}", "model": "sd", "steps": 20},
    "oil": {"prompt": "{p}, oil", "model": "xl", "loras": [{"name": "77", "model": 0.5}]},
}
CATEGORIES = {"paints": ["oil", "neon"]}
LIST = stylelist.parse(
    {
        "styles.json": json.dumps(STYLES).encode(),
        "categories.json": json.dumps(CATEGORIES).encode(),
    }
)
REFERENCE = ModelReference.from_mapping(
    {"sd": {"baseline": "stable diffusion 1"}, "xl": {"baseline": "stable_diffusion_xl"}}
)


ROOT = Path(__file__).parents[3]
PAGE = (ROOT / "docs" / "reference" / "resolve.md").read_text("utf-8")


def rehearse(text, *, rng_seed=1, served=None, limits=None, check_words=None, **defaults):
    limits = limits or Limits(pictures=1, max_pictures=8)
    stage = Stage(LIST, REFERENCE, limits, served, check_words=check_words)
    return stage.rehearse(text, rng_seed=rng_seed, **defaults)


def refusal(text, **more):
    """The code of a refusal, of which nothing would be sent."""
    document = rehearse(text, **more)
    assert document["jobs"] == document["styles"] == []
    assert document["error"]["text"]
    return document["error"]["code"]


def codes(document):
    return [note["code"] for note in document["notes"]]


def test_a_document_has_the_body_as_it_would_be_posted():
    assert rehearse("draw for me a fox ### photo style: neon --n 2 --seed 7") == {
        "jobs": [
            {
                "prompt": "a fox, neon###dull, photo",
                "params": {
                    "sampler_name": "k_euler_a",
                    "cfg_scale": 7.5,
                    "steps": 20,
                    "n": 2,
                    "width": 512,
                    "height": 512,
                    "seed": "7",
                    "seed_variation": 1,
                    "karras": True,
                    "hires_fix": False,
                    "clip_skip": 1,
                },
                "models": ["sd"],
                "nsfw": False,
                "censor_nsfw": True,
                "trusted_workers": False,
                "slow_workers": True,
                "replacement_filter": True,
                "r2": True,
            }
        ],
        "styles": ["neon"],
        "notes": [],
        "error": None,
    }


def test_there_is_one_style_for_each_job_in_the_same_order():
    document = rehearse("a fox in {red, blue} style: paints --n 2 --seed 3")
    assert len(document["jobs"]) == 4
    models = {"neon": "sd", "oil": "xl"}
    assert [job["models"] for job in document["jobs"]] == [
        [models[style]] for style in document["styles"]
    ]
    assert set(document["styles"]) == {"neon", "oil"}
    assert codes(document) == ["styles_drawn"]


def test_codes_come_without_the_catalogues_group():
    document = rehearse("a fox style: raw --n 99")
    assert document["notes"] == [
        {"code": "clamped", "text": "--n 99 became 8: that is the range here."}
    ]
    assert refusal("a fox style: neom paint") == "style_unknown"


def test_a_refusal_suggests_what_may_have_been_meant():
    error = rehearse("a fox style: nexn")["error"]
    assert error["suggestions"] == ["neon"]
    assert rehearse("a fox style: raw")["error"] is None


@pytest.mark.parametrize("verb", ["", "draw for me ", "imagine ", "please draw "])
def test_the_verb_may_be_left_out(verb):
    [job] = rehearse(f"{verb}a fox style: raw")["jobs"]
    assert job["prompt"] == "a fox"


def test_whom_a_request_is_addressed_to_is_no_part_of_the_prompt():
    [job] = rehearse("@painter@example.social draw for me a fox style: raw")["jobs"]
    assert job["prompt"] == "a fox"


@pytest.mark.parametrize(
    "text", ["", " \t ", "\u200b", "> draw a fox", "@painter", "<@123>", "> hm\n@painter <@1>"]
)
def test_no_request_in_a_text_has_a_code_of_its_own(text):
    assert refusal(text) == "not_a_request"


@pytest.mark.parametrize("text", ["draw for me", "style: raw", "--n 2", "### photo", "{,.}"])
def test_nothing_to_draw_is_another_matter(text):
    assert refusal(f"{text} style: raw") == "empty_prompt"


def test_words_that_are_commands_elsewhere_are_prompts_here():
    assert rehearse("help style: raw")["jobs"][0]["prompt"] == "help"


def test_a_default_seed_counts_as_the_requests_and_its_own_wins():
    params = [
        rehearse(text, seed="five")["jobs"][0]["params"]["seed"]
        for text in ("a fox style: raw", "a fox --seed 7 style: raw")
    ]
    assert params == [rehearse("a fox --seed five")["jobs"][0]["params"]["seed"], "7"]


def test_draws_follow_the_seed_not_chance():
    texts = ["a fox style: paints --seed 4", "a fox style: paints"]
    drawn = {
        json.dumps(rehearse(text, rng_seed=chance, seed="4")["jobs"])
        for text in texts
        for chance in range(8)
    }
    assert len(drawn) == 1
    by_chance = {rehearse(texts[1], rng_seed=chance)["styles"][0] for chance in range(16)}
    assert by_chance == {"neon", "oil"}
    assert "seed" not in rehearse(texts[1])["jobs"][0]["params"]


@pytest.mark.parametrize("seed", [None, "", "  "])
def test_no_seed_is_sent_where_nobody_gave_one(seed):
    assert "seed" not in rehearse("a fox style: raw", seed=seed)["jobs"][0]["params"]


@pytest.mark.parametrize(("n", "used"), [(0, 1), (-3, 1), (99, 8), (10**30, 8)])
def test_a_default_number_is_clamped_as_if_it_were_written(n, used):
    written, given = rehearse(f"a fox style: raw --n {n}"), rehearse("a fox style: raw", n=n)
    assert given == written
    assert codes(given) == ["clamped"]
    assert given["jobs"][0]["params"]["n"] == used


def test_the_texts_own_number_wins():
    document = rehearse("a fox style: raw --n 3", n=5)
    assert (document["jobs"][0]["params"]["n"], document["notes"]) == (3, [])


def test_what_nobody_serves_is_refused():
    served = {"xl": Served()}
    assert refusal("a fox style: neon", served=served) == "style_not_served"
    assert rehearse("a fox style: paints", served=served)["styles"] == ["oil"]
    assert refusal("a fox style: raw", served={}) == "nothing_served"
    assert refusal("a fox style: paints", served={}) == "nothing_served"


def test_notes_of_the_reader_stay_when_the_resolver_refuses():
    document = rehearse("a fox style: raw --n 99", served={})
    assert codes(document) == ["clamped"]


def test_the_safety_check_stands_before_this_too():
    assert refusal("a naked child style: raw") == "minors"


def test_words_that_are_blocked_are_refused_as_a_real_request_would_be():
    place = parse({"defaults": {"blocked": ["soup"], "paused": True}}).defaults
    blocked = partial(check_words, place)
    assert refusal("a fox in SOUP style: raw", check_words=blocked) == "blocked"
    assert refusal("a fox ### soup style: raw", check_words=blocked) == "blocked"
    assert rehearse("a fox in soups style: raw", check_words=blocked)["error"] is None


def test_what_needs_a_picture_is_left_out_with_a_note():
    document = rehearse("a fox --inpaint --strength 0.4 style: raw")
    assert codes(document) == ["needs_picture"] * 2
    assert "source_processing" not in document["jobs"][0]


@settings(deadline=None)
@given(st.text(), st.one_of(st.none(), st.integers()), st.one_of(st.none(), st.text()))
def test_every_text_has_a_document_in_ascii(text, n, seed):
    document = rehearse(text, n=n, seed=seed)
    assert (document["error"] is None) is bool(document["jobs"])
    assert len(document["jobs"]) == len(document["styles"])
    assert json.loads(json.dumps(document)) == document
    assert json.dumps(document).isascii()


def test_the_place_is_that_of_the_defaults():
    place = {"nsfw": True, "pictures": 2}
    styles = {"default": "oil", "parameters": {"steps": 9}}
    config = parse({"defaults": place, "styles": styles})
    limits = limits_of(config.defaults, config.styles)
    assert (limits.nsfw, limits.pictures, limits.default_style) == (True, 2, "oil")
    document = rehearse("a fox", limits=limits)
    assert document["jobs"][0]["nsfw"] is True
    assert document["styles"] == ["oil"]
    assert document["jobs"][0]["params"]["steps"] == 9


ELSEWHERE = {"vary_clamped", "edit_empty", "command_as_prompt"}
"""Codes of replies to an answer and of a field for the prompt alone; a text has none of them."""


def test_page_names_every_code_that_there_may_be():
    sources = [
        *ROOT.glob("request/grammar/*.py"),
        *ROOT.glob("styles/**/*.py"),
        *(ROOT / "request" / name for name in ("rehearsal.py", "allowed/safety.py")),
    ]
    used = {
        code
        for source in sources
        for code in re.findall(r'"(?:note|refused)\.(\w+)"', source.read_text("utf-8"))
    }
    named = {
        code
        for row in re.findall(
            r"^\| ((?:`\w+` )+)\|", PAGE.split("| code of an error")[1], re.MULTILINE
        )
        for code in re.findall(r"`(\w+)`", row)
    }
    assert named == used - ELSEWHERE | {"blocked"}


def test_the_example_of_the_page_is_true():
    style = {"prompt": "{p}, oil painting", "model": "stable_diffusion"}
    example = stylelist.parse({"styles.json": json.dumps({"oil": style}).encode()})
    limits = limits_of(parse({}).defaults, parse({}).styles)
    stage = Stage(example, ModelReference.bundled(), limits)
    [text] = re.findall(r"^For `(.*)`, where at most 8 ", PAGE, re.MULTILINE)
    [document] = re.findall(r"```json\n(.*?)```", PAGE, re.DOTALL)
    assert json.dumps(stage.rehearse(text, rng_seed=1)) == json.dumps(json.loads(document))


def test_served_are_image_models_with_a_worker():
    rows = [
        ModelStatus(name="a", count=2, eta=30),
        ModelStatus(name="idle", count=0),
        ModelStatus(name="words", count=5, type="text"),
    ]
    assert served_of(rows) == {"a": Served(workers=2, eta=30)}
