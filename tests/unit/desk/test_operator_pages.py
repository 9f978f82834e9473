"""The operator's pages: each role sees and does exactly what the table says; lists, trail, rare commands."""

from __future__ import annotations

import csv
import datetime as dt
import io
from collections.abc import Iterable
from dataclasses import replace

import pytest

from msign.connections.actors import Actor
from msign.connections.models import Case, Document, Grant, HistoryEvent, Invoice, Membership, Organisation, Person
from msign.connections.roles import OperatorRole, Right, operator_may
from msign.connections.services import ending, signatures, steps, suspending
from msign.connections.states import TABLE, Action, Side, State
from msign.connections.suspension import Flag
from msign.connections.trailcheck import TrailCheck
from msign.jobs.values import Later, Task
from msign.notices import queries as notices
from tests.unit.desk.conftest import Pages


def with_roles(pages: Pages, *roles: OperatorRole) -> Actor:
    Person.objects.filter(pk=pages.cast.aud.person_id).update(operator_roles=[role.value for role in roles])
    return pages.cast.refreshed(pages.cast.aud)


def to_test(pages: Pages) -> str:
    reference = pages.cast.start()
    pages.cast.to_test(reference)
    return reference


def to_production(pages: Pages) -> str:
    reference = to_test(pages)
    pages.cast.to_production_data(reference)
    pages.cast.do(reference, Action.ACTIVATE)
    return reference


# Every page of the operator and the right that opens it; CASE and ORG are replaced.
PAGES: dict[str, Right] = {
    "/connect/desk/": Right.SEE_QUEUE,
    "/connect/desk/?csv=1": Right.EXPORT,
    "/connect/desk/expiring/": Right.SEE_QUEUE,
    "/connect/desk/lists/": Right.SEE_QUEUE,
    "/connect/desk/lists/systems/": Right.SEE_QUEUE,
    "/connect/desk/lists/certificates/": Right.SEE_QUEUE,
    "/connect/desk/lists/contracts/": Right.SEE_QUEUE,
    "/connect/desk/lists/invoices/": Right.SEE_INVOICES,
    "/connect/desk/lists/contracts/?csv=1": Right.EXPORT,
    "/connect/desk/invoices/": Right.SEE_INVOICES,
    "/connect/desk/statistics/": Right.SEE_QUEUE,
    "/connect/desk/statistics/?csv=1": Right.EXPORT,
    "/connect/desk/trail/": Right.SEE_AUDIT,
    "/connect/desk/CASE/": Right.SEE_QUEUE,
    "/connect/desk/CASE/access/": Right.SEE_QUEUE,
    "/connect/desk/organisations/ORG/": Right.SEE_QUEUE,
}
# Every command besides the decisions: where it is posted, with what, and its right.
COMMANDS: list[tuple[str, dict[str, str], Right]] = [
    ("/connect/desk/CASE/assign/", {"holder": "all", "reason": "x"}, Right.REASSIGN),
    ("/connect/desk/organisations/ORG/", {"appoint": "1"}, Right.RESCUE_TEAM),
    ("/connect/desk/organisations/ORG/", {"end": "1"}, Right.END_CONTRACT),
    ("/connect/desk/invoices/", {"number": "1", "day": "2026-03-02"}, Right.MARK_PAID),
    ("/connect/desk/invoices/", {"number": "1", "cancel": "1", "reason": "x"}, Right.MARK_PAID),
    ("/connect/desk/trail/", {}, Right.SEE_AUDIT),
    ("/connect/cases/CASE/comment/", {"text": "De ce?"}, Right.COMMENT),
    ("/connect/cases/CASE/suspend/operator/", {"text": "x"}, Right.SUSPEND),
    ("/connect/cases/CASE/suspend/contract-ended/", {"text": "x"}, Right.SUSPEND),
    ("/connect/cases/CASE/suspend/rrsi-removed/", {"text": "x"}, Right.SUSPEND),
    ("/connect/cases/CASE/suspend/incident/", {"text": "x"}, Right.FLAG_INCIDENT),
]


@pytest.mark.parametrize("role", list(OperatorRole))
def test_each_role_opens_the_pages_of_its_rights_and_no_other(pages: Pages, role: OperatorRole) -> None:
    reference = pages.cast.start()
    pages.cast.do(reference, Action.SUBMIT)
    organisation = str(Organisation.objects.get().pk)
    client = pages.of(with_roles(pages, role))
    for url, right in PAGES.items():
        status = client.get(url.replace("CASE", reference).replace("ORG", organisation)).status_code
        assert status == (200 if operator_may([role], right) else 403), (role, url)


@pytest.mark.parametrize("role", list(OperatorRole))
def test_each_role_gives_the_commands_of_its_rights_and_no_other(pages: Pages, role: OperatorRole) -> None:
    reference = pages.cast.start()
    pages.cast.do(reference, Action.SUBMIT, Action.TAKE)
    organisation = str(Organisation.objects.get().pk)
    client = pages.of(with_roles(pages, role))
    for url, data, right in COMMANDS:
        answer = client.post(url.replace("CASE", reference).replace("ORG", organisation), data)
        assert (answer.status_code == 403) is not operator_may([role], right), (role, url)
    for action in (one for one, rule in TABLE.items() if rule.side is Side.OPERATOR):
        answer = client.post(f"/connect/desk/{reference}/", {"action": action.value})
        assert (answer.status_code == 403) is not operator_may([role], action), (role, action)


@pytest.mark.parametrize("url", [*PAGES, *(url for url, _data, _right in COMMANDS if "/desk/" in url)])
def test_applicants_find_no_page_of_the_operator(pages: Pages, url: str) -> None:
    reference = pages.cast.start()
    ana = pages.of(pages.cast.ana)
    path = url.replace("CASE", reference).replace("ORG", str(Organisation.objects.get().pk))
    assert ana.get(path).status_code in (403, 405)
    assert ana.post(path).status_code in (403, 405)


@pytest.mark.parametrize("role", list(OperatorRole))
def test_links_lead_only_where_the_role_may_go(pages: Pages, role: OperatorRole) -> None:
    client = pages.of(with_roles(pages, role))
    text = client.get("/connect/desk/").content.decode()
    for url, right in (("invoices/", Right.SEE_INVOICES), ("trail/", Right.SEE_AUDIT)):
        assert (f'href="/connect/desk/{url}"' in text) is operator_may([role], right), url


def table(content: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"))))


def test_exports_hold_the_search_and_no_formula(pages: Pages) -> None:
    first, second = pages.cast.start(system_name="=1+1"), pages.cast.start(system_name="Al doilea")
    for reference in (first, second):
        pages.cast.do(reference, Action.SUBMIT)
    client = pages.of(pages.cast.olga)
    rows = table(client.get("/connect/desk/?tab=all&csv=1").content)
    assert {row["reference"] for row in rows} == {first, second}
    assert {row["system"] for row in rows} == {"'=1+1", "Al doilea"}
    assert [row["reference"] for row in table(client.get("/connect/desk/?tab=all&q=doilea&csv=1").content)] == [second]


def test_a_ready_made_reason_is_added_in_the_language_of_the_reader(pages: Pages) -> None:
    reference = pages.cast.start()
    pages.cast.do(reference, Action.SUBMIT, Action.TAKE)
    answer = pages.of(pages.cast.olga).post(f"/connect/desk/{reference}/", {"template": "0", "reason": "Bună ziua!"})
    text = answer.content.decode()
    assert "Bună ziua!\n" in text
    assert "Indicați articolul" in text or "articol" in text
    assert Case.objects.get(reference=reference).state == State.IN_REVIEW


def test_the_chain_is_verified_in_the_background_and_shown(pages: Pages) -> None:
    pages.cast.start()
    client = pages.of(pages.cast.aud)
    assert "has not been verified yet" in client.get("/connect/desk/trail/").content.decode()
    job = TrailCheck(clock=pages.cast.clock)
    outcome = job.handle(Task("audit.verify", "all", {}, 1))
    assert isinstance(outcome, Later)
    assert "is whole" in client.get("/connect/desk/trail/").content.decode()
    assert client.post("/connect/desk/trail/").status_code == 302


def test_the_trail_is_filtered_by_actor_object_event_and_day(pages: Pages) -> None:
    reference = pages.cast.start()
    pages.cast.do(reference, Action.SUBMIT, Action.TAKE)
    client, olga = pages.of(pages.cast.aud), f"operator:{pages.cast.olga.person_id}"

    def rows(query: str) -> list[dict[str, str]]:
        return table(client.get(f"/connect/desk/trail/?{query}&csv=1").content)

    assert {row["actor"] for row in rows(f"actor={olga}")} == {olga}
    assert {row["object"] for row in rows(f"subject={reference.lower()}")} == {f"connection:{reference}"}
    assert {row["tag"] for row in rows("tag=connections:request:moved")} == {"connections:request:moved"}
    day = pages.cast.clock.now().date()
    assert rows(f"since={day}&until={day}")
    assert not rows(f"since={day + dt.timedelta(days=1)}")
    assert client.get("/connect/desk/trail/?since=ieri").status_code == 422
    text = client.get(f"/connect/desk/trail/?subject={reference}").content.decode()
    assert "Olga Operator" in text


def test_every_row_that_the_gateway_enforces_names_its_decision(pages: Pages) -> None:
    reference = to_test(pages)
    suspending.suspend(pages.cast.desk, pages.cast.sec, reference, Flag.INCIDENT, reason="Chei furate")
    text = pages.of(pages.cast.aud).get(f"/connect/desk/{reference}/access/").content.decode()
    for action in ("configure-test", "suspend"):
        event = HistoryEvent.objects.get(action=action)
        assert f"#event-{event.pk}" in text
    assert "Chei furate" in text
    assert "no decision of the desk" not in text
    assert "no decision" in with_foreign_network(pages, reference)


def with_foreign_network(pages: Pages, reference: str) -> str:
    from msign.access import services as access
    from msign.kernel.words import Environment

    system = Case.objects.get(reference=reference).system
    assert system is not None
    access.add_network(
        system_id=system.public_id.hex,
        environment=Environment.TEST,
        network="198.51.100.7",
        at=pages.cast.clock.now(),
        actor="command",
    )
    return pages.of(pages.cast.aud).get(f"/connect/desk/{reference}/access/").content.decode()


def test_terminating_shows_and_keeps_what_it_takes_away(pages: Pages) -> None:
    reference = to_test(pages)
    client = pages.of(pages.cast.olga)
    assert "185.108.180.10" in client.get(f"/connect/cases/{reference}/do/terminate/").content.decode()
    steps.perform(pages.cast.desk, pages.cast.olga, reference, Action.TERMINATE, reason="Sistemul a fost închis")
    plan = HistoryEvent.objects.get(action="terminate").data["plan"]
    assert [one["networks_removed"] for one in plan] == [["185.108.180.10/32"]]
    assert not Grant.objects.filter(ended=None).exists()


def appointed(pages: Pages, actor: Actor, **typed: object) -> int:
    organisation = Organisation.objects.get()
    data = {"appoint": "1", "email": "nou@model.md", "name": "Nou Administrator", "reason": "Scrisoarea 12", **typed}
    return pages.of(actor).post(f"/connect/desk/organisations/{organisation.pk}/", data).status_code


def test_security_appoints_another_administrator_and_everybody_is_told(pages: Pages) -> None:
    pages.cast.start()
    assert appointed(pages, pages.cast.olga) == 403
    assert appointed(pages, pages.cast.sec, reason="") == 422
    assert appointed(pages, pages.cast.sec, email="olga@operator.md") == 409  # nobody sits on both sides
    assert appointed(pages, pages.cast.sec, leaving=str(pages.cast.ana.person_id)) == 302
    (member,) = Membership.objects.select_related("person")
    assert (member.person.email, member.roles) == ("nou@model.md", ["administrator"])
    letters = [one for one in notices.latest() if one.kind == "administrator-appointed"]
    assert {one.recipient for one in letters} == {"nou@model.md", "ana@model.md"}
    assert all("Scrisoarea 12" in one.text for one in letters)
    text = pages.of(pages.cast.aud).get("/connect/desk/trail/?tag=connections:person:role-changed").content.decode()
    assert "Scrisoarea 12" in text


def end_contract(pages: Pages, day: str) -> int:
    contract = Document.objects.get(kind="contract")
    url = f"/connect/desk/organisations/{contract.organisation_id}/"
    data = {"end": "1", "contract": str(contract.pk), "last_day": day, "reason": "Denunțat de părți"}
    return pages.of(pages.cast.olga).post(url, data).status_code


def flags(reference: str) -> list[str]:
    return Case.objects.get(reference=reference).flags


def test_an_ended_contract_suspends_until_a_new_one_is_in_force(pages: Pages) -> None:
    reference, cast = to_production(pages), pages.cast
    today = cast.clock.now().date()
    assert end_contract(pages, "01.01.2026") == 409
    assert end_contract(pages, (today + dt.timedelta(days=3)).isoformat()) == 302
    assert "Denunțat" in next(one for one in notices.latest(about=reference) if one.kind == "contract-ends").text
    assert flags(reference) == []
    assert "calls are refused from" in pages.of(cast.aud).get("/connect/desk/expiring/").content.decode()
    cast.clock.moment += dt.timedelta(days=4)
    assert ending.follow_contracts(cast.desk) == 1
    assert ending.follow_contracts(cast.desk) == 0
    assert flags(reference) == ["contract-ended"]
    suspending.suspend(cast.desk, cast.sec, reference, Flag.INCIDENT, reason="Altceva")
    cast.do(reference, Action.REOPEN)
    cast.fill(reference, legal_basis="Legea 124/2022, articolul 21")
    cast.do(reference, Action.SUBMIT, Action.TAKE, Action.CONFIRM, Action.ISSUE_DOCUMENTS)
    sign_what_waits(pages, reference)
    assert ending.follow_contracts(cast.desk) == 1
    assert flags(reference) == ["incident"]  # each reason stands for itself


def sign_what_waits(pages: Pages, reference: str) -> None:
    cast = pages.cast
    for actor in (cast.ana, cast.oleg):
        for number in Document.objects.filter(case__reference=reference, state__in=("issued", "half-signed")):
            signatures.start_signing(cast.desk, actor, reference, number.pk)
            signatures.finish_signing(cast.desk, actor, reference, number.pk, list(cast.gateway.posted)[-1])


def remove_from_rrsi(pages: Pages, names: Iterable[str]) -> None:
    gone = set(names)

    class Register:
        def find(self, number: str) -> object:
            return None if number in gone else kept.find(number)

    kept = pages.cast.desk.systems
    pages.cast.desk = replace(pages.cast.desk, systems=Register())  # type: ignore[arg-type]


def test_a_system_that_leaves_the_rrsi_is_suspended_and_comes_back(pages: Pages) -> None:
    reference, cast = to_test(pages), pages.cast
    whole = cast.desk
    assert ending.follow_register(cast.desk).changed == 0
    remove_from_rrsi(pages, ["RSI-0007-2025"])
    found = ending.follow_register(cast.desk)
    assert (found.asked, found.missing, found.changed) == (1, ("RSI-0007-2025",), 1)
    assert flags(reference) == ["rrsi-removed"]
    letter = next(one for one in notices.latest(about=reference) if one.kind == "suspend")
    assert "RRSI" in letter.text
    assert "Suspended because" not in letter.text  # the reason is told in the reader's language
    assert ending.follow_register(whole).changed == 1
    assert flags(reference) == []


def test_a_register_that_misses_many_is_not_believed(pages: Pages) -> None:
    reference, cast = to_test(pages), pages.cast
    remove_from_rrsi(pages, ["RSI-0007-2025"])
    careful = replace(cast.desk, policy=replace(cast.desk.policy, register_few=0))
    found = ending.follow_register(careful)
    assert (found.believed, found.changed) == (False, 0)
    assert flags(reference) == []


def test_finance_records_payments_and_cancels(pages: Pages) -> None:
    reference, cast = pages.cast.start(), pages.cast
    case, today = Case.objects.get(reference=reference), cast.clock.now().date()
    for number in ("F-1", "F-2"):
        Invoice.objects.create(
            case=case, number=number, bani=1520000, period_from=today, period_to=today, issued=today, due=today, pdf=b""
        )
    client, (first, second) = pages.of(cast.fima), Invoice.objects.order_by("pk")
    url = "/connect/desk/invoices/"
    client.post(url, {"number": first.pk, "day": "ieri"})
    assert "Enter the day" in client.get(url).content.decode()
    client.post(url, {"number": first.pk, "day": today.isoformat()})
    client.post(url, {"number": second.pk, "cancel": "1", "reason": ""})
    assert "Give a reason" in client.get(url).content.decode()
    client.post(url, {"number": second.pk, "cancel": "1", "reason": "Emisă de două ori"})
    assert "F-1" in client.get(f"{url}?only=paid").content.decode()
    assert "F-2" in client.get(f"{url}?only=cancelled").content.decode()
    assert {one.kind for one in notices.latest(about=reference)} >= {"invoice-paid", "invoice-cancelled"}
    assert set(HistoryEvent.objects.values_list("action", flat=True)) >= {"invoice-paid", "invoice-cancelled"}
