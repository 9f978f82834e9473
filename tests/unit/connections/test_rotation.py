"""Certificates of a live connection: rotated by the team, proposed to the operator, taken out, revoked elsewhere."""

from __future__ import annotations

import datetime as dt
import hashlib
from pathlib import Path

import pytest

from msign.access import traffic
from msign.access.queries import access_state
from msign.access.values import Caller, CertificateStatus
from msign.connections.actors import Refusal
from msign.connections.models import Case, Certificate, Network, Proposal
from msign.connections.ports import ChainVerdict
from msign.connections.queries.cases import case_view
from msign.connections.services import deciding, revocations, rotation, selfcare
from msign.connections.services.rotation import Way
from msign.connections.states import Action
from msign.connections.values import EnvironmentView
from msign.kernel.words import Environment
from msign.notices import queries as notices
from tests.support.desk import Cast, make_cast
from tests.support.pki import session_pki

pytestmark = pytest.mark.django_db
TEST = Environment.TEST
OLD, NEXT, OTHER = "alfa-test", "alfa-test-next", "alfa-production"


@pytest.fixture
def cast(tmp_path: Path) -> Cast:
    return make_cast(tmp_path)


@pytest.fixture
def reference(cast: Cast) -> str:
    found = cast.start()
    cast.to_test(found)
    return found


def der(name: str) -> bytes:
    return session_pki().system(name).der


def card(cast: Cast, reference: str) -> EnvironmentView:
    return case_view(cast.desk, cast.ana, reference).environment(TEST)


def accepted(reference: str) -> set[bytes]:
    """The certificates that the gateway accepts."""
    system = Case.objects.get(reference=reference).system
    assert system is not None
    state = access_state(system.public_id.hex, TEST)
    return {bytes.fromhex(one.fingerprint) for one in state.certificates if one.status is CertificateStatus.ACTIVE}


def fingerprint(name: str) -> bytes:
    return hashlib.sha256(der(name)).digest()


def used(cast: Cast, reference: str, name: str) -> None:
    system = Case.objects.get(reference=reference).system
    assert system is not None
    serial = Certificate.objects.filter(fingerprint=fingerprint(name).hex()).latest("pk").serial
    meter = traffic.CallMeter(clock=cast.clock, flush_seconds=None)
    meter.answered(Caller(system.public_id.hex, "S", "O", "1", TEST, serial, "185.108.180.10"), "PostSignRequest", "ok")
    meter.close()


def number(name: str) -> int:
    return Certificate.objects.filter(fingerprint=fingerprint(name).hex()).latest("pk").pk


def test_the_same_subject_and_authority_rotate_at_once_beside_the_old_one(cast: Cast, reference: str) -> None:
    assert rotation.rotate(cast.desk, cast.ana, reference, TEST, der(NEXT)) is Way.AT_ONCE
    assert accepted(reference) == {fingerprint(OLD), fingerprint(NEXT)}
    view = case_view(cast.desk, cast.ana, reference)
    assert view.environment(TEST).applied == "applied"
    assert [one.in_force for one in view.environment(TEST).certificates] == [True, True]
    assert view.history[0].action == "certificate-rotated"
    told = {one.recipient for one in notices.latest(about=reference) if one.kind == "certificate-rotated"}
    assert {"tehnic@model.md", "olga@operator.md"} <= told


def test_another_subject_waits_for_the_operator(cast: Cast, reference: str) -> None:
    assert rotation.rotate(cast.desk, cast.ana, reference, TEST, der(OTHER)) is Way.OPERATOR
    assert rotation.rotate(cast.desk, cast.ana, reference, TEST, der(OTHER)) is Way.OPERATOR
    proposal = Proposal.objects.get()
    assert accepted(reference) == {fingerprint(OLD)}
    with pytest.raises(Refusal):
        deciding.decide(cast.desk, cast.ana, reference, proposal.pk, accept=True)
    with pytest.raises(Refusal, match="reason"):
        deciding.decide(cast.desk, cast.olga, reference, proposal.pk, accept=False)
    deciding.decide(cast.desk, cast.olga, reference, proposal.pk, accept=True)
    assert accepted(reference) == {fingerprint(OLD), fingerprint(OTHER)}
    with pytest.raises(Refusal, match="no such change"):
        deciding.decide(cast.desk, cast.olga, reference, proposal.pk, accept=True)


def test_a_refused_proposal_changes_nothing(cast: Cast, reference: str) -> None:
    rotation.rotate(cast.desk, cast.ana, reference, TEST, der(OTHER))
    deciding.decide(cast.desk, cast.olga, reference, Proposal.objects.get().pk, accept=False, reason="Al cui este?")
    assert accepted(reference) == {fingerprint(OLD)}
    letter = next(one for one in notices.latest(about=reference) if one.kind == "proposal-refused")
    assert "Al cui este?" in letter.text


def test_the_checks_of_a_first_certificate_count_for_a_new_one_too(cast: Cast, reference: str) -> None:
    cast.chain.verdict = ChainVerdict(trusted=True, revoked=True)
    with pytest.raises(Refusal, match="revoked"):
        rotation.rotate(cast.desk, cast.ana, reference, TEST, der(NEXT))
    with pytest.raises(Refusal, match="not a certificate"):
        rotation.rotate(cast.desk, cast.ana, reference, TEST, b"junk")
    with pytest.raises(Refusal):
        rotation.rotate(cast.desk, cast.fima, reference, TEST, der(NEXT))
    with pytest.raises(Refusal, match="No access is granted"):
        rotation.rotate(cast.desk, cast.ana, reference, Environment.PRODUCTION, der(NEXT))


def test_the_old_one_is_safe_to_remove_when_only_the_new_one_is_used(cast: Cast, reference: str) -> None:
    used(cast, reference, OLD)
    rotation.rotate(cast.desk, cast.ana, reference, TEST, der(NEXT))
    Certificate.objects.filter(pk=number(NEXT)).update(not_after=cast.clock.now() + dt.timedelta(days=99_999))
    cast.clock.move(days=1)
    used(cast, reference, NEXT)
    assert not any(one.removable for one in card(cast, reference).certificates)
    cast.clock.move(days=2, seconds=1)
    assert [one.serial for one in card(cast, reference).certificates if one.removable] == [
        Certificate.objects.get(pk=number(OLD)).serial
    ]
    rotation.take_out(cast.desk, cast.ana, reference, TEST, number(OLD))
    assert accepted(reference) == {fingerprint(NEXT)}
    with pytest.raises(Refusal, match="No other valid certificate"):
        rotation.take_out(cast.desk, cast.ana, reference, TEST, number(NEXT))
    rotation.rotate(cast.desk, cast.ana, reference, TEST, der(OLD))
    assert accepted(reference) == {fingerprint(OLD), fingerprint(NEXT)}, "what was replaced can come back"


def test_an_address_of_test_is_added_by_the_team_alone(cast: Cast, reference: str) -> None:
    assert selfcare.add_address(cast.desk, cast.ana, reference, TEST, "185.108.180.11") is Way.AT_ONCE
    assert [one.network for one in card(cast, reference).networks] == ["185.108.180.10/32", "185.108.180.11/32"]
    assert card(cast, reference).applied == "applied"
    for bad in ("10.0.0.1", "0.0.0.0/0", "185.108.180.11", "", "1.1.1.1\n1.1.1.2"):
        with pytest.raises(Refusal):
            selfcare.add_address(cast.desk, cast.ana, reference, TEST, bad)


def test_an_address_of_production_and_a_foreign_one_wait_for_the_operator(cast: Cast, reference: str) -> None:
    cast.to_production_data(reference)
    cast.do(reference, Action.ACTIVATE)
    way = selfcare.add_address(cast.desk, cast.ana, reference, Environment.PRODUCTION, "185.108.180.21")
    assert way is Way.OPERATOR
    deciding.decide(cast.desk, cast.olga, reference, Proposal.objects.get().pk, accept=True)
    granted = case_view(cast.desk, cast.ana, reference).environment(Environment.PRODUCTION)
    assert [one.network for one in granted.networks] == ["185.108.180.20/32", "185.108.180.21/32"]
    assert Network.objects.count() == 3


def test_a_certificate_that_its_authority_revoked_loses_access_within_a_day(cast: Cast, reference: str) -> None:
    assert not revocations.ask_some(cast.desk)
    assert card(cast, reference).certificates[0].answered == cast.clock.now()
    cast.chain.verdict = ChainVerdict(trusted=True, revoked=True)
    revocations.ask_some(cast.desk)
    assert accepted(reference) == {fingerprint(OLD)}, "asked an hour ago, so not again"
    cast.clock.move(days=1)
    revocations.ask_some(cast.desk)
    assert accepted(reference) == set()
    assert card(cast, reference).applied == "applied"
    kinds = [one.kind for one in notices.latest(about=reference)]
    assert kinds.count("certificate-revoked") >= 2
    cast.chain.verdict = ChainVerdict(trusted=True, revoked=False)
    with pytest.raises(Refusal, match="cannot be used again"):
        rotation.rotate(cast.desk, cast.ana, reference, TEST, der(OLD))
    assert rotation.rotate(cast.desk, cast.ana, reference, TEST, der(NEXT)) is Way.AT_ONCE
    assert accepted(reference) == {fingerprint(NEXT)}


def test_an_authority_that_does_not_answer_changes_nothing_and_is_told_once_a_day(cast: Cast, reference: str) -> None:
    revocations.ask_some(cast.desk)
    cast.chain.verdict = ChainVerdict(trusted=True, revoked=None)
    for _hour in range(24 * 8):
        cast.clock.move(seconds=3600)
        revocations.ask_some(cast.desk)
    assert accepted(reference) == {fingerprint(OLD)}
    told = [one for one in notices.latest(1000, about=reference) if one.kind == "revocation-unanswered"]
    assert [one.recipient for one in told] == ["olga@operator.md"] * 2  # on the seventh day and on the eighth


def test_a_certificate_on_hold_may_come_back(cast: Cast, reference: str) -> None:
    cast.chain.verdict = ChainVerdict(trusted=True, revoked=True, on_hold=True)
    revocations.ask_some(cast.desk)
    assert accepted(reference) == set()
    cast.chain.verdict = ChainVerdict(trusted=True, revoked=False)
    assert rotation.rotate(cast.desk, cast.ana, reference, TEST, der(OLD)) is Way.AT_ONCE
    assert accepted(reference) == {fingerprint(OLD)}
