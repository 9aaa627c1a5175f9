"""Every error of the project, in one tree.

    HordebotsError
    ├── ConfigError            the operator's file is wrong: which key, what to write instead
    ├── StartupError           something the program needs is not there (a port, a folder, a lock)
    ├── Refusal                a request is declined; the person is told why and what to do
    ├── StyleListError         a stylelist cannot be read
    ├── StoreError             the database did not do as told
    │   ├── LeaseLost          another instance owns this account now
    │   └── RequestEnded       what was to become of a request is dropped: it has ended meanwhile
    ├── StoreRefused           the database will never take this; a StoreError may pass
    ├── HordeError             the Horde answered with an error
    │   ├── HordeUnreachable   no answer, or none that can be read
    │   │   └── HordeUnclear   the same after a request was sent: it may have been accepted
    │   ├── HordeBusy          wait and try again (`retry_after` seconds)
    │   ├── HordeRejected      this request will never be accepted as it is
    │   ├── HordeForbidden     key, address or worker is not allowed
    │   └── HordeGone          the request is not known (any more)
    ├── FetchError             a file did not come from the network, or may not
    ├── AssetError             CivitAI did not tell about a LoRA or textual inversion
    │   ├── AssetRefused       it says no for good: not there, removed, or members only
    │   └── AssetUnreachable   no answer, or too busy; may pass
    ├── PictureError           bytes that are no picture, or too large a one
    ├── PlatformError          a chat platform failed; may pass
    │   ├── PlatformBusy       a limit of the platform was reached (`retry_after` seconds)
    │   └── PlatformRefused    a chat platform will never take this
    └── WorkerError            the worker cannot do what was asked
        ├── JobFailed          (worker/order.py) only this job; the worker goes on
        └── DownloadFailed     (worker/disk/downloads.py) a file did not come, or is not what it is

Each carries a `code` of the message catalogue (`common/texts.py`) and the values its sentence
needs, so that what a person reads is written in one place.
"""

from __future__ import annotations

from common import texts


class HordebotsError(Exception):
    """Root of all errors raised on purpose. `str(error)` is a sentence for people."""

    default_code = "error.internal"

    def __init__(self, code: str | None = None, **values: object) -> None:
        self.code = code or self.default_code
        self.values = values
        super().__init__(self.code)

    def __str__(self) -> str:
        return texts.say(self.code, **self.values)


class ConfigError(HordebotsError):
    """The configuration cannot be used."""

    default_code = "config.invalid"


class StartupError(HordebotsError):
    """Something the program needs is missing or taken."""

    default_code = "startup.failed"


class Refusal(HordebotsError):
    """A request is declined. `suggestions` are names the person may have meant."""

    default_code = "refused.other"

    def __init__(
        self, code: str | None = None, *, suggestions: tuple[str, ...] = (), **values: object
    ) -> None:
        super().__init__(code, **values)
        self.suggestions = suggestions


class StyleListError(HordebotsError):
    """A stylelist cannot be read at all."""

    default_code = "styles.unreadable"


class StoreError(HordebotsError):
    """The database did not do as told; it may another time."""

    default_code = "store.failed"


class StoreRefused(HordebotsError):
    """What is to be written has no place in the tables. Who would wait for that waits for ever."""

    default_code = "store.refused"


class LeaseLost(StoreError):
    """Another instance owns the account: stop writing for it at once."""

    default_code = "store.lease_lost"


class RequestEnded(StoreError):
    """A request has ended meanwhile, mostly because it was taken back: nothing more is due."""

    default_code = "store.request_ended"


class HordeError(HordebotsError):
    """The Horde answered with an error. `rc` is the server's own code, "" if it gave none."""

    default_code = "horde.failed"

    def __init__(
        self,
        code: str | None = None,
        *,
        rc: str = "",
        status: int = 0,
        retry_after: float | None = None,
        **values: object,
    ) -> None:
        super().__init__(code, **values)
        self.rc = rc
        self.status = status
        self.retry_after = retry_after

    @property
    def pauses_endpoint(self) -> float | None:
        """Seconds for which the whole endpoint is of no use to us.

        It says so where the server closed (maintenance), shut our address out, or does not take our
        key or our name; None: an error about one request, or one that says nothing.
        """
        seconds = self.values.get("pauses_endpoint")
        return seconds if isinstance(seconds, float) else None


class HordeUnreachable(HordeError):
    """Nobody answered, or the answer was not the Horde's."""

    default_code = "horde.unreachable"


class HordeUnclear(HordeUnreachable):
    """The answer to something sent was lost: it may have been accepted, or not."""

    default_code = "horde.unclear"


class HordeBusy(HordeError):
    """A limit was reached; `retry_after` seconds from now it may go through."""

    default_code = "horde.busy"


class HordeRejected(HordeError):
    """The Horde will not take this request as it is."""

    default_code = "horde.rejected"


class HordeForbidden(HordeError):
    """The key, the address or the worker is not allowed to do this."""

    default_code = "horde.forbidden"


class HordeGone(HordeError):
    """The Horde does not know this id (any more)."""

    default_code = "horde.gone"


class FetchError(HordebotsError):
    """A file could not be fetched from the network, or may not be."""

    default_code = "fetch.unreachable"


class AssetError(HordebotsError):
    """CivitAI did not tell what was asked."""

    default_code = "civitai.unreachable"


class AssetRefused(AssetError):
    """CivitAI says no for good: gone, taken down, members only (401, 403, 404, 451)."""

    default_code = "civitai.gone"


class AssetUnreachable(AssetError):
    """CivitAI did not answer, or is too busy (429, 5xx); it may pass."""

    default_code = "civitai.unreachable"


class PictureError(HordebotsError):
    """Bytes that are no picture we can use."""

    default_code = "picture.unreadable"


class PlatformError(HordebotsError):
    """A chat platform failed in a way that may pass."""

    default_code = "platform.failed"


class PlatformBusy(PlatformError):
    """A limit of the platform was reached; `retry_after` seconds from now it may go through."""

    default_code = "platform.busy"

    def __init__(self, code: str | None = None, *, retry_after: float, **values: object) -> None:
        super().__init__(code, seconds=f"{max(1.0, retry_after):.0f}", **values)
        self.retry_after = retry_after


class PlatformRefused(PlatformError):
    """A chat platform will never take this post (deleted, banned, locked)."""

    default_code = "platform.refused"


class WorkerError(HordebotsError):
    """The worker cannot do what was asked of it."""

    default_code = "worker.failed"
