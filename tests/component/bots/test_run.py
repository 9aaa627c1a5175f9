"""`hordebots run`, `hub` and `worker`: what a configuration names is started, joined and ended."""

from __future__ import annotations

import signal

from tests.component.bots.programs import Program, run
from tests.component.bots.visitor import Visitor

BOT_KEY = "bot-key-0123456789abcdef"
WORKER_KEY = "worker-key-0123456789abcdef"
HUB = {
    "port": 0,
    "users": [{"name": "bot", "key": BOT_KEY}, {"name": "somebody", "key": WORKER_KEY}],
}
STYLES = {"sources": ["bundled:demo"]}
MODEL = "hordebots demo"


def test_hub_worker_and_web_room_in_one_program(write_config, tmp_path):
    config = write_config(
        run=["hub", "worker", "web"],
        horde={"endpoints": [{"name": "hub", "url": "hub", "key": BOT_KEY, "webhook": "loopback"}]},
        styles=STYLES,
        web={"port": 0},
        hub=HUB,
        worker={"name": "own worker", "url": "hub", "key": WORKER_KEY},
    )
    with Program("run", "--config", config, cwd=tmp_path) as program:
        program.wait_for(r"^worker: own worker$")
        visitor = Visitor(program.wait_for(r"^web: (http://\S+)$")[1])
        page = visitor.answer(visitor.ask("draw for me a boat style: raw --n 1"))
        assert 'data-ending="done"' in page
        assert program.end(signal.SIGTERM) == 0
    assert BOT_KEY not in program.output
    assert WORKER_KEY not in program.output


def test_worker_of_another_program_joins_the_hub_with_its_key(write_config, config_for, tmp_path):
    with Program("hub", "--config", write_config(hub=HUB), cwd=tmp_path) as hub:
        url = hub.wait_for(r"^hub: (http://\S+)$")[1]
        stranger = run("worker", "--url", url, "--key", "no such key", cwd=tmp_path)
        assert stranger.code == 1
        assert f"{url} does not know the worker's key." in stranger.err
        joining = ("worker", "--name", "gpu of somebody", "--url", url, "--key", WORKER_KEY)
        with Program(*joining, cwd=tmp_path) as worker:
            worker.wait_for(f"gpu of somebody serves {url} with the engine demo: {MODEL}")
            config = config_for(url, key=BOT_KEY, styles=STYLES)
            done = run("draw", "a boat style: raw --n 1", "--config", config, cwd=tmp_path)
            assert (done.code, done.err) == (0, "")
            worker.wait_for("delivered")
            assert worker.end() == 0
        assert hub.end() == 0


def test_hub_without_users_says_that_nobody_can_use_it(write_config, tmp_path):
    with Program("hub", "--config", write_config(hub={"port": 0}), cwd=tmp_path) as hub:
        hub.wait_for(r"names no hub users, so nobody can ask or serve")
        hub.wait_for(r"^hub: http://")
        assert hub.end() == 0
