"""Tables as files for spreadsheets."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Sequence
from io import StringIO

from django.http import HttpResponse

from msign.faces.desk.views.documents import download

# Where the semicolon parts columns, as in ro and ru, a name like `a;=…` would begin a cell of its own.
_INSIDE = re.compile(r"([;\t\r\n]\s*)(?=[=+\-@])")


def csv_file(name: str, head: Sequence[str], rows: Iterable[Sequence[object]]) -> HttpResponse:
    """Return a table as a download."""
    out = StringIO()
    writer = csv.writer(out)
    writer.writerow(head)
    writer.writerows([_harmless(cell) for cell in row] for row in rows)
    return download(name, ("\ufeff" + out.getvalue()).encode(), "text/csv; charset=utf-8")


def _harmless(cell: object) -> str:
    """A cell that a spreadsheet would run as a formula is shown as text instead."""
    text = "" if cell is None else str(cell)
    text = _INSIDE.sub(r"\1'", text)
    return f"'{text}" if text[:1] in ("=", "+", "-", "@", "\t", "\r", "\n") else text
