"""CAdES baseline signatures, detached (EN 319 122-1): a ``.p7s`` beside a file of any kind."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, replace

from cryptography import x509

from msign.kernel.clock import Clock, SystemClock
from msign.kernel.errors import invalid
from msign.kernel.words import SignatureLevel
from msign.pki.tsa import TimestampSource
from msign.signing import cms
from msign.signing.algorithms import Digest, Scheme, SignatureAlgorithm
from msign.signing.cadeslong import augment
from msign.signing.content import Data, digest_of
from msign.signing.evidence import EvidenceSource
from msign.signing.keys import Signer
from msign.signing.prepared import PreparedSignature
from msign.signing.xadeslong import required_tsa

__all__ = ["CadesParameters", "augment", "bind", "complete", "prepare", "sign"]


@dataclass(frozen=True, slots=True)
class CadesParameters:
    """How a CAdES signature is made. LT and LTA need ``evidence`` when it is completed, LTA also the data."""

    level: SignatureLevel = SignatureLevel.T
    digest: Digest = Digest.SHA256


def prepare(
    data: Data,
    *,
    certificate: x509.Certificate | bytes | None = None,
    chain: Sequence[x509.Certificate | bytes] = (),
    algorithm: SignatureAlgorithm | None = None,
    parameters: CadesParameters | None = None,
    clock: Clock | None = None,
) -> PreparedSignature:
    """Return what is to be signed for some data. Without ``certificate`` the value waits for ``bind``.

    Raises ``MSignError``: ``UNREADABLE_DOCUMENT`` if a file cannot be read, ``INVALID_PARAMETER`` for impossible
    parameters.
    """
    chosen = parameters or CadesParameters()
    if chosen.level is SignatureLevel.UNKNOWN or chosen.digest is Digest.SHA1:
        raise invalid("parameters", "not a level or digest that can be made")
    state = {"time": (clock or SystemClock()).now().isoformat()}
    waiting = PreparedSignature("cades", chosen.level, chosen.digest, digest_of(data, chosen.digest), state)
    return waiting if certificate is None else bind(waiting, certificate, chain, algorithm=algorithm)


def bind(
    prepared: PreparedSignature,
    certificate: x509.Certificate | bytes,
    chain: Sequence[x509.Certificate | bytes] = (),
    *,
    algorithm: SignatureAlgorithm | None = None,
) -> PreparedSignature:
    """Return the prepared signature for a certificate that has become known. Raises ``MSignError`` for another one."""
    named = prepared.with_certificate(certificate, chain, algorithm)
    if named.require_algorithm().scheme is Scheme.ED25519 and prepared.digest is not Digest.SHA512:
        raise invalid("digest", "Ed25519 signatures use SHA-512 for the data too (RFC 8419)")
    return replace(named, data_to_sign=_attributes(named))


def _attributes(named: PreparedSignature) -> bytes:
    try:
        claimed = cms.signing_time(dt.datetime.fromisoformat(named.state["time"]))
    except (KeyError, ValueError) as error:
        raise invalid("prepared", "damaged: no time") from error
    return cms.signed_attributes(named.content_digest, named.signing_certificate, extra=[claimed])


def complete(
    prepared: PreparedSignature,
    signature_value: bytes,
    *,
    tsa: TimestampSource | None = None,
    evidence: EvidenceSource | None = None,
    data: Data | None = None,
) -> bytes:
    """Return the finished CMS in DER. ``signature_value``: ECDSA in DER or r‖s. LTA needs the ``data`` itself.

    Raises ``MSignError``: ``SIGNING_FAILED`` if the value does not fit digest and certificate, ``UNAVAILABLE`` if no
    time-stamp or validation data could be had, ``INVALID_PARAMETER`` if the level needs something that was not given.
    """
    if prepared.format != "cades":
        raise invalid("prepared", f"a {prepared.format} signature, not CAdES")
    algorithm, leaf = prepared.require_algorithm(), prepared.signing_certificate
    prepared.require_data_to_sign(_attributes(prepared))
    value = leaf.cms_value(signature_value)
    leaf.check(algorithm, value, prepared.data_to_sign)
    unsigned = []
    if prepared.level is not SignatureLevel.B:
        token = required_tsa(tsa).timestamp(Digest.SHA256.of(value), Digest.SHA256.value)
        unsigned.append(cms.signature_timestamp(token))
    container = cms.signed_data(
        attributes=prepared.data_to_sign,
        value=value,
        digest=prepared.digest,
        algorithm=algorithm,
        certificate=leaf,
        chain=prepared.chain,
        unsigned=unsigned,
    )
    if prepared.level in (SignatureLevel.B, SignatureLevel.T):
        return container
    return augment(container, level=prepared.level, tsa=tsa, evidence=evidence, data=data)


def sign(
    data: Data,
    *,
    signer: Signer,
    tsa: TimestampSource | None = None,
    evidence: EvidenceSource | None = None,
    parameters: CadesParameters | None = None,
    clock: Clock | None = None,
) -> bytes:
    """Return the finished CMS in one step. Raises as ``prepare`` and ``complete``."""
    prepared = prepare(
        data,
        certificate=signer.signing_certificate.encoded,
        chain=signer.issuers,
        algorithm=signer.key.algorithm,
        parameters=parameters,
        clock=clock,
    )
    return complete(prepared, signer.key.sign(prepared.data_to_sign), tsa=tsa, evidence=evidence, data=data)
