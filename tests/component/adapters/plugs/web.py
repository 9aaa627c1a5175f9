"""The web room: browsers without a script."""

from __future__ import annotations

import re

import aiohttp
from selectolax.lexbor import LexborHTMLParser

from tests.component.adapters.plug import Answer, Can, Plug


class WebPlug(Plug):
    """People are cookie jars; a message is a form that is sent."""

    name = "web"
    module = "bots.web.adapter"
    can = frozenset({Can.DELETE, Can.REMOVE, Can.SHOW})

    def __init__(self) -> None:
        self._url = ""
        self._people: dict[str, aiohttp.ClientSession] = {}
        self._authors: dict[str, str] = {}

    async def __aexit__(self, *exc: object) -> None:
        for session in self._people.values():
            await session.close()

    async def attached(self, adapter) -> None:
        self._url = adapter.url

    def _browser(self, person: str) -> aiohttp.ClientSession:
        if person not in self._people:
            jar = aiohttp.CookieJar(unsafe=True)
            timeout = aiohttp.ClientTimeout(total=30)
            self._people[person] = aiohttp.ClientSession(cookie_jar=jar, timeout=timeout)
        return self._people[person]

    async def _send(self, person: str, path: str, form: str, fields: dict[str, str]) -> str:
        browser = self._browser(person)
        async with browser.get(self._url) as page:
            tree = LexborHTMLParser(await page.text())
        hidden = tree.css(f"form#{form} input[type=hidden]")
        given = {tag.attributes["name"]: tag.attributes["value"] for tag in hidden} | fields
        async with browser.post(self._url + path, data=given, allow_redirects=False) as answer:
            assert answer.status == 303, await answer.text()
            return answer.headers["Location"]

    async def say(self, text, *, person="ann", reply_to=None, bot=False) -> str:
        fields = {"text": text, "nickname": person, "parent": reply_to or ""}
        where = await self._send(person, "/messages", "write", fields)
        said = re.search(r"\d+", where)[0]
        self._authors[said] = person
        return said

    async def answers(self, said: str) -> list[Answer]:
        async with self._browser("somebody").get(f"{self._url}/m/{said}") as page:
            tree = LexborHTMLParser(await page.text())
        return [
            Answer(
                id=section.attributes["data-message"],
                text="\n".join(one.text() for one in section.css("p.text, ul.notes")),
                pictures=len(section.css("figure")),
                alts=tuple(one.attributes["alt"] for one in section.css("figure img")),
            )
            for section in tree.css("section.bot")
        ]

    async def shown(self) -> list[Answer]:
        async with self._browser("somebody").get(f"{self._url}/gallery") as page:
            tree = LexborHTMLParser(await page.text())
        alts = tuple(one.attributes["alt"] for one in tree.css("main img"))
        return [Answer("gallery", "", len(alts), alts)]

    async def delete(self, said: str) -> None:
        await self._send(self._authors[said], "/delete", "press", {"message": said})


PLUG = WebPlug
