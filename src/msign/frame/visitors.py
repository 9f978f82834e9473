"""A fair share for everybody who comes without an account: so much in an hour from one address.

Kept in memory of the process; the oldest addresses go first when there are too many. Behind one address may sit a whole
office, so the share is generous: it stops one visitor from filling the pot, not people from working.
"""

from __future__ import annotations

import datetime as dt
import ipaddress
import threading
from collections import OrderedDict, deque
from dataclasses import dataclass, field

from msign.kernel.clock import Clock

HOUR = dt.timedelta(hours=1)
MAX_ADDRESSES = 20_000


@dataclass(kw_only=True)
class VisitorShares:
    """Counts what came from each address within the last hour."""

    clock: Clock
    requests: int
    size: int
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)
    _seen: OrderedDict[str, deque[tuple[dt.datetime, int]]] = field(default_factory=OrderedDict, repr=False)

    def take(self, address: str, size: int) -> bool:
        """Count one act and tell whether it is within the share; a refused one is not counted."""
        address, now = _neighbourhood(address), self.clock.now()
        with self._lock:
            mine = self._seen.setdefault(address, deque())
            self._seen.move_to_end(address)
            while mine and mine[0][0] + HOUR <= now:
                mine.popleft()
            if len(mine) >= self.requests or sum(one for _at, one in mine) + size > self.size:
                return False
            mine.append((now, size))
            while len(self._seen) > MAX_ADDRESSES:
                self._seen.popitem(last=False)
            return True


def _neighbourhood(address: str) -> str:
    """Return whom an address counts for: a line with IPv6 has a /64 of its own and may change within it at will."""
    try:
        known = ipaddress.ip_address(address)
    except ValueError:
        return address
    if isinstance(known, ipaddress.IPv4Address):
        return address
    return str(known.ipv4_mapped or ipaddress.ip_network((known, 64), strict=False))
