"""Time-stamp requests and what comes back (RFC 3161 clause 2.4), as the one who asks sees them."""

from __future__ import annotations

import datetime as dt

from msign.kernel.errors import Code, MSignError
from msign.pki import asn1, der
from msign.pki.algorithms import OID_BY_DIGEST
from msign.pki.timestamps import TimestampToken, check_token, parse_token

_GRANTED = (0, 1)  # granted, grantedWithMods
_REFUSALS = {0: "bad-alg", 2: "bad-request", 5: "bad-data-format", 14: "time-not-available", 15: "unaccepted-policy",
             16: "unaccepted-extension", 17: "add-info-not-available", 25: "system-failure"}  # fmt: skip


def is_known_digest(algorithm: str) -> bool:
    """Tell whether time-stamps over this digest algorithm (a name of ``hashlib``) can be asked for."""
    return _name(algorithm) in OID_BY_DIGEST


def request(imprint: bytes, algorithm: str, *, nonce: int | None = None, policy: str | None = None) -> bytes:
    """Return a DER TimeStampReq that asks for the authority's certificates too (RFC 3161 clause 2.4.1)."""
    return der.sequence(
        der.integer(1),
        der.sequence(der.sequence(der.oid(OID_BY_DIGEST[_name(algorithm)])), der.octet_string(imprint)),
        *([der.oid(policy)] if policy else []),
        *([der.integer(nonce)] if nonce is not None else []),
        der.DER_TRUE,
    )


def granted_token(response: bytes) -> bytes:
    """Return the token inside a DER TimeStampResp. Raises ``MSignError`` with the authority's reason if refused."""
    try:
        status, *token = asn1.read_all(response).children()
        number, *details = status.expect(asn1.SEQUENCE).children()
    except ValueError:
        raise MSignError(Code.UNAVAILABLE, "malformed answer") from None
    if number.integer() not in _GRANTED or not token:
        raise MSignError(Code.UNAVAILABLE, f"refused: {_refusal(details)}")
    return token[0].expect(asn1.SEQUENCE).raw


def check_answer(
    token: bytes,
    *,
    imprint: bytes,
    algorithm: str,
    nonce: int | None = None,
    policy: str | None = None,
    now: dt.datetime | None = None,
    tolerance: dt.timedelta = dt.timedelta(minutes=5),
) -> TimestampToken:
    """Check that a token answers a request; return it parsed.

    Imprint, nonce, policy, time (only if ``now`` is given), then all that ``timestamps.check_token`` checks: signature,
    bound certificate, its purpose and dates (RFC 3161 clauses 2.3 and 2.4.2). Raises ``MSignError(UNAVAILABLE)`` naming
    the first thing that does not fit. Trust and revocation are not checked.
    """
    try:
        parsed = parse_token(token)
    except asn1.Asn1Error as error:
        raise _unfit(error.message) from None
    checked = check_token(parsed, lambda _name: imprint)
    fits = (
        (parsed.digest == _name(algorithm) and parsed.imprint == imprint, "imprint of other data"),
        (nonce is None or parsed.nonce == nonce, "another nonce"),
        (policy is None or parsed.policy == policy, f"policy {parsed.policy} instead of {policy}"),
        (now is None or abs(parsed.gen_time - now) <= tolerance, "its time is far from ours"),
        (not checked.defects, ", ".join(checked.defects)),
    )
    for fit, otherwise in fits:
        if not fit:
            raise _unfit(otherwise)
    return parsed


def _unfit(what: str) -> MSignError:
    return MSignError(Code.UNAVAILABLE, f"time-stamp token refused: {what}")


def _name(algorithm: str) -> str:
    return algorithm.replace("_", "-")  # hashlib writes sha3_256


def _refusal(details: list[asn1.Node]) -> str:
    bits = next((node.bit_set() for node in details if node.tag == asn1.BIT_STRING), frozenset[int]())
    return ", ".join(_REFUSALS.get(bit, f"failure {bit}") for bit in sorted(bits)) or "no reason given"
