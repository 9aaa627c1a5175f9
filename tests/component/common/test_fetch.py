"""Fetching from servers that are broken, slow or hostile: bounded, and a sentence for each."""

import asyncio
import base64
import contextlib
import gzip
import ipaddress
import zlib
from contextlib import asynccontextmanager

import pytest
from aiohttp import web

from common.errors import FetchError
from common.fetch import Fetched, fetch, is_public, without_password

GIGABYTE = 2**30


def bomb(window):
    """A gigabyte of zeros, packed: the same piece again and again, which is packed but once."""
    packer = zlib.compressobj(9, zlib.DEFLATED, window)
    zeros = bytes(2**20)
    first, more = (packer.compress(zeros) + packer.flush(zlib.Z_FULL_FLUSH) for _ in range(2))
    return first + more * (GIGABYTE // 2**20 - 1)


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
    usual = {"limit_bytes": 1000, "timeout": 30, "public_only": False}
    return await fetch(address, **{**usual, **options})


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

    async with serving(answer) as address:
        assert await get(f"{address}/a") == Fetched(b"words", '"1"', "monday", "image/png")


async def test_it_is_asked_for_as_it_is_and_without_cookies():
    seen = []

    async def answer(request):
        seen.append(request.headers)
        reply = web.Response(status=302, headers={"Location": "/b"})
        reply.set_cookie("who", "me")
        return reply if request.path == "/a" else web.Response()

    async with serving(answer) as address:
        await get(f"{address}/a")
    assert [headers["Accept-Encoding"] for headers in seen] == ["identity", "identity"]
    assert not any("Cookie" in headers for headers in seen)


async def test_what_has_not_changed_is_not_sent_again():
    async def answer(request):
        if request.headers.get("If-None-Match") == '"1"':
            return web.Response(status=304, headers={"ETag": '"1"'})
        return web.Response(body=b"words", headers={"ETag": '"1"'})

    async with serving(answer) as address:
        first = await get(f"{address}/a")
        again = await get(f"{address}/a", known=first)
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

    async with serving(answer) as address:
        assert (await get(f"{address}/a")).content == b"words" * 100


@pytest.mark.parametrize(("encoding", "window"), [("gzip", 31), ("deflate", 15)])
async def test_a_reply_that_swells_is_stopped(encoding, window):
    small = bomb(window)
    assert len(small) < 2**21

    async def answer(request):
        return web.Response(body=small, headers={"Content-Encoding": encoding})

    async with serving(answer) as address:
        with pytest.raises(FetchError, match="larger than 1 MB when unpacked"):
            await get(f"{address}/a", limit_bytes=2**20)


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
    done = asyncio.Event()

    async def answer(request):
        await done.wait()
        return web.Response()

    async with serving(answer) as address:
        with pytest.raises(FetchError, match="did not answer"):
            await get(f"{address}/a", timeout=0.2)
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
        *("http://[fec0::1]/", "http://[::127.0.0.1]/", "http://[64:ff9b:1::1]/", "http://[::]/"),
        *("//127.0.0.1:1/", "http://me:pw@127.0.0.1:1/", "http://[fe80::1%25lo]/"),
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


@pytest.mark.parametrize(
    "host",
    [
        *("127.0.0.1", "127.1", "2130706433", "0177.0.0.1", "0x7f.1", "0x7f000001", "0"),
        *("127.0.0.1.", "①②⑦.⓪.⓪.①", "127。0。0。1", "[::ffff:7f00:1]", "localhost", "LOCALHOST"),
    ],
)
async def test_no_spelling_of_this_machine_leads_past_the_check(host):
    asked = []

    async def inner(request):
        asked.append(request.path)
        return web.Response(body=b"secret")

    async with serving(inner) as secret:
        target = f"http://{host}:{secret.rpartition(':')[2]}/"

        async def answer(request):
            return web.Response(status=302, headers={"Location": target})

        async with serving(answer) as address:
            with pytest.raises(FetchError):
                await get(f"{address}/a")
    assert asked == []


@pytest.mark.parametrize("host", ["127.1", "2130706433", "0177.0.0.1", "127.0.0.1.", "1.1.1.1.1"])
async def test_numbers_that_are_no_plain_address_are_never_connected_to(host):
    with pytest.raises(FetchError, match="open internet"):
        await get(f"https://{host}/a", public_only=True, allow=lambda _: True)


async def test_the_address_that_was_judged_is_the_one_that_is_connected_to():
    judged = []

    def first_time_only(address):
        judged.append(str(address))
        return judged.count(str(address)) == 1

    async def inner(request):
        return web.Response(body=b"here")

    async with serving(inner) as there:
        target = there.replace("127.0.0.1", "localhost")

        async def answer(request):
            return web.Response(status=302, headers={"Location": f"{target}/x"})

        async with serving(answer) as address:
            assert (await get(f"{address}/a", allow=first_time_only)).content == b"here"
    assert "127.0.0.1" in judged


async def test_name_and_password_are_sent_to_the_first_origin_only():
    seen = []

    async def elsewhere(request):
        seen.append(("elsewhere", request.headers.get("Authorization")))
        return web.Response()

    async with serving(elsewhere) as other:

        async def answer(request):
            seen.append((request.path, request.headers.get("Authorization")))
            target = {"/a": "/b", "/b": other.replace("//", "//you:him@") + "/c"}[request.path]
            return web.Response(status=302, headers={"Location": target})

        async with serving(answer) as address:
            secret = address.replace("//", "//m%C3%A9:s%40crét@")
            await get(f"{secret}/a", allow=lambda _: True)
    login = "Basic " + base64.b64encode("mé:s@crét".encode()).decode()
    assert seen == [("/a", login), ("/b", login), ("elsewhere", None)]


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
        ("https://2130706433/a.png", "open internet"),
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
        *(("0.0.0.0", False), ("169.254.169.254", False), ("100.64.0.1", False)),
        *(("224.0.0.1", False), ("240.0.0.1", False), ("255.255.255.255", False)),
        *(("::", False), ("::1", False), ("::127.0.0.1", False), ("fc00::1", False)),
        *(("fe80::1", False), ("fec0::1", False), ("ff02::1", False), ("4000::1", False)),
        *(("64:ff9b::808:808", True), ("64:ff9b::a00:1", False), ("64:ff9b:1::1", False)),
        *(("2001:db8::1", False), ("2001::1", False), ("2002:808:808::1", True)),
    ],
)
def test_public_is_what_the_open_internet_reaches(address, public):
    assert is_public(ipaddress.ip_address(address)) is public


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ("https://me:secret@example.org/a?token=secret#c", "https://example.org/a?…"),
        ("https://example.org/@me/list", "https://example.org/@me/list"),
        ("https:me:secret@example.org/a", "https:///example.org/a"),
        ("https://me:se/secret@example.org/a", "?"),
        ("https://[me:secret", "?"),
        ("words", "words"),
    ],
)
def test_a_password_in_an_address_is_not_shown(address, shown):
    assert without_password(address) == shown


async def test_a_password_is_not_in_what_went_wrong():
    with pytest.raises(FetchError) as caught:
        await get("http://me:secret@127.0.0.1:9/a?token=secret")
    assert "secret" not in str(caught.value)


async def test_a_public_only_address_is_not_left_for_plain_http():
    asked = []

    async def answer(request):
        asked.append(request.path)
        return web.Response()

    async with serving(answer) as address:
        with pytest.raises(FetchError, match="must begin with https"):
            await get(address, public_only=True, allow=lambda _: True)
    assert asked == []
