"""Asking CivitAI: what it says, and each way in which it does not."""

from dataclasses import replace

import pytest
from pydantic import SecretStr

from common.civitai.assets import AssetKind
from common.civitai.client import CivitaiClient
from common.errors import AssetRefused, AssetUnreachable
from tests.component.civitai.conftest import QUICK
from tests.fakes import faults

LORA, TI = AssetKind.LORA, AssetKind.TI


def no(status):
    """What CivitAI says where it says no."""
    return faults.says(status, {"error": "no"})


async def test_a_search_finds_by_part_of_a_name(client, civitai):
    found = await client.search("thick", LORA)
    assert [asset.name for asset in found] == ["Thick Paint", "Thick Paint for Flux"]
    assert "types=LORA&types=LoCon&types=DoRA&query=thick" in civitai.asked[0]


async def test_the_facts_of_an_asset(client):
    asset = await client.model(11)
    assert (asset.id, asset.kind, asset.creator) == (11, LORA, "maker11")
    newest, older = asset.versions
    assert (newest.id, newest.base_model, older.base_model) == (1102, "SDXL 1.0", "SD 1.5")
    assert (newest.triggers, newest.size_bytes) == (("thick paint",), 36_864_512)
    assert (newest.safetensors, newest.sha256) == (True, "ab" * 32)
    assert asset.credit().link == "https://civitai.com/models/11"
    assert asset.credit(1101).link.endswith("?modelVersionId=1101")


async def test_what_marks_an_asset_is_kept(client):
    flags = {
        number: (asset.poi, asset.minor, asset.sfw_only, asset.nsfw)
        for number in (21, 22, 23, 24)
        for asset in [await client.model(number)]
    }
    assert flags == {
        21: (True, False, False, False),
        22: (False, True, False, False),
        23: (False, False, True, False),
        24: (False, False, False, True),
    }
    assert not (await client.model(16)).versions[0].safetensors
    assert (await client.model(17)).versions[0].sha256 is None
    assert not (await client.model(18)).versions[0].downloadable


async def test_names_of_strangers_are_one_bounded_line(client):
    name = (await client.model(33)).name
    assert name.isprintable()
    assert name.startswith("evil name x")
    assert len(name) == 120


async def test_what_is_neither_is_refused(client):
    with pytest.raises(AssetRefused, match="neither"):
        await client.model(32)


async def test_textual_inversions_are_asked_for_by_their_kind(client):
    assert [asset.id for asset in await client.search("negative", TI)] == [31]
    assert await client.search("negative", LORA) == ()


async def test_a_version_leads_to_its_model(client):
    assert await client.model_of_version(1101) == 11


@pytest.mark.parametrize(
    ("status", "words"),
    [(401, "members"), (403, "give this out"), (404, "does not have"), (451, "legal")],
)
async def test_a_final_answer_is_not_asked_again(client, civitai, status, words):
    civitai.fail("catalogue", no(status))
    with pytest.raises(AssetRefused, match=words):
        await client.model(11)
    assert len(civitai.asked) == 1


@pytest.mark.parametrize("how", [*map(no, (429, 500, 503)), faults.hang(), faults.reset()], ids=str)
async def test_what_may_pass_is_tried_again(civitai, session, how):
    patience = replace(QUICK, total=1.0) if how == faults.hang() else QUICK
    client = CivitaiClient(civitai.url, session, patience=patience)
    civitai.fail("catalogue", how, 2)
    assert (await client.model(11)).name == "Thick Paint"
    await civitai.until(lambda: len(civitai.asked) == 3)


async def test_it_waits_as_long_as_it_is_told_but_not_for_ever(client, civitai):
    civitai.fail("catalogue", faults.limiter(retry_after=0.01))
    assert (await client.model(11)).id == 11
    civitai.fail("catalogue", faults.limiter(retry_after=3600))
    with pytest.raises(AssetUnreachable, match="busy"):
        await client.model(11)
    assert len(civitai.asked) == 3


@pytest.mark.parametrize("status", [429, 500])
async def test_after_three_tries_it_is_unreachable(client, civitai, status):
    civitai.fail("catalogue", no(status), 3)
    with pytest.raises(AssetUnreachable):
        await client.model(11)


@pytest.mark.parametrize(
    "how",
    [
        faults.html(),
        faults.html(403),
        faults.answer(200, '"' + "x" * 9_000_000 + '"'),
        faults.answer(302, "", {"Location": "/api/v1/models/12"}),
        *map(no, (302, 400)),
    ],
    ids=["page", "guard", "huge", "redirect", "redirect nowhere", "bad request"],
)
async def test_what_is_no_answer_of_civitai_is_said_so(client, civitai, how):
    civitai.fail("catalogue", how)
    with pytest.raises(AssetUnreachable, match="cannot be read"):
        await client.model(11)
    assert len(civitai.asked) == 1  # neither followed nor asked again


@pytest.mark.parametrize("number", [0, 2**31, 10**11])
async def test_a_number_nothing_can_have_is_not_asked_for(client, civitai, number):
    for ask in (client.model, client.model_of_version):
        with pytest.raises(AssetRefused, match="does not have"):
            await ask(number)
    assert civitai.asked == []


async def test_what_is_typed_can_be_anything(client, civitai):
    assert await client.search("\ud800\x00 thick\npaint " + "x" * 500, LORA) == ()
    assert "query=thick+paint+xxx" in civitai.asked[0]
    assert len(civitai.asked[0]) < 200


async def test_it_says_who_asks(client, civitai):
    await client.model(11)
    [exchange] = civitai.journal.of("catalogue")
    assert exchange.headers["user-agent"].startswith("hordebots/0.")


async def test_an_early_access_ends(civitai, session):
    now = 1_800_000_000.0
    client = CivitaiClient(civitai.url, session, patience=QUICK, clock=lambda: now)
    civitai.models[0]["modelVersions"][0]["earlyAccessEndsAt"] = "2027-01-16T00:00:00.000Z"
    assert not (await client.model(11)).versions[0].downloadable
    now += 86_400
    assert (await client.model(11)).versions[0].downloadable


async def test_one_hit_that_cannot_be_read_is_left_out(client, civitai):
    civitai.models[:2] = [{"name": "Thick", "type": "LORA"}, civitai.models[1]]
    assert [asset.id for asset in await client.search("thick", LORA)] == [12]


async def test_a_key_goes_along_if_there_is_one(civitai, session, client):
    await client.model(11)
    keyed = CivitaiClient(civitai.url, session, SecretStr("secret"), patience=QUICK)
    await keyed.model(11)
    keys = [one.headers.get("authorization") for one in civitai.journal.of("catalogue")]
    assert keys == [None, "Bearer secret"]
