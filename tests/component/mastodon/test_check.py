"""`hordebots check` and `check --fix`: the account of a bot, as its server would like it."""

from __future__ import annotations

import asyncio
import json

import yaml

from tests.component.bots.programs import run
from tests.fakes.horde import FakeHorde


async def look(server, tmp_path, *options, **section):
    account = {"platform": "mastodon", "url": server.url, "token": server.token, **section}
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


async def test_what_is_missing_is_named_and_set_right(server, tmp_path):
    server.bot.note = "Paints foxes."
    server.bot.fields = [("Home", "https://example.org")]
    before = await look(server, tmp_path, owner="@ann@fake.example")
    assert list(before.values()) == [True, True, False, False, False]
    assert all("--fix" in sentence for sentence, ok in before.items() if not ok)
    assert not server.bot.bot

    after = await look(server, tmp_path, "--fix", owner="@ann@fake.example")
    assert all(after.values())
    assert server.bot.bot
    assert server.bot.note.startswith("Paints foxes.\n\n")
    assert len(server.bot.note) <= 500
    assert server.bot.fields == [("Operator", "@ann@fake.example"), ("Home", "https://example.org")]
    changes = server.journal.count("change_me")
    assert all((await look(server, tmp_path, "--fix", owner="@ann@fake.example")).values())
    assert server.journal.count("change_me") == changes


async def test_a_token_that_may_too_little(server, tmp_path):
    server.routes.scopes = ["read", "write:statuses"]
    found = await look(server, tmp_path)
    assert [s for s, ok in found.items() if not ok and "write:media" in s]
    assert [s for s, ok in found.items() if not ok and "owner:" in s]


async def test_a_token_nobody_knows_and_a_server_that_is_down(server, tmp_path):
    found = await look(server, tmp_path, token="wrong")
    assert "access token" in next(iter(found))
    await server.stop()
    found = await look(server, tmp_path)
    assert list(found.values()) == [False]
