"""The three purposes of the unified form, and services that the desk only records: each with real rows and access."""

from __future__ import annotations

from pathlib import Path

import pytest

from msign.access import queries as access
from msign.connections.actors import Refusal
from msign.connections.catalogue import SERVICES, Purpose
from msign.connections.fees import Kind
from msign.connections.models import Case, InformationSystem
from msign.connections.queries.cases import case_view
from msign.connections.queries.own import changeable, own_cases
from msign.connections.queries.queue import Search, queue
from msign.connections.questions import asked_pages, page_named
from msign.connections.services import applications, people, steps, technical
from msign.connections.states import Action, State
from msign.connections.tasks import milestones, tasks
from msign.kernel.languages import Language
from msign.kernel.words import Environment
from msign.notices import queries as notices
from tests.support.desk import PUBLIC, Cast, make_cast

pytestmark = pytest.mark.django_db
TEST, PRODUCTION = Environment.TEST, Environment.PRODUCTION
NEEDS = {
    "service_basis": "Legea 124/2022",
    "service_needs": "Oamenii intră în portal cu identitatea lor.",
    "mpass_logout": "https://portal.model.md/iesire",
    "mpass_attributes": "nume, IDNP",
    "mnotify_channels": "e-mail, română",
    "mlog_events": "autentificare reușită",
}


@pytest.fixture
def cast(tmp_path: Path) -> Cast:
    return make_cast(tmp_path)


def live(cast: Cast) -> str:
    reference = cast.start()
    cast.to_test(reference)
    cast.to_production_data(reference)
    cast.do(reference, Action.ACTIVATE)
    return reference


def enforced(reference: str, environment: Environment) -> tuple[bool, tuple[str, ...], tuple[str, ...]]:
    system = Case.objects.get(reference=reference).system
    assert system is not None
    state = access.access_state(system.public_id.hex, environment)
    serials = tuple(one.serial for one in state.certificates if one.status == "active")
    return state.enabled, serials, tuple(map(str, state.networks))


# --- other services ---------------------------------------------------------------------------------------------------

RECORDED = [service.code for service in SERVICES if not service.served]


@pytest.mark.parametrize("service", RECORDED)
def test_a_request_for_another_service_is_sent_taken_up_and_forwarded(cast: Cast, service: str) -> None:
    reference = cast.start(service=service, **NEEDS)
    assert cast.do(reference, Action.SUBMIT, Action.TAKE, Action.FORWARD) is State.FORWARDED
    view = case_view(cast.desk, cast.ana, reference)
    assert not view.served
    assert view.submitted["service_needs"] == NEEDS["service_needs"]
    assert milestones(view)[1] == 3
    assert {task.code.partition(":")[0] for task in tasks(view, cast.desk.policy.id_check)} == {"form", "send"}
    (letter,) = (one for one in notices.latest(about=reference) if one.kind == "forward" and "ana@" in one.recipient)
    assert view.line.service in letter.subject
    assert "it@model.md" in letter.text


def test_the_operator_sees_recorded_requests_in_the_queue_and_its_clock_runs(cast: Cast) -> None:
    reference = cast.start(service="mpass", **NEEDS)
    cast.do(reference, Action.SUBMIT)
    (line,) = queue(cast.desk, Search(tab="new")).rows
    assert (line.reference, line.service) == (reference, "MPass")
    assert line.clock.due is not None


def test_each_service_asks_its_own_questions_and_msign_none_of_them(cast: Cast) -> None:
    reference = cast.start(service="mpass")
    with pytest.raises(Refusal, match="single logout"):
        cast.do(reference, Action.SUBMIT)
    names = {field.name for page in asked_pages({"service": "msign"}) for field in page.asked({"service": "msign"})}
    assert not names & set(NEEDS)


def test_a_recorded_request_is_neither_confirmed_nor_given_technical_data(cast: Cast) -> None:
    reference = cast.start(service="mnotify", **NEEDS)
    cast.do(reference, Action.SUBMIT, Action.TAKE)
    with pytest.raises(Refusal, match="forwarded to its team"):
        cast.do(reference, Action.CONFIRM)
    with pytest.raises(Refusal, match="cannot be changed now"):
        technical.save_addresses(cast.desk, cast.ana, reference, TEST, "185.108.180.10", vpn=False)


def test_a_request_for_msign_is_not_forwarded(cast: Cast) -> None:
    reference = cast.start()
    cast.do(reference, Action.SUBMIT, Action.TAKE)
    with pytest.raises(Refusal, match="from beginning to end"):
        cast.do(reference, Action.FORWARD)


# --- one more service for a known system ------------------------------------------------------------------------------


def extension(cast: Cast, reference: str) -> str:
    system = Case.objects.get(reference=reference).system_id
    return applications.start(
        cast.desk, cast.ana, kind=Kind.PUBLIC, number=PUBLIC, purpose=Purpose.EXTENSION, system_id=system
    )


def test_an_extension_knows_everything_but_the_service(cast: Cast) -> None:
    first = live(cast)
    second = extension(cast, first)
    answers = case_view(cast.desk, cast.ana, second).answers
    assert answers["service"] == ""
    assert answers["representative_name"] == "Ion Model"
    page = page_named("service-needs")
    assert page is not None
    cast.fill(second, purpose="extension", service="mpass", **NEEDS)
    assert cast.do(second, Action.SUBMIT, Action.TAKE, Action.FORWARD) is State.FORWARDED
    assert enforced(first, PRODUCTION)[0]


@pytest.mark.parametrize("purpose", [Purpose.NEW_SYSTEM, Purpose.EXTENSION])
def test_a_second_connection_of_the_same_system_would_write_over_the_live_one(cast: Cast, purpose: Purpose) -> None:
    first = live(cast)
    second = extension(cast, first)
    cast.fill(second, purpose=purpose.value)
    with pytest.raises(Refusal, match=f"connected to this service already \\({first}\\)"):
        cast.do(second, Action.SUBMIT)


def test_the_purpose_of_changing_data_cannot_be_typed_into_a_draft(cast: Cast) -> None:
    first = live(cast)
    second = extension(cast, first)
    cast.fill(second, purpose="data-change")
    assert case_view(cast.desk, cast.ana, second).answers["purpose"] == "extension"


# --- contractual and technical data -----------------------------------------------------------------------------------


def test_a_change_of_data_is_applied_right_from_the_review(cast: Cast) -> None:
    reference = live(cast)
    before = enforced(reference, PRODUCTION), enforced(reference, TEST)
    (line,) = changeable(cast.desk, cast.ana)
    assert line.reference == reference
    cast.do(reference, Action.REOPEN)
    assert changeable(cast.desk, cast.ana) == ()
    cast.fill(reference, technical_email="nou@model.md", system_name="Sistemul renumit")
    technical.save_addresses(cast.desk, cast.ana, reference, PRODUCTION, "185.108.180.77", vpn=False)
    cast.do(reference, Action.SUBMIT, Action.TAKE)
    assert (enforced(reference, PRODUCTION), enforced(reference, TEST)) == before
    system = InformationSystem.objects.get(case__reference=reference)
    assert system.name == "Sistemul demonstrativ"  # what people see stays until the operator agrees
    assert cast.do(reference, Action.APPLY_CHANGE) is State.COMPLETED
    assert enforced(reference, PRODUCTION) == (True, before[0][1], ("185.108.180.77/32",))
    assert enforced(reference, TEST) == before[1]
    system.refresh_from_db()
    known = access.system(system.public_id.hex)
    assert known is not None
    assert (system.name, known.name) == ("Sistemul renumit", "Sistemul renumit")
    view = case_view(cast.desk, cast.ana, reference)
    assert view.answers["technical_email"] == "nou@model.md"
    assert view.line.service == "MSign"
    assert [card.applied for card in view.environments] == ["applied", "applied"]
    plan = next(event.plan for event in view.history if event.action == "apply-change")
    assert {one.environment: one.networks_added for one in plan} == {TEST: (), PRODUCTION: ("185.108.180.77/32",)}


@pytest.mark.parametrize("end", [Action.WITHDRAW, Action.REJECT])
def test_a_change_that_is_given_up_or_refused_leaves_no_trace(cast: Cast, end: Action) -> None:
    reference = live(cast)
    before = enforced(reference, PRODUCTION), enforced(reference, TEST)
    cast.do(reference, Action.REOPEN)
    cast.fill(reference, system_name="Alt nume", volume="9")
    number = case_view(cast.desk, cast.ana, reference).environment(PRODUCTION).certificates[0].number
    technical.remove_certificate(cast.desk, cast.ana, reference, PRODUCTION, number)
    technical.save_addresses(cast.desk, cast.ana, reference, TEST, "185.108.180.99", vpn=False)
    cast.do(reference, Action.SUBMIT, Action.TAKE)
    with pytest.raises(Refusal, match="No certificate is registered"):
        cast.do(reference, Action.APPLY_CHANGE)
    assert cast.do(reference, end, reason="nu") is State.COMPLETED
    assert (enforced(reference, PRODUCTION), enforced(reference, TEST)) == before
    view = case_view(cast.desk, cast.ana, reference)
    assert view.answers["system_name"] == "Sistemul demonstrativ"
    assert all(card.plan.empty for card in view.environments)


def test_purpose_and_service_of_a_live_connection_stay(cast: Cast) -> None:
    reference = live(cast)
    cast.do(reference, Action.REOPEN)
    cast.fill(reference, service="mpass", purpose="new-system")
    answers = case_view(cast.desk, cast.ana, reference).answers
    assert (answers["service"], answers["purpose"]) == ("msign", "data-change")


def test_a_live_connection_is_shown_as_active_and_ended_requests_as_history(cast: Cast) -> None:
    first, second = live(cast), cast.start(system_name="Al doilea")
    steps.perform(cast.desk, cast.ana, second, Action.WITHDRAW)
    own = own_cases(cast.desk, cast.ana)
    assert [one.reference for one in own.active] == [first]
    assert [one.reference for one in own.past] == [second]


# --- a natural person -------------------------------------------------------------------------------------------------


def test_a_natural_person_reaches_the_test_environment(cast: Cast) -> None:
    key = people.register_person(cast.desk, email="om@acasa.md", name="Om Singur", language=Language.RO)
    found = people.actor_of(key)
    assert found is not None
    cast.ana = found
    reference = cast.start("2000000000004", Kind.PERSON, rrsi="")
    cast.do(reference, Action.SUBMIT, Action.TAKE, Action.CONFIRM, Action.ISSUE_DOCUMENTS)
    cast.sign_all(reference)
    Case.objects.filter(reference=reference).update(state=State.DATA_COMPLETE)
    technical_row(cast, reference)
    assert cast.do(reference, Action.CONFIGURE_TEST) is State.TEST_CONFIGURED
    assert enforced(reference, TEST)[0]


def technical_row(cast: Cast, reference: str) -> None:
    """Hand in the data as if the person's own certificate had been sent: no test certificate names a person."""
    from msign.connections.certificates import Reading, read_upload
    from msign.connections.models import Certificate, Network
    from tests.support.pki import session_pki

    case = Case.objects.get(reference=reference)
    reading = read_upload(session_pki().system("alfa-test").der)
    assert isinstance(reading, Reading)
    Certificate.objects.create(
        system=case.system, environment=TEST, der=reading.der, fingerprint=reading.fingerprint, serial=reading.serial,
        issuer=reading.issuer, subject=reading.subject, not_before=reading.not_before, not_after=reading.not_after,
        added=cast.clock.now(),
    )  # fmt: skip
    Network.objects.create(case=case, environment=TEST, network="185.108.180.10/32")
