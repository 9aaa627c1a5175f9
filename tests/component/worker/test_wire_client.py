"""The worker's side of the API, the calls that no job needs."""

from __future__ import annotations

import pytest
from pydantic import SecretStr

from common.errors import HordeRejected, HordeUnreachable
from tests.fakes.hub import KEY
from worker.horde.client import connect


async def test_finds_the_owner_of_the_key(hub):
    async with connect(hub.url, SecretStr(KEY)) as horde:
        assert (await horde.find_user()).username == "ada#1"
    assert hub.journal.exchanges[-1].headers["apikey"] == KEY
    assert hub.journal.exchanges[-1].headers["client-agent"].startswith("hordebots:")


async def test_sets_maintenance_with_a_message_and_ends_it_without(hub):
    async with connect(hub.url, SecretStr(KEY)) as horde:
        await horde.change_worker("a/b", maintenance=True, maintenance_msg="repairs")
        await horde.change_worker("a/b", maintenance=False)
    assert [call.body for call in hub.journal.exchanges] == [
        {"maintenance": True, "maintenance_msg": "repairs"},
        {"maintenance": False},
    ]


@pytest.mark.parametrize("address", ["ftp://127.0.0.1/x", "no address", "http://"])
async def test_an_upload_to_nowhere_is_refused(hub, address):
    async with connect(hub.url, SecretStr(KEY)) as horde:
        with pytest.raises(HordeRejected, match="did not take"):
            await horde.upload(address, b"x")


async def test_an_upload_nobody_answers_may_be_tried_again(hub):
    await hub.stop()
    async with connect(hub.url, SecretStr(KEY)) as horde:
        with pytest.raises(HordeUnreachable):
            await horde.upload(f"{hub.origin}/upload/x", b"x")
