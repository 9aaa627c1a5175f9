"""`hordebots check` and `check --fix`: the account of a bot, as its server would like it."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace

import pytest
import yaml

from bots.mastodon.adapter import MastodonAdapter
from common import texts
from common.config import PlaceConfig
from common.errors import StartupError
from tests.component.bots.programs import run
from tests.fakes.horde import FakeHorde

OWNER = "@ann@fake.example"


async def check(server, tmp_path, *options):
    """Run the command; return what it says of the account, and whether that is well."""
    account = {"platform": "mastodon", "url": server.url, "token": server.token, "owner": OWNER}
    async with FakeHorde() as horde:
        document = {
            "data_dir": str(tmp_path / "data"),
            "run": ["art"],
            "horde": {"endpoints": [{"name": "fake", "url": horde.url}]},
            "reference": {"url": None},
            "civitai": {"url": None},
            "accounts": {"art": account},
        }
        file = tmp_path / "config.yaml"
        file.write_text(yaml.safe_dump(document), "utf-8")
        file.chmod(0o600)
        done = await asyncio.to_thread(run, "check", "--json", *options, cwd=tmp_path)
    findings = [json.loads(line) for line in done.out.splitlines()]
    return {one["sentence"]: one["ok"] for one in findings if one["what"] == "account art"}


async def examine(server, services, *, fix=False, **section):
    """Do the same without a process of its own."""
    given = {"url": server.url, "token": server.token, **section}
    adapter = await MastodonAdapter.build("art", given, services)
    findings = await adapter.examine(fix=fix)
    await adapter.close()
    return {one.sentence: one.ok for one in findings}


@pytest.mark.program
async def test_what_is_missing_is_named_and_set_right(server, tmp_path, services):
    server.bot.note = "Paints foxes."
    server.bot.fields = [("Home", "https://example.org")]
    before = await check(server, tmp_path)
    assert list(before.values()) == [True, True, False, False, False]
    assert all("--fix" in sentence for sentence, ok in before.items() if not ok)
    assert not server.bot.bot

    assert all((await check(server, tmp_path, "--fix")).values())
    assert server.bot.bot
    assert server.bot.note.startswith("Paints foxes.\n\n")
    assert len(server.bot.note) <= 500
    assert server.bot.fields == [("Operator", OWNER), ("Home", "https://example.org")]
    changes = server.journal.count("change_me")
    assert all((await examine(server, services, fix=True, owner=OWNER)).values())
    assert server.journal.count("change_me") == changes


async def test_a_token_that_may_too_little(server, services):
    server.routes.scopes = ["read", "write:statuses"]
    found = await examine(server, services)
    assert [s for s, ok in found.items() if not ok and "write:media" in s]
    assert [s for s, ok in found.items() if not ok and "owner:" in s]


async def test_where_a_profile_has_no_room_its_fields_say_the_same(server, services):
    server.bot.note = "x" * 400
    assert all((await examine(server, services, fix=True, owner=OWNER)).values())
    assert server.bot.note == "x" * 400
    assert [name for name, _ in server.bot.fields] == ["Operator", "Made by", "Opt out"]
    assert all(len(value) <= 255 for _, value in server.bot.fields)


@pytest.mark.parametrize("language", texts.spoken())
async def test_the_profile_is_in_the_language_of_the_bots_places_and_the_findings_are_not(
    server, services, language
):
    config = services.config.model_copy(update={"defaults": PlaceConfig(language=language)})
    there = replace(services, live=lambda: config)
    server.bot.note = ""
    found = await examine(server, there, fix=True, owner=OWNER)
    assert all(found.values())
    assert "The profile has been changed" in found
    words = texts.catalogue(language)
    assert server.bot.note == words["mastodon.profile"]
    assert server.bot.fields == [(words["mastodon.operator"], OWNER)]
    server.bot.note, server.bot.fields = "x" * 400, []
    assert all((await examine(server, there, fix=True, owner=OWNER)).values())
    assert [name for name, _ in server.bot.fields][1:] == [
        words["mastodon.made"],
        words["mastodon.opt_out"],
    ]
    assert all(len(value) <= 255 for _, value in server.bot.fields)


async def test_a_token_nobody_knows_and_a_server_that_is_down(server, services):
    with pytest.raises(StartupError, match="access token"):
        await examine(server, services, token="wrong")
    await server.stop()
    assert list((await examine(server, services)).values()) == [False]
