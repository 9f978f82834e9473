"""What the desk does by itself: look at traffic, fees and certificates again and again, and remind people."""

from __future__ import annotations

import datetime as dt
import logging
from dataclasses import dataclass

from django.db import transaction

from msign.connections import letters
from msign.connections.actors import SYSTEM
from msign.connections.models import Case, Certificate
from msign.connections.ports import Desk
from msign.connections.services import billing, ending, escalating, gather, store, suspending, technical
from msign.connections.states import State
from msign.jobs.services import ensure
from msign.jobs.values import Later, Outcome, Task

_LOG = logging.getLogger(__name__)
TICK, DAILY = "desk.tick", "desk.daily"
TICK_SECONDS = 5.0  # how soon a first call or a payment shows without anybody opening a page
REMINDER_DAYS = (60, 30, 14, 7, 3, 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Upkeep:
    """Handlers of the recurring jobs."""

    desk: Desk

    def schedule(self) -> None:
        """Make sure that both jobs exist."""
        for kind in (TICK, DAILY):
            ensure(kind, "all", {}, self.desk.clock.now())

    def tick(self, _task: Task) -> Outcome:
        """Follow traffic and payments."""
        waiting = Case.objects.filter(state__in=(State.TEST_CONFIGURED, State.TESTING))
        for reference in waiting.values_list("reference", flat=True):
            technical.observe(self.desk, reference)
        suspending.follow_fees(self.desk)
        ending.follow_contracts(self.desk)
        escalating.climb(self.desk)
        return Later(TICK_SECONDS)

    def daily(self, _task: Task) -> Outcome:
        """Write reminders and next year's invoices, early in the next working morning of Chișinău."""
        with transaction.atomic():
            billing.remind(self.desk)
            billing.renew(self.desk)
            remind_of_certificates(self.desk)
        escalating.refresh_deadlines(self.desk)
        found = ending.follow_register(self.desk)
        if not found.believed:
            _LOG.warning("the RRSI misses %s of %s systems: nobody was suspended", len(found.missing), found.asked)
        return Later(seconds_to_morning(self.desk.clock.now()))


def remind_of_certificates(desk: Desk) -> int:
    """Tell the teams whose certificates expire in so many days as the ladder names; return how many cases."""
    days = {gather.today(desk) + dt.timedelta(days=number) for number in REMINDER_DAYS}
    rows = Certificate.objects.filter(removed=None, revoked=None, not_after__date__in=days)
    cases = Case.objects.filter(system_id__in=rows.values_list("system_id", flat=True), grant__ended=None).distinct()
    for reference in cases.values_list("reference", flat=True):
        letters.tell(desk, store.load(SYSTEM, reference), "certificate-expiring")
    return cases.count()


def seconds_to_morning(now: dt.datetime) -> float:
    """Return the seconds to 06:00 UTC of the next day, eight or nine o'clock in Chișinău."""
    morning = (now + dt.timedelta(days=1)).replace(hour=6, minute=0, second=0, microsecond=0)
    return (morning - now).total_seconds()
