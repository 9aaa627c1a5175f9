"""The pages and the answers in the room are in the language a browser asks for."""

from __future__ import annotations

import pytest

from common import texts
from tests.component.web.house import heard
from web.door.tongue import first_known


@pytest.mark.parametrize(
    ("header", "language"),
    [
        ("fr", "fr"),
        ("FR-CH, fr;q=0.9, en;q=0.8", "fr"),
        ("en;q=0.5, es;q=0.8", "es"),
        ("tlh, de;q=0.3", "de"),
        ("de;q=0, es;q=0.1", "es"),
        ("de;q=high, es;q=0.1", "es"),
        ("en-GB", "en"),
        ("tlh", None),
        ("*", None),
        ("", None),
        (";;,,;q=", None),
        ("tlh, " * 50 + "de", None),
    ],
)
def test_the_best_language_that_answers_are_in_is_taken(header, language):
    assert first_known(header) == language


async def test_a_page_is_in_the_language_of_the_browser(browser):
    for language, word in (
        ("de-AT,en;q=0.5", "Was soll ich malen?"),
        ("tlh", "What shall I draw?"),
    ):
        asked = {"Accept-Language": language}
        async with browser.session.get(browser.url, headers=asked) as answer:
            page = await answer.text()
            said = answer.headers["Content-Language"]
            assert answer.headers["Vary"] == "Accept-Language"
        assert word in page
        assert f'<html lang="{said}">' in page
    _, page = await browser.get("/nowhere", headers={"Accept-Language": "fr"})
    assert "Rien ici" in page
    assert texts.language() == "en"


@pytest.mark.parametrize(("header", "language"), [("es-MX", "es"), ("tlh", None)])
async def test_the_bot_is_told_the_language_of_who_writes(adapter, browser, header, language):
    browser.session.headers["Accept-Language"] = header
    await browser.say("dibuja un zorro")
    assert (await heard(adapter)).language == language


async def test_of_two_who_look_on_each_is_told_in_their_language(adapter, visit):
    ada, bob = visit(adapter), visit(adapter)
    bob.session.headers["Accept-Language"] = "de"
    _, page = await bob.get("/")
    assert "Deine Nachricht" in page
    _, page = await ada.get("/")
    assert "Your message" in page
