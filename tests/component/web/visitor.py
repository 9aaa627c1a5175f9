"""A browser without a script: keeps cookies, reads pages, sends forms."""

from __future__ import annotations

import re
from dataclasses import dataclass

import aiohttp

from bots.program import Core
from events.linking.links import Links
from request.kept.marks import open_marks


@dataclass
class Browser:
    """What a browser does with plain forms: keeps cookies, fills in hidden fields."""

    session: aiohttp.ClientSession
    url: str

    @property
    def visitor(self) -> str:
        """The room's id of who has been here before."""
        (cookie,) = self.session.cookie_jar
        return cookie.value.partition(".")[0]

    async def get(self, path: str, **options) -> tuple[int, str]:
        async with self.session.get(self.url + path, **options) as answer:
            return answer.status, await answer.text()

    async def fields(self, form: str = "write") -> dict[str, str]:
        _, page = await self.get("/")
        return hidden_fields(page, form)

    async def post(self, path: str, fields: dict[str, str], **options) -> tuple[int, str]:
        options = {"allow_redirects": False, **options}
        async with self.session.post(self.url + path, data=fields, **options) as answer:
            return answer.status, answer.headers.get("Location") or await answer.text()

    async def say(self, text: str, **more: str) -> int:
        """Write a message; return its id."""
        fields = await self.fields() | {"text": text} | more
        status, where = await self.post("/messages", fields)
        assert status == 303, where
        return int(where.removeprefix("/#m"))


def hidden_fields(page: str, form: str) -> dict[str, str]:
    body = re.search(rf'<form id="{form}".*?</form>', page, re.DOTALL)[0]
    return {
        re.search(r'name="(.*?)"', tag)[1]: re.search(r'value="(.*?)"', tag)[1]
        for tag in re.findall(r'<input type="hidden".*?>', body)
    }


def form_of(page: str, action: str, word: str = "") -> dict[str, str]:
    """Return the hidden fields of the first form that leads somewhere and holds a word."""
    for body in re.findall(rf'<form [^>]*action="{action}".*?</form>', page, re.DOTALL):
        if word in body:
            return dict(re.findall(r'<input type="hidden" name="(.*?)" value="(.*?)">', body))
    raise AssertionError(f"no form leads to {action} with {word}")


async def link(
    core: Core, browser: Browser, person: str = "ada@example", name: str = "Ada"
) -> None:
    """Link a browser to an account at Mastodon, as its page and the chat do."""
    await browser.get("/")
    links = Links(core.services.database, open_marks(core.services.config.data_dir))
    mark = links.mark("room", browser.visitor)
    await links.post(await links.offer(mark), account="mastodon", person=person, name=name)
    await links.confirm(mark)
