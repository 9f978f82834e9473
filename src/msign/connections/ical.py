"""A calendar file (RFC 5545) of whole-day events, as lean as calendar programs accept it. Pure."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass

LINE = 75  # octets (section 3.1); longer lines are folded


@dataclass(frozen=True, slots=True)
class AllDay:
    """One event. ``uid`` names it for ever, so that a changed one replaces itself."""

    uid: str
    day: dt.date
    summary: str
    description: str
    alarms: tuple[int, ...] = ()  # days before


def calendar(name: str, events: Iterable[AllDay], stamp: dt.datetime) -> bytes:
    """Return the file. ``stamp`` is when it was made, in UTC."""
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//MSign//Connection desk//EN", "METHOD:PUBLISH"]
    lines += [f"X-WR-CALNAME:{_text(name)}", "REFRESH-INTERVAL;VALUE=DURATION:P1D"]
    for event in events:
        lines += _event(event, stamp)
    lines.append("END:VCALENDAR")
    return "".join(_folded(line) for line in lines).encode()


def _event(event: AllDay, stamp: dt.datetime) -> list[str]:
    after = event.day + dt.timedelta(days=1) if event.day < dt.date.max else event.day
    return [
        "BEGIN:VEVENT",
        f"UID:{_text(event.uid)}",
        f"DTSTAMP:{stamp.astimezone(dt.UTC):%Y%m%dT%H%M%SZ}",
        f"DTSTART;VALUE=DATE:{event.day:%Y%m%d}",
        f"DTEND;VALUE=DATE:{after:%Y%m%d}",
        "TRANSP:TRANSPARENT",
        f"SUMMARY:{_text(event.summary)}",
        f"DESCRIPTION:{_text(event.description)}",
        *(line for days in event.alarms for line in _alarm(days, event.summary)),
        "END:VEVENT",
    ]


def _alarm(days: int, summary: str) -> list[str]:
    return [
        "BEGIN:VALARM",
        "ACTION:DISPLAY",
        f"DESCRIPTION:{_text(summary)}",
        f"TRIGGER:-P{days}D",
        "END:VALARM",
    ]


def _text(value: str) -> str:
    """Escape a TEXT value (section 3.3.11); a line end in a name can start no property of its own."""
    escaped = value.replace("\\", "\\\\").replace(";", "\\;").replace(",", "\\,")
    return escaped.replace("\r", "").replace("\n", "\\n")


def _folded(line: str) -> str:
    parts, size = [""], 0
    for letter in line:
        width = len(letter.encode())
        if size + width > LINE - 1:
            parts.append("")
            size = 1
        parts[-1] += letter
        size += width
    return "\r\n ".join(parts) + "\r\n"
