"""What stands in a verification receipt: what the page says, in the same words, and nothing that it does not say."""

from __future__ import annotations

import datetime as dt
import hashlib
from dataclasses import dataclass
from pathlib import Path

from django.utils.translation import gettext as _

from msign.faces.verifypages.cards import Card, Group, grouped, make_cards
from msign.faces.verifypages.cases import Case
from msign.faces.verifypages.words import Sentence, document_sentence
from msign.frame import formats, languages
from msign.kernel.languages import Language
from msign.validation.model import DocumentReport

Row = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Sealed:
    """Who seals receipts, and where people verify."""

    by: str
    verify_url: str


@dataclass(frozen=True, slots=True)
class Receipt:
    """A receipt before it is laid out; every text in one language."""

    title: str
    lead: str
    verdict: Sentence
    reasons: tuple[Group, ...]
    file_heading: str
    file_rows: tuple[Row, ...]
    cards_heading: str
    cards: tuple[Card, ...]
    how_heading: str
    how_rows: tuple[Row, ...]
    again_heading: str
    again: tuple[str, ...]
    verify_url: str
    service: str
    page_of: str  # "Page %(page)s"
    made: dt.datetime
    author: str
    language: Language


def make_receipt(case: Case, report: DocumentReport, machine: bytes, sealed: Sealed, made: dt.datetime) -> Receipt:
    """Return the receipt of a case in the visitor's language. ``machine`` is the report for programs as downloaded."""
    cards = tuple(make_cards(report))
    return Receipt(
        title=_("Verification receipt"),
        lead=_("What this service found when the file named below was sent to it for verification."),
        verdict=document_sentence(report),
        reasons=grouped(report.reasons),
        file_heading=_("The file"),
        file_rows=tuple(_file_rows(case)),
        cards_heading=_("What the signatures say") if cards else "",
        cards=cards,
        how_heading=_("How it was verified"),
        how_rows=tuple(_how_rows(report, machine, sealed, made)),
        again_heading=_("Verify again"),
        again=(
            _("Send the file itself to the address below: a later verdict may differ, for example after a revocation."),
            _("The file belongs to this receipt only if its SHA-256 digest is the one named above."),
            _("The receipt itself carries an electronic seal: verify it at the same address before relying on it."),
        ),
        verify_url=sealed.verify_url,
        service=_("Governmental electronic signature service"),
        page_of=_("Page %(page)s"),
        made=made,
        author=sealed.by,
        language=languages.current(),
    )


def _file_rows(case: Case) -> list[Row]:
    language = languages.current()
    rows = [
        (_("Name"), case.name),
        (_("Size"), formats.size(case.document.stat().st_size, language)),
        ("SHA-256", spaced(digest_of(case.document))),
    ]
    original = case.original
    if original is not None:
        rows.append((_("Original file"), original.name))
        digests = original.digests if original.path is None else (("sha256", digest_of(original.path)),)
        for name, value in digests:
            algorithm = {"algorithm": name.upper().replace("SHA", "SHA-")}
            rows.append((_("%(algorithm)s of the original file") % algorithm, spaced(value)))
    return rows


def _how_rows(report: DocumentReport, machine: bytes, sealed: Sealed, made: dt.datetime) -> list[Row]:
    language = languages.current()
    rules = f"{report.policy} {report.policy_version}".strip()
    rows = [
        (_("Verified on"), formats.moment(report.validated_at or made, language)),
        (_("Rules applied"), f"{rules} (ETSI EN 319 102-1)" if rules else "ETSI EN 319 102-1"),
        (_("SHA-256 of the report for programs"), spaced(hashlib.sha256(machine).hexdigest())),
        (_("Sealed by"), sealed.by),
    ]
    return [row for row in rows if row[1]]


def digest_of(path: Path) -> str:
    """Return the SHA-256 of a file in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def spaced(digits: str) -> str:
    """Return hexadecimal digits in groups of four and two lines, as people compare them."""
    lines = (digits[: len(digits) // 2], digits[len(digits) // 2 :])
    return "\n".join(" ".join(line[at : at + 4] for at in range(0, len(line), 4)) for line in lines)
