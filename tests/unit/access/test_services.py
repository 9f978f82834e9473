from __future__ import annotations

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from msign.access import lookup, queries, services
from msign.access.certificates import parse_serial, serial_text
from msign.access.values import CertificateStatus
from msign.audit import queries as trail
from msign.kernel.errors import Code, MSignError
from msign.kernel.words import Environment
from tests.unit.access.cast import IDNO, NOW, authority, let_in

pytestmark = pytest.mark.django_db
TEST = Environment.TEST


def _where(system: str, environment: Environment = TEST) -> dict[str, object]:
    return {"system_id": system, "environment": environment, "at": NOW, "actor": "test"}


def test_a_certificate_serves_one_system_in_one_environment() -> None:
    certificate = authority("CA").issue("alice", 5)
    let_in("Alice", certificate)
    bob = services.register_system(name="Bob", organisation_name="B", organisation_id=IDNO, at=NOW, actor="test")
    with pytest.raises(MSignError) as caught:
        services.add_certificate(certificate=certificate, **_where(bob))  # type: ignore[arg-type]
    assert caught.value.code is Code.CONFLICT


def test_test_and_production_use_different_certificates() -> None:
    certificate = authority("CA").issue("alice", 5)
    system = let_in("Alice", certificate)
    with pytest.raises(MSignError) as caught:
        services.add_certificate(certificate=certificate, **_where(system, Environment.PRODUCTION))  # type: ignore[arg-type]
    assert caught.value.code is Code.CONFLICT


def test_the_sandbox_may_pin_its_demo_certificate_in_both_but_never_to_two_systems() -> None:
    certificate = authority("CA").issue("alice", 5)
    both = {"certificate": certificate, "both_environments": True}
    system = let_in("Alice", certificate)
    services.add_certificate(**both, **_where(system, Environment.PRODUCTION))  # type: ignore[arg-type]
    assert queries.environments_of(queries.access_state(system, TEST).certificates[0].fingerprint) == tuple(Environment)
    bob = services.register_system(name="Bob", organisation_name="B", organisation_id=IDNO, at=NOW, actor="test")
    with pytest.raises(MSignError):
        services.add_certificate(**both, **_where(bob))  # type: ignore[arg-type]


def test_another_certificate_with_the_same_issuer_and_serial_cannot_be_pinned() -> None:
    system = let_in("Alice", authority("CA").issue("alice", 5))
    with pytest.raises(MSignError) as caught:
        services.add_certificate(certificate=authority("CA").issue("alice", 5), **_where(system))  # type: ignore[arg-type]
    assert caught.value.code is Code.CONFLICT


def test_adding_the_same_again_changes_nothing_and_pem_is_the_same_as_der() -> None:
    certificate = authority("CA").issue("alice", 5)
    system = let_in("Alice", certificate)
    before = lookup.generation()
    pem = x509.load_der_x509_certificate(certificate).public_bytes(Encoding.PEM)
    services.add_certificate(certificate=pem, **_where(system))  # type: ignore[arg-type]
    services.add_network(network="192.0.2.0/28", **_where(system))  # type: ignore[arg-type]
    services.enable(**_where(system))  # type: ignore[arg-type]
    assert lookup.generation() == before


@pytest.mark.parametrize(
    "text",
    ["0.0.0.0/0", "::/0", "192.0.2.1/24", "app.example", "", "192.0.2.1-192.0.2.9", "fe80::1%eth0", "::ffff:0:0/96"],
)
def test_what_is_no_network_or_the_whole_internet_is_refused(text: str) -> None:
    system = let_in("Alice", authority("CA").issue("alice", 5))
    with pytest.raises(MSignError) as caught:
        services.add_network(network=text, **_where(system))  # type: ignore[arg-type]
    assert caught.value.code is Code.INVALID_PARAMETER


@pytest.mark.parametrize(("name", "idno"), [("", IDNO), ("x" * 257, IDNO), ("Alice", "1000000000008"), ("Alice", "")])
def test_a_system_needs_a_name_and_an_organisation(name: str, idno: str) -> None:
    with pytest.raises(MSignError):
        services.register_system(name=name, organisation_name="A", organisation_id=idno, at=NOW, actor="test")


def test_nothing_can_be_given_to_an_unknown_system() -> None:
    with pytest.raises(MSignError, match="no system"):
        services.enable(**_where("nobody"))  # type: ignore[arg-type]


def test_everything_that_is_enforced_can_be_read_back() -> None:
    certificate = authority("CA").issue("alice", 5)
    system = let_in("Alice", certificate)
    state = queries.access_state(system, TEST)
    assert state.enabled
    assert state.networks == ("192.0.2.0/28",)
    assert [one.serial for one in state.certificates] == ["05"]
    assert not queries.access_state(system, Environment.PRODUCTION).enabled


def test_every_change_is_in_the_trail() -> None:
    system = let_in("Alice", authority("CA").issue("alice", 5))
    tags = [event.tag for event in trail.events(subject=f"system:{system}")]
    assert tags == [
        "access:system:registered",
        "access:certificate:added",
        "access:network:added",
        "access:environment:enabled",
    ]


@pytest.mark.parametrize("text", ["40000000ab", "40:00:00:00:AB", "0x40000000ab", "40 00 00 00 ab"])
def test_serial_numbers_in_all_usual_spellings(text: str) -> None:
    assert parse_serial(text) == "40000000AB"


def test_serial_numbers_have_an_even_number_of_digits_and_junk_is_none() -> None:
    assert serial_text(0xABC) == "0ABC"
    assert parse_serial("xyz") is None
    assert parse_serial("") is None


def test_a_replaced_certificate_is_put_back_and_a_revoked_one_never() -> None:
    certificate = authority("CA").issue("alice", 5)
    where = {"system_id": let_in("Alice", certificate), "environment": Environment.TEST, "at": NOW, "actor": "test"}
    services.end_certificate(serial="05", status=CertificateStatus.REPLACED, **where)  # type: ignore[arg-type]
    assert services.add_certificate(certificate=certificate, **where).status is CertificateStatus.ACTIVE  # type: ignore[arg-type]
    services.end_certificate(serial="05", status=CertificateStatus.REPLACED, **where)  # type: ignore[arg-type]
    services.end_certificate(serial="05", **where)  # type: ignore[arg-type]
    with pytest.raises(MSignError, match="revoked"):
        services.add_certificate(certificate=certificate, **where)  # type: ignore[arg-type]
