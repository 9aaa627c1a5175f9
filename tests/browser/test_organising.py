"""The organisers' pages: an event is planned, rehearsed and led on, on desk and phone."""

from __future__ import annotations

import pytest

from events.lifecycle import Step
from events.model import EntryState, State

from .community import FORMS, check, picture
from .looking import wait_for_pictures


@pytest.fixture
async def organiser(community, open_page):
    """Return a function that opens a page in a browser linked to the organiser's account."""

    async def visit(path, **look):
        page = await open_page(f"{community.url}/link", **look)
        await page.click("text=Show me a code")
        await community.post((await page.inner_text(".prose code")).removeprefix("link "))
        await page.goto(f"{community.url}/link")
        await page.click("text=Yes, that is me")
        await page.wait_for_selector("text=this browser is linked")
        await page.goto(community.url + path)
        return page

    return visit


@pytest.mark.parametrize(("size", "scheme"), FORMS)
async def test_event_is_planned_rehearsed_and_announced(community, organiser, size, scheme):
    page = await organiser("/events", size=size, scheme=scheme)
    await page.click("text=Organise events")
    await check(page, 0)
    await page.click("text=Plan an event")
    await check(page, 0)
    await page.get_by_label("What do people type").fill("winter")
    await page.get_by_label("Title, one line").fill("Winter light")
    await page.get_by_label("What is it about").fill("The shortest days have the longest shadows.")
    await page.get_by_label("Where is it posted").fill("room, mastodon")
    await page.get_by_label("Kudos for the winners").fill("500, 200, 100")
    if (size, scheme) == ("phone", "light"):
        await picture(page, "organise-plan-phone")
    await page.click("text=More rules, times and prizes")
    await check(page, 0)
    await page.click("text=Show how it would go")
    await page.wait_for_selector("text=In the worst case it costs 800 kudos.")
    await check(page, 0)
    assert await page.locator(".posts li").count() >= 10
    if (size, scheme) == ("desktop", "light"):
        await picture(page, "organise-preview-desktop")
    assert await community.challenge.parts.events.all() == []
    await page.click("text=Keep it as a draft")
    await page.wait_for_selector("text=A draft")
    await check(page, 0)
    await page.get_by_label("A word for the log").first.fill("it is time")
    await page.get_by_role("button", name="Announce it").click()
    await page.wait_for_selector("text=Coming soon")
    event = await community.challenge.parts.events.event("winter")
    log = await community.challenge.parts.events.log(event.id)
    assert [(line.step, line.who, line.why) for line in log] == [
        ("draft", "mastodon:Ada", ""),
        ("announce", "mastodon:Ada", "it is time"),
    ]


@pytest.mark.parametrize(("size", "scheme"), FORMS)
async def test_entries_are_looked_over_and_a_tie_is_settled(community, organiser, size, scheme):
    event = await community.voting(4)
    for voter, choices in (("a", {1, 2}), ("b", {2}), ("c", {1}), ("d", {3})):
        await community.challenge.parts.voting.cast(event, "room", voter, choices, column="room")
    page = await organiser("/organise/events/winter", size=size, scheme=scheme)
    await _load_thumbs(page, 4)
    await page.click("[aria-label='Hide entry 3']")
    await page.get_by_label("Why is it hidden?").nth(2).fill("Not by its entrant.")
    await check(page, 0)
    await page.get_by_role("button", name="Hide entry 3").click()
    await page.wait_for_selector("text=Hidden: Not by its entrant.")
    await _load_thumbs(page, 3)
    await check(page, 0)
    if (size, scheme) == ("phone", "light"):
        await picture(page, "organise-event-phone")
    [hidden] = await community.challenge.parts.entries.of(event, EntryState.HIDDEN)
    assert hidden.number == 3
    await page.get_by_role("button", name="End the vote and count").click()
    await page.wait_for_selector("text=The votes are being counted")
    await community.challenge.to("winter", Step.SETTLE)
    await page.reload()
    await page.wait_for_selector("text=a tie, decided by the rule")
    await check(page, 0)
    await page.locator("summary", has_text="Name the winners").click()
    await page.get_by_label("Numbers, the best first").fill("2 1 4")
    await page.get_by_role("button", name="Name the winners").click()
    await page.wait_for_selector("text=Done, and noted in its log.")
    await page.get_by_role("button", name="Let the result stand").click()
    await page.wait_for_selector("text=The result is here")
    await check(page, 0)
    found = await community.challenge.parts.events.event("winter")
    assert (found.state, found.result["winners"]) == (State.AWARDED, [2, 1, 4])


async def _load_thumbs(page, number):
    await page.wait_for_function(
        """number => {
          const images = [...document.querySelectorAll(".thumb img")];
          for (const image of images) image.loading = "eager";
          return images.length === number && images.every(i => i.complete && i.naturalWidth);
        }""",
        arg=number,
    )


async def test_everything_is_done_by_keyboard_and_without_a_script(community, organiser):
    await community.challenge.open()
    page = await organiser("/organise", script=False)
    await page.locator("a.event").focus()
    await page.keyboard.press("Enter")
    await page.wait_for_selector("text=What comes next")
    await page.locator("summary", has_text="Give more time").focus()
    await page.keyboard.press("Enter")
    await page.get_by_label("Hours more").fill("12")
    await page.keyboard.press("Enter")
    await page.wait_for_selector("text=Done, and noted in its log.")
    await page.locator("summary", has_text="Call it off").focus()
    await page.keyboard.press("Enter")
    await page.get_by_label("Why? It is posted").fill("The theme was taken.")
    await page.keyboard.press("Tab")
    await page.keyboard.press("Enter")
    await page.wait_for_selector("text=There is nothing left to do by hand.")
    event = await community.challenge.parts.events.event("winter")
    assert event.state is State.CANCELLED


@pytest.mark.parametrize(("size", "scheme"), FORMS[::2])
async def test_wrong_answers_are_marked_and_kept(organiser, complaints, size, scheme):
    complaints.expected = ("409",)  # the console names the refused answer
    page = await organiser("/organise/new", size=size, scheme=scheme)
    await page.get_by_label("What do people type").fill("Winter Light")
    await page.get_by_label("Title, one line").fill("Winter light")
    await page.get_by_label("What is it about").fill("x" * 1600)
    await page.get_by_label("Entries per person").fill("many")
    await page.click("text=Keep it as a draft")
    await page.wait_for_selector("text=3 answers need another look")
    await check(page, 0)
    assert await page.locator("[aria-invalid]").count() == 3
    assert await page.get_by_label("Entries per person").input_value() == "many"


@pytest.mark.parametrize("size", ["desktop", "phone"])
async def test_others_see_nothing_of_it_and_are_shown_the_way(
    community, open_page, complaints, size
):
    complaints.expected = ("403",)  # the console names the refused answer
    await community.voting(2)
    page = await open_page(f"{community.url}/events", size=size)
    assert await page.locator("[href^='/organise']").count() == 0
    await page.goto(f"{community.url}/events/winter")
    await wait_for_pictures(page, 2)
    assert await page.locator("[href^='/organise']").count() == 0
    await page.goto(f"{community.url}/organise/events/winter")
    await check(page, 0)
    assert "Winter light" not in await page.content()
    await page.locator(".pager").get_by_text("Link your accounts").click()
    await page.wait_for_selector("text=Show me a code")
