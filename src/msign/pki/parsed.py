"""A certificate as data (RFC 5280 clause 4), read by our own bounded reader and lazily, field by field."""

from __future__ import annotations

import datetime as dt
import hashlib
from dataclasses import dataclass
from functools import cached_property

from msign.pki import asn1, keys, names
from msign.pki import extensions as ext
from msign.pki.algorithms import SignatureAlgorithm
from msign.pki.names import Name


@dataclass(frozen=True)
class ParsedCertificate:
    """A certificate as data. Two are equal if their bytes are. Raises ``Asn1Error`` lazily for broken extensions."""

    der: bytes

    def __hash__(self) -> int:
        return self._hash

    @cached_property
    def _hash(self) -> int:
        return hash(self.der)

    @cached_property
    def _outer(self) -> list[asn1.Node]:
        parts = asn1.read_all(self.der).children()
        if len(parts) != 3:
            raise asn1.Asn1Error("not a certificate")
        return parts

    @cached_property
    def _tbs(self) -> list[asn1.Node]:
        fields = self._outer[0].expect(asn1.SEQUENCE).children()
        if fields and fields[0].tag != 0xA0:
            fields.insert(0, asn1.read(b"\xa0\x03\x02\x01\x00"))
        if len(fields) < 7:
            raise asn1.Asn1Error("not a certificate")
        return fields

    @cached_property
    def version(self) -> int:
        """Return the version, 1 to 3."""
        return self._tbs[0].inner().integer() + 1

    @cached_property
    def tbs(self) -> bytes:
        """Return the bytes that the issuer signed."""
        return self._outer[0].raw

    @cached_property
    def serial(self) -> int:
        """Return the serial number; negative ones exist."""
        return self._tbs[1].expect(asn1.INTEGER).integer()

    @cached_property
    def signature_scheme(self) -> SignatureAlgorithm | None:
        """Return how the issuer signed; ``None`` if unknown or if inner and outer identifier differ (4.1.1.2)."""
        if self._tbs[2].raw != self._outer[1].raw:
            return None
        return keys.signature_algorithm(self._outer[1])

    @cached_property
    def signature(self) -> bytes:
        """Return the issuer's signature value."""
        return self._outer[2].bits()

    @cached_property
    def issuer(self) -> Name:
        """Return the issuer's name."""
        return names.parse_name(self._tbs[3].raw)

    @cached_property
    def subject(self) -> Name:
        """Return the subject's name."""
        return names.parse_name(self._tbs[5].raw)

    @cached_property
    def not_before(self) -> dt.datetime:
        """Return the first moment of validity."""
        return self._tbs[4].children()[0].time()

    @cached_property
    def not_after(self) -> dt.datetime:
        """Return the last moment of validity."""
        return self._tbs[4].children()[1].time()

    @cached_property
    def spki(self) -> bytes:
        """Return the SubjectPublicKeyInfo."""
        return self._tbs[6].raw

    @cached_property
    def key_bits(self) -> bytes:
        """Return the octets of the subjectPublicKey BIT STRING (what OCSP and key identifiers hash)."""
        return self._tbs[6].children()[1].bits()

    @cached_property
    def public_key(self) -> keys.PublicKey | None:
        """Return the key; ``None`` if it cannot be used by itself (see :func:`msign.pki.keys.load_key`)."""
        return keys.load_key(self.spki)

    @cached_property
    def extensions(self) -> dict[str, ext.Extension]:
        """Return the extensions by identifier."""
        holder = next((field for field in self._tbs[7:] if field.tag == 0xA3), None)
        return {e.oid: e for e in ext.parse_extensions(holder.inner())} if holder else {}

    def _value(self, oid: str) -> asn1.Node | None:
        found = self.extensions.get(oid)
        return asn1.read(found.value) if found else None

    @cached_property
    def is_ca(self) -> bool:
        """Tell whether basic constraints say CA."""
        value = self._value(ext.BASIC_CONSTRAINTS)
        parts = value.children() if value else []
        return bool(parts) and parts[0].tag == asn1.BOOLEAN and parts[0].boolean()

    @cached_property
    def path_length(self) -> int | None:
        """Return the path length constraint, if any."""
        value = self._value(ext.BASIC_CONSTRAINTS)
        numbers = [p.integer() for p in value.children() if p.tag == asn1.INTEGER] if value else []
        return numbers[0] if numbers else None

    @cached_property
    def key_usage(self) -> frozenset[int] | None:
        """Return the set bits of keyUsage (0 digitalSignature, 1 nonRepudiation, 5 keyCertSign, 6 cRLSign)."""
        value = self._value(ext.KEY_USAGE)
        return value.bit_set() if value else None

    @cached_property
    def extended_key_usage(self) -> frozenset[str] | None:
        """Return the purposes of extKeyUsage."""
        value = self._value(ext.EXTENDED_KEY_USAGE)
        return frozenset(item.oid() for item in value.iterate()) if value else None

    @cached_property
    def subject_key_id(self) -> bytes | None:
        """Return the subject key identifier."""
        value = self._value(ext.SUBJECT_KEY_IDENTIFIER)
        return value.octets() if value else None

    @cached_property
    def authority_key_id(self) -> bytes | None:
        """Return the key identifier of the authority key identifier."""
        value = self._value(ext.AUTHORITY_KEY_IDENTIFIER)
        return next((p.value for p in value.iterate() if p.number == 0), None) if value else None

    @cached_property
    def policies(self) -> tuple[str, ...]:
        """Return the certificate policies."""
        value = self._value(ext.CERTIFICATE_POLICIES)
        return tuple(item.children()[0].oid() for item in value.iterate()) if value else ()

    @cached_property
    def policy_mappings(self) -> tuple[tuple[str, str], ...]:
        """Return pairs of issuer domain and subject domain policy."""
        value = self._value(ext.POLICY_MAPPINGS)
        pairs = [item.children() for item in value.iterate()] if value else []
        return tuple((pair[0].oid(), pair[1].oid()) for pair in pairs)

    @cached_property
    def policy_constraints(self) -> tuple[int | None, int | None]:
        """Return requireExplicitPolicy and inhibitPolicyMapping."""
        value = self._value(ext.POLICY_CONSTRAINTS)
        found = {p.number: int.from_bytes(p.value, "big") for p in value.iterate()} if value else {}
        return found.get(0), found.get(1)

    @cached_property
    def inhibit_any_policy(self) -> int | None:
        """Return inhibitAnyPolicy."""
        value = self._value(ext.INHIBIT_ANY_POLICY)
        return value.integer() if value else None

    @cached_property
    def name_constraints(self) -> ext.NameConstraints | None:
        """Return the name constraints."""
        found = self.extensions.get(ext.NAME_CONSTRAINTS)
        return ext.name_constraints(found.value) if found else None

    @cached_property
    def alternative_names(self) -> tuple[ext.GeneralName, ...]:
        """Return the subject alternative names."""
        value = self._value(ext.SUBJECT_ALTERNATIVE_NAME)
        return ext.general_names(value) if value else ()

    @cached_property
    def distribution_points(self) -> tuple[ext.DistributionPoint, ...]:
        """Return where CRLs for this certificate are."""
        found = self.extensions.get(ext.CRL_DISTRIBUTION_POINTS)
        return ext.distribution_points(found.value) if found else ()

    @cached_property
    def freshest_crl(self) -> tuple[ext.DistributionPoint, ...]:
        """Return where delta CRLs are."""
        found = self.extensions.get(ext.FRESHEST_CRL)
        return ext.distribution_points(found.value) if found else ()

    def access_urls(self, method: str) -> tuple[str, ...]:
        """Return the addresses of one access method of authorityInfoAccess."""
        value = self._value(ext.AUTHORITY_INFORMATION_ACCESS)
        pairs = [item.children() for item in value.iterate()] if value else []
        return tuple(p[1].value.decode("latin-1") for p in pairs if p[0].oid() == method and p[1].number == ext.URI)

    @property
    def ocsp_urls(self) -> tuple[str, ...]:
        """Return the addresses of OCSP responders."""
        return self.access_urls("1.3.6.1.5.5.7.48.1")

    @property
    def issuer_urls(self) -> tuple[str, ...]:
        """Return the addresses of the issuer's certificate."""
        return self.access_urls("1.3.6.1.5.5.7.48.2")

    @cached_property
    def ocsp_no_check(self) -> bool:
        """Tell whether an OCSP responder's certificate needs no revocation check (RFC 6960 clause 4.2.2.2.1)."""
        return ext.OCSP_NO_CHECK in self.extensions

    @cached_property
    def qc_statements(self) -> frozenset[str]:
        """Return the identifiers of the qualified-certificate statements (EN 319 412-5)."""
        value = self._value(ext.QC_STATEMENTS)
        return frozenset(item.children()[0].oid() for item in value.iterate()) if value else frozenset()

    @cached_property
    def self_issued(self) -> bool:
        """Tell whether issuer and subject are the same name."""
        return self.issuer.key == self.subject.key

    @cached_property
    def sha256(self) -> bytes:
        """Return the SHA-256 of the whole certificate."""
        return hashlib.sha256(self.der).digest()

    def valid_at(self, at: dt.datetime) -> bool:
        """Tell whether ``at`` lies within notBefore and notAfter."""
        return self.not_before <= at <= self.not_after

    def check(self) -> ParsedCertificate:
        """Read every field that path validation needs and return itself; raises ``Asn1Error`` for what is broken."""
        _ = (self.version, self.serial, self.issuer, self.subject, self.not_before, self.not_after, self.key_bits)
        _ = (self.signature, self.extensions)
        return self
