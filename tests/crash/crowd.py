"""People who take part in a challenge: they ask, press, write and vote, and notice what is wrong.

Whoever writes writes once. Whoever presses a button or sends a form while the program dies does so
again, as people do; what they wanted is looked at in the end.
"""

from __future__ import annotations

import asyncio
import re
from dataclasses import dataclass, field

import aiohttp
from selectolax.lexbor import LexborHTMLParser

from tests.component.adapters.plug import Answer, Plug
from tests.crash.fair import LOOK, PATIENCE, Fair
from tests.crash.pace import REAL_MONOTONIC
from tests.fakes.discord.payloads import LOADING
from tests.fakes.discord.people import labels_of, text_of

NAME = "lanterns"
MOST_TRIES = 10
"""How often somebody tries again who is asked to."""
AT_ONCE = 12
"""People who do something at the same time."""
AGAIN = 45.0
"""Seconds after which somebody presses again what nothing came of since the program died."""
APPROVES = re.compile(r"You approve of ([\d, ]+) in “")
RECEIPT = re.compile(r"[Rr]eceipt(?: is|:) (\w+)")


@dataclass
class Entrant:
    """Somebody who enters a picture."""

    number: int
    account: str
    way: str
    horde: str
    """Their account on the Horde."""
    entry: int = 0
    named: bool = False
    """Whether they have named their account on the Horde."""

    @property
    def name(self) -> str:
        return f"artist{self.number}"

    @property
    def prompt(self) -> str:
        return f"a lantern and its light, by hand {self.number}"


@dataclass
class Voter:
    """Somebody who votes."""

    number: int
    account: str
    way: str
    aims: set[int] = field(default_factory=set)
    receipt: str = ""
    insisted: bool = False
    """Whether they pressed again because nothing came: what it came to has to be looked at."""

    @property
    def name(self) -> str:
        return f"voter{self.number}"


class Crowd:
    """All of them."""

    def __init__(self, fair: Fair) -> None:
        self.fair = fair
        self.wrong: list[str] = []
        """What somebody was told that is not so."""
        self.said: list[tuple[Plug, str]] = []
        self._browsers: dict[str, Browser] = {}
        self._turns = asyncio.Semaphore(AT_ONCE)

    async def close(self) -> None:
        for browser in self._browsers.values():
            await browser.session.close()

    def browser(self, person: str) -> Browser:
        if person not in self._browsers:
            self._browsers[person] = Browser(self.fair)
        return self._browsers[person]

    async def result(self) -> list[str]:
        """Return the captions of the winners on the challenge's page, best first."""
        page = await self.browser("a reader").page(f"/events/{NAME}")
        return [one.text() for one in page.css("ol.podium figcaption")]

    # --- talking ----------------------------------------------------------------------------

    async def tell(
        self, account: str, person: str, text: str, reply_to: str | None = None
    ) -> Answer:
        """Write to the bot once, and return what it answers."""
        plug = self.fair.plugs[account]
        said = await plug.say(text, person=person, reply_to=reply_to)
        self.said.append((plug, said))
        found: list[Answer] = []

        async def answered() -> bool:
            found[:] = await plug.answers(said)
            return bool(found)

        await self.fair.until(answered, f"an answer to {person} on {account}: {text}")
        return found[0]

    async def press(self, person: str, message: dict, label: str) -> tuple[dict, int]:
        """Press a button on Discord until something comes; return it, and how often it took."""
        people = self.fair.plugs["discord"].server.people
        user = self.user(person)
        return await self._insist(lambda: people.press(user, message, label), message)

    async def slash(self, person: str, **options: str) -> tuple[dict, int]:
        """Use `/event`."""
        plug = self.fair.plugs["discord"]
        people, user = plug.server.people, self.user(person)
        return await self._insist(
            lambda: people.slash(user, plug._channel, "event", **options), None
        )

    def user(self, person: str) -> dict:
        plug = self.fair.plugs["discord"]
        return plug._people.setdefault((person, False), None) or self._join(plug, person)

    @staticmethod
    def _join(plug: Plug, person: str) -> dict:
        made = plug._people[person, False] = plug.world.person(person)
        return made

    async def _insist(self, act, message: dict | None) -> tuple[dict, int]:
        tries, end = 0, REAL_MONOTONIC() + PATIENCE
        while True:
            await self.fair.until(self.fair.is_up, "that the bot hears")
            tries, pressed, life = tries + 1, act(), self.fair.bot.starts
            while not self._is_lost(life):
                for one in pressed.interaction.messages.values():
                    own = message is not None and one["id"] == message["id"]
                    if not own and not one["flags"] & LOADING and text_of(one).strip():
                        return one, tries
                assert REAL_MONOTONIC() < end, f"a press is lost\n{self.fair.bot.last_words()}"
                await asyncio.sleep(LOOK)

    def _is_lost(self, life: int) -> bool:
        """Tell whether nothing will come any more of what was pressed in a life of the program."""
        fair = self.fair
        return fair.bot.starts > life and fair.calendar.steady() - fair.started > AGAIN

    # --- entering ---------------------------------------------------------------------------

    async def enter(self, who: Entrant) -> None:
        """Have a picture made, and enter it in somebody's way."""
        async with self._turns:
            await self._enter(who)

    async def _enter(self, who: Entrant) -> None:
        if who.account == "web":
            told, again = await self._enter_on_the_page(who), False
        else:
            tag = f" #{NAME}" if who.account in {"mastodon", "lemmy"} else ""
            wish = f"draw for me {who.prompt}{tag} style: raw --n 1"
            answer = await self.tell(who.account, who.name, wish)
            if answer.pictures != 1:
                self.wrong.append(f"{who.name} got no picture: {answer.text}")
                return
            if who.way == "button":
                told, again = await self._enter_by_button(who, answer)
            else:
                words = f"enter {NAME} as me"
                told = (await self.tell(who.account, who.name, words, answer.id)).text
                again = False
        who.entry = self._number(who, told, again=again)

    def _number(self, who: Entrant, told: str, *, again: bool) -> int:
        found = re.search(r"Entry (\d+) of “", told)
        if found is None and again:  # the press before has counted
            found = re.search(r"is entry (\d+) already", told)
        if found is None:
            self.wrong.append(f"{who.name} wants to enter and is told: {told}")
            return 0
        return int(found[1])

    async def _enter_by_button(self, who: Entrant, answer: Answer) -> tuple[str, bool]:
        plug = self.fair.plugs["discord"]
        message = plug.world.messages[plug._channel["id"]][answer.id]
        terms, _ = await self.press(who.name, message, "Enter")
        if "Under my name" not in labels_of(terms):
            self.wrong.append(f"{who.name} is not told the terms: {text_of(terms)}")
            return "", False
        told, tries = await self.press(who.name, terms, "Under my name")
        return text_of(told), tries > 1

    async def _enter_on_the_page(self, who: Entrant) -> str:
        browser = self.browser(who.name)
        wish = {"text": f"draw for me {who.prompt} style: raw --n 1", "nickname": who.name}
        await browser.send("/", 'form[id="write"]', wish)
        where = f"/events/{NAME}"
        form = f'form[action="{where}/enter"]'
        page = await browser.until(where, lambda tree: tree.css_first(f"{form} [name=picture]"))
        picture = page.css_first(f"{form} [name=picture]").attributes["value"]
        entered = await browser.send(where, form, {"picture": picture, "shown": "me"})
        told = await browser.until(entered, lambda tree: tree.css_first("section.bot p.text"))
        return told.css("section.bot p.text")[-1].text()

    async def name_horde(self, who: Entrant) -> None:
        """Tell the bot to which account on the Horde prizes go."""
        async with self._turns:
            await self._name_horde(who)

    async def _name_horde(self, who: Entrant) -> None:
        words = f"link {who.horde}"
        for _ in range(MOST_TRIES):
            if who.account == "web":
                told = await self._say_in_the_room(who.name, words)
            else:
                told = (await self.tell(who.account, who.name, words)).text
            if "try again later" not in told:  # where the machine is slow, the Horde seems to be
                break
        if f"go to {who.horde}" not in told:
            self.wrong.append(f"{who.name} names {who.horde} and is told: {told}")
        who.named = True

    async def _say_in_the_room(self, person: str, words: str) -> str:
        browser = self.browser(person)
        fields = {"text": words, "nickname": person}
        where = await browser.send("/", 'form[id="write"]', fields)
        number = where.rpartition("m")[2]
        page = await browser.until(
            f"/m/{number}", lambda tree: tree.css_first("section.bot p.text")
        )
        return page.css_first("section.bot p.text").text()

    # --- voting -----------------------------------------------------------------------------

    async def vote(self, who: Voter) -> None:
        """Vote in somebody's way."""
        if who.way == "button":
            for number in who.aims:
                await self._gallery(number)
        async with self._turns:
            await self._vote(who)

    async def _vote(self, who: Voter) -> None:
        match who.way:
            case "button":
                await self._vote_by_buttons(who)
            case "words":
                numbers = " ".join(map(str, sorted(who.aims)))
                told = (await self.tell(who.account, who.name, f"vote {NAME} {numbers}")).text
                self._check_ballot(who, told)
            case "page":
                await self._vote_on_the_page(who)

    async def _vote_by_buttons(self, who: Voter) -> None:
        done: set[int] = set()
        for number in sorted(who.aims):
            told, tries = await self.press(who.name, await self._gallery(number), str(number))
            who.insisted |= tries > 1
            done.add(number)
            if not who.insisted:
                self._check_ballot(who, text_of(told), done)

    async def _gallery(self, number: int) -> dict:
        """Wait for the post with the button of an entry."""
        plug = self.fair.plugs["discord"]
        found: list[dict] = []

        async def there() -> bool:
            posts = plug.world.in_channel(plug.wall)
            found[:] = [one for one in posts if str(number) in labels_of(one)]
            return bool(found)

        await self.fair.until(there, f"the button of entry {number}")
        return found[0]

    async def look_again(self, who: Voter) -> None:
        """Set a ballot right of which somebody does not know what their presses came to."""
        numbers = " ".join(map(str, sorted(who.aims)))
        told, _ = await self.slash(who.name, name=NAME, do="vote", words=numbers)
        self._check_ballot(who, text_of(told))

    async def _vote_on_the_page(self, who: Voter) -> None:
        browser = self.browser(who.name)
        await self._bind(who, browser)
        where = f"/events/{NAME}"
        form = f'form[action="{where}/vote"]'
        ticked = {"ticked": [str(number) for number in sorted(who.aims)]}
        await browser.until(where, lambda tree: tree.css_first(form))
        await browser.send(where, form, ticked)
        page = await browser.until(where, lambda tree: tree.css_first(".said"))
        kept = {int(box.attributes["value"]) for box in page.css("input[name=ticked][checked]")}
        self._kept(who, kept, who.aims, page.css_first(".said").text())

    async def _bind(self, who: Voter, browser: Browser) -> None:
        """Bind a browser to an account by a code, whatever dies on the way."""
        for _ in range(10):
            page = LexborHTMLParser(
                await browser.send("/link", 'form[action="/link/code"]', {}, body=True)
            )
            code = re.search(r"\b[2-9A-Z]{4}-[2-9A-Z]{4}\b", page.body.text())
            if code is None:
                continue
            told = (await self.tell(who.account, who.name, f"link {code[0]}")).text
            if "look at the page" not in told:
                self.wrong.append(f"{who.name} posts the code and is told: {told}")
            page = await browser.page("/link")
            if page.css_first('form[action="/link/confirm"]'):
                await browser.send("/link", 'form[action="/link/confirm"]', {}, body=True)
            page = await browser.page("/link")
            if page.css_first("ul.bound li"):
                return
        self.wrong.append(f"{who.name} cannot bind the browser")

    def _check_ballot(self, who: Voter, told: str, wanted: set[int] | None = None) -> None:
        found = APPROVES.search(told)
        kept = set(map(int, re.findall(r"\d+", found[1]))) if found else set()
        self._kept(who, kept, who.aims if wanted is None else wanted, told)

    def _kept(self, who: Voter, kept: set[int], wanted: set[int], told: str) -> None:
        receipt = RECEIPT.search(told)
        if kept != wanted or receipt is None:
            self.wrong.append(f"{who.name} wants {sorted(wanted)} and is told: {told}")
        elif who.receipt not in {"", receipt[1]}:
            self.wrong.append(f"{who.name} has a second receipt")
        else:
            who.receipt = receipt[1]


class Browser:
    """Somebody's browser, without a script; it tries again while the site is down."""

    def __init__(self, fair: Fair) -> None:
        self._fair = fair
        self.session = aiohttp.ClientSession(
            cookie_jar=aiohttp.CookieJar(unsafe=True), timeout=aiohttp.ClientTimeout(total=200)
        )

    async def _ask(self, method: str, path: str, **more) -> tuple[int, str, str]:
        """Return status, text and where it leads; asked again, just so, until there is an answer."""
        end = REAL_MONOTONIC() + PATIENCE
        while True:
            try:
                address = path if path.startswith("http") else self._fair.url + path
                async with self.session.request(
                    method, address, allow_redirects=False, **more
                ) as answer:
                    return answer.status, await answer.text(), answer.headers.get("Location", "")
            except (aiohttp.ClientError, TimeoutError):
                assert REAL_MONOTONIC() < end, f"{path}\n{self._fair.bot.last_words()}"
                await asyncio.sleep(LOOK * 5)

    async def page(self, path: str) -> LexborHTMLParser:
        status, text, _ = await self._ask("GET", path)
        assert status == 200, (path, status, text)
        return LexborHTMLParser(text)

    async def until(self, path: str, holds) -> LexborHTMLParser:
        """Look at a page again and again until something is on it."""
        found: list[LexborHTMLParser] = []

        async def there() -> bool:
            found[:] = [await self.page(path)]
            if holds(found[0]):
                return True
            await asyncio.sleep(LOOK * 4)
            return False

        await self._fair.until(there, f"what somebody waits for on {path}")
        return found[0]

    async def send(self, path: str, form: str, fields: dict, *, body: bool = False) -> str:
        """Fill in a form of a page and send it; return where it leads, or what it shows."""
        shown = (await self.page(path)).css_first(form)
        assert shown is not None, (path, form)
        given = {
            tag.attributes["name"]: tag.attributes["value"] or ""
            for tag in shown.css("input[type=hidden]")
        }
        sent = [(name, value) for name, value in given.items() if name not in fields]
        for name, value in fields.items():
            sent += [(name, one) for one in ([value] if isinstance(value, str) else value)]
        action = str(shown.attributes["action"])
        status, text, where = await self._ask("POST", action, data=sent)
        if body:
            return text
        assert status == 303, (action, status, text)
        return where
