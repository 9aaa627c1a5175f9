"""The pages on which browsers are linked to accounts, and sponsors give their keys."""

from __future__ import annotations

import pytest

from tests.fakes.challenge import plan

from .community import FORMS, check, picture

KEY = "key-of-a-sponsor"


@pytest.mark.parametrize(("size", "scheme"), FORMS)
async def test_browser_is_linked_and_parted_again(community, open_page, size, scheme):
    page = await open_page(f"{community.url}/link", size=size, scheme=scheme)
    await check(page, 0)
    await page.click("text=Show me a code")
    await check(page, 0)
    code = (await page.inner_text(".prose code")).removeprefix("link ")
    await page.click("text=Look again")
    await page.wait_for_selector("text=nobody has posted it yet")
    await check(page, 0)
    await community.post(code)
    await page.click("text=Look again")
    await page.wait_for_selector("text=Ada on mastodon has posted your code. Is that you?")
    await check(page, 0)
    if (size, scheme) == ("phone", "light"):
        await picture(page, "link-phone")
    await page.click("text=Yes, that is me")
    await page.wait_for_selector("text=this browser is linked to Ada on mastodon")
    await check(page, 0)
    await page.click("text=Delete this link")
    await page.wait_for_selector("text=Show me a code")
    assert "Ada" not in await page.inner_text("main")


@pytest.mark.parametrize(("size", "scheme"), FORMS)
async def test_sponsor_gives_a_key_and_takes_it_away(community, open_page, size, scheme):
    community.horde.owners = {KEY: "sponsor#5"}
    community.horde.users["sponsor#5"] = 500.0
    wanted = plan(prizes={"places": [200, 100], "budget": 300})
    event = await community.challenge.parts.events.drafted(wanted, "operator")
    token = await community.core.rooms.treasury.sponsors.invite(event.id)
    page = await open_page(f"{community.url}/sponsor/{token}", size=size, scheme=scheme)
    await check(page, 0)
    if (size, scheme) == ("phone", "light"):
        await picture(page, "sponsor-phone")
    await page.get_by_label("Kudos, at most").fill("300")
    await page.get_by_label("API key").fill(KEY)
    await page.keyboard.press("Enter")
    await page.wait_for_selector("text=sponsor#5 gives up to 300 kudos")
    assert KEY not in await page.content()
    await check(page, 0)
    await page.click("text=Delete my key")
    await page.wait_for_selector("text=The key is deleted")
    await check(page, 0)


@pytest.mark.parametrize("size", ["desktop", "phone"])
async def test_what_a_sponsor_mistypes_is_said(community, open_page, complaints, size):
    complaints.expected = ("400",)  # the console names the refused answer
    event = await community.challenge.parts.events.drafted(plan(), "operator")
    token = await community.core.rooms.treasury.sponsors.invite(event.id)
    page = await open_page(f"{community.url}/sponsor/{token}", size=size)
    await page.get_by_label("Kudos, at most").fill("300")
    await page.get_by_label("API key").fill("0000000000")
    await page.click("text='Give'")
    await page.wait_for_selector("[role=alert]")
    await check(page, 0)
    assert await page.get_by_label("Kudos, at most").input_value() == "300"
    assert await page.get_by_label("API key").input_value() == ""
