"""Explanation and enforcement never differ, whatever the facts: one engine, shown by properties over many facts."""

from __future__ import annotations

import datetime as dt
import ipaddress

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from msign.access import services
from msign.access.certificates import Presented
from msign.access.checks import Facts, Registered, evaluate, first_failure
from msign.access.gate import Gate
from msign.access.values import (
    Allowed,
    CertificateStatus,
    CheckCode,
    CheckOutcome,
    ConsumerSettings,
    Denied,
    SuspensionReason,
)
from msign.kernel.clock import FixedClock
from msign.kernel.words import Environment
from tests.unit.access.cast import DAY, HOME, NOW, authority, let_in

_ADDRESSES = ["192.0.2.1", "::ffff:192.0.2.1", "198.51.100.1", "2001:db8::1", "", "junk"]
_NETWORKS = [ipaddress.ip_network(text) for text in ("192.0.2.0/24", "2001:db8::/32", "203.0.113.7")]
_MOMENTS = st.integers(-3, 3).map(lambda days: NOW + days * DAY)


def _certificate(fingerprint: str, since: dt.datetime, until: dt.datetime) -> Presented:
    return Presented(b"der", "01", "key", "CN=CA", "CN=system", fingerprint, since, until)


_CERTIFICATES = st.none() | st.builds(_certificate, st.sampled_from("ab"), _MOMENTS, _MOMENTS)
_REGISTERED = st.none() | st.builds(
    Registered,
    system_id=st.just("s"),
    system_name=st.just("System"),
    organisation_name=st.just("O"),
    organisation_id=st.just("1000000000007"),
    serial=st.just("01"),
    fingerprint=st.sampled_from("ab"),
    der=st.just(b"der"),
    status=st.sampled_from(CertificateStatus),
    enabled=st.booleans(),
    suspensions=st.lists(st.sampled_from(SuspensionReason), max_size=2, unique=True).map(tuple),
    networks=st.lists(st.sampled_from(_NETWORKS), max_size=3, unique=True).map(tuple),
    settings=st.just(ConsumerSettings()),
)
_FACTS = st.builds(
    Facts,
    presented=st.booleans(),
    certificate=_CERTIFICATES,
    trust_problem=st.none() | st.just("unknown"),
    registered=_REGISTERED,
    elsewhere=st.just(""),
    address=st.sampled_from(_ADDRESSES),
    now=st.just(NOW),
)


def _may(facts: Facts) -> bool:
    """The rule in one sentence, written a second time and in another way."""
    certificate, registered = facts.certificate, facts.registered
    if not facts.presented or certificate is None or registered is None or facts.trust_problem is not None:
        return False
    address = ipaddress.ip_address("192.0.2.1") if "192.0.2.1" in facts.address else None
    if facts.address == "2001:db8::1":
        address = ipaddress.ip_address(facts.address)
    return all(
        [
            certificate.fingerprint == registered.fingerprint,
            certificate.not_before <= facts.now <= certificate.not_after,
            registered.status is CertificateStatus.ACTIVE,
            registered.enabled and not registered.suspensions,
            address is not None and any(address in network for network in registered.networks),
        ]
    )


@given(_FACTS)
@settings(max_examples=400, deadline=None)
def test_a_call_is_let_in_exactly_when_every_check_passed(facts: Facts) -> None:
    results = evaluate(facts)
    assert [result.code for result in results] == list(CheckCode)
    all_passed = all(result.outcome is CheckOutcome.PASSED for result in results)
    assert (first_failure(results) is None) is all_passed is _may(facts)


@given(_FACTS)
@settings(max_examples=400, deadline=None)
def test_what_failed_has_a_reason_and_nothing_else_has(facts: Facts) -> None:
    for result in evaluate(facts):
        assert (result.reason is not None) is (result.outcome is CheckOutcome.FAILED)


@pytest.mark.django_db
@given(
    certificate=st.sampled_from(["alice", "unknown", "foreign", "none", "junk"]),
    address=st.sampled_from([HOME, "198.51.100.1", "junk"]),
    change=st.sampled_from(["nothing", "suspend", "disable", "revoke", "no networks"]),
    days=st.integers(-2, 400),
)
@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
def test_the_gate_decides_what_it_explains(certificate: str, address: str, change: str, days: int) -> None:
    from django.db import transaction

    with transaction.atomic():
        ca = authority("CA")
        alice = ca.issue("alice", 5)
        where = {"system_id": let_in("Alice", alice), "environment": Environment.TEST, "at": NOW, "actor": "test"}
        _apply(change, where)
        presented = {
            "alice": alice,
            "unknown": ca.issue("unknown", 6),
            "foreign": authority("Foreign CA").issue("alice", 5),
            "none": None,
            "junk": b"junk",
        }[certificate]
        gate = Gate(trust_by_environment={Environment.TEST: ca.trust}, clock=FixedClock(NOW + days * DAY))
        decision = gate.decide(Environment.TEST, presented, address)
        results = gate.explain(Environment.TEST, address=address, certificate_der=presented)
        reasons = [result.reason for result in results if result.reason is not None]
        if isinstance(decision, Allowed):
            assert all(result.outcome is CheckOutcome.PASSED for result in results)
        else:
            assert isinstance(decision, Denied)
            assert reasons[0] is decision.reason
        transaction.set_rollback(True)


def _apply(change: str, where: dict[str, object]) -> None:
    match change:
        case "suspend":
            services.suspend(reason=SuspensionReason.INCIDENT, **where)  # type: ignore[arg-type]
        case "disable":
            services.disable(reason="test", **where)  # type: ignore[arg-type]
        case "revoke":
            services.end_certificate(serial="05", **where)  # type: ignore[arg-type]
        case "no networks":
            services.remove_network(network="192.0.2.0/28", **where)  # type: ignore[arg-type]
        case _:
            pass
