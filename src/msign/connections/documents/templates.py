"""Contract, annex and invoice from their texts, in Romanian, the language of the State.

The texts are data: ours lie in ``texts/`` and are samples, since the official wording is unpublished; an operator puts
its own files of the same names into the folder of the setting ``documents.templates``. A text has a version, and a
paper keeps the version it was made from.
"""

from __future__ import annotations

import datetime as dt
import re
import tomllib
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from importlib import resources
from pathlib import Path
from typing import Any, cast

from msign.connections.documents.pdfa import Paper, Section
from msign.connections.fees import Kind, in_lei
from msign.connections.operator import Operator
from msign.kernel.errors import Code, MSignError

KINDS = ("contract", "annex", "invoice")
MAX_TEXT_BYTES = 256 * 1024
_NAME = re.compile(r"\{(\w+)\}")
_MONTHS = (
    "ianuarie", "februarie", "martie", "aprilie", "mai", "iunie",
    "iulie", "august", "septembrie", "octombrie", "noiembrie", "decembrie",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Party:
    """The beneficiary as the paper names it."""

    name: str
    number: str
    kind: Kind
    address: str
    represented_by: str
    position: str = ""
    basis: str = ""


@dataclass(frozen=True, slots=True)
class Subject:
    """What the paper is about."""

    number: str
    day: dt.date
    contract_number: str
    system_name: str
    rrsi: str
    service: str
    purpose: str
    bani_a_year: int
    months: int = 0  # term of the contract; 0: until a party ends it


@dataclass(frozen=True, slots=True)
class Bill:
    """What an invoice says besides."""

    due: dt.date
    period: tuple[dt.date, dt.date]


@dataclass(frozen=True, slots=True)
class Texts:
    """The three texts, read and tried out; as plain tables, in the shape of the shipped files."""

    contract: Mapping[str, Any]
    annex: Mapping[str, Any]
    invoice: Mapping[str, Any]

    def version(self, kind: str) -> str:
        """Return the version of a text."""
        return str(self._text(kind)["version"])

    def write(self, kind: str, party: Party, operator: Operator, subject: Subject, bill: Bill | None = None) -> Paper:
        """Return the paper of a kind, every name in it filled in."""
        return _paper(self._text(kind), _facts(party, operator, subject, bill), _variants(party, subject))

    def _text(self, kind: str) -> Mapping[str, Any]:
        return cast(Mapping[str, Any], getattr(self, kind))


def load_texts(folder: Path | None = None) -> Texts:
    """Return our texts, each replaced by the file of the same name in ``folder`` where there is one.

    Raises ``MSignError`` (``MISCONFIGURED``) naming file and fault; each text is tried out before it is needed.
    """
    if folder is not None and not folder.is_dir():
        raise _wrong(str(folder), "the folder does not exist")
    texts = Texts(*(_read(kind, folder) for kind in KINDS))
    for kind in KINDS:
        _try_out(texts, kind)
    return texts


def _read(kind: str, folder: Path | None) -> dict[str, Any]:
    own = folder / f"{kind}.toml" if folder is not None else None
    if own is None or not own.exists():
        shipped = resources.files("msign.connections.documents").joinpath("texts", f"{kind}.toml")
        return tomllib.loads(shipped.read_text("utf-8"))
    if own.stat().st_size > MAX_TEXT_BYTES:
        raise _wrong(own.name, f"larger than {MAX_TEXT_BYTES} bytes")
    try:
        return tomllib.loads(own.read_text("utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise _wrong(own.name, str(error)) from error


def _try_out(texts: Texts, kind: str) -> None:
    day = dt.date(2026, 1, 1)
    subject = Subject("1", day, "1", "s", "r", "MSign", "p", 0)
    for party_kind in Kind:
        party = Party("n", "1", party_kind, "a", "r")
        try:
            texts.version(kind)
            texts.write(kind, party, Operator(), subject, Bill(day, (day, day)))
        except (KeyError, TypeError, AttributeError) as error:
            raise _wrong(f"{kind}.toml", f"missing or unknown: {error}") from error


def _wrong(name: str, what: str) -> MSignError:
    return MSignError(Code.MISCONFIGURED, f"{name}: {what}", member="documents.templates")


def in_words(day: dt.date) -> str:
    """Return a day as Romanian writes it: ``2 martie 2026``."""
    return f"{day.day} {_MONTHS[day.month - 1]} {day.year}"


def _facts(party: Party, operator: Operator, subject: Subject, bill: Bill | None) -> dict[str, str]:
    facts = {f"operator_{name}": str(value) for name, value in asdict(operator).items()}
    facts |= {f"party_{name}": str(getattr(party, name)) for name in ("name", "number", "address")}
    facts |= {name: str(getattr(party, name)) for name in ("represented_by", "position", "basis")}
    facts |= {name: str(value) for name, value in asdict(subject).items() if name not in ("day", "bani_a_year")}
    facts |= {"day": in_words(subject.day), "amount": in_lei(subject.bani_a_year)}
    if bill is not None:
        facts |= {"due": in_words(bill.due), "period": " – ".join(map(in_words, bill.period))}
    return facts


def _variants(party: Party, subject: Subject) -> frozenset[str]:
    """Which of a text's alternatives applies: by kind of party, by fee, by number in the RRSI, by term."""
    fee, rrsi = "paid" if subject.bani_a_year else "free", "with_rrsi" if subject.rrsi else "without_rrsi"
    return frozenset({party.kind.value, fee, rrsi, "with_term" if subject.months else "without_term"})


def _paper(text: Mapping[str, Any], facts: dict[str, str], variants: frozenset[str]) -> Paper:
    known = dict(facts)
    for name, alternatives in text.items():
        if isinstance(alternatives, dict):
            (chosen,) = [words for variant, words in alternatives.items() if variant in variants] or [""]
            known[name] = _fill(chosen, facts)
    return Paper(
        title=_fill(text["title"], known),
        under=_fill(text["under"], known),
        sections=tuple(
            Section(_fill(one["heading"], known), tuple(_fill(paragraph, known) for paragraph in one["paragraphs"]))
            for one in text["sections"]
        ),
        rows=tuple(tuple(_fill(cell, known) for cell in row) for row in text.get("rows", ())),
        signatures=tuple((_fill(one["side"], known), _fill(one["who"], known)) for one in text.get("signatures", ())),
        footer=_fill(text.get("footer", ""), known),
        language=text.get("language", "ro-MD"),
    )


def _fill(words: str, facts: Mapping[str, str]) -> str:
    """Fill names in one pass: what stands in a value is never read as a name. Raises ``KeyError`` for unknown ones."""
    return _NAME.sub(lambda found: facts[found[1]], words)
