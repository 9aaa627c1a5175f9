"""The page on which a browser is linked to accounts in the chat. It works without a script."""

from __future__ import annotations

from dataclasses import dataclass
from http import HTTPStatus

from aiohttp import web

from common.errors import Refusal
from common.texts import say
from events.linking.links import CODE_LASTS, Bound, Claim, Links, Standing
from web.door.desk import Desk
from web.templating import Pages, Tokens

LINK = ("/link", "links.title")
"""The page's path, and the code of its name."""


@dataclass(frozen=True, slots=True)
class LinkView:
    """What the page shows to one browser."""

    claim: Claim
    bound: tuple[Bound, ...]
    code: str = ""
    """A code just made; it is shown this once, because it is not kept."""
    said: str = ""
    """What has just happened, in a sentence."""
    problem: str = ""
    """Why something did not, in a sentence."""
    minutes: int = round(CODE_LASTS / 60)

    @property
    def is_open(self) -> bool:
        """Whether a code waits to be posted."""
        return self.claim.standing is Standing.OPEN

    @property
    def is_posted(self) -> bool:
        """Whether somebody has posted it."""
        return self.claim.standing is Standing.POSTED


class LinkPages:
    """Handlers of the page and its forms. `room` is the web account: browsers are its people."""

    def __init__(self, links: Links, room: str, desk: Desk, pages: Pages) -> None:
        self._links = links
        self._room = room
        self._desk = desk
        self._pages = pages

    def add_to(self, router: web.UrlDispatcher) -> None:
        """Give each handler its address."""
        router.add_get("/link", self.show)
        router.add_post("/link/code", self.make_code)
        router.add_post("/link/confirm", self.confirm)
        router.add_post("/link/deny", self.deny)
        router.add_post("/link/part", self.part)

    async def show(self, request: web.Request) -> web.Response:
        """Show where this browser stands."""
        visitor = self._desk.visitor(request) or self._desk.seal.new_visitor()
        return await self._page(visitor)

    async def make_code(self, request: web.Request) -> web.Response:
        """Show a new code."""
        form = await self._desk.receive(request)
        self._desk.count(request)
        code = await self._links.offer(self._mark(form.visitor))
        return await self._page(form.visitor, code=code)

    async def confirm(self, request: web.Request) -> web.Response:
        """Bind the browser to who posted its code: it said that this is its own account."""
        form = await self._desk.receive(request)
        try:
            bound = await self._links.confirm(self._mark(form.visitor))
        except Refusal as refusal:
            return await self._page(form.visitor, problem=str(refusal))
        said = say("links.confirmed", name=bound.name, account=bound.account)
        return await self._page(form.visitor, said=said)

    async def deny(self, request: web.Request) -> web.Response:
        """Bind nothing: somebody else posted the code."""
        form = await self._desk.receive(request)
        await self._links.deny(self._mark(form.visitor))
        raise web.HTTPSeeOther("/link")

    async def part(self, request: web.Request) -> web.Response:
        """Take one link back."""
        form = await self._desk.receive(request)
        await self._links.part(self._mark(form.visitor), form.fields.get("person", ""))
        raise web.HTTPSeeOther("/link")

    def _mark(self, visitor: str) -> str:
        return self._links.mark(self._room, visitor)

    async def _page(
        self, visitor: str, *, code: str = "", said: str = "", problem: str = ""
    ) -> web.Response:
        browser = self._mark(visitor)
        view = LinkView(
            claim=await self._links.claim_of(browser),
            bound=tuple(await self._links.bound(browser)),
            code=code,
            said=said,
            problem=problem,
        )
        tokens = Tokens(self._desk.seal.form_token(visitor), self._desk.new_token())
        page = self._pages.render("link.html", view=view, tokens=tokens)
        status = HTTPStatus.CONFLICT if problem else HTTPStatus.OK
        return self._desk.own_page(page, visitor, status)
