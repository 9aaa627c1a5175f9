"""`hordebots people`: the operator sees who asks, and bans."""

import asyncio
import json
from datetime import UTC, datetime

from typer.testing import CliRunner

from bots.__main__ import app
from common.database import open_database
from common.model import Incoming, Job, Person, Place
from request.kept.leases import Leases
from request.kept.marks import open_marks
from request.kept.store import Store
from request.talking.reports import Reports
from tests.component.bots.programs import run


def test_a_ban_and_its_end_are_kept(write_config, tmp_path):
    config = write_config(data_dir=str(tmp_path / "data"))

    def people(*words):
        done = run("people", *words, "--config", config, cwd=tmp_path)
        assert done.code == 0, done.err
        return done.out

    assert "unban" in people("ban", "web", "ann")
    assert "ann may ask on web again" in people("unban", "web", "ann")
    assert json.loads(people("list", "web", "--json")) == []


async def draw_and_report(folder):
    """Write down a request for a fox, and a report of it."""
    database = await open_database(f"sqlite+aiosqlite:///{folder / 'hordebots.sqlite'}")
    marks = open_marks(folder)
    store = Store(database, marks)
    lease = await Leases(database, "one").take("web")
    who = Person("bob", "Bob")
    heard = Incoming(Place("web", "club", "room"), "1", who, "draw a fox", datetime.now(UTC))
    request_id = await store.insert_once(lease, heard, 0)
    job = Job(style="raw", prompt="a fox", model="m")
    await store.resolved(
        lease,
        request_id,
        parsed={"prompt": "a fox"},
        rng_seed=0,
        parent=None,
        planned=(job,),
        notes=(),
    )
    await Reports(database, marks).add(lease, await store.request(request_id), "eve", "no fox")
    await database.close()
    return request_id


def test_the_operator_reads_the_log_and_reports_and_pauses_a_place(write_config, tmp_path):
    folder = tmp_path / "data"
    folder.mkdir()
    request_id = asyncio.run(draw_and_report(folder))
    config = write_config(
        data_dir=str(folder), communities={"web/closed": {"paused": True}}, run=["web"]
    )

    def people(*words):
        done = CliRunner().invoke(app, ["people", *words, "--config", str(config)])
        assert done.exit_code == 0, done.output
        return done.output

    [logged] = json.loads(people("log", "web", "--community", "club", "--json"))
    assert (logged["person"], logged["words"], logged["reports"]) == ("bob", "a fox", ["no fox"])
    assert "a fox  reported: no fox" in people("log", "web")
    assert people("log", "web", "--community", "other").strip() == ""
    assert f"{request_id}  no fox" in people("reports", "web")
    assert "Nothing is drawn in web/club any more" in people("pause", "web", "club")
    assert "web/club is not paused any more" in people("resume", "web", "club")
    assert "config.yaml pauses it" in people("resume", "web", "closed")
    assert "ann may not ask" in people("ban", "web", "ann", "--community", "club")
