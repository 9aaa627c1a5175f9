"""The room in a real browser, answered by script."""

from __future__ import annotations

import asyncio

import pytest

from common.model import Ending, Outcome, Part
from common.texts import spoken

from .conftest import open_room
from .looking import faint_texts, is_too_wide, spreads, wait_for_pictures

LOOKS = [("desktop", "light"), ("desktop", "dark"), ("phone", "light"), ("phone", "dark")]
REQUEST = "draw for me hills under a wide sky style: stylepunks"


async def ask(page, text: str) -> None:
    await page.fill("#text", text)
    await page.click(".send")


@pytest.mark.parametrize(("size", "scheme"), LOOKS)
async def test_asking_waiting_and_getting_pictures(painter, open_page, size, scheme):
    page = await open_page(painter.adapter.url, size=size, scheme=scheme)
    assert await faint_texts(page) == []
    await page.fill("[name=nickname]", "Ada")
    await ask(page, "draw for me a fox style: stylepukns")
    await page.wait_for_selector("[data-ending=refused]")

    await ask(page, REQUEST)
    await page.wait_for_selector("text=Waiting, place 2")
    await page.wait_for_selector("text=About 35 seconds")
    painter.go.release()
    await page.wait_for_selector("text=2 of 4 finished")
    assert await page.locator(".frames .finished").count() == 2
    assert await faint_texts(page) == []
    painter.go.release()
    await wait_for_pictures(page, 4)
    assert min(await spreads(page)) > 5
    alts = [
        await image.get_attribute("alt") for image in await page.query_selector_all("figure img")
    ]
    assert len(set(alts)) == 4
    assert all("Hills under a wide sky" in alt for alt in alts)
    assert await page.locator(".progress").count() == 0
    assert await page.input_value("#text") == ""
    assert await faint_texts(page) == []
    assert not await is_too_wide(page)

    # the newest is in view without scrolling
    assert await page.locator(".buttons").last.is_visible()
    box = await page.locator(".buttons").last.bounding_box()
    assert 0 < box["y"] < page.viewport_size["height"]


@pytest.mark.parametrize("language", spoken())
async def test_every_language_fits_on_a_small_phone(painter, open_page, language):
    page = await open_page(painter.adapter.url, size="phone", locale=language)
    await page.set_viewport_size({"width": 360, "height": 740})
    assert await page.get_attribute("html", "lang") == language
    heights = await page.locator("nav a").evaluate_all("all => all.map(one => one.offsetHeight)")
    assert len(set(heights)) == 1  # no word of it is broken
    await ask(page, REQUEST)
    for _ in range(4):
        painter.go.release()
    await wait_for_pictures(page, 4)
    assert not await is_too_wide(page)


async def test_again_and_another_style_are_a_press_away(painter, open_page):
    page = await open_page(painter.adapter.url)
    await ask(page, REQUEST)
    for _ in range(4):
        painter.go.release()
    await wait_for_pictures(page, 4)
    await page.get_by_role("button", name="again").click()
    await wait_for_pictures(page, 8)
    await page.wait_for_selector("text=The same once more")
    for _ in range(2):
        painter.go.release()
    await page.get_by_role("button", name="style: noir").last.click()
    await wait_for_pictures(page, 12)
    texts = await page.locator(".post:not(.bot) .text").all_text_contents()
    assert texts == [REQUEST, "again", "style: noir"]


async def test_everything_works_without_a_script(painter, open_page):
    page = await open_page(painter.adapter.url, script=False)
    await ask(page, REQUEST)
    assert page.url.endswith("/#m1")
    for _ in range(4):
        painter.go.release()
    async with asyncio.timeout(30):
        while not await page.locator("figure").count():
            await page.get_by_role("link", name="See how far it is").click()
    assert await page.locator("figure img").count() == 4
    await page.get_by_role("button", name="again").click()
    assert await page.locator(".post:not(.bot) .text").last.text_content() == "again"
    await page.get_by_role("link", name="reply").first.click()
    assert await page.locator(".replying").text_content() != ""
    await ask(page, "help")
    assert await page.locator("text=in reply to 2").count() == 2


async def test_the_keyboard_is_enough(painter, open_page):
    page = await open_page(painter.adapter.url)
    await page.keyboard.press("Tab")
    assert await page.evaluate("document.activeElement.textContent") == "To the messages"
    await page.get_by_label("Your message").focus()
    await page.keyboard.type("help")
    await page.keyboard.press("Shift+Enter")
    await page.keyboard.type("me")
    assert await page.input_value("#text") == "help\nme"
    await page.keyboard.press("Enter")
    await page.wait_for_selector("[data-ending=told]")
    assert await page.evaluate("document.activeElement.id") == "text"


async def test_a_reply_can_be_chosen_and_left(painter, open_page):
    page = await open_page(painter.adapter.url)
    await ask(page, "help")
    await page.get_by_role("link", name="reply").click()
    assert await page.locator(".replying b").text_content() == "#2"
    await page.get_by_role("link", name="Not a reply").click()
    assert await page.locator(".replying").is_hidden()
    await page.get_by_role("link", name="reply").click()
    await ask(page, "help again")
    await page.wait_for_selector("text=in reply to 2")
    await page.wait_for_selector(".replying", state="hidden")


async def test_two_people_see_each_other(painter, open_page):
    ada = await open_page(painter.adapter.url)
    bob = await open_page(painter.adapter.url)
    await ada.fill("[name=nickname]", "Ada")
    await ask(ada, "help <b onclick=x>&amp;</b><script>window.bad = 1</script>")
    await bob.wait_for_selector("[data-ending=told]")
    await ada.wait_for_selector("[data-ending=told]")
    assert "<script>window.bad" in await bob.locator(".post:not(.bot) .text").text_content()
    assert await bob.evaluate("window.bad") is None
    assert await bob.locator(".you").count() == 0
    assert await ada.locator(".you").count() == 1

    ada.on("dialog", lambda dialog: asyncio.ensure_future(dialog.accept()))
    await ada.hover(".post")
    await ada.get_by_role("button", name="delete").click()
    await bob.wait_for_selector(".thread", state="detached")


async def test_a_refusal_of_the_room_keeps_the_text(painter, open_page, complaints):
    complaints.expected = ("400",)  # Chromium notes every one of them
    page = await open_page(painter.adapter.url)
    await page.evaluate("document.querySelector('#text').maxLength = 9999")
    await ask(page, "x" * 4001)
    await page.wait_for_selector("text=4001 characters; at most 4000 fit")
    assert len(await page.input_value("#text")) == 4001


async def test_it_catches_up_after_a_restart(tmp_path, open_page, complaints):
    complaints.expected = ("ERR_",)  # Chromium notes that it could not connect
    async with open_room(tmp_path) as adapter:
        page = await open_page(adapter.url)
        await ask(page, "help")
        await page.wait_for_selector(".thread")
        port = int(adapter.url.rpartition(":")[2])
    await page.wait_for_selector("text=The connection is lost")
    async with open_room(tmp_path, port) as adapter:
        incoming = await anext(adapter.listen())
        told = Outcome(request="x", ending=Ending.TOLD, text="Said after the restart.")
        await adapter.reply(incoming, told, Part(1, 1, told.text))
        await page.wait_for_selector("text=Said after the restart.")
        await page.wait_for_selector("text=The connection is lost", state="detached")
        await page.close()


@pytest.mark.parametrize(("size", "scheme"), LOOKS)
async def test_the_other_pages_are_legible(painter, open_page, complaints, size, scheme):
    complaints.expected = ("404",)
    page = await open_page(painter.adapter.url, size=size, scheme=scheme)
    await ask(page, REQUEST)
    painter.go.release()
    painter.go.release()
    await wait_for_pictures(page, 4)
    for path in ("/gallery", "/m/1", "/nothing"):
        await page.goto(painter.adapter.url + path)
        assert await faint_texts(page) == []
        assert not await is_too_wide(page)
