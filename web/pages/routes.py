"""The pages' addresses: the room, the gallery, one message, and the two forms."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus

from aiohttp import web

from common.model import IncomingKind
from web.chat.room import Room
from web.chat.store import Message
from web.door.desk import Desk, Form, read_number
from web.door.problems import Problem, wants_json
from web.templating import Draft, Pages, Reader, Scene

THREADS = 50
PICTURES = 24
PREFILLED = 500
"""Characters a link may put into the form."""


class Routes:
    """Handlers of the pages and forms of one room."""

    def __init__(self, room: Room, desk: Desk, pages: Pages) -> None:
        self._room = room
        self._desk = desk
        self._pages = pages

    def add_to(self, router: web.UrlDispatcher) -> None:
        """Give each handler its address."""
        router.add_get("/", self.show_room)
        router.add_post("/messages", self.write)
        router.add_post("/again", self.press)
        router.add_post("/delete", self.delete)
        router.add_get("/gallery", self.show_gallery)
        router.add_get(r"/m/{number:[0-9]{1,9}}", self.show_message)
        router.add_get("/healthz", self.tell_health)

    async def show_room(self, request: web.Request) -> web.Response:
        """Show the last messages, or those before `?before=`; `?text=`, `?reply=` fill the form."""
        reply = read_number(request.query.get("reply"))
        parent = await self._room.message(reply) if reply else None
        draft = Draft(
            token=self._desk.new_token(),
            text=request.query.get("text", "")[:PREFILLED],
            parent=parent if parent and parent.author is None else None,
        )
        return await self._room_page(
            request, draft, before=read_number(request.query.get("before"))
        )

    async def write(self, request: web.Request) -> web.Response:
        """Take a message; back to the room, with what was typed if it cannot be taken."""
        form = await self._desk.receive(request)
        parent = None
        try:
            parent = await self._desk.parent(form)
            self._desk.check_text(form.text)
            self._desk.count(request)
        except Problem as problem:
            if wants_json(request):
                raise
            draft = Draft(form.token, form.text, parent, str(problem))
            return await self._room_page(
                request, draft, status=problem.status, headers=problem.headers
            )
        author = await self._desk.author(form)
        reply_to = parent.id if parent else None
        message = await self._room.write(author, form.text, form.token, reply_to=reply_to)
        return self._taken(request, message)

    async def press(self, request: web.Request) -> web.Response:
        """Take the press of a button under one of the bot's messages."""
        form: Form = await self._desk.receive(request)
        message, words = await self._desk.pressed(form)
        self._desk.count(request)
        written = await self._room.write(
            await self._desk.author(form),
            words,
            form.token,
            kind=IncomingKind.BUTTON,
            reply_to=message.id,
        )
        return self._taken(request, written)

    async def delete(self, request: web.Request) -> web.Response:
        """Take back one of the visitor's own messages, with the answer to it."""
        form = await self._desk.receive(request)
        if not await self._room.remove(form.visitor, self._desk.named(form)):
            raise Problem(HTTPStatus.NOT_FOUND, "web.not_yours")
        if wants_json(request):
            return web.json_response({"token": self._desk.new_token()})
        raise web.HTTPSeeOther("/")

    async def show_gallery(self, request: web.Request) -> web.Response:
        """Show pictures, newest first, or those before `?before=`."""
        before = read_number(request.query.get("before"))
        shown = await self._room.gallery(before=before, limit=PICTURES + 1)
        older = shown[PICTURES - 1].id if len(shown) > PICTURES else None
        page = self._pages.gallery(shown[:PICTURES], older, before is None)
        return web.Response(text=page, content_type="text/html")

    async def show_message(self, request: web.Request) -> web.Response:
        """Show one message with what belongs to it, or an answer of elsewhere."""
        number = int(request.match_info["number"])
        reader = await self._reader(request)
        thread = await self._room.thread(number)
        if thread is not None:
            page = self._pages.message(thread, self._room.running(), reader)
            return self._page(page, reader)
        copy = await self._room.copy(number)
        if copy is None:
            raise web.HTTPNotFound
        return self._page(self._pages.copy(copy, reader), reader)

    async def tell_health(self, _request: web.Request) -> web.Response:
        """Say that the room and its database answer."""
        await self._room.latest()
        return web.json_response({"status": "ok"})

    async def _room_page(
        self,
        request: web.Request,
        draft: Draft,
        *,
        before: int | None = None,
        status: HTTPStatus = HTTPStatus.OK,
        headers: Mapping[str, str] | None = None,
    ) -> web.Response:
        # asked first: what is written meanwhile comes as a live event, not never
        latest = await self._room.latest()
        threads = await self._room.threads(before=before, limit=THREADS + 1)
        shown = threads[-THREADS:]
        scene = Scene(
            threads=shown,
            draft=draft,
            latest=latest,
            older=shown[0].request.id if len(threads) > THREADS else None,
            is_now=before is None,
            running=self._room.running(),
        )
        reader = await self._reader(request)
        return self._page(self._pages.room(scene, reader), reader, status, headers)

    async def _reader(self, request: web.Request) -> Reader:
        visitor = self._desk.visitor(request) or self._desk.seal.new_visitor()
        return Reader(
            id=visitor,
            nickname=await self._desk.nickname(visitor),
            form_token=self._desk.seal.form_token(visitor),
            press_token=self._desk.new_token(),
        )

    def _page(
        self,
        page: str,
        reader: Reader,
        status: HTTPStatus = HTTPStatus.OK,
        headers: Mapping[str, str] | None = None,
    ) -> web.Response:
        response = web.Response(text=page, content_type="text/html", status=status, headers=headers)
        self._desk.remember(response, reader.id)
        # it carries this visitor's form token
        response.headers["Cache-Control"] = "private, no-store"
        return response

    def _taken(self, request: web.Request, message: Message) -> web.Response:
        if wants_json(request):
            answer = {"id": message.id, "token": self._desk.new_token()}
            return web.json_response(answer, status=HTTPStatus.CREATED)
        raise web.HTTPSeeOther(f"/#m{message.id}")
