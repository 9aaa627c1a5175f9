"""The gate of the organisers' pages: everybody else is turned away with a sentence."""

from __future__ import annotations

from dataclasses import dataclass
from http import HTTPStatus

from aiohttp import web

from events.model import Event
from web.door.desk import Desk, Form, read_number
from web.door.problems import Problem
from web.events.office import Office, Order
from web.events.organisers import Organisers
from web.pages.linking import LINK
from web.templating import Pages, Tokens


@dataclass(frozen=True, slots=True)
class Sent:
    """A genuine form of an organiser's."""

    form: Form
    who: str

    def field(self, name: str) -> str:
        """Return what stands in a field; "" if it was not sent."""
        return self.form.fields.get(name, "").replace("\0", "").strip()

    @property
    def order(self) -> Order:
        """Who wants it, and of which state of the event."""
        return Order(self.who, read_number(self.form.fields.get("seen")))


class Gate:
    """Lets organisers in. Raises Problem for everybody else."""

    def __init__(self, organisers: Organisers, office: Office, desk: Desk, pages: Pages) -> None:
        self.office = office
        self._organisers = organisers
        self._desk = desk
        self._pages = pages

    async def enter(self, request: web.Request) -> str:
        """Return the organiser's id in the room (of their browser)."""
        visitor = self._desk.visitor(request)
        if visitor is None or not await self._organisers.who(visitor):
            raise Problem(HTTPStatus.FORBIDDEN, "organise.not_you", way=LINK)
        return visitor

    async def receive(self, request: web.Request) -> Sent:
        """Read a form, and make sure that an organiser sent it from a page of ours."""
        form = await self._desk.receive(request)
        who = await self._organisers.who(form.visitor)
        if not who:
            raise Problem(HTTPStatus.FORBIDDEN, "organise.not_you", way=LINK)
        return Sent(form, who)

    async def event(self, request: web.Request) -> Event:
        """Return the event that a page's address names."""
        event = await self.office.event(request.match_info["name"])
        if event is None:
            raise Problem(HTTPStatus.NOT_FOUND, "event_page.no_such")
        return event

    def page(
        self, visitor: str, template: str, status: HTTPStatus = HTTPStatus.OK, **values: object
    ) -> web.Response:
        """Return a page for one organiser, with what its forms bring along."""
        tokens = Tokens(self._desk.seal.form_token(visitor), self._desk.new_token())
        page = self._pages.render(template, tokens=tokens, **values)
        return self._desk.own_page(page, visitor, status)
