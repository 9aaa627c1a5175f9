"""The page on the cards that draw here, read from a Horde over HTTP."""

from __future__ import annotations

import aiohttp

from bots.web.cards import own_workers
from common.config import Config, EndpointConfig, HordeConfig
from common.horde.wire_status import WorkerStatus
from tests.fakes.horde import FakeHorde
from web.pages.cards import KEPT_SECONDS, CardPages
from web.templating import Pages


async def test_cards_are_shown_with_what_their_owners_say_and_hordes_asked_seldom():
    asked, now = [], [0.0]
    told = [
        WorkerStatus(
            name="attic <card>",
            online=True,
            requests_fulfilled=7,
            info="an old one",
            performance="2.6 megapixelsteps per second",
        ),
        WorkerStatus(name="cellar", online=True, maintenance_mode=True, models=["b", "a"]),
    ]

    async def workers():
        asked.append(now[0])
        return told

    pages = CardPages(workers, Pages("", lambda: 0.0), lambda: now[0])
    page = (await pages.show(None)).text
    assert "attic &lt;card&gt;" in page
    for words in ("an old one", "7 jobs so far", "Resting, as its owner", "a, b"):
        assert words in page
    assert "About 2 seconds for a picture" in page
    assert page.count("seconds for a picture") == 1
    now[0] = KEPT_SECONDS / 2
    await pages.show(None)
    now[0] = KEPT_SECONDS + 1
    told.clear()
    assert "No card of our own" in (await pages.show(None)).text
    assert asked == [0.0, KEPT_SECONDS + 1]


async def test_own_hordes_are_asked_and_one_that_is_gone_is_passed_over():
    async with FakeHorde() as horde, aiohttp.ClientSession() as session:
        endpoints = (
            EndpointConfig(name="gone", url="http://127.0.0.1:9/api"),
            EndpointConfig(name="own", url=horde.url),
            EndpointConfig(name="public", url="https://aihorde.net/api"),
        )
        ask = own_workers(Config(horde=HordeConfig(endpoints=endpoints)), session)
        found = await ask()
    assert found
    assert all(worker.online for worker in found)
