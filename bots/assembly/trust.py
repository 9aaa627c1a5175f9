"""Whether a Horde takes our key, and whether it trusts our account and may be asked more often.

The public server lets the address of a trusted account ask five times as often as anybody else's.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import structlog

from common.errors import HordeError
from common.horde.limits import Limits
from common.horde.wire import User
from request.horde.hordes import Endpoint

log = structlog.get_logger()

KNOWN_FOR = 6 * 3600.0
"""Seconds after which an account is looked at again; servers forget an address after a day."""
AGAIN = 600.0
"""Seconds until the next try where nobody answered."""

Failed = Callable[[Endpoint, HordeError], None]


async def keep_knowing(
    endpoint: Endpoint,
    failed: Failed,
    *,
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
) -> None:
    """Look at our account on a Horde now and then, for ever; `failed` hears what speaks against it.

    A Horde without limits (a hub of our own) keeps none, and one that spoke of its own keeps those;
    its key is looked at all the same.
    """
    while True:
        try:
            user = await endpoint.client.find_user()
        except HordeError as error:
            if error.pauses_endpoint is not None:
                failed(endpoint, error)
            await sleep(AGAIN)
            continue
        _adopt(endpoint, user)
        await sleep(KNOWN_FOR)


def _adopt(endpoint: Endpoint, user: User) -> None:
    """Keep to the limits of our account from now on."""
    if endpoint.client.limits not in {Limits.public(), Limits.whitelisted()}:
        return
    limits = Limits.whitelisted() if _is_favoured(user) else Limits.public()
    if limits != endpoint.client.limits:
        endpoint.client.use_limits(limits)
        log.info("horde_limits", horde=endpoint.name, account=user.username, trusted=user.trusted)


def _is_favoured(user: User) -> bool:
    return user.trusted or user.service or user.education
