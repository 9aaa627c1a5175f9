"""`hordebots demo`: one that runs for all of this module, and some that come and go."""

from __future__ import annotations

import os
import re
import signal
import socket
import urllib.error
from io import BytesIO
from pathlib import Path

import pytest
from PIL import ExifTags, Image

from common.pictures import is_blank, read_parameters
from tests.component.bots.programs import START, Program, children_of, lives, run, wait_until
from tests.component.bots.visitor import Visitor
from tests.fakes.ports import spare

pytestmark = pytest.mark.xdist_group("demo ports")
ADDRESS = r"hordebots is running\. Open (http://127\.0\.0\.1:(\d+))$"
needs_proc = pytest.mark.skipif(
    not Path("/proc/self/stat").exists(), reason="looks for processes in /proc"
)


class Demo(Program):
    def __init__(self, folder: Path, *options: object) -> None:
        super().__init__("demo", "--data", folder, *options, cwd=folder.parent)
        found = self.wait_for(ADDRESS)
        self.url, self.port = found[1], int(found[2])


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("running") / "data"


@pytest.fixture(scope="module")
def demo(folder):
    with Demo(folder, "--port", 0) as running:
        yield running
        assert running.end() == 0


def check_picture(data: bytes, *, style: str) -> None:
    """It shows something, is of the usual size, and says how it was made and by what."""
    image = Image.open(BytesIO(data))
    assert (image.format, image.size) == ("WEBP", (512, 512))
    assert not is_blank(image)
    assert image.getexif()[ExifTags.Base.Software] == "hordebots, demo worker"
    recipe = read_parameters(data)
    assert "Model: hordebots demo" in recipe
    assert re.search(r"Seed: \d+", recipe)
    assert f"LoRAs: {style}" in recipe
    assert b"trainedAlgorithmicMedia" in data


def test_room_is_open_and_a_request_is_answered_with_a_picture(demo):
    visitor = Visitor(demo.url)
    page = visitor.answer(visitor.ask("draw for me a fox style: neon --n 1"))
    [path] = set(re.findall(r'href="(/pictures/[0-9a-f]{64})"', page))
    check_picture(visitor.read(path), style="neon")
    assert "AI picture: a fox" in page


def test_second_demo_on_the_same_folder_is_refused(demo, folder, tmp_path):
    done = run("demo", "--data", folder, cwd=tmp_path)
    assert done.code == 1
    assert f"A hordebots is already running on {folder}" in done.err
    assert "--data" in done.err


def test_taken_port_is_a_sentence(demo, tmp_path):
    done = run("demo", "--data", tmp_path / "data", "--port", demo.port, cwd=tmp_path)
    assert done.code == 1
    assert f"Port {demo.port} on 127.0.0.1 is taken." in done.err
    assert "(--port)" in done.err


def test_once_writes_pictures_beside_a_running_demo(demo, tmp_path):
    text = "draw for me two cats in space style: pixel --n 2"
    done = run("demo", "--once", text, "--out", tmp_path / "out", "--json", cwd=tmp_path)
    assert done.code == 0
    told = done.json
    assert told["ending"] == "done"
    written = sorted((tmp_path / "out").iterdir())
    assert [str(path) for path in written] == [picture["file"] for picture in told["pictures"]]
    assert [path.name for path in written] == [f"{told['request']}-{n}-pixel.webp" for n in (1, 2)]
    for path in written:
        check_picture(path.read_bytes(), style="pixel")
    assert not (tmp_path / "data").exists()


def test_once_says_why_it_declines(demo, tmp_path):
    done = run("demo", "--once", "a fox style: watercolourishly", cwd=tmp_path)
    assert done.code == 2
    assert "Did you mean: watercolour?" in done.err
    assert list(tmp_path.iterdir()) == []


@needs_proc
def test_ctrl_c_ends_once_and_its_worker(tmp_path):
    with Program("demo", "--once", "two cats in space --n 8", cwd=tmp_path) as once:
        wait_until(lambda: children_of(once.process.pid), START)
        [worker] = children_of(once.process.pid)
        assert once.end() == 130
        assert not lives(worker)
    assert once.output == ""
    assert list(tmp_path.iterdir()) == []


@needs_proc
def test_worker_that_dies_is_started_again_and_the_request_answered(demo):
    visitor = Visitor(demo.url)
    [worker] = children_of(demo.process.pid)
    message = visitor.ask("draw for me a castle style: neon --n 3")
    os.kill(worker, signal.SIGKILL)
    demo.wait_for(r"The worker stopped \(exit code -9\); it is started again\.")
    page = visitor.answer(message)
    assert 'data-ending="done"' in page
    assert len(set(re.findall(r'href="/pictures/([0-9a-f]{64})"', page))) == 3
    [successor] = children_of(demo.process.pid)
    assert successor != worker


@needs_proc
def test_port_is_kept_while_it_is_free_and_nothing_is_left_behind(tmp_path):
    folder = tmp_path / "data"
    folder.mkdir()
    port = spare()
    (folder / "port").write_text(str(port))
    with Demo(folder) as killed:
        assert killed.port == port
        [worker] = children_of(killed.process.pid)
        killed.process.kill()
        wait_until(lambda: not lives(worker), 30)
    with socket.create_server(("127.0.0.1", port)), Demo(folder) as again:
        assert again.port != port
        assert (folder / "port").read_text() == str(again.port)
        [worker] = children_of(again.process.pid)
        os.killpg(again.process.pid, signal.SIGINT)  # as a terminal does it: to the whole group
        assert again.wait() == 0
        assert not lives(worker)
        with pytest.raises(urllib.error.URLError):
            Visitor(again.url).read()
    assert "stopped" not in again.output
