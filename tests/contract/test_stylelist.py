"""The AI Horde's public stylelist loads and resolves, every style and category of it.

Takes the list's folder from STYLELIST_DIR; the project itself never needs it.
"""

import json
import os
import re
from pathlib import Path

import jsonschema
import pytest

from common.horde.wire import SAMPLERS, generation_body
from common.reference.models import ModelReference
from request.grammar import read
from styles.image_request import ImageRequest
from styles.limits import Limits
from styles.lists import stylelist
from styles.resolving.resolver import resolve

FOLDER = os.environ.get("STYLELIST_DIR")
CONTRACTS = os.environ.get("CONTRACTS_DIR")


@pytest.fixture(scope="module")
def public():
    if not FOLDER:
        pytest.skip("set STYLELIST_DIR to a public stylelist")
    return stylelist.merge([stylelist.load_folder(Path(FOLDER))])


def resolved(public, name, **fields):
    return resolve(
        ImageRequest("a fox {p} $& {np}", "blurry", style=name, **fields),
        public,
        served=None,
        reference=ModelReference.bundled(),
        limits=Limits(nsfw=True),
        rng_seed=7,
    )


def assert_in_range(job):
    generation_body(job)
    for side in (job.width, job.height):
        assert 64 <= side <= 3072
        assert side % 64 == 0
    assert 1 <= job.steps <= 500
    assert 0 <= job.cfg_scale <= 100
    assert job.sampler in SAMPLERS
    assert 1 <= job.clip_skip <= 12
    assert 1 <= job.n <= 20
    assert len(job.loras) <= 5
    assert len(job.tis) <= 20
    for lora in job.loras:
        assert -5 <= lora.model <= 5
        assert -5 <= lora.clip <= 5
        assert not lora.is_version or lora.name.isdigit()
    positive, _, negative = job.prompt.partition("###")
    assert "a fox {p} $& {np}" in positive
    assert "blurry" in negative
    assert "###" not in negative


def test_nothing_is_left_out(public):
    assert len(public.styles) >= 404
    assert len(public.categories) >= 43
    assert [fault for fault in public.faults if fault.left_out] == []


def test_its_faults_are_named(public):
    assert {fault.entry for fault in public.faults if fault.field.endswith(".weight")} == {
        *("steampunk", "glass pony", "pastel ilxl"),
    }


@pytest.fixture(scope="module")
def request_schema():
    """What `POST /v2/generate/async` takes, from the API's own document."""
    if not CONTRACTS:
        pytest.skip("set CONTRACTS_DIR to the folder with aihorde-swagger.json")
    swagger = json.loads((Path(CONTRACTS) / "aihorde-swagger.json").read_text("utf-8"))
    [body] = [
        part
        for part in swagger["paths"]["/v2/generate/async"]["post"]["parameters"]
        if part["in"] == "body"
    ]
    return jsonschema.Draft4Validator({**body["schema"], "definitions": swagger["definitions"]})


def assert_bodies_fit(list_, schema):
    for name in (*list_.styles, *list_.categories):
        for job in resolved(list_, name, seed="7", n=3).jobs:
            schema.validate(generation_body(job).body())


def test_every_payload_is_what_the_horde_takes(public, request_schema):
    assert_bodies_fit(public, request_schema)


@pytest.mark.parametrize("name", stylelist.BUNDLED)
def test_so_is_every_payload_of_the_bundled_lists(name, request_schema):
    assert_bodies_fit(stylelist.merge([stylelist.load_bundled(name)]), request_schema)


def test_the_bundled_loras_are_known_there_for_the_same_kind_of_model(public):
    reference = ModelReference.bundled()
    known = {
        (lora.is_version, lora.name): reference.baseline(style.model)
        for style in public.styles.values()
        for lora in style.look.loras
    }
    for style in stylelist.load_bundled("general").styles.values():
        for lora in style.look.loras:
            found = known.get((lora.is_version, lora.name))
            assert found == reference.baseline(style.model), (style.name, lora.name)


def test_no_wording_is_taken_from_there(public):
    def phrases(style):
        words = re.findall(r"[a-z]+", re.sub(r"\{n?p\}", "", style.prompt.lower()))
        return {tuple(words[start : start + 5]) for start in range(len(words) - 4)}

    taken = set().union(*map(phrases, public.styles.values()))
    for style in stylelist.load_bundled("general").styles.values():
        assert not phrases(style) & taken, style.name


def test_the_horde_would_not_take_everything(request_schema):
    assert not request_schema.is_valid({"prompt": "a fox", "params": {"width": 100}})


def test_every_style_resolves(public):
    for name in public.styles:
        (job,) = resolved(public, name).jobs
        assert job.style == name
        assert_in_range(job)


def test_every_category_gives_exactly_n_pictures(public):
    for name in public.categories:
        for n in (1, 3, 4, 8):
            found = resolved(public, name, n=n)
            assert sum(job.n for job in found.jobs) == n
            for job in found.jobs:
                assert_in_range(job)


@pytest.mark.parametrize("written", ["{}", "{} a fox", "{}, a fox", "“{}” a fox", "{}."])
def test_every_name_can_be_typed(public, written):
    for name in (*public.styles, *public.categories):
        for spelled in (name, name.upper(), name.replace("–", "-").replace("'", "’")):
            found = read(f"draw x style: {written.format(spelled)}", public.names)
            assert isinstance(found, ImageRequest)
            assert found.style == name


def test_the_enhancement_goes_only_to_its_baseline(public):
    reference = ModelReference.bundled()
    for name, style in public.styles.items():
        (job,) = resolved(public, name).jobs
        fits = style.enhance and reference.baseline(style.model) == "stable_diffusion_1"
        added = {ti.name for ti in job.tis} - {ti.name for ti in style.look.tis}
        assert bool(added) == fits, name
