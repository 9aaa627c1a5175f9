"""What Hordes answer, read with patience: null, unknown fields, faults."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from common.horde.wire import Check, ModelStatus, Status, Submitted, generation_body
from common.model import Job, LoraUse, TiUse


def test_null_means_not_said():
    assert ModelStatus.model_validate({"name": "a", "count": None, "eta": None}) == ModelStatus(
        name="a"
    )


def test_what_must_be_there_cannot_be_null():
    with pytest.raises(ValidationError):
        Submitted.model_validate({"id": None})


def test_unknown_fields_are_ignored():
    assert Check.model_validate({"done": True, "new": 1}).done


def test_a_faulted_request_is_also_done():
    status = Status.model_validate({"done": True, "faulted": True, "generations": []})

    assert status.faulted
    assert status.done


JOB = Job(
    style="raw",
    prompt="a fox",
    model="m",
    n=2,
    width=640,
    height=576,
    steps=20,
    cfg_scale=5.5,
    sampler="k_euler",
    karras=False,
    clip_skip=2,
    hires_fix=True,
    tiling=True,
    seed="7",
    seed_variation=3,
    loras=(LoraUse("12", model=0.5, clip=0.25, inject_trigger="any", is_version=True),),
    tis=(TiUse("5", "negprompt", 0.75),),
    post_processing=("GFPGAN",),
    denoising_strength=0.4,
    source_processing="remix",
    control_type="canny",
    nsfw=True,
    censor_nsfw=False,
    trusted_workers=True,
    slow_workers=False,
)
LORA = {
    "name": "12",
    "model": 0.5,
    "clip": 0.25,
    "inject_trigger": "any",
    "is_version": True,
}
PARAMS = {
    "sampler_name": "k_euler",
    "cfg_scale": 5.5,
    "steps": 20,
    "n": 2,
    "width": 640,
    "height": 576,
    "seed": "7",
    "seed_variation": 3,
    "karras": False,
    "tiling": True,
    "hires_fix": True,
    "clip_skip": 2,
    "denoising_strength": 0.4,
    "loras": [LORA],
    "tis": [{"name": "5", "inject_ti": "negprompt", "strength": 0.75}],
    "post_processing": ["GFPGAN"],
    "control_type": "canny",
}


def test_all_that_a_job_says_is_in_the_body():
    body = generation_body(
        JOB,
        source_images=["first", "second"],
        webhook="https://example.org/hear",
        proxied_account="someone",
    ).body()
    assert PARAMS.items() <= body.pop("params").items()
    assert {
        "prompt": "a fox",
        "models": ["m"],
        "nsfw": True,
        "censor_nsfw": False,
        "trusted_workers": True,
        "slow_workers": False,
        "source_image": "first",
        "source_processing": "remix",
        "extra_source_images": [{"image": "second", "strength": 1.0}],
        "webhook": "https://example.org/hear",
        "proxied_account": "someone",
    }.items() <= body.items()
