# ruff: noqa: E501  (whole sentences of a legal text)
"""Texts of contract, annex and invoice, in Romanian, the language of the State. Our own samples, not the operator's.

A template has a version; a paper keeps the version it was made from, and a changed text gets a new one. The real
wording is unpublished; an operator puts its own in place of these functions (setting ``documents.templates``).
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from msign.connections.documents.pdfa import Paper, Section
from msign.connections.fees import Kind, in_lei
from msign.connections.ports import Operator

CONTRACT_TEMPLATE, ANNEX_TEMPLATE, INVOICE_TEMPLATE = "contract-ro-1", "annex-msign-ro-1", "invoice-ro-1"
_SAMPLE = "Text eșantion al proiectului; nu este forma oficială a operatorului."
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


def in_words(day: dt.date) -> str:
    """Return a day as Romanian writes it: ``2 martie 2026``."""
    return f"{day.day} {_MONTHS[day.month - 1]} {day.year}"


def contract(party: Party, operator: Operator, subject: Subject) -> Paper:
    """Return the framework paper of an organisation: an agreement with public bodies, a contract with others."""
    word = "Acord" if party.kind is Kind.PUBLIC else "Contract"
    return Paper(
        title=f"{word} nr. {subject.contract_number}",
        under=f"privind utilizarea serviciilor electronice de platformă, din {in_words(subject.day)}",
        sections=(
            Section("1. Părțile", _parties(party, operator)),
            Section(
                "2. Obiectul",
                (
                    (
                        "2.1. Posesorul pune la dispoziția Beneficiarului serviciile electronice de platformă indicate în "
                        "anexe. Fiecare anexă privește un singur serviciu și un singur sistem informațional."
                    ),
                    (
                        "2.2. Prezentul document se încheie o singură dată; pentru un serviciu sau un sistem nou se "
                        "semnează numai o anexă."
                    ),
                ),
            ),
            Section(
                "3. Obligațiile părților",
                (
                    (
                        "3.1. Posesorul asigură funcționarea serviciilor, integritatea datelor primite până la predarea "
                        "rezultatului și anunțarea din timp a lucrărilor planificate."
                    ),
                    (
                        "3.2. Beneficiarul răspunde de scopul, temeiul juridic și conținutul datelor transmise, păstrează "
                        "în siguranță cheia privată a sistemului său și comunică fără întârziere orice incident."
                    ),
                    "3.3. Beneficiarul testează integrarea în mediul de test înainte de utilizarea în producție.",
                ),
            ),
            Section("4. Plata", (_price_rule(party.kind),)),
            Section(
                "5. Durata",
                (
                    (
                        "5.1. Documentul intră în vigoare la data ultimei semnături electronice și rămâne în vigoare până "
                        "la denunțarea lui de către una dintre părți, cu un preaviz de 30 de zile."
                    ),
                ),
            ),
        ),
        signatures=_sides(party, operator),
        footer=_SAMPLE,
    )


def annex(party: Party, operator: Operator, subject: Subject) -> Paper:
    """Return the annex of one service and one system."""
    system = f"{subject.system_name} (RRSI {subject.rrsi})" if subject.rrsi else subject.system_name
    fee = f"{in_lei(subject.bani_a_year)} lei pe an" if subject.bani_a_year else "gratuit"
    return Paper(
        title=f"Anexa nr. {subject.number}",
        under=f"la documentul nr. {subject.contract_number}, din {in_words(subject.day)}",
        sections=(
            Section("1. Părțile", _parties(party, operator)),
            Section(
                "2. Serviciul și sistemul",
                (
                    f"2.1. Serviciul: {subject.service}, serviciul guvernamental de semnătură electronică.",
                    f"2.2. Sistemul informațional: {system}.",
                    f"2.3. Scopul și temeiul juridic: {subject.purpose}",
                ),
            ),
            Section(
                "3. Condiții de acces",
                (
                    (
                        "3.1. Accesul se acordă separat pentru mediul de test și pentru cel de producție, după certificatul "
                        "de sistem și adresele de rețea înregistrate."
                    ),
                    (
                        "3.2. Un certificat aparține unui singur sistem informațional și unui singur mediu. Beneficiarul "
                        "înlocuiește certificatul înainte de expirare."
                    ),
                    (
                        "3.3. Accesul se suspendă la cererea Beneficiarului, la neplată, la încetarea contractului sau în "
                        "caz de incident de securitate, fiecare temei fiind independent."
                    ),
                ),
            ),
            Section("4. Tariful", (f"4.1. Tariful pentru sistemul indicat: {fee}.",)),
        ),
        signatures=_sides(party, operator),
        footer=_SAMPLE,
    )


def invoice(
    party: Party, operator: Operator, subject: Subject, *, due: dt.date, period: tuple[dt.date, dt.date]
) -> Paper:
    """Return the invoice of one system for one year. No tax is reckoned: none is published."""
    span = f"{in_words(period[0])} – {in_words(period[1])}"
    return Paper(
        title=f"Factura nr. {subject.number}",
        under=f"din {in_words(subject.day)}",
        sections=(
            Section(
                "Furnizor",
                (f"{operator.name}, IDNO {operator.number}, {operator.address}", f"Cont: {operator.bank}"),
            ),
            Section("Plătitor", (f"{party.name}, cod {party.number}, {party.address}",)),
            Section("Termen de plată", (f"{in_words(due)}. La plată indicați numărul facturii.",)),
        ),
        rows=(
            ("Serviciul", "Perioada", "Suma, lei"),
            (f"{subject.service}: {subject.system_name}", span, in_lei(subject.bani_a_year)),
            ("Total", "", in_lei(subject.bani_a_year)),
        ),
        footer=_SAMPLE,
    )


def _parties(party: Party, operator: Operator) -> tuple[str, ...]:
    who = f"{party.name}, cod {party.number}, cu adresa {party.address}"
    if party.kind is not Kind.PERSON:
        who += f", reprezentat(ă) de {party.represented_by}, {party.position}, în temeiul: {party.basis}"
    return (
        (
            f"1.1. {operator.name}, IDNO {operator.number}, {operator.address}, reprezentat de {operator.represented_by}, "
            "denumit în continuare Posesor."
        ),
        f"1.2. {who}, denumit(ă) în continuare Beneficiar.",
    )


def _price_rule(kind: Kind) -> str:
    if kind is Kind.PUBLIC:
        return "4.1. Pentru instituțiile publice utilizarea este gratuită."
    return "4.1. Utilizarea este cu plată, anual, pentru fiecare sistem informațional, după tariful din anexă."


def _sides(party: Party, operator: Operator) -> tuple[tuple[str, str], ...]:
    return (
        ("Posesor", f"{operator.name}. Se semnează electronic."),
        ("Beneficiar", f"{party.represented_by}. Se semnează electronic."),
    )
