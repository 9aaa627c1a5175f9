"""What an organiser does on the pages: fills in a plan, takes a step, hides an entry."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from tests.component.web.visitor import form_of

ADA = "mastodon:Ada"
NEW = "/organise/new"
WINTER = "/organise/events/winter"


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
