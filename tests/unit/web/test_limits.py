"""The limit for an address: a sliding hour, bounded in memory."""

from __future__ import annotations

from tests.fakes.clock import Clock
from web.door.limits import ADDRESSES_KEPT, AddressLimit


def test_it_lets_so_many_through_and_says_how_long_to_wait():
    clock = Clock(1000.0)
    limit = AddressLimit(2, clock)
    assert limit.take("192.0.2.1") == 0
    clock.now += 600
    assert limit.take("192.0.2.1") == 0
    assert limit.take("192.0.2.1") == 3000
    clock.now += 2999.5
    assert limit.take("192.0.2.1") == 1
    clock.now += 0.5
    assert limit.take("192.0.2.1") == 0
    assert limit.take("192.0.2.1") == 600


def test_addresses_do_not_share():
    limit = AddressLimit(1, Clock(1000.0))
    assert limit.take("192.0.2.1") == 0
    assert limit.take("192.0.2.2") == 0
    assert limit.take("192.0.2.1") == 3600


def test_a_household_counts_as_one():
    limit = AddressLimit(1, Clock(1000.0))
    assert limit.take("2001:db8:1:2::1") == 0
    assert limit.take("2001:db8:1:2:ffff::9") > 0
    assert limit.take("2001:db8:1:3::1") == 0
    assert limit.take("192.0.2.1") == 0
    assert limit.take("::ffff:192.0.2.1") > 0


def test_what_is_no_address_counts_too():
    limit = AddressLimit(1, Clock(1000.0))
    assert limit.take("unknown") == 0
    assert limit.take("unknown") > 0


def test_it_remembers_a_bounded_number_of_addresses():
    limit = AddressLimit(1, Clock(1000.0))
    for number in range(ADDRESSES_KEPT + 50):
        limit.take(f"address {number}")
    assert len(limit._asked) == ADDRESSES_KEPT
    assert limit.take(f"address {ADDRESSES_KEPT + 49}") > 0
    assert limit.take("address 0") == 0


def test_a_clock_that_is_put_back_locks_nobody_out():
    clock = Clock(9000.0)
    limit = AddressLimit(1, clock)
    assert limit.take("192.0.2.1") == 0
    clock.now -= 3600
    assert limit.take("192.0.2.1") == 0
    assert limit.take("192.0.2.1") == 3600
