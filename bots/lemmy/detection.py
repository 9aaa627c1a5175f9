"""Which version of the API a Lemmy server speaks."""

from __future__ import annotations

import aiohttp

from bots.lemmy import v3, v4
from bots.lemmy.client import LemmyClient
from bots.lemmy.session import Account
from bots.lemmy.tokens import TokenFile
from bots.lemmy.transport import Missing, Transport
from common.errors import PlatformError


async def open_client(
    url: str,
    account: Account,
    tokens: TokenFile,
    session: aiohttp.ClientSession,
    *,
    agent: str,
) -> LemmyClient:
    """Return a started client for the newest API a server has.

    1.0 answers a part of v3 as well, but tells nothing of mentions there: v4 is asked for first,
    and v3 is only taken if the server has no v4. Raises PlatformError.
    """
    transport = Transport(url, session, agent=agent)
    try:
        await transport.call("GET", "/api/v4/site")
        kind: type[LemmyClient] = v4.LemmyV4
    except Missing:
        site = v3.read_site(await transport.call("GET", "/api/v3/site"))
        if not site.version.startswith("0."):
            raise PlatformError("lemmy.no_api", url=url, version=site.version) from None
        kind = v3.LemmyV3
    client = kind(transport, account, tokens)
    await client.start()
    return client
