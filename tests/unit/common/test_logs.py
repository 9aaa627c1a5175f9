"""The log: one line an event, with the request's id, and never a secret."""

from __future__ import annotations

import json
import logging

import pytest
import structlog

from common.config import parse
from common.errors import ConfigError
from common.running import logs
from common.settings.secrecy import secrets_of

SECRET = 'xyzzy"/über'


def fail(words):
    raise ValueError(words)


@pytest.fixture
def lines(capsys):
    """Return a function that says what was written; the log is put back afterwards."""
    root, level = logging.getLogger(), logging.getLogger().level
    yield lambda: capsys.readouterr().err
    for handler in [h for h in root.handlers if isinstance(h.formatter, logs._Discreet)]:
        root.removeHandler(handler)
    root.setLevel(level)
    structlog.reset_defaults()
    structlog.contextvars.clear_contextvars()


def test_a_line_of_a_library_says_whose_request_it_belongs_to(lines):
    logs.configure(as_json=True)
    with structlog.contextvars.bound_contextvars(request="abc", account="web"):
        structlog.get_logger().info("ours", style="raw")
        logging.getLogger("discord.gateway").warning("theirs %s", "here")
    ours, theirs = map(json.loads, lines().splitlines())
    assert (ours["event"], ours["request"], ours["account"]) == ("ours", "abc", "web")
    assert (theirs["event"], theirs["request"]) == ("theirs here", "abc")
    assert theirs["logger"] == "discord.gateway"
    assert theirs["level"] == "warning"


@pytest.mark.parametrize("as_json", [True, False])
def test_a_secret_is_hidden_wherever_it_stands(lines, as_json):
    logs.configure(as_json=as_json, secrets=[SECRET])
    log = structlog.get_logger()
    log.warning("event", where=f"https://x/?key={SECRET}", deep={"list": [SECRET]})
    log.warning("event", address="https://x/?key=xyzzy%22%2F%C3%BCber")
    try:
        fail(f"wrong key {SECRET}")
    except ValueError:
        log.exception("broken")
        logging.getLogger("library").exception("broken with %s", SECRET)
    text = lines()
    assert "xyzzy" not in text
    assert text.count(logs.HIDDEN) >= 5


def test_an_exception_is_one_block_for_people_and_one_line_as_json(lines):
    for as_json in (False, True):
        logs.configure(as_json=as_json)
        try:
            fail("what happened")
        except ValueError:
            structlog.get_logger().exception("broken")
    *block, line = lines().splitlines()
    assert "broken" in block[0]
    assert block[-1] == "ValueError: what happened"
    assert not [row for row in block if "─" in row]
    assert json.loads(line)["exception"].endswith("ValueError: what happened")


def test_the_level_may_change_while_loggers_are_in_use(lines):
    logs.configure(level="warning")
    log = structlog.get_logger()
    log.info("silent")
    logs.configure(level="debug")
    log.debug("heard")
    logging.getLogger("library").debug("heard too")
    logs.configure(level="info")
    log.debug("silent")
    logging.getLogger("library").info("silent")
    text = lines()
    assert (text.count("silent"), text.count("heard")) == (0, 2)


def test_a_logger_in_use_writes_as_was_configured_last(lines):
    logs.configure()
    log = structlog.get_logger()
    log.info("one")
    structlog.configure(processors=[structlog.processors.add_log_level])
    with structlog.testing.capture_logs() as caught:
        log.info("two")
    assert [one["event"] for one in caught] == ["two"]
    assert "two" not in lines()


def test_there_is_no_such_level(lines):
    with pytest.raises(ConfigError, match="There is no log level loud"):
        logs.configure(level="loud")


def test_all_secrets_of_a_configuration_are_known(tmp_path, monkeypatch):
    monkeypatch.setenv("A_TOKEN", "from-environment")
    (tmp_path / "secret").write_text("from-file\n")
    config = parse(
        {
            "database": "postgresql+asyncpg://user:pass%2Fword@127.0.0.1/x",
            "horde": {"endpoints": [{"url": "http://x", "key": "horde-key"}]},
            "civitai": {"key": "civitai-key"},
            "hub": {"users": [{"name": "bot", "key": "hub-key"}]},
            "styles": {"sources": ["https://me:list-password@example.org/styles"]},
            "accounts": {
                "discord": {"token": {"env": "A_TOKEN"}, "guild": "no secret"},
                "reddit": {"password": "plain", "client_secret": {"file": f"{tmp_path}/secret"}},
                "other": {"token": {"env": "NOT_SET"}},
            },
        }
    )
    assert secrets_of(config) == {
        "pass%2Fword",
        "pass/word",
        "horde-key",
        "civitai-key",
        "hub-key",
        "list-password",
        "from-environment",
        "plain",
        "from-file",
    }
