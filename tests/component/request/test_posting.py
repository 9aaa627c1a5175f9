"""Posting waits as long as a platform says, and not for ever."""

import pytest

from common.errors import PlatformBusy, PlatformError, PlatformRefused
from common.model import Ending, Outcome
from request.answering.polls import Polls
from request.answering.posting import FIRST_PAUSE, KEEP_TRYING, Posting
from request.kept.records import RequestState
from tests.fakes.platform import FakePlatform

pytestmark = pytest.mark.database


@pytest.fixture
async def post(database, store, leases, lease, clock, heard):
    """Post an answer on a platform; return how long was waited between the tries."""

    async def posted(platform):
        waited = []

        async def sleep(seconds):
            waited.append(seconds)
            clock.now += seconds
            await leases.renew(lease)

        request_id = await store.insert_once(lease, heard(), 1, RequestState.RECEIVED)
        request = await store.request(request_id)
        posting = Posting(store, leases, Polls(database, store), monotonic=clock, sleep=sleep)
        outcome = Outcome(request_id, Ending.TOLD, text="hello")
        await posting.post(lease, request, outcome, platform)
        return waited

    return posted


async def test_limit_of_a_platform_is_waited_out_as_long_as_it_says(post):
    platform = FakePlatform()
    platform.faults.extend(PlatformBusy(platform="x", retry_after=30) for _ in range(3))
    platform.faults.append(PlatformError(platform="x", problem="gone"))
    assert await post(platform) == [30, 30, 30, FIRST_PAUSE]
    assert len(platform.posts) == 1


async def test_platform_that_is_busy_for_a_day_is_given_up(post):
    platform = FakePlatform()
    platform.faults.extend(PlatformBusy(platform="x", retry_after=0.7 * KEEP_TRYING) for _ in "123")
    with pytest.raises(PlatformRefused, match="takes no more"):
        await post(platform)


def test_wait_is_told_in_whole_seconds():
    assert "again in 1 s" in str(PlatformBusy(platform="x", retry_after=0.2))
