"""Who serves which account."""

import pytest

from common.errors import LeaseLost
from request.kept.leases import LASTS, Leases

pytestmark = pytest.mark.database


@pytest.fixture
def other(database, clock):
    return Leases(database, "two", now=clock)


async def test_first_come_first_served(leases, other):
    assert await leases.take("web") is not None
    assert await other.take("web") is None
    assert await other.take("mastodon") is not None


async def test_owner_takes_back_its_own_at_once_with_a_new_fence(leases):
    before = await leases.take("web")
    after = await leases.take("web")
    assert after.fence == before.fence + 1
    with pytest.raises(LeaseLost):
        await leases.renew(before)


async def test_lease_that_ran_out_goes_to_another(leases, other, clock):
    before = await leases.take("web")
    clock.now += LASTS + 1
    assert await other.take("web") is not None
    with pytest.raises(LeaseLost, match="two"):
        await leases.renew(before)


async def test_renewed_lease_does_not_run_out(leases, other, clock):
    lease = await leases.take("web")
    clock.now += LASTS - 1
    await leases.renew(lease)
    clock.now += LASTS - 1
    assert await other.take("web") is None


async def test_released_lease_is_free_at_once(leases, other):
    await leases.release(await leases.take("web"))
    assert await other.take("web") is not None


async def test_outlives_counts_from_the_last_renewal(leases, clock):
    lease = await leases.take("web")
    assert leases.outlives(lease, LASTS - 1)
    clock.now += LASTS / 2
    assert not leases.outlives(lease, LASTS - 1)
    await leases.renew(lease)
    assert leases.outlives(lease, LASTS - 1)
