"""How a host comes to a hub with one line, and what they tell it by command."""

from __future__ import annotations

import asyncio
import os
import stat

import pytest
import yaml
from typer.testing import CliRunner

from common.config import WorkerEndpoint, load
from common.errors import WorkerError
from tests.fakes.hub import KEY
from worker.owner.joining import make_link, read_link


def program():
    import typer

    from worker.cli import register

    app = typer.Typer()
    app.callback()(lambda: None)
    register(app)
    return app


async def worker(*command):
    """Run a command in a thread, while the hub answers here."""
    return await asyncio.to_thread(CliRunner().invoke, program(), ["worker", *map(str, command)])


def test_a_link_brings_over_what_it_was_made_of():
    endpoint = WorkerEndpoint(
        url="https://hub.example.org/api", key="a b&c#d", priority_usernames=("bot#2", "ada#1")
    )
    link = make_link(endpoint)
    assert "\n" not in link
    assert read_link(f" {link}\n") == endpoint


@pytest.mark.parametrize(
    "link",
    [
        "",
        "hub.example.org",
        "https://hub.example.org/api",
        "https://hub.example.org/api#key=x",
        "ftp://hub.example.org/api#worker=x",
        "https://[/api#worker=x",
        "https://hub.example.org/api#worker=x&worker=y",
        "https://hub.example.org/api#worker=" + "x" * 3000,
    ],
)
def test_what_is_no_link_is_a_sentence(link):
    with pytest.raises(WorkerError, match="ask the operator"):
        read_link(link)


async def test_the_operator_makes_a_link_and_the_host_joins_with_it(tmp_path):
    file = tmp_path / "hub.yaml"
    users = [{"name": "host", "key": "host-key"}]
    file.write_text(
        yaml.safe_dump({"hub": {"users": users, "public_url": "https://hub.example.org"}})
    )
    made = await worker("invite", "host", "--config", file)
    assert made.output.strip() == "https://hub.example.org/api#worker=host-key"
    own = tmp_path / "worker.yaml"
    for link in ("http://10.0.0.1/api#worker=old", made.output.strip()):
        chosen = ("--name", "attic card", "--engine", "comfyui")
        joined = await worker("join", link, "--config", own, *chosen)
        assert joined.exit_code == 0, joined.output
        assert f"hordebots worker --config {own}" in joined.output.replace("\n", "")
    settings = load(own).worker
    assert (settings.name, settings.engine) == ("attic card", "comfyui")
    assert [each.url for each in settings.endpoints] == [
        "https://hub.example.org/api",
        "http://10.0.0.1/api",
    ]
    assert settings.endpoints[0].key.get_secret_value() == "host-key"
    if os.name == "posix":
        assert stat.S_IMODE(own.stat().st_mode) == 0o600


async def test_a_line_that_leads_nowhere_else_is_said_to(tmp_path):
    file = tmp_path / "hub.yaml"
    file.write_text(yaml.safe_dump({"hub": {"users": [{"name": "host", "key": "host-key"}]}}))
    made = await worker("invite", "host", "--config", file)
    assert made.stdout.strip() == "http://127.0.0.1:8766/api#worker=host-key"
    assert "other machines cannot reach" in made.stderr
    told = await worker("invite", "host", "--config", file, "--url", "http://10.0.0.1/api")
    assert told.stderr == ""


async def test_a_user_the_hub_does_not_know_is_said_with_the_line_to_add(tmp_path):
    file = tmp_path / "hub.yaml"
    file.write_text("{}")
    told = await worker("invite", "ada", "--config", file)
    assert told.exit_code == 1
    assert "- {name: ada, key: " in told.output


async def test_settings_somebody_wrote_by_hand_are_not_written_over(tmp_path):
    file = tmp_path / "config.yaml"
    file.write_text("worker: {name: mine} # with a note\n")
    told = await worker("join", "http://10.0.0.1/api#worker=key", "--config", file)
    assert told.exit_code == 1
    assert "url: http://10.0.0.1/api" in told.output
    assert file.read_text() == "worker: {name: mine} # with a note\n"


async def test_maintenance_and_a_note_are_set_by_command(hub, tmp_path):
    file = tmp_path / "config.yaml"
    file.write_text(yaml.safe_dump({"worker": {"name": "shop", "url": hub.url, "key": KEY}}))
    assert (await worker("maintenance", "on", "--config", file)).exit_code == 0
    assert hub.maintenance is True
    assert (await worker("maintenance", "off", "--config", file)).exit_code == 0
    assert hub.maintenance is False
    assert (await worker("info", "an old card", "--config", file)).exit_code == 0
    assert [call.body for call in hub.journal.exchanges if call.method == "PUT"] == [
        {"maintenance": True},
        {"maintenance": False},
        {"info": "an old card"},
    ]
    await hub.stop()
    silent = await worker("maintenance", "on", "--config", file)
    assert silent.exit_code == 1
    assert hub.url in silent.output
