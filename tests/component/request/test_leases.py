"""Who serves which account."""

import pytest

from common.errors import LeaseLost
from request.kept.leases import LASTS, RENEWED_EVERY, Lease, Leases
from tests.fakes.clock import Clock

pytestmark = pytest.mark.database


@pytest.fixture
def other(database, clock):
    return Leases(database, "two", now=clock)


async def test_first_come_first_served(leases, other):
    assert await leases.take("web") == Lease("web", "one", 1)
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


async def test_who_lost_a_lease_to_a_namesake_waits_like_a_stranger(leases, database, clock):
    await leases.take("web")
    twin = Leases(database, "one", now=clock)
    await twin.take("web")  # started twice by mistake, with one name
    assert await leases.take("web") is None
    assert await twin.take("web") is not None
    clock.now += LASTS
    assert await leases.take("web") is not None


async def test_a_lease_nobody_holds_cannot_be_renewed_nor_one_given_back_outlive(leases):
    with pytest.raises(LeaseLost, match="nobody"):
        await leases.renew(Lease("web", "one", 1))
    lease = await leases.take("web")
    await leases.release(lease)
    assert not leases.outlives(lease, 0)


async def test_a_lease_that_was_lost_is_not_released_for_its_new_owner(leases, other, clock):
    lost = await leases.take("web")
    clock.now += LASTS
    held = await other.take("web")
    await leases.release(lost)
    assert await leases.take("web") is None
    await other.renew(held)


async def test_what_a_clock_that_was_ahead_took_is_free_when_nobody_renews_it(database, clock):
    ahead, ticks = Clock(clock.now + 3600), Clock(5.0)
    dying = Leases(database, "one", now=ahead)
    lease = await dying.take("web")
    other = Leases(database, "two", now=clock, monotonic=ticks)
    for _ in range(8):  # as long as it lives, whatever its clock says
        assert await other.take("web") is None
        for one in (ahead, clock, ticks):
            one.now += RENEWED_EVERY
        await dying.renew(lease)
    assert await other.take("web") is None
    for one in (ahead, clock, ticks):
        one.now += LASTS
    assert await other.take("web") is not None


async def test_a_clock_that_is_put_back_does_not_make_a_lease_longer(database, clock):
    ticks = Clock(5.0)
    leases = Leases(database, "one", now=clock, monotonic=ticks)
    lease = await leases.take("web")
    clock.now -= 3600
    ticks.now += LASTS / 2
    assert leases.outlives(lease, LASTS / 2 - 1)
    assert not leases.outlives(lease, LASTS / 2 + 1)
    await leases.renew(lease)
    assert leases.outlives(lease, LASTS - 1)
