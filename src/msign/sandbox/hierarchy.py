"""The certification authorities of the sandbox and how they hang together.

root ── qualified ── persons with qualified certificates
   └─── time-stamp unit
systems    (own root) ── information systems: what the API listeners trust
advanced   (own root) ── persons with certificates of a non-qualified provider
tls        (own root) ── servers of this machine
untrusted  (own root) ── nobody trusts it; for refusals
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from msign.kernel.clock import Clock
from msign.sandbox.authority import CertificateAuthority, new_key
from msign.sandbox.book import Book
from msign.sandbox.profiles import Addresses, Kind, authority_subject
from msign.sandbox.timestamp import TimeStampAuthority

Validity = tuple[dt.datetime, dt.datetime]

ROOTS = {
    "root": "TEST Trust Root CA",
    "systems": "TEST eSystem Trust CA",
    "advanced": "TEST Advanced CA",
    "tls": "TEST Local Server CA",
    "untrusted": "TEST Untrusted CA",
}
QUALIFIED = ("qualified", "TEST QSign CA")
TIMESTAMP_UNIT = "TEST QTSA"


@dataclass(frozen=True, slots=True)
class Hierarchy:
    """Every authority by its identifier, and the time-stamp unit."""

    authorities: Mapping[str, CertificateAuthority]
    tsa: TimeStampAuthority

    def __getitem__(self, identifier: str) -> CertificateAuthority:
        return self.authorities[identifier]

    def issuer_of(self, certificate: x509.Certificate) -> CertificateAuthority:
        """Return the authority whose name and key made ``certificate``. Raises ``KeyError`` for a foreign one."""
        for authority in self.authorities.values():
            if authority.certificate.subject == certificate.issuer:
                return authority
        raise KeyError(certificate.issuer.rfc4514_string())


def addresses(base: str, identifier: str) -> Addresses:
    """Return where the authority answers below ``base``; the layout is that of the national services."""
    return Addresses(
        ocsp=f"{base}/ocsp/{identifier}", crl=f"{base}/crl/{identifier}.crl", issuer=f"{base}/cert/{identifier}.crt"
    )


def create(
    *,
    base: str,
    book: Book,
    clock: Clock,
    validity: Validity,
    keys: Mapping[str, str],
    default_key: str = "p256",
    tsa_algorithms: Iterable[str] = ("sha256",),
) -> Hierarchy:
    """Return a new hierarchy. ``keys`` names the key kind per identifier (``tsa`` included)."""
    authorities = {
        identifier: CertificateAuthority.create_root(
            identifier,
            authority_subject(title),
            key=new_key(keys.get(identifier, default_key)),
            book=book,
            clock=clock,
            addresses=addresses(base, identifier),
            validity=validity,
        )
        for identifier, title in ROOTS.items()
    }
    identifier, title = QUALIFIED
    root = authorities["root"]
    authorities[identifier] = root.create_subordinate(
        identifier,
        authority_subject(title),
        key=new_key(keys.get(identifier, default_key)),
        addresses=addresses(base, identifier),
        validity=validity,
    )
    key = new_key(keys.get("tsa", default_key))
    certificate = root.issue(Kind.TIMESTAMP, authority_subject(TIMESTAMP_UNIT), key.public_key(), validity=validity)
    tsa = TimeStampAuthority(
        key=key, certificate=certificate, chain=root.chain, clock=clock, algorithms=tuple(tsa_algorithms)
    )
    return Hierarchy(authorities, tsa)


def write_trust_folder(hierarchy: Hierarchy, folder: Path) -> Path:
    """Write the folder that ``TrustStore.from_folder`` reads, and return it.

    The qualified CA is an anchor itself, as on a trusted list: what else the root signs is not thereby qualified.
    """
    roles = {
        "signers-qualified": hierarchy["qualified"].certificate,
        "signers-advanced": hierarchy["advanced"].certificate,
        "tsa": hierarchy["root"].certificate,
        "systems": hierarchy["systems"].certificate,
        "intermediates": hierarchy["qualified"].certificate,
    }
    for role, certificate in roles.items():
        place = folder / role
        place.mkdir(parents=True, exist_ok=True)
        common = certificate.subject.get_attributes_for_oid(x509.NameOID.COMMON_NAME)[0].value
        name = str(common).lower().replace(" ", "-")
        (place / f"{name}.pem").write_bytes(certificate.public_bytes(Encoding.PEM))
    return folder
