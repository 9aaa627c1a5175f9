"""The adapter against another server that speaks Mastodon's API, written by somebody else."""

from __future__ import annotations

import asyncio
import warnings

import pytest
from mastodon import Mastodon

from bots.mastodon.adapter import MastodonAdapter
from common.model import IncomingKind, Phase, Progress
from tests.component.mastodon.conftest import Ears
from tests.waiting import wait_until


@pytest.fixture
def other():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of a library that is not ours
        from mastodon_mock.testing import MockServer

        with MockServer() as running:
            yield running


async def test_it_hears_answers_and_takes_back_there_as_well(other, services, picture, answer):
    bob = Mastodon(
        access_token="bob_token",
        api_base_url=other.base_url,
        mastodon_version="4.5.0",
        version_check_mode="created",
    )
    given = {"url": other.base_url, "token": "alice_token", "poll_seconds": 0.2}
    adapter = await MastodonAdapter.build("art", given, services)
    ears = Ears(adapter)
    try:
        await wait_until(lambda: services.cursors.read("art"))
        asked = await asyncio.to_thread(
            bob.status_post, "@alice draw for me a fox\nin the #snow", visibility="public"
        )
        incoming = await ears.next()
        assert incoming.event == str(asked.id)
        assert incoming.text.removeprefix(incoming.mentions[1]).strip() == (
            "draw for me a fox\nin the snow"
        )
        assert incoming.person.name.startswith("bob@")
        await adapter.acknowledge(incoming, Progress(Phase.WAITING, 1))
        assert await adapter.find_own_reply(incoming, 1) is None
        posted = [await answer(adapter, incoming, "Here.", picture()) for _ in range(2)]
        assert posted[0] == posted[1]  # it heeds the Idempotency-Key
        assert await adapter.find_own_reply(incoming, 1) == posted[0]
        seen = await asyncio.to_thread(bob.status, posted[0])
        assert (seen.visibility, seen.media_attachments[0].description) == (
            "unlisted",
            "a teal one",
        )
        assert [one.acct for one in seen.mentions] == ["bob"]
        assert (await asyncio.to_thread(bob.status, asked)).favourites_count == 1
        findings = await adapter.examine(fix=True)
        assert [one.ok for one in findings][2]
        await adapter.remove(incoming, posted[0])
        assert await adapter.find_own_reply(incoming, 1) is None
        await asyncio.to_thread(bob.status_delete, asked)
        while (gone := await ears.next()).event != str(asked.id):
            assert gone.event == posted[0]  # its own post is gone as well
        assert gone.kind is IncomingKind.DELETION
    finally:
        await ears.stop()
