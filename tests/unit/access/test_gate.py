from __future__ import annotations

import pytest

from msign.access import services
from msign.access.gate import Gate
from msign.access.sentences import Fixer, fixer, refusal, sentence
from msign.access.values import (
    Allowed,
    CertificateStatus,
    CheckCode,
    CheckOutcome,
    CheckResult,
    ConsumerSettings,
    DenialReason,
    Denied,
    SuspensionReason,
)
from msign.kernel.clock import FixedClock
from msign.kernel.languages import Language
from msign.kernel.words import Environment
from tests.unit.access.cast import DAY, HOME, IDNO, NOW, authority, let_in, new_authority

pytestmark = pytest.mark.django_db
TEST = Environment.TEST
SERIAL = 0x40000000123456789ABCDEF01234


class Seconds:
    """A monotonic clock that the test moves."""

    def __init__(self) -> None:
        self.value = 0.0

    def __call__(self) -> float:
        return self.value


def _gate(clock: FixedClock | None = None, seconds: Seconds | None = None, **trust: object) -> Gate:
    return Gate(
        trust_by_environment=trust or {TEST: authority("CA").trust},  # type: ignore[arg-type]
        clock=clock or FixedClock(),
        seconds=seconds or Seconds(),
    )


def _denied(gate: Gate, certificate: bytes | None, address: str = HOME, environment: Environment = TEST) -> Denied:
    decision = gate.decide(environment, certificate, address)
    assert isinstance(decision, Denied)
    assert not decision
    return decision


def test_a_registered_system_is_let_in_as_itself() -> None:
    certificate = authority("CA").issue("alice", SERIAL)
    system = let_in("Alice", certificate)
    decision = _gate().decide(TEST, certificate, HOME)
    assert isinstance(decision, Allowed)
    caller = decision.caller
    assert (caller.system_id, caller.system_name, caller.organisation_id) == (system, "Alice", IDNO)
    assert caller.certificate_serial == "40000000123456789ABCDEF01234"
    assert caller.environment is TEST


def test_ipv4_inside_ipv6_is_the_same_address() -> None:
    certificate = authority("CA").issue("alice", SERIAL)
    let_in("Alice", certificate)
    assert _gate().decide(TEST, certificate, f"::ffff:{HOME}")


def test_without_a_certificate() -> None:
    assert _denied(_gate(), None).reason is DenialReason.NO_CERTIFICATE
    assert _denied(_gate(), b"").reason is DenialReason.NO_CERTIFICATE


def test_with_an_unreadable_certificate() -> None:
    assert _denied(_gate(), b"\x30\x03junk").reason is DenialReason.UNREADABLE_CERTIFICATE


def test_with_a_certificate_of_a_foreign_authority() -> None:
    certificate = authority("Foreign CA").issue("mallory", SERIAL)
    let_in("Mallory", certificate)
    assert _denied(_gate(), certificate).reason is DenialReason.UNTRUSTED_ISSUER


def test_with_a_forged_authority_of_the_same_name_and_serial() -> None:
    let_in("Alice", authority("CA").issue("alice", SERIAL))
    forged = new_authority("CA").issue("alice", SERIAL)
    decision = _denied(_gate(), forged)
    assert decision.reason is DenialReason.UNTRUSTED_ISSUER
    assert decision.serial == "0" * (len(f"{SERIAL:X}") % 2) + f"{SERIAL:X}"


def test_with_an_authority_that_is_itself_no_longer_valid() -> None:
    old = new_authority("Old CA", until=NOW - DAY)
    certificate = old.issue("alice", SERIAL)
    let_in("Alice", certificate)
    gate = Gate(trust_by_environment={TEST: old.trust}, clock=FixedClock())
    assert _denied(gate, certificate).reason is DenialReason.UNTRUSTED_ISSUER


def test_without_any_authority_nobody_gets_in() -> None:
    certificate = authority("CA").issue("alice", SERIAL)
    let_in("Alice", certificate)
    gate = Gate(trust_by_environment={}, clock=FixedClock())
    assert _denied(gate, certificate).reason is DenialReason.UNTRUSTED_ISSUER


def test_with_an_unknown_certificate() -> None:
    assert _denied(_gate(), authority("CA").issue("bob", 7)).reason is DenialReason.NOT_REGISTERED


def test_with_a_certificate_of_the_other_environment_which_the_explanation_names() -> None:
    certificate = authority("CA").issue("alice", SERIAL)
    let_in("Alice", certificate, Environment.PRODUCTION)
    gate = _gate()
    assert _denied(gate, certificate).reason is DenialReason.NOT_REGISTERED
    results = {result.code: result for result in gate.explain(TEST, address=HOME, certificate_der=certificate)}
    assert dict(results[CheckCode.CERTIFICATE_REGISTERED].facts)["elsewhere"] == "production"


def test_with_another_certificate_of_the_same_issuer_and_serial() -> None:
    let_in("Alice", authority("CA").issue("alice", SERIAL))
    assert _denied(_gate(), authority("CA").issue("alice", SERIAL)).reason is DenialReason.FINGERPRINT_MISMATCH


def test_with_an_expired_certificate() -> None:
    certificate = authority("CA").issue("carol", SERIAL, since=NOW - 2 * DAY, until=NOW - DAY)
    let_in("Carol", certificate)
    assert _denied(_gate(), certificate).reason is DenialReason.CERTIFICATE_EXPIRED


def test_with_a_certificate_of_the_future() -> None:
    certificate = authority("CA").issue("carol", SERIAL, since=NOW + DAY)
    let_in("Carol", certificate)
    assert _denied(_gate(), certificate).reason is DenialReason.CERTIFICATE_NOT_YET_VALID


def test_a_certificate_expires_even_while_remembered() -> None:
    certificate = authority("CA").issue("carol", SERIAL, until=NOW + DAY)
    let_in("Carol", certificate)
    clock = FixedClock()
    gate = _gate(clock)
    assert gate.decide(TEST, certificate, HOME)
    clock.move(days=1, seconds=1)
    assert _denied(gate, certificate).reason is DenialReason.CERTIFICATE_EXPIRED


@pytest.mark.parametrize("status", [CertificateStatus.REVOKED, CertificateStatus.REPLACED])
def test_with_a_certificate_taken_out_of_use(status: CertificateStatus) -> None:
    certificate = authority("CA").issue("bob", SERIAL)
    system = let_in("Bob", certificate)
    services.end_certificate(
        system_id=system, environment=TEST, serial=f"{SERIAL:x}", status=status, at=NOW, actor="test"
    )
    assert _denied(_gate(), certificate).reason is DenialReason.CERTIFICATE_REVOKED


def test_of_a_system_whose_access_was_never_enabled_or_was_taken_away() -> None:
    certificate = authority("CA").issue("bob", SERIAL)
    system = let_in("Bob", certificate)
    services.disable(system_id=system, environment=TEST, at=NOW, actor="test", reason="asked for it")
    assert _denied(_gate(), certificate).reason is DenialReason.ACCESS_DISABLED


def test_suspensions_are_independent_flags() -> None:
    certificate = authority("CA").issue("bob", SERIAL)
    where = {"system_id": let_in("Bob", certificate), "environment": TEST, "at": NOW, "actor": "test"}
    for reason in (SuspensionReason.FEE_UNPAID, SuspensionReason.INCIDENT):
        services.suspend(reason=reason, **where)  # type: ignore[arg-type]
    services.resume(reason=SuspensionReason.FEE_UNPAID, **where)  # type: ignore[arg-type]
    assert _denied(_gate(), certificate).reason is DenialReason.ACCESS_DISABLED
    services.resume(reason=SuspensionReason.INCIDENT, **where)  # type: ignore[arg-type]
    assert _gate().decide(TEST, certificate, HOME)


def test_an_empty_list_of_networks_lets_nobody_in() -> None:
    certificate = authority("CA").issue("bob", SERIAL)
    system = let_in("Bob", certificate)
    services.remove_network(system_id=system, environment=TEST, network="192.0.2.0/28", at=NOW, actor="test")
    assert _denied(_gate(), certificate).reason is DenialReason.NO_NETWORKS


@pytest.mark.parametrize("address", ["192.0.2.16", "2001:db8::1", "", "not an address", "192.0.2.10.evil.example"])
def test_from_a_foreign_address(address: str) -> None:
    certificate = authority("CA").issue("alice", SERIAL)
    let_in("Alice", certificate)
    assert _denied(_gate(), certificate, address).reason is DenialReason.FOREIGN_ADDRESS


def test_the_production_list_is_not_the_test_list() -> None:
    certificate = authority("CA").issue("alice", SERIAL)
    system = let_in("Alice", certificate)
    services.add_network(
        system_id=system, environment=Environment.PRODUCTION, network="198.51.100.7", at=NOW, actor="test"
    )
    assert _denied(_gate(), certificate, "198.51.100.7").reason is DenialReason.FOREIGN_ADDRESS


def test_a_change_takes_effect_within_a_quarter_of_a_second() -> None:
    certificate = authority("CA").issue("alice", SERIAL)
    system = let_in("Alice", certificate)
    seconds = Seconds()
    gate = _gate(seconds=seconds)
    assert gate.decide(TEST, certificate, HOME)
    services.suspend(system_id=system, environment=TEST, reason=SuspensionReason.OPERATOR, at=NOW, actor="test")
    seconds.value += 0.26
    assert _denied(gate, certificate).reason is DenialReason.ACCESS_DISABLED


def test_who_is_let_in_is_let_in_at_once_whatever_was_remembered() -> None:
    certificate = authority("CA").issue("alice", SERIAL)
    gate = _gate(seconds=Seconds())  # no time goes by
    assert _denied(gate, certificate).reason is DenialReason.NOT_REGISTERED
    system = let_in("Alice", certificate)
    assert isinstance(gate.decide(TEST, certificate, HOME), Allowed)
    assert _denied(gate, certificate, "198.51.100.7").reason is DenialReason.FOREIGN_ADDRESS
    services.add_network(system_id=system, environment=TEST, network="198.51.100.7", at=NOW, actor="test")
    assert isinstance(gate.decide(TEST, certificate, "198.51.100.7"), Allowed)


def test_a_remembered_decision_costs_no_query_and_an_old_one_is_loaded_again(
    django_assert_num_queries: object,
) -> None:
    certificate = authority("CA").issue("alice", SERIAL)
    let_in("Alice", certificate)
    seconds = Seconds()
    gate = _gate(seconds=seconds)
    assert gate.decide(TEST, certificate, HOME)
    with django_assert_num_queries(0):  # type: ignore[operator]
        assert gate.decide(TEST, certificate, HOME)
    seconds.value += 1
    with django_assert_num_queries(1):  # type: ignore[operator]  # the generation
        assert gate.decide(TEST, certificate, HOME)
    seconds.value += 4.1
    with django_assert_num_queries(2):  # type: ignore[operator]
        assert gate.decide(TEST, certificate, HOME)


def test_settings_reach_the_caller() -> None:
    certificate = authority("CA").issue("alice", SERIAL)
    system = let_in("Alice", certificate)
    settings = ConsumerSettings(allow_sha1=False, return_url_hosts=("app.example",), open_requests=5)
    services.change_settings(system_id=system, environment=TEST, settings=settings, at=NOW, actor="test")
    decision = _gate().decide(TEST, certificate, HOME)
    assert isinstance(decision, Allowed)
    assert decision.caller.settings == settings


def test_a_serial_number_is_explained_with_the_pinned_certificate() -> None:
    certificate = authority("CA").issue("alice", SERIAL)
    let_in("Alice", certificate)
    gate = _gate()
    spelled = ":".join([f"{SERIAL:x}"[i : i + 2] for i in range(0, len(f"{SERIAL:x}"), 2)])
    assert gate.explain(TEST, address=HOME, serial=spelled) == gate.explain(
        TEST, address=HOME, certificate_der=certificate
    )


def test_an_unknown_serial_number_is_explained_too() -> None:
    results = _gate().explain(TEST, address=HOME, serial="0x4001")
    failed = [result for result in results if result.outcome is CheckOutcome.FAILED]
    assert [(result.code, result.reason) for result in failed] == [
        (CheckCode.CERTIFICATE_REGISTERED, DenialReason.NOT_REGISTERED)
    ]
    assert [result.code for result in results] == list(CheckCode)


@pytest.mark.parametrize("language", Language)
def test_every_reason_and_check_has_a_sentence_of_its_own_in_every_language(language: Language) -> None:
    assert len({refusal(reason, language) for reason in DenialReason}) == len(DenialReason)
    assert all(isinstance(fixer(reason), Fixer) for reason in DenialReason)
    for outcome in (CheckOutcome.PASSED, CheckOutcome.SKIPPED):
        texts = {sentence(CheckResult(code, outcome), language) for code in CheckCode}
        assert len(texts) == len(CheckCode)
        assert not set("".join(texts)) & set("şţŞŢ")
