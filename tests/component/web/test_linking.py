"""The page on which a browser is linked to accounts, as a browser without a script sees it."""

from __future__ import annotations

import re

import pytest

from common.errors import Refusal
from events.linking.links import Links
from request.kept.marks import open_marks
from tests.component.web.visitor import hidden_fields
from tests.words import words

ANN = {"account": "discord", "person": "1", "name": "Ann"}
EVIL = '<script>alert("x")</script>'


@pytest.fixture
def links(adapter, house):
    return Links(adapter.room._database, open_marks(house.folder))


def fields_of(page: str, action: str, number: int = 0) -> dict[str, str]:
    """Return the hidden fields of one of the forms that lead somewhere."""
    forms = re.findall(rf'<form method="post" action="{action}".*?</form>', page, re.DOTALL)
    marked = forms[number].replace("<form ", '<form id="x" ', 1).replace('id="x" method', 'id="x"')
    return hidden_fields(marked, "x")


async def press(browser, action, number=0):
    _, page = await browser.get("/link")
    return await browser.post(action, fields_of(page, action, number), allow_redirects=True)


async def code_of(browser) -> str:
    _, page = await press(browser, "/link/code")
    return re.search(r"Your code: (\S{9})<", page)[1]


async def test_a_browser_is_linked_by_its_code_and_its_yes(browser, links):
    _, page = await browser.get("/link")
    assert "Show me a code" in page
    code = await code_of(browser)
    _, page = await browser.get("/link")
    assert code not in page
    assert "nobody has posted it yet" in page

    await links.post(code, **ANN)
    _, page = await browser.get("/link")
    assert "Ann on discord has posted your code. Is that you?" in page
    _, page = await press(browser, "/link/confirm")
    assert "Done: this browser is linked to Ann on discord." in page

    _, page = await press(browser, "/link/part")
    assert "ann" not in words(page)


async def test_a_stranger_who_posts_the_code_first_is_sent_away(browser, links):
    code = await code_of(browser)
    await links.post(code, account="discord", person="666", name="Mallory")

    _, page = await press(browser, "/link/deny")
    assert "Mallory" not in page
    with pytest.raises(Refusal):
        await links.post(code, **ANN)


async def test_a_link_is_shown_to_no_other_browser(adapter, browser, visit, links):
    await links.post(await code_of(browser), **ANN)
    await press(browser, "/link/confirm")

    other = visit(adapter)
    _, page = await other.get("/link")
    assert "ann" not in words(page)
    mark = links.mark("room", "x")
    fields = fields_of(page, "/link/code") | {"person": mark}
    await other.post("/link/part", fields)
    _, page = await browser.get("/link")
    assert "Ann on discord" in page


async def test_another_browsers_code_cannot_be_confirmed(adapter, browser, visit, links):
    await links.post(await code_of(browser), **ANN)

    other = visit(adapter)
    _, page = await other.get("/link")
    status, page = await other.post("/link/confirm", fields_of(page, "/link/code"))
    assert status == 409
    assert "nothing to confirm" in page


@pytest.mark.parametrize("action", ["/link/code", "/link/confirm", "/link/deny", "/link/part"])
async def test_forged_forms_do_nothing(adapter, browser, visit, links, action):
    await links.post(await code_of(browser), **ANN)
    _, page = await browser.get("/link")
    good = fields_of(page, "/link/confirm")

    for fields, headers in (
        (good | {"form": "0" * 64}, {}),
        (good, {"Origin": "https://evil.example"}),
        (good, {"Sec-Fetch-Site": "cross-site"}),
        (good | {"token": ""}, {}),
    ):
        status, _ = await browser.post(action, fields, headers=headers)
        assert status in {400, 403}
    other = visit(adapter)
    await other.get("/link")
    assert (await other.post(action, good))[0] == 403
    _, page = await browser.get("/link")
    assert "Is that you?" in page


async def test_a_name_is_never_markup(browser, links):
    await links.post(await code_of(browser), account="discord", person="1", name=EVIL)
    for _ in range(2):
        _, page = await browser.get("/link")
        assert "&lt;script&gt;" in page
        assert "<script>" not in page
        await press(browser, "/link/confirm") if "Is that you?" in page else None


async def test_codes_are_made_only_so_often(house, visit):
    async with house.open(requests_per_address=2) as adapter:
        browser = visit(adapter)
        await code_of(browser)
        await code_of(browser)
        status, _ = await press(browser, "/link/code")
        assert status == 429


async def test_the_page_is_for_this_browser_alone(browser):
    async with browser.session.get(browser.url + "/link") as response:
        assert response.headers["Cache-Control"] == "private, no-store"
        assert "default-src 'self'" in response.headers["Content-Security-Policy"]
        assert "<script" not in await response.text()


async def test_who_is_forgotten_in_the_room_is_parted_from_their_links(adapter, browser, links):
    await links.post(await code_of(browser), **ANN)
    await press(browser, "/link/confirm")
    (cookie,) = browser.session.cookie_jar
    assert "Ann" in (await browser.get("/link"))[1]

    await links.forget("room", cookie.value.partition(".")[0])
    _, page = await browser.get("/link")
    assert "ann" not in words(page)
