"""The addresses of events: the list, one page each, its two forms, its files and its stream."""

from __future__ import annotations

import re
from collections.abc import Mapping
from http import HTTPStatus

from aiohttp import web

from common.errors import Refusal
from common.texts import say
from events.model import Event
from web.door.desk import Desk, Form, clean_nickname, read_number
from web.door.problems import Problem, wants_json
from web.events.hall import Hall, Wish
from web.events.organisers import Organisers
from web.events.scene import next_of, standing_of
from web.events.watching import Watching
from web.templating import Pages, Reader

NAME = r"{name:[a-z0-9][a-z0-9-]{0,47}}"
MOST_NUMBERS = 200
_NUMBERS = re.compile(rf"(?:[0-9]{{1,9}}(?: [0-9]{{1,9}}){{0,{MOST_NUMBERS - 1}}})?")


class EventRoutes:
    """Handlers of the pages of events."""

    def __init__(
        self,
        hall: Hall,
        desk: Desk,
        pages: Pages,
        watching: Watching,
        organisers: Organisers,
    ) -> None:
        self._hall = hall
        self._organisers = organisers
        self._desk = desk
        self._pages = pages
        self._watching = watching

    def add_to(self, router: web.UrlDispatcher) -> None:
        """Give each handler its address."""
        router.add_get("/events", self.list_events)
        router.add_get(f"/events/{NAME}", self.show)
        router.add_post(f"/events/{NAME}/vote", self.vote)
        router.add_post(f"/events/{NAME}/enter", self.enter)
        router.add_get(f"/events/{NAME}/ballots.json", self.publish)
        router.add_get(f"/events/{NAME}/live", self.watch, allow_head=False)

    async def list_events(self, request: web.Request) -> web.Response:
        """Show what there is to take part in, what comes, and what was."""
        found = await self._hall.all()
        leads = bool(await self._organisers.who(self._desk.visitor(request)))
        text = self._pages.render(
            "events.html",
            events=found,
            series=await self._hall.series(found),
            standing=standing_of,
            next=next_of,
            leads=leads,
        )
        return web.Response(text=text, content_type="text/html")

    async def show(self, request: web.Request) -> web.Response:
        """Show one event, or its page `?page=`."""
        return await self._page(request, await self._event(request))

    async def vote(self, request: web.Request) -> web.Response:
        """Take a page of a ballot; back to the event, or say it to the script."""
        form, event = await self._received(request)
        asked, ticked = _numbers(form, "asked"), _numbers(form, "ticked")
        self._desk.count(request)
        try:
            ballot = await self._hall.vote(event, form.visitor, asked, ticked)
        except Refusal as refusal:
            return await self._refused(request, event, refusal)
        if wants_json(request):
            said = say("event_page.kept", count=len(ballot.choices), receipt=ballot.receipt)
            answer = {"said": said, "token": self._desk.new_token()}
            return web.json_response(answer, headers={"Cache-Control": "no-store"})
        page = read_number(form.fields.get("page")) or 1
        raise web.HTTPSeeOther(f"/events/{event.name}?page={page}#vote")

    async def enter(self, request: web.Request) -> web.Response:
        """Enter one of the visitor's pictures; what the bot says to it is in the room."""
        form, event = await self._received(request)
        wish = _wish(form)
        self._desk.count(request)
        try:
            said = await self._hall.enter(event, await self._desk.author(form), wish, form.token)
        except Refusal as refusal:
            return await self._refused(request, event, refusal)
        raise web.HTTPSeeOther(f"/m/{said.id}")

    async def publish(self, request: web.Request) -> web.Response:
        """Send the ballots of a vote that is over, as anybody can count them again."""
        event = await self._event(request)
        file = await self._hall.published(event)
        if file is None:
            raise Problem(HTTPStatus.NOT_FOUND, "event_page.not_published")
        name = f'attachment; filename="{event.name}-ballots.json"'
        headers = {"Content-Disposition": name}
        return web.Response(body=file, content_type="application/json", headers=headers)

    async def watch(self, request: web.Request) -> web.StreamResponse:
        """Say when an open page is old."""
        return await self._watching.watch(request, await self._event(request))

    # --- inside -----------------------------------------------------------------------------

    async def _event(self, request: web.Request) -> Event:
        event = await self._hall.event(request.match_info["name"])
        if event is None:
            raise Problem(HTTPStatus.NOT_FOUND, "event_page.no_such")
        return event

    async def _received(self, request: web.Request) -> tuple[Form, Event]:
        return await self._desk.receive(request), await self._event(request)

    async def _refused(self, request: web.Request, event: Event, why: Refusal) -> web.Response:
        if wants_json(request):
            body = {"problem": str(why), "token": self._desk.new_token()}
            return web.json_response(body, status=HTTPStatus.CONFLICT)
        return await self._page(request, event, problem=str(why))

    async def _page(self, request: web.Request, event: Event, problem: str = "") -> web.Response:
        visitor = self._desk.visitor(request) or self._desk.seal.new_visitor()
        sight = await self._hall.sight(event, visitor, read_number(request.query.get("page")) or 1)
        reader = Reader(
            id=visitor,
            nickname=await self._desk.nickname(visitor),
            form_token=self._desk.seal.form_token(visitor),
            press_token=self._desk.new_token(),
        )
        leads = bool(await self._organisers.who(visitor))
        response = web.Response(
            text=self._pages.render(
                "event.html", sight=sight, reader=reader, problem=problem, leads=leads
            ),
            content_type="text/html",
            status=HTTPStatus.CONFLICT if problem else HTTPStatus.OK,
        )
        self._desk.remember(response, visitor)
        # it carries this visitor's form token and ballot
        response.headers["Cache-Control"] = "private, no-store"
        return response


def _numbers(form: Form, field: str) -> set[int]:
    text = " ".join(form.all.get(field, ()))
    if not _NUMBERS.fullmatch(text):
        raise Problem(HTTPStatus.BAD_REQUEST, "web.bad_form")
    return {int(one) for one in text.split()}


def _wish(form: Form) -> Wish:
    message, _, picture = form.fields.get("picture", "").partition(" ")
    numbers = read_number(message), read_number(picture)
    if numbers[0] is None or numbers[1] is None or not 1 <= numbers[1] <= 99:
        raise Problem(HTTPStatus.BAD_REQUEST, "event_page.which_picture")
    shown = _shown(form.fields)
    return Wish(numbers[0], numbers[1], shown, cc0=form.fields.get("cc0") == "yes")


def _shown(fields: Mapping[str, str]) -> str:
    chosen = fields.get("shown", "")
    if chosen in {"me", "anonymous"}:
        return chosen
    nick = clean_nickname(fields.get("nick", ""))
    if chosen != "nick" or not nick:
        raise Problem(HTTPStatus.BAD_REQUEST, "event_page.shown_as_missing")
    return nick
