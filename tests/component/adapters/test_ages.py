"""How old somebody's account is: most platforms tell, and a browser has no age of its own."""

from __future__ import annotations

import sqlalchemy as sa

from request.kept.encoding import incoming_from_json
from request.kept.tables import requests


async def heard(bot):
    """Return what the bot has heard."""
    async with bot.core.services.database.read() as connection:
        rows = await connection.execute(sa.select(requests.c.incoming))
        return [incoming_from_json(row.incoming) for row in rows]


async def test_an_account_is_known_to_be_as_old_as_its_platform_says(bot, plug):
    await plug.answer(await plug.say("help"))
    [one] = await heard(bot)
    if plug.name in {"web", "matrix"}:  # Matrix does not tell
        assert one.joined is None
        return
    assert one.joined <= one.created
