"""Reading along: a thread that hands over what a server streams, one event at a time."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import requests
import structlog
from mastodon import Mastodon, MastodonError, StreamListener

log = structlog.get_logger()

SILENT = 60.0
"""Seconds without a sign of life (servers give one every 15) after which a stream is dead."""
PAUSES = (1.0, 5.0, 30.0, 120.0, 300.0)
"""Seconds between two tries to open a stream."""


@dataclass(frozen=True, slots=True)
class Turned:
    """The stream has begun or ended: what it did not bring must be caught up on."""


@dataclass(frozen=True, slots=True)
class Mentioned:
    """Somebody wrote to us: the notification, as Mastodon's API tells it."""

    notification: Any


@dataclass(frozen=True, slots=True)
class Deleted:
    """A post is gone."""

    post: str


Event = Turned | Mentioned | Deleted


class _Ended(Exception):
    """Ends the thread from inside a callback of the library."""


class Stream(StreamListener):
    """Opens the stream again and again. `connect` makes the client; it is called in the thread."""

    def __init__(self, name: str, connect: Callable[[], Mastodon]) -> None:
        self._name = name
        self._connect = connect
        self._loop = asyncio.get_running_loop()
        self._events: asyncio.Queue[Event] = asyncio.Queue()
        self._room = threading.Semaphore(1)
        """Lets one event at a time into the queue."""
        self._closed = threading.Event()
        self.open = False
        """Whether events come at this moment."""
        threading.Thread(target=self._run, name=f"{name}-stream", daemon=True).start()

    async def next(self, seconds: float) -> Event | None:
        """Return the next event; None if there is none for so long."""
        try:
            async with asyncio.timeout(max(0.0, seconds)):
                event = await self._events.get()
        except TimeoutError:
            return None
        self._room.release()
        return event

    def close(self) -> None:
        """Hand over nothing more; the thread ends with the next sign of life."""
        self._closed.set()

    # --- in the thread -----------------------------------------------------------------------

    def _run(self) -> None:
        tries = 0
        while not self._closed.is_set():
            client = self._connect()
            try:
                client.stream_user(self, timeout=SILENT)
                problem = "it ended"
            except _Ended:
                return
            except (MastodonError, requests.RequestException, OSError) as error:
                problem = str(error)[:200]
            except Exception as error:  # nobody would open it again
                log.exception("stream_broken", account=self._name)
                problem = type(error).__name__
            finally:
                client.session.close()
            tries = 0 if self.open else tries + 1
            log.info("stream_ended", account=self._name, problem=problem)
            if self.open and not self._turn(opened=False):
                return
            self._closed.wait(PAUSES[min(tries, len(PAUSES) - 1)])

    def _hand_over(self, event: Event) -> None:
        """Give an event to the loop, once the one before it has been taken."""
        while not self._room.acquire(timeout=1.0):
            if self._closed.is_set():
                raise _Ended
        if self._closed.is_set():
            raise _Ended
        try:
            self._loop.call_soon_threadsafe(self._events.put_nowait, event)
        except RuntimeError as error:  # the loop has ended
            raise _Ended from error

    def _turn(self, *, opened: bool) -> bool:
        """Say that the stream has begun or ended; False where nobody hears any more."""
        self.open = opened
        try:
            self._hand_over(Turned())
        except _Ended:
            return False
        return True

    def handle_stream(self, response: requests.Response) -> None:
        """Say that the stream is open, then read it."""
        if not self._turn(opened=True):
            raise _Ended
        super().handle_stream(response)  # type: ignore[no-untyped-call]

    def handle_heartbeat(self) -> None:
        """Use the sign of life to see whether anybody still wants to hear."""
        if self._closed.is_set():
            raise _Ended

    def on_notification(self, notification: Any) -> None:
        """Hand mentions over; what else happens to us is of no interest."""
        if notification.get("type") == "mention":
            self._hand_over(Mentioned(notification))

    def on_delete(self, status_id: Any) -> None:
        """Hand over that a post is gone."""
        self._hand_over(Deleted(str(status_id)))
