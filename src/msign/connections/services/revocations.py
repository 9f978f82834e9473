"""Whether the authorities have revoked certificates that are in force: asked daily, OCSP first, then the CRL.

Asked by the worker, never during a call. An authority that does not answer is asked again every hour; until then its
last answer counts, and when that is too old the operator is told and decides: a responder that is down must not cut
systems off.
"""

from __future__ import annotations

import datetime as dt

from django.db import transaction
from django.db.models import F, Q

from msign.connections import letters
from msign.connections.actors import SYSTEM
from msign.connections.models import Certificate
from msign.connections.ports import Desk
from msign.connections.services import reminders, rotation, store
from msign.kernel.words import Environment

AT_ONCE = 10  # certificates a run; the job comes back for the rest
DAY = dt.timedelta(hours=23)  # a little less, so that the hour of the day does not wander
HOUR = dt.timedelta(minutes=55)


def ask_some(desk: Desk) -> bool:
    """Ask about the certificates whose turn it is; tell whether others wait."""
    due = _due(desk)
    for row in due[:AT_ONCE]:
        _ask(desk, row)
    return len(due) > AT_ONCE


def _due(desk: Desk) -> list[Certificate]:
    now = desk.clock.now()
    granted = {row.pk for grant in rotation.all_grants() for row in reminders.in_force(grant)}
    silent = Q(answered=None) | Q(answered__lt=F("asked"))
    turn = Q(asked=None) | Q(asked__lt=now - DAY) | (silent & Q(asked__lt=now - HOUR))
    rows = Certificate.objects.filter(turn, pk__in=granted, not_after__gt=now)
    return list(rows.select_related("system").order_by(F("asked").asc(nulls_first=True), "pk"))


def close_known(desk: Desk) -> None:
    """Close the access of certificates in force that somebody else found revoked. Run often."""
    for row in Certificate.objects.exclude(revoked=None).filter(removed=None).select_related("system"):
        if rotation.grants_with(row):
            with transaction.atomic():
                _close(desk, row, on_hold=False)


def _ask(desk: Desk, row: Certificate) -> None:
    now = desk.clock.now()
    verdict = desk.chain.judge(bytes(row.der), Environment(row.environment))
    if not verdict.trusted or verdict.revoked is None:
        Certificate.objects.filter(pk=row.pk).update(asked=now)
        _tell_of_silence(desk, row)
        return
    Certificate.objects.filter(pk=row.pk).update(asked=now, answered=now)
    if verdict.revoked:
        with transaction.atomic():
            _close(desk, row, on_hold=verdict.on_hold)


def _close(desk: Desk, row: Certificate, *, on_hold: bool) -> None:
    """Refuse calls with it from now on; one that is only on hold may be registered again later."""
    now = desk.clock.now()
    rotation.without(desk, SYSTEM, row, "certificate-revoked")
    ended = {"removed": now} if on_hold else {"revoked": now}
    Certificate.objects.filter(pk=row.pk).update(**ended)
    if not on_hold:
        rotation.revoke_for_good(desk, row)


def _tell_of_silence(desk: Desk, row: Certificate) -> None:
    """Tell the operator once a day that the last answer is older than it may be."""
    since = row.answered or row.added
    days = (desk.clock.now() - since).days
    if days < desk.policy.revocation_days or (row.asked is not None and (row.asked - since).days == days):
        return
    for granted in rotation.grants_with(row):
        case = store.own(granted.case.reference)
        letters.tell(desk, case, "revocation-unanswered", serial=row.serial, days=str(days))
