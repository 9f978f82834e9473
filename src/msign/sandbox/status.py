"""Revocation information of a sandbox CA: OCSP answers (RFC 6960) and CRLs (RFC 5280), right or wrong on purpose."""

from __future__ import annotations

import datetime as dt
import enum

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp

from msign.sandbox.authority import CertificateAuthority, PrivateKey, key_bits, new_key
from msign.sandbox.book import Entry
from msign.sandbox.profiles import Kind, authority_subject

OCSP_LIFETIME = dt.timedelta(hours=1)
CRL_LIFETIME = dt.timedelta(hours=24)
_CLOCK_SKEW = dt.timedelta(seconds=5)
_STALE_BY = dt.timedelta(days=30)


class Mode(enum.StrEnum):
    """How a service behaves. Everything but ``NORMAL`` is a failure that clients must survive."""

    NORMAL = "normal"
    DOWN = "down"
    SLOW = "slow"
    STALE = "stale"
    UNKNOWN = "unknown"
    WRONG_KEY = "wrong-key"


class OcspResponder:
    """Answers for one CA, signed by a delegated key (or the CA's own with ``delegated=False``)."""

    def __init__(
        self,
        authority: CertificateAuthority,
        *,
        delegated: bool = True,
        delegate: tuple[PrivateKey, x509.Certificate] | None = None,
    ) -> None:
        """Take a ``delegate`` made before, make one, or sign with the CA's own key (``delegated=False``)."""
        self._authority = authority
        if delegate is not None:
            self._key, self._certificate = delegate
        else:
            self._key = new_key("p256") if delegated else authority.key
            self._certificate = self._delegate() if delegated else authority.certificate
        self._stranger = new_key("p256")

    @property
    def key(self) -> PrivateKey:
        """The key that signs the answers."""
        return self._key

    @property
    def certificate(self) -> x509.Certificate:
        """The certificate that signs the answers."""
        return self._certificate

    def respond(self, request: bytes, mode: Mode = Mode.NORMAL) -> bytes:
        """Return the DER answer to a DER request. A request that cannot be read gets ``malformedRequest``."""
        try:
            parsed = ocsp.load_der_ocsp_request(request)
        except ValueError:
            refused = ocsp.OCSPResponseBuilder.build_unsuccessful(ocsp.OCSPResponseStatus.MALFORMED_REQUEST)
            return refused.public_bytes(Encoding.DER)
        now = self._authority.clock.now().replace(microsecond=0)
        produced = now - _STALE_BY if mode is Mode.STALE else now
        entry = self._entry(parsed) if mode is not Mode.UNKNOWN else None
        builder = _single(ocsp.OCSPResponseBuilder(), parsed, entry, produced)
        builder = builder.responder_id(ocsp.OCSPResponderEncoding.HASH, self._certificate)
        builder = builder.certificates([self._certificate])
        for extension in parsed.extensions:
            if isinstance(extension.value, x509.OCSPNonce):
                builder = builder.add_extension(extension.value, critical=False)
        key = self._stranger if mode is Mode.WRONG_KEY else self._key
        return builder.sign(key, hashes.SHA256()).public_bytes(Encoding.DER)

    def answer_for(self, certificate: x509.Certificate, mode: Mode = Mode.NORMAL) -> bytes:
        """Return the answer that a client asking for ``certificate`` would get."""
        request = ocsp.OCSPRequestBuilder().add_certificate(certificate, self._authority.certificate, hashes.SHA256())
        return self.respond(request.build().public_bytes(Encoding.DER), mode)

    def _delegate(self) -> x509.Certificate:
        subject = authority_subject(f"TEST OCSP {self._authority.identifier}")
        now = self._authority.clock.now()
        validity = (now - dt.timedelta(days=1), self._authority.certificate.not_valid_after_utc)
        return self._authority.issue(Kind.OCSP, subject, self._key.public_key(), validity=validity)

    def _entry(self, request: ocsp.OCSPRequest) -> Entry | None:
        issuer = self._authority.certificate
        algorithm = request.hash_algorithm
        if request.issuer_name_hash != _digest(algorithm, issuer.subject.public_bytes()):
            return None
        if request.issuer_key_hash != _digest(algorithm, key_bits(issuer.public_key())):
            return None
        return self._authority.status(request.serial_number)


def _digest(algorithm: hashes.HashAlgorithm, data: bytes) -> bytes:
    running = hashes.Hash(algorithm)
    running.update(data)
    return running.finalize()


def _single(
    builder: ocsp.OCSPResponseBuilder, request: ocsp.OCSPRequest, entry: Entry | None, produced: dt.datetime
) -> ocsp.OCSPResponseBuilder:
    status = ocsp.OCSPCertStatus.UNKNOWN
    if entry is not None:
        status = ocsp.OCSPCertStatus.REVOKED if entry.revoked_at else ocsp.OCSPCertStatus.GOOD
    revoked = entry if entry is not None and entry.revoked_at else None
    return builder.add_response_by_hash(
        request.issuer_name_hash,
        request.issuer_key_hash,
        request.serial_number,
        request.hash_algorithm,
        status,
        produced - _CLOCK_SKEW,
        produced + OCSP_LIFETIME,
        revoked.revoked_at if revoked else None,
        revoked.reason if revoked else None,
    )


class CrlBuilder:
    """Builds one CA's CRL and keeps it until something changes or half its life is over (10,000 entries cost 0.1 s)."""

    def __init__(self, authority: CertificateAuthority) -> None:
        self._authority = authority
        self._made: tuple[frozenset[tuple[int, dt.datetime | None]], dt.datetime, bytes] | None = None
        self._stranger = new_key("p256")

    def current(self, mode: Mode = Mode.NORMAL) -> bytes:
        """Return the DER CRL."""
        now = self._authority.clock.now().replace(microsecond=0)
        entries = list(self._authority.book.revoked(self._authority.identifier))
        if mode is not Mode.NORMAL:
            produced = now - _STALE_BY if mode is Mode.STALE else now
            return self._build(entries, produced, self._stranger if mode is Mode.WRONG_KEY else self._authority.key)
        content = frozenset((entry.serial, entry.revoked_at) for entry in entries)
        if self._made and self._made[0] == content and self._made[1] <= now < self._made[1] + CRL_LIFETIME / 2:
            return self._made[2]
        self._made = (content, now, self._build(entries, now, self._authority.key))
        return self._made[2]

    def _build(self, entries: list[Entry], produced: dt.datetime, key: PrivateKey) -> bytes:
        issuer = self._authority.certificate
        builder = x509.CertificateRevocationListBuilder().issuer_name(issuer.subject)
        builder = builder.last_update(produced - _CLOCK_SKEW).next_update(produced + CRL_LIFETIME)
        own = issuer.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value
        identifier = x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(own)
        builder = builder.add_extension(identifier, critical=False)
        builder = builder.add_extension(x509.CRLNumber(int(produced.timestamp())), critical=False)
        for entry in entries:
            builder = builder.add_revoked_certificate(_revoked(entry))
        return builder.sign(key, hashes.SHA256()).public_bytes(Encoding.DER)


def _revoked(entry: Entry) -> x509.RevokedCertificate:
    if entry.revoked_at is None:
        raise AssertionError("only revoked entries are listed")
    builder = x509.RevokedCertificateBuilder().serial_number(entry.serial).revocation_date(entry.revoked_at)
    if entry.reason is not None:
        builder = builder.add_extension(x509.CRLReason(entry.reason), critical=False)
    return builder.build()
