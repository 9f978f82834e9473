"""From signatures to one word for the whole file."""

from __future__ import annotations

from collections.abc import Sequence

from msign.validation.model import Indication, Integrity, Modification, SignatureReport, SubIndication, Verdict

_CHANGED = (Modification.UNDEFINED, Modification.FORBIDDEN)
_BAD = (SubIndication.REVOKED_NO_POE, SubIndication.REVOKED_CA_NO_POE)


def document_verdict(signatures: Sequence[SignatureReport]) -> Verdict:
    """Return the verdict over all signatures but counter-signatures, which are noted and not trusted.

    The worst word wins: invalid, changed, unknown, valid. A revoked certificate makes a signature invalid for people,
    although the standard leaves it open whether the signature is older than the revocation.
    """
    counted = [signature for signature in signatures if not signature.counter_signature]
    if not counted:
        return Verdict.NONE
    if any(_invalid(signature) for signature in counted):
        return Verdict.INVALID
    if any(signature.modification in _CHANGED for signature in counted):
        return Verdict.CHANGED
    return Verdict.VALID if all(signature.passed for signature in counted) else Verdict.UNKNOWN


def _invalid(signature: SignatureReport) -> bool:
    # A forbidden change is a format failure to the standard; for people the signature is intact and the file changed.
    changed = signature.modification in _CHANGED and signature.sub_indication is SubIndication.FORMAT_FAILURE
    return (
        signature.integrity is Integrity.INVALID
        or (signature.indication is Indication.TOTAL_FAILED and not changed)
        or signature.sub_indication in _BAD
    )
