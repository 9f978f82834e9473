"""CMS SignedData (RFC 5652) written by hand, with the attributes of CAdES baseline signatures (EN 319 122-1)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from functools import lru_cache

from msign.pki import der
from msign.signing.algorithms import Digest, SignatureAlgorithm
from msign.signing.certificates import SigningCertificate

ID_DATA = "1.2.840.113549.1.7.1"
ID_SIGNED_DATA = "1.2.840.113549.1.7.2"
ID_CONTENT_TYPE = "1.2.840.113549.1.9.3"
ID_MESSAGE_DIGEST = "1.2.840.113549.1.9.4"
ID_SIGNING_TIME = "1.2.840.113549.1.9.5"
ID_SIGNING_CERTIFICATE_V2 = "1.2.840.113549.1.9.16.2.47"
ID_SIGNATURE_TIMESTAMP = "1.2.840.113549.1.9.16.2.14"


def attribute(kind: str, *values: bytes) -> bytes:
    """Return an Attribute with its values."""
    return der.sequence(der.oid(kind), der.set_of(values))


_CONTENT_IS_DATA = attribute(ID_CONTENT_TYPE, der.oid(ID_DATA))


def signed_attributes(content_digest: bytes, certificate: SigningCertificate, *, extra: Sequence[bytes] = ()) -> bytes:
    """Return the SET OF signed attributes, the very bytes that are signed (RFC 5652 clause 5.4).

    contentType, messageDigest and signingCertificateV2 (EN 319 122-1 clause 5.2.2.3), and ``extra`` encoded ones.
    """
    return der.set_of(
        (
            _CONTENT_IS_DATA,
            attribute(ID_MESSAGE_DIGEST, der.octet_string(content_digest)),
            certificate_attribute(certificate),
            *extra,
        )
    )


@lru_cache(maxsize=512)
def certificate_attribute(certificate: SigningCertificate) -> bytes:
    """Return the signingCertificateV2 attribute (RFC 5035 clause 3) that binds a signature to one certificate."""
    # hashAlgorithm is left out: SHA-256 is its default, and DER forbids writing defaults.
    identifier = der.sequence(der.octet_string(certificate.sha256), certificate.issuer_serial)
    return attribute(ID_SIGNING_CERTIFICATE_V2, der.sequence(der.sequence(identifier)))


def signed_data(
    *,
    attributes: bytes,
    value: bytes,
    digest: Digest,
    algorithm: SignatureAlgorithm,
    certificate: SigningCertificate,
    chain: Iterable[bytes] = (),
    unsigned: Sequence[bytes] = (),
    content: bytes | None = None,
) -> bytes:
    """Return SignedData in a ContentInfo: one signer, its certificate and issuers, unsigned attributes.

    Detached unless an encoded EncapsulatedContentInfo is given as ``content``.

    ``attributes`` is the SET from ``signed_attributes``. The value is taken as it is; check it before.
    """
    signer_info = der.sequence(
        der.integer(1),
        certificate.issuer_and_serial,
        digest.identifier,
        b"\xa0" + attributes[1:],  # SET OF becomes [0] IMPLICIT
        algorithm.identifier,
        der.octet_string(value),
        *([der.tlv(0xA1, *sorted(unsigned))] if unsigned else []),
    )
    return der.sequence(
        der.oid(ID_SIGNED_DATA),
        der.explicit(
            0,
            der.sequence(
                der.integer(1 if content is None else 3),
                der.set_of([digest.identifier]),
                content or der.sequence(der.oid(ID_DATA)),
                der.tlv(0xA0, *sorted({certificate.encoded, *chain})),
                der.set_of([signer_info]),
            ),
        ),
    )


def signing_time(moment: dt.datetime) -> bytes:
    """Return the signed attribute of the claimed time (EN 319 122-1 clause 5.2.1); UTCTime as RFC 5652 wants it."""
    text = moment.astimezone(dt.UTC).strftime("%y%m%d%H%M%SZ")
    return attribute(ID_SIGNING_TIME, der.tlv(der.UTC_TIME, text.encode("ascii")))


def signature_timestamp(token: bytes) -> bytes:
    """Return the unsigned attribute that carries a TimeStampToken over the signature value (EN 319 122-1, 5.3)."""
    return attribute(ID_SIGNATURE_TIMESTAMP, token)
