"""What is known of LoRAs: asked once, remembered, served stale, never waited for while typing."""

import asyncio

import pytest

from common.civitai.assets import Asset, AssetKind, AssetVersion
from common.civitai.catalogue import DAY, AssetCatalogue
from common.civitai.memory import AssetMemory
from common.errors import AssetRefused, AssetUnreachable
from tests.fakes import faults

LORA, TI = AssetKind.LORA, AssetKind.TI


def names(assets):
    return [asset.name for asset in assets]


async def settled(catalogue):
    """Wait until nothing is under way in the background."""
    task = catalogue._errands._task
    if task is not None:
        await task


async def test_a_search_is_asked_once_a_day(open_catalogue, civitai, clock):
    catalogue = await open_catalogue()
    first = await catalogue.search("thick", LORA, nsfw=False)
    assert names(first.assets) == ["Thick Paint", "Thick Paint for Flux"]
    assert (await catalogue.search(" THICK ", LORA, nsfw=False)) == first
    assert len(civitai.asked) == 1
    clock.now += DAY + 1
    await catalogue.search("thick", LORA, nsfw=False)
    assert len(civitai.asked) == 2


async def test_an_old_answer_is_served_where_none_comes(open_catalogue, civitai, clock):
    catalogue = await open_catalogue()
    asked = clock.now
    await catalogue.search("thick", LORA, nsfw=False)
    clock.now += 30 * DAY
    civitai.fail("catalogue", faults.says(503, {}), 3)
    answer = await catalogue.search("thick", LORA, nsfw=False)
    assert (names(answer.assets)[0], answer.stale, answer.fetched_at) == (
        "Thick Paint",
        True,
        asked,
    )
    civitai.fail("catalogue", faults.says(503, {}), 3)
    with pytest.raises(AssetUnreachable):
        await catalogue.search("never asked", LORA, nsfw=False)


async def test_numbers_find_models_and_versions(open_catalogue):
    catalogue = await open_catalogue()
    assert names((await catalogue.search("12", LORA, nsfw=False)).assets) == [
        "Thick Paint for Flux"
    ]
    assert names((await catalogue.search("1101", LORA, nsfw=False)).assets) == ["Thick Paint"]
    assert (await catalogue.search("31", LORA, nsfw=False)).assets == ()


@pytest.mark.parametrize(
    ("nsfw", "hidden"),
    [
        (False, {"Somebody Real", "For Adults", "Racy Samples"}),
        (True, {"Somebody Real", "Young Hero", "Family Friendly"}),
    ],
)
async def test_what_may_not_be_used_is_not_shown(open_catalogue, nsfw, hidden):
    catalogue = await open_catalogue()
    for number in ("21", "22", "23", "24", "26"):
        await catalogue.about(number, kind=LORA, is_version=False)
    every = {"Somebody Real", "Young Hero", "Family Friendly", "For Adults", "Racy Samples"}
    assert every - set(names(catalogue.complete("", LORA, nsfw=nsfw))) == hidden
    found = set(names((await catalogue.search("", LORA, nsfw=nsfw)).assets))
    assert not found & hidden
    assert "Thick Paint" in found


async def test_about_finds_by_model_version_and_name(open_catalogue):
    catalogue = await open_catalogue()
    asset, version = await catalogue.about("11", kind=LORA, is_version=False)
    assert (asset.name, version.id) == ("Thick Paint", 1102)
    asset, version = await catalogue.about("1101", kind=LORA, is_version=True)
    assert (asset.name, version.base_model) == ("Thick Paint", "SD 1.5")
    asset, _version = await catalogue.about("thick paint", kind=LORA, is_version=False)
    assert asset.id == 11
    asset, _version = await catalogue.about("Flux Thick", kind=LORA, is_version=False)
    assert asset.id == 12
    asset, _version = await catalogue.about("31", kind=TI, is_version=False)
    assert asset.name == "Easy Negative"


@pytest.mark.parametrize(
    ("name", "is_version", "words"),
    [
        ("99", False, "does not have"),
        ("99", True, "does not have"),
        ("25", False, "no file"),
        ("nobody is called so", False, "called so"),
        ("31", False, "called so"),
        ("32", False, "neither"),
    ],
)
async def test_what_there_is_not_is_refused(open_catalogue, name, is_version, words):
    catalogue = await open_catalogue()
    with pytest.raises(AssetRefused, match=words):
        await catalogue.about(name, kind=LORA, is_version=is_version)


async def test_what_there_is_not_is_not_asked_again_for_a_day(open_catalogue, civitai, clock):
    catalogue = await open_catalogue()
    for _ in range(3):
        with pytest.raises(AssetRefused):
            await catalogue.about("99", kind=LORA, is_version=False)
    assert len(civitai.asked) == 1
    clock.now += DAY + 1
    with pytest.raises(AssetRefused):
        await catalogue.about("99", kind=LORA, is_version=False)
    assert len(civitai.asked) == 2


@pytest.mark.parametrize(
    ("name", "kind"), [("nobody is called so", LORA), ("31", LORA), ("Thick Paint", TI)]
)
async def test_a_name_that_leads_nowhere_is_asked_once(open_catalogue, civitai, name, kind):
    catalogue = await open_catalogue()
    for _ in range(3):
        with pytest.raises(AssetRefused, match="called so"):
            await catalogue.about(name, kind=kind, is_version=False)
    assert len(civitai.asked) == 1


@pytest.mark.parametrize("status", [401, 403, 451])
async def test_what_is_refused_to_this_bot_may_be_told_the_next_time(
    open_catalogue, civitai, status
):
    catalogue = await open_catalogue()
    civitai.fail("catalogue", faults.says(status, {}))
    with pytest.raises(AssetRefused):
        await catalogue.about("11", kind=LORA, is_version=False)
    assert (await catalogue.about("11", kind=LORA, is_version=False))[0].id == 11


async def test_a_slow_answer_is_not_waited_for_longer_than_told(open_catalogue, civitai):
    catalogue = await open_catalogue()
    civitai.fail("catalogue", faults.hang(), 9)
    with pytest.raises(AssetUnreachable):
        await catalogue.about("11", kind=LORA, is_version=False, deadline=0.05)
    with pytest.raises(AssetUnreachable):
        await catalogue.search("thick", LORA, nsfw=False, deadline=0.05)


async def test_an_answer_that_comes_too_late_is_there_for_the_next(open_catalogue, civitai):
    catalogue = await open_catalogue()
    civitai.fail("catalogue", faults.delay(3600))
    with pytest.raises(AssetUnreachable):
        await catalogue.search("thick", LORA, nsfw=False, deadline=0.05)
    await civitai.until(lambda: civitai.held)
    civitai.let_go()
    answer = await catalogue.search("thick", LORA, nsfw=False)
    assert names(answer.assets) == ["Thick Paint", "Thick Paint for Flux"]
    assert len(civitai.asked) == 1


@pytest.mark.parametrize(
    "how",
    [
        *(faults.says(status, {}) for status in (503, 401, 403, 451)),
        faults.html(403),
        faults.html(),
    ],
    ids=["503", "401", "403", "451", "guard", "page"],
)
async def test_what_was_known_stays_in_use_however_old(open_catalogue, civitai, clock, how):
    catalogue = await open_catalogue()
    known = await catalogue.about("11", kind=LORA, is_version=False)
    clock.now += 100 * DAY
    civitai.fail("catalogue", how, 3)
    assert await catalogue.about("11", kind=LORA, is_version=False) == known
    assert catalogue.known("11", kind=LORA, is_version=False) == known


async def test_what_is_old_is_not_waited_for_again_while_civitai_is_down(
    open_catalogue, civitai, clock
):
    catalogue = await open_catalogue()
    await catalogue.about("11", kind=LORA, is_version=False)
    await catalogue.about("12", kind=LORA, is_version=False)
    clock.now += 8 * DAY
    civitai.fail("catalogue", faults.says(503, {}), 3)
    await catalogue.about("11", kind=LORA, is_version=False)
    asked = len(civitai.asked)
    await catalogue.about("12", kind=LORA, is_version=False)
    catalogue.complete("pony", nsfw=False)
    await settled(catalogue)
    assert len(civitai.asked) == asked
    clock.now += 60
    await catalogue.about("12", kind=LORA, is_version=False)
    assert len(civitai.asked) == asked + 1


async def test_what_is_old_is_asked_for_again(open_catalogue, civitai, clock):
    catalogue = await open_catalogue()
    await catalogue.about("1101", kind=LORA, is_version=True)
    clock.now += 8 * DAY
    civitai.models[0] = {**civitai.models[0], "poi": True}
    assert (await catalogue.about("11", kind=LORA, is_version=False))[0].poi


async def test_what_civitai_has_no_more_is_forgotten(open_catalogue, civitai, clock):
    catalogue = await open_catalogue()
    await catalogue.about("11", kind=LORA, is_version=False)
    clock.now += 8 * DAY
    del civitai.models[0]
    for _ in range(2):
        with pytest.raises(AssetRefused, match="does not have"):
            await catalogue.about("11", kind=LORA, is_version=False)
    assert len(civitai.asked) == 2
    assert catalogue.known("11", kind=LORA, is_version=False) is None
    assert catalogue.known("1101", kind=LORA, is_version=True) is None
    await catalogue.close()
    assert (await open_catalogue()).known("11", kind=LORA, is_version=False) is None


async def test_many_who_ask_the_same_share_one_answer(open_catalogue, civitai):
    catalogue = await open_catalogue()
    asking = [catalogue.about("11", kind=LORA, is_version=False) for _ in range(20)]
    assert len({asset.id for asset, _version in await asyncio.gather(*asking)}) == 1
    assert len(civitai.asked) == 1


async def test_what_was_learnt_outlives_a_restart(open_catalogue, civitai):
    first = await open_catalogue()
    await first.search("thick", LORA, nsfw=False)
    known = await first.about("1101", kind=LORA, is_version=True)
    with pytest.raises(AssetRefused):
        await first.about("99", kind=LORA, is_version=False)
    asked = len(civitai.asked)
    second = await open_catalogue()
    assert second.known("1101", kind=LORA, is_version=True) == known
    assert names((await second.search("thick", LORA, nsfw=False)).assets)[0] == "Thick Paint"
    with pytest.raises(AssetRefused, match="does not have"):
        await second.about("99", kind=LORA, is_version=False)
    assert len(civitai.asked) == asked


async def test_a_broken_memory_is_begun_anew(open_catalogue, tmp_path):
    (tmp_path / "assets.sqlite").write_bytes(b"no database")
    catalogue = await open_catalogue()
    await catalogue.about("11", kind=LORA, is_version=False)
    assert (await open_catalogue()).known("11", kind=LORA, is_version=False) is not None


async def test_completing_asks_nobody_and_has_it_ready_for_the_next_keystroke(
    open_catalogue, civitai
):
    catalogue = await open_catalogue()
    assert catalogue.complete("thi", nsfw=False) == ()
    assert civitai.asked == []
    await settled(catalogue)
    asked = civitai.asked
    assert len(asked) == 1
    assert names(catalogue.complete("thi", nsfw=False)) == ["Thick Paint", "Thick Paint for Flux"]
    assert names(catalogue.complete("pai fl", nsfw=False)) == ["Thick Paint for Flux"]
    assert names(catalogue.complete("120", nsfw=False)) == ["Thick Paint for Flux"]
    assert civitai.asked == asked


async def test_of_what_is_typed_quickly_only_the_last_is_asked(open_catalogue, civitai):
    catalogue = await open_catalogue()
    for typed in ("t", "th", "thi", "thick"):
        catalogue.complete(typed, nsfw=False)
    await settled(catalogue)
    assert [path.rpartition("=")[2] for path in civitai.asked] == ["thick"]


async def test_common_searches_and_the_styles_loras_are_fetched_in_the_background(
    open_catalogue, civitai
):
    catalogue = await open_catalogue()
    catalogue.warm(("thick", "pony"))
    catalogue.learn([("14", LORA, False), ("1501", LORA, True), ("99", LORA, False)])
    await settled(catalogue)
    asked = len(civitai.asked)
    assert catalogue.known("14", kind=LORA, is_version=False)[0].name == "Unknown Base"
    assert catalogue.known("1501", kind=LORA, is_version=True)[0].name == "Very Large"
    assert names(catalogue.complete("pony", nsfw=False)) == ["Pony Glitter"]
    catalogue.warm(("thick",))
    catalogue.learn([("14", LORA, False)])
    await settled(catalogue)
    assert len(civitai.asked) == asked


async def test_what_could_not_be_fetched_in_the_background_is_tried_again(open_catalogue, civitai):
    catalogue = await open_catalogue()
    civitai.fail("catalogue", faults.says(503, {}), 6)
    catalogue.warm(("thick",))
    catalogue.learn([("14", LORA, False), ("99", LORA, False)])
    await settled(catalogue)
    assert names(catalogue.complete("thick", nsfw=False))[0] == "Thick Paint"
    assert catalogue.known("14", kind=LORA, is_version=False) is not None


async def test_common_searches_are_fetched_once_a_week(open_catalogue, civitai, clock):
    catalogue = await open_catalogue()
    for days, asked in ((0, 1), (3, 1), (8, 2)):
        clock.now = 1_800_000_000 + days * DAY
        catalogue.warm(("thick",))
        await settled(catalogue)
        assert len(civitai.asked) == asked


async def test_closed_it_begins_nothing_new(open_catalogue, civitai):
    catalogue = await open_catalogue()
    await catalogue.close()
    catalogue.complete("thick", nsfw=False)
    catalogue.warm()
    await settled(catalogue)
    assert civitai.asked == []


async def test_closing_ends_what_is_under_way(open_catalogue, civitai):
    catalogue = await open_catalogue()
    civitai.fail("catalogue", faults.delay(3600))
    asking = asyncio.create_task(catalogue.search("thick", LORA, nsfw=False))
    await civitai.until(lambda: civitai.held)
    await catalogue.close()
    with pytest.raises(asyncio.CancelledError):
        await asking


async def test_switched_off_it_knows_what_it_knew(open_catalogue, civitai):
    learning = await open_catalogue()
    await learning.about("11", kind=LORA, is_version=False)
    asked = len(civitai.asked)
    catalogue = await open_catalogue(asks=False)
    catalogue.warm()
    catalogue.complete("x", nsfw=False)
    assert (await catalogue.about("11", kind=LORA, is_version=False))[0].id == 11
    with pytest.raises(AssetRefused, match="not looked up"):
        await catalogue.about("12", kind=LORA, is_version=False)
    with pytest.raises(AssetRefused, match="not looked up"):
        await catalogue.search("x", LORA, nsfw=False)
    assert len(civitai.asked) == asked


async def test_completing_over_five_thousand_names_is_a_matter_of_milliseconds(clock):
    import time

    memory = AssetMemory(None)
    version = AssetVersion(1, "v", "SDXL 1.0")
    assets = [
        Asset(number, LORA, f"{number % 97} thick style {number}", versions=(version,))
        for number in range(5000)
    ]
    memory.learn(assets, clock.now)
    catalogue = AssetCatalogue(None, memory, clock=clock)
    started = time.process_time()
    assert len(catalogue.complete("thick 4", nsfw=False)) == 25
    assert time.process_time() - started < 10  # 50 ms is the aim; the bench tells
