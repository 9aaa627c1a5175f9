"""What each call counts as, so that each is asked as often as the server allows and no oftener."""

from __future__ import annotations

import contextlib

import pytest
from pydantic import SecretStr

from common.errors import HordeBusy, HordeError
from common.horde.limits import Budget, Limits, Rate
from common.horde.transport import Patience
from common.horde.wire_accounts import SharedKeyBody
from common.horde.wire_alchemy import AlchemyBody, AlchemyForm
from common.horde.wire_text import TextBody
from tests.component.horde.conftest import ONCE, body
from tests.fakes import faults

KEY_ID = SecretStr("11111111-2222-3333-4444-555555555555")
PICTURE = AlchemyBody(
    forms=[AlchemyForm(name="caption")], source_image="https://example.org/a.webp"
)
CALLS = {
    "submit": (Budget.SUBMIT, lambda c: c.submit(body())),
    "check": (Budget.CHECK, lambda c: c.check("x")),
    "status": (Budget.STATUS, lambda c: c.status("x")),
    "cancel": (Budget.STATUS, lambda c: c.cancel("x")),
    "models": (Budget.OTHER, lambda c: c.models()),
    "workers": (Budget.OTHER, lambda c: c.workers()),
    "worker": (Budget.WORKER, lambda c: c.worker("x")),
    "worker by name": (Budget.OTHER, lambda c: c.worker_by_name("x")),
    "performance": (Budget.OTHER, lambda c: c.performance()),
    "modes": (Budget.OTHER, lambda c: c.modes()),
    "news": (Budget.OTHER, lambda c: c.news()),
    "heartbeat": (Budget.OTHER, lambda c: c.heartbeat()),
    "find user": (Budget.OTHER, lambda c: c.find_user()),
    "user": (Budget.USER, lambda c: c.user(1)),
    "create shared key": (
        Budget.SHARED_KEY,
        lambda c: c.create_shared_key(SharedKeyBody(name="ours")),
    ),
    "shared key": (Budget.OTHER, lambda c: c.shared_key(KEY_ID)),
    "change shared key": (
        Budget.OTHER,
        lambda c: c.change_shared_key(KEY_ID, SharedKeyBody(kudos=1)),
    ),
    "delete shared key": (Budget.OTHER, lambda c: c.delete_shared_key(KEY_ID)),
    "transfer": (Budget.TRANSFER, lambda c: c.transfer_kudos("ann#1", 1, idempotency_key="one")),
    "style": (Budget.STYLE, lambda c: c.style("x")),
    "style by name": (Budget.OTHER, lambda c: c.style_by_name("x")),
    "styles": (Budget.STYLES, lambda c: c.styles()),
    "collection": (Budget.STYLES, lambda c: c.collection("x")),
    "collection by name": (Budget.OTHER, lambda c: c.collection_by_name("x")),
    "collections": (Budget.STYLES, lambda c: c.collections()),
    "submit text": (Budget.SUBMIT, lambda c: c.submit_text(TextBody(prompt="Once"))),
    "text": (Budget.TEXT_STATUS, lambda c: c.text_status("x")),
    "cancel text": (Budget.TEXT_STATUS, lambda c: c.cancel_text("x")),
    "submit alchemy": (Budget.OTHER, lambda c: c.submit_alchemy(PICTURE)),
    "alchemy": (Budget.ALCHEMY_STATUS, lambda c: c.alchemy_status("x")),
    "cancel alchemy": (Budget.ALCHEMY_STATUS, lambda c: c.cancel_alchemy("x")),
}
"""The budget and the call; those that one endpoint answers and counts together are here once."""
RARELY = Limits(**dict.fromkeys(map(str, Budget), (Rate(1, 3600.0),)))
LISTS = {
    "models": lambda c: c.models(),
    "workers": lambda c: c.workers(),
    "styles": lambda c: c.styles(),
    "style": lambda c: c.style("x"),
    "style_name": lambda c: c.style_by_name("x"),
    "collections": lambda c: c.collections(),
    "collection_id": lambda c: c.collection("x"),
    "collection": lambda c: c.collection_by_name("x"),
}


async def test_each_call_counts_in_the_budget_the_server_has_for_it(client_of, horde):
    heard = []
    client = client_of(horde, patience=ONCE, on_call=lambda budget, _error: heard.append(budget))
    for _, ask in CALLS.values():
        with contextlib.suppress(HordeError):  # most of what is asked for is not there
            await ask(client)
    assert heard == [budget for budget, _ in CALLS.values()]


async def test_no_call_takes_the_turn_of_another(client_of, horde):
    patience = Patience(connect=30, total=30, attempts=1, limiter_wait=0.001)
    client = client_of(horde, limits=RARELY, patience=patience)
    for _, ask in CALLS.values():
        try:
            await ask(client)
        except HordeError as error:
            assert error.status >= 400  # noqa: PT017  (the server's answer, not our own limiter's)
    assert len(horde.journal.exchanges) == len(CALLS)
    for _, ask in CALLS.values():
        with pytest.raises(HordeBusy):
            await ask(client)
    assert len(horde.journal.exchanges) == len(CALLS)


@pytest.mark.parametrize("route", LISTS)
async def test_lists_and_styles_may_be_megabytes(client_of, horde, route):
    thing = '{"id": "x", "prompt": "{p}", "styles": []}'
    said = "[]" if route.endswith("s") else thing
    horde.fail(route, faults.answer(200, said.rjust(3 * 2**20)))
    assert await LISTS[route](client_of(horde, patience=ONCE)) is not None
