"""The organisers' pages: what they do, for whom they are, and what nobody gets away with."""

from __future__ import annotations

import base64
import io
import re
from datetime import UTC, datetime, timedelta

import pytest

from bots.program import open_core
from bots.web import WebAdapter
from common.config import parse
from events.lifecycle import Step
from events.linking.links import Links
from events.model import EntryState, State
from request.kept.marks import open_marks
from tests.fakes.challenge import holding, plan
from tests.fakes.horde import FakeHorde

EVIL = '<script>alert("x")</script><img src=x onerror=y>'
ADA = "mastodon:Ada"
NEW = "/organise/new"
WINTER = "/organise/events/winter"


@pytest.fixture
async def horde():
    async with FakeHorde() as fake:
        yield fake


@pytest.fixture
async def core(house, horde):
    document = {
        "data_dir": str(house.folder),
        "web": {"port": 0, "requests_per_address": 1000},
        "accounts": {"room": {"platform": "web"}, "mastodon": {}},
        "horde": {"endpoints": [{"name": "horde", "url": horde.url, "key": "key-of-the-bot"}]},
        "kudos": {"horde": "horde", "seal_key": base64.b64encode(bytes(range(32))).decode()},
        "events": {"organisers": ["mastodon/ada@example"]},
    }
    async with open_core(parse(document), lasting=False) as core:
        yield core


@pytest.fixture
async def adapter(core):
    adapter = await WebAdapter.build("room", {"platform": "web"}, core.services)
    yield adapter
    await adapter.close()


@pytest.fixture
async def challenge(core):
    async with holding(core.events, core.leases, core.services.pictures) as challenge:
        yield challenge


async def bind(core, browser, person, name):
    """Link a browser to an account, as its page and the chat do."""
    await browser.get("/")
    (cookie,) = browser.session.cookie_jar
    visitor = cookie.value.partition(".")[0]
    links = Links(core.services.database, open_marks(core.services.config.data_dir))
    mark = links.mark("room", visitor)
    await links.post(await links.offer(mark), account="mastodon", person=person, name=name)
    await links.confirm(mark)
    return visitor


@pytest.fixture
async def ada(core, adapter, visit):
    """A browser of the organiser's."""
    browser = visit(adapter)
    await bind(core, browser, "ada@example", "Ada")
    return browser


@pytest.fixture(params=["new", "linked"])
async def stranger(request, core, adapter, visit):
    """A browser of somebody else's."""
    browser = visit(adapter)
    if request.param == "linked":
        await bind(core, browser, "eve@example", "Eve")
    return browser


def form_of(page, action, word=""):
    """Return the hidden fields of the first form that leads somewhere and holds a word."""
    for body in re.findall(rf'<form [^>]*action="{action}".*?</form>', page, re.DOTALL):
        if word in body:
            return dict(re.findall(r'<input type="hidden" name="(.*?)" value="(.*?)">', body))
    raise AssertionError(f"no form leads to {action} with {word}")


async def step(browser, word, name="winter", **fields):
    home = f"/organise/events/{name}"
    _, page = await browser.get(home)
    sent = form_of(page, f"{home}/step", f'name="step" value="{word}"') | fields
    return await browser.post(f"{home}/step", sent)


async def hide(browser, number, why, do="hide"):
    _, page = await browser.get(WINTER)
    word = f'name="number" value="{number}"'
    sent = form_of(page, rf"{WINTER}/entry\?page=1", word) | {"why": why, "do": do}
    return await browser.post(f"{WINTER}/entry?page=1", sent)


def answers(**changed):
    opens = (datetime.now(UTC) + timedelta(days=1)).replace(microsecond=0, second=0)
    return {
        "kind": "challenge",
        "name": "winter",
        "title": "Winter light",
        "theme": "The shortest days.\r\nLight in the cold.",
        "opens": opens.strftime("%Y-%m-%dT%H:%M"),
        "closes": (opens + timedelta(days=7)).strftime("%Y-%m-%dT%H:%M"),
        "voting_hours": "24",
        "venues": "room, mastodon",
        "entries": "2",
        "required": "light, cold",
        "places": "",
    } | changed


async def send(browser, do, path=NEW, **changed):
    _, page = await browser.get(path)
    return await browser.post(path, form_of(page, path) | answers(**changed) | {"do": do})


async def test_the_dry_run_shows_every_post_and_the_cost_and_keeps_nothing(challenge, ada):
    status, page = await send(ada, "preview", places="500, 200", budget="700")
    assert status == 200
    assert "In the worst case it costs 700 kudos." in page
    for key in ("Announcement", "Opening", "Entries 1", "Poll 1", "Winners"):
        assert page.count(f"<b>{key}</b> · mastodon") == 1
        assert page.count(f"<b>{key}</b> · room") == 1
    assert "Light in the cold." in page
    assert 'value="Winter light"' in page
    assert await challenge.parts.events.all() == []


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


async def test_an_organiser_leads_an_event_on_and_each_step_is_under_his_name(challenge, ada):
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


async def test_nobody_else_sees_or_does_anything(challenge, ada, stranger):
    event = await challenge.open()
    await challenge.enter(event, 1)
    for path in ("/organise", NEW, WINTER, f"{WINTER}/plan", "/organise/events/nothing"):
        status, page = await stranger.get(path)
        assert (status, "for the organisers of events here" in page) == (403, True)
        assert "Winter light" not in page
    for path in ("/events", "/events/winter"):
        assert "/organise" not in (await stranger.get(path))[1]
        assert "/organise" in (await ada.get(path))[1]
    fields = await stranger.fields() | {"seen": "3"}
    for path, sent in (
        (NEW, answers(name="stolen") | {"do": "keep"}),
        (f"{WINTER}/plan", answers() | {"do": "keep"}),
        (f"{WINTER}/step", {"step": "cancel", "why": "x"}),
        (f"{WINTER}/entry", {"number": "1", "do": "hide", "why": "x"}),
        (f"{WINTER}/money", {"do": "prizes"}),
    ):
        status, page = await stranger.post(path, fields | sent)
        assert (status, "for the organisers of events here" in page) == (403, True)
    assert (await challenge.parts.events.event("winter")) == event
    assert len(await challenge.parts.events.all()) == 1
    assert [one.number for one in await challenge.parts.entries.standing(event)] == [1]


async def test_who_is_one_person_with_an_organiser_by_another_browser_is_none(
    core, challenge, ada, visit, adapter
):
    """Ada links a second account in her browser; who has that account has not hers."""
    await challenge.open()
    await bind(core, ada, "ada-at-work@example", "Ada at work")
    other = visit(adapter)
    await bind(core, other, "ada-at-work@example", "Ada at work")
    assert (await ada.get(WINTER))[0] == 200
    assert (await other.get(WINTER))[0] == 403


async def test_an_organiser_who_is_named_no_more_is_none_at_once(core, challenge, ada):
    await challenge.open()
    assert (await ada.get(WINTER))[0] == 200
    events = core.live.current.events.model_copy(update={"organisers": ()})
    core.live.current = core.live.current.model_copy(update={"events": events})
    assert (await ada.get(WINTER))[0] == 403


async def test_a_browser_itself_can_be_named_where_there_are_no_other_accounts(
    core, challenge, visit, adapter
):
    await challenge.open()
    browser = visit(adapter)
    await browser.say("help")
    (cookie,) = browser.session.cookie_jar
    visitor = cookie.value.partition(".")[0]
    events = core.live.current.events.model_copy(update={"organisers": (f"room/{visitor}",)})
    core.live.current = core.live.current.model_copy(update={"events": events})
    assert (await step(browser, "close"))[0] == 303
    event = await challenge.parts.events.event("winter")
    assert (await challenge.parts.events.log(event.id))[-1].who.startswith("room:Guest")


@pytest.mark.parametrize(
    ("changed", "headers", "expected"),
    [
        ({"form": "0" * 64}, {}, 403),
        ({"form": ""}, {}, 403),
        ({"token": ""}, {}, 400),
        ({}, {"Origin": "https://evil.example"}, 403),
        ({}, {"Sec-Fetch-Site": "cross-site"}, 403),
    ],
)
async def test_forged_forms_do_nothing(challenge, ada, changed, headers, expected):
    event = await challenge.open()
    await challenge.enter(event, 1)
    _, page = await ada.get(WINTER)
    good = form_of(page, f"{WINTER}/step", 'value="close"')
    for path, sent in (
        (NEW, answers(name="forged") | {"do": "keep"}),
        (f"{WINTER}/plan", answers() | {"do": "keep"}),
        (f"{WINTER}/step", {"step": "close"}),
        (f"{WINTER}/entry", {"number": "1", "do": "hide", "why": "x"}),
        (f"{WINTER}/money", {"do": "prizes"}),
    ):
        assert (await ada.post(path, good | sent | changed, headers=headers))[0] == expected
    assert (await challenge.parts.events.event("winter")) == event
    assert len(await challenge.parts.events.log(event.id)) == 3


async def test_another_browsers_form_is_worth_nothing(core, challenge, ada, visit, adapter):
    event = await challenge.open()
    second = visit(adapter)
    await bind(core, second, "ada@example", "Ada")
    _, page = await second.get(WINTER)
    fields = form_of(page, f"{WINTER}/step", 'value="close"')
    assert (await ada.post(f"{WINTER}/step", fields | {"step": "close"}))[0] == 403
    assert (await challenge.parts.events.event("winter")) == event


async def test_a_form_sent_again_is_taken_once(challenge, ada):
    event = await challenge.open(plan(prizes={"places": [10], "budget": 10}))
    await challenge.enter(event, 1)
    _, page = await ada.get(WINTER)
    extend = form_of(page, f"{WINTER}/step", 'value="extend"') | {"hours": "24"}
    conceal = form_of(page, rf"{WINTER}/entry\?page=1") | {"do": "hide", "why": "x"}
    money = form_of(page, f"{WINTER}/money") | {"do": "prizes"}
    assert (await ada.post(f"{WINTER}/step", extend))[0] == 303
    extended = await challenge.parts.events.event("winter")
    for path, sent in (("step", extend), ("entry", conceal), ("money", money)):
        status, page = await ada.post(f"{WINTER}/{path}", sent)
        assert (status, "Somebody has just changed winter" in page) == (409, True)
    assert (await challenge.parts.events.event("winter")) == extended
    assert len(await challenge.parts.events.log(event.id)) == 4


async def test_what_is_no_order_is_refused(challenge, ada):
    await challenge.open()
    _, page = await ada.get(WINTER)
    fields = form_of(page, f"{WINTER}/step", 'value="close"')
    for path, sent, expected in (
        ("step", {"step": "explode"}, 400),
        ("step", {"step": "settle"}, 409),
        ("step", {"step": "award"}, 409),
        ("step", {"step": "extend", "hours": "nan"}, 409),
        ("step", {"step": "extend", "hours": "9999"}, 409),
        ("step", {"step": "close", "seen": "x"}, 409),
        ("entry", {"number": "x", "do": "hide", "why": "x"}, 400),
        ("entry", {"number": "7", "do": "hide", "why": "x"}, 409),
        ("money", {"do": "steal"}, 400),
        ("money", {"do": "dismiss", "fund": "house"}, 409),
    ):
        assert (await ada.post(f"{WINTER}/{path}", fields | sent))[0] == expected, sent
    assert (await challenge.parts.events.event("winter")).state is State.OPEN


async def test_nothing_organisers_wrote_becomes_part_of_a_page(challenge, ada, browser):
    status, page = await send(ada, "preview", title=EVIL, theme=EVIL, required=EVIL, name=EVIL)
    assert status == 409
    assert "<script>alert" not in page
    _, page = await send(ada, "preview", title=EVIL, theme=EVIL, required=EVIL, venues=EVIL)
    assert "<script>alert" not in page
    await send(ada, "keep", title=EVIL, theme=EVIL, required=EVIL, venues="room")
    await step(ada, "announce", why=EVIL)
    await step(ada, "open")
    event = await challenge.parts.events.event("winter")
    await challenge.enter(event, 1, prompt=f"light {EVIL}", name=EVIL)
    await hide(ada, 1, EVIL)
    for visitor, path in (
        (ada, WINTER),
        (ada, "/organise"),
        (ada, f"{WINTER}/plan"),
        (browser, "/events/winter"),
    ):
        status, page = await visitor.get(path)
        assert status == 200
        assert "<script>alert" not in page
        assert "<img src=x" not in page
        assert "&lt;script&gt;" in page


@pytest.mark.parametrize("path", [NEW, f"{WINTER}/step", f"{WINTER}/entry"])
async def test_ten_megabytes_are_refused_before_they_are_read(challenge, ada, path):
    event = await challenge.open()
    flood = io.BytesIO(b"theme=" + b"x" * 10_000_000)
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    assert (await ada.post(path, flood, headers=headers))[0] == 413
    assert (await challenge.parts.events.event("winter")) == event


async def test_a_theme_that_is_too_long_is_said_to_be(challenge, ada):
    status, page = await send(ada, "keep", theme="x" * 7000)
    assert (status, "at most 1500 characters" in page) == (409, True)
    assert await challenge.parts.events.all() == []


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
