"""What Discord refuses to take, and what becomes of the answer then."""

from __future__ import annotations

import pytest

from request.kept.records import RequestState
from tests.fakes.discord.people import pictures_of
from tests.fakes.faults import says
from tests.waiting import wait_until

TOKEN_OVER = {"code": 50027, "message": "Invalid Webhook Token"}


@pytest.mark.parametrize(
    ("status", "code", "message"),
    [(403, 50013, "Missing Permissions"), (400, 40005, "Request entity too large")],
)
async def test_what_discord_will_never_take_is_given_up_and_not_tried_for_ever(
    fake, channel, ann, start, status, code, message
):
    async with start(enabled=[channel]) as bot:

        async def states():
            rows = await bot.core.services.enquiries.requests_of("discord", ann["id"])
            return [row.state for row in rows]

        fake.fail("post", says(status, {"code": code, "message": message}), 100)
        fake.people.say(ann, channel, "@Painter draw a fox --n 1 style: raw")
        await wait_until(lambda: fake.journal.count("post"))

        async def ended():
            return await states() == [RequestState.FAILED]

        await wait_until(ended)
    assert len(fake.world.in_channel(channel)) == 1


async def test_when_a_command_can_be_answered_no_more_the_answer_is_a_message(
    fake, channel, ann, start
):
    async with start(enabled=[channel]):
        fake.fail("edit_original", says(401, TOKEN_OVER), 100)
        fake.people.slash(ann, channel, "imagine", prompt="a fox", n=1)
        await fake.until(lambda: any(pictures_of(one) for one in fake.world.in_channel(channel)))
