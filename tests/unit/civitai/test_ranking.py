"""Which known asset somebody means by what they typed."""

import pytest

from common.civitai.assets import Asset, AssetKind, AssetVersion
from common.civitai.memory import AssetMemory, fold
from common.civitai.ranking import best, is_number, matches, may_be_shown, rank, recall, search_key

LORA, TI = AssetKind.LORA, AssetKind.TI


def known(number, name, **more):
    memory = AssetMemory(None)
    version = AssetVersion(number * 100 + 1, "v1", "SDXL 1.0")
    memory.learn([Asset(number, LORA, name, versions=(version,), **more)], 0)
    return memory.assets[number]


THICK = known(11, "Oil, Thick Paint")


@pytest.mark.parametrize(
    ("typed", "fits"),
    [
        ("thick", True),
        ("  THICK   oil", True),
        ("ick", True),
        ("thin", False),
        ("thick thin", False),
        ("", True),
        ("1", True),
        ("11", True),
        ("110", True),
        ("12", False),
        ("²", False),
    ],
)
def test_all_words_are_in_the_name_or_digits_begin_an_id(typed, fits):
    assert matches(THICK, fold(typed)) is fits


def test_the_better_it_fits_the_smaller_the_rank():
    typed = ("oil, thick paint", "oil", "thick", "hick", "11", "1101")
    assert [rank(THICK, word) for word in typed] == [0, 1, 2, 3, 0, 0]


@pytest.mark.parametrize(("flag", "sfw", "nsfw"), [
    ("poi", False, False),
    ("minor", True, False),
    ("sfw_only", True, False),
    ("nsfw", False, True),
])  # fmt: skip
def test_what_may_be_shown_where(flag, sfw, nsfw):
    asset = known(1, "x", **{flag: True}).asset
    assert may_be_shown(asset, nsfw=False) is sfw
    assert may_be_shown(asset, nsfw=True) is nsfw


def test_what_has_no_version_is_not_shown():
    assert not may_be_shown(Asset(1, LORA, "x"), nsfw=False)


def test_a_name_means_what_is_called_so_then_what_has_its_words_then_the_only_hit():
    longer, exact, other = known(1, "Thick Paint XL"), known(2, "thick paint"), known(3, "Oils")
    assert best("thick paint", [longer, exact]) is exact
    assert best("paint thick", [other, longer, exact]) is longer
    assert best("acrylics", [other]) is other
    assert best("acrylics", [other, longer]) is None
    assert best("acrylics", []) is None


def test_a_number_is_recalled_if_it_is_of_the_kind_asked_for():
    memory = AssetMemory(None)
    memory.learn([THICK.asset], 0)
    assert recall(memory, "11", LORA, is_version=False) is not None
    assert recall(memory, "1101", LORA, is_version=True) is not None
    assert recall(memory, "11", TI, is_version=False) is None
    assert recall(memory, "11", LORA, is_version=True) is None
    assert recall(memory, "oil", LORA, is_version=False) is None
    memory.learn_search(search_key("Oil", LORA), [11], 0)
    assert recall(memory, " OIL ", LORA, is_version=False) is not None
    assert recall(memory, "oil", LORA, is_version=True) is None


@pytest.mark.parametrize(
    ("text", "number"), [("12", True), ("1" * 13, False), ("", False), ("٣", False)]
)
def test_what_is_a_number(text, number):
    assert is_number(text) is number
