"""Certificate revocation lists as data (RFC 5280 clause 5)."""

from __future__ import annotations

import datetime as dt
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache

from cryptography import x509
from cryptography.utils import CryptographyDeprecationWarning

from msign.pki import asn1, keys
from msign.pki import extensions as ext
from msign.pki.algorithms import SignatureAlgorithm
from msign.pki.names import Name, parse_name

MAX_CRL_BYTES = 20 * 1024 * 1024
HOLD, REMOVE_FROM_CRL = 6, 8

_UNDERSTOOD = frozenset({
    ext.AUTHORITY_KEY_IDENTIFIER, ext.CRL_NUMBER, ext.DELTA_CRL_INDICATOR, ext.ISSUING_DISTRIBUTION_POINT,
    ext.FRESHEST_CRL, ext.AUTHORITY_INFORMATION_ACCESS,
})  # fmt: skip
_REASONS = {"keyCompromise": 1, "cACompromise": 2, "certificateHold": HOLD, "removeFromCRL": REMOVE_FROM_CRL}
_EXPIRED_CERTS_ON_CRL = "2.5.29.60"
_ENTRY_UNDERSTOOD = frozenset({ext.REASON_CODE, ext.CERTIFICATE_ISSUER, "2.5.29.24", "2.5.29.23"})


@dataclass(frozen=True, slots=True)
class CrlEntry:
    """One revoked certificate: when, why; ``usable`` is false for an entry with an unknown critical extension."""

    revoked_at: dt.datetime
    reason: int = 0
    usable: bool = True


@dataclass(frozen=True)
class ParsedCrl:
    """A CRL as data; equal if the bytes are."""

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
            raise asn1.Asn1Error("not a revocation list")
        return parts

    @cached_property
    def _fields(self) -> dict[str, asn1.Node]:
        """TBSCertList by name; version, nextUpdate, entries and extensions are optional."""
        items = self._outer[0].expect(asn1.SEQUENCE).children()
        if items and items[0].tag == asn1.INTEGER:
            items.pop(0)
        fields = dict(zip(("scheme", "issuer", "this"), items, strict=False))
        if len(fields) < 3:
            raise asn1.Asn1Error("not a revocation list")
        for item in items[3:]:
            is_time = item.tag in (asn1.UTC_TIME, asn1.GENERALIZED_TIME)
            fields["next" if is_time else "extensions" if item.tag == 0xA0 else "entries"] = item
        return fields

    @cached_property
    def tbs(self) -> bytes:
        """Return the signed bytes."""
        return self._outer[0].raw

    @cached_property
    def signature_scheme(self) -> SignatureAlgorithm | None:
        """Return how it was signed; ``None`` if unknown or if the two identifiers differ."""
        same = self._fields["scheme"].raw == self._outer[1].raw
        return keys.signature_algorithm(self._outer[1]) if same else None

    @cached_property
    def signature(self) -> bytes:
        """Return the signature value."""
        return self._outer[2].bits()

    @cached_property
    def issuer(self) -> Name:
        """Return who issued the list."""
        return parse_name(self._fields["issuer"].raw)

    @cached_property
    def this_update(self) -> dt.datetime:
        """Return when it was issued."""
        return self._fields["this"].time()

    @cached_property
    def next_update(self) -> dt.datetime | None:
        """Return when the next one is due."""
        node = self._fields.get("next")
        return node.time() if node else None

    @cached_property
    def extensions(self) -> dict[str, ext.Extension]:
        """Return the extensions by identifier."""
        node = self._fields.get("extensions")
        return {e.oid: e for e in ext.parse_extensions(node.inner())} if node else {}

    @cached_property
    def understood(self) -> bool:
        """Tell whether no critical extension is unknown (clause 5.2)."""
        return all(e.oid in _UNDERSTOOD for e in self.extensions.values() if e.critical)

    @cached_property
    def distribution(self) -> ext.IssuingDistributionPoint | None:
        """Return the issuing distribution point."""
        found = self.extensions.get(ext.ISSUING_DISTRIBUTION_POINT)
        return ext.issuing_distribution_point(found.value) if found else None

    @cached_property
    def freshest_crl(self) -> tuple[ext.DistributionPoint, ...]:
        """Return where its delta lists are."""
        found = self.extensions.get(ext.FRESHEST_CRL)
        return ext.distribution_points(found.value) if found else ()

    def _number(self, oid: str) -> int | None:
        found = self.extensions.get(oid)
        return asn1.read(found.value).integer() if found else None

    @property
    def number(self) -> int | None:
        """Return the CRL number."""
        return self._number(ext.CRL_NUMBER)

    @property
    def base_number(self) -> int | None:
        """Return the base CRL number: present in delta lists only."""
        return self._number(ext.DELTA_CRL_INDICATOR)

    @cached_property
    def authority_key_id(self) -> bytes | None:
        """Return the key identifier of the issuer's key."""
        found = self.extensions.get(ext.AUTHORITY_KEY_IDENTIFIER)
        parts = asn1.read(found.value).iterate() if found else iter(())
        return next((p.value for p in parts if p.number == 0), None)

    @property
    def keeps_expired(self) -> bool:
        """Tell whether expired certificates stay listed (expiredCertsOnCRL, X.509)."""
        return _EXPIRED_CERTS_ON_CRL in self.extensions

    @cached_property
    def _indirect_entries(self) -> Mapping[tuple[object, int], CrlEntry]:
        """Entries by certificate issuer and serial; the issuer carries over from entry to entry (clause 5.3.3)."""
        table: dict[tuple[object, int], CrlEntry] = {}
        issuer: object = self.issuer.key
        node = self._fields.get("entries")
        for item in node.iterate() if node else ():
            parts = item.children()
            extensions = {e.oid: e for e in ext.parse_extensions(parts[2])} if len(parts) > 2 else {}
            if found := extensions.get(ext.CERTIFICATE_ISSUER):
                given = [n.name for n in ext.general_names(asn1.read(found.value)) if n.name is not None]
                issuer = given[0].key if given else issuer
            table[issuer, parts[0].integer()] = _entry(parts, extensions)
        return table

    @cached_property
    def _direct(self) -> x509.CertificateRevocationList | None:
        """The same list in ``cryptography``: finding one serial among thousands is its business."""
        try:
            return x509.load_der_x509_crl(self.der)
        except (ValueError, x509.InvalidVersion):
            return None

    def entry(self, issuer: Name, serial: int) -> CrlEntry | None:
        """Return the entry of a certificate, ``None`` if it is not listed."""
        indirect = self.distribution is not None and self.distribution.indirect
        if indirect or self._direct is None or serial <= 0:
            return self._indirect_entries.get((issuer.key, serial))
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", CryptographyDeprecationWarning)
            found = self._direct.get_revoked_certificate_by_serial_number(serial)
        return _direct_entry(found) if found is not None else None

    def check(self) -> ParsedCrl:
        """Read what every use needs and return itself; raises ``Asn1Error``."""
        _ = (self.issuer, self.this_update, self.next_update, self.signature, self.extensions, self.distribution)
        return self


def _entry(parts: list[asn1.Node], extensions: dict[str, ext.Extension]) -> CrlEntry:
    reason = extensions.get(ext.REASON_CODE)
    return CrlEntry(
        parts[1].time(),
        asn1.read(reason.value).integer() if reason else 0,
        all(e.oid in _ENTRY_UNDERSTOOD for e in extensions.values() if e.critical),
    )


def _direct_entry(found: x509.RevokedCertificate) -> CrlEntry:
    try:
        extensions = found.extensions
    except (ValueError, x509.DuplicateExtension):
        return CrlEntry(found.revocation_date_utc, usable=False)
    reason = next((e.value.reason for e in extensions if isinstance(e.value, x509.CRLReason)), None)
    usable = all(e.oid.dotted_string in _ENTRY_UNDERSTOOD for e in extensions if e.critical)
    return CrlEntry(found.revocation_date_utc, _REASONS.get(reason.value, 0) if reason else 0, usable)


@lru_cache(maxsize=512)
def parse_crl(der: bytes) -> ParsedCrl:
    """Return the one shared reading of a CRL. Raises ``Asn1Error``."""
    if len(der) > MAX_CRL_BYTES:
        raise asn1.Asn1Error("a revocation list of more than 20 MB")
    return ParsedCrl(der).check()


def crl_signed_by(crl: ParsedCrl, key: keys.PublicKey) -> bool:
    """Tell whether the list was signed with ``key``. Cached: large lists are used again and again."""
    return _signed_by(crl, keys.KeyIdentity(key))


@lru_cache(maxsize=2048)
def _signed_by(crl: ParsedCrl, identity: keys.KeyIdentity) -> bool:
    scheme = crl.signature_scheme
    return scheme is not None and keys.verify(identity.key, scheme, crl.signature, crl.tbs)
