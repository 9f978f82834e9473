"""What was decided is what is enforced: written, read back from the engine, watched, and closed when it is too open."""

from __future__ import annotations

from pathlib import Path

import pytest

from msign.access import services as access
from msign.access.models import Generation, ListenerReport
from msign.access.reports import Reporter
from msign.access.values import DenialReason, SuspensionReason
from msign.audit import queries as trail
from msign.audit.tags import Tag
from msign.connections.actors import Refusal
from msign.connections.enforcement import Enforced
from msign.connections.models import Case
from msign.connections.queries.cases import case_view
from msign.connections.services import enforcing, suspending
from msign.connections.states import Action
from msign.connections.suspension import Flag
from msign.connections.upkeep import Upkeep
from msign.jobs.values import Task
from msign.kernel.words import Environment
from tests.support.desk import Cast, make_cast
from tests.support.pki import session_pki

pytestmark = pytest.mark.django_db
TEST = Environment.TEST
ADDRESS = "185.108.180.10"


@pytest.fixture
def cast(tmp_path: Path) -> Cast:
    made = make_cast(tmp_path)
    made.reference = made.start()  # type: ignore[attr-defined]
    made.to_test(made.reference)  # type: ignore[attr-defined]
    return made


def card(cast: Cast) -> tuple[Enforced, list[str]]:
    view = case_view(cast.desk, cast.ana, cast.reference).environment(TEST)  # type: ignore[attr-defined]
    return view.applied, [str(one) for one in view.problems]


def where(cast: Cast) -> dict[str, object]:
    system = Case.objects.get(reference=cast.reference).system  # type: ignore[attr-defined]
    assert system is not None
    return {"system_id": system.public_id.hex, "environment": TEST, "at": cast.clock.now(), "actor": "command"}


def refusal(cast: Cast, address: str = ADDRESS) -> DenialReason | None:
    checks = cast.desk.engine.explain(TEST, address=address, certificate_der=session_pki().system("alfa-test").der)
    return next((one.reason for one in checks if one.reason), None)


def tick(cast: Cast) -> None:
    Upkeep(desk=cast.desk).tick(Task("desk.tick", "all", {}, 1))


def test_a_decision_is_applied_and_the_engine_says_so(cast: Cast) -> None:
    assert card(cast) == (Enforced.APPLIED, [])
    assert refusal(cast) is None
    (event,) = list(trail.events(tags=(Tag.CONNECTION_ACCESS,), limit=5))
    assert event.facts["outcome"] == "applied"


def test_it_is_pending_until_the_running_process_has_confirmed_it(cast: Cast) -> None:
    number = Generation.objects.get().number
    behind = Reporter(environment=TEST, generation=lambda: number - 1, clock=cast.clock)
    behind.report()
    assert card(cast)[0] is Enforced.PENDING
    ListenerReport.objects.update(generation=number)
    assert card(cast)[0] is Enforced.APPLIED


def test_what_somebody_took_away_elsewhere_is_shown_and_not_given_back_by_itself(cast: Cast) -> None:
    access.remove_network(network=ADDRESS, **where(cast))  # type: ignore[arg-type]
    tick(cast)
    outcome, problems = card(cast)
    assert outcome is Enforced.DRIFTED
    assert problems == ["The address 185.108.180.10/32 is granted, but not listed in the gateway."]
    assert refusal(cast) is DenialReason.NO_NETWORKS
    with pytest.raises(Refusal):
        enforcing.apply_again(cast.desk, cast.ana, cast.reference, TEST)  # type: ignore[attr-defined]
    enforcing.apply_again(cast.desk, cast.olga, cast.reference, TEST)  # type: ignore[attr-defined]
    assert card(cast) == (Enforced.APPLIED, [])


def test_what_lets_more_in_than_was_decided_is_closed_by_the_worker(cast: Cast) -> None:
    foreign = session_pki().system("alfa-test-next").der
    access.add_network(network="198.51.100.7", **where(cast))  # type: ignore[arg-type]
    access.add_certificate(certificate=foreign, **where(cast))  # type: ignore[arg-type]
    assert card(cast)[0] is Enforced.DRIFTED
    tick(cast)
    assert card(cast) == (Enforced.APPLIED, [])
    assert refusal(cast, "198.51.100.7") is DenialReason.FOREIGN_ADDRESS


def test_a_suspension_lifted_behind_the_desk_comes_back(cast: Cast) -> None:
    suspending.suspend(cast.desk, cast.olga, cast.reference, Flag.OPERATOR, reason="Verificare")  # type: ignore[attr-defined]
    access.resume(reason=SuspensionReason.OPERATOR, **where(cast))  # type: ignore[arg-type]
    assert refusal(cast) is None
    tick(cast)
    assert refusal(cast) is DenialReason.ACCESS_DISABLED
    assert card(cast)[0] is Enforced.APPLIED


def test_access_without_a_decision_is_closed(cast: Cast) -> None:
    cast.do(cast.reference, Action.TERMINATE, reason="Gata")  # type: ignore[attr-defined]
    assert card(cast) == (Enforced.NONE, [])
    access.enable(**where(cast))  # type: ignore[arg-type]
    assert card(cast)[0] is Enforced.DRIFTED
    tick(cast)
    assert card(cast)[0] is Enforced.NONE
    assert refusal(cast) is DenialReason.CERTIFICATE_REVOKED


def test_what_cannot_be_written_fails_with_its_reason_and_still_closes(cast: Cast, tmp_path: Path) -> None:
    """The certificate of production is pinned to another system in the gateway, behind the desk's back."""
    cast.to_production_data(cast.reference)  # type: ignore[attr-defined]
    other = access.register_system(
        name="Altul", organisation_name="Alta", organisation_id="1000000000007", at=cast.clock.now(), actor="command"
    )
    der = session_pki().system("alfa-production").der
    place = {"system_id": other, "environment": Environment.PRODUCTION, "at": cast.clock.now(), "actor": "command"}
    access.add_certificate(certificate=der, **place)  # type: ignore[arg-type]
    cast.do(cast.reference, Action.ACTIVATE)  # type: ignore[attr-defined]
    view = case_view(cast.desk, cast.ana, cast.reference).environment(Environment.PRODUCTION)  # type: ignore[attr-defined]
    assert view.applied is Enforced.FAILED
    assert "pinned to another system" in str(view.problems[0])
    suspending.suspend(cast.desk, cast.olga, cast.reference, Flag.OPERATOR, reason="Verificare")  # type: ignore[attr-defined]
    assert refusal(cast) is DenialReason.ACCESS_DISABLED, "a failure in production does not keep test open"
