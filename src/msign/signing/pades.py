"""PAdES baseline signatures (EN 319 142-1), file to file: prepare, complete, sign.

Existing bytes are never rewritten: everything is an incremental update (ISO 32000-1 clause 7.5.6).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from cryptography import x509

from msign.kernel.clock import Clock, SystemClock
from msign.kernel.errors import Code, MSignError, invalid
from msign.kernel.words import SignatureLevel
from msign.pdf.rawsyntax import UnusualError
from msign.pki.certificate import common_name
from msign.pki.tsa import TimestampSource
from msign.signing import cms
from msign.signing.algorithms import Digest, Scheme, SignatureAlgorithm
from msign.signing.appearance import VisibleSignature
from msign.signing.certificates import encode
from msign.signing.evidence import EvidenceSource, certificates_in
from msign.signing.hole import TooSmallError, fill
from msign.signing.keys import Signer
from msign.signing.leanpath import reserve_lean
from msign.signing.longterm import augment, extend, required_tsa
from msign.signing.modification import Certification, FieldLock, LockAction
from msign.signing.prepared import PreparedSignature
from msign.signing.reservation import Hole, SignatureEntries, undone_on_error

__all__ = [
    "Certification",
    "FieldLock",
    "LockAction",
    "PadesParameters",
    "TooSmallError",
    "VisibleSignature",
    "augment",
    "bind",
    "complete",
    "prepare",
    "sign",
]

# Room in the reserved space beside the certificates: attributes and value (RSA-4096), a time-stamp with its chain.
_ROOM_B = 2048
_ROOM_T = 12 * 1024
_ROOM_UNKNOWN_CERTIFICATES = 12 * 1024
_ATTEMPTS = 2
_TEXTS = ("reason", "location", "name", "contact", "field")


@dataclass(frozen=True, slots=True)
class PadesParameters:
    """How a PAdES signature is made. ``field`` names an existing empty field or a new one; ``None`` finds a name."""

    level: SignatureLevel = SignatureLevel.T
    digest: Digest = Digest.SHA256
    reason: str = ""
    location: str = ""
    name: str = ""
    contact: str = ""
    field: str | None = None
    reserved: int | None = None  # bytes for the CMS; None = computed
    visible: VisibleSignature | None = None
    certify: Certification | None = None  # the first signature of a document may certify it
    lock: FieldLock | None = None  # fields that must not change afterwards; of a new signature field


def prepare(
    source: Path,
    target: Path,
    *,
    certificate: x509.Certificate | bytes | None = None,
    chain: Sequence[x509.Certificate | bytes] = (),
    algorithm: SignatureAlgorithm | None = None,
    parameters: PadesParameters | None = None,
    clock: Clock | None = None,
) -> PreparedSignature:
    """Write ``source`` with an empty signature to ``target`` and return what is to be signed.

    Without ``certificate`` the value waits for ``bind``. Raises ``MSignError``: ``UNREADABLE_DOCUMENT`` for a file that
    is no usable PDF or needs a password, ``INVALID_PARAMETER`` for a field that cannot be signed.
    """
    chosen = parameters or PadesParameters()
    if chosen.level is SignatureLevel.UNKNOWN or chosen.digest is Digest.SHA1:
        raise invalid("parameters", "not a level or digest that can be made")
    if chosen.reserved is not None and chosen.reserved < 1:
        raise invalid("reserved", "a number of bytes")
    _refuse_unwritable(chosen)
    entries = SignatureEntries(
        moment=(clock or SystemClock()).now(),
        digest=chosen.digest.value,
        reserved=chosen.reserved or _room(chosen.level, certificate, chain),
        field=chosen.field,
        reason=chosen.reason,
        location=chosen.location,
        name=chosen.name,
        contact=chosen.contact,
        signer=chosen.name or (common_name(encode(certificate)) if chosen.visible and certificate is not None else ""),
        visible=chosen.visible,
        certify=chosen.certify,
        lock=chosen.lock,
    )
    hole = _reserve(source, target, entries)
    waiting = PreparedSignature("pades", chosen.level, chosen.digest, hole.digest, _state(target, hole))
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
    chosen = named.require_algorithm()
    if chosen.scheme is Scheme.ED25519 and prepared.digest is not Digest.SHA512:
        raise invalid("digest", "Ed25519 signatures use SHA-512 for the document too (RFC 8419)")
    attributes = cms.signed_attributes(prepared.content_digest, named.signing_certificate)
    return replace(named, data_to_sign=attributes)


def complete(
    prepared: PreparedSignature,
    signature_value: bytes,
    *,
    tsa: TimestampSource | None = None,
    evidence: EvidenceSource | None = None,
) -> Path:
    """Put the signature into the prepared file; return its path. ``signature_value``: ECDSA in DER or r‖s.

    Raises ``MSignError``: ``SIGNING_FAILED`` if the value does not fit, ``CONFLICT`` if the file is not the prepared
    one any more or the reserved space is too small, ``UNAVAILABLE`` if no time-stamp could be had. The digest of the
    document is not worked out a second time.
    """
    if prepared.format != "pades":
        raise invalid("prepared", f"a {prepared.format} signature, not PAdES")
    prepared.require_data_to_sign(cms.signed_attributes(prepared.content_digest, prepared.signing_certificate))
    return _finished(prepared, signature_value, tsa, evidence)


def _finished(
    prepared: PreparedSignature, signature_value: bytes, tsa: TimestampSource | None, evidence: EvidenceSource | None
) -> Path:
    """Do what ``complete`` does for a prepared signature that has not been out of our hands."""
    algorithm, leaf = prepared.require_algorithm(), prepared.signing_certificate
    target, hole = Path(prepared.state.get("file", "")), hole_of(prepared)
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
    fill(target, hole, container)
    if prepared.level in (SignatureLevel.LT, SignatureLevel.LTA):
        wanted = [prepared.certificate, *prepared.chain, *certificates_in(container)]
        extend(target, prepared.level, list(dict.fromkeys(wanted)), tsa=tsa, evidence=evidence)
    return target


def sign(
    source: Path,
    target: Path,
    *,
    signer: Signer,
    tsa: TimestampSource | None = None,
    evidence: EvidenceSource | None = None,
    parameters: PadesParameters | None = None,
    clock: Clock | None = None,
) -> Path:
    """Write the signed document to ``target`` in one step. Raises as ``prepare`` and ``complete``.

    Reserved space that turns out too small is enlarged and the document signed again. If signing fails, ``target`` is
    what it was before: gone, or the unsigned document if it is the ``source``.
    """
    chosen = parameters or PadesParameters()
    for _ in range(_ATTEMPTS):
        try:
            with undone_on_error(source, target):
                prepared = prepare(
                    source,
                    target,
                    certificate=signer.signing_certificate.encoded,
                    chain=signer.issuers,
                    algorithm=signer.key.algorithm,
                    parameters=chosen,
                    clock=clock,
                )
                return _finished(prepared, signer.key.sign(prepared.data_to_sign), tsa, evidence)
        except TooSmallError as error:
            chosen = replace(chosen, reserved=error.needed + 1024)
    raise MSignError(Code.SIGNING_FAILED, "the time-stamping authority's tokens keep growing")


def _refuse_unwritable(chosen: PadesParameters) -> None:
    """Raise ``MSignError`` for a text with half a character (a lone surrogate): no file can say it."""
    for member in _TEXTS:
        try:
            (getattr(chosen, member) or "").encode()
        except UnicodeEncodeError as error:
            raise invalid(member, "is no text: it has half a character") from error


def _room(
    level: SignatureLevel, certificate: x509.Certificate | bytes | None, chain: Sequence[x509.Certificate | bytes]
) -> int:
    known = [encode(one) for one in (certificate, *chain) if one is not None]
    certificates = sum(map(len, known)) if known else _ROOM_UNKNOWN_CERTIFICATES
    return certificates + _ROOM_B + (0 if level is SignatureLevel.B else _ROOM_T)


def _reserve(source: Path, target: Path, entries: SignatureEntries) -> Hole:
    try:
        return reserve_lean(source, target, entries)
    except UnusualError as unusual:
        from msign.signing import fallback  # costs 0.3 s and 50 MB: only where it is needed

        try:
            return fallback.reserve_with_pyhanko(source, target, entries)
        except fallback.BrokenError as error:
            raise MSignError(error.code, f"{error.message} ({unusual.what})") from error
    except OSError as error:
        raise MSignError(
            Code.UNREADABLE_DOCUMENT, f"the document cannot be read or written: {error.strerror}"
        ) from error


def hole_of(prepared: PreparedSignature) -> Hole:
    """Return the reserved place of a prepared PDF signature. Raises ``MSignError`` if it cannot be one."""
    try:
        start, end, size = (int(prepared.state[name]) for name in ("start", "end", "size"))
    except (KeyError, ValueError) as error:
        raise invalid("prepared", "damaged: no reserved place") from error
    if not 0 < start < end - 1 < size:
        raise invalid("prepared", "damaged: the reserved place is outside the file")
    return Hole(start, end, size, prepared.content_digest)


def _state(target: Path, hole: Hole) -> dict[str, str]:
    return {"file": str(target), "start": str(hole.start), "end": str(hole.end), "size": str(hole.size)}
