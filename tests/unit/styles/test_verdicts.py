"""What is said of a LoRA before it is used."""

from dataclasses import replace

import pytest

from common.civitai.assets import Asset, AssetKind, AssetVersion
from styles.verdicts import VerdictKind, baseline_of, judge

VERSION = AssetVersion(
    1, "v1", "SDXL 1.0", size_bytes=200_000_000, safetensors=True, sha256="ab" * 32
)
ASSET = Asset(1, AssetKind.LORA, "Thick Paint", versions=(VERSION,))
XL = "stable_diffusion_xl"


def kind(asset=ASSET, version=VERSION, *, baseline=XL, nsfw=False, **more):
    verdict = judge(asset, version, baseline=baseline, nsfw=nsfw, **more)
    assert verdict.sentence
    return verdict.kind


@pytest.mark.parametrize(
    ("base_model", "baseline"),
    [
        ("SD 1.5", "stable_diffusion_1"),
        ("SD 1.4", "stable_diffusion_1"),
        ("SD 1.5 LCM", "stable_diffusion_1"),
        ("SD 2.1 768", "stable_diffusion_2"),
        ("SDXL 1.0", XL),
        ("SDXL Lightning", XL),
        ("Pony", XL),
        ("Illustrious", XL),
        ("NoobAI", XL),
        ("Stable Cascade", "stable_cascade"),
        ("Flux.1 D", "flux_1"),
        ("Flux.1 Krea", "flux_1"),
        ("Qwen", "qwen_image"),
        ("ZImageTurbo", "z_image_turbo"),
        ("ZImageBase", "z_image_turbo"),
        ("Flux.2 D", None),
        ("Qwen 2", None),
        ("Other", None),
        ("Pony V7", None),
        ("SD 3.5 Large", None),
        ("", None),
    ],
)
def test_the_base_models_of_civitai_in_the_hordes_words(base_model, baseline):
    assert baseline_of(base_model) == baseline


def test_a_lora_for_the_models_baseline_fits():
    assert kind() is VerdictKind.FITS
    assert kind(baseline=None) is VerdictKind.FITS


@pytest.mark.parametrize(
    ("base", "model", "expected"),
    [
        ("Pony", "AlbedoBase XL (SDXL)", VerdictKind.PARTLY),
        ("SDXL 1.0", "Pony Diffusion XL", VerdictKind.PARTLY),
        ("Pony", "Pony Diffusion XL", VerdictKind.FITS),
        ("SD 1.5", "AlbedoBase XL (SDXL)", VerdictKind.OTHER_BASELINE),
        ("SD 3.5 Large", "AlbedoBase XL (SDXL)", VerdictKind.OTHER_BASELINE),
        ("Other", "AlbedoBase XL (SDXL)", VerdictKind.BASE_OTHER),
        ("", "AlbedoBase XL (SDXL)", VerdictKind.BASE_OTHER),
    ],
)
def test_relatives_fit_in_part_and_others_do_not(base, model, expected):
    assert kind(version=replace(VERSION, base_model=base), model=model) is expected


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"safetensors": False}, VerdictKind.NO_SAFETENSORS),
        ({"sha256": None}, VerdictKind.NO_HASH),
        ({"size_bytes": 500_000_000}, VerdictKind.TOO_BIG),
        ({"downloadable": False}, VerdictKind.MEMBERS_ONLY),
    ],
)
def test_what_workers_do_not_load(change, expected):
    assert kind(version=replace(VERSION, **change)) is expected
    assert not judge(ASSET, replace(VERSION, **change), baseline=XL, nsfw=False).usable


def test_how_large_is_too_large_is_the_operators_to_say():
    large = replace(VERSION, size_bytes=500_000_000)
    assert kind(version=large, max_bytes=600_000_000) is VerdictKind.FITS
    sentence = judge(ASSET, large, baseline=XL, nsfw=False).sentence
    assert "500 MB" in sentence
    assert "400 MB" in sentence


def test_a_textual_inversion_needs_no_safetensors():
    embedding = replace(ASSET, kind=AssetKind.TI)
    assert kind(embedding, replace(VERSION, safetensors=False)) is VerdictKind.FITS


def test_nothing_to_load():
    assert kind(version=None) is VerdictKind.NO_VERSION
    assert kind(version=AssetVersion(1, "archived", "SDXL 1.0")) is VerdictKind.NO_VERSION


def test_a_relative_outside_sdxl():
    base = replace(VERSION, base_model="ZImageBase")
    asked = {"baseline": "z_image_turbo", "model": "Z-Image-Turbo"}
    assert kind(version=base, **asked) is VerdictKind.PARTLY
    assert kind(version=replace(base, base_model="ZImageTurbo"), **asked) is VerdictKind.FITS


@pytest.mark.parametrize(
    ("flag", "nsfw", "expected"),
    [
        ("poi", False, VerdictKind.POI),
        ("poi", True, VerdictKind.POI),
        ("minor", True, VerdictKind.MINOR),
        ("minor", False, VerdictKind.FITS),
        ("sfw_only", True, VerdictKind.SFW_ONLY),
        ("sfw_only", False, VerdictKind.FITS),
        ("nsfw", False, VerdictKind.NOT_SFW),
        ("nsfw", True, VerdictKind.FITS),
    ],
)
def test_what_may_not_be_used_where(flag, nsfw, expected):
    marked = replace(ASSET, **{flag: True})
    assert kind(marked, nsfw=nsfw) is expected
    verdict = judge(marked, VERSION, baseline=XL, nsfw=nsfw)
    assert verdict.refused == (expected is not VerdictKind.FITS)


def test_what_forbids_it_is_said_before_what_is_wrong_with_its_file():
    assert kind(replace(ASSET, poi=True), replace(VERSION, sha256=None)) is VerdictKind.POI
