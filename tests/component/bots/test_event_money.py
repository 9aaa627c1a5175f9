"""`hordebots event prizes|payout|sponsor|unsponsor`, against the fake Horde."""

import asyncio
import base64
import json
import re
import time
from datetime import UTC, datetime

import pytest
import yaml
from pydantic import SecretStr
from typer.testing import CliRunner

from bots.__main__ import app
from bots.assembly.rooms import open_rooms
from bots.program import prepare_folder
from common.config import load
from common.errors import Refusal
from events.prizes import Award
from tests.fakes.horde import FakeHorde, faults
from tests.fakes.server import in_thread

RUNNER = CliRunner()
DAY = 24 * 3600.0
KEY = "key-of-a-sponsor"


@pytest.fixture
def horde():
    with in_thread(FakeHorde()) as fake:
        fake.owners, fake.users["sponsor#5"] = {KEY: "sponsor#5"}, 500.0
        yield fake


@pytest.fixture
def config(tmp_path, horde):
    document = {
        "data_dir": "data",
        "web": {"public_url": "https://art.example"},
        "horde": {"endpoints": [{"name": "aihorde", "url": horde.url, "key": "key-of-the-bot"}]},
        "kudos": {
            "horde": "aihorde",
            "seal_key": base64.b64encode(bytes(range(32))).decode(),
        },
    }
    file = tmp_path / "config.yaml"
    file.write_text(yaml.safe_dump(document), "utf-8")
    return file


@pytest.fixture
def say(config):
    """Run a command; return what it prints."""

    def run(*words):
        told = RUNNER.invoke(app, ["event", *words, "--config", str(config)])
        if told.exception is not None and not isinstance(told.exception, SystemExit):
            raise told.exception
        assert told.exit_code == 0, told.output
        return told.output

    return run


@pytest.fixture
def drafted(say, tmp_path):
    def draft(**prizes):
        now = time.time()
        document = {
            "name": "autumn",
            "title": "Autumn",
            "theme": "Leaves",
            "schedule": {
                "opens": datetime.fromtimestamp(now + DAY, UTC).isoformat(),
                "closes": datetime.fromtimestamp(now + 8 * DAY, UTC).isoformat(),
            },
            "prizes": prizes,
        }
        file = tmp_path / "autumn.yaml"
        file.write_text(yaml.safe_dump(document), "utf-8")
        say("new", "--file", str(file))
        return document, file

    return draft


def in_rooms(config, work):
    settings = load(config)

    async def go():
        async with open_rooms(settings, prepare_folder(settings.data_dir)) as rooms:
            return await work(rooms)

    return asyncio.run(go())


def test_prizes_and_who_pays_them(say, drafted, horde):
    drafted(participation=50, places=[300, 200], budget=650)
    said = say("prizes", "autumn")
    assert "At most 650 kudos of prizes, of which the bot's own account pays 650" in said
    assert "50 kudos for taking part go to the first 3 people" in said

    say("prizes", "autumn", "--check")
    told = json.loads(say("prizes", "autumn", "--json"))
    assert [(one["name"], one["kudos"]) for one in told["funds"]] == [("member#1", 650)]
    horde.kudos = 0.0
    with pytest.raises(Refusal, match="has not enough"):
        say("prizes", "autumn", "--check")


def test_an_event_without_prizes(say, drafted):
    drafted()
    assert "has no prizes" in say("prizes", "autumn")
    assert "given no prizes yet" in say("payout", "autumn")
    assert "0 kudos in all; nothing was sent" in say("payout", "autumn", "--dry-run")


def test_a_sponsor_comes_by_a_link_and_goes_by_a_command(say, drafted, config, horde):
    drafted(places=[300], budget=300)
    link = say("sponsor", "autumn")
    token = re.search(r"https://art\.example/sponsor/(\S+)", link)[1]

    async def give(rooms):
        sponsors = rooms.treasury.sponsors
        return await sponsors.give(token, browser="b", key=SecretStr(KEY), kudos=300)

    fund = in_rooms(config, give)
    assert "of which the bot's own account pays 0" in say("prizes", "autumn")
    with pytest.raises(Refusal, match="has no sponsor nobody"):
        say("unsponsor", "autumn", "nobody")
    assert "The key is deleted" in say("unsponsor", "autumn", fund.id)
    assert "removed" in say("prizes", "autumn")


def test_what_was_refused_is_shown_and_tried_again(say, drafted, config, horde):
    drafted(places=[300], budget=300)
    say("prizes", "autumn", "--check")

    async def pay(rooms):
        event = await rooms.parts.events.event("autumn")
        lease = await rooms.parts.outbox._leases.take("clock")
        awards = [Award("ann", "ann", "place 1", 300)]
        await rooms.treasury.ledger.award(lease, event.id, awards, {"ann": "friend#2"})
        await rooms.treasury.pay(lease)

    horde.fail("transfer", faults.rc("InvalidTargetUsername"))
    in_rooms(config, pay)
    assert "cannot go to this name" in say("payout", "autumn")
    assert "intended" in say("payout", "autumn", "--retry")
    in_rooms(config, pay)
    [transfer] = json.loads(say("payout", "autumn", "--json"))
    assert (transfer["state"], transfer["to"], transfer["kudos"]) == ("sent", "friend#2", 300)
    assert horde.transfers == [("friend#2", 300)]


def test_prizes_that_grow_after_the_announcement_have_to_be_covered(say, drafted, horde):
    document, file = drafted(places=[300], budget=300)
    say("announce", "autumn")
    horde.kudos = 300.0
    document["prizes"] = {"places": [301], "budget": 301}
    file.write_text(yaml.safe_dump(document), "utf-8")

    with pytest.raises(Refusal, match="1 are missing"):
        say("plan", "autumn", "--file", str(file))
    assert "At most 300 kudos" in say("prizes", "autumn")
