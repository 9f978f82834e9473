"""What the sandbox writes into certificates: subjects in the observed shapes, policies, extensions by kind.

Every name is invented and says TEST; policies live under the example arc 2.999 (ITU-T X.660), never under a real one.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass

from asn1crypto import core
from cryptography import x509
from cryptography.x509.oid import AuthorityInformationAccessOID, ExtendedKeyUsageOID, NameOID

TEST_ARC = "2.999.498"
QUALIFIED_POLICY = f"{TEST_ARC}.1.1"
ADVANCED_POLICY = f"{TEST_ARC}.1.2"
TIMESTAMP_POLICY = f"{TEST_ARC}.2.1"
SYSTEM_POLICY = f"{TEST_ARC}.3.1"

_QC_STATEMENTS = x509.ObjectIdentifier("1.3.6.1.5.5.7.1.3")
_OCSP_NO_CHECK = x509.OCSPNoCheck()
_FOR_SIGNATURES, _FOR_SEALS = "0.4.0.1862.1.6.1", "0.4.0.1862.1.6.2"  # EN 319 412-5 clause 4.2.3


class Kind(enum.StrEnum):
    """What a certificate is for; decides its extensions."""

    AUTHORITY = "authority"
    QUALIFIED_PERSON = "qualified-person"
    ADVANCED_PERSON = "advanced-person"
    SEAL = "seal"
    SYSTEM = "system"
    TLS_SERVER = "tls-server"
    TIMESTAMP = "timestamp"
    OCSP = "ocsp"


@dataclass(frozen=True, slots=True)
class Addresses:
    """Where a certificate says that its issuer answers; empty ones are left out."""

    ocsp: str = ""
    crl: str = ""
    issuer: str = ""


def name(*parts: tuple[x509.ObjectIdentifier, str]) -> x509.Name:
    """Return a subject with one attribute per RDN, encoded in the given order."""
    return x509.Name([x509.NameAttribute(oid, value) for oid, value in parts])


def authority_subject(common_name: str) -> x509.Name:
    """Return a CA subject in the order of the national CAs: C, L, O, CN, organizationIdentifier."""
    return name(
        (NameOID.COUNTRY_NAME, "MD"),
        (NameOID.LOCALITY_NAME, "Chișinău"),
        (NameOID.ORGANIZATION_NAME, "TEST Autoritatea Model"),
        (NameOID.COMMON_NAME, common_name),
        (NameOID.ORGANIZATION_IDENTIFIER, "NTRMD-1000000000007"),
    )


def person_subject(
    given: str, surname: str, idnp: str, *, organisation: str = "", idno: str = "", prefix: str = "PNOMD-"
) -> x509.Name:
    """Return a person's subject in the new form (EN 319 412-1): PNOMD- and, for a representative, NTRMD-."""
    parts = [(NameOID.COUNTRY_NAME, "MD")]
    if organisation:
        parts.append((NameOID.ORGANIZATION_NAME, organisation))
    parts += [
        (NameOID.SURNAME, surname),
        (NameOID.GIVEN_NAME, given),
        (NameOID.SERIAL_NUMBER, f"{prefix}{idnp}"),
        (NameOID.COMMON_NAME, f"{given} {surname}"),
    ]
    if idno:
        parts.append((NameOID.ORGANIZATION_IDENTIFIER, f"NTRMD-{idno}"))
    return name(*parts)


def old_person_subject(given: str, surname: str, idnp: str, organisation: str, idno: str, title: str) -> x509.Name:
    """Return a person's subject in the old form: CN first, C last, bare 13 digits, IDNO as last word of O."""
    return name(
        (NameOID.COMMON_NAME, f"{surname} {given}"),
        (NameOID.SERIAL_NUMBER, idnp),
        (NameOID.GIVEN_NAME, given),
        (NameOID.SURNAME, surname),
        (NameOID.TITLE, title),
        (NameOID.EMAIL_ADDRESS, "persoana@exemplu.test"),
        (NameOID.ORGANIZATIONAL_UNIT_NAME, "Secția modele"),
        (NameOID.ORGANIZATION_NAME, f"{organisation} {idno}"),
        (NameOID.LOCALITY_NAME, "Chișinău"),
        (NameOID.COUNTRY_NAME, "MD"),
    )


def seal_subject(common_name: str, organisation: str, idno: str) -> x509.Name:
    """Return the subject of a legal person's seal (EN 319 412-3 clause 4.2.1)."""
    return name(
        (NameOID.COUNTRY_NAME, "MD"),
        (NameOID.ORGANIZATION_NAME, organisation),
        (NameOID.ORGANIZATION_IDENTIFIER, f"NTRMD-{idno}"),
        (NameOID.COMMON_NAME, common_name),
    )


def system_subject(common_name: str, organisation: str, idno: str) -> x509.Name:
    """Return the subject of an information system's certificate."""
    return name(
        (NameOID.COMMON_NAME, common_name),
        (NameOID.ORGANIZATION_NAME, f"{organisation} {idno}"),
        (NameOID.COUNTRY_NAME, "MD"),
    )


def extensions(kind: Kind, *, path_length: int | None = None) -> list[tuple[x509.ExtensionType, bool]]:  # noqa: PLR0911  one return a kind
    """Return the extensions of ``kind`` with their criticality; key identifiers and addresses come from the CA."""
    match kind:
        case Kind.AUTHORITY:
            return [
                (x509.BasicConstraints(ca=True, path_length=path_length), True),
                (_usage(key_cert_sign=True, crl_sign=True), True),
                (_policy("2.5.29.32.0"), False),
            ]
        case Kind.QUALIFIED_PERSON:
            return [
                (_usage(content_commitment=True), True),
                (_policy(QUALIFIED_POLICY), False),
                (x509.UnrecognizedExtension(_QC_STATEMENTS, _qc_statements(_FOR_SIGNATURES)), False),
            ]
        case Kind.SEAL:
            return [
                (_usage(content_commitment=True), True),
                (_policy(QUALIFIED_POLICY), False),
                (x509.UnrecognizedExtension(_QC_STATEMENTS, _qc_statements(_FOR_SEALS)), False),
            ]
        case Kind.ADVANCED_PERSON:
            return [(_usage(digital_signature=True, content_commitment=True), True), (_policy(ADVANCED_POLICY), False)]
        case Kind.SYSTEM:
            # The development leaf of identifiers-and-pki section 4; the real profile is not published.
            usage = _usage(digital_signature=True, key_encipherment=True, data_encipherment=True, key_agreement=True)
            both = [ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH]
            return [(usage, True), (x509.ExtendedKeyUsage(both), False), (_policy(SYSTEM_POLICY), False)]
        case Kind.TLS_SERVER:
            return [
                (_usage(digital_signature=True), True),
                (x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), False),
            ]
        case Kind.TIMESTAMP:
            return [
                (_usage(digital_signature=True), True),
                (x509.ExtendedKeyUsage([ExtendedKeyUsageOID.TIME_STAMPING]), True),
                (_policy(TIMESTAMP_POLICY), False),
            ]
        case Kind.OCSP:
            return [
                (_usage(digital_signature=True), True),
                (x509.ExtendedKeyUsage([ExtendedKeyUsageOID.OCSP_SIGNING]), False),
                (_OCSP_NO_CHECK, False),
            ]


def address_extensions(addresses: Addresses) -> list[x509.ExtensionType]:
    """Return AuthorityInformationAccess and CRLDistributionPoints for the addresses that are not empty."""
    found: list[x509.ExtensionType] = []
    access = [
        x509.AccessDescription(method, x509.UniformResourceIdentifier(url))
        for method, url in (
            (AuthorityInformationAccessOID.OCSP, addresses.ocsp),
            (AuthorityInformationAccessOID.CA_ISSUERS, addresses.issuer),
        )
        if url
    ]
    if access:
        found.append(x509.AuthorityInformationAccess(access))
    if addresses.crl:
        full = [x509.UniformResourceIdentifier(addresses.crl)]
        found.append(x509.CRLDistributionPoints([x509.DistributionPoint(full, None, None, None)]))
    return found


def _usage(
    *,
    digital_signature: bool = False,
    content_commitment: bool = False,
    key_encipherment: bool = False,
    data_encipherment: bool = False,
    key_agreement: bool = False,
    key_cert_sign: bool = False,
    crl_sign: bool = False,
) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=digital_signature,
        content_commitment=content_commitment,
        key_encipherment=key_encipherment,
        data_encipherment=data_encipherment,
        key_agreement=key_agreement,
        key_cert_sign=key_cert_sign,
        crl_sign=crl_sign,
        encipher_only=False,
        decipher_only=False,
    )


def _policy(oid: str) -> x509.CertificatePolicies:
    return x509.CertificatePolicies([x509.PolicyInformation(x509.ObjectIdentifier(oid), None)])


class _Oids(core.SequenceOf):  # type: ignore[misc]  # asn1crypto has no types
    _child_spec = core.ObjectIdentifier


class _Countries(core.SequenceOf):  # type: ignore[misc]
    _child_spec = core.PrintableString


class _Statement(core.Sequence):  # type: ignore[misc]
    _fields = [("id", core.ObjectIdentifier), ("info", core.Any, {"optional": True})]


class _Statements(core.SequenceOf):  # type: ignore[misc]
    _child_spec = _Statement


def _qc_statements(purpose: str) -> bytes:
    """EN 319 412-5: compliance, key on a device, type esign or eseal, and the law of a country outside the EU."""
    statements = [
        {"id": "0.4.0.1862.1.1"},
        {"id": "0.4.0.1862.1.4"},
        {"id": "0.4.0.1862.1.6", "info": _Oids([purpose])},
        {"id": "0.4.0.1862.1.7", "info": _Countries(["MD"])},
    ]
    return bytes(_Statements(statements).dump())
