"""A fair share for each visitor without an account."""

from __future__ import annotations

import datetime as dt

from msign.frame import visitors
from msign.frame.visitors import VisitorShares
from msign.kernel.clock import FixedClock


def test_one_address_has_a_share_of_requests_and_bytes_in_an_hour() -> None:
    clock = FixedClock()
    shares = VisitorShares(clock=clock, requests=2, size=100)
    assert shares.take("a", 60)
    assert not shares.take("a", 60)
    assert shares.take("a", 40)
    assert not shares.take("a", 0)
    assert shares.take("b", 100)
    assert shares.take("2a00:1858:0:1::1", 100)
    assert not shares.take("2a00:1858:0:1:ffff::2", 1)
    assert shares.take("::ffff:192.0.2.1", 100)
    assert shares.take("::ffff:192.0.2.2", 100)
    clock.moment += dt.timedelta(hours=1)
    assert shares.take("a", 100)


def test_addresses_are_bounded() -> None:
    shares = VisitorShares(clock=FixedClock(), requests=1, size=1)
    for number in range(visitors.MAX_ADDRESSES + 10):
        shares.take(str(number), 1)
    assert len(shares._seen) == visitors.MAX_ADDRESSES
