"""The page of an event for its organisers: steps, ties, hidden entries, sponsors, what was done."""

from __future__ import annotations

import re
from datetime import timedelta

from events.lifecycle import Step
from events.model import EntryState, State
from tests.component.web.organising.pages import ADA, NEW, WINTER, hide, step
from tests.component.web.visitor import form_of
from tests.fakes.challenge import plan


async def test_an_organiser_leads_an_event_on_and_each_step_is_under_their_name(challenge, ada):
    await challenge.parts.events.drafted(plan(), "operator")
    for word in ("announce", "open"):
        assert await step(ada, word, why="it is time") == (303, f"{WINTER}?done=1")
    event = await challenge.parts.events.event("winter")
    for number in (1, 2, 3):
        await challenge.enter(event, number)
    closes = event.plan.schedule.closes
    await step(ada, "extend", hours="24", why="so many asked")
    event = await challenge.parts.events.event("winter")
    assert event.plan.schedule.closes - closes == timedelta(hours=24)
    for word in ("close", "vote", "count"):
        assert (await step(ada, word))[0] == 303
    await challenge.to("winter", Step.SETTLE)
    assert (await step(ada, "judge", winters="", winners="3, then 1"))[0] == 303
    assert (await step(ada, "award"))[0] == 303
    event = await challenge.parts.events.event("winter")
    assert (event.state, event.result["winners"]) == (State.AWARDED, [3, 1])
    log = await challenge.parts.events.log(event.id)
    by_ada = [(line.step, line.why) for line in log if line.who == ADA]
    assert by_ada == [
        ("announce", "it is time"),
        ("open", "it is time"),
        ("extend", "so many asked"),
        ("close", ""),
        ("vote", ""),
        ("count", ""),
        ("judge", ""),
        ("award", ""),
    ]
    posts = {(post.key, post.account) for post in await challenge.parts.outbox.of(event)}
    assert {("announce", "room"), ("open", "room"), ("heat-1", "room")} <= posts
    _, page = await ada.get(WINTER)
    assert f'<span dir="auto">{ADA}</span>' in page


async def test_it_is_called_off_with_a_reason_that_is_posted(challenge, ada):
    await challenge.open()
    assert (await step(ada, "cancel", why="the theme was taken"))[0] == 303
    event = await challenge.parts.events.event("winter")
    assert event.state is State.CANCELLED
    posts = await challenge.parts.outbox.of(event)
    assert "the theme was taken" in next(one for one in posts if one.key == "cancel").body["text"]
    _, page = await ada.get(WINTER)
    assert 'action="' not in page


async def test_a_word_that_is_posted_is_no_longer_than_in_the_chat(challenge, ada):
    await challenge.open()
    assert (await step(ada, "extend", hours="24", why="x" * 20_000))[0] == 303
    event = await challenge.parts.events.event("winter")
    [post] = [one for one in await challenge.parts.outbox.of(event) if "extend" in one.key]
    assert post.body["text"].count("x") < 510


async def test_a_tie_is_shown_and_settled(challenge, ada):
    event = await challenge.open()
    for number in (1, 2, 3):
        await challenge.enter(event, number)
    event = await challenge.to("winter", Step.CLOSE, Step.VOTE)
    for voter, choices in (("v1", {1}), ("v2", {2})):
        await challenge.parts.voting.cast(event, "room", voter, choices, column="room")
    _, page = await ada.get(WINTER)
    assert "People who voted: 2." in page
    assert "a tie" not in page
    await challenge.to("winter", Step.COUNT, Step.SETTLE)
    _, page = await ada.get(WINTER)
    assert page.count("a tie, decided by the rule") == 2
    assert 'name="winners" inputmode="text" value="1 2"' in page
    assert (await step(ada, "judge", winners="2 1"))[0] == 303
    assert (await challenge.parts.events.event("winter")).result["winners"] == [2, 1]


async def test_an_entry_is_hidden_with_a_reason_and_shown_again(challenge, ada, browser):
    event = await challenge.open()
    for number in (1, 2):
        await challenge.enter(event, number)
    assert await hide(ada, 2, "not by its entrant") == (303, f"{WINTER}?page=1&done=1#entry-2")
    [hidden] = await challenge.parts.entries.of(event, EntryState.HIDDEN)
    assert (hidden.number, hidden.reason) == (2, "not by its entrant")
    assert "Entries that stand: 1. Hidden: 1." in (await ada.get(WINTER))[1]
    assert 'id="entry-2"' not in (await browser.get("/events/winter"))[1]
    assert (await hide(ada, 2, "", do="unhide"))[0] == 303
    assert [one.number for one in await challenge.parts.entries.standing(event)] == [1, 2]
    status, page = await hide(ada, 1, " ")
    assert (status, "Say why entry 1 is hidden" in page) == (409, True)
    log = [(line.step, line.who, line.why) for line in await challenge.parts.events.log(event.id)]
    assert log[-2:] == [("hide", ADA, "2: not by its entrant"), ("unhide", ADA, "2: ")]


async def test_entries_come_in_pages(challenge, ada):
    event = await challenge.open(plan(rules={"entries": 1}))
    for number in range(1, 27):
        await challenge.enter(event, number)
    _, first = await ada.get(WINTER)
    _, second = await ada.get(f"{WINTER}?page=2")
    assert re.findall(r'id="entry-(\d+)"', first) == [str(number) for number in range(1, 25)]
    assert re.findall(r'id="entry-(\d+)"', second) == ["25", "26"]


async def test_sponsors_and_budget_are_seen_and_a_sponsor_is_invited_and_dismissed(
    challenge, ada, visit, adapter, horde
):
    horde.owners = {"key-of-a-sponsor": "sponsor#5"}
    horde.users["sponsor#5"] = 500.0
    wanted = plan(prizes={"places": [200, 100], "budget": 300})
    event = await challenge.parts.events.drafted(wanted, "operator")
    _, page = await ada.get(WINTER)
    assert "At most 300 kudos of prizes, of which the bot&#39;s own account pays 300." in page
    fields = form_of(page, f"{WINTER}/money")
    status, page = await ada.post(f"{WINTER}/money", fields | {"do": "prizes"})
    path = re.search(rf"{adapter.url}(/sponsor/[\w-]+)", page)[1]
    assert status == 200
    sponsor = visit(adapter)
    _, shown = await sponsor.get(path)
    given = form_of(shown, path) | {"kudos": "300", "key": "key-of-a-sponsor"}
    await sponsor.post(path, given)
    _, page = await ada.get(WINTER)
    assert "own account pays 0." in page
    assert "sponsor#5" in page
    assert "key-of-a-sponsor" not in page
    fields = form_of(page, f"{WINTER}/money", 'value="dismiss"')
    status, page = await ada.post(f"{WINTER}/money", fields | {"do": "dismiss"})
    assert (status, "The key is deleted" in page) == (200, True)
    log = [(line.step, line.who) for line in await challenge.parts.events.log(event.id)]
    assert log == [("draft", "operator"), ("sponsor", ADA), ("unsponsor", ADA)]


async def test_prizes_that_nobody_covers_are_not_announced(challenge, ada):
    wanted = plan(prizes={"places": [10**7], "budget": 10**7})
    await challenge.parts.events.drafted(wanted, "operator")
    status, page = await step(ada, "announce")
    assert (status, "enough kudos" in page) == (409, True)
    assert (await challenge.parts.events.event("winter")).state is State.DRAFT


async def test_the_pages_are_for_this_browser_alone_and_have_no_script(challenge, ada):
    await challenge.open()
    for path in ("/organise", NEW, WINTER):
        async with ada.session.get(ada.url + path) as response:
            assert response.headers["Cache-Control"] == "private, no-store"
            assert "<script" not in await response.text()


async def test_of_many_posts_and_deeds_the_last_are_shown(challenge, ada):
    venues = [{"account": f"place{number}"} for number in range(20)]
    event = await challenge.open(plan(venues=venues))
    for number in range(1, 30):
        await challenge.enter(event, number)
    await challenge.to("winter", Step.CLOSE, Step.VOTE)
    for number in range(120):
        await challenge.parts.events.noted(event, "sponsor", "test", f"no {number}.")
    _, page = await ada.get(WINTER)
    posts = len(await challenge.parts.outbox.of(event))
    assert posts > 100
    assert f"The last 100 of {posts}" in page
    assert page.index("no 119.") < page.index("no 20.")
    assert "no 19." not in page
