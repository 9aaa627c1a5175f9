"""What all calls to a Horde share: turns, keys, who hears of them, and what is no answer."""

from __future__ import annotations

import pytest
from pydantic import SecretStr

from common.errors import (
    HordeBusy,
    HordeError,
    HordeGone,
    HordeUnclear,
    HordeUnreachable,
    PictureError,
)
from common.horde.connection import Connection, query, segment
from common.horde.limits import Limits, Rate
from common.horde.outcomes import LAST_MOMENT
from common.horde.transport import Patience
from tests.component.horde.conftest import KEY, ONCE, QUICK, body
from tests.fakes import faults

RARELY = (Rate(1, 3600.0),)
IMPATIENT = Patience(connect=30, total=30, attempts=1, limiter_wait=0.01)


async def test_each_call_is_heard_of_with_its_budget_and_how_it_failed(client_of, horde):
    heard = []
    client = client_of(horde, on_call=lambda *call: heard.append(call), patience=ONCE)
    submitted = await client.submit(body())
    await client.models()
    horde.fail("check", faults.rc("RequestNotFound", 404))
    with pytest.raises(HordeGone) as gone:
        await client.check(submitted.id)
    assert heard == [("submit", None), ("other", None), ("check", gone.value)]


async def test_the_same_horde_asked_with_another_key_is_like_it_and_has_turns_of_its_own(
    client_of, horde
):
    heard = []
    client = client_of(
        horde,
        limits=Limits(submit=RARELY),
        patience=IMPATIENT,
        on_call=lambda budget, _error: heard.append(budget),
    )
    await client.submit(body())
    other = client.with_key(SecretStr("of-a-sponsor"))
    await other.submit(body())
    with pytest.raises(HordeBusy):
        await other.submit(body())
    assert [one.headers["apikey"] for one in horde.journal.of("submit")] == [KEY, "of-a-sponsor"]
    assert (other.name, other.url, other.limits) == (client.name, client.url, client.limits)
    assert heard == ["submit", "submit", "submit"]
    patient = client.with_key(patience=QUICK)
    await patient.submit(body())
    assert horde.journal.of("submit")[-1].headers["apikey"] == KEY


async def test_a_turn_that_was_waited_for_counts_once(client_of, horde):
    client = client_of(horde, limits=Limits(submit=RARELY), patience=IMPATIENT)
    await client.turn_to_submit()
    await client.submit(body(), counted=True)
    with pytest.raises(HordeBusy) as busy:
        await client.submit(body())
    assert busy.value.retry_after == IMPATIENT.limiter_wait
    assert horde.journal.count("submit") == 1


async def test_whom_the_server_sends_away_waits_for_a_turn_like_everybody(client_of, horde, clock):
    client = client_of(
        horde,
        limits=Limits(submit=RARELY),
        patience=Patience(attempts=1, limiter_wait=LAST_MOMENT),
        sleep=clock.sleep,
        monotonic=clock,
    )
    horde.fail("submit", faults.limiter(retry_after=0))
    await client.turn_to_submit()
    with pytest.raises(HordeBusy):
        await client.submit(body(), counted=True)
    assert horde.journal.count("submit") == 1


def test_how_long_lies_between_two_submissions():
    def pace(*rates):
        limits = Limits(submit=rates)
        return Connection("http://x", SecretStr(KEY), None, name="x", limits=limits).submit_pace()

    assert pace() == 0
    assert pace(Rate(2, 1.0)) == 0.5
    assert pace(Rate(2, 1.0), Rate(90, 60.0, burst=30)) == pytest.approx(60 / 90)


@pytest.mark.parametrize(
    "answer", ["[]", '{"name": "x"}', '{"done": "maybe"}', "null", '"done"', "", "{"]
)
async def test_what_is_no_answer_to_the_question_is_said_to_be_no_horde(client_of, horde, answer):
    client = client_of(horde, patience=ONCE)
    horde.fail("check", faults.answer(200, answer))
    with pytest.raises(HordeUnreachable) as strange:
        await client.check("x")
    assert strange.value.code == "horde.not_a_horde"
    assert "fake" in str(strange.value)


@pytest.mark.parametrize("answer", ["{}", '[{"title": 5}]', '["x"]'])
async def test_a_list_that_is_none_is_said_to_be_no_horde(client_of, horde, answer):
    client = client_of(horde, patience=ONCE)
    horde.fail("news", faults.answer(200, answer))
    with pytest.raises(HordeUnreachable) as strange:
        await client.news()
    assert (strange.value.code, strange.value.values["horde"]) == ("horde.not_a_horde", "fake")


@pytest.mark.parametrize("answer", ["{}", "[]", ""])
async def test_a_submission_that_is_answered_with_nonsense_may_have_arrived(
    client_of, horde, answer
):
    client = client_of(horde, patience=ONCE)
    horde.fail("submit", faults.answer(200, answer))
    with pytest.raises(HordeUnclear) as unclear:
        await client.submit(body())
    assert (unclear.value.code, unclear.value.values["horde"]) == ("horde.unclear", "fake")


async def test_a_worker_that_is_not_there_is_gone_by_its_own_sentence(client):
    with pytest.raises(HordeGone) as gone:
        await client.worker("nobody")
    assert (gone.value.code, gone.value.status) == ("horde.worker_unknown", 404)
    assert gone.value.values["horde"] == "fake"


async def test_each_id_has_turns_of_its_own(client_of, horde):
    client = client_of(horde, limits=Limits(check=RARELY), patience=IMPATIENT)
    ids = [(await client.submit(body())).id for _ in range(2)]
    for one in ids:
        await client.check(one)
    with pytest.raises(HordeBusy):
        await client.check(ids[0])


async def test_an_error_names_the_horde_and_has_its_status_and_code(client_of, horde):
    client = client_of(horde, patience=ONCE)
    horde.fail("check", faults.rc("RequestExpired", 404))
    with pytest.raises(HordeError) as gone:
        await client.check("x")
    assert (gone.value.status, gone.value.rc, gone.value.values["horde"]) == (
        404,
        "RequestExpired",
        "fake",
    )


async def test_a_picture_may_be_as_large_as_allowed_and_no_byte_larger(client):
    submitted = await client.submit(body())
    link = (await client.status(submitted.id)).generations[0].img
    size = len(await client.download(link, limit_bytes=10_000))
    assert len(await client.download(link, limit_bytes=size)) == size
    with pytest.raises(PictureError, match="too large"):
        await client.download(link, limit_bytes=size - 1)


async def test_an_id_cannot_reach_another_path(client_of, horde):
    client = client_of(horde, patience=ONCE)
    with pytest.raises(HordeError):
        await client.check("../../status/models?x=1#y")
    assert [one.route for one in horde.journal.exchanges if one.route == "models"] == []


def test_segments_and_queries_are_spelt_so_that_nothing_leaks():
    assert segment("a/b ?#ü") == "a%2Fb%20%3F%23%C3%BC"
    assert query("/x", {"page": 2, "tag": "", "name": "a&b"}) == "/x?page=2&name=a%26b"
    assert query("/x", {"tag": ""}) == "/x"


async def test_the_key_is_not_in_what_a_server_says_about_it(client_of, horde):
    client = client_of(horde, patience=ONCE)
    horde.fail("submit", faults.rc("InvalidAPIKey", 401, f"Nobody has the key {KEY}."))
    with pytest.raises(HordeError) as refused:
        await client.submit(body())
    assert refused.value.values["answer"] == "Nobody has the key ***."
    assert KEY not in f"{refused.value!s} {refused.value.values}"


async def test_a_key_of_one_letter_is_not_looked_for_in_words(client_of, horde):
    client = client_of(horde, key="k", patience=ONCE)
    horde.fail("submit", faults.rc("KudosUpfront", 403, "Kick back, kudos are needed."))
    with pytest.raises(HordeError) as refused:
        await client.submit(body())
    assert refused.value.rc == "KudosUpfront"
    assert refused.value.values["answer"] == "Kick back, kudos are needed."
