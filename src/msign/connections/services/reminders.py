"""Reminders of what ends: certificates and contracts. Ladders of days, each rung told once, whenever a worker runs."""

from __future__ import annotations

import datetime as dt

from msign.access import traffic
from msign.connections import letters
from msign.connections.models import Certificate, Document, Grant, Reminder
from msign.connections.ports import Desk
from msign.connections.services import gather, store
from msign.connections.terms import rungs_passed
from msign.kernel.clock import state_time
from msign.kernel.words import Environment

DAYS = (60, 30, 14, 7, 3, 1)
UNUSED = dt.timedelta(days=3)  # an old certificate beside a longer one that nobody used for so long is not missed


def remind(desk: Desk) -> int:
    """Tell the teams whose certificates expire; return about how many. Part of the caller's transaction."""
    told = 0
    for granted in Grant.objects.filter(ended=None).select_related("case__system"):
        for row in in_force(granted):
            told += _remind(desk, granted, row)
    return told


def remind_of_contracts(desk: Desk) -> int:
    """Tell the parties of contracts that end; return how many. Part of the caller's transaction."""
    today, policy, told = gather.today(desk), desk.policy.term, 0
    soon = today + dt.timedelta(days=max(policy.reminder_days, default=0))
    rows = Document.objects.filter(kind="contract", state="in-force", ends__range=(today, soon))
    for row in rows.defer("issued", "signed").select_related("case"):
        passed = rungs_passed(row.ends, today, policy) if row.ends else 0
        if passed <= row.reminded or not Document.objects.filter(pk=row.pk, reminded=row.reminded).update(
            reminded=passed
        ):
            continue
        assert row.ends is not None
        facts = {"number": row.number, "day": f"{row.ends:%d.%m.%Y}", "days": str((row.ends - today).days)}
        letters.tell(desk, store.own(row.case.reference), "contract-expiring", **facts)
        told += 1
    return told


def in_force(granted: Grant) -> list[Certificate]:
    """Return the certificates of a grant that are neither revoked nor taken out."""
    rows = Certificate.objects.filter(system_id=granted.case.system_id, environment=granted.environment)
    return list(rows.filter(fingerprint__in=fingerprints(granted), removed=None, revoked=None).select_related("system"))


def fingerprints(granted: Grant) -> list[str]:
    """Return which certificates a grant names."""
    return [one["fingerprint"] for one in granted.snapshot["certificates"]]


def _remind(desk: Desk, granted: Grant, row: Certificate) -> bool:
    """Climb to the rung of today; rungs that were missed are passed over, not told one after the other."""
    left = (state_time(row.not_after).date() - gather.today(desk)).days
    passed = [days for days in DAYS if days >= left]
    if left < 0 or not passed or _not_missed(desk, granted, row):
        return False
    climbed = [Reminder.objects.get_or_create(certificate=row, days=days)[1] for days in passed]
    if not climbed[-1]:
        return False
    case = store.own(granted.case.reference)
    day = state_time(row.not_after).strftime("%d.%m.%Y")
    letters.tell(desk, case, "certificate-expiring", serial=row.serial, days=str(left), day=day)
    return True


def _not_missed(desk: Desk, granted: Grant, row: Certificate) -> bool:
    newer = [one for one in in_force(granted) if one.not_after > row.not_after]
    used = traffic.last_used(row.system.public_id.hex, Environment(row.environment), row.serial)
    return bool(newer) and (used is None or desk.clock.now() - used > UNUSED)
