"""What ends or falls due soon: contracts, invoices, paid years. Certificates have a calendar of their own."""

from __future__ import annotations

import datetime as dt
import enum
from dataclasses import dataclass

from django.db.models import Max, QuerySet

from msign.connections import fees
from msign.connections.actors import Actor, require
from msign.connections.models import Case, Document, Grant, Invoice
from msign.connections.ports import Desk
from msign.connections.roles import Right
from msign.connections.services import gather
from msign.kernel.words import Environment

DAYS_AHEAD = 90
_MOST = 200  # rows of each kind; what is more urgent comes first


class What(enum.StrEnum):
    """What ends."""

    CONTRACT = "contract"
    INVOICE = "invoice"
    YEAR = "year"


@dataclass(frozen=True, slots=True)
class Ending:
    """One thing that ends on ``day``; ``days`` is negative when it is over. ``then`` is what MSign does by itself."""

    what: What
    day: dt.date
    days: int
    number: str
    organisation: str
    system: str
    reference: str
    then: dt.date | None = None


def expiring(desk: Desk, actor: Actor) -> tuple[Ending, ...]:
    """Return what ends within ``DAYS_AHEAD`` days or is over and not settled, the most urgent first."""
    require(actor, Right.SEE_QUEUE)
    found = [*_contracts(desk)]
    if actor.may(Right.SEE_INVOICES):
        found += [*_invoices(desk), *_years(desk)]
    return tuple(sorted(found, key=lambda one: (one.day, one.number)))


def _until(desk: Desk) -> dt.date:
    return gather.today(desk) + dt.timedelta(days=DAYS_AHEAD)


def _contracts(desk: Desk) -> list[Ending]:
    rows = Document.objects.filter(kind="contract", state="in-force", ends__lte=_until(desk)).defer("issued", "signed")
    return [
        _ending(desk, What.CONTRACT, row.ends, row.number, row.case, row.ends + dt.timedelta(days=1))
        for row in rows.select_related("case__organisation").order_by("ends")[:_MOST]
        if row.ends is not None
    ]


def _invoices(desk: Desk) -> list[Ending]:
    rows = Invoice.objects.filter(paid=None, cancelled=False, due__lte=_until(desk)).defer("pdf")
    grace = dt.timedelta(days=desk.policy.fees.grace_days + 1)
    return [
        _ending(desk, What.INVOICE, row.due, row.number, row.case, row.due + grace)
        for row in rows.select_related("case__organisation").order_by("due")[:_MOST]
    ]


def _years(desk: Desk) -> list[Ending]:
    live = Grant.objects.filter(environment=Environment.PRODUCTION.value, ended=None).values("case_id")
    cases: QuerySet[Case] = Case.objects.filter(pk__in=live, invoice__cancelled=False).select_related("organisation")
    ending = cases.annotate(last=Max("invoice__period_to")).filter(last__lte=_until(desk)).order_by("last")
    return [
        _ending(desk, What.YEAR, row.last, row.reference, row, fees.renewal_day(row.last, desk.policy.fees))
        for row in ending[:_MOST]
    ]


def _ending(desk: Desk, what: What, day: dt.date, number: str, case: Case, then: dt.date) -> Ending:
    return Ending(
        what=what,
        day=day,
        days=(day - gather.today(desk)).days,
        number=number,
        organisation=case.organisation.name,
        system=case.answers.get("system_name", ""),
        reference=case.reference,
        then=then,
    )
