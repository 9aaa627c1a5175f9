"""Whither fetching may lead: no address inside somebody's network, no password told or sent on."""

import base64
import ipaddress

import aiohttp
import pytest
from aiohttp import web
from yarl import URL

from common.errors import FetchError
from common.fetching.fetch import is_public, leads_outside, public_answer, without_password
from tests.component.common.fetching import get
from tests.fakes.server import Answering


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

    async with Answering(answer) as server:
        with pytest.raises(FetchError, match="open internet"):
            await get(f"{server.url}/a")


async def test_a_redirect_to_another_port_of_the_same_host_is_not_followed():
    async def inner(request):
        return web.Response(body=b"secret")

    async with Answering(inner) as secret:

        async def answer(request):
            return web.Response(status=307, headers={"Location": f"{secret.url}/x"})

        async with Answering(answer) as server:
            with pytest.raises(FetchError, match="open internet"):
                await get(f"{server.url}/a")


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

    async with Answering(inner) as secret:
        target = f"http://{host}:{secret.url.rpartition(':')[2]}/"

        async def answer(request):
            return web.Response(status=302, headers={"Location": target})

        async with Answering(answer) as server:
            with pytest.raises(FetchError):
                await get(f"{server.url}/a")
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

    async with Answering(inner) as there:
        target = there.url.replace("127.0.0.1", "localhost")

        async def answer(request):
            return web.Response(status=302, headers={"Location": f"{target}/x"})

        async with Answering(answer) as server:
            assert (await get(f"{server.url}/a", allow=first_time_only)).content == b"here"
    assert "127.0.0.1" in judged


async def test_name_and_password_are_sent_to_the_first_origin_only():
    seen = []

    async def elsewhere(request):
        seen.append(("elsewhere", request.headers.get("Authorization")))
        return web.Response()

    async with Answering(elsewhere) as other:

        async def answer(request):
            seen.append((request.path, request.headers.get("Authorization")))
            target = {"/a": "/b", "/b": other.url.replace("//", "//you:him@") + "/c"}[request.path]
            return web.Response(status=302, headers={"Location": target})

        async with Answering(answer) as server:
            secret = server.url.replace("//", "//m%C3%A9:s%40crét@")
            await get(f"{secret}/a", allow=lambda _: True)
    login = "Basic " + base64.b64encode("mé:s@crét".encode()).decode()
    assert seen == [("/a", login), ("/b", login), ("elsewhere", None)]


async def test_a_redirect_within_the_origin_is_followed():
    async def answer(request):
        if request.path == "/a":
            return web.Response(status=301, headers={"Location": "/b"})
        return web.Response(body=b"here")

    async with Answering(answer) as server:
        assert (await get(f"{server.url}/a")).content == b"here"


async def test_redirects_without_end_are_given_up():
    async def answer(request):
        return web.Response(status=302, headers={"Location": request.path + "x"})

    async with Answering(answer) as server:
        with pytest.raises(FetchError, match="without end"):
            await get(f"{server.url}/a")


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

    async with Answering(answer) as server:
        with pytest.raises(FetchError, match="must begin with https"):
            await get(server.url, public_only=True, allow=lambda _: True)
    assert asked == []


async def test_an_answer_is_lent_by_the_spelling_of_its_address_wherever_that_may_lead():
    asked = []

    async def answer(request):
        asked.append(request.raw_path)
        if request.path == "/moved":
            return web.Response(status=302, headers={"Location": "/a%2Fb?sig=c%2Fd"})
        where = {"Location": "http://127.0.0.2/"} if request.path == "/out" else {}
        return web.Response(status=302 if where else 200, headers=where, body=b"here")

    options = {"timeout": aiohttp.ClientTimeout(total=30), "headers": {}}
    home = ipaddress.ip_address("127.0.0.1")
    async with Answering(answer) as server:
        lent = public_answer(URL(f"{server.url}/moved"), allow=lambda one: one == home, **options)
        async with lent as here:
            assert await here.read() == b"here"
        assert asked == ["/moved", "/a%2Fb?sig=c%2Fd"]
        for path, allow in (("/out", lambda one: one == home), ("/a", is_public)):
            with pytest.raises(FetchError, match="open internet"):
                async with public_answer(URL(f"{server.url}{path}"), allow=allow, **options):
                    pass
    assert asked[2:] == ["/out"]


async def test_an_address_of_this_network_does_not_lead_outside():
    hosts = ("127.0.0.1", "localhost", "10.0.0.1", "1.1.1.1")
    assert [await leads_outside(host) for host in hosts] == [False, False, False, True]
