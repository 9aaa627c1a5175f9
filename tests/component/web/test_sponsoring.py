"""The page behind a sponsor's link."""

from __future__ import annotations

import base64
from contextlib import asynccontextmanager

import pytest
from structlog.testing import capture_logs

from bots.program import open_core
from bots.web.adapter import WebAdapter
from common.config import parse
from common.errors import ConfigError
from events.kudos.funds import Funds
from events.kudos.records import FundState, Purpose
from request.kept.marks import open_marks
from tests.component.web.visitor import hidden_fields
from tests.fakes.horde import FakeHorde

KEY = "key-of-a-sponsor"
SEAL = base64.b64encode(bytes(range(32))).decode()


@pytest.fixture
async def horde():
    async with FakeHorde() as fake:
        fake.owners = {KEY: "sponsor#5"}
        fake.users["sponsor#5"] = 500.0
        yield fake


@pytest.fixture
def opened(house, horde):
    @asynccontextmanager
    async def start(**web):
        entry = {"name": "horde", "url": horde.url, "key": "key-of-the-bot"}
        document = {
            "data_dir": str(house.folder),
            "web": {"port": 0, **web},
            "horde": {"endpoints": [entry]},
            "kudos": {"horde": "horde", "seal_key": SEAL},
        }
        async with open_core(parse(document), lasting=False) as core:
            adapter = await WebAdapter.build("room", {"platform": "web"}, core.services)
            funds = Funds(core.services.database, open_marks(house.folder))
            try:
                yield adapter, funds
            finally:
                await adapter.close()

    return start


@pytest.fixture
async def site(opened):
    async with opened() as both:
        yield both


async def give(browser, path, **typed):
    _, page = await browser.get(path)
    fields = hidden_fields(page, "give") | {"kudos": "100", "key": KEY, **typed}
    return await browser.post(path, fields, allow_redirects=True)


async def test_a_key_is_given_once_and_taken_away_at_once(site, visit):
    adapter, funds = site
    path = f"/sponsor/{await funds.invite('autumn', Purpose.PRIZES)}"
    browser = visit(adapter)

    _, page = await browser.get(path)
    assert "prizes of “autumn”" in page
    assert "Kudos buy nothing here" in page
    assert 'type="password"' in page
    _, page = await give(browser, path)
    assert "sponsor#5 gives up to 100 kudos" in page
    assert KEY not in page

    _, page = await browser.get(path)
    _, page = await browser.post(f"{path}/remove", hidden_fields(page, "remove"))
    assert "The key is deleted" in page
    [fund] = await funds.of("autumn")
    assert (fund.state, fund.sealed) == (FundState.REMOVED, None)


async def test_nobody_else_takes_the_key_away_or_sees_who_gave_it(site, visit):
    adapter, funds = site
    path = f"/sponsor/{await funds.invite('autumn', Purpose.PICTURES)}"
    await give(visit(adapter), path)

    other = visit(adapter)
    _, page = await other.get(path)
    assert "already used" in page
    assert "sponsor#5" not in page
    fields = await other.fields()
    status, _ = await other.post(f"{path}/remove", fields)
    assert status == 403
    status, page = await other.post(path, fields | {"kudos": "5", "key": KEY})
    assert (status, "already used" in page) == (400, True)
    [fund] = await funds.of("autumn")
    assert fund.state is FundState.READY


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ({"kudos": "501"}, "sponsor#5 has 500 kudos"),
        ({"kudos": "ten"}, "whole number of kudos"),
        ({"kudos": ""}, "whole number of kudos"),
        ({"key": "0000000000"}, "anonymous one"),
        ({"key": ""}, "does not know this key"),
    ],
)
async def test_what_is_wrong_is_said_and_the_key_is_not_shown_again(site, visit, typed, sentence):
    adapter, funds = site
    path = f"/sponsor/{await funds.invite('autumn', Purpose.PRIZES)}"

    status, page = await give(visit(adapter), path, **typed)
    assert status == 400
    assert sentence in page
    assert KEY not in page


async def test_made_up_links_are_unknown(site, visit):
    adapter, _ = site
    browser = visit(adapter)
    fields = await browser.fields()
    assert (await browser.get("/sponsor/short"))[0] == 404
    status, page = await browser.get("/sponsor/" + "x" * 32)
    assert (status, "not valid" in page) == (404, True)
    assert (await browser.post("/sponsor/" + "x" * 32, fields))[0] == 404


@pytest.mark.parametrize(
    "headers", [{"Origin": "https://evil.example"}, {"Sec-Fetch-Site": "cross-site"}]
)
async def test_forged_forms_give_nothing(site, visit, headers):
    adapter, funds = site
    path = f"/sponsor/{await funds.invite('autumn', Purpose.PRIZES)}"
    browser = visit(adapter)
    _, page = await browser.get(path)
    fields = hidden_fields(page, "give") | {"kudos": "100", "key": KEY}

    assert (await browser.post(path, fields, headers=headers))[0] == 403
    assert (await browser.post(path, fields | {"form": "0" * 64}))[0] == 403
    [fund] = await funds.of("autumn")
    assert fund.state is FundState.INVITED


async def test_tokens_are_not_tried_without_end(opened, visit):
    async with opened(requests_per_address=3) as (adapter, _):
        browser = visit(adapter)
        for number in range(3):
            assert (await browser.get(f"/sponsor/{number:032}"))[0] == 404
        assert (await browser.get(f"/sponsor/{3:032}"))[0] == 429


async def test_a_key_is_taken_only_where_nobody_can_read_along(opened, visit):
    async with opened(public_url="http://pictures.example") as (adapter, funds):
        path = f"/sponsor/{await funds.invite('autumn', Purpose.PRIZES)}"
        browser = visit(adapter)
        browser.url = f"http://127.0.0.1:{adapter._site._runner.addresses[0][1]}"
        status, page = await give(browser, path)
        assert (status, "encrypted connection" in page) == (400, True)


async def test_neither_key_nor_token_comes_into_the_log(site, visit, horde):
    adapter, funds = site
    token = await funds.invite("autumn", Purpose.PRIZES)
    await horde.stop()
    with capture_logs() as lines:
        status, page = await give(visit(adapter), f"/sponsor/{token}")
    assert (status, "does not answer" in page) == (400, True)
    assert KEY not in str(lines)
    assert token not in str(lines)


async def test_a_hub_gives_no_prizes(house):
    entry = {"name": "hub", "url": "hub"}
    document = {
        "data_dir": str(house.folder),
        "web": {"port": 0},
        "horde": {"endpoints": [entry]},
        "kudos": {"horde": "hub"},
    }
    with pytest.raises(ConfigError, match="no kudos to give"):
        parse(document)
