"""The running program and whoever keeps it running: pages, reload, requests, retry."""

from __future__ import annotations

import asyncio
import json
import os
import re
import signal
import stat
import time
import urllib.error
import urllib.request
from datetime import UTC, datetime

import pytest
from typer.testing import CliRunner

from bots.__main__ import app
from bots.operator.server import open_server
from common.config import OperatorConfig
from common.database import open_database
from common.errors import StartupError
from common.model import Audience, Incoming, Job, Note, Person, Place
from request.kept.leases import Leases
from request.kept.store import Store
from styles import image_request
from styles.image_request import ImageRequest
from tests.component.bots.programs import ENVIRONMENT, ROOT, START, Program
from tests.crash.bot import write_entry_point
from tests.fakes.chat import FakeChat
from tests.fakes.horde import FakeHorde, Fate, faults
from tests.waiting import wait_until

SAME = "The configuration says what it said before.\n"
FOX = "draw for me a fox style: raw --n 1"
KEY = "a-key-that-is-secret"


@pytest.fixture
async def chat():
    async with FakeChat(clock=time.time, twice=0) as running:
        yield running


@pytest.fixture
def written(write_config, horde, chat):
    """Write a configuration with the chat as platform and pages for the operator."""

    def write(**sections):
        endpoint = {"name": "fake", "url": horde.url, "key": KEY}
        known = {
            "run": ["chat"],
            "horde": {"endpoints": [endpoint]},
            "accounts": {"chat": {"platform": "chat", "url": chat.url, "token": "chat-token"}},
            "operator": {"port": 0},
            "log": {"format": "json"},
            "data_dir": "data",
        }
        return write_config(**{**known, **sections})

    return write


@pytest.fixture
def start(written, tmp_path, monkeypatch):
    path = os.pathsep.join((str(write_entry_point(tmp_path / "installed")), str(ROOT)))
    monkeypatch.setitem(ENVIRONMENT, "PYTHONPATH", path)

    def started(**sections):
        return Program("run", "--config", written(**sections), cwd=tmp_path)

    return started


@pytest.fixture
def hordebots(tmp_path):
    """Run a command beside the program: in this process, since none of them logs or listens."""
    config = str(tmp_path / "config.yaml")

    async def command(*words):
        return await asyncio.to_thread(CliRunner().invoke, app, [*words, "--config", config])

    return command


def get(url):
    """Return status and text of a page."""
    try:
        with urllib.request.urlopen(url, timeout=30) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read().decode()


async def page(url):
    return await asyncio.to_thread(get, url)


async def address_of(program):
    return (await asyncio.to_thread(program.wait_for, r"^operator: (http://\S+)$"))[1]


async def answered(chat, event, posts=1):
    await wait_until(lambda: len(chat.messages[event].posts) >= posts, START)
    return chat.messages[event].posts[posts - 1]


async def end(program):
    program.process.send_signal(signal.SIGTERM)
    assert await asyncio.to_thread(program.wait) == 0


def value(text, name, **labels):
    """Return one figure of a page of metrics."""
    for line in text.splitlines():
        if line.startswith((f"hordebots_{name}{{", f"hordebots_{name} ")):
            found = dict(re.findall(r'(\w+)="([^"]*)"', line))
            if all(found.get(label) == wanted for label, wanted in labels.items()):
                return float(line.rsplit(" ", 1)[1])
    return None


async def test_health_and_figures_of_a_program_that_serves_and_then_does_not(start, chat, horde):
    with start(log={"format": "json", "level": "debug"}) as program:
        url = await address_of(program)
        await answered(chat, chat.say(FOX, "ann"))
        await answered(chat, chat.say("draw for me a fox style: no such style at all", "ann"))
        status, text = await page(f"{url}/healthz")
        health = json.loads(text)
        await wait_until(lambda: program.output.count("request_closed") == 2)
        figures = (await page(f"{url}/metrics"))[1]
        horde.fail("submit", faults.rc("InvalidAPIKey", 401), 9)
        await answered(chat, chat.say(FOX, "ann"))
        ill = json.loads((await page(f"{url}/healthz"))[1])
        after = (await page(f"{url}/metrics"))[1]
        await end(program)
    assert (status, health["status"]) == (200, "ok")
    account = health["accounts"]["chat"]
    assert (account["lease_held"], account["listening"]) == (True, True)
    assert account["last_event"].endswith("+00:00")
    assert health["endpoints"] == {"fake": {"up": True, "why_not": ""}}
    assert health["styles"][0]["source"] == "bundled:general"
    done = {"account": "chat", "platform": "chat", "state": "done"}
    assert value(figures, "requests", **done) == 1
    assert value(figures, "requests", **done | {"state": "refused"}) == 1
    assert value(figures, "answers_total", account="chat", state="done") == 1
    assert value(figures, "answer_seconds_count", platform="chat") == 2
    assert value(figures, "answer_overhead_seconds_count", platform="chat") == 1
    assert value(figures, "horde_calls_total", endpoint="fake", call="submit") == 1
    assert value(figures, "kudos_spent_total", endpoint="fake") > 0
    assert value(figures, "endpoint_up", endpoint="fake") == 1
    assert value(figures, "lease_held", account="chat") == 1
    assert value(figures, "listening", account="chat") == 1
    assert value(figures, "style_source_age_seconds", source="bundled:general") >= 0
    assert value(figures, "styles") > 100
    assert ill["status"] == "degraded"
    assert not ill["endpoints"]["fake"]["up"]
    assert ill["endpoints"]["fake"]["why_not"] in " ".join(ill["problems"])
    assert value(after, "endpoint_up", endpoint="fake") == 0
    errors = {"endpoint": "fake", "call": "submit", "rc": "InvalidAPIKey"}
    assert value(after, "horde_errors_total", **errors) >= 1
    lines = [json.loads(line) for line in program.output.splitlines() if line.startswith("{")]
    named = {line["event"]: line for line in lines}
    for event in ("submit_failed", "horde_rests", "request_closed"):
        assert named[event]["account"] == "chat"
        assert len(named[event]["request"]) == 8
    assert named["horde_rests"]["rc"] == "InvalidAPIKey"
    assert "hordebots reload" in named["horde_rests"]["mend"]
    assert KEY not in figures + after + program.output
    assert "chat-token" not in figures + program.output


async def test_a_reload_is_whole(start, chat, written, hordebots, tmp_path):
    """What may change changes, and a mistake changes nothing.

    The name is short because the test's folder has it, and the path of a socket has a bound.
    """
    async with FakeHorde(seconds=0.1) as other:
        with start(operator={}) as program:
            await answered(chat, chat.say("help", "ann"))
            assert "operator:" not in program.output
            [control] = (tmp_path / "data").glob("control-*.sock")
            assert stat.S_IMODE(control.stat().st_mode) == 0o600
            done = await hordebots("reload")
            assert (done.exit_code, done.stdout) == (0, SAME)
            assert "ok    program: it runs, and all is well" in (await hordebots("check")).stdout

            written(defaults={"pictures": 99}, operator={})
            program.process.send_signal(signal.SIGHUP)
            line = await asyncio.to_thread(program.wait_for, "not_reloaded")
            assert "defaults.pictures" in line.string
            written(styles={"sources": [str(tmp_path / "none")]}, defaults={"pictures": 2})
            done = await hordebots("reload")
            assert done.exit_code == 1
            assert "Nothing has changed: " in done.stderr
            event = chat.say("draw for me a fox style: raw", "ann")
            await answered(chat, event, 2)  # four pictures in two posts, as before

            written(
                horde={"endpoints": [{"name": "other", "url": other.url, "key": KEY}]},
                defaults={"pictures": 2},
                styles={"sources": ["bundled:demo", "bundled:general"]},
                log={"level": "debug", "format": "json"},
                web={"port": 9},
                operator={},
            )
            done = await hordebots("reload")
            assert done.exit_code == 0, done.stderr
            changed, waiting = done.stdout.splitlines()
            for name in ("horde.endpoints", "defaults.pictures", "styles.sources", "log.level"):
                assert name in changed
            assert waiting == "These hold after a restart: web.port."
            post = await answered(chat, chat.say("draw for me a fox style: raw", "ann"))
            assert len(post.pictures) == 2
            assert other.journal.count("submit") == 1

            written(defaults={"paused": True}, operator={})
            program.process.send_signal(signal.SIGHUP)
            await wait_until(lambda: program.output.count('"event": "reloaded"') == 3, 30)
            post = await answered(chat, chat.say(FOX, "ann"))
            assert "Nothing is drawn here for now" in post.text
            await end(program)


async def test_a_taken_port_for_the_pages_is_a_sentence(taken_port):
    pages = open_server(OperatorConfig(port=taken_port), None, None)
    with pytest.raises(StartupError, match=r"another port \(operator\.port\)"):
        await pages.__aenter__()


async def test_reload_without_a_running_program_is_a_sentence(written, hordebots):
    key = {"env": "ONLY_THE_SERVICE_HAS_IT"}
    written(horde={"endpoints": [{"url": "http://127.0.0.1:9/api", "key": key}]})
    assert (await hordebots("requests", "list")).stdout == "No such request is kept.\n"
    assert "is not set" in (await hordebots("check")).stdout
    done = await hordebots("reload")
    assert isinstance(done.exception, StartupError)
    assert "Start it with `hordebots run`" in str(done.exception)


async def test_requests_are_listed_shown_and_put_back_while_the_program_runs(
    start, chat, horde, hordebots
):
    async def listed(*words):
        return json.loads((await hordebots("requests", "list", "--json", *words)).stdout)

    horde.plan.extend([Fate.FAULTED, Fate.FAULTED])
    with start(operator={}) as program:
        event = chat.say(FOX, "ann")
        assert "No picture came of this" in (await answered(chat, event)).text
        await answered(chat, chat.say("help", "bob"))
        await wait_until(lambda: program.output.count("request_closed") == 2)
        [failed] = await listed("--state", "failed")
        assert (failed["text"], failed["person"]) == (FOX, "ann")
        request_id = failed["id"]
        assert len(await listed("--since", "1h")) == 2
        assert await listed("--account", "web") == []
        assert len(await listed("--person", "bob")) == 1
        done = await hordebots("requests", "retry", request_id)
        assert done.exit_code == 0, done.stderr
        assert "put back" in done.stdout
        assert len((await answered(chat, event, 2)).pictures) == 1
        await wait_until(lambda: program.output.count("request_closed") == 3)
        again = await hordebots("requests", "retry", request_id)
        assert (again.exit_code, again.stdout) == (2, "")
        assert "was answered with pictures" in again.stderr
        life = json.loads((await hordebots("requests", "show", request_id, "--json")).stdout)
        shown = (await hordebots("requests", "show", request_id)).stdout
        table = (await hordebots("requests", "list")).stdout
        await end(program)
    assert life["state"] == "done"
    [job] = life["jobs"]
    assert (job["endpoint"], job["state"], job["attempts"]) == ("fake", "done", 1)
    assert job["horde_id"] in horde.requests
    assert [post["state"] for post in life["posts"]] == ["earlier", "posted"]
    assert len(life["pictures"]) == 1
    assert life["parsed"]["prompt"] == "a fox"
    file, worker = life["pictures"][0]["sha256"], life["pictures"][0]["worker"]
    for words in (FOX, job["horde_id"], "earlier", "posted", "done:", file, worker):
        assert words in shown
    assert request_id in table
    assert "chat-token" not in json.dumps(life) + shown + program.output


async def test_private_words_are_shown_only_if_asked_for(written, hordebots, tmp_path):
    written(data_dir=str(tmp_path))
    database = await open_database(f"sqlite+aiosqlite:///{tmp_path / 'hordebots.sqlite'}")
    store, leases = Store(database), Leases(database, "one")
    incoming = Incoming(
        place=Place("chat", "town"),
        event="1",
        person=Person("ann", "Ann"),
        text="draw for me a secret wish",
        created=datetime.now(UTC),
        audience=Audience.PRIVATE,
        context={"token": "interaction-token"},
    )
    lease = await leases.take("chat")
    request_id = await store.insert_once(lease, incoming, 7)
    parsed = image_request.to_json(ImageRequest(prompt="a secret wish"))
    await store.resolved(
        lease,
        request_id,
        parsed=parsed,
        rng_seed=7,
        parent=None,
        planned=[Job(style="raw", prompt="a secret wish", model="m")],
        notes=(Note("x", "a secret wish was read"),),
    )
    await database.close()
    for command in (("list",), ("show", request_id)):
        for form in ((), ("--json",)):
            hidden = (await hordebots("requests", *command, *form)).stdout
            assert "secret wish" not in hidden
            assert request_id in hidden
            told = (await hordebots("requests", *command, *form, "--private")).stdout
            assert "secret wish" in told
            assert "interaction-token" not in told
    shown = (await hordebots("requests", "show", request_id)).stdout
    assert re.search(r"^ {2}written down +20\d\d-", shown, re.MULTILINE)


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("list", "--state", "lost"), "There is no state lost. Known are: received"),
        (("list", "--since", "yesterday"), "“yesterday” is no time"),
        (("show", "abcd2345"), "There is no request abcd2345"),
        (("retry", "abcd2345"), "There is no request abcd2345"),
    ],
)
async def test_unknown_states_times_and_ids_are_sentences(written, hordebots, words, sentence):
    written()
    done = await hordebots("requests", *words)
    assert done.exit_code in {1, 2}
    assert sentence in done.stderr + str(done.exception)
