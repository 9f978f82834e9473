"""Dates as PDF writes them (ISO 32000-1 clause 7.9.4)."""

from __future__ import annotations

import datetime as dt
import re

_DATE = re.compile(r"(?:D:)?(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)?(?:Z|([+-])(\d\d)'?(\d\d)?'?)?\Z")


def moment_of(value: object) -> dt.datetime | None:
    """Return a date string as an aware moment; ``None`` for anything else.

    A time that names no zone is taken as UTC: whose clock it was is not known.
    """
    text = value.decode("latin-1").strip("\x00 ") if isinstance(value, bytes) else ""
    found = _DATE.fullmatch(text.removesuffix("00'00'") if text.endswith("Z00'00'") else text)
    if found is None:
        return None
    year, month, day, hour, minute, second, sign, off_hours, off_minutes = found.groups()
    offset = dt.timedelta(hours=int(off_hours or 0), minutes=int(off_minutes or 0)) * (-1 if sign == "-" else 1)
    try:
        zone = dt.timezone(offset)
        moment = dt.datetime(int(year), int(month), int(day), int(hour), int(minute), int(second or 0), tzinfo=zone)
        return moment.astimezone(dt.UTC)
    except (ValueError, OverflowError):
        return None
