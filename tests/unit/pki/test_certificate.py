"""Certificates: what they say, in the words of the contract, and honest defects that are read anyway."""

from __future__ import annotations

import datetime as dt

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from msign.kernel.errors import MSignError
from msign.pki import asn1, keys
from msign.pki import certificate as c
from tests.support.pki import IDNO_MODEL, IDNP_ION, IDNP_VASILE, Pki, session_pki


@pytest.fixture(scope="module")
def pki() -> Pki:
    return session_pki()


@pytest.mark.parametrize(
    ("name", "person", "organisation"),
    [
        ("ion", IDNP_ION, None),
        ("maria", "2000000000015", IDNO_MODEL),
        ("vasile", IDNP_VASILE, IDNO_MODEL),
        ("john", "IDCRO-AB123456", None),
    ],
)
def test_ids_come_from_the_subject(pki: Pki, name: str, person: str, organisation: str | None) -> None:
    certificate = pki.person(name).certificate
    assert (c.person_id(certificate), c.organisation_id(certificate)) == (person, organisation)


def test_the_subject_is_written_as_windows_does(pki: Pki) -> None:
    text = c.subject_text(pki.person("vasile").certificate)
    assert "SERIALNUMBER=0999000000010" in text
    assert f"O=Organizația Model {IDNO_MODEL}" in text
    reverse, encoded = text.split(", "), c.subject_text(pki.person("vasile").certificate, "encoded").split(", ")
    assert reverse == encoded[::-1]


def test_awkward_values_are_quoted_and_the_whole_is_cut_at_250() -> None:
    name = x509.Name([
        x509.NameAttribute(x509.NameOID.COMMON_NAME, 'Model "M", Ion'),
        x509.NameAttribute(x509.NameOID.ORGANIZATION_NAME, "ț" * 240),
    ])  # fmt: skip
    from msign.pki.names import parse_name, windows_text

    text = windows_text(parse_name(name.public_bytes()), "encoded")
    assert text.startswith('CN="Model ""M"", Ion", O=țț')
    assert len(text) == 250


@pytest.mark.parametrize(
    ("text", "number"),
    [("40:00:0a", 0x40000A), ("0x0ABC", 0xABC), (" 40 00 ", 0x4000), ("", None), ("xyz", None), ("4" * 65, None)],
)
def test_serials_are_understood_as_people_type_them(text: str, number: int | None) -> None:
    assert c.parse_serial(text) == number


def test_serials_are_written_upper_case_and_even() -> None:
    assert c.serial_text(0xABC) == "0ABC"
    assert c.serial_text(0) == "00"


def test_pem_and_der_load_and_two_in_one_file_do_not(pki: Pki) -> None:
    ion = pki.person("ion")
    assert c.load_certificate(ion.pem) == c.load_certificate(ion.der) == ion.certificate
    with pytest.raises(MSignError, match="2 found"):
        c.load_certificate(ion.pem + ion.pem)


@pytest.mark.parametrize("data", [b"", b"\x30", b"\x30\x82\xff\xff", b"-----BEGIN CERTIFICATE-----", b"\x30\x00"])
def test_what_is_no_certificate_is_an_error_of_ours(data: bytes) -> None:
    with pytest.raises(MSignError):
        c.load_certificate(data)


def test_a_negative_modulus_is_read_as_the_positive_one_that_was_meant() -> None:
    key = rsa.generate_private_key(65537, 2048).public_key()
    spki = key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    modulus = key.public_numbers().n.to_bytes(256, "big")
    assert modulus[0] & 0x80
    algorithm = asn1.read_all(spki).children()[0].raw
    numbers = asn1.encode(asn1.SEQUENCE, asn1.encode(asn1.INTEGER, modulus), asn1.encode_integer(65537))
    broken = asn1.encode(asn1.SEQUENCE, algorithm, asn1.encode(asn1.BIT_STRING, b"\0", numbers))
    repaired = keys.load_key(broken)
    assert isinstance(repaired, rsa.RSAPublicKey)
    assert repaired.public_numbers() == key.public_numbers()


def test_old_and_new_times_are_read() -> None:
    assert asn1.decode_time(asn1.UTC_TIME, b"490101000000Z").year == 2049
    assert asn1.decode_time(asn1.UTC_TIME, b"500101000000Z").year == 1950
    moment = asn1.decode_time(asn1.GENERALIZED_TIME, b"20260302091530.25+0200")
    assert moment == dt.datetime(2026, 3, 2, 7, 15, 30, 250000, tzinfo=dt.UTC)
    with pytest.raises(asn1.Asn1Error):
        asn1.decode_time(asn1.UTC_TIME, b"261399000000Z")


def test_deep_nesting_ends_in_an_error() -> None:
    data = b"\x30\x80" * 5000
    with pytest.raises(asn1.Asn1Error, match="deeply"):
        asn1.read(data)
