"""Fetching from servers that are broken, slow or hostile: bounded, and a sentence for each."""

import gzip
import ipaddress
import zlib
from contextlib import asynccontextmanager

import pytest
from aiohttp import web

from common.errors import FetchError
from common.fetch import Fetched, fetch, is_public, without_password

HERE = ipaddress.ip_address("127.0.0.1")
GIGABYTE = 2**30


def bomb(window):
    """A gigabyte of zeros, packed."""
    packer = zlib.compressobj(9, zlib.DEFLATED, window)
    zeros = bytes(2**20)
    return b"".join(packer.compress(zeros) for _ in range(GIGABYTE // 2**20)) + packer.flush()


@asynccontextmanager
async def serving(answer):
    """A server that gives every request to `answer`; yields its address."""
    app = web.Application()
    app.router.add_get("/{path:.*}", answer)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    port = site._server.sockets[0].getsockname()[1]
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        await runner.cleanup()


async def get(address, **options):
    return await fetch(address, **{"limit_bytes": 1000, "timeout": 5, **options})


async def test_a_file_comes_with_its_marks():
    async def answer(request):
        return web.Response(body=b"words", headers={"ETag": '"1"', "Last-Modified": "monday"})

    async with serving(answer) as address:
        assert await get(f"{address}/a") == Fetched(b"words", '"1"', "monday")


async def test_what_has_not_changed_is_not_sent_again():
    async def answer(request):
        if request.headers.get("If-None-Match") == '"1"':
            return web.Response(status=304, headers={"ETag": '"1"'})
        return web.Response(body=b"words", headers={"ETag": '"1"'})

    async with serving(answer) as address:
        first = await get(f"{address}/a")
        assert (await get(f"{address}/a", known=first)).content is None


@pytest.mark.parametrize("packed", [gzip.compress, zlib.compress])
async def test_a_packed_reply_is_unpacked(packed):
    encoding = "gzip" if packed is gzip.compress else "deflate"

    async def answer(request):
        return web.Response(body=packed(b"words" * 100), headers={"Content-Encoding": encoding})

    async with serving(answer) as address:
        assert (await get(f"{address}/a")).content == b"words" * 100


@pytest.mark.parametrize(("encoding", "window"), [("gzip", 31), ("deflate", 15)])
async def test_a_reply_that_swells_is_stopped(encoding, window):
    small = bomb(window)
    assert len(small) < 2**21

    async def answer(request):
        return web.Response(body=small, headers={"Content-Encoding": encoding})

    async with serving(answer) as address:
        with pytest.raises(FetchError, match="larger than 1 MB"):
            await get(f"{address}/a", limit_bytes=2**20)


@pytest.mark.parametrize("sent", [b"no gzip", gzip.compress(b"words" * 500)[:-20]])
async def test_a_reply_that_cannot_be_unpacked_is_an_error(sent):
    async def answer(request):
        return web.Response(body=sent, headers={"Content-Encoding": "gzip"})

    async with serving(answer) as address:
        with pytest.raises(FetchError, match="cannot be unpacked"):
            await get(f"{address}/a", limit_bytes=10_000)


async def test_too_large_a_file_is_not_read_to_its_end():
    written = 0

    async def answer(request):
        nonlocal written
        stream = web.StreamResponse()
        await stream.prepare(request)
        for _ in range(800):
            await stream.write(bytes(65536))
            written += 65536
        return stream

    async with serving(answer) as address:
        with pytest.raises(FetchError, match="larger than"):
            await get(f"{address}/a", limit_bytes=100_000)
    assert written < 50 * 2**20


@pytest.mark.parametrize("status", [404, 403, 500, 503])
async def test_other_answers_are_told_by_their_status(status):
    async def answer(request):
        return web.Response(status=status)

    async with serving(answer) as address:
        with pytest.raises(FetchError, match=f"status {status}"):
            await get(f"{address}/a")


async def test_a_server_that_hangs_is_given_up():
    import asyncio

    done = asyncio.Event()

    async def answer(request):
        await done.wait()
        return web.Response()

    async with serving(answer) as address:
        with pytest.raises(FetchError, match="did not answer"):
            await get(f"{address}/a", timeout=0.2)
        done.set()


async def test_a_reply_cut_half_way_is_an_error():
    async def answer(request):
        stream = web.StreamResponse(headers={"Content-Length": "500"})
        await stream.prepare(request)
        await stream.write(b"half")
        request.transport.close()
        return stream

    async with serving(answer) as address:
        with pytest.raises(FetchError, match="cannot be reached"):
            await get(f"{address}/a")


async def test_nobody_there_is_an_error():
    with pytest.raises(FetchError, match="cannot be reached"):
        await get("http://127.0.0.1:9/a")


@pytest.mark.parametrize(
    "target",
    [
        *("http://169.254.169.254/latest/meta-data", "http://10.0.0.1/", "http://[::1]:80/"),
        *("http://0.0.0.0/", "http://[::ffff:127.0.0.1]/", "http://[64:ff9b::7f00:1]/"),
        *("http://localhost/", "http://224.0.0.1/", "http://100.64.0.1/", "http://[fe80::1]/"),
    ],
)
async def test_a_redirect_to_a_private_address_is_not_followed(target):
    async def answer(request):
        return web.Response(status=302, headers={"Location": target})

    async with serving(answer) as address:
        with pytest.raises(FetchError, match="open internet"):
            await get(f"{address}/a")


async def test_a_redirect_to_another_port_of_the_same_host_is_not_followed():
    async def inner(request):
        return web.Response(body=b"secret")

    async with serving(inner) as secret:

        async def answer(request):
            return web.Response(status=307, headers={"Location": f"{secret}/x"})

        async with serving(answer) as address:
            with pytest.raises(FetchError, match="open internet"):
                await get(f"{address}/a")


async def test_a_redirect_within_the_origin_is_followed():
    async def answer(request):
        if request.path == "/a":
            return web.Response(status=301, headers={"Location": "/b"})
        return web.Response(body=b"here")

    async with serving(answer) as address:
        assert (await get(f"{address}/a")).content == b"here"


async def test_redirects_without_end_are_given_up():
    async def answer(request):
        return web.Response(status=302, headers={"Location": request.path + "x"})

    async with serving(answer) as address:
        with pytest.raises(FetchError, match="without end"):
            await get(f"{address}/a")


@pytest.mark.parametrize("address", ["file:///etc/passwd", "ftp://x/y", "https://", "words"])
async def test_other_kinds_of_address_are_refused(address):
    with pytest.raises(FetchError, match="must begin with"):
        await get(address)


@pytest.mark.parametrize(
    ("address", "words"),
    [
        ("http://example.org/a.png", "must begin with https"),
        ("https://127.0.0.1/a.png", "open internet"),
        ("https://localhost/a.png", "open internet"),
        ("https://[::1]/a.png", "open internet"),
        ("https://2130706433/a.png", "open internet|cannot be reached"),
    ],
)
async def test_what_strangers_write_must_be_https_and_public(address, words):
    with pytest.raises(FetchError, match=words):
        await get(address, public_only=True)


@pytest.mark.parametrize(
    ("address", "public"),
    [
        ("93.184.216.34", True),
        ("2606:4700::1111", True),
        ("::ffff:93.184.216.34", True),
        ("::ffff:10.0.0.1", False),
        ("2002:7f00:1::", False),
        ("192.168.1.1", False),
    ],
)
def test_public_is_what_the_open_internet_reaches(address, public):
    assert is_public(ipaddress.ip_address(address)) is public


def test_a_password_in_an_address_is_not_shown():
    assert without_password("https://me:secret@example.org/a?b#c") == "https://example.org/a?b"
