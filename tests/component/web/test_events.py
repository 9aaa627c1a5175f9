"""The pages of events: what is read without a script, and what nobody gets away with."""

from __future__ import annotations

import io
import json
import re
from datetime import UTC, datetime, timedelta

import pytest

from bots.program import open_core
from bots.web.adapter import WebAdapter
from events.lifecycle import Step
from events.linking.links import Links
from events.model import Hold
from events.tables import ballots
from events.voting.published import recount
from request.kept.marks import Marks
from tests.component.web.house import answer, heard
from tests.component.web.visitor import form_of, link
from tests.fakes.challenge import plan
from tests.fakes.clock import Clock
from web.chat.room import Room
from web.events.hall import PUBLISHED_FOR, Hall

EVIL = '<script>alert("x")</script><img src=x onerror=y>'
TO_VOTE = (Step.CLOSE, Step.VOTE)
TO_RESULT = (Step.COUNT, Step.SETTLE, Step.AWARD)


@pytest.fixture
async def core(house):
    async with open_core(house.config(), lasting=False) as core:
        yield core


@pytest.fixture
async def adapter(core):
    adapter = await WebAdapter.build("room", {"platform": "web"}, core.services)
    yield adapter
    await adapter.close()


def shown(page):
    return [int(number) for number in re.findall(r'<li id="entry-(\d+)">', page)]


async def voting(challenge, count=3, wanted=None):
    event = await challenge.open(wanted)
    for number in range(1, count + 1):
        await challenge.enter(event, number)
    return await challenge.to(event.name, *TO_VOTE)


async def vote(browser, name, *numbers, path="", **changed):
    _, page = await browser.get(f"/events/{name}{path}")
    fields = form_of(page, f"/events/{name}/vote") | changed
    sent = [*fields.items(), *(("ticked", str(number)) for number in numbers)]
    return await browser.post(f"/events/{name}/vote", sent)


async def test_list_says_what_is_on_what_comes_and_what_was(challenge, browser):
    await challenge.open()
    coming = await challenge.parts.events.drafted(plan("spring", title="Spring"), "test")
    draft = await challenge.parts.events.drafted(plan("secret", title="Secret"), "test")
    await challenge.to(coming.name, Step.ANNOUNCE)
    status, page = await browser.get("/events")
    assert status == 200
    now, later = page.index("<h2>Now"), page.index("<h2>Coming")
    assert now < page.index("Winter light") < later < page.index("Spring")
    assert "Secret" not in page
    assert (await browser.get(f"/events/{draft.name}"))[0] == 404
    assert (await browser.get("/events/nothing"))[0] == 404


async def test_list_says_what_comes_again_once_the_first_of_it_is_known(challenge, browser):
    parts, lease = challenge.parts, challenge._lease
    for name, days in (("weekly", 7), ("daily", 1), ("unknown", 30)):
        await parts.series.begun(name, plan(name, title=f"Light, {name}"), days)
    await parts.series.draft_due(lease)
    for name in ("weekly-1", "daily-1"):
        await challenge.to(name, Step.ANNOUNCE)
    _, page = await browser.get("/events")
    [again] = re.findall(r"<h2>Again and again</h2>(.*?)</section>", page, re.DOTALL)
    assert again.index("Light, daily") < again.index("Light, weekly")
    assert 'href="/events/weekly-1"' in again
    assert ("Every day ·" in again, "Every 7 days ·" in again) == (True, True)
    assert again.count("The next one is announced <time") == 2
    assert "unknown" not in page


async def test_page_shows_theme_rules_countdown_and_entries_without_names(challenge, browser):
    event = await challenge.open()
    entry = await challenge.enter(event, 1)
    _, page = await browser.get("/events/winter")
    assert "The shortest days" in page
    assert "light" in page
    closes = event.plan.schedule.closes.isoformat(timespec="seconds")
    assert f'<time datetime="{closes}" data-countdown=' in page
    assert shown(page) == [1]
    assert entry.name not in page
    async with browser.session.get(f"{browser.url}/pictures/{entry.sha256}?w=320") as answer:
        assert answer.status == 200
        assert answer.content_type == "image/webp"
    await challenge.parts.entries.hidden(event, 1, "moderator", "not ours")
    assert shown((await browser.get("/events/winter"))[1]) == []
    assert (await browser.get(f"/pictures/{entry.sha256}"))[0] == 404


async def test_a_vote_is_kept_changed_and_taken_back_without_a_script(challenge, browser):
    event = await voting(challenge)
    assert await vote(browser, "winter", 1, 3) == (303, "/events/winter?page=1#vote")
    _, page = await browser.get("/events/winter")
    assert sorted(re.findall(r'value="(\d+)" checked', page)) == ["1", "3"]
    assert "Your receipt" in page
    assert {ballot.choices for ballot in (await votes(challenge, event))} == {(1, 3)}
    await vote(browser, "winter", 2)
    assert {ballot.choices for ballot in (await votes(challenge, event))} == {(2,)}
    await vote(browser, "winter")
    assert await votes(challenge, event) == ()


async def votes(challenge, event):
    return (await challenge.parts.ballots.votes(event)).ballots


async def test_a_page_of_a_ballot_leaves_the_other_pages_as_they_were(challenge, browser):
    event = await voting(challenge, count=50)
    first = shown((await browser.get("/events/winter"))[1])
    second = shown((await browser.get("/events/winter?page=2"))[1])
    assert len(first) == 48
    assert sorted(first + second) == list(range(1, 51))
    await vote(browser, "winter", first[0])
    await vote(browser, "winter", second[0], path="?page=2")
    (ballot,) = await votes(challenge, event)
    assert set(ballot.choices) == {first[0], second[0]}


async def test_everybody_sees_an_order_of_their_own_and_the_same_each_time(
    challenge, adapter, browser, visit
):
    await voting(challenge, count=20)
    mine = shown((await browser.get("/events/winter"))[1])
    assert shown((await browser.get("/events/winter"))[1]) == mine
    other = visit(adapter)
    assert shown((await other.get("/events/winter"))[1]) != mine


async def test_result_names_the_winners_and_the_ballots_can_be_counted_again(
    challenge, adapter, browser, visit, tmp_path
):
    await voting(challenge)
    for numbers in ((2,), (2, 3), (1, 2)):
        await vote(visit(adapter), "winter", *numbers)
    assert (await browser.get("/events/winter/ballots.json"))[0] == 404
    event = await challenge.to("winter", *TO_RESULT)
    _, page = await browser.get("/events/winter")
    entry = next(one for one in await challenge.parts.entries.standing(event) if one.number == 2)
    assert entry.name in page
    assert "3 people voted." in page
    assert page.index('class="place">1') < page.index('class="place">2')
    assert shown(page)[0] == 2
    status, text = await browser.get("/events/winter/ballots.json")
    assert status == 200
    file = tmp_path / "ballots.json"
    file.write_text(text)
    name, result, same, _ = recount(file)
    assert (name, same, result.lines[0].number) == ("winter", True, 2)
    assert len(json.loads(text)["ballots"]) == 3


async def test_ballots_are_put_together_once_a_minute_however_many_ask_for_them(
    challenge, adapter, core, visit
):
    await voting(challenge)
    await vote(visit(adapter), "winter", 2)
    event = await challenge.to("winter", *TO_RESULT)
    clock, services = Clock(1000.0), core.services
    room = Room(services.database, "room")
    hall = Hall(challenge.parts, Links(services.database, Marks(b"key")), room, now=clock)
    first = await hall.published(event)
    async with services.database.write() as connection:
        await connection.execute(ballots.delete())
    assert await hall.published(event) is first
    clock.now += PUBLISHED_FOR
    assert json.loads(await hall.published(event))["ballots"] == []


async def test_a_vote_after_the_end_is_refused_and_says_so(challenge, browser):
    event = await voting(challenge)
    _, page = await browser.get("/events/winter")
    fields = [*form_of(page, "/events/winter/vote").items(), ("ticked", "1")]
    await challenge.to("winter", Step.COUNT)
    status, page = await browser.post("/events/winter/vote", fields)
    assert status == 409
    assert 'role="alert"' in page
    assert await votes(challenge, event) == ()


async def test_a_browser_votes_only_for_an_account_where_there_are_accounts(
    core, challenge, adapter, visit
):
    """Cookies cost nothing: a hundred of them are one vote, or none."""
    venues = [{"account": "room"}, {"account": "mastodon"}]
    event = await voting(challenge, wanted=plan(venues=venues))
    stranger = visit(adapter)
    _, page = await stranger.get("/events/winter")
    assert 'href="/link"' in page
    assert 'name="ticked"' not in page
    await stranger.get("/")
    token = re.search(r'name="form" value="(\w+)"', (await stranger.get("/"))[1])[1]
    sent = {"form": token, "token": "x" * 20, "asked": "1", "ticked": "1"}
    assert (await stranger.post("/events/winter/vote", sent))[0] == 409
    for _ in range(3):
        bound = visit(adapter)
        await link(core, bound)
        assert (await vote(bound, "winter", 1))[0] == 303
    (ballot,) = await votes(challenge, event)
    assert ballot.column == "mastodon"


@pytest.mark.parametrize("changed", [{"form": "0" * 64}, {"form": ""}])
async def test_a_forged_ballot_is_not_taken(challenge, browser, changed):
    event = await voting(challenge)
    assert (await vote(browser, "winter", 1, **changed))[0] == 403
    assert await votes(challenge, event) == ()


async def test_a_ballot_from_another_site_is_not_taken(challenge, browser):
    event = await voting(challenge)
    _, page = await browser.get("/events/winter")
    fields = [*form_of(page, "/events/winter/vote").items(), ("ticked", "1")]
    headers = {"Origin": "http://evil.example"}
    assert (await browser.post("/events/winter/vote", fields, headers=headers))[0] == 403
    assert await votes(challenge, event) == ()


@pytest.mark.parametrize("field", ["asked", "ticked"])
@pytest.mark.parametrize("value", ["x", "1,2", "-1", "9" * 10, " ".join(["1"] * 500)])
async def test_a_ballot_with_anything_but_numbers_is_not_taken(challenge, browser, field, value):
    event = await voting(challenge)
    assert (await vote(browser, "winter", **{field: value}))[0] == 400
    assert await votes(challenge, event) == ()


async def test_nothing_people_wrote_becomes_part_of_the_page(challenge, adapter, browser, visit):
    wanted = plan(title=f"t {EVIL}"[:100], theme=EVIL, rules={"required": [EVIL]})
    event = await challenge.open(wanted)
    await challenge.enter(event, 1, prompt=f"light {EVIL}", name=EVIL)
    await challenge.to("winter", *TO_VOTE)
    for path in ("/events", "/events/winter"):
        assert "<script>alert" not in (await browser.get(path))[1]
    await vote(visit(adapter), "winter", 1)
    await challenge.to("winter", *TO_RESULT)
    _, page = await browser.get("/events/winter")
    assert "<script>alert" not in page
    assert "<img src=x" not in page
    assert "&lt;script&gt;" in page


async def test_ten_megabytes_are_refused_before_they_are_read(challenge, browser):
    await voting(challenge)
    flood = io.BytesIO(b"asked=" + b"1" * 10_000_000)
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    status, _ = await browser.post("/events/winter/vote", flood, headers=headers)
    assert status == 413
    with pytest.raises(ValueError, match="theme"):
        plan(theme="x" * 10_000_000)


async def test_own_picture_is_entered_from_the_page_by_what_is_said_in_the_room(
    core, challenge, adapter, browser, house, visit
):
    await challenge.open()
    await browser.say("draw for me a light")
    message = await answer(adapter, await heard(adapter), house.picture(1), house.picture(2, "red"))
    _, page = await browser.get("/events/winter")
    fields = form_of(page, "/events/winter/enter")
    assert f'value="{message} 2"' in page
    wish = {"picture": f"{message} 2", "shown": "nick", "nick": "Frosty"}
    status, where = await browser.post("/events/winter/enter", fields | wish)
    assert status == 303
    assert re.fullmatch(r"/m/\d+", where)
    said = await heard(adapter)
    assert said.text == "enter winter 2 as Frosty"
    assert said.parent == str(message)

    other = visit(adapter)
    await other.get("/")
    token = re.search(r'name="form" value="(\w+)"', (await other.get("/"))[1])[1]
    stolen = wish | {"form": token, "token": "y" * 20}
    status, page = await other.post("/events/winter/enter", stolen)
    assert status == 409
    for bad in ({"picture": "x"}, {"picture": f"{message} 100"}, {"shown": "nick", "nick": ""}):
        status, _ = await browser.post("/events/winter/enter", fields | wish | bad)
        assert status == 400


async def test_open_page_hears_that_it_is_old(challenge, browser):
    event = await challenge.open()
    async with browser.session.get(f"{browser.url}/events/winter/live") as stream:
        assert await told(stream) == ("open", 0)
        await challenge.enter(event, 1)
        assert await told(stream) == ("open", 1)
        await challenge.to("winter", Step.CLOSE)
        assert (await told(stream))[0] == "closed"


async def told(stream):
    async for line in stream.content:
        if line.startswith(b"data: "):
            data = json.loads(line.removeprefix(b"data: "))
            return data["state"], data["entries"]
    return None


async def test_what_waits_for_a_moderator_counts_down_to_nothing(challenge, browser):
    now = datetime.now(UTC)
    times = {"opens": now - timedelta(hours=2), "closes": now - timedelta(hours=1)}
    await challenge.open(plan(schedule=times))
    event = await challenge.to("winter", Step.CLOSE)
    await challenge.parts.events.held(event, Hold.FEW_ENTRIES)
    _, page = await browser.get("/events/winter")
    assert "A moderator decides" in page
    assert "data-countdown" not in page
