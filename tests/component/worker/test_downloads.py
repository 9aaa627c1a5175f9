"""Files come onto the disk as a whole or not at all, whatever the servers do."""

from __future__ import annotations

import hashlib
import struct

import aiohttp
import pytest
from pydantic import SecretStr

from tests.fakes import faults
from tests.fakes.civitai import FakeCivitai
from tests.fakes.weights import tensors
from worker.disk.downloads import Downloader, DownloadFailed, Persistence, Wanted, is_safetensors

QUICK = Persistence(stall=30.0, attempts=2, pause=0.001)
HASTY = Persistence(stall=1.5, attempts=2, pause=0.001)


DATA = tensors()
SUM = hashlib.sha256(DATA).hexdigest()


@pytest.fixture
async def civitai():
    async with FakeCivitai() as server:
        server.add_file(1102, DATA)
        yield server


@pytest.fixture
async def downloader():
    async with aiohttp.ClientSession() as session:
        yield Downloader(session, QUICK)


@pytest.fixture
async def hasty():
    async with aiohttp.ClientSession() as session:
        yield Downloader(session, HASTY)


@pytest.fixture
def wanted(civitai, tmp_path):
    def make(**fields):
        given = {
            "url": f"{civitai.url}/api/download/models/1102",
            "target": tmp_path / "deep" / "1102.safetensors",
            "limit_bytes": 4_000_000,
            "sha256": SUM,
            **fields,
        }
        return Wanted(**given)

    return make


def left(wanted):
    return {file.name for file in wanted.target.parent.iterdir()}


async def test_a_file_comes_and_the_key_goes_to_its_server_alone(civitai, downloader, wanted):
    told = []
    one = wanted(key=SecretStr("secret"))
    await downloader.fetch(one, lambda done, whole: told.append((done, whole)))
    assert one.target.read_bytes() == DATA
    assert civitai.downloads == [
        ("127.0.0.1", "Bearer secret", None),
        ("localhost", None, None),
    ]
    assert told[-1] == (len(DATA), len(DATA))
    assert left(one) == {"1102.safetensors"}


@pytest.mark.parametrize("trouble", [faults.stall(), faults.reset()], ids=["stall", "cut"])
async def test_what_breaks_off_is_gone_on_with(civitai, hasty, wanted, trouble):
    civitai.fail("file", trouble, 3)
    await hasty.fetch(wanted())
    assert wanted().target.read_bytes() == DATA
    begun = [asked for host, _, asked in civitai.downloads if host == "localhost"]
    assert begun[0] is None
    assert all(asked is not None for asked in begun[1:])


async def test_a_later_start_goes_on_too(civitai, downloader, wanted):
    civitai.fail("file", faults.reset())
    civitai.fail("file", faults.says(404, {}))
    with pytest.raises(DownloadFailed):
        await downloader.fetch(wanted(sha256=None))
    assert left(wanted()) == {"1102.safetensors.part", "1102.safetensors.part.etag"}
    await downloader.fetch(wanted(sha256=None))
    assert civitai.downloads[-1][2] is not None
    assert wanted().target.read_bytes() == DATA


async def test_a_server_without_ranges_begins_anew(civitai, downloader, wanted):
    civitai.fail("file", faults.reset())
    civitai.ranges = False
    await downloader.fetch(wanted())
    assert wanted().target.read_bytes() == DATA


async def test_a_file_that_changed_meanwhile_begins_anew(civitai, downloader, wanted):
    civitai.fail("file", faults.reset())
    civitai.fail("file", faults.says(403, {}))
    with pytest.raises(DownloadFailed):
        await downloader.fetch(wanted(sha256=None))
    civitai.files[1102] = other = tensors(fill=b"\2")
    await downloader.fetch(wanted(sha256=None))
    assert wanted().target.read_bytes() == other


@pytest.mark.parametrize("status", [401, 403, 404, 451])
async def test_a_no_is_final(civitai, downloader, wanted, status):
    civitai.fail("file", faults.says(status, {}))
    with pytest.raises(DownloadFailed, match=str(status)) as caught:
        await downloader.fetch(wanted())
    assert caught.value.final
    assert len(civitai.downloads) == 2


@pytest.mark.parametrize(
    "trouble",
    [faults.says(503, {}), faults.says(429, {}), faults.hang(), faults.html()],
    ids=["503", "429", "hang", "page"],
)
async def test_what_may_pass_is_tried_again_and_given_up(civitai, hasty, wanted, trouble):
    civitai.fail("file", trouble)
    await hasty.fetch(wanted())
    wanted().target.unlink()
    civitai.fail("file", trouble, 2)
    with pytest.raises(DownloadFailed) as caught:
        await hasty.fetch(wanted())
    assert not caught.value.final
    assert not wanted().target.exists()


async def test_what_is_something_else_is_thrown_away(civitai, downloader, wanted):
    for fields, problem in (
        ({"sha256": "00" * 32}, "SHA256"),
        ({"limit_bytes": 2_000_000}, "larger than"),
    ):
        with pytest.raises(DownloadFailed, match=problem) as caught:
            await downloader.fetch(wanted(**fields))
        assert caught.value.final
        assert left(wanted()) == set()
    civitai.files[1102] = b"\x80\x04program" * 100
    with pytest.raises(DownloadFailed, match=r"safetensors"):
        await downloader.fetch(wanted(sha256=None))
    assert left(wanted()) == set()


async def test_a_full_disk_is_a_sentence(downloader, wanted, tmp_path):
    (tmp_path / "deep").write_text("a file where the folder should be")
    with pytest.raises(DownloadFailed, match="cannot be written"):
        await downloader.fetch(wanted())


@pytest.mark.parametrize(
    "data", [b"", b"1234567", struct.pack("<Q", 2**40), DATA[:-1], DATA + b"0", b"\5" + b"\0" * 30]
)
def test_what_is_no_file_of_tensors(tmp_path, data):
    (tmp_path / "x").write_bytes(data)
    assert not is_safetensors(tmp_path / "x")
