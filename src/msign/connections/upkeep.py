"""What the desk does by itself: look at traffic, fees and certificates again and again, and remind people."""

from __future__ import annotations

import datetime as dt
import logging
from dataclasses import dataclass, field

from django.db import transaction

from msign.access import lookup
from msign.connections.models import Case
from msign.connections.ports import Desk
from msign.connections.services import (
    billing,
    ending,
    enforcing,
    escalating,
    reminders,
    revocations,
    suspending,
    testing,
)
from msign.connections.states import State
from msign.jobs.services import ensure
from msign.jobs.values import Later, Outcome, Task

_LOG = logging.getLogger(__name__)
TICK, DAILY, REVOCATION = "desk.tick", "desk.daily", "desk.revocation"
TICK_SECONDS = 5.0  # how soon a first call or a payment shows without anybody opening a page
ASK_AGAIN_SECONDS = 3600.0  # how soon an authority that did not answer is asked again


@dataclass(frozen=True, slots=True, kw_only=True)
class Upkeep:
    """Handlers of the recurring jobs."""

    desk: Desk
    followed: dict[str, tuple[int, int]] = field(default_factory=dict)  # the state of access that was looked at last

    def schedule(self) -> None:
        """Make sure that the jobs exist."""
        for kind in (TICK, DAILY, REVOCATION):
            ensure(kind, "all", {}, self.desk.clock.now())

    def tick(self, _task: Task) -> Outcome:
        """Follow traffic and payments, and close what is open without a decision."""
        waiting = Case.objects.filter(state__in=(State.TEST_CONFIGURED, State.TESTING))
        for reference in waiting.values_list("reference", flat=True):
            testing.observe(self.desk, reference)
        suspending.follow_fees(self.desk)
        ending.follow_contracts(self.desk)
        escalating.climb(self.desk)
        revocations.close_known(self.desk)
        self._follow_access()
        return Later(TICK_SECONDS)

    def _follow_access(self) -> None:
        """Look at every grant after a change of access, and at every tick in which an hour begins."""
        now = (lookup.generation(), self.desk.clock.now().hour)
        if self.followed.get("last") != now:
            enforcing.follow(self.desk)
            self.followed["last"] = (lookup.generation(), now[1])

    def revocation(self, _task: Task) -> Outcome:
        """Ask the authorities about a few certificates; come back soon while others wait, else in an hour."""
        return Later(1.0 if revocations.ask_some(self.desk) else ASK_AGAIN_SECONDS)

    def daily(self, _task: Task) -> Outcome:
        """Write reminders and next year's invoices, early in the next working morning of Chișinău."""
        for work in (billing.remind, billing.renew, reminders.remind, reminders.remind_of_contracts):
            with transaction.atomic():
                work(self.desk)
        escalating.refresh_deadlines(self.desk)
        found = ending.follow_register(self.desk)
        if not found.believed:
            _LOG.warning("the RRSI misses %s of %s systems: nobody was suspended", len(found.missing), found.asked)
        return Later(seconds_to_morning(self.desk.clock.now()))


def seconds_to_morning(now: dt.datetime) -> float:
    """Return the seconds to 06:00 UTC of the next day, eight or nine o'clock in Chișinău."""
    morning = (now + dt.timedelta(days=1)).replace(hour=6, minute=0, second=0, microsecond=0)
    return (morning - now).total_seconds()
