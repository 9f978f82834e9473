"""One card a signature: facts in the order people ask for them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from django.utils.translation import gettext as _

from msign.faces.verifypages.words import Sentence, signature_sentence
from msign.frame import formats, languages
from msign.validation.model import (
    DocumentReport,
    Integrity,
    Modification,
    Reason,
    Scope,
    Severity,
    SignatureReport,
)
from msign.validation.reports.sentences import Sentence as Told
from msign.validation.reports.sentences import sentence

_WEIGHTY = (Severity.FAIL, Severity.WARN)
_BAD = (Modification.UNDEFINED, Modification.FORBIDDEN)
_SAID = frozenset({"document-changed"})  # the sentence of the signature says it already


@dataclass(frozen=True, slots=True)
class Group:
    """Findings that the same act would mend."""

    texts: tuple[str, ...]
    remedy: str


@dataclass(frozen=True, slots=True)
class Card:
    """What the page shows of one signature. ``rows`` are (label, value)."""

    number: int
    name: str
    verdict: Sentence
    rows: tuple[tuple[str, str], ...]
    details: tuple[tuple[str, str], ...]
    why: tuple[Group, ...]  # what weighs against it
    notes: tuple[Told, ...]  # what is merely told
    has_signed_version: bool
    changed_later: bool
    spoilt_later: bool  # intact, but for what came afterwards


def tell(reasons: Iterable[Reason]) -> tuple[Told, ...]:
    """Return what the rules found, in the visitor's language."""
    return tuple(sentence(reason, languages.current()) for reason in reasons)


def grouped(reasons: Iterable[Reason]) -> tuple[Group, ...]:
    """Return what the rules found, each thing once, with what can be done about it said once."""
    found: dict[str, dict[str, None]] = {}
    for told in tell(reasons):
        found.setdefault(told.remedy, {})[told.text] = None
    return tuple(Group(tuple(texts), remedy) for remedy, texts in found.items())


def make_cards(report: DocumentReport) -> list[Card]:
    """Return the cards, oldest signature first as the report has them."""
    return [_card(number, signature) for number, signature in enumerate(report.signatures, 1)]


def _card(number: int, signature: SignatureReport) -> Card:
    return Card(
        number=number,
        name=signature.signer_name or signature.subject or _("Unknown signer"),
        verdict=signature_sentence(signature),
        rows=tuple((label, value) for label, value in _rows(signature) if value),
        details=tuple((label, value) for label, value in _details(signature) if value),
        why=grouped(one for one in signature.reasons if one.severity in _WEIGHTY and one.code not in _SAID),
        notes=tuple(dict.fromkeys(tell(one for one in signature.reasons if one.severity not in _WEIGHTY))),
        has_signed_version=signature.signed_bytes is not None and _intact(signature),
        changed_later=signature.modification is not Modification.NONE,
        spoilt_later=_intact(signature) and signature.modification in _BAD,
    )


def _rows(signature: SignatureReport) -> list[tuple[str, str]]:
    return [
        (_("Personal number (IDNP)"), signature.person_id or ""),
        (_("On behalf of the organisation"), signature.organisation_id or ""),
        (_("When"), _when(signature)),
        (_("Kind"), _kind(signature)),
        (_("The signer's key"), _key(signature)),
        (_("Covers"), _covers(signature)),
        (_("Afterwards"), _afterwards(signature)),
        (_("Seen on the pages"), _seen(signature)),
    ]


def _when(signature: SignatureReport) -> str:
    language = languages.current()
    if signature.signed_at is not None:
        when = {"when": formats.moment(signature.signed_at, language)}
        return _("%(when)s, confirmed by a time-stamp") % when
    if signature.claimed_time is not None:
        when = {"when": formats.moment(signature.claimed_time, language)}
        return _("%(when)s according to the signer; no time-stamp confirms it") % when
    return _("The time is not known")


def _kind(signature: SignatureReport) -> str:
    words = {"qualified": _("Qualified electronic signature"), "advanced": _("Advanced electronic signature")}
    return words.get(signature.qualification, "")


def _key(signature: SignatureReport) -> str:
    """Only of a qualified signature, and only where certificate or trusted list say it (Regulation 910/2014 art. 3)."""
    match signature.qualified_device:
        case True:
            return _("Kept in a certified signing device, where nobody can copy it")
        case False:
            return _("Not in a certified signing device")
        case None:
            return ""


def _recognised(signature: SignatureReport) -> str:
    if not signature.trusted_list:
        return ""
    territory, _blank, edition = signature.trusted_list.partition(" ")
    return _("The trusted list of %(territory)s, edition %(edition)s") % {"territory": territory, "edition": edition}


def _intact(signature: SignatureReport) -> bool:
    """Where the digest does not hold, nobody knows what was signed: the page must not offer or describe it."""
    return signature.integrity is Integrity.VALID


def _covers(signature: SignatureReport) -> str:
    if not _intact(signature):
        return ""
    if signature.scope is Scope.FULL:
        return _("The whole document as it stood when it was signed")
    return _("Only a part of the document")


def _afterwards(signature: SignatureReport) -> str:
    if not _intact(signature):
        return ""
    match signature.modification:
        case Modification.NONE:
            return _("Nothing was added or changed")
        case Modification.PERMITTED:
            return _("Only what is allowed was added, such as further signatures or time-stamps")
        case Modification.UNDEFINED | Modification.FORBIDDEN:
            return _("The document was changed")


def _seen(signature: SignatureReport) -> str:
    """Only of a PDF: XML has no pages."""
    if signature.revision is None:
        return ""
    if not signature.places:
        return _("Nowhere: the signature is invisible, which takes nothing from it")
    pages = ", ".join(str(number) for number in sorted({place.page for place in signature.places}))
    return _("Page %(page)s") % {"page": pages}


def _details(signature: SignatureReport) -> list[tuple[str, str]]:
    """The field's own words, for people who know them."""
    sub = signature.sub_indication
    return [
        (_("Verdict by ETSI EN 319 102-1"), f"{signature.indication}" + (f" · {sub}" if sub else "")),
        (_("Signature level"), f"BASELINE-{signature.level}"),
        (_("Certificate"), signature.subject),
        (_("Recognised by"), _recognised(signature)),
        (
            _("Algorithms"),
            " · ".join(word for word in (signature.signature_algorithm, signature.digest_algorithm) if word),
        ),
        (_("Time-stamp authority"), ", ".join(stamp.authority for stamp in signature.timestamps if stamp.authority)),
        (_("Revocation"), ", ".join(f"{fact.source.upper()}: {fact.status}" for fact in signature.revocation)),
    ]
