"""Numbers that people quote: requests, contracts, annexes, invoices. Each counts from one in every year."""

from __future__ import annotations

import datetime as dt

from django.db.models import Model

from msign.connections.models import Case, Document, Invoice


def case(day: dt.date) -> str:
    """Return the next reference of a request: ``MS-2026-00012``."""
    return _next(Case, "reference", f"MS-{day.year}-", 5)


def contract(day: dt.date) -> str:
    """Return the next number of a contract."""
    return _next(Document, "number", f"C-{day.year}-", 4)


def annex(day: dt.date) -> str:
    """Return the next number of an annex."""
    return _next(Document, "number", f"A-{day.year}-", 4)


def invoice(day: dt.date) -> str:
    """Return the next number of an invoice."""
    return _next(Invoice, "number", f"F-{day.year}-", 4)


def _next(model: type[Model], column: str, prefix: str, width: int) -> str:
    """Writers are alone on SQLite (transactions begin IMMEDIATE); elsewhere the unique column stops the second one."""
    rows = model._default_manager.filter(**{f"{column}__startswith": prefix})  # noqa: SLF001  (Django's own name)
    last = rows.order_by(f"-{column}").values_list(column, flat=True).first()
    number = int(str(last).removeprefix(prefix)) + 1 if last else 1
    return f"{prefix}{number:0{width}}"
