"""Verdicts for people: one sentence first, then what it means and who can act. Data in, sentences out."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop as noop

from msign.validation.model import (
    DocumentReport,
    Indication,
    Integrity,
    Modification,
    Scope,
    SignatureReport,
    SubIndication,
    Verdict,
)


@dataclass(frozen=True, slots=True)
class Sentence:
    """A verdict: its colour by class name, the sentence, its meaning, and who can act."""

    kind: str  # success | warning | error | info
    title: str
    meaning: str
    action: str = ""


# (kind, title, meaning, who can act); a test holds the keys against the closed list of verdicts
_DOCUMENT: dict[Verdict, tuple[str, str, str, str]] = {
    Verdict.VALID: (
        "success",
        noop("The signature is valid"),
        noop("The signer's identity is confirmed, and the document is as it was when it was signed."),
        "",
    ),
    Verdict.CHANGED: (
        "error",
        noop("The signature is not valid"),
        noop("The document was changed after it was signed. What you see is not what was signed."),
        noop("Ask the sender for the document exactly as it was signed."),
    ),
    Verdict.INVALID: (
        "error",
        noop("The signature is not valid"),
        noop("At least one signature does not hold. The reason stands with it below."),
        noop("Do not rely on this document. Ask the signer to sign it again."),
    ),
    Verdict.UNKNOWN: (
        "warning",
        noop("Cannot be determined"),
        noop("There are not enough facts to say whether the signature is valid. The reason stands below."),
        noop("This does not mean that the signature is false. What can be done is said with the reason."),
    ),
    Verdict.NONE: (
        "info",
        noop("The document contains no signatures"),
        noop("A picture of a signature or a stamp on a page is not an electronic signature and proves nothing."),
        noop("If the document should be signed, ask the sender for the electronically signed file itself."),
    ),
}
# The standard leaves open whether the signature is older than the revocation; for people it is not valid.
_REVOKED = (SubIndication.REVOKED_NO_POE, SubIndication.REVOKED_CA_NO_POE)
_REFUSED = (
    "warning",
    noop("Cannot be determined"),
    noop("The file could not be read safely: it is damaged, locked with a password, or built in an unusual way."),
    noop("Ask the sender for the file in another form."),
)

_FAKE = noop("Ask the signer for a new signature.")
_ISSUER = noop("The signer can say who issued the certificate; support can say whether that issuer is recognised.")
_LATER = noop("Try again later: the issuer of the certificate does not answer at the moment.")
_AGAIN = noop("Ask the signer to sign again, or ask for a copy that was time-stamped while the certificate was valid.")
_TIME = noop("The signer or the sender can add a time-stamp to signatures while their certificate is valid.")

_WHY: dict[SubIndication, tuple[str, str]] = {
    SubIndication.FORMAT_FAILURE: (noop("The signature is built wrongly."), _FAKE),
    SubIndication.HASH_FAILURE: (
        noop("The content is not the one that was signed: it was changed, or this is another file."),
        noop("Ask the sender for the file exactly as it was signed."),
    ),
    SubIndication.SIG_CRYPTO_FAILURE: (noop("The signature does not belong to this certificate."), _FAKE),
    SubIndication.REVOKED: (
        noop("The signer's certificate was revoked before the signature was made."),
        noop("Ask the signer to sign again with a certificate that is valid."),
    ),
    SubIndication.EXPIRED: (
        noop("The certificate had expired when the signature was made."),
        noop("Ask the signer to sign again with a certificate that is valid."),
    ),
    SubIndication.NOT_YET_VALID: (
        noop("The certificate was not yet valid when the signature was made."),
        noop("Ask the signer to sign again with a certificate that is valid."),
    ),
    SubIndication.SIG_CONSTRAINTS_FAILURE: (noop("The signature lacks something that the rules ask for."), _FAKE),
    SubIndication.CHAIN_CONSTRAINTS_FAILURE: (noop("The certificate may not be used for such signatures."), _ISSUER),
    SubIndication.CERTIFICATE_CHAIN_GENERAL_FAILURE: (noop("The certificate's origin could not be followed."), _ISSUER),
    SubIndication.CRYPTO_CONSTRAINTS_FAILURE: (noop("The signature uses a method that is no longer safe."), _FAKE),
    SubIndication.POLICY_PROCESSING_ERROR: (noop("The rules named by the signature could not be applied."), _ISSUER),
    SubIndication.SIGNATURE_POLICY_NOT_AVAILABLE: (noop("The rules named by the signature are not known."), _ISSUER),
    SubIndication.TIMESTAMP_ORDER_FAILURE: (noop("The time-stamps contradict each other."), _FAKE),
    SubIndication.NO_SIGNING_CERTIFICATE_FOUND: (noop("The signer's certificate is missing."), _FAKE),
    SubIndication.NO_CERTIFICATE_CHAIN_FOUND: (noop("The certificate is not from a recognised provider."), _ISSUER),
    SubIndication.NO_CERTIFICATE_CHAIN_FOUND_NO_POE: (
        noop("The certificate is not from a provider that is recognised today."),
        _ISSUER,
    ),
    SubIndication.REVOKED_NO_POE: (
        noop("The certificate was revoked, and it cannot be proved that the signature was made before."),
        _TIME,
    ),
    SubIndication.REVOKED_CA_NO_POE: (
        noop("The issuer's certificate was revoked, and it cannot be proved that the signature was made before."),
        _TIME,
    ),
    SubIndication.OUT_OF_BOUNDS_NO_POE: (
        noop("The certificate is out of its dates, and it cannot be proved that the signature was made before."),
        _AGAIN,
    ),
    SubIndication.OUT_OF_BOUNDS_NOT_REVOKED: (
        noop("The certificate is out of its dates, and it cannot be proved that the signature was made before."),
        _AGAIN,
    ),
    SubIndication.REVOCATION_OUT_OF_BOUNDS_NO_POE: (
        noop("What is known about the certificate's revocation is too old."),
        _LATER,
    ),
    SubIndication.CRYPTO_CONSTRAINTS_FAILURE_NO_POE: (
        noop("The signature uses a method that is no longer safe, and its age cannot be proved."),
        _TIME,
    ),
    SubIndication.NO_POE: (noop("It cannot be proved when the signature was made."), _TIME),
    SubIndication.TRY_LATER: (noop("It could not be asked whether the certificate is revoked."), _LATER),
    SubIndication.SIGNED_DATA_NOT_FOUND: (
        noop("The file that was signed is missing."),
        noop("Verify again and add the original file."),
    ),
}


def document_sentence(report: DocumentReport) -> Sentence:
    """Return the sentence that stands first."""
    if report.refused:
        return _sentence(*_REFUSED)
    found = _sentence(*_DOCUMENT[report.verdict])
    if report.verdict is Verdict.VALID and any(one.scope is Scope.PARTIAL for one in report.signatures):
        meaning = _("The signature holds, but it covers only a part of what you see. The rest is not signed.")
        return Sentence("warning", found.title, meaning)
    if report.verdict is Verdict.VALID and len(report.signatures) > 1:
        meaning = _("The signers' identities are confirmed, and the document is as it was when it was last signed.")
        return Sentence(found.kind, _("All signatures are valid"), meaning)
    return found


def signature_sentence(report: SignatureReport) -> Sentence:
    """Return the verdict of one signature with its reason and who can act."""
    if report.passed and report.scope is Scope.PARTIAL:
        why = _("The signature covers only a part of what you see; the rest is not signed.")
        return Sentence("success", _("Valid"), why)
    if report.passed:
        return Sentence("success", _("Valid"), "")
    if report.integrity is Integrity.INVALID:
        return _failed(report, "error", _("Not valid"), SubIndication.HASH_FAILURE)
    if report.modification in {Modification.FORBIDDEN, Modification.UNDEFINED}:
        why = _("The document was changed after this signature in a way that the signer did not allow.")
        action = _("Compare it with what was signed, or ask the sender for the document as it was signed.")
        return Sentence("error", _("Not valid"), why, action)
    if report.indication is Indication.TOTAL_FAILED or report.sub_indication in _REVOKED:
        return _failed(report, "error", _("Not valid"), SubIndication.FORMAT_FAILURE)
    return _failed(report, "warning", _("Cannot be determined"), SubIndication.NO_POE)


def _failed(report: SignatureReport, kind: str, title: str, otherwise: SubIndication) -> Sentence:
    why, action = _WHY[report.sub_indication or otherwise]
    return Sentence(kind, title, _(why), _(action))


def _sentence(kind: str, title: str, meaning: str, action: str) -> Sentence:
    return Sentence(kind, _(title), _(meaning), _(action) if action else "")
