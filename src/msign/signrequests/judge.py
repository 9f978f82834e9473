"""Judges what a provider delivered, before anything is released. MSign answers for it; providers fail.

The recipe, for every item (signature-providers 3, wire contract 6):

0. the answer has exactly the items that were ordered
1. there is exactly one new signature
2. it is for the posted document or hash, unchanged
3. it is intact
4. it has level T: a valid signature time-stamp
5. its chain is trusted, at the level that the consumer requires
6. its certificate was not revoked, and that is known
7. the certificate is the one that the provider named, and the same for all items
8. the signer is the expected person
9. on whose behalf: the signer is the delegator, the certificate names the organisation, or a mandate is registered
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import BinaryIO

from msign.kernel.errors import MSignError
from msign.kernel.limits import MIB
from msign.kernel.words import ContentType, FailureReason, SignatureLevel
from msign.mandates.values import EmptyRegister, MandateRegister, NoMandate
from msign.providers.base import ItemToSign, Signed
from msign.signrequests import delegation
from msign.signrequests.ports import ResultValidator
from msign.signrequests.values import DelegationProof, ExpectedSigner
from msign.validation.model import (
    DocumentReport,
    Indication,
    Integrity,
    Modification,
    SignatureReport,
    SubIndication,
)
from msign.validation.pool import WORKER_FAILED

MAX_XADES_BYTES = 1 * MIB
MAX_PDF_GROWTH = 8 * MIB  # a signature, its time-stamp, certificates, fonts and image of an appearance
_T_OR_BETTER = (SignatureLevel.T, SignatureLevel.LT, SignatureLevel.LTA)
_CHANGED = (Modification.UNDEFINED, Modification.FORBIDDEN)
_CHUNK = 1 << 20
_BUSY = {"time-limit": 30.0, WORKER_FAILED: 5.0}  # refusals that say more of our machine than of the file

_REASONS: dict[SubIndication, FailureReason] = {
    SubIndication.REVOKED: FailureReason.CERTIFICATE_REVOKED,
    SubIndication.REVOKED_NO_POE: FailureReason.CERTIFICATE_REVOKED,
    SubIndication.REVOKED_CA_NO_POE: FailureReason.CERTIFICATE_REVOKED,
    SubIndication.EXPIRED: FailureReason.CERTIFICATE_EXPIRED,
    SubIndication.NOT_YET_VALID: FailureReason.CERTIFICATE_EXPIRED,
    SubIndication.OUT_OF_BOUNDS_NO_POE: FailureReason.CERTIFICATE_EXPIRED,
    SubIndication.OUT_OF_BOUNDS_NOT_REVOKED: FailureReason.CERTIFICATE_EXPIRED,
    SubIndication.FORMAT_FAILURE: FailureReason.NOT_INTACT,
    SubIndication.HASH_FAILURE: FailureReason.NOT_INTACT,
    SubIndication.SIG_CRYPTO_FAILURE: FailureReason.NOT_INTACT,
    SubIndication.TIMESTAMP_ORDER_FAILURE: FailureReason.NO_TIMESTAMP,
    SubIndication.SIGNED_DATA_NOT_FOUND: FailureReason.WRONG_DOCUMENT,
}


@dataclass(frozen=True, slots=True)
class Good:
    """Every item stands up. ``certificate`` is the signer's, in DER."""

    certificate: bytes
    signer_id: str | None
    notes: tuple[str, ...] = ()
    delegation: DelegationProof | None = None


@dataclass(frozen=True, slots=True)
class Bad:
    """An item does not stand up; the request fails for this reason. ``checks`` are for the audit trail."""

    reason: FailureReason
    item: str
    checks: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Undecided:
    """It could not be judged just now: judge again after ``pause`` seconds; ``reason`` if that never helps."""

    item: str
    reason: FailureReason = FailureReason.REVOCATION_UNKNOWN
    pause: float = 5.0


Judgement = Good | Bad | Undecided


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What the signatures of a request have to fulfil."""

    items: tuple[ItemToSign, ...]
    signer_id: str | None
    expected: ExpectedSigner
    required_level: str = "any"
    accept_unproven_delegation: bool = False


@dataclass(frozen=True, slots=True)
class _Item:
    order: ItemToSign
    signature: Path


@dataclass(frozen=True, slots=True)
class Judge:
    """Judges results of one environment."""

    validator: ResultValidator
    register: MandateRegister = field(default_factory=EmptyRegister)

    def judge(self, answer: Signed, terms: Terms, *, told: Callable[[int], None] = lambda _judged: None) -> Judgement:
        """Judge the answer of a provider against the terms. The first defect found decides.

        What the engine cannot read at all is not intact; what it could not ask is undecided. ``told`` hears how many
        items have been judged, from none on.
        """
        try:
            return self._judge(answer, terms, told)
        except MSignError as error:
            return Undecided("") if error.retry else Bad(FailureReason.NOT_INTACT, "", (error.code.value,))

    def _judge(self, answer: Signed, terms: Terms, told: Callable[[int], None]) -> Judgement:
        if (trouble := _complete(answer, terms)) is not None:  # 0
            return trouble
        by_id = {item.id: item.signature for item in answer.items}
        certificates: list[SignatureReport] = []
        for order in terms.items:
            told(len(certificates))
            found = self._item(_Item(order, by_id[order.id]), terms)
            if not isinstance(found, SignatureReport):
                return found
            certificates.append(found)
        return self._signer(certificates, answer.certificate, terms)

    def _signer(self, reports: list[SignatureReport], claimed: bytes | None, terms: Terms) -> Judgement:
        """Steps 7 to 9, over all items."""
        certificates = {report.certificate for report in reports}
        certificate, person = reports[0].certificate, reports[0].person_id
        if len(certificates) != 1 or certificate is None:  # 7
            return Bad(FailureReason.SIGNER_MISMATCH, "", ("several-signers",))
        if claimed is not None and claimed != certificate:
            return Bad(FailureReason.SIGNER_MISMATCH, "", ("claimed-certificate",))
        if terms.signer_id is not None and person != terms.signer_id:  # 8
            return Bad(FailureReason.SIGNER_MISMATCH, "", ("person",))
        return self._on_behalf(Good(certificate, person), reports[0], terms)

    def _on_behalf(self, good: Good, report: SignatureReport, terms: Terms) -> Judgement:
        """Step 9: whatever counts, counts at the moment of the time-stamp."""
        assert report.signed_at is not None, "step 4"
        try:
            proof = delegation.prove(report, terms.expected, self.register, at=report.signed_at)
        except MSignError:  # the register cannot be asked: nobody is refused for that before the deadline
            return Undecided("", FailureReason.DELEGATION_UNPROVEN)
        if not isinstance(proof, NoMandate):
            notes = () if proof is None else (f"delegation-{proof.how}", *filter(None, [proof.reference]))
            return replace(good, notes=notes, delegation=proof)
        if not terms.accept_unproven_delegation:
            return Bad(FailureReason.DELEGATION_UNPROVEN, "", ("delegation", proof.why))
        unproven = DelegationProof(delegation.UNPROVEN)
        return replace(good, notes=("delegation-unproven",), delegation=unproven)

    def _item(self, item: _Item, terms: Terms) -> SignatureReport | Bad | Undecided:
        if item.order.content_type is ContentType.PDF:
            report = self._pdf(item)
        else:
            report = self._hash(item)
        if not isinstance(report, SignatureReport):
            return report
        return _stands(report, item, terms) or report

    def _hash(self, item: _Item) -> SignatureReport | Bad | Undecided:
        if item.signature.stat().st_size > MAX_XADES_BYTES:
            return Bad(FailureReason.NOT_INTACT, item.order.id, ("too-large",))
        digest = item.order.digest or b""
        report = self.validator.hash(item.signature.read_bytes(), digest)
        signatures = [one for one in report.signatures if not one.counter_signature]
        if report.refused or len(signatures) != 1:  # 1
            return _unjudged(report, item)
        if signatures[0].content_digest != digest:  # 2
            return Bad(FailureReason.WRONG_DOCUMENT, item.order.id, ("digest",))
        return signatures[0]

    def _pdf(self, item: _Item) -> SignatureReport | Bad | Undecided:
        document = item.order.document
        assert document is not None
        posted = document.stat().st_size
        if item.signature.stat().st_size > posted + MAX_PDF_GROWTH:
            return Bad(FailureReason.NOT_INTACT, item.order.id, ("too-large",))
        if not _begins_with(item.signature, document):  # 2: the posted bytes are all there, first, as they were
            return Bad(FailureReason.WRONG_DOCUMENT, item.order.id, ("prefix",))
        report = self.validator.pdf(item.signature)
        new = [one for one in report.signatures if one.signed_bytes is None or one.signed_bytes > posted]
        if report.refused or len(new) != 1:  # 1
            return _unjudged(report, item)
        if self.validator.changes(item.signature, posted) in _CHANGED:  # 2: and nothing was laid over them
            return Bad(FailureReason.WRONG_DOCUMENT, item.order.id, ("changed-before-signing",))
        if self._broke_others(document, report, new[0]):
            return Bad(FailureReason.WRONG_DOCUMENT, item.order.id, ("broke-earlier-signature",))
        return new[0]

    def _broke_others(self, document: Path, report: DocumentReport, new: SignatureReport) -> bool:
        """Tell whether a signature that the document had already is worse now than it was."""
        changed = {one.name for one in report.signatures if one is not new and one.modification in _CHANGED}
        if not changed:
            return False
        before = {one.name for one in self.validator.pdf(document).signatures if one.modification in _CHANGED}
        return not changed <= before


def _complete(answer: Signed, terms: Terms) -> Bad | None:
    ids = sorted(item.id for item in answer.items)
    if ids != sorted(item.id for item in terms.items):
        return Bad(FailureReason.INCOMPLETE_ANSWER, "", ("items",))
    for item in answer.items:
        if not item.signature.is_file() or item.signature.is_symlink():
            return Bad(FailureReason.INCOMPLETE_ANSWER, item.id, ("file",))
    return None


def _stands(report: SignatureReport, item: _Item, terms: Terms) -> Bad | Undecided | None:
    """Steps 3 to 6 for one signature; ``None`` when it stands."""
    intact = report.integrity is Integrity.VALID and report.modification not in _CHANGED
    if intact and report.sub_indication is SubIndication.TRY_LATER and not _suspended(report):
        return Undecided(item.order.id)
    reason = _defect(report, terms)
    if reason is None:
        return None
    return Bad(reason, item.order.id, tuple(one.code for one in report.reasons))


def _suspended(report: SignatureReport) -> bool:
    """Tell whether "try later" means a certificate on hold (EN 319 102-1 table 4): nobody waits for that to end."""
    return any(fact.status == "revoked" for fact in report.revocation)


def _defect(report: SignatureReport, terms: Terms) -> FailureReason | None:
    known = _REASONS.get(report.sub_indication) if report.sub_indication else None
    if report.sub_indication is SubIndication.TRY_LATER:
        known = FailureReason.CERTIFICATE_REVOKED if _suspended(report) else FailureReason.REVOCATION_UNKNOWN
    timestamped = report.level in _T_OR_BETTER and report.signed_at is not None
    qualified = terms.required_level != "qualified" or report.qualification == "qualified"
    steps: tuple[tuple[bool, FailureReason], ...] = (
        (report.integrity is Integrity.VALID, FailureReason.NOT_INTACT),  # 3
        (report.modification not in _CHANGED, FailureReason.WRONG_DOCUMENT),
        (known is None, known or FailureReason.UNTRUSTED),  # 3 to 6, as the engine put it
        (timestamped, FailureReason.NO_TIMESTAMP),  # 4
        (report.indication is Indication.TOTAL_PASSED, FailureReason.UNTRUSTED),  # 5, 6
        (qualified, FailureReason.UNTRUSTED),  # 5
    )
    return next((reason for holds, reason in steps if not holds), None)


def _begins_with(signed: Path, document: Path) -> bool:
    with signed.open("rb") as one, document.open("rb") as other:
        return all(one.read(len(chunk)) == chunk for chunk in _chunks(other))


def _chunks(file: BinaryIO) -> Iterator[bytes]:
    while chunk := file.read(_CHUNK):
        yield chunk


def _unjudged(report: DocumentReport, item: _Item) -> Bad | Undecided:
    if report.refused in _BUSY:
        return Undecided(item.order.id, FailureReason.NOT_INTACT, _BUSY[report.refused])
    return Bad(FailureReason.NOT_INTACT, item.order.id, _told(report))


def _told(report: DocumentReport) -> tuple[str, ...]:
    codes = [reason.code for reason in report.reasons]
    return (*codes, report.refused) if report.refused else tuple(codes)
