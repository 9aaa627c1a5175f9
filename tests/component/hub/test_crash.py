"""Crashes and restarts: the hub's, its workers', and both at once. Kills are real."""

import asyncio
import os
import signal
import sys
from pathlib import Path

import pytest

from tests.component.hub.callers import BOT_KEY, HOST_KEY, Caller, webp
from tests.fakes.ports import spare

ROOT = Path(__file__).parents[3]
PROGRAM = """
import asyncio, sys
from pathlib import Path
from common.config import HubConfig
from hub.server import start

async def main():
    users = [{"name": "bot", "key": sys.argv[3]}, {"name": "host", "key": sys.argv[4]}]
    await start(HubConfig(port=int(sys.argv[2]), users=users), Path(sys.argv[1]))
    print("ready", flush=True)
    await asyncio.Event().wait()

asyncio.run(main())
"""


class HubProcess:
    """A hub in a process of its own, that can be killed."""

    def __init__(self, folder, session):
        self.port = spare()
        self.folder = folder
        self.process = None
        url = f"http://127.0.0.1:{self.port}/api"
        self.bot = Caller(session, url, BOT_KEY)
        self.host = Caller(session, url, HOST_KEY)

    async def start(self):
        self.process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-c",
            PROGRAM,
            str(self.folder),
            str(self.port),
            BOT_KEY,
            HOST_KEY,
            stdout=asyncio.subprocess.PIPE,
            env=os.environ | {"PYTHONPATH": str(ROOT)},
        )
        line = await asyncio.wait_for(self.process.stdout.readline(), 90)
        assert line == b"ready\n"

    async def kill(self):
        self.process.send_signal(signal.SIGKILL)
        await self.process.wait()


@pytest.fixture
async def hub(tmp_path, session):
    hub = HubProcess(tmp_path, session)
    await hub.start()
    yield hub
    if hub.process.returncode is None:
        await hub.kill()


@pytest.mark.program
async def test_kill_9_loses_nothing(hub):
    waiting = await hub.bot.ask("waiting")
    running = await hub.bot.ask("running")
    done = await hub.bot.ask("done")
    jobs = {}
    for _ in range(3):
        job = await hub.host.pop(started=1.0)
        jobs[job["payload"]["prompt"]] = job
    await hub.host.deliver(jobs["done"])
    await hub.host.submit(jobs["waiting"]["id"], state="faulted")
    before = {request: await hub.bot.check(request) for request in (waiting, running, done)}

    await hub.kill()
    await hub.start()

    for request, check in before.items():
        after = await hub.bot.check(request)
        for count in ("waiting", "processing", "finished", "restarted", "done", "kudos"):
            assert after[count] == check[count]
    # the worker lived on: what it holds is still its own, and its upload address still holds
    await hub.host.deliver(jobs["running"])
    status = await hub.bot.status(done)
    assert (await hub.bot.get(status["generations"][0]["img"])).body == webp()
    assert (await hub.host.pop(started=1.0))["payload"]["prompt"] == "waiting"


@pytest.mark.program
async def test_kill_9_while_many_ask(hub):
    accepted = []

    async def ask(number):
        try:
            accepted.append(await hub.bot.ask(f"fox {number}"))
        except OSError:
            return

    asking = asyncio.gather(*(ask(number) for number in range(60)), return_exceptions=True)
    while len(accepted) < 10:
        await asyncio.sleep(0.005)
    await hub.kill()
    await asking
    await hub.start()
    for request in accepted:
        assert (await hub.bot.check(request))["waiting"] == 1


async def test_a_restarted_worker_gives_its_jobs_back_at_once(room):
    request = await room.bot.ask(params={"n": 3, "seed": "5"})
    lost = await room.host.pop(amount=2, started=100.0)
    assert (await room.bot.check(request))["processing"] == 2
    again = await room.host.pop(amount=3, started=200.0)
    assert len(again["ids"]) == 3
    assert again["payload"]["seed"] == lost["payload"]["seed"]
    late = await room.host.submit(lost["id"])
    assert (late.status, late.rc) == (400, "AbortedGen")
    await room.host.deliver(again)
    check = await room.bot.check(request)
    assert (check["done"], check["finished"], check["restarted"]) == (True, 3, 2)


async def test_prefetching_is_no_restart(room):
    request = await room.bot.ask(params={"n": 3})
    jobs = [await room.host.pop(started=100.0) for _ in range(3)]
    assert all(job["id"] for job in jobs)
    assert (await room.bot.check(request))["restarted"] == 0
    for job in jobs:
        await room.host.deliver(job)


async def test_another_worker_of_the_same_owner_is_left_alone(room):
    await room.bot.ask()
    job = await room.host.pop("worker one", started=100.0)
    assert (await room.host.pop("worker two", started=200.0))["id"] is None
    await room.host.deliver(job)


async def test_an_older_process_of_the_same_name_takes_nothing_back(room):
    await room.bot.ask()
    job = await room.host.pop(started=200.0)
    assert (await room.host.pop(started=100.0))["id"] is None
    assert (await room.host.pop())["id"] is None
    await room.host.deliver(job)


async def test_a_worker_that_does_not_say_when_it_started_keeps_its_ttl(room):
    request = await room.bot.ask()
    await room.host.pop()
    assert (await room.host.pop())["id"] is None
    await room.pass_time(151)
    assert (await room.host.pop())["id"]
    assert (await room.bot.check(request))["restarted"] == 1


async def test_worker_deaths_are_no_faults_of_the_job_but_do_not_go_on_for_ever(room):
    request = await room.bot.ask()
    for death in range(10):
        assert not (await room.bot.check(request))["faulted"]
        assert (await room.host.pop(started=float(death)))["id"]
    assert (await room.host.pop(started=99.0))["id"] is None
    check = await room.bot.check(request)
    assert (check["faulted"], check["done"]) == (True, True)


async def test_files_a_crash_left_are_adopted_and_drafts_swept(open_room, tmp_path):
    folder = tmp_path / "hub" / "pictures"
    folder.mkdir(parents=True)
    orphan = folder / "00000000-0000-0000-0000-000000000000.webp"
    orphan.write_bytes(webp())
    (folder / ".draft-123").write_bytes(b"half")
    (folder / "notes.txt").write_text("not ours")
    room = await open_room()
    assert orphan.exists()
    assert not (folder / ".draft-123").exists()
    await room.pass_time(7201)
    assert not orphan.exists()
    assert (folder / "notes.txt").exists()
