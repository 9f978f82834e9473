"""Which of a person's credentials signs: the service's word for whose and how good it is, is not enough."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from cryptography import x509
from cryptography.exceptions import InvalidSignature

from msign.kernel.clock import Clock
from msign.kernel.errors import MSignError
from msign.kernel.words import FailureReason
from msign.pki.certificate import person_id
from msign.providers.base import Refused, SigningOrder
from msign.providers.csc.client import CscClient
from msign.providers.csc.reading import Credential
from msign.signing.certificates import signing_certificate

_MAX_CREDENTIALS = 20
_MAX_CHAIN = 4
_STATUS = {"expired": FailureReason.CERTIFICATE_EXPIRED, "revoked": FailureReason.CERTIFICATE_REVOKED}
_ORDER = (  # the most telling reason of several credentials that do not suit
    FailureReason.CERTIFICATE_REVOKED,
    FailureReason.CERTIFICATE_EXPIRED,
    FailureReason.SIGNER_MISMATCH,
)


def choose(client: CscClient, order: SigningOrder, clock: Clock) -> Credential | Refused:
    """Return the first credential that suits, or the best reason why none does. Raises as the client's calls."""
    reasons = set()
    for identifier in client.credential_ids(order.signer_id)[:_MAX_CREDENTIALS]:
        found = _judged(client.credential(identifier), order, clock)
        if isinstance(found, Credential):
            return found
        reasons.add(found)
    return Refused(next((one for one in _ORDER if one in reasons), FailureReason.NO_ACTIVE_DEVICE))


def _judged(found: Credential, order: SigningOrder, clock: Clock) -> Credential | FailureReason:
    if not found.certificates:
        return FailureReason.NO_ACTIVE_DEVICE
    leaf = signing_certificate(found.certificates[0]).x509
    if order.signer_id is not None and person_id(leaf) != order.signer_id:
        return FailureReason.SIGNER_MISMATCH
    if found.certificate_status != "valid":
        return _STATUS.get(found.certificate_status, FailureReason.NO_ACTIVE_DEVICE)
    if not found.enabled:
        return FailureReason.NO_ACTIVE_DEVICE
    if not leaf.not_valid_before_utc <= clock.now() <= leaf.not_valid_after_utc:
        return FailureReason.CERTIFICATE_EXPIRED
    return replace(found, certificates=_chained(leaf, found.certificates))


def _chained(leaf: x509.Certificate, certificates: Sequence[bytes]) -> tuple[bytes, ...]:
    """Return the leaf and the issuers that really issued one another; what does not belong is left out."""
    chain, current = [certificates[0]], leaf
    for encoded in certificates[1 : _MAX_CHAIN + 1]:
        try:
            issuer = signing_certificate(encoded).x509
            current.verify_directly_issued_by(issuer)
        except (MSignError, ValueError, TypeError, InvalidSignature):
            break
        chain.append(encoded)
        current = issuer
    return tuple(chain)
