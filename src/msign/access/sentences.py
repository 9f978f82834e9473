"""What people read about a check. English for commands; faces that need three languages key on code and reason."""

from __future__ import annotations

from msign.access.values import CheckCode, CheckOutcome, CheckResult, DenialReason

_WHAT = {
    CheckCode.CERTIFICATE_PRESENTED: "A certificate was presented",
    CheckCode.CERTIFICATE_READABLE: "The certificate can be read",
    CheckCode.ISSUER_TRUSTED: "An accepted authority of this environment issued it",
    CheckCode.CERTIFICATE_REGISTERED: "It is registered for this environment",
    CheckCode.FINGERPRINT_PINNED: "It is the very certificate that was registered",
    CheckCode.WITHIN_VALIDITY: "It is valid today",
    CheckCode.NOT_REVOKED: "It is neither revoked nor replaced",
    CheckCode.ACCESS_ENABLED: "The system may use this environment",
    CheckCode.NETWORKS_LISTED: "Networks are listed for this system",
    CheckCode.ADDRESS_LISTED: "The address is in one of them",
}


_REFUSALS = {
    DenialReason.NO_CERTIFICATE: "No client certificate was presented",
    DenialReason.UNREADABLE_CERTIFICATE: "The certificate cannot be read",
    DenialReason.UNTRUSTED_ISSUER: "No accepted authority of this environment issued the certificate",
    DenialReason.NOT_REGISTERED: "The certificate is not registered for this environment",
    DenialReason.FINGERPRINT_MISMATCH: "Another certificate with the same issuer and serial number is registered",
    DenialReason.CERTIFICATE_EXPIRED: "The certificate has expired",
    DenialReason.CERTIFICATE_NOT_YET_VALID: "The certificate is not valid yet",
    DenialReason.CERTIFICATE_REVOKED: "The certificate was revoked or replaced",
    DenialReason.ACCESS_DISABLED: "The system may not use this environment now",
    DenialReason.NO_NETWORKS: "No network is listed for this system, so no address is let in",
    DenialReason.FOREIGN_ADDRESS: "The address is not listed for this system",
}


def sentence(result: CheckResult) -> str:
    """Return the sentence of one check, with the facts that help."""
    if result.reason is not None:
        return refusal(result.reason) + _facts(result)
    if result.outcome is CheckOutcome.SKIPPED:
        return f"{_WHAT[result.code]}: cannot be judged yet"
    return _WHAT[result.code] + _facts(result)


def refusal(reason: DenialReason) -> str:
    """Return why a call is refused."""
    return _REFUSALS[reason]


def _facts(result: CheckResult) -> str:
    return f" ({'; '.join(f'{name}: {value}' for name, value in result.facts)})" if result.facts else ""
