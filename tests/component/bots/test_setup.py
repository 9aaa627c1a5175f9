"""`hordebots init` and `check`: a configuration that is safe, valid, and looked over."""

from __future__ import annotations

import asyncio
import json
import re
import sqlite3
import stat

import pytest
from typer.testing import CliRunner

from bots.__main__ import app
from bots.operator.schema import version_of
from common.config import load
from common.database import open_database
from tests.component.bots.programs import Finished, run
from tests.fakes.civitai import FakeCivitai


def mode(path):
    return stat.S_IMODE(path.stat().st_mode)


# --- init ------------------------------------------------------------------------------------


def test_init_for_the_public_horde(tmp_path):
    done = run("init", cwd=tmp_path, typed="n\nmy-own-key\n8080\n")
    assert done.code == 0
    path = tmp_path / "config.yaml"
    assert "config.yaml is written" in done.out
    assert mode(path) == 0o600
    config = load(path)
    [endpoint] = config.horde.endpoints
    assert endpoint.url == "https://aihorde.net/api"
    assert endpoint.key.get_secret_value() == "my-own-key"
    assert (config.run, config.web.port) == (("web",), 8080)
    assert "my-own-key" not in done.out + done.err


def test_init_for_a_hub_of_ones_own(tmp_path):
    done = run("init", "--config", "own.yaml", cwd=tmp_path, typed="y\n\n")
    assert done.code == 0
    path = tmp_path / "own.yaml"
    assert mode(path) == 0o600
    config = load(path)
    [endpoint] = config.horde.endpoints
    keys = [user.key.get_secret_value() for user in config.hub.users]
    assert endpoint.url == "hub"
    assert endpoint.key.get_secret_value() == keys[0]
    assert len(set(keys)) == 2
    assert min(map(len, keys)) >= 32
    assert "hub" in config.run
    with path.open("a") as file:
        file.write("reference: {url: null}\ncivitai: {url: null}\n")  # nothing of the internet here
    looked = check("--config", path)
    assert looked.code == 0, looked.out


def answers(*typed):
    """The wizard in this process: `init` neither logs nor listens, so nothing is left behind."""
    return CliRunner().invoke(app, ["init", *typed[:-1]], input=typed[-1])


def test_init_leaves_a_file_alone_unless_forced(tmp_path):
    path = tmp_path / "config.yaml"
    path.write_text("run: [web]\n")
    path.chmod(0o644)
    done = answers("--config", str(path), "n\n\n\n")
    assert done.exit_code == 1
    assert "is there already. Use --force" in done.stderr
    assert path.read_text() == "run: [web]\n"
    assert answers("--config", str(path), "--force", "n\n\n\n").exit_code == 0
    assert load(path).horde.endpoints[0].key.get_secret_value() == "0000000000"
    assert mode(path) == 0o600


def test_init_asks_again_for_a_port_that_is_none(tmp_path):
    path = tmp_path / "config.yaml"
    done = answers("--config", str(path), "n\n\n99999\nweb\n9000\n")
    assert done.exit_code == 0
    assert done.stdout.count("is no port") + done.stderr.count("is no port") == 2
    assert load(path).web.port == 9000


def test_init_into_no_folder_is_a_sentence(tmp_path):
    done = run("init", "--config", "nowhere/config.yaml", cwd=tmp_path, typed="y\n\n")
    assert done.code == 1
    assert "nowhere/config.yaml cannot be written" in done.err


def check(*words):
    """Look a configuration over, in this process."""
    done = CliRunner().invoke(app, ["check", *map(str, words)])
    assert done.exception is None or isinstance(done.exception, SystemExit)
    return Finished(done.exit_code, done.stdout, done.stderr)


# --- check -----------------------------------------------------------------------------------


async def test_check_of_what_is_well(horde, config_for, tmp_path):
    config = config_for(horde.url)
    done = await asyncio.to_thread(check, "--config", config)
    assert done.code == 0
    lines = done.out.splitlines()
    assert len(lines) == 7
    assert all(line.startswith("ok  ") for line in lines)
    assert f"{config} is valid" in lines[0]
    assert "GB are free" in lines[1]
    assert "hordebots.sqlite is made at the first start" in lines[2]
    assert "does not run on this machine" in lines[3]
    assert "styles and" in lines[4]
    assert f"{horde.url} answers; member#1 with 1000 kudos; 9 models are served" in lines[5]
    assert re.search(r"served: [1-9]\d* of \d+ styles can be drawn just now", lines[6])
    assert "a key" not in done.out + done.err


async def test_check_says_so_when_no_style_can_be_drawn(horde, config_for):
    horde.models = {"hordebots demo": 1}
    config = config_for(horde.url, styles={"sources": ["bundled:general"]})
    done = await asyncio.to_thread(check, "--config", config)
    assert done.code == 1
    assert "look  served: none of your" in done.out
    assert 'sources: ["bundled:demo"]' in done.out


async def test_check_asks_for_models_and_loras_too(horde, config_for, tmp_path):
    async with FakeCivitai() as civitai:
        sections = {"civitai": {"url": civitai.url}, "reference": {"url": civitai.url + "/none"}}
        config = config_for(horde.url, **sections)
        done = await asyncio.to_thread(check, "--json", "--config", config)
    found = {entry["what"]: entry for entry in map(json.loads, done.out.splitlines())}
    assert found["loras"]["ok"]
    assert not found["models"]["ok"]
    assert "status 404" in found["models"]["sentence"]
    assert done.code == 1


async def test_check_names_a_stylelist_that_fails(horde, config_for, tmp_path):
    styles = {"sources": ["bundled:general", str(tmp_path / "nowhere")]}
    config = config_for(horde.url, styles=styles)
    done = await asyncio.to_thread(check, "--config", config)
    assert done.code == 1
    [line] = [line for line in done.out.splitlines() if line.startswith("look")]
    assert "nowhere has no styles.json" in line


async def test_check_with_a_key_nobody_knows(horde, config_for, tmp_path):
    horde.keys = {"another key"}
    done = await asyncio.to_thread(check, "--json", "--config", config_for(horde.url))
    assert done.code == 1
    last = json.loads(done.out.splitlines()[-1])
    assert (last["what"], last["ok"]) == ("horde fake", False)
    assert last["sentence"].startswith(f"{horde.url}: ")


def test_check_as_json_with_a_horde_that_is_down_and_a_readable_file(config_for, tmp_path):
    config = config_for("http://127.0.0.1:9/api")
    config.chmod(0o644)
    done = check("--json", "--config", config)
    assert done.code == 1
    findings = [json.loads(line) for line in done.out.splitlines()]
    assert all(set(finding) == {"what", "ok", "sentence"} for finding in findings)
    wrong = {finding["what"]: finding["sentence"] for finding in findings if not finding["ok"]}
    assert set(wrong) == {"config", "horde fake"}
    assert "(horde.endpoints.0.key): chmod 600" in wrong["config"]
    assert "http://127.0.0.1:9/api: " in wrong["horde fake"]
    assert "does not answer" in wrong["horde fake"]


def test_check_minds_who_can_read_secrets_and_only_them(config_for, write_config, tmp_path):
    def wrong(config):
        looked = CliRunner().invoke(app, ["check", "--json", "--config", str(config)])
        rows = map(json.loads, looked.stdout.splitlines())
        return [row["sentence"] for row in rows if row["what"] == "config" and not row["ok"]]

    secret = tmp_path / "key.txt"
    secret.write_text("a key")
    config = config_for("http://127.0.0.1:9/api", key={"file": str(secret)})
    config.chmod(0o644)
    secret.chmod(0o600)
    assert wrong(config) == []
    secret.chmod(0o644)
    assert wrong(config) == [
        f"{secret} holds a secret and can be read by everybody on this machine: chmod 600 {secret}"
    ]
    config = write_config(
        database="postgresql+asyncpg://u:word@127.0.0.1:9/x",
        accounts={"a": {"platform": "web", "access_token": "plain"}},
        run=["web"],
    )
    config.chmod(0o644)
    assert "(accounts.a.access_token, database)" in wrong(config)[0]


async def test_check_tells_the_age_of_the_tables(config_for, tmp_path):
    url = f"sqlite+aiosqlite:///{tmp_path / 'data' / 'hordebots.sqlite'}"
    config = config_for("http://127.0.0.1:9/api")
    assert (await version_of(url)).current is None
    assert not (tmp_path / "data").exists()
    await (await open_database(url)).close()
    version = await version_of(url)
    assert version.current == version.newest
    with sqlite3.connect(tmp_path / "data" / "hordebots.sqlite") as connection:
        connection.execute("UPDATE alembic_version SET version_num = '0001'")
    connection.close()
    looked = await asyncio.to_thread(CliRunner().invoke, app, ["check", "--config", str(config)])
    assert "is of an earlier version" in looked.stdout


@pytest.mark.parametrize(
    ("document", "sentence"),
    [
        ({"database": "nonsense"}, "is no address of a database"),
        (
            {"accounts": {"x": {"platform": "fax"}}, "run": ["x"]},
            "There is no platform fax. Write `platform:` to the account x",
        ),
        ({"webb": {}}, "webb: there is no such setting; did you mean web?"),
        ({"run": ["hub", "discord"]}, "names discord, which is neither an account nor one of"),
        ({"run": ["hub"], "data_dir": "config.yaml/x"}, "cannot be written"),
        ({"run": ["web"], "hub": {"port": 9}}, "127.0.0.1:9/api"),
        ({"run": []}, "is empty"),
        ({"run": ["hub", "hub"]}, "names hub twice"),
    ],
)
def test_check_names_what_is_wrong(write_config, tmp_path, document, sentence):
    config = write_config(horde={"endpoints": [{"url": "hub"}]}, **document)
    done = CliRunner().invoke(app, ["check", "--config", str(config)])
    assert done.exit_code == 1
    [line] = [line for line in done.stdout.splitlines() if sentence in line]
    assert line.startswith("look  ")
