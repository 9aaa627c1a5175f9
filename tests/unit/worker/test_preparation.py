"""From the server's job to the engine's task."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from common.errors import HordeGone
from common.pictures import encode_webp
from worker.engines.protocol import (
    Control,
    EngineLora,
    EngineTi,
    Fault,
    Feature,
    Painting,
)
from worker.making import preparation
from worker.making.preparation import (
    make_task,
    prepare,
    seeds_for,
    split_prompt,
    time_to_make,
    unmet_wishes,
)
from worker.order import JobFailed


def able(info, *features):
    return replace(info, features=frozenset(features))


async def no_fetch(source):
    raise AssertionError(f"nothing was to be fetched: {source}")


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("a fox", ("a fox", "")),
        ("a fox ### blurry, text ", ("a fox", "blurry, text")),
        ("###only against", ("", "only against")),
        ("a ### b ### c", ("a", "b ### c")),
        ("# one ## two", ("# one ## two", "")),
    ],
)
def test_the_prompt_is_split_at_the_first_mark(text, parts):
    assert split_prompt(text) == parts


@pytest.mark.parametrize(
    ("text", "count", "seeds"),
    [
        ("41", 1, (41,)),
        (" 41 ", 3, (41, 42, 43)),
        (str(2**63 - 1), 2, (2**63 - 1, 0)),
        ("-1", 1, (2**63 - 1,)),
        ("fox", 2, (2_003_612_454, 2_003_612_455)),
    ],
)
def test_seeds_count_up_from_the_servers_text(text, count, seeds):
    assert seeds_for(text, count) == seeds


@given(st.text(max_size=5000), st.integers(1, 20))
def test_any_text_gives_seeds_an_engine_can_take(text, count):
    seeds = seeds_for(text, count)
    assert len(set(seeds)) == count
    assert all(0 <= seed < 2**63 for seed in seeds)
    assert seeds == seeds_for(text, count)


@pytest.mark.parametrize(
    ("ttl", "seconds"), [(150, 135), (20, 16), (1, 0.8), (None, 135), (0, 135), (-5, 135)]
)
def test_delivery_keeps_its_part_of_the_time_to_live(ttl, seconds):
    assert time_to_make(ttl) == seconds


async def test_the_deadline_counts_from_the_pop(popped, info):
    order = await prepare(popped({"ttl": 300}), info, no_fetch, now=1000.0)
    assert order.deadline == 1285.0


def test_a_task_has_all_that_was_asked(popped, info):
    job = popped(
        {"ids": ["a", "b"], "model": "two"},
        prompt="a fox###blurry",
        seed="5",
        ddim_steps=12,
        sampler_name="k_dpmpp_2m",
        cfg_scale=3.5,
        width=768,
        height=512,
        karras=False,
        clip_skip=2,
        tiling=True,
        loras=[{"name": " snow ", "model": 0.5, "clip": 0.25}, {"name": "  "}],
    )
    task = make_task(job, able(info, Feature.LORA, Feature.CLIP_SKIP, Feature.TILING))
    assert (task.model, task.prompt, task.negative) == ("two", "a fox", "blurry")
    assert (task.width, task.height, task.steps, task.cfg_scale) == (768, 512, 12, 3.5)
    assert (task.sampler, task.karras, task.clip_skip, task.tiling) == (
        "k_dpmpp_2m",
        False,
        2,
        True,
    )
    assert task.seeds == (5, 6)
    assert task.loras == (EngineLora("snow", 0.5, 0.25),)
    assert (task.source_image, task.denoise) == (None, 1.0)


def test_an_engine_without_loras_is_given_none_and_the_server_is_told(popped, info):
    job = popped(loras=[{"name": "snow"}])
    assert make_task(job, info).loras == ()
    assert unmet_wishes(job.payload, info) == (Fault("lora", "download_failed", "snow"),)
    assert unmet_wishes(job.payload, able(info, Feature.LORA)) == ()


def test_upscalers_and_embeddings_that_are_missing_are_told(popped, info):
    job = popped(tis=[{"name": 7808}], post_processing=["RealESRGAN_x4plus"])
    assert unmet_wishes(job.payload, info) == (
        Fault("ti", "download_failed", "7808"),
        Fault("information", "see_ref", "made without RealESRGAN_x4plus"),
    )


def test_what_the_engine_cannot_do_is_left_out_and_told(popped, info):
    job = popped(hires_fix=True, tiling=True, clip_skip=2, tis=[{"name": "glow"}])
    plain = make_task(job, info)
    assert (plain.hires_fix, plain.tiling, plain.clip_skip, plain.tis) == (False, False, 1, ())
    assert [fault.ref for fault in unmet_wishes(job.payload, info)] == [
        "glow",
        "made without hires fix",
        "made without tiling",
        "made without clip skip",
    ]
    every = able(info, *Feature)
    full = make_task(job, every)
    assert (full.hires_fix, full.tiling, full.clip_skip) == (True, True, 2)
    assert full.tis == (EngineTi("glow"),)
    assert unmet_wishes(job.payload, every) == ()


def test_a_control_map_is_asked_for_as_it_was(popped, info):
    job = popped(control_type="canny", image_is_control=True)
    assert make_task(job, able(info, *Feature)).control == Control("canny", is_control=True)


def webp(image):
    return encode_webp(image, quality=90)


async def test_what_is_transparent_is_painted_anew(popped, info):
    image = Image.new("RGBA", (512, 512), (200, 10, 10, 255))
    image.paste((0, 0, 0, 0), (0, 0, 256, 512))

    async def fetch(_source):
        return webp(image)

    job = popped({"source_image": "x", "source_processing": "inpainting"})
    task = (await prepare(job, able(info, *Feature), fetch, now=0.0)).task
    assert task.painting is Painting.INPAINTING
    assert (task.mask.getpixel((10, 10)), task.mask.getpixel((500, 10))) == (255, 0)
    assert task.source_image.mode == "RGB"


async def test_a_mask_of_its_own_says_what_is_painted(popped, info):
    pictures = {"x": Image.new("RGB", (512, 512), "red"), "m": Image.new("L", (512, 512), 0)}
    pictures["m"].paste(255, (0, 0, 512, 256))

    async def fetch(source):
        return webp(pictures[source].convert("RGB"))

    fields = {"source_image": "x", "source_processing": "inpainting", "source_mask": "m"}
    task = (await prepare(popped(fields), able(info, *Feature), fetch, now=0.0)).task
    assert task.mask.getpixel((10, 10)) > 200
    assert task.mask.getpixel((10, 500)) < 50


async def test_nothing_marked_to_be_painted_fails_the_job(popped, info):
    async def fetch(_source):
        return webp(Image.new("RGB", (512, 512), "red"))

    job = popped({"source_image": "x", "source_processing": "inpainting"})
    with pytest.raises(JobFailed) as failure:
        await prepare(job, able(info, *Feature), fetch, now=0.0)
    assert failure.value.fault == Fault("source_mask", "parse_failed")


@pytest.mark.parametrize(
    ("job", "payload", "code"),
    [
        ({"model": "three"}, {}, "worker.unknown_model"),
        ({"model": None}, {}, "worker.unknown_model"),
        ({}, {"width": 500}, "worker.odd_size"),
        ({}, {"width": 0}, "worker.odd_size"),
        ({}, {"height": -64}, "worker.odd_size"),
        ({}, {"width": 64_000}, "worker.odd_size"),
        ({}, {"width": 2048, "height": 1024}, "worker.too_many_pixels"),
        ({}, {"ddim_steps": 0}, "worker.odd_numbers"),
        ({}, {"cfg_scale": float("nan")}, "worker.odd_numbers"),
        ({}, {"prompt": "x" * 60_000}, "worker.odd_numbers"),
        ({"ids": list("abcde")}, {}, "worker.too_many_pictures"),
        ({}, {"control_type": "canny"}, "worker.cannot"),
        ({"source_image": "eA=="}, {}, "worker.cannot"),
        ({"source_processing": "outpainting"}, {}, "worker.cannot"),
    ],
)
async def test_a_job_beyond_the_offer_fails_with_its_reason(popped, info, job, payload, code):
    with pytest.raises(JobFailed) as failure:
        await prepare(popped(job, **payload), info, no_fetch, now=0.0)
    assert failure.value.code == code
    assert failure.value.fault == Fault("information", "see_ref", str(failure.value))


async def test_a_source_picture_is_cut_to_the_jobs_shape(popped, info):
    source = Image.new("RGBA", (300, 100), (255, 0, 0, 255))
    source.paste((0, 0, 255, 255), (100, 0, 200, 100))  # the middle third is blue

    async def fetch(link):
        assert link == "https://pictures.example/1"
        return encode_webp(source)

    order = await prepare(
        popped(
            {"source_image": "https://pictures.example/1"},
            width=64,
            height=64,
            denoising_strength=0.3,
        ),
        able(info, Feature.IMG2IMG),
        fetch,
        now=0.0,
    )
    task = order.task
    assert (task.source_image.size, task.source_image.mode) == ((64, 64), "RGB")
    assert task.source_image.getpixel((32, 32))[2] > 200
    assert task.source_image.getpixel((2, 32))[2] > 200  # its sides are cut off
    assert task.denoise == 0.3


@pytest.mark.parametrize(
    ("answer", "value"),
    [(HordeGone(), "download_failed"), (b"GIF89a", "parse_failed")],
)
async def test_a_source_picture_that_is_none_fails_the_job(popped, info, answer, value):
    async def fetch(_):
        if isinstance(answer, Exception):
            raise answer
        return answer

    with pytest.raises(JobFailed) as failure:
        await prepare(popped({"source_image": "x"}), able(info, Feature.IMG2IMG), fetch, now=0.0)
    assert failure.value.fault == Fault("source_image", value)


async def test_a_source_picture_too_large_to_decode_fails_the_job(popped, info, monkeypatch):
    monkeypatch.setattr(preparation, "MAX_SOURCE_PIXELS", 1000)

    async def fetch(_):
        return encode_webp(Image.new("RGB", (64, 64)))

    with pytest.raises(JobFailed, match="too large"):
        await prepare(popped({"source_image": "x"}), able(info, Feature.IMG2IMG), fetch, now=0.0)


@pytest.mark.parametrize(
    ("fields", "uploads"),
    [
        ({"ids": ["a", "b"], "r2_uploads": ["1", "2"]}, ("1", "2")),
        ({"ids": ["a", "b"], "r2_uploads": ["1"]}, ("1", None)),
        ({"ids": [], "r2_upload": "1"}, ("1",)),
        ({"ids": ["a", "b"], "r2_uploads": None, "r2_upload": None}, (None, None)),
    ],
)
async def test_each_picture_has_its_own_place(popped, info, fields, uploads):
    order = await prepare(popped(fields), info, no_fetch, now=0.0)
    assert order.uploads == uploads
    assert len(order.ids) == len(uploads)
