from __future__ import annotations

import datetime as dt

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import pkcs7
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from hypothesis import given
from hypothesis import strategies as st

from msign.connections.certificates import (
    CertificatePolicy,
    Life,
    Reading,
    ReuseScope,
    Use,
    judge,
    life,
    read_serial,
    read_upload,
)
from msign.connections.checking import Outcome
from msign.kernel.words import Environment
from tests.support.pki import IDNO_MODEL, MOMENT, session_pki

TEST, PRODUCTION = Environment.TEST, Environment.PRODUCTION


def reading(name: str = "alfa-test") -> Reading:
    found = read_upload(session_pki().system(name).der)
    assert isinstance(found, Reading)
    return found


def outcomes(one: Reading, **changes: object) -> dict[str, tuple[str, str]]:
    facts: dict[str, object] = {
        "now": MOMENT,
        "policy": CertificatePolicy(),
        "organisation_id": IDNO_MODEL,
        "system_id": "s1",
        "environment": TEST,
        "uses": (),
        **changes,
    }
    return {check.code: (check.outcome, str(check.sentence)) for check in judge(one, **facts)}  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "typed",
    [
        "4000000012AB",
        "40 00 00 00 12 ab",
        "40:00:00:00:12:AB",
        "0x4000000012ab",
        " 40-00-00-00-12-AB\n",
        "serial=4000000012AB",
        "Serial Number: 40:00:00:00:12:ab",
        "\u200e40 00 00 00 12 AB",
        "Серийный номер: 4000000012AB",
        "0" * 40 + "4000000012AB",
    ],
)
def test_a_serial_is_read_in_every_usual_spelling(typed: str) -> None:
    assert read_serial(typed) == "4000000012AB"


def test_a_serial_has_an_even_number_of_digits() -> None:
    assert read_serial("abc") == "0ABC"
    assert read_serial("000abc") == "0ABC"


@pytest.mark.parametrize("typed", ["", "  :: ", "xyz", "40000000G", "1" * 41])
def test_what_is_no_serial_is_explained(typed: str) -> None:
    assert not isinstance(read_serial(typed), str)


def test_der_and_pem_read_alike() -> None:
    identity = session_pki().system("alfa-test")
    der, pem = read_upload(identity.der), read_upload(b"some words before\r\n" + identity.pem)
    assert isinstance(der, Reading)
    assert der == pem
    assert der.organisation_id == IDNO_MODEL
    assert der.serial == der.serial.upper()


def refusals() -> list[tuple[bytes, str]]:
    identity = session_pki().system("alfa-test")
    key = rsa.generate_private_key(65537, 2048)
    pkcs8 = key.private_bytes(
        serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    pkcs1 = key.private_bytes(
        serialization.Encoding.DER, serialization.PrivateFormat.TraditionalOpenSSL, serialization.NoEncryption()
    )
    bundle = pkcs7.serialize_certificates([identity.certificate], serialization.Encoding.DER)
    request = (
        x509.CertificateSigningRequestBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "x")]))
        .sign(ec.generate_private_key(ec.SECP256R1()), hashes.SHA256())
    )
    return [
        (b"", "empty"),
        (b"hello", "not a certificate"),
        (b"0" * 70_000, "too large"),
        (identity.key_pem, "private key"),
        (identity.pem + identity.key_pem, "private key"),
        (pkcs8, "private key"),
        (pkcs1, "private key"),
        (identity.pkcs12("demo"), "key store"),
        (bundle, "bundle"),
        (request.public_bytes(serialization.Encoding.PEM), "certificate request"),
        (identity.pem * 2, "2 certificates"),
        (identity.der[:-10], "not a certificate"),
    ]


@pytest.mark.parametrize("place", range(12))
def test_what_is_no_single_certificate_is_refused_with_advice(place: int) -> None:
    data, words = refusals()[place]
    answer = read_upload(data)
    assert not isinstance(answer, Reading)
    assert words in str(answer)


@given(st.binary(max_size=300))
def test_no_bytes_break_the_reader(data: bytes) -> None:
    read_upload(data)


def test_a_good_certificate_passes_every_check() -> None:
    assert {outcome for outcome, _words in outcomes(reading()).values()} == {Outcome.PASSED}


def test_an_authority_and_a_self_signed_one_are_no_systems() -> None:
    authority = session_pki().authority("systems").certificate.public_bytes(serialization.Encoding.DER)
    found = read_upload(authority)
    assert isinstance(found, Reading)
    assert outcomes(found)["kind"][0] == Outcome.FAILED
    assert outcomes(made())["kind"][0] == Outcome.FAILED


def made(
    *,
    key: object = None,
    digest: hashes.HashAlgorithm | None = None,
    usage: x509.ObjectIdentifier | None = None,
    until: dt.datetime = MOMENT + dt.timedelta(days=400),
) -> Reading:
    """A self-signed certificate of our own making, to bend what the test PKI does not."""
    own = key or ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "made")])
    builder = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(own.public_key())  # type: ignore[attr-defined]
        .serial_number(77)
        .not_valid_before(MOMENT - dt.timedelta(days=1))
        .not_valid_after(until)
    )
    if usage is not None:
        builder = builder.add_extension(x509.ExtendedKeyUsage([usage]), critical=False)
    certificate = builder.sign(own, digest or hashes.SHA256())  # type: ignore[arg-type]
    found = read_upload(certificate.public_bytes(serialization.Encoding.DER))
    assert isinstance(found, Reading)
    return found


def test_weak_keys_are_refused() -> None:
    assert outcomes(made(key=rsa.generate_private_key(65537, 1024)))["strength"][0] == Outcome.FAILED
    assert outcomes(made(key=ec.generate_private_key(ec.SECP192R1())))["strength"][0] == Outcome.FAILED
    assert outcomes(made(key=rsa.generate_private_key(65537, 2048)))["strength"][0] == Outcome.PASSED


def test_a_server_certificate_cannot_authenticate_a_client() -> None:
    assert outcomes(made(usage=ExtendedKeyUsageOID.SERVER_AUTH))["usage"][0] == Outcome.FAILED
    assert outcomes(made(usage=ExtendedKeyUsageOID.CLIENT_AUTH))["usage"][0] == Outcome.PASSED
    assert outcomes(made())["usage"][0] == Outcome.PASSED  # no restriction at all


@pytest.mark.parametrize(
    ("days", "outcome"), [(-2, Outcome.FAILED), (0, Outcome.PASSED), (390, Outcome.WARNING), (401, Outcome.FAILED)]
)
def test_dates(days: int, outcome: Outcome) -> None:
    assert outcomes(made(), now=MOMENT + dt.timedelta(days=days))["dates"][0] == outcome


def test_a_longer_life_than_the_policy_allows_is_refused() -> None:
    assert outcomes(made(), policy=CertificatePolicy(max_lifetime_days=365))["dates"][0] == Outcome.FAILED


def test_whose_it_is() -> None:
    assert "another organisation" in outcomes(reading(), organisation_id="1010600034203")["owner"][1]
    assert outcomes(made())["owner"][0] == Outcome.WARNING
    assert outcomes(made(), policy=CertificatePolicy(organisation_required=True))["owner"][0] == Outcome.FAILED


USES = [
    (Use("s1", "Al meu", IDNO_MODEL, TEST, ("mpass",)), ReuseScope.SYSTEM, Outcome.PASSED, "mpass"),
    (Use("s2", "Celălalt", IDNO_MODEL, TEST), ReuseScope.SYSTEM, Outcome.FAILED, "Celălalt"),
    (Use("s2", "Celălalt", IDNO_MODEL, TEST), ReuseScope.ORGANISATION, Outcome.PASSED, "not registered"),
    (Use("s1", "Al meu", IDNO_MODEL, PRODUCTION), ReuseScope.ORGANISATION, Outcome.FAILED, "other environment"),
    (Use("s9", "Străin", "1010600034203", TEST), ReuseScope.ORGANISATION, Outcome.FAILED, "another organisation"),
]


@pytest.mark.parametrize(("use", "scope", "outcome", "words"), USES)
def test_the_rule_of_reuse(use: Use, scope: ReuseScope, outcome: Outcome, words: str) -> None:
    found = outcomes(reading(), uses=[use], policy=CertificatePolicy(reuse_scope=scope))["reuse"]
    assert found[0] == outcome
    assert words in found[1]


@pytest.mark.parametrize(
    ("days", "flags", "expected"),
    [
        (-1, {}, Life.SCHEDULED),
        (10, {}, Life.ACTIVE),
        (45, {}, Life.EXPIRING),
        (101, {}, Life.EXPIRED),
        (10, {"replaced": True}, Life.REPLACED),
        (10, {"replaced": True, "revoked": True}, Life.REVOKED),
    ],
)
def test_the_life_of_a_certificate(days: int, flags: dict[str, bool], expected: Life) -> None:
    found = life(
        not_before=MOMENT,
        not_after=MOMENT + dt.timedelta(days=100),
        now=MOMENT + dt.timedelta(days=days),
        **{"revoked": False, "replaced": False, **flags},
    )
    assert found is expected
