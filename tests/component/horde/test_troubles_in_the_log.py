"""What the log tells its reader of a Horde that is away for a while."""

from __future__ import annotations

from structlog.testing import capture_logs

from common.horde.poller import Poller
from tests.component.horde.conftest import ONCE, body, running
from tests.fakes import faults


async def test_the_log_tells_what_the_server_said_and_when_it_is_back(client_of, horde, clock):
    client, heard = client_of(horde, patience=ONCE), []
    poller = Poller(client, monotonic=clock, sleep=clock.sleep, on_trouble=heard.append)
    submitted = await client.submit(body())
    horde.fail("check", faults.answer(500, '{"message": "Out of order."}'))
    with capture_logs() as logs:
        async with running(poller):
            await poller.watch(submitted.id)

    [trouble, back] = [line for line in logs if line["event"].startswith("horde_")]
    assert trouble == {
        "event": "horde_trouble",
        "log_level": "warning",
        "horde": "fake",
        "error": str(heard[0]),
        "rc": "",
        "answer": "Out of order.",
    }
    assert back == {"event": "horde_back", "log_level": "info", "horde": "fake"}
