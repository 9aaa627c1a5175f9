"""What every handler of the hub needs, built once at start and handed on."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from random import Random

from aiohttp import web

from common.config import HubConfig
from common.database import Database
from common.reference.models import ModelReference
from hub.limits import Limiter
from hub.pictures import PictureFolder, Signer
from hub.users import User, Users
from hub.webhook import Webhooks


@dataclass(slots=True)
class Hub:
    """The parts of a running hub."""

    config: HubConfig
    database: Database
    users: Users
    reference: ModelReference
    pictures: PictureFolder
    signer: Signer
    limiter: Limiter
    webhooks: Webhooks
    clock: Callable[[], float]
    rng: Random
    address: str = ""
    """`http://host:port` at which it listens, once it does."""

    def user(self, request: web.Request) -> User:
        """Return whose key the request carries. Raises Malformed or Declined."""
        return self.users.authenticate(request.headers.get("apikey"))

    def base(self, request: web.Request | None = None) -> str:
        """Return the address that picture links start with.

        That is `public_url`, else the address under which this caller has reached us.
        """
        if self.config.public_url:
            return self.config.public_url.rstrip("/").removesuffix("/api")
        if request is None or not request.host:
            return self.address
        return f"{request.scheme}://{request.host}"


HUB: web.AppKey[Hub] = web.AppKey("hub", Hub)
