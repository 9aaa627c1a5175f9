"""The page behind a sponsor's link: there, and nowhere else, a key is given and taken away."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from http import HTTPStatus

from aiohttp import web
from pydantic import SecretStr

from common.errors import Refusal
from common.texts import say
from events.kudos.records import FundRow, FundState, Purpose
from events.kudos.sponsors import Sponsors
from events.linking.links import Links
from web.door.desk import Desk
from web.door.guard import Guard
from web.door.problems import Problem
from web.templating import Pages, Tokens

_KUDOS = re.compile(r"[0-9]{1,9}")
TitleOf = Callable[[str], Awaitable[str]]


@dataclass(frozen=True, slots=True)
class SponsorView:
    """What the page shows."""

    token: str
    title: str
    """Of the event."""
    for_pictures: bool
    state: FundState
    name: str
    kudos: int
    is_own: bool
    """Whether this browser gave the key, and so may take it away."""
    said: str = ""
    problem: str = ""
    typed: str = ""
    """The amount typed, when it could not be taken. The key is never shown again."""


class SponsorPages:
    """Handlers of the page. `room` is the web account, whose people browsers are."""

    def __init__(
        self,
        sponsors: Sponsors,
        links: Links,
        room: str,
        title_of: TitleOf,
        *,
        desk: Desk,
        pages: Pages,
        guard: Guard,
    ) -> None:
        self._sponsors = sponsors
        self._links = links
        self._room = room
        self._title_of = title_of
        self._desk = desk
        self._pages = pages
        self._guard = guard

    def add_to(self, router: web.UrlDispatcher) -> None:
        """Give each handler its address."""
        path = "/sponsor/{token:[A-Za-z0-9_-]{16,64}}"
        router.add_get(path, self.show)
        router.add_post(path, self.give)
        router.add_post(f"{path}/remove", self.remove)

    async def show(self, request: web.Request) -> web.Response:
        """Show what the link is for."""
        self._desk.count(request)
        visitor = self._desk.visitor(request) or self._desk.seal.new_visitor()
        return await self._page(request, await self._fund(request), visitor)

    async def give(self, request: web.Request) -> web.Response:
        """Take a key."""
        form = await self._desk.receive(request)
        self._desk.count(request)
        fund, typed = await self._fund(request), form.fields.get("kudos", "").strip()
        try:
            self._check_way()
            await self._sponsors.give(
                request.match_info["token"],
                browser=self._links.mark(self._room, form.visitor),
                key=SecretStr(form.fields.get("key", "").strip()),
                kudos=int(typed) if _KUDOS.fullmatch(typed) else 0,
            )
        except Refusal as refusal:
            return await self._page(
                request, fund, form.visitor, problem=str(refusal), typed=typed[:9]
            )
        raise web.HTTPSeeOther(request.path)

    async def remove(self, request: web.Request) -> web.Response:
        """Forget the key at once, for the browser that gave it."""
        form = await self._desk.receive(request)
        fund = await self._fund(request)
        if fund.browser != self._links.mark(self._room, form.visitor):
            raise Problem(HTTPStatus.FORBIDDEN, "kudos.link_used")
        removal = await self._sponsors.remove(fund)
        told = [say("kudos.taken_away")]
        if removal.unpaid:
            told.append(say("kudos.unpaid", kudos=removal.unpaid))
        if removal.shared_key_left:
            told.append(say("kudos.shared_key_left"))
        return await self._page(
            request, await self._fund(request), form.visitor, said=" ".join(told)
        )

    def _check_way(self) -> None:
        """Refuse a key that others could read on its way. Raises Refusal."""
        if not self._guard.is_private:
            raise Refusal("kudos.not_secure")

    async def _fund(self, request: web.Request) -> FundRow:
        fund = await self._sponsors.invitation(request.match_info["token"])
        if fund is None:
            raise Problem(HTTPStatus.NOT_FOUND, "kudos.link_unknown")
        return fund

    async def _page(
        self, request: web.Request, fund: FundRow, visitor: str, **told: str
    ) -> web.Response:
        view = SponsorView(
            token=request.match_info["token"],
            title=await self._title_of(fund.event),
            for_pictures=fund.purpose is Purpose.PICTURES,
            state=fund.state,
            name=fund.name,
            kudos=fund.kudos,
            is_own=fund.browser == self._links.mark(self._room, visitor),
            **told,
        )
        tokens = Tokens(self._desk.seal.form_token(visitor), self._desk.new_token())
        page = self._pages.render("sponsor.html", view=view, tokens=tokens)
        status = HTTPStatus.BAD_REQUEST if view.problem else HTTPStatus.OK
        return self._desk.own_page(page, visitor, status)
