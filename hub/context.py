"""What every handler of the hub needs, built once at start and handed on."""

from __future__ import annotations

import base64
from collections.abc import Callable
from dataclasses import dataclass
from random import Random

from aiohttp import web

from common.config import HubConfig
from common.database import Database
from common.reference.models import ModelReference
from hub.callers.limits import Limiter
from hub.callers.users import User, Users
from hub.pictures import shelf
from hub.pictures.folder import PictureFolder
from hub.pictures.signing import Signer
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

    async def keep(self, name: str, data: bytes) -> None:
        """Keep a picture, whose time begins now."""
        await self.pictures.write(name, data)
        await shelf.picture_stored(self.database, name, self.clock())

    async def shown(self, name: str, base: str, *, r2: bool) -> str:
        """Return where a picture can be had, or itself in base64; "" if it is gone.

        The latter for requests without object store (`r2`).
        """
        if r2:
            return self.signer.link(base, "GET", name, self.clock())
        return base64.b64encode(await self.pictures.read(name) or b"").decode()


HUB: web.AppKey[Hub] = web.AppKey("hub", Hub)
