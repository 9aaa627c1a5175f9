"""What the worker offers to which server: the pop body, and whom it must not serve."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass

from yarl import URL

from common.config import WorkerConfig, WorkerEndpoint
from common.errors import WorkerError
from common.horde.transport import PROJECT_PAGE
from common.horde.wire import ANONYMOUS_KEY
from common.horde.work import PopBody
from worker.engines.pace import TILE
from worker.engines.protocol import EngineInfo, Feature

BRIDGE_AGENT = f"hordebots:1:{PROJECT_PAGE}"
"""`name:version:url`, the truth. The version counts what the worker can do and is an integer."""

SHORTEST_TTL = 150.0
"""Seconds a Horde gives for any job; large ones get more."""
TTL_PER_EFFORT = 2.0
"""Seconds of time to live that a server adds per step over 512 x 512 pixels."""
MARGIN = 15.0
"""Seconds kept for checking, uploading and submitting."""
BUDGET = SHORTEST_TTL - 2 * MARGIN
"""Seconds for one job: what is left after delivery and the end of the job before it."""
USUAL_STEPS = 30
SMALLEST = 64 * 64
PUBLIC_HORDES = ("aihorde.net", "stablehorde.net")
OWN_NAMES = (".local", ".lan", ".internal", ".localhost", ".home.arpa")


@dataclass(frozen=True, slots=True)
class Offer:
    """The worker as the server sees it."""

    name: str
    info: EngineInfo
    """What the engine can do, within what the operator allows."""
    started: float
    """Unix seconds at which this process started."""
    nsfw: bool = False
    """Whether pictures for adults may be asked for."""
    priority_usernames: tuple[str, ...] = ()
    """Whose jobs come first."""

    def body(self, seconds_per_effort: float | None, limit: int | None = None) -> PopBody:
        """Return a pop that asks for no more than can be made in time.

        `seconds_per_effort` is the measured pace; None if nothing was made yet, and then one
        picture is asked for at a time. `limit` are the pixels that are known to fit into the
        memory.
        """
        largest = self.info.max_pixels if limit is None else min(limit, self.info.max_pixels)
        pixels = fitting_pixels(seconds_per_effort, largest)
        return PopBody(
            name=self.name,
            models=list(self.info.models),
            bridge_agent=BRIDGE_AGENT,
            max_pixels=pixels,
            nsfw=self.nsfw,
            priority_usernames=list(self.priority_usernames),
            amount=fitting_amount(seconds_per_effort, pixels, self.info.max_batch),
            allow_img2img=self.info.can(Feature.IMG2IMG),
            allow_painting=self.info.can(Feature.INPAINTING),
            allow_post_processing=bool(self.info.post_processing),
            allow_controlnet=self.info.can(Feature.CONTROLNET),
            allow_lora=self.info.can(Feature.LORA),
            started=self.started,
        )


def make_offer(
    config: WorkerConfig,
    endpoint: WorkerEndpoint,
    info: EngineInfo,
    *,
    started: float,
    checked: bool = False,
) -> Offer:
    """Return the offer for a server; `checked` is whether pictures are looked at.

    Raises WorkerError if this engine must not serve it, or nobody would be credited.
    """
    url = endpoint.url
    if info.private_only and not is_private(url):
        raise WorkerError("worker.private_only", engine=info.name, url=url)
    if not (checked or info.private_only):
        raise WorkerError("worker.no_safety_check", engine=info.name, url=url)
    if endpoint.key.get_secret_value() in {"", ANONYMOUS_KEY}:
        raise WorkerError("worker.no_key", url=url)
    if not info.models:
        raise WorkerError("worker.no_models", engine=info.name)
    # a private engine serves people its operator knows, by their own rules
    nsfw = info.can(Feature.NSFW) and (config.nsfw or info.private_only)
    return Offer(
        config.name,
        info,
        started=started,
        nsfw=nsfw,
        priority_usernames=endpoint.priority_usernames,
    )


def is_listed(url: str) -> bool:
    """Tell whether a server gives this worker's kind all its jobs; the public one does not.

    There an agent that is not on its list gets none but the plainest.
    """
    host = (URL(url).host or "").rstrip(".").casefold()
    return not any(host == name or host.endswith(f".{name}") for name in PUBLIC_HORDES)


def is_loopback(url: str) -> bool:
    """Tell whether a server runs on this machine, going by its address alone."""
    host = URL(url).host or ""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def is_private(url: str) -> bool:
    """Tell whether an address cannot be reached from the internet: this machine, a home, an office.

    Names are not looked up: one without a dot or with a home suffix is private, others are not.
    """
    host = (URL(url).host or "").rstrip(".")
    try:
        return not ipaddress.ip_address(host).is_global
    except ValueError:
        return bool(host) and ("." not in host or host.endswith(OWN_NAMES))


def fitting_pixels(seconds_per_effort: float | None, limit: int) -> int:
    """Return the largest picture, in pixels, that can be made within its time to live.

    A pace faster than the time to live grows can take any size.
    """
    if seconds_per_effort is None or seconds_per_effort < TTL_PER_EFFORT * 0.9:
        return limit
    tiles = BUDGET / (seconds_per_effort * USUAL_STEPS)
    return max(SMALLEST, min(limit, int(tiles * TILE)))


def fitting_amount(seconds_per_effort: float | None, pixels: int, most: int) -> int:
    """Return how many pictures of the largest size can be made within one time to live."""
    if seconds_per_effort is None:
        return 1
    one = seconds_per_effort * USUAL_STEPS * pixels / TILE
    return max(1, min(most, 20, int(BUDGET / one)))
