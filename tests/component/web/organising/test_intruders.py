"""What nobody gets away with on the organisers' pages: others' pages, forged and repeated forms, words that are code."""

from __future__ import annotations

import io

import pytest

from events.model import State
from tests.component.web.organising.pages import NEW, WINTER, answers, hide, send, step
from tests.component.web.visitor import form_of, link
from tests.fakes.challenge import plan

EVIL = '<script>alert("x")</script><img src=x onerror=y>'


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
    await link(core, ada, "ada-at-work@example", "Ada at work")
    other = visit(adapter)
    await link(core, other, "ada-at-work@example", "Ada at work")
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
    events = core.live.current.events.model_copy(
        update={"organisers": (f"room/{browser.visitor}",)}
    )
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
    await link(core, second)
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
