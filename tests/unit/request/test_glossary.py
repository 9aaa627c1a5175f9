"""`help WORD`: the field's words, however they are written, and a page that says the same."""

from __future__ import annotations

from pathlib import Path

import pytest

from common import texts
from request.grammar import OPTIONS
from request.talking import glossary

PAGE = Path(__file__).parents[3] / "docs" / "reference" / "glossary.md"
FIELD = """sampler, cfg, img2img, inpainting, controlnet, hires fix, clip skip, checkpoint, baseline,
textual inversion, upscaler, worker, interrogation, karras, denoising, embedding, NSFW, style,
category, seed, steps, negative prompt, model, kudos, horde, LoRA, VAE, SDXL, SD 1.5, Pony, Flux,
trigger word, outpainting, tiling, aspect ratio, token, weight, trusted worker, api key, anonymous,
censored, metadata, queue, hub, scheduler, guidance scale, strength, remix, blend, mask, GFPGAN,
CodeFormers, ESRGAN, alchemist, CLIP, noise, LCM, wildcards, prompt"""
WORDS = [word.strip() for word in FIELD.split(",")]


@pytest.mark.parametrize("word", WORDS)
def test_a_word_of_the_field_is_explained(word):
    term = glossary.find(word)
    assert term is not None
    assert len(glossary.explain(term, log_days=30)) > 20


@pytest.mark.parametrize(
    ("written", "term"),
    [
        ("LoRAs", "lora"),
        ("Clip-Skip", "clip skip"),
        ("--clip-skip", "clip skip"),
        ("“CFG scale”?", "cfg"),
        ("textual  inversions", "textual inversion"),
        ("negative_prompt", "negative"),
        ("checkpoints", "model"),
        ("canny", "control"),
        ("Größe", "size"),
        ("Warteschlange", "queue"),
    ],
)
def test_a_word_is_found_however_it_is_written(written, term):
    assert glossary.find(written) == term


@pytest.mark.parametrize(
    ("written", "term"),
    [
        ("sampeler", "sampler"),
        ("karas", "karras"),
        ("inpaiting", "inpainting"),
        ("chekpoint", "model"),
        ("upscaller", "upscale"),
        ("textual invertion", "textual inversion"),
    ],
)
def test_a_misspelt_word_suggests_the_nearest(written, term):
    assert glossary.find(written) is None
    assert glossary.nearest(written)[0] == term


def test_what_is_nothing_of_ours_suggests_nothing():
    assert glossary.nearest("zzzzqqq") == ()


def test_every_option_of_a_request_is_explained():
    unexplained = [
        option.names[0]
        for option in OPTIONS
        if option.listed
        and glossary.find(option.names[0]) is None
        and f"--{option.names[0]}" not in texts.say("glossary.options")
    ]
    assert unexplained == []


@pytest.mark.parametrize("language", texts.languages())
def test_other_words_belong_to_a_term_and_each_to_one(language):
    terms = {
        code.removeprefix("glossary.") for code in texts.catalogue() if code.startswith("glossary.")
    }
    also = {
        code.removeprefix("glossary_also."): [word.strip() for word in said.split(",")]
        for code, said in texts.catalogue(language).items()
        if code.startswith("glossary_also.")
    }
    assert set(also) <= terms
    words = [word for others in also.values() for word in others]
    assert sorted(words) == sorted(set(words))
    meant = {word: glossary.find(word) for word in words}
    assert meant == {word: term for term, others in also.items() for word in others}


def test_the_page_is_the_glossary():
    assert PAGE.read_text("utf-8") == glossary.page(), (
        "python -m request.talking.glossary > the page"
    )
