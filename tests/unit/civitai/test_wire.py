"""CivitAI's answers, and what they mean."""

import json

import pytest

from common.civitai.assets import AssetKind
from common.civitai.wire import Model, Version, one_line
from tests.fakes.civitai import MODELS, model, version

NOW = 1_800_000_000.0  # January 2027
PAST, AHEAD = "2026-12-01T00:00:00.000Z", "2027-12-01T00:00:00Z"


def read(entry):
    return Model.model_validate(json.loads(json.dumps(entry))).value(NOW)


def read_version(**more):
    return Version.model_validate({**version(7, "SDXL 1.0"), **more}).value(NOW)


@pytest.mark.parametrize(
    ("kind", "means"),
    [
        ("LORA", AssetKind.LORA),
        ("LoCon", AssetKind.LORA),
        ("DoRA", AssetKind.LORA),
        ("TextualInversion", AssetKind.TI),
    ],
)
def test_what_workers_load_alike_is_one_kind(kind, means):
    assert read(model(1, "x", type=kind)).kind is means


def test_a_checkpoint_is_nothing_of_ours():
    assert read(model(1, "x", type="Checkpoint")) is None


@pytest.mark.parametrize(
    ("gate", "free"),
    [
        ({}, True),
        ({"availability": "Private"}, False),
        ({"availability": "EarlyAccess"}, False),
        ({"usageControl": "Generation"}, False),
        ({"earlyAccessEndsAt": AHEAD}, False),
        ({"earlyAccessEndsAt": PAST}, True),
        ({"earlyAccessEndsAt": "2027-12-01"}, False),
        ({"earlyAccessEndsAt": "soon"}, True),
        ({"earlyAccessEndsAt": 5}, True),
        ({"paidAccess": {}}, True),
        ({"paidAccess": {"permanent": True, "endsAt": None}}, False),
        ({"paidAccess": {"permanent": False, "endsAt": None}}, False),
        ({"paidAccess": {"permanent": False, "endsAt": AHEAD}}, False),
        ({"paidAccess": {"permanent": False, "endsAt": PAST}}, True),
        ({"availability": None, "usageControl": None, "paidAccess": None}, True),
    ],
)
def test_who_may_download_a_version(gate, free):
    assert read_version(**gate).downloadable is free


@pytest.mark.parametrize(
    ("level", "nsfw"),
    [
        (0, False),
        (1, False),
        (2, False),
        (31, False),
        (4, True),
        (24, True),
        (28, True),
        ("?", False),
    ],
)
def test_what_is_shown_with_nothing_but_adult_pictures_is_adult(level, nsfw):
    assert read(model(1, "x", nsfwLevel=level)).nsfw is nsfw


def test_what_is_marked_as_adult_is_so_whatever_it_is_shown_with():
    assert read(model(1, "x", nsfw=True, nsfwLevel=1)).nsfw


def test_the_main_file_is_the_primary_one():
    entry = version(7, "SDXL 1.0")
    training, file = entry["files"]
    pickle = {**file, "name": "a.pt", "metadata": {"format": "PickleTensor"}, "primary": False}
    assert read_version(files=[training, pickle, file]).safetensors
    assert not read_version(files=[training, pickle, {**file, "primary": False}]).safetensors
    assert not read_version(files=[training]).has_file


@pytest.mark.parametrize(
    ("change", "safe"),
    [
        ({"name": "a.pt"}, True),
        ({"metadata": None}, True),
        ({"metadata": {}, "name": "A.SafeTensors"}, True),
        ({"metadata": {}, "name": "a.pt"}, False),
    ],
)
def test_a_file_is_safe_by_its_format_or_its_name(change, safe):
    _training, file = version(7, "SDXL 1.0")["files"]
    assert read_version(files=[{**file, **change}]).safetensors is safe


@pytest.mark.parametrize(
    "hashes", [{}, None, {"SHA256": "AB"}, {"SHA256": 5}, {"AutoV2": "AB" * 32}]
)
def test_a_checksum_is_whole_or_none(hashes):
    _training, file = version(7, "SDXL 1.0")["files"]
    assert read_version(files=[{**file, "hashes": hashes}]).sha256 is None


def test_trigger_words_stay_as_their_maker_wrote_them():
    words = [" thick paint, oil ", "", None, 7, "two\nlines", "x" * 500, "\u200b"]
    first, second, third = read_version(trainedWords=words).triggers
    assert (first, second) == ("thick paint, oil", "two lines")
    assert len(third) == 100
    assert len(read_version(trainedWords=[f"word {n}" for n in range(900)]).triggers) == 20


def test_names_are_one_line_without_what_is_not_seen():
    assert one_line("a\u202e\tb\ufeff\U000e0041\n\ud800c", 80) == "a b c"
    assert one_line("long words", 6) == "long…"
    assert read(model(1, "\u200b")).name == "1"


def test_what_is_archived_has_no_file():
    archived = next(entry for entry in MODELS if entry["name"] == "Archived")
    assert not read(archived).versions[0].has_file
