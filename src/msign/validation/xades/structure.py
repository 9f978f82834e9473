"""A ``ds:Signature`` with its XAdES properties, taken apart but not judged (EN 319 132-1)."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from lxml import etree

from msign.pki import algorithms, keys
from msign.pki.algorithms import SignatureAlgorithm
from msign.pki.asn1 import Asn1Error
from msign.pki.certificate import ParsedCertificate, parse
from msign.validation.xades.names import digest_name, parse_time, signature_scheme
from msign.validation.xades.xml import (
    XADES_141,
    XADES_NAMESPACES,
    XmlDocument,
    children,
    decode_base64,
    ds,
    text_of,
)

MAX_REFERENCES = 256
MAX_CERTIFICATES = 64


@dataclass(frozen=True, slots=True)
class CertificateReference:
    """An element of SigningCertificate or SigningCertificateV2."""

    digest: str
    value: bytes | None
    serial: int | None

    def names(self, certificate: ParsedCertificate) -> bool:
        """Tell whether the digest is that of ``certificate``."""
        known = self.value is not None and algorithms.digest_class(self.digest) is not None
        return known and algorithms.digest(self.digest, certificate.der) == self.value


@dataclass(frozen=True)
class XadesSignature:
    """One signature; ``parent`` is the signature that a counter-signature belongs to."""

    element: etree._Element
    document: XmlDocument
    parent: XadesSignature | None = None

    @property
    def identifier(self) -> str:
        """Return the Id, or an empty string."""
        return self.element.get("Id") or ""

    def _only(self, name: str) -> etree._Element | None:
        found = self.element.findall(ds(name))
        return found[0] if len(found) == 1 else None

    @cached_property
    def signed_info(self) -> etree._Element | None:
        """Return the only SignedInfo."""
        return self._only("SignedInfo")

    @cached_property
    def value_element(self) -> etree._Element | None:
        """Return the only SignatureValue element."""
        return self._only("SignatureValue")

    @cached_property
    def key_info(self) -> etree._Element | None:
        """Return the KeyInfo."""
        return self._only("KeyInfo")

    @cached_property
    def value(self) -> bytes | None:
        """Return the signature value; ``None`` if it is not base64."""
        element = self.value_element
        return decode_base64("".join(str(t) for t in element.itertext())) if element is not None else None

    @cached_property
    def references(self) -> list[etree._Element]:
        """Return the references of SignedInfo."""
        return self.signed_info.findall(ds("Reference")) if self.signed_info is not None else []

    def _algorithm(self, name: str) -> str:
        element = self.signed_info.find(ds(name)) if self.signed_info is not None else None
        return element.get("Algorithm", "") if element is not None else ""

    @cached_property
    def canonicalisation(self) -> str:
        """Return the canonicalisation of SignedInfo."""
        return self._algorithm("CanonicalizationMethod")

    @cached_property
    def scheme(self) -> SignatureAlgorithm | None:
        """Return the signature scheme."""
        return signature_scheme(self._algorithm("SignatureMethod"))

    @cached_property
    def objects(self) -> list[etree._Element]:
        """Return the ds:Object children."""
        return self.element.findall(ds("Object"))

    @cached_property
    def qualifying(self) -> list[etree._Element]:
        """Return the QualifyingProperties in the signature's own objects; there must be at most one."""
        names = {f"{{{space}}}QualifyingProperties" for space in XADES_NAMESPACES}
        return [child for item in self.objects for child in children(item) if child.tag in names]

    @cached_property
    def namespace(self) -> str:
        """Return the XAdES namespace in use."""
        tag = str(self.qualifying[0].tag) if self.qualifying else ""
        return tag[1:].partition("}")[0] or XADES_NAMESPACES[0]

    def q(self, name: str) -> str:
        """Return a qualified name in the XAdES namespace in use."""
        return f"{{{self.namespace}}}{name}"

    @cached_property
    def signed_properties(self) -> etree._Element | None:
        """Return SignedProperties."""
        return self.qualifying[0].find(self.q("SignedProperties")) if self.qualifying else None

    @cached_property
    def _signed_signature_properties(self) -> etree._Element | None:
        holder = self.signed_properties
        return holder.find(self.q("SignedSignatureProperties")) if holder is not None else None

    @cached_property
    def unsigned(self) -> list[etree._Element]:
        """Return the unsigned signature properties in document order."""
        path = f"{self.q('UnsignedProperties')}/{self.q('UnsignedSignatureProperties')}"
        holder = self.qualifying[0].find(path) if self.qualifying else None
        return children(holder) if holder is not None else []

    def unsigned_named(self, name: str, *, newer: bool = False) -> list[etree._Element]:
        """Return unsigned properties of one name; ``newer`` = those of the 1.4.1 namespace."""
        tag = f"{{{XADES_141}}}{name}" if newer else self.q(name)
        return [item for item in self.unsigned if item.tag == tag]

    @cached_property
    def signing_time(self) -> dt.datetime | None:
        """Return the claimed signing time."""
        holder = self._signed_signature_properties
        return parse_time(holder.findtext(self.q("SigningTime")) or "") if holder is not None else None

    @property
    def has_policy(self) -> bool:
        """Tell whether an explicit signature policy is named."""
        holder = self._signed_signature_properties
        path = f"{self.q('SignaturePolicyIdentifier')}/{self.q('SignaturePolicyId')}"
        return holder is not None and holder.find(path) is not None

    @cached_property
    def certificate_references(self) -> tuple[CertificateReference, ...]:
        """Return what SigningCertificate and SigningCertificateV2 name."""
        holder = self._signed_signature_properties
        found = []
        for name in ("SigningCertificate", "SigningCertificateV2"):
            element = holder.find(self.q(name)) if holder is not None else None
            found += [self._certificate_reference(item) for item in children(element)] if element is not None else []
        return tuple(found[:MAX_CERTIFICATES])

    def _certificate_reference(self, item: etree._Element) -> CertificateReference:
        method = item.find(f"{self.q('CertDigest')}/{ds('DigestMethod')}")
        value = item.findtext(f"{self.q('CertDigest')}/{ds('DigestValue')}") or ""
        serial = (item.findtext(f"{self.q('IssuerSerial')}/{ds('X509SerialNumber')}") or "").strip()
        return CertificateReference(
            digest_name(method.get("Algorithm") if method is not None else None),
            decode_base64(value),
            int(serial) if re.fullmatch(r"-?\d{1,60}", serial) else None,
        )

    @cached_property
    def key_info_certificates(self) -> tuple[ParsedCertificate, ...]:
        """Return the readable certificates in KeyInfo."""
        path = f"{ds('X509Data')}/{ds('X509Certificate')}"
        found = self.key_info.findall(path) if self.key_info is not None else []
        return tuple(_certificates(found))

    @cached_property
    def bare_key(self) -> keys.PublicKey | None:
        """Return an RSA KeyValue; a value may be checked with it, but it says nothing about who signed."""
        holder = self.key_info.find(f"{ds('KeyValue')}/{ds('RSAKeyValue')}") if self.key_info is not None else None
        if holder is None:
            return None
        parts = [decode_base64(holder.findtext(ds(name)) or "") for name in ("Modulus", "Exponent")]
        return keys.rsa_key(parts[0], parts[1]) if parts[0] and parts[1] else None

    @cached_property
    def embedded_certificates(self) -> tuple[ParsedCertificate, ...]:
        """Return the certificates in CertificateValues and TimeStampValidationData."""
        return tuple(_certificates(self._encapsulated("EncapsulatedX509Certificate")))

    @cached_property
    def embedded_ocsp(self) -> tuple[bytes, ...]:
        """Return the OCSP responses among the unsigned properties."""
        return tuple(_decoded(self._encapsulated("EncapsulatedOCSPValue")))

    @cached_property
    def embedded_crls(self) -> tuple[bytes, ...]:
        """Return the CRLs among the unsigned properties."""
        return tuple(_decoded(self._encapsulated("EncapsulatedCRLValue")))

    def _encapsulated(self, name: str) -> list[etree._Element]:
        """Evidence of this signature only: counter-signatures bring their own."""
        counter = self.q("CounterSignature")
        holders = [item for item in self.unsigned if item.tag != counter]
        return [found for item in holders for found in item.iter(self.q(name))][:512]

    def counter_signatures(self) -> Iterator[etree._Element]:
        """Yield the signatures inside CounterSignature properties."""
        for holder in self.unsigned_named("CounterSignature"):
            yield from holder.findall(ds("Signature"))


def _certificates(elements: list[etree._Element]) -> Iterator[ParsedCertificate]:
    for der in _decoded(elements[:MAX_CERTIFICATES]):
        try:
            yield parse(der)
        except Asn1Error:
            continue


def _decoded(elements: list[etree._Element]) -> Iterator[bytes]:
    for element in elements:
        value = decode_base64(text_of(element))
        if value:
            yield value


def find_signatures(document: XmlDocument) -> list[XadesSignature]:
    """Return every signature of a document with its counter-signatures right behind it, in document order.

    Signatures inside the objects of another signature are content, not signatures of this document; so are those in
    other foreign places of a signature.
    """
    found: list[XadesSignature] = []
    for element in document.root.iter(ds("Signature")):
        if not any(ancestor.tag == ds("Signature") for ancestor in element.iterancestors()):
            found += _with_counter_signatures(XadesSignature(element, document), depth=0)
    return found


def _with_counter_signatures(signature: XadesSignature, depth: int) -> list[XadesSignature]:
    found = [signature]
    if depth < 4:
        for element in signature.counter_signatures():
            found += _with_counter_signatures(XadesSignature(element, signature.document, signature), depth + 1)
    return found
