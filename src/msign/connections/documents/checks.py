"""Is a signed copy the paper we issued, signed by whom it must be? Every door runs these: our gateway and uploads."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass

from msign.connections.checking import Check, bad, good
from msign.connections.words import say
from msign.validation.model import DocumentReport, Indication, Integrity, Modification, Scope, SignatureReport

MAX_COPY_BYTES = 20 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Expected:
    """What a copy must be: the bytes before, how many signatures they had, and who signs now."""

    previous: bytes
    earlier_signatures: int
    person: str  # IDNP


def check_copy(returned: bytes, report: DocumentReport | None, expected: Expected) -> tuple[Check, ...]:
    """Return every check of ``returned``; ``report`` is the judgement of the validation engine, ``None`` if unread."""
    if not returned.startswith(b"%PDF-"):
        return (bad("file", say("The file is not a PDF.")),)
    same = _same_paper(returned, expected)
    if same.outcome != "passed" or report is None:
        return (same,)
    return (same, *_signatures(report, expected))


def _same_paper(returned: bytes, expected: Expected) -> Check:
    if returned == expected.previous:
        return bad("same", say("The file carries no new signature."))
    if returned.startswith(expected.previous):
        return good("same", say("It is the document that was issued, byte for byte, with something added."))
    return bad(
        "same",
        say(
            "It is not the document that was issued: its content differs (expected the beginning with SHA-256 "
            "%(digest)s…). Sign the file as downloaded; do not print, scan, convert or save it anew.",
            digest=hashlib.sha256(expected.previous).hexdigest()[:16],
        ),
    )


def _signatures(report: DocumentReport, expected: Expected) -> Iterator[Check]:
    if report.refused is not None:
        yield bad("readable", say("The file cannot be judged (%(code)s).", code=report.refused))
        return
    added = len(report.signatures) - expected.earlier_signatures
    if added < 1:
        yield bad("count", say("The file carries no new signature."))
        return
    if added > 1:
        yield bad("count", say("The file carries %(count)s new signatures; exactly one was expected.", count=added))
        return
    newest = max(report.signatures, key=lambda signature: signature.revision or 0)
    yield good("count", say("It carries exactly one new signature."))
    yield _intact(newest)
    yield _trusted(newest)
    yield _whole(newest)
    yield _signer(newest, expected)
    yield _others(report, newest)


def _intact(signature: SignatureReport) -> Check:
    if signature.integrity is not Integrity.VALID:
        return bad("intact", say("The signature does not fit the document: something was changed under it."))
    return good("intact", say("The signature fits the document."))


def _trusted(signature: SignatureReport) -> Check:
    if signature.indication is Indication.TOTAL_PASSED:
        return good("valid", say("The signature is valid, and its certificate comes from a trusted authority."))
    reason = str(signature.sub_indication or signature.indication)
    if signature.indication is Indication.INDETERMINATE:
        return bad("valid", say("It cannot be established that the signature is valid (%(reason)s).", reason=reason))
    return bad("valid", say("The signature is not valid (%(reason)s).", reason=reason))


def _whole(signature: SignatureReport) -> Check:
    if signature.scope is not Scope.FULL or signature.modification is not Modification.NONE:
        return bad("whole", say("Something was added to the document after the signature."))
    return good("whole", say("The signature covers the whole document."))


def _signer(signature: SignatureReport, expected: Expected) -> Check:
    if signature.person_id == expected.person:
        return good("signer", say("It was signed by the person named in the document."))
    if signature.person_id is None:
        return bad("signer", say("The signature does not say which person signed (no personal number)."))
    return bad(
        "signer",
        say(
            "It was signed by another person (%(name)s), not by the one named in the document.",
            name=signature.signer_name,
        ),
    )


def _others(report: DocumentReport, newest: SignatureReport) -> Check:
    earlier = [signature for signature in report.signatures if signature is not newest]
    if all(signature.passed for signature in earlier):
        return good(
            "earlier", say("The earlier signatures still stand.") if earlier else say("There is no earlier one.")
        )
    return bad("earlier", say("The new signature spoils an earlier one."))
