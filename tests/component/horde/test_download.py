"""Fetching pictures: bounded, from where a status says, and with nothing of ours."""

from __future__ import annotations

import asyncio
import base64

import aiohttp
import pytest
from pydantic import SecretStr

from common.errors import HordeGone, HordeUnreachable, PictureError
from common.horde.client import HordeClient
from common.horde.transport import Patience
from tests.component.horde.conftest import QUICK, body
from tests.fakes import faults
from worker.horde.client import WireClient

LIMIT = 10_000


@pytest.fixture
async def link(client):
    submitted = await client.submit(body())
    return (await client.status(submitted.id)).generations[0].img


@pytest.mark.parametrize(
    "fault", [faults.refuse(), faults.reset(), faults.answer(503, ""), faults.answer(429, "")]
)
async def test_a_fault_that_passes_is_survived(client, horde, link, fault):
    horde.fail("picture", fault, 2)

    assert (await client.download(link, limit_bytes=LIMIT))[8:12] == b"WEBP"


async def test_a_download_that_stalls(client_of, horde, link):
    client = client_of(horde, patience=Patience(download=0.1, attempts=1))
    horde.fail("picture", faults.hang())

    async with asyncio.timeout(30):
        with pytest.raises(HordeUnreachable):
            await client.download(link, limit_bytes=LIMIT)


async def test_a_server_that_stays_away(client, horde, link):
    horde.fail("picture", faults.refuse(), 100)

    with pytest.raises(HordeUnreachable, match="picture"):
        await client.download(link, limit_bytes=LIMIT)
    assert horde.journal.count("picture") <= 2 * QUICK.attempts


@pytest.mark.parametrize("status", [403, 404])
async def test_an_expired_link(client, horde, link, status):
    horde.fail("picture", faults.answer(status, "<Error><Code>AccessDenied</Code></Error>"))

    with pytest.raises(HordeGone) as gone:
        await client.download(link, limit_bytes=LIMIT)
    assert (gone.value.code, gone.value.status) == ("horde.picture_gone", status)
    assert horde.journal.count("picture") == 1


@pytest.mark.parametrize("status", [204, 408, 429, 500])
async def test_a_server_that_has_no_picture_just_now(client, horde, link, status):
    horde.fail("picture", faults.answer(status, ""), QUICK.attempts)

    with pytest.raises(HordeUnreachable) as away:
        await client.download(link, limit_bytes=LIMIT)
    assert (away.value.code, away.value.status) == ("horde.picture_unreachable", status)
    assert horde.journal.of("picture")[0].headers["accept"] == "image/*"


async def test_the_signature_is_sent_as_it_was_spelt(client, horde, link):
    await client.download(link, limit_bytes=LIMIT)

    assert horde.journal.of("picture")[0].path.endswith("?Signature=a%2Fb")


async def test_a_picture_announced_too_large(client, horde, link):
    with pytest.raises(PictureError, match="too large"):
        await client.download(link, limit_bytes=100)


async def test_a_picture_that_goes_on_and_on(client, horde, link):
    unannounced = {"Transfer-Encoding": "chunked", "Content-Type": "image/webp"}
    horde.fail("picture", faults.answer(200, "x" * (LIMIT + 1), unannounced))

    with pytest.raises(PictureError, match="too large"):
        await client.download(link, limit_bytes=LIMIT)


async def test_a_redirect_to_another_server_is_followed(client, horde, link):
    horde.fail("picture", faults.answer(302, "", {"Location": link}))

    assert (await client.download(link, limit_bytes=LIMIT))[8:12] == b"WEBP"


@pytest.mark.parametrize("target", ["file:///etc/passwd", "ftp://127.0.0.1/x"])
async def test_a_redirect_off_the_web_is_not(client, horde, link, target):
    horde.fail("picture", faults.answer(302, "", {"Location": target}), 10)

    with pytest.raises(PictureError):
        await client.download(link, limit_bytes=LIMIT)


async def test_a_redirect_in_circles_ends(client, horde, link):
    horde.fail("picture", faults.answer(302, "", {"Location": link}), 100)

    with pytest.raises(PictureError):
        await client.download(link, limit_bytes=LIMIT)


@pytest.mark.parametrize(
    "img",
    [
        "file:///etc/passwd",
        "ftp://example.org/x",
        "http://",
        "http://[::1",
        "R2",
        "",
        "not base64!",
    ],
)
async def test_what_is_neither_link_nor_base64(client, img):
    with pytest.raises(PictureError):
        await client.download(img, limit_bytes=LIMIT)


async def test_base64_that_is_too_long(client):
    with pytest.raises(PictureError, match="too large"):
        await client.download(base64.b64encode(b"x" * 200).decode(), limit_bytes=100)


@pytest.mark.parametrize("kind", [HordeClient, WireClient])
@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "2130706433"])
async def test_a_horde_elsewhere_leads_nobody_into_this_network(horde, link, kind, host):
    inside = link.replace("127.0.0.1", host)
    async with aiohttp.ClientSession() as session:
        more = {"name": "far"} if kind is HordeClient else {}
        client = kind("https://1.1.1.1/api", SecretStr("key"), session, **more)
        fetch = client.download if kind is HordeClient else client.fetch
        with pytest.raises(PictureError):
            await fetch(inside, limit_bytes=LIMIT)
    assert horde.journal.count("picture") == 0
