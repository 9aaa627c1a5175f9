"""Fetching from servers that are broken, slow or hostile: bounded, and a sentence for each."""

import asyncio
import contextlib
import gzip
import zlib
from contextlib import asynccontextmanager

import pytest
from aiohttp import web

from common.errors import FetchError
from common.fetching.fetch import Fetched
from tests.component.common.fetching import get
from tests.fakes.server import Answering

GIGABYTE = 2**30


def bomb(window):
    """A gigabyte of zeros, packed: the same piece again and again, which is packed but once."""
    packer = zlib.compressobj(9, zlib.DEFLATED, window)
    zeros = bytes(2**20)
    first, more = (packer.compress(zeros) + packer.flush(zlib.Z_FULL_FLUSH) for _ in range(2))
    return first + more * (GIGABYTE // 2**20 - 1)


@asynccontextmanager
async def sending(*pieces, pause=0.0, then_wait=False):
    """A server that answers every request with these very bytes; yields its address."""
    done = asyncio.Event()
    answering = set()

    async def answer(reader, writer):
        answering.add(asyncio.current_task())
        with contextlib.suppress(OSError, asyncio.IncompleteReadError):
            await reader.readuntil(b"\r\n\r\n")
            for piece in pieces:
                writer.write(piece)
                await writer.drain()
                await asyncio.sleep(pause)
            if then_wait:
                await done.wait()
        writer.close()
        with contextlib.suppress(OSError):
            await writer.wait_closed()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    try:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/"
    finally:
        done.set()
        server.close()
        await asyncio.gather(*answering)


def head(**headers):
    lines = [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return "\r\n".join(["HTTP/1.1 200 OK", *lines, "", ""]).encode("latin-1")


async def test_a_file_comes_with_its_marks():
    async def answer(request):
        marks = {"ETag": '"1"', "Last-Modified": "monday", "Content-Type": "Image/PNG; x=y"}
        return web.Response(body=b"words", headers=marks)

    async with Answering(answer) as server:
        assert await get(f"{server.url}/a") == Fetched(b"words", '"1"', "monday", "image/png")


async def test_it_is_asked_for_as_it_is_and_without_cookies():
    seen = []

    async def answer(request):
        seen.append(request.headers)
        reply = web.Response(status=302, headers={"Location": "/b"})
        reply.set_cookie("who", "me")
        return reply if request.path == "/a" else web.Response()

    async with Answering(answer) as server:
        await get(f"{server.url}/a")
    assert [headers["Accept-Encoding"] for headers in seen] == ["identity", "identity"]
    assert not any("Cookie" in headers for headers in seen)


async def test_what_has_not_changed_is_not_sent_again():
    async def answer(request):
        if request.headers.get("If-None-Match") == '"1"':
            return web.Response(status=304, headers={"ETag": '"1"'})
        return web.Response(body=b"words", headers={"ETag": '"1"'})

    async with Answering(answer) as server:
        first = await get(f"{server.url}/a")
        again = await get(f"{server.url}/a", known=first)
        assert (again.content, again.etag) == (None, '"1"')


async def test_not_changed_is_no_answer_when_nothing_is_known():
    async with sending(b"HTTP/1.1 304 Not Modified\r\n\r\n") as address:
        with pytest.raises(FetchError, match="status 304"):
            await get(address)


@pytest.mark.parametrize("mark", ["\xff\xfe", '"' + "x" * 600 + '"', "a\tb"])
async def test_a_mark_that_cannot_be_sent_back_is_none(mark):
    async with sending(head(ETag=mark, Content_Length=2), b"ok") as address:
        assert await get(address) == Fetched(b"ok")


def bare(data):
    packer = zlib.compressobj(wbits=-15)
    return packer.compress(data) + packer.flush()


@pytest.mark.parametrize("packed", [gzip.compress, zlib.compress, bare])
async def test_a_packed_reply_is_unpacked(packed):
    encoding = "gzip" if packed is gzip.compress else "deflate"

    async def answer(request):
        return web.Response(body=packed(b"words" * 100), headers={"Content-Encoding": encoding})

    async with Answering(answer) as server:
        assert (await get(f"{server.url}/a")).content == b"words" * 100


@pytest.mark.parametrize(("encoding", "window"), [("gzip", 31), ("deflate", 15)])
async def test_a_reply_that_swells_is_stopped(encoding, window):
    small = bomb(window)
    assert len(small) < 2**21

    async def answer(request):
        return web.Response(body=small, headers={"Content-Encoding": encoding})

    async with Answering(answer) as server:
        with pytest.raises(FetchError, match="larger than 1 MB when unpacked"):
            await get(f"{server.url}/a", limit_bytes=2**20)


EMPTY_BLOCK = b"\x00\x00\x00\xff\xff"
"""A piece of a packed reply that unpacks to nothing."""


@pytest.mark.timeout(60)
@pytest.mark.parametrize(
    ("encoding", "start", "more"),
    [
        ("gzip", gzip.compress(b"{}"), b"x" * 65536),
        ("gzip", gzip.compress(b"{}"), gzip.compress(b"x" * 65536)),
        ("deflate", b"", EMPTY_BLOCK * 13107),
    ],
    ids=["words", "another file", "nothing"],
)
@pytest.mark.parametrize("times", [1, 4000])
async def test_what_goes_on_after_all_was_unpacked_is_an_error(encoding, start, more, times):
    reply = (head(Content_Encoding=encoding) + start, *([more] * times))
    async with sending(*reply, then_wait=times > 1) as address:
        with pytest.raises(FetchError, match="cannot be unpacked"):
            await get(address, timeout=45)


@pytest.mark.parametrize(
    "sent", [b"no gzip", gzip.compress(b"words" * 500)[:-20]], ids=["not packed", "cut"]
)
async def test_a_reply_that_cannot_be_unpacked_is_an_error(sent):
    async def answer(request):
        return web.Response(body=sent, headers={"Content-Encoding": "gzip"})

    async with Answering(answer) as server:
        with pytest.raises(FetchError, match="cannot be unpacked"):
            await get(f"{server.url}/a", limit_bytes=10_000)


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

    async with Answering(answer) as server:
        with pytest.raises(FetchError, match="larger than"):
            await get(f"{server.url}/a", limit_bytes=100_000)
    assert written < 50 * 2**20


@pytest.mark.parametrize("status", [404, 403, 500, 503])
async def test_other_answers_are_told_by_their_status(status):
    async def answer(request):
        return web.Response(status=status)

    async with Answering(answer) as server:
        with pytest.raises(FetchError, match=f"status {status}"):
            await get(f"{server.url}/a")


async def test_a_server_that_hangs_is_given_up():
    done = asyncio.Event()

    async def answer(request):
        await done.wait()
        return web.Response()

    async with Answering(answer) as server:
        with pytest.raises(FetchError, match="did not answer"):
            await get(f"{server.url}/a", timeout=0.2)
        done.set()


async def test_a_server_that_falls_silent_is_given_up_before_the_time_is_over():
    async with sending(head(Content_Length=9), b"half", then_wait=True) as address:
        with pytest.raises(FetchError, match="for 1 s"):
            await get(address, stall=1.0, timeout=60)


async def test_a_server_that_never_ends_is_given_up_when_the_time_is_over():
    async with sending(head(), *[b"x"] * 1000, pause=0.02) as address:
        with pytest.raises(FetchError, match="in full within 1 s"):
            await get(address, stall=5, timeout=1.0)


@pytest.mark.parametrize(
    "reply",
    [
        *(b"", b"\0" * 500, b"SSH-2.0-x\r\n", b"HTTP/1.1 200\r\nContent-Length: -5\r\n\r\n"),
        *(b"HTTP/9.9 9999 ?\r\n\r\n", b"HTTP/1.1 200 OK\r\nx: " + b"y" * 100_000),
        *(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", b"\xff\xfe: \r\n\r\n"),
        *(b"HTTP/1.1 302 Found\r\nLocation: http://[\r\nContent-Length: 0\r\n\r\n",),
        *(b"HTTP/1.1 302 Found\r\nLocation: http://x:99999/\r\nContent-Length: 0\r\n\r\n",),
        *(b"HTTP/1.1 302 Found\r\nContent-Length: 0\r\n\r\n",),
    ],
)
async def test_a_reply_that_makes_no_sense_is_an_error_in_a_sentence(reply):
    async with sending(reply) as address:
        with pytest.raises(FetchError, match=r"cannot be reached|status|sends from"):
            await get(address)


async def test_a_reply_cut_half_way_is_an_error():
    async def answer(request):
        stream = web.StreamResponse(headers={"Content-Length": "500"})
        await stream.prepare(request)
        await stream.write(b"half")
        request.transport.close()
        return stream

    async with Answering(answer) as server:
        with pytest.raises(FetchError, match="cannot be reached"):
            await get(f"{server.url}/a")


async def test_nobody_there_is_an_error():
    with pytest.raises(FetchError, match="cannot be reached"):
        await get("http://127.0.0.1:9/a")
