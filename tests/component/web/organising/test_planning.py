"""The form of a plan: its dry run, what is kept, and what is said at each answer."""

from __future__ import annotations

import re
from datetime import timedelta

from events.model import State
from tests.component.web.organising.pages import ADA, WINTER, send
from tests.fakes.challenge import plan


async def test_the_dry_run_shows_every_post_and_the_cost_and_keeps_nothing(challenge, ada):
    status, page = await send(ada, "preview", places="500, 200", budget="700")
    assert status == 200
    assert "In the worst case it costs 700 kudos." in page
    for key in ("Announcement", "Opening", "Entries 1", "Poll 1", "Winners"):
        assert page.count(f"<b>{key}</b> · mastodon") == 1
        assert page.count(f"<b>{key}</b> · room") == 1
    assert re.search(r"<b>Winter light</b></p>\s*<p [^>]*>The shortest days\.", page)
    assert "Light in the cold." in page
    assert 'value="Winter light"' in page
    assert await challenge.parts.events.all() == []


async def test_the_dry_run_says_where_the_bot_has_no_account_to_post_on(ada):
    _, page = await send(ada, "preview", venues="room, lemmmy/aiart")
    assert "Nothing will be posted at lemmmy/aiart: the bot has no such account." in page
    assert len(re.findall(r"accounts here: [^<]*mastodon", page)) == 2  # at the question, too
    _, page = await send(ada, "preview")
    assert "Nothing will be posted" not in page


async def test_a_plan_is_kept_as_a_draft_that_only_organisers_see(challenge, ada, stranger):
    assert await send(ada, "keep") == (303, f"{WINTER}?done=1")
    event = await challenge.parts.events.event("winter")
    assert event.state is State.DRAFT
    assert event.plan.theme == "The shortest days.\nLight in the cold."
    assert event.plan.rules.required == ("light", "cold")
    assert event.plan.schedule.closes - event.plan.schedule.opens == timedelta(days=7)
    [line] = await challenge.parts.events.log(event.id)
    assert (line.step, line.who) == ("draft", ADA)
    _, page = await ada.get("/organise")
    assert f'href="{WINTER}"' in page
    assert (await stranger.get("/events/winter"))[0] == 404
    status, page = await send(ada, "keep")
    assert (status, "called winter already" in page) == (409, True)


async def test_what_is_wrong_with_a_plan_is_said_at_each_answer_and_nothing_is_lost(challenge, ada):
    status, page = await send(ada, "keep", name="Bad Name", theme="", entries="many")
    assert status == 409
    assert "3 answers need another look" in page
    assert 'value="Bad Name"' in page
    for code in ("name", "theme", "entries"):
        assert f'aria-describedby="plan-{code}-fault"' in page
        assert f'id="plan-{code}-fault"' in page
    assert await challenge.parts.events.all() == []


async def test_a_plan_is_changed_and_keeps_what_the_form_does_not_ask(challenge, ada):
    venues = [{"account": "room", "community": "web"}, {"account": "lemmy", "to": "aiart"}]
    event = await challenge.parts.events.drafted(plan(venues=venues), "operator")
    path = f"{WINTER}/plan"
    _, page = await ada.get(path)
    assert 'value="room, lemmy/aiart"' in page
    assert (await send(ada, "keep", path, venues="room", title="Long nights"))[0] == 303
    changed = (await challenge.parts.events.event("winter")).plan
    assert changed.title == "Long nights"
    assert [venue.community for venue in changed.venues] == ["web"]
    log = await challenge.parts.events.log(event.id)
    assert (log[-1].step, log[-1].who) == ("plan", ADA)


async def test_a_theme_that_is_too_long_is_said_to_be(challenge, ada):
    status, page = await send(ada, "keep", theme="x" * 7000)
    assert (status, "at most 1500 characters" in page) == (409, True)
    assert await challenge.parts.events.all() == []
