"""What the room does not let in."""

from __future__ import annotations

import stat

import pytest
from structlog.testing import capture_logs

from common.errors import ConfigError, StartupError
from common.model import Note
from tests.component.web.house import answer, heard
from tests.component.web.visitor import hidden_fields

EVIL = '<script>alert("x")</script><img src=x onerror=y>'


async def test_a_form_needs_its_token(browser):
    fields = await browser.fields() | {"text": "hello"}
    for changed in ({"form": ""}, {"form": "0" * 64}, {"form": "ä"}):
        status, page = await browser.post("/messages", fields | changed)
        assert status == 403
        assert "not made for this browser" in page
    for path in ("/again", "/delete"):
        assert (await browser.post(path, fields | {"form": "0"}))[0] == 403


async def test_a_form_of_another_visitor_is_not_taken(adapter, browser, visit):
    fields = await browser.fields() | {"text": "hello"}
    other = visit(adapter)
    await other.get("/")
    assert (await other.post("/messages", fields))[0] == 403


async def test_a_form_without_the_cookie_or_with_a_forged_one_is_not_taken(adapter, browser, visit):
    fields = await browser.fields() | {"text": "hello"}
    assert (await visit(adapter).post("/messages", fields))[0] == 403
    (cookie,) = browser.session.cookie_jar
    forged = ("A" if cookie.value[0] != "A" else "B") + cookie.value[1:]
    browser.session.cookie_jar.clear()
    status, _ = await browser.post("/messages", fields, headers={"Cookie": f"visitor={forged}"})
    assert status == 403


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "http://evil.example"},
        {"Origin": "null"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
    ],
)
async def test_a_form_from_another_site_is_not_taken(browser, headers):
    fields = await browser.fields() | {"text": "hello"}
    status, page = await browser.post("/messages", fields, headers=headers)
    assert status == 403
    assert "came from another site" in page


async def test_a_form_from_the_page_itself_is_taken(browser):
    fields = await browser.fields() | {"text": "hello"}
    headers = {"Origin": browser.url, "Sec-Fetch-Site": "same-origin"}
    assert (await browser.post("/messages", fields, headers=headers))[0] == 303


@pytest.mark.parametrize("host", ["evil.example", "evil.example:8765", "127.0.0.1.evil.example"])
async def test_other_names_for_this_machine_are_refused(browser, host):
    for path in ("/", "/live", "/healthz"):
        status, page = await browser.get(path, headers={"Host": host})
        assert status == 403
        assert "not known by that name" in page


@pytest.mark.parametrize("host", ["localhost:1", "127.0.0.1", "[::1]:80", "LOCALHOST"])
async def test_the_names_of_this_machine_are_welcome(browser, host):
    assert (await browser.get("/", headers={"Host": host}))[0] == 200


async def test_the_public_name_is_welcome_and_makes_the_cookie_secure(house, visit):
    async with house.open(public_url="https://pictures.example") as adapter:
        assert adapter.url == "https://pictures.example"
        browser = visit(adapter)
        browser.url = f"http://127.0.0.1:{port_of(adapter)}"
        headers = {"Host": "pictures.example"}
        assert (await browser.get("/", headers=headers))[0] == 200
        async with browser.session.get(browser.url, headers=headers) as response:
            cookie = response.headers["Set-Cookie"]
        assert "Secure" in cookie
        assert "HttpOnly" in cookie
        assert "SameSite=Lax" in cookie


def port_of(adapter) -> int:
    return adapter._site._runner.addresses[0][1]


async def test_what_people_write_is_never_markup(adapter, browser, house):
    await browser.say(EVIL, nickname=EVIL[:40])
    incoming = await heard(adapter)
    picture = house.picture(alt=EVIL, style=EVIL, seed=EVIL, notes=(EVIL,))
    notes = (Note("x", EVIL + "!"),)
    await answer(adapter, incoming, picture, text=EVIL, suggestions=(EVIL,), notes=notes)
    for path in ("/", "/gallery", "/m/1", "/?text=" + EVIL, "/live?after=0"):
        if path.startswith("/live"):
            async with browser.session.get(browser.url + path) as response:
                page = (await response.content.readuntil(b"event: answer")).decode()
                page += (await response.content.readline()).decode()
        else:
            _, page = await browser.get(path)
        assert "&lt;script&gt;" in page
        assert "<script>" not in page
        assert "<img src=x" not in page


async def test_every_answer_carries_the_headers(browser):
    for path in ("/", "/gallery", "/nothing", "/static/room.css", "/live", "/pictures/x"):
        async with browser.session.get(browser.url + path) as response:
            policy = response.headers["Content-Security-Policy"]
            assert "default-src 'self'" in policy
            assert "frame-ancestors 'none'" in policy
            assert "unsafe-inline" not in policy
            assert response.headers["X-Content-Type-Options"] == "nosniff"
            assert response.headers["Referrer-Policy"] == "same-origin"


async def test_too_much_at_once_is_refused(browser):
    fields = await browser.fields() | {"text": "x" * 70_000}
    status, page = await browser.post("/messages", fields)
    assert status == 413
    assert "too large" in page


async def test_a_long_text_comes_back_in_the_form(browser):
    fields = await browser.fields() | {"text": "ab" * 2001}
    status, page = await browser.post("/messages", fields)
    assert status == 400
    assert "4002 characters; at most 4000" in page
    assert "ab" * 2001 + "</textarea>" in page


async def test_nothing_is_not_a_message(browser):
    fields = await browser.fields() | {"text": " \r\n "}
    status, page = await browser.post("/messages", fields)
    assert status == 400
    assert "nothing to send" in page


@pytest.mark.parametrize("token", ["", "short", "x" * 65, "with space aaaaaaaaa"])
async def test_a_form_without_a_usable_token_is_refused(browser, token):
    fields = await browser.fields() | {"text": "hello", "token": token}
    assert (await browser.post("/messages", fields))[0] == 400


async def test_files_cannot_be_sent(browser):
    fields = await browser.fields() | {"text": "hello"}
    async with browser.session.post(browser.url + "/messages", json=fields) as response:
        assert response.status == 415


async def test_an_address_may_ask_so_often_an_hour(house, visit):
    async with house.open(requests_per_address=2) as adapter:
        browser = visit(adapter)
        await browser.say("one")
        await browser.say("two")
        fields = await browser.fields() | {"text": "three"}
        status, page = await browser.post("/messages", fields)
        assert status == 429
        assert "Please try again in 60 minutes." in page
        assert ">three</textarea>" in page
        async with browser.session.post(
            browser.url + "/messages", data=fields, headers={"Accept": "application/json"}
        ) as response:
            assert response.status == 429
            assert 3590 < int(response.headers["Retry-After"]) <= 3600
            assert "try again in 60 minutes" in (await response.json())["problem"]
        # another visitor behind the same address is no way round it
        other = visit(adapter)
        fields = await other.fields() | {"text": "four"}
        assert (await other.post("/messages", fields))[0] == 429


@pytest.mark.parametrize(("public", "last"), [(None, 429), ("https://pictures.example", 303)])
async def test_a_proxy_is_believed_only_if_there_is_one(house, visit, public, last):
    async with house.open(requests_per_address=1, public_url=public) as adapter:
        browser = visit(adapter)
        browser.url = f"http://localhost:{port_of(adapter)}"
        await browser.get("/")
        # with an https address the cookie is for https alone, so it is brought by hand
        (cookie,) = browser.session.cookie_jar
        for address, expected in (("192.0.2.1", 303), ("6.6.6.6, 192.0.2.2", last)):
            headers = {"X-Forwarded-For": address, "Cookie": f"visitor={cookie.value}"}
            _, page = await browser.get("/", headers=headers)
            fields = hidden_fields(page, "write") | {"text": address}
            assert (await browser.post("/messages", fields, headers=headers))[0] == expected


@pytest.mark.parametrize(
    ("method", "path", "status", "sentence"),
    [
        ("GET", "/nothing", 404, "no page at this address"),
        ("GET", "/messages", 405, "for something else"),
        ("POST", "/gallery", 405, "for something else"),
        ("GET", "/m/99999999999", 404, "no page at this address"),
    ],
)
async def test_problems_are_told_in_a_page(browser, method, path, status, sentence):
    async with browser.session.request(method, browser.url + path) as response:
        page = await response.text()
    assert response.status == status
    assert response.content_type == "text/html"
    assert sentence in page


async def test_a_fault_of_ours_is_told_and_logged(adapter, browser):
    async with adapter.room._database.write() as connection:
        await connection.exec_driver_sql("DROP TABLE web_pictures")
    with capture_logs() as log:
        status, page = await browser.get("/gallery")
    assert status == 500
    assert "The fault is ours" in page
    assert "no such table" not in page
    assert [(line["event"], line["path"]) for line in log] == [("web.failed", "/gallery")]


async def test_it_tells_its_health(browser):
    async with browser.session.get(browser.url + "/healthz") as response:
        assert await response.json() == {"status": "ok"}


async def test_a_taken_port_is_said_in_a_sentence(house, adapter, tmp_path_factory):
    taken = port_of(adapter)
    with pytest.raises(StartupError, match=f"Port {taken} on 127.0.0.1 is taken.*web.port"):
        async with house.open(port=taken):
            pass


async def test_an_address_that_is_not_here_is_said_in_a_sentence(house):
    with pytest.raises(StartupError, match=r"192\.0\.2\.7"):
        async with house.open(host="192.0.2.7"):
            pass


async def test_an_unknown_setting_is_said_in_a_sentence(house):
    from bots.program import open_core
    from bots.web.adapter import WebAdapter

    async with open_core(house.config(), lasting=False) as core:
        with pytest.raises(ConfigError, match=r"accounts\.room.*token"):
            await WebAdapter.build("room", {"platform": "web", "token": "x"}, core.services)


async def test_the_secret_is_its_owners_alone_and_outlives_a_restart(house, visit):
    async with house.open() as adapter:
        browser = visit(adapter)
        await browser.say("one", nickname="Ada")
        mode = stat.S_IMODE((house.folder / "web.secret").stat().st_mode)
        assert mode == 0o600
    async with house.open() as adapter:
        browser.url = adapter.url
        assert 'value="Ada"' in (await browser.get("/"))[1]
