"""An inbox of which nobody tells when something is in it: it is looked into again and again."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import aclosing

import structlog

from common.errors import PlatformBusy, PlatformError
from common.model import Incoming

log = structlog.get_logger()

LONGEST_PAUSE = 300.0


async def looked_into(
    look: Callable[[], AsyncGenerator[Incoming, None]],
    every: float,
    *,
    account: str,
    sleep: Callable[[float], Awaitable[None]],
) -> AsyncGenerator[Incoming, None]:
    """Yield what each look brings, without end; look less often while the platform fails.

    `every` are the seconds between two looks; what a busy platform wants is waited, too.
    """
    pause = every
    while True:
        try:
            async with aclosing(look()) as found:
                async for incoming in found:
                    yield incoming
            pause = every
        except PlatformBusy as busy:
            pause = max(busy.retry_after, every)
        except PlatformError as error:
            log.warning("platform_unreachable", account=account, problem=str(error))
            pause = min(2 * pause, LONGEST_PAUSE)
        await sleep(pause)
