"""What is remembered between two calls; stored with the signing session, so that another process can go on."""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import dataclass
from typing import Self

from msign.kernel.clock import Clock


@dataclass(frozen=True, slots=True)
class State:
    """Since when it is under way, and what the waiting page shows meanwhile."""

    since: dt.datetime
    code: str = ""
    device: str = ""

    @classmethod
    def begin(cls, clock: Clock, device: str) -> Self:
        """Return the state of an order that has not been answered yet."""
        return cls(clock.now(), "", device)

    def encode(self) -> bytes:
        """Return it as the opaque bytes of ``Pending.state``."""
        return json.dumps({"since": self.since.isoformat(), "code": self.code, "device": self.device}).encode()

    @classmethod
    def decode(cls, data: bytes) -> Self | None:
        """Return what ``encode`` wrote, or ``None`` for anything else."""
        try:
            values = json.loads(data)
            since = dt.datetime.fromisoformat(values["since"])
            return cls(since, str(values.get("code", "")), str(values.get("device", "")))
        except (ValueError, KeyError, TypeError, AttributeError):
            return None
