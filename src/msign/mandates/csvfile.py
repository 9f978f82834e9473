"""Mandates as a table: what `msign mandates import` reads. Every refusal names line and column."""

from __future__ import annotations

import csv
import datetime as dt
from collections.abc import Iterable, Mapping

from msign.kernel.clock import CHISINAU
from msign.kernel.errors import MSignError, invalid
from msign.kernel.identifiers import IdCheck, is_idno, is_idnp
from msign.kernel.words import DelegatorType
from msign.mandates.values import ANY_ROLE, Mandate

COLUMNS = ("number", "delegator_type", "delegator_id", "delegate_id", "role", "valid_from", "valid_until", "basis")
_OPTIONAL = {"role", "valid_until"}
_MAX_ROWS = 100_000
_DAY = dt.timedelta(days=1)


def read(lines: Iterable[str], check: IdCheck) -> list[Mandate]:
    """Return the mandates of a CSV file with a heading line. Raises ``MSignError`` (``INVALID_PARAMETER``)."""
    reader = csv.DictReader(lines, restkey="more", restval="")
    missing = [name for name in COLUMNS if name not in (reader.fieldnames or ()) and name not in _OPTIONAL]
    if missing:
        raise invalid("line 1", f"columns are missing: {', '.join(missing)}")
    found: list[Mandate] = []
    for row in reader:
        if len(found) == _MAX_ROWS:
            raise invalid("file", f"at most {_MAX_ROWS} mandates expected")
        found.append(mandate_of(row, f"line {reader.line_num}", check))
    return found


def mandate_of(row: Mapping[str, str], line: str, check: IdCheck) -> Mandate:
    """Return the mandate of one row. Raises ``MSignError`` (``INVALID_PARAMETER``) with member ``{line}, {column}``."""
    text = {name: (row.get(name) or "").strip() for name in COLUMNS}
    for name, limit in (("number", 40), ("basis", 200)):
        if not 0 < len(text[name]) <= limit:
            raise invalid(f"{line}, {name}", f"1 to {limit} characters expected")
    kind = _kind(text["delegator_type"], f"{line}, delegator_type")
    right = is_idno if kind is DelegatorType.ORGANIZATION else is_idnp
    if not right(text["delegator_id"], check):
        raise invalid(f"{line}, delegator_id", "an IDNO or IDNP of 13 digits expected")
    if not is_idnp(text["delegate_id"], check):
        raise invalid(f"{line}, delegate_id", "an IDNP of 13 digits expected")
    begin = _moment(text["valid_from"], f"{line}, valid_from")
    end = _moment(text["valid_until"], f"{line}, valid_until", last=True) if text["valid_until"] else None
    if end is not None and end <= begin:
        raise invalid(f"{line}, valid_until", "a day on or after valid_from expected")
    role = _role(text["role"], f"{line}, role")
    return Mandate(
        text["number"], kind, text["delegator_id"], text["delegate_id"], text["basis"], begin, end, role=role
    )


def _kind(text: str, member: str) -> DelegatorType:
    if text not in (DelegatorType.PERSON, DelegatorType.ORGANIZATION):
        raise invalid(member, "Person or Organization expected")
    return DelegatorType(text)


def _role(text: str, member: str) -> int:
    if not text:
        return ANY_ROLE
    if not text.isascii() or not text.isdigit() or len(text) > 9:
        raise invalid(member, "a whole number expected; 0 or empty for every role")
    return int(text)


def _moment(text: str, member: str, *, last: bool = False) -> dt.datetime:
    """A day counts as a whole, in state time: from its first moment, and to its last."""
    try:
        found = dt.datetime.fromisoformat(text)
        if found.tzinfo is not None:
            return found.astimezone(dt.UTC)
        if found.time() != dt.time.min:
            raise _no_date(member)
        return (found + _DAY if last else found).replace(tzinfo=CHISINAU).astimezone(dt.UTC)
    except (ValueError, OverflowError):  # the first and the last day there is have none before and after them
        raise _no_date(member) from None


def _no_date(member: str) -> MSignError:
    return invalid(member, "a day such as 2026-03-31, or a moment with its time zone, expected")
