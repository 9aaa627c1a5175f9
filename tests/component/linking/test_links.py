"""Binding browsers to accounts by one-time codes, on a real database."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime

import pytest

from common.errors import Refusal
from events.linking.links import (
    CODE_LASTS,
    FEW,
    MOST_ACCOUNTS,
    MOST_TRIES,
    TRIES_WINDOW,
    Links,
    Standing,
)
from events.model import Plan
from events.room import open_parts
from request.kept.marks import Marks

pytestmark = pytest.mark.database

DATES = {"opens": 0, "closes": 86400}


@pytest.fixture
def links(database, clock):
    return Links(database, Marks(b"k" * 32), now=clock)


@pytest.fixture
def browser(links):
    return links.mark("web", "visitor-1")


def ann(**other):
    return {"account": "discord", "person": "1", "name": "Ann", **other}


def eve(**other):
    return {"account": "discord", "person": "666", "name": "Eve", **other}


async def bind(links, browser, person):
    await links.post(await links.offer(browser), **person)
    return await links.confirm(browser)


async def test_a_code_binds_a_browser_once_it_has_said_yes(links, browser):
    code = await links.offer(browser)
    assert (await links.claim_of(browser)).standing is Standing.OPEN

    await links.post(f"`{code.lower()}`", **ann())
    claim = await links.claim_of(browser)
    assert (claim.standing, claim.account, claim.name) == (Standing.POSTED, "discord", "Ann")
    assert await links.bound(browser) == []

    bound = await links.confirm(browser)
    assert (bound.name, bound.person) == ("Ann", links.mark("discord", "1"))
    assert await links.bound(browser) == [bound]
    assert (await links.claim_of(browser)).standing is Standing.NONE


async def test_neither_the_code_nor_the_ids_stand_in_the_database(links, browser, database):
    code = await links.offer(browser)
    await links.post(code, **ann(person="id-of-ann"))
    await links.confirm(browser)

    async with database.read() as connection:
        for table in ("link_codes", "links"):
            rows = (await connection.exec_driver_sql(f"SELECT * FROM {table}")).all()
            text = str(rows).upper()
            assert code.replace("-", "") not in text
            assert "VISITOR-1" not in text
            assert "ID-OF-ANN" not in text


async def test_a_code_that_was_posted_is_worth_nothing_to_those_who_read_it(links, browser):
    code = await links.offer(browser)
    await links.post(code, **ann())

    with pytest.raises(Refusal, match="already posted by another account"):
        await links.post(code, **eve())
    assert (await links.confirm(browser)).name == "Ann"


async def test_a_code_replayed_after_its_use_binds_nobody(links, browser):
    code = await links.offer(browser)
    await links.post(code, **ann())
    await links.confirm(browser)

    with pytest.raises(Refusal, match="already posted"):
        await links.post(code, **eve())
    await links.post(code, **ann())  # the same event, answered again after a crash
    with pytest.raises(Refusal, match="nothing to confirm"):
        await links.confirm(browser)
    assert [one.name for one in await links.bound(browser)] == ["Ann"]


async def test_who_posts_a_strangers_code_first_is_sent_away_by_its_owner(links, browser):
    code = await links.offer(browser)
    await links.post(code, **eve())
    with pytest.raises(Refusal, match="say there that it was not you"):
        await links.post(code, **ann())

    assert (await links.claim_of(browser)).name == "Eve"
    await links.deny(browser)
    with pytest.raises(Refusal):
        await links.confirm(browser)
    assert await links.bound(browser) == []

    assert (await bind(links, browser, ann())).name == "Ann"


async def test_an_old_code_is_unknown(links, browser, clock):
    code = await links.offer(browser)
    clock.now += CODE_LASTS

    with pytest.raises(Refusal, match="Nobody is waiting for this code"):
        await links.post(code, **ann())
    assert (await links.claim_of(browser)).standing is Standing.NONE


async def test_a_code_has_to_be_confirmed_in_time(links, browser, clock):
    await links.post(await links.offer(browser), **ann())
    clock.now += CODE_LASTS

    with pytest.raises(Refusal, match="too old"):
        await links.confirm(browser)


async def test_a_new_code_takes_the_place_of_the_one_before(links, browser):
    first = await links.offer(browser)
    second = await links.offer(browser)

    with pytest.raises(Refusal):
        await links.post(first, **ann())
    await links.post(second, **ann())


async def test_codes_cannot_be_guessed_for_long(links, browser, clock):
    code = await links.offer(browser)
    for _ in range(MOST_TRIES):
        with pytest.raises(Refusal, match="Nobody is waiting"):
            await links.post("BBBB-BBBB", **eve())

    with pytest.raises(Refusal, match="too many wrong codes"):
        await links.post(code, **eve())
    await links.post(code, **ann())
    clock.now += TRIES_WINDOW
    with pytest.raises(Refusal, match="Nobody is waiting"):
        await links.post(code, **eve())


async def test_a_clock_that_is_put_back_locks_nobody_out_of_linking(links, clock):
    for _ in range(MOST_TRIES):
        with pytest.raises(Refusal, match="Nobody is waiting"):
            await links.post("BBBB-BBBB", **eve())
    clock.now -= 3600
    with pytest.raises(Refusal, match="Nobody is waiting"):
        await links.post("BBBB-BBBB", **eve())


async def test_a_browser_that_asks_for_two_codes_at_once_gets_one_that_counts(links, browser):
    codes = await asyncio.gather(*(links.offer(browser) for _ in range(4)))
    taken = await asyncio.gather(
        *(links.post(code, **ann()) for code in codes), return_exceptions=True
    )
    assert sum(one is None for one in taken) == 1


async def test_a_browser_cannot_be_bound_to_itself(links, browser):
    code = await links.offer(browser)

    with pytest.raises(Refusal, match="this very browser"):
        await links.post(code, account="web", person="visitor-1", name="Guest")


async def test_accounts_bound_in_one_moment_are_shown_in_one_order(links, browser):
    for account in ("reddit", "lemmy", "discord", "mastodon"):
        await bind(links, browser, ann(account=account))
    shown = [bound.account for bound in await links.bound(browser)]
    assert shown == ["discord", "lemmy", "mastodon", "reddit"]


async def test_many_accounts_behind_one_browser_are_one_person(links, browser):
    socks = [ann(person=str(number), name=f"Sock {number}") for number in range(9)]
    for sock in socks:
        await bind(links, browser, sock)
    marks = [links.mark("discord", sock["person"]) for sock in socks]

    people = await links.people([*marks, browser, links.mark("discord", "somebody else")])
    assert len({people[mark] for mark in [*marks, browser]}) == 1
    assert len(set(people.values())) == 2


async def test_few_marks_and_many_are_put_together_alike(links, browser):
    for number in range(3):
        await bind(links, browser, ann(person=str(number)))
        await bind(links, links.mark("web", f"other {number}"), ann(person=str(number)))
    marks = [links.mark("discord", str(number)) for number in range(3)]
    many = [*marks, *(links.mark("discord", f"stranger {number}") for number in range(FEW))]

    together = await links.people(many)
    assert {mark: together[mark] for mark in marks} == await links.people(marks)
    for mark in marks:
        assert await links.people([mark]) == {mark: together[marks[0]]}


async def test_many_browsers_of_one_account_are_one_person(links):
    browsers = [links.mark("web", f"visitor-{number}") for number in range(5)]
    for browser in browsers:
        await bind(links, browser, ann())

    assert len(set((await links.people(browsers)).values())) == 1


async def test_links_have_an_end(links):
    for number in range(MOST_ACCOUNTS):
        await bind(links, links.mark("web", str(number)), ann())

    with pytest.raises(Refusal, match=f"More than {MOST_ACCOUNTS} links"):
        await bind(links, links.mark("web", "one more"), ann())


async def test_binding_the_same_account_again_changes_nothing(links, browser):
    await bind(links, browser, ann())
    await bind(links, browser, ann(name="Ann B."))

    assert [one.name for one in await links.bound(browser)] == ["Ann B."]


async def test_unlinking_deletes_it_all(links, browser):
    await bind(links, browser, ann())
    await bind(links, browser, ann(account="mastodon", person="9", name="Ann elsewhere"))
    await links.name_horde("discord", "1", "ann#7")
    mark = links.mark("discord", "1")

    assert await links.unlink("discord", "1")
    assert [one.account for one in await links.bound(browser)] == ["mastodon"]
    assert await links.horde_names([mark]) == {}
    assert (await links.people([mark, browser]))[mark] == mark
    assert not await links.unlink("discord", "1")


async def test_who_forgets_a_browser_is_unlinked_too(links, browser):
    await bind(links, browser, ann())
    assert await links.bound(browser) != []

    await links.forget("web", "visitor-1")
    assert await links.bound(browser) == []


async def test_an_account_that_unlinks_takes_its_claim_back(links, browser):
    await links.post(await links.offer(browser), **ann())
    await links.unlink("discord", "1")

    with pytest.raises(Refusal):
        await links.confirm(browser)


async def test_a_browser_can_part_from_one_account(links, browser):
    bound = await bind(links, browser, ann())
    other = await bind(links, browser, ann(account="mastodon", person="9"))

    await links.part(browser, bound.person)
    assert await links.bound(browser) == [other]


async def test_a_horde_account_is_named_by_each_account_for_itself(links, browser):
    await bind(links, browser, ann())
    await links.name_horde("discord", "1", "ann#7")
    await links.name_horde("discord", "1", "ann#8")

    mark = links.mark("discord", "1")
    assert await links.horde_names([mark, browser]) == {mark: "ann#8"}
    assert await links.horde_names([]) == {}


async def test_two_who_post_a_code_at_the_same_moment_are_not_both_taken(links, browser):
    code = await links.offer(browser)

    taken = await asyncio.gather(
        links.post(code, **ann()), links.post(code, **eve()), return_exceptions=True
    )
    assert sorted(type(one) for one in taken if one is not None) == [Refusal]
    assert sum(one is None for one in taken) == 1


async def test_a_browser_is_as_old_as_the_oldest_account_it_is_bound_to(links, browser, clock):
    assert await links.joined(browser) is None
    old, young = clock.now - 10_000, clock.now - 5
    await bind(links, browser, ann())
    assert await links.joined(browser) is None  # nobody tells
    await bind(links, browser, ann(joined=datetime.fromtimestamp(young, UTC)))
    assert await links.joined(browser) == young
    await bind(links, browser, {**eve(), "joined": datetime.fromtimestamp(old, UTC)})
    assert await links.joined(browser) == old
    await links.part(browser, links.mark("discord", "666"))
    assert await links.joined(browser) == young


async def test_where_age_matters_a_browser_votes_by_the_account_it_is_bound_to(
    database, leases, links, browser, clock, tmp_path
):
    parts = open_parts(database, Marks(b"k" * 32), leases, tmp_path, identities=links, now=clock)
    at = {name: datetime.fromtimestamp(clock.now + day, UTC) for name, day in DATES.items()}
    rules = {"account_days": 7}
    plan = {"name": "autumn", "title": "A", "theme": "L", "schedule": at, "rules": rules}
    event = await parts.events.drafted(Plan.model_validate(plan), "op")
    with pytest.raises(Refusal, match="I cannot see"):
        await parts.voting.cast(event, "web", "visitor-1", ())
    joined = datetime.fromtimestamp(clock.now - 8 * 86400, UTC)
    await bind(links, browser, ann(joined=joined))
    with pytest.raises(Refusal, match="not open for votes"):  # its age is no hurdle any more
        await parts.voting.cast(event, "web", "visitor-1", ())
