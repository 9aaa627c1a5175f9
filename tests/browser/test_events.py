"""Events in a real browser: entering, voting, changing a vote, the result; on desk and phone."""

from __future__ import annotations

import pytest

from events.lifecycle import Step
from tests.waiting import wait_until

from .community import LOOKS, check, picture
from .looking import wait_for_pictures


@pytest.mark.parametrize(("size", "scheme"), LOOKS)
async def test_vote_is_kept_at_once_and_can_be_changed(community, open_page, size, scheme):
    event = await community.voting()
    page = await open_page(f"{community.url}/events", size=size, scheme=scheme)
    await check(page, 0)
    await page.click("text=Winter light")
    await check(page, 6)
    await page.check("#entry-2 input", force=True)
    await page.wait_for_selector("text=Kept: your vote for 1")
    await page.check("#entry-5 input", force=True)
    await page.wait_for_selector("text=Kept: your vote for 2")
    assert await community.ballots(event) == [{2, 5}]
    await page.uncheck("#entry-2 input", force=True)
    await page.wait_for_selector("text=Kept: your vote for 1")
    await check(page, 6)
    if (size, scheme) == ("phone", "light"):
        await picture(page, "event-vote-phone")
    await page.reload()
    assert await page.is_checked("#entry-5 input")
    assert not await page.is_checked("#entry-2 input")
    assert await community.ballots(event) == [{5}]


async def test_vote_by_keyboard_alone(community, open_page):
    event = await community.voting(count=2)
    page = await open_page(f"{community.url}/events/winter")
    await page.focus("#main")
    for _ in range(20):
        await page.keyboard.press("Tab")
        if await page.evaluate("document.activeElement.name") == "ticked":
            break
    await page.keyboard.press("Space")
    await page.wait_for_selector("text=Kept: your vote for 1")
    assert [len(ballot) for ballot in await community.ballots(event)] == [1]


async def test_vote_without_a_script(community, open_page):
    event = await community.voting(count=2)
    page = await open_page(f"{community.url}/events/winter", script=False)
    await page.check("#entry-2 input", force=True)
    await page.click(".send")
    await page.wait_for_selector("text=Your vote is kept")
    assert await community.ballots(event) == [{2}]


async def test_vote_that_comes_too_late_says_so_and_the_tick_is_gone(
    community, open_page, complaints
):
    # the console names the refused answer, and the stream that was cut off
    complaints.expected = ("409", "ERR_FAILED")
    event = await community.voting(count=2)
    page = await open_page(f"{community.url}/events/winter")
    await page.route("**/live", lambda route: route.abort())  # it hears nothing of the end
    await page.reload()
    await community.challenge.to("winter", Step.COUNT)
    await page.check("#entry-1 input", force=True)
    await page.wait_for_function(
        "() => document.querySelector('.said').textContent.includes('winter')"
    )
    await page.wait_for_function("() => !document.querySelector('#entry-1 input').checked")
    assert await community.ballots(event) == []


@pytest.mark.parametrize(("size", "scheme"), LOOKS)
async def test_result_comes_by_itself_with_winners_and_a_chart(community, open_page, size, scheme):
    await community.voting()
    page = await open_page(f"{community.url}/events/winter", size=size, scheme=scheme)
    for numbers in ((3,), (3, 1), (1, 4)):
        voter = await open_page(f"{community.url}/events/winter")
        for number in numbers:
            await voter.check(f"#entry-{number} input", force=True)
        await voter.wait_for_selector(f"text=Kept: your vote for {len(numbers)}")
        await voter.context.close()
    await community.challenge.to("winter", Step.COUNT, Step.SETTLE, Step.AWARD)
    await page.wait_for_selector("text=3 people voted.")
    winners = await page.locator(".podium .number").all_inner_texts()
    assert winners == ["1", "3", "4"]
    bars = [float(await bar.get_attribute("width")) for bar in await page.locator("rect").all()]
    assert bars == [100, 100, 50, 0, 0, 0]
    await check(page, 9)
    if (size, scheme) == ("desktop", "light"):
        await picture(page, "event-result-desktop")


@pytest.mark.parametrize(("size", "scheme"), LOOKS[::3])
async def test_own_picture_is_entered_from_the_page(community, open_page, size, scheme):
    event = await community.challenge.open()
    page = await open_page(community.url, size=size, scheme=scheme)
    await page.fill("[name=nickname]", "Ada")
    await page.fill("#text", "draw for me a fox in winter light")
    await page.click(".send")
    await wait_for_pictures(page, 4)
    await page.goto(f"{community.url}/events/winter")
    await page.click("summary")
    await check(page, 0)
    await page.locator(".choice input").nth(1).check(force=True)
    await page.check("[name=shown][value=nick]")
    await page.fill("[name=nick]", "Frosty")
    if size == "phone":
        await picture(page, "event-enter-phone")
    await page.click("text='Enter'")
    await page.wait_for_selector("text=Frosty")
    entries = await wait_until(lambda: community.challenge.parts.entries.standing(event))
    assert [entry.name for entry in entries] == ["Frosty"]
    await page.goto(f"{community.url}/events/winter")
    await check(page, 1)
    assert "Frosty" not in await page.inner_text("main")
