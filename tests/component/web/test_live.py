"""The live stream: what comes, what is caught up, how it ends."""

from __future__ import annotations

import asyncio
import json
from contextlib import ExitStack, asynccontextmanager

import aiohttp

from common.model import IncomingKind, Part, Phase, Progress
from request.kept.queries import Queries
from tests.component.web.house import answer, heard, outcome
from web.chat.live import BOUND, Advanced, Subscription
from web.chat.store import Visitor
from web.pages.stream import WATCHERS
from web.site import Site, build_app
from web.thumbnails import Thumbnails

ADA = Visitor("ada", "Ada")


class Events:
    """Reads server-sent events off a response."""

    def __init__(self, response: aiohttp.ClientResponse) -> None:
        self.response = response

    async def next(self) -> tuple[str, int | None, dict]:
        """Return name, id and data of the next event, comments and `retry` left out."""
        async with asyncio.timeout(30):
            while True:
                lines = await self.block()
                fields = dict(line.split(": ", 1) for line in lines if not line.startswith(":"))
                if "event" in fields:
                    number = int(fields["id"]) if "id" in fields else None
                    return fields["event"], number, json.loads(fields["data"])

    async def block(self) -> list[str]:
        lines: list[str] = []
        async for line in self.response.content:
            text = line.decode().rstrip("\n")
            if not text:
                return lines
            lines.append(text)
        raise EOFError


@asynccontextmanager
async def stream(browser, path="/live", **headers):
    async with browser.session.get(browser.url + path, headers=headers) as response:
        assert response.content_type == "text/event-stream"
        events = Events(response)
        assert (await events.block())[0].startswith("retry:")
        yield events


async def test_a_request_its_progress_and_its_answer_come_live(adapter, browser, house):
    await browser.get("/")
    async with stream(browser, "/live?after=0") as events:
        number = await browser.say("draw a fox", nickname="Ada")
        name, identity, data = await events.next()
        assert (name, identity, data["id"]) == ("thread", number, number)
        assert "draw a fox" in data["html"]
        assert ">you<" in data["html"]

        incoming = await heard(adapter)
        await adapter.acknowledge(incoming, Progress(Phase.GENERATING, 4, finished=1))
        name, identity, data = await events.next()
        assert (name, identity, data["thread"]) == ("progress", None, number)
        assert "1 of 4" in data["html"]

        made = outcome(house.picture(alt="a fox"))
        first = await adapter.reply(incoming, made, Part(1, 2, "one", made.pictures))
        name, identity, data = await events.next()
        assert (name, identity, data["thread"], data["done"]) == (
            "answer",
            int(first),
            number,
            False,
        )
        assert 'alt="a fox"' in data["html"]
        await adapter.reply(incoming, made, Part(2, 2, "two"))
        assert (await events.next())[2]["done"] is True


async def test_a_browser_that_comes_back_gets_what_it_missed(adapter, browser):
    seen = await browser.say("one")
    missed = await browser.say("two")
    incoming = await heard(adapter)
    posted = await answer(adapter, incoming)
    await adapter.acknowledge(
        (await anext(adapter.listen())), Progress(Phase.WAITING, 4, position=1)
    )
    async with stream(browser, **{"Last-Event-ID": str(seen)}) as events:
        assert (await events.next())[:2] == ("thread", missed)
        assert (await events.next())[:2] == ("answer", posted)
        assert (await events.next())[0] == "progress"
        live = await browser.say("three")
        assert (await events.next())[:2] == ("thread", live)


async def test_the_header_wins_over_the_address(adapter, browser):
    first = await browser.say("one")
    second = await browser.say("two")
    path = f"/live?after={first - 1}"
    async with stream(browser, path, **{"Last-Event-ID": str(first)}) as events:
        assert (await events.next())[:2] == ("thread", second)


async def test_whoever_missed_too_much_loads_the_page_again(adapter, browser):
    for number in range(101):
        await adapter.room.write(ADA, "x", f"token-{number:020}")
    async with stream(browser, "/live?after=0") as events:
        assert (await events.next())[0] == "reload"


async def test_there_is_a_bound_to_the_watchers(adapter, browser):
    with ExitStack() as stack:
        for _ in range(WATCHERS):
            stack.enter_context(adapter.room.subscribe())
        async with browser.session.get(browser.url + "/live") as response:
            assert response.status == 503
            assert response.headers["Retry-After"] == "60"
    async with stream(browser):
        pass


async def test_a_stream_is_not_opened_to_look_at_its_headers(browser):
    async with browser.session.head(browser.url + "/live") as response:
        assert response.status == 405


async def test_deleting_hides_the_thread_and_is_heard(adapter, browser, house, visit):
    number = await browser.say("draw a fox")
    listening = adapter.listen()
    incoming = await anext(listening)
    posted = await answer(adapter, incoming, picture := house.picture())
    async with stream(browser, f"/live?after={posted}") as events:
        other = visit(adapter)
        fields = await other.fields("press") | {"message": str(number)}
        assert (await other.post("/delete", fields))[0] == 404

        fields = await browser.fields("press") | {"message": str(number)}
        assert await browser.post("/delete", fields) == (303, "/")
        assert await events.next() == ("removed", None, {"thread": number})
    async with asyncio.timeout(30):
        gone = await anext(listening)
    assert (gone.kind, gone.event) == (IncomingKind.DELETION, incoming.event)
    await listening.aclose()
    for path in (f"/m/{number}", f"/m/{posted}", f"/pictures/{picture.sha256}"):
        assert (await browser.get(path))[0] == 404
    assert "draw a fox" not in (await browser.get("/"))[1]


async def test_a_silent_room_sends_signs_of_life_and_closing_ends_the_stream(
    house, browser, adapter
):
    config = house.config().web
    app = build_app(
        adapter.room,
        config,
        data_dir=house.folder,
        pictures=house.folder,
        thumbnails=Thumbnails(house.folder / "thumbnails"),
        elsewhere=Queries(adapter.room._database),
        heartbeat=0.01,
    )
    site = await Site.open(app, config)
    browser.url = site.url
    async with stream(browser) as events:
        async with asyncio.timeout(30):
            assert await events.block() == [": still here"]
        adapter.room.close()
        async with asyncio.timeout(30):
            while True:
                try:
                    await events.block()
                except EOFError:
                    break
    await site.close()


async def test_the_newest_progress_takes_the_place_of_the_older():
    subscription = Subscription()
    for finished in range(3):
        subscription.offer(Advanced(7, Progress(Phase.GENERATING, 4, finished=finished)))
    event = await subscription.take()
    assert event == Advanced(7, Progress(Phase.GENERATING, 4, finished=2))


async def test_who_falls_behind_is_let_go():
    subscription = Subscription()
    for request in range(BOUND + 1):
        subscription.offer(Advanced(request, Progress(Phase.WAITING, 1)))
    assert await subscription.take() is None


async def test_a_listener_that_fell_behind_misses_nothing(adapter):
    listening = adapter.listen()
    await adapter.room.write(ADA, "0", f"token-{0:020}")
    texts = [(await anext(listening)).text]
    for number in range(1, BOUND + 10):
        await adapter.room.write(ADA, str(number), f"token-{number:020}")
    async with asyncio.timeout(30):
        texts += [(await anext(listening)).text for _ in range(1, BOUND + 10)]
    await listening.aclose()
    assert texts == [str(number) for number in range(BOUND + 10)]
