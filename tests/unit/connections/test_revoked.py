"""A certificate revoked after it was sent opens nothing: not test, not production, not a change, not by its serial."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from msign.access.queries import access_state
from msign.connections.actors import Refusal
from msign.connections.certificates import CertificatePolicy
from msign.connections.models import Case, Certificate
from msign.connections.ports import ChainVerdict
from msign.connections.queries.cases import case_view
from msign.connections.services import technical
from msign.connections.states import Action, State
from msign.kernel.words import Environment
from msign.notices import queries as notices
from tests.support.desk import Cast, make_cast

pytestmark = pytest.mark.django_db
TEST, PRODUCTION = Environment.TEST, Environment.PRODUCTION
REVOKED, UNKNOWN = ChainVerdict(trusted=True, revoked=True), ChainVerdict(trusted=True, revoked=None)


@pytest.fixture
def cast(tmp_path: Path) -> Cast:
    return make_cast(tmp_path)


def ready_for(cast: Cast, action: Action) -> str:
    """A case in which ``action`` is the next step, with certificates that were good when they were sent."""
    reference = cast.start()
    if action is Action.CONFIGURE_TEST:
        cast.do(reference, Action.SUBMIT, Action.TAKE, Action.CONFIRM, Action.ISSUE_DOCUMENTS)
        cast.sign_all(reference)
        cast.give(reference, TEST, "alfa-test", "185.108.180.10")
        cast.do(reference, Action.GIVE_TEST_DATA)
        return reference
    cast.to_test(reference)
    cast.to_production_data(reference)
    if action is Action.APPLY_CHANGE:
        cast.do(reference, Action.ACTIVATE, Action.REOPEN, Action.SUBMIT, Action.TAKE)
    return reference


def enabled(reference: str, environment: Environment) -> bool:
    system = Case.objects.get(reference=reference).system
    assert system is not None
    return access_state(system.public_id.hex, environment).enabled


OPENING = [Action.CONFIGURE_TEST, Action.ACTIVATE, Action.APPLY_CHANGE]


@pytest.mark.parametrize("action", OPENING)
def test_a_certificate_revoked_meanwhile_opens_nothing_and_the_reason_is_told(cast: Cast, action: Action) -> None:
    reference = ready_for(cast, action)
    state = case_view(cast.desk, cast.olga, reference).line.state
    cast.chain.verdict = REVOKED
    with pytest.raises(Refusal, match="has revoked the certificate"):
        cast.do(reference, action)
    assert case_view(cast.desk, cast.olga, reference).line.state is state
    with pytest.raises(Refusal, match="expired or revoked"):  # marked: the next try knows without asking
        cast.do(reference, action)
    letters = [one for one in notices.latest(about=reference) if one.kind == "certificate-revoked"]
    serial = Certificate.objects.exclude(revoked=None).latest("pk").serial
    assert any(serial in one.text and one.recipient == "tehnic@model.md" for one in letters)
    assert "certificate-revoked" in {event.action for event in case_view(cast.desk, cast.ana, reference).history}


def test_nothing_is_granted_with_a_revoked_certificate_beside_a_good_one(cast: Cast) -> None:
    reference = ready_for(cast, Action.CONFIGURE_TEST)
    good = Certificate.objects.get(environment=TEST)
    Certificate.objects.create(
        **{
            field.attname: getattr(good, field.attname)
            for field in Certificate._meta.concrete_fields
            if not field.primary_key
        }
        | {"fingerprint": "0" * 64, "serial": "40FF", "revoked": cast.clock.now()}
    )
    assert case_view(cast.desk, cast.olga, reference).environment(TEST).plan.certificates_added == (good.serial,)
    assert cast.do(reference, Action.CONFIGURE_TEST) is State.TEST_CONFIGURED
    assert enabled(reference, TEST)


@pytest.mark.parametrize("action", OPENING)
@pytest.mark.parametrize("accept", [False, True])
def test_an_authority_that_does_not_answer_is_a_matter_of_policy(cast: Cast, action: Action, *, accept: bool) -> None:
    reference = ready_for(cast, action)
    cast.chain.verdict = UNKNOWN
    certificates = CertificatePolicy(accept_unknown_revocation=accept)
    cast.desk = replace(cast.desk, policy=replace(cast.desk.policy, certificates=certificates))
    if accept:
        assert cast.do(reference, action)
        return
    with pytest.raises(Refusal, match="could not be asked now"):
        cast.do(reference, action)
    assert not Certificate.objects.exclude(revoked=None).exists()


@pytest.mark.parametrize("action", OPENING)
def test_a_certificate_whose_authority_is_accepted_no_longer_opens_nothing(cast: Cast, action: Action) -> None:
    reference = ready_for(cast, action)
    cast.chain.verdict = ChainVerdict(trusted=False)
    with pytest.raises(Refusal, match="no longer from an authority"):
        cast.do(reference, action)


def test_a_serial_number_of_a_revoked_certificate_is_refused_with_the_reason(cast: Cast) -> None:
    reference = cast.start()
    cast.do(reference, Action.SUBMIT, Action.TAKE, Action.CONFIRM)
    cast.give(reference, TEST, "alfa-test", "185.108.180.10")
    serial = case_view(cast.desk, cast.ana, reference).environment(TEST).certificates[0].serial
    cast.chain.verdict = REVOKED
    offered = technical.inspect_serial(cast.desk, cast.ana, reference, TEST, serial)
    assert isinstance(offered, technical.Offered)
    assert not offered.acceptable
    assert any("The authority has revoked it" in str(check.sentence) for check in offered.checks)
    with pytest.raises(Refusal, match="has revoked it"):
        technical.register_certificate(cast.desk, cast.ana, reference, TEST, offered.reading.der)
