"""What LoRAs and textual inversions add to the words of a job, and which are loaded."""

from dataclasses import replace

import pytest

from common.civitai.assets import Asset, AssetKind, AssetVersion
from worker.assets.prompting import prompt_name, triggers_for, with_inversion, with_triggers
from worker.assets.verdict import MEGABYTE, Rules, refusal

KNOWN = ("thick paint", "Oil Colours, wet", "<lora:paint:1>")


@pytest.mark.parametrize(
    ("wish", "triggers"),
    [
        (None, ()),
        (" ", ()),
        ("any", ("thick paint",)),
        ("ALL", ("thick paint", "Oil Colours, wet")),
        ("oil colour", ("Oil Colours, wet",)),
        ("zebra crossing", ()),
    ],
)
def test_a_job_wishes_trigger_words(wish, triggers):
    assert triggers_for(wish, KNOWN) == triggers
    assert triggers_for(wish, ()) == ()


def test_trigger_words_come_first_and_once():
    assert with_triggers("a fox", ("thick paint",)) == "thick paint, a fox"
    assert with_triggers("a fox in Thick Paint", ("thick paint", "wet")) == (
        "wet, a fox in Thick Paint"
    )
    assert with_triggers("", ("wet",)) == "wet"
    assert with_triggers("a fox", ()) == "a fox"


def test_an_inversion_stands_in_the_prompt_with_its_strength():
    assert with_inversion("blurry", "easy", None) == "(embedding:easy:1), blurry"
    assert with_inversion("", "31", -0.75) == "(embedding:31:-0.75)"
    assert with_inversion("", "31", 99) == "(embedding:31:5)"
    assert prompt_name("Easy Negative", 31) == "31"
    assert prompt_name("easy-negative.v2", 31) == "easy-negative.v2"


def test_the_engine_reads_what_is_put_in():
    from worker.engines.diffusers.weighting import parse

    [span, *_rest] = parse(with_inversion("blurry", "easy-negative.v2", 0.8))
    assert (span.text, span.weight, span.embedding) == ("easy-negative.v2", 0.8, True)


VERSION = AssetVersion(
    1, "v1", "SDXL 1.0", size_bytes=300 * MEGABYTE, safetensors=True, sha256="ab" * 32
)
LORA = Asset(1, AssetKind.LORA, "paint", versions=(VERSION,))
TAME, BOLD = Rules(nsfw=False, largest_lora=400 * MEGABYTE), Rules(True, 400 * MEGABYTE)


@pytest.mark.parametrize(
    ("asset", "version", "tame", "bold"),
    [
        ({}, {}, None, None),
        ({"poi": True}, {}, "worker.asset_poi", "worker.asset_poi"),
        ({"minor": True}, {}, "worker.asset_minor", "worker.asset_minor"),
        ({"nsfw": True}, {}, "worker.asset_nsfw", None),
        ({}, {"safetensors": False}, "verdict.no_safetensors", "verdict.no_safetensors"),
        ({}, {"sha256": None}, "verdict.no_hash", "verdict.no_hash"),
        ({}, {"size_bytes": 401 * MEGABYTE}, "worker.asset_too_big", "worker.asset_too_big"),
        ({"kind": AssetKind.TI}, {"size_bytes": 21 * MEGABYTE}, *["worker.asset_too_big"] * 2),
        ({}, {"downloadable": False}, "verdict.members_only", "verdict.members_only"),
    ],
)
def test_which_are_loaded(asset, version, tame, bold):
    given = replace(LORA, **asset), replace(VERSION, **version)
    assert (refusal(*given, TAME), refusal(*given, BOLD)) == (tame, bold)


def test_a_key_opens_what_is_for_members():
    early = replace(VERSION, downloadable=False)
    assert refusal(LORA, early, replace(TAME, has_key=True)) is None
