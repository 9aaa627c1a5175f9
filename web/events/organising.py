"""The organisers' pages: all events, one of them with all that can be done to it."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from http import HTTPStatus

from aiohttp import web

from common.errors import Refusal
from common.texts import say
from events.kudos.records import Purpose
from events.lifecycle import Step
from events.model import Event
from events.when import when
from web.door.desk import read_number
from web.door.problems import Problem
from web.events import dossier
from web.events.gate import Gate, Sent
from web.events.routes import NAME
from web.events.scene import next_of, standing_of

_HOURS = re.compile(r"[0-9]{1,4}(?:\.[0-9]{1,2})?")


class OrganiserPages:
    """Handlers of these pages. `address` returns where a path of ours is reached."""

    def __init__(self, gate: Gate, address: Callable[[web.Request, str], str]) -> None:
        self._gate = gate
        self._office = gate.office
        self._address = address

    def add_to(self, router: web.UrlDispatcher) -> None:
        """Give each handler its address."""
        one = f"/organise/events/{NAME}"
        router.add_get("/organise", self.list_events)
        router.add_get(one, self.show)
        router.add_post(f"{one}/step", self.step)
        router.add_post(f"{one}/entry", self.judge_entry)
        router.add_post(f"{one}/money", self.see_to_money)

    async def list_events(self, request: web.Request) -> web.Response:
        """Show all events, and which of them wait for an organiser."""
        visitor = await self._gate.enter(request)
        found = await self._office.all()
        return self._gate.page(
            visitor, "organise.html", events=found, standing=standing_of, next=next_of
        )

    async def show(self, request: web.Request) -> web.Response:
        """Show one event."""
        visitor = await self._gate.enter(request)
        said = say("organise.done") if "done" in request.query else ""
        return await self._page(request, visitor, await self._gate.event(request), said=said)

    async def step(self, request: web.Request) -> web.Response:
        """Take a step."""

        async def take(event: Event, sent: Sent) -> str:
            step = _step(sent.field("step"))
            hours = sent.field("hours")
            moved = await self._office.step(
                event,
                step,
                sent.order,
                why=sent.field("why"),
                hours=float(hours) if _HOURS.fullmatch(hours) else None,
                winners=sent.field("winners"),
            )
            raise web.HTTPSeeOther(f"{_home(moved)}?done=1")

        return await self._do(request, take)

    async def judge_entry(self, request: web.Request) -> web.Response:
        """Hide an entry, or show it again."""

        async def judge(event: Event, sent: Sent) -> str:
            number = read_number(sent.field("number"))
            if number is None:
                raise Problem(HTTPStatus.BAD_REQUEST, "web.bad_form")
            if sent.field("do") == "unhide":
                await self._office.unhide(event, number, sent.order)
            else:
                await self._office.hide(event, number, sent.field("why"), sent.order)
            page = read_number(request.query.get("page")) or 1
            raise web.HTTPSeeOther(f"{_home(event)}?page={page}&done=1#entry-{number}")

        return await self._do(request, judge)

    async def see_to_money(self, request: web.Request) -> web.Response:
        """Invite a sponsor, delete a sponsor's key, or have what was refused tried again."""

        async def see_to(event: Event, sent: Sent) -> str:
            match sent.field("do"):
                case "prizes" | "pictures" as purpose:
                    token = await self._office.invite(event, Purpose(purpose), sent.order)
                    address = self._address(request, f"/sponsor/{token}")
                    return say("payout.link", address=address, title=event.plan.title)
                case "dismiss":
                    return await self._office.dismiss(event, sent.field("fund"), sent.order)
                case "retry":
                    return await self._office.retry(event, sent.order)
                case _:
                    raise Problem(HTTPStatus.BAD_REQUEST, "web.bad_form")

        return await self._do(request, see_to)

    # --- inside -----------------------------------------------------------------------------

    async def _do(
        self, request: web.Request, work: Callable[[Event, Sent], Awaitable[str]]
    ) -> web.Response:
        """Do what a form asks, and show the event with what came of it."""
        sent = await self._gate.receive(request)
        event, said, problem = await self._gate.event(request), "", ""
        try:
            said = await work(event, sent)
        except Refusal as refusal:
            problem = str(refusal)
        fresh = await self._gate.event(request)
        return await self._page(request, sent.form.visitor, fresh, said=said, problem=problem)

    async def _page(
        self,
        request: web.Request,
        visitor: str,
        event: Event,
        *,
        said: str = "",
        problem: str = "",
    ) -> web.Response:
        page = read_number(request.query.get("page")) or 1
        return self._gate.page(
            visitor,
            "organise_event.html",
            HTTPStatus.CONFLICT if problem else HTTPStatus.OK,
            view=await self._office.dossier(event, page),
            said=said,
            problem=problem,
            alt=dossier.alt,
            words=dossier.words,
            when=when,
            called=dossier.called,
        )


def _home(event: Event) -> str:
    return f"/organise/events/{event.name}"


def _step(word: str) -> Step:
    try:
        return Step(word)
    except ValueError as error:
        raise Problem(HTTPStatus.BAD_REQUEST, "web.bad_form") from error
