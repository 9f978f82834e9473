"""Two people on one case: the second reads what happened, nothing of the first is undone, nothing typed is lost."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import replace

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from msign.connections.fees import Kind
from msign.connections.models import Case, Comment, Document, Invoice, Membership, Network, Proposal
from msign.connections.services import billing, people, signatures, suspending
from msign.connections.services.limits import agreed_settings
from msign.connections.states import Action
from msign.connections.suspension import Flag
from msign.kernel.errors import Code, MSignError
from msign.kernel.words import Environment
from tests.support.desk import PRIVATE, PUBLIC
from tests.unit.desk.conftest import Pages

WORDS = "Un text lung, scris de mine cu grijă"
OTHER = "Somebody else has changed"


def hidden(pages: Pages, actor: object, url: str, name: str) -> str:
    """What a hidden field of a page holds."""
    found = re.search(rf'name="{name}" value="([^"]*)"', pages.of(actor).get(url).content.decode())  # type: ignore[arg-type]
    assert found, url
    return found[1]


def in_review(pages: Pages) -> tuple[str, str]:
    reference = pages.cast.start()
    pages.cast.do(reference, Action.SUBMIT, Action.TAKE)
    return reference, f"/connect/desk/{reference}/"


def test_a_reason_survives_a_decision_that_came_first(pages: Pages) -> None:
    """The question can no longer be asked, its field is gone: the words stand on the page all the same."""
    reference, review = in_review(pages)
    version = hidden(pages, pages.cast.olga, review, "version")
    pages.cast.do(reference, Action.CONFIRM)
    answer = pages.of(pages.cast.olga).post(review, {"version": version, "action": "ask", "reason": WORDS})
    assert answer.status_code == 409
    assert OTHER in answer.content.decode()
    assert WORDS in answer.content.decode()
    assert Case.objects.get(reference=reference).state == "confirmed"


def test_giving_a_case_on_twice_keeps_the_second_reason(pages: Pages) -> None:
    reference, review = in_review(pages)
    version = hidden(pages, pages.cast.olga, review, "version")
    pages.cast.do(reference, Action.CONFIRM)
    data = {"version": version, "holder": "all", "reason": WORDS}
    shown = pages.of(pages.cast.olga).post(f"{review}assign/", data, follow=True).content.decode()
    assert OTHER in shown
    assert WORDS in shown


def test_a_change_that_was_decided_is_not_decided_again(pages: Pages) -> None:
    reference = pages.cast.start()
    pages.cast.to_test(reference)
    case = Case.objects.get(reference=reference)
    row = Proposal.objects.create(
        case=case, environment="test", network="185.108.180.77/32", created=pages.cast.clock.now()
    )
    url, olga = f"/connect/cases/{reference}/proposals/{row.pk}/", pages.of(pages.cast.olga)
    assert olga.post(url, {"accept": "1"}).status_code == 302
    shown = olga.post(url, {"refuse": "1", "reason": WORDS}, follow=True).content.decode()
    assert "There is no such change to decide" in shown
    assert WORDS in shown
    assert Proposal.objects.get().accepted


def test_two_lists_of_addresses_do_not_overwrite_each_other(pages: Pages) -> None:
    reference = pages.cast.start()
    pages.cast.do(reference, Action.SUBMIT, Action.TAKE, Action.CONFIRM)
    url, ana = f"/connect/cases/{reference}/addresses/test/", pages.of(pages.cast.ana)
    known = hidden(pages, pages.cast.ana, url, "known")
    assert ana.post(url, {"known": known, "addresses": "185.108.180.1"}).status_code == 302
    answer = ana.post(url, {"known": known, "addresses": "185.108.180.2"})
    assert answer.status_code == 409
    text = answer.content.decode()
    assert OTHER in text
    assert "On the list now: 185.108.180.1/32." in text
    assert "185.108.180.2" in text
    assert [one.network for one in Network.objects.all()] == ["185.108.180.1/32"]
    again = re.search(r'name="known" value="([^"]*)"', text)
    assert again
    assert ana.post(url, {"known": again[1], "addresses": "185.108.180.1\n185.108.180.2"}).status_code == 302
    assert Network.objects.count() == 2


def test_addresses_typed_after_the_door_was_closed_are_shown_again(pages: Pages) -> None:
    reference = pages.cast.start()
    pages.cast.do(reference, Action.SUBMIT)
    url = f"/connect/cases/{reference}/addresses/test/"
    shown = pages.of(pages.cast.ana).post(url, {"addresses": "185.108.180.2"}, follow=True).content.decode()
    assert "cannot be changed now" in shown
    assert "185.108.180.2" in shown


def test_two_administrators_do_not_undo_each_other(pages: Pages) -> None:
    """The second reads who has which roles now, finds own choices again, and may save them after that look."""
    pages.cast.start()
    ana = people.actor_of(pages.cast.ana.person_id or 0)
    assert ana
    url, browser = f"/connect/team/{next(iter(ana.team))}/", pages.of(ana)
    data = {"known": hidden(pages, ana, url, "known"), "email": "ion@model.md", "name": "Ion Lupu"}
    assert browser.post(url, {**data, "roles": ["technical"]}).status_code == 302
    assert browser.post(url, {**data, "email": "vera@model.md", "roles": ["reader"]}).status_code == 302
    answer = browser.post(url, {**data, "roles": ["reader", "signatory"]})
    assert answer.status_code == 409
    text = answer.content.decode()
    assert "Another administrator has changed the roles of this person" in text
    assert re.search(r'value="signatory"[^>]* checked', text)
    assert Membership.objects.get(person__email="ion@model.md").roles == ["technical"]
    again = re.search(r'name="known" value="([^"]*)"', text)
    assert again
    assert browser.post(url, {**data, "known": again[1], "roles": ["signatory"]}).status_code == 302
    assert Membership.objects.get(person__email="ion@model.md").roles == ["signatory"]
    assert browser.post(url, {**data, "roles": []}).status_code == 409


def test_two_changes_of_limits_do_not_undo_each_other(pages: Pages) -> None:
    cast, reference = pages.cast, pages.cast.start()
    cast.to_test(reference)
    url, olga = f"/connect/cases/{reference}/usage/test/", pages.of(cast.olga)
    known = hidden(pages, cast.olga, url, "known")
    assert olga.post(url, {"known": known, "requests_per_minute": "30", "reason": "Încărcare"}).status_code == 302
    answer = olga.post(url, {"known": known, "open_requests": "5", "reason": WORDS})
    assert answer.status_code == 422
    assert OTHER in answer.content.decode()
    assert WORDS in answer.content.decode()
    system = Case.objects.get(reference=reference).system
    assert system is not None
    settings = agreed_settings(system.public_id.hex, Environment.TEST)
    assert (settings.requests_per_minute, settings.open_requests) == (30, None)


def test_two_last_days_of_one_contract(pages: Pages) -> None:
    cast, reference = pages.cast, pages.cast.start()
    cast.to_test(reference)
    contract = Document.objects.get(kind="contract")
    url, olga = f"/connect/desk/organisations/{contract.organisation_id}/", pages.of(cast.olga)
    known = hidden(pages, cast.olga, url, "known")
    days = [(cast.clock.now().date() + dt.timedelta(days=number)).isoformat() for number in (30, 60)]
    sent = {"end": "1", "contract": str(contract.pk), "known": known}
    assert olga.post(url, {**sent, "last_day": days[0], "reason": "Denunțat"}).status_code == 302
    answer = olga.post(url, {**sent, "last_day": days[1], "reason": WORDS})
    assert answer.status_code == 409
    assert OTHER in answer.content.decode()
    assert WORDS in answer.content.decode()
    assert Document.objects.get(pk=contract.pk).ends == dt.date.fromisoformat(days[0])


def test_two_signatories_sign_one_document(pages: Pages) -> None:
    """Both opened the sign page; the one who comes back second reads that it is signed, and by which side next."""
    cast, reference = pages.cast, pages.cast.start()
    cast.do(reference, Action.SUBMIT, Action.TAKE, Action.CONFIRM, Action.ISSUE_DOCUMENTS)
    number = Document.objects.filter(case__reference=reference).latest("pk").pk
    url, ana = f"/connect/cases/{reference}/documents/{number}/", pages.of(cast.ana)
    for _tab in range(2):
        signatures.start_signing(cast.desk, cast.ana, reference, number)
    first, second = list(cast.gateway.posted)
    assert "accepted" in ana.get(f"{url}signed/{first}/", follow=True).content.decode()
    answer = ana.get(f"{url}signed/{second}/", follow=True)
    assert answer.status_code == 200
    assert "Your side has signed this document already" in answer.content.decode()
    copy = SimpleUploadedFile("c.pdf", b"%PDF-1.7\nmine", "application/pdf")
    assert "Your side has signed" in ana.post(url, {"copy": copy}).content.decode()
    assert Document.objects.get(pk=number).state == "half-signed"


def test_two_presses_of_a_button_write_one_message_and_one_draft(pages: Pages) -> None:
    reference = pages.cast.start()
    ana = pages.of(pages.cast.ana)
    for _press in range(2):
        assert ana.post(f"/connect/cases/{reference}/comment/", {"text": "Bună ziua"}).status_code == 302
    assert Comment.objects.count() == 1
    pages.cast.clock.move(seconds=30)
    ana.post(f"/connect/cases/{reference}/comment/", {"text": "Bună ziua"})
    assert Comment.objects.count() == 2  # said again on purpose
    data = {"purpose": "new-system", "kind": "public", "number": PUBLIC}
    first, second = (ana.post("/connect/new/", data)["Location"] for _press in range(2))
    assert first == second
    pages.cast.clock.move(seconds=30)
    assert ana.post("/connect/new/", data)["Location"] != first


def test_one_payment_is_recorded_once_and_a_paid_invoice_is_not_cancelled(pages: Pages) -> None:
    cast = pages.cast
    reference = cast.start(PRIVATE, Kind.PRIVATE, rrsi="")
    billing.issue_first(cast.desk, Case.objects.select_related("organisation", "created_by").get(reference=reference))
    key, day, fima = Invoice.objects.get().pk, cast.clock.now().date(), pages.of(cast.fima)
    url = "/connect/desk/invoices/"
    assert fima.post(url, {"number": key, "day": day.isoformat()}).status_code == 302
    shown = fima.post(url, {"number": key, "cancel": "1", "reason": WORDS}, follow=True).content.decode()
    assert "paid or cancelled already" in shown
    assert WORDS in shown
    later = (day - dt.timedelta(days=1)).isoformat()
    assert "paid or cancelled already" in fima.post(url, {"number": key, "day": later}, follow=True).content.decode()
    assert Invoice.objects.get().paid == day


def test_a_suspension_that_stands_already_keeps_the_second_reason(pages: Pages) -> None:
    cast, reference = pages.cast, pages.cast.start()
    cast.to_test(reference)
    url = f"/connect/cases/{reference}/suspend/operator/"
    version = hidden(pages, cast.olga, url, "version")
    suspending.suspend(cast.desk, cast.olga, reference, Flag.OPERATOR, reason="Prima")
    answer = pages.of(cast.olga).post(url, {"version": version, "text": WORDS})
    assert answer.status_code == 409
    assert OTHER in answer.content.decode()
    assert WORDS in answer.content.decode()


def test_a_test_that_was_waived_meanwhile_keeps_the_second_sentence(pages: Pages) -> None:
    cast, reference = pages.cast, pages.cast.start()
    cast.to_test(reference)
    url, olga = f"/connect/cases/{reference}/tests/", pages.of(cast.olga)
    cast.calls.pass_all(cast.clock.now())
    olga.get(url)
    pages.cast.do(reference, Action.VALIDATE)
    answer = olga.post(url, {"code": "TC_FUNCT_01", "text": WORDS})
    assert answer.status_code == 422
    assert WORDS in answer.content.decode()


def test_a_lost_right_keeps_what_was_typed(pages: Pages) -> None:
    """The administrator was made a reader while the message was being written."""
    reference = pages.cast.start()
    Membership.objects.update(roles=["reader"])
    answer = pages.of(pages.cast.ana).post(f"/connect/cases/{reference}/comment/", {"text": WORDS})
    assert answer.status_code == 403
    assert WORDS in answer.content.decode()


def test_a_gateway_that_is_away_is_said_and_nothing_is_half_done(pages: Pages) -> None:
    class Away:
        def post(self, **_given: object) -> str:
            raise MSignError(Code.UNAVAILABLE, "no answer")

    cast, reference = pages.cast, pages.cast.start()
    cast.do(reference, Action.SUBMIT, Action.TAKE, Action.CONFIRM, Action.ISSUE_DOCUMENTS)
    number = Document.objects.filter(case__reference=reference).latest("pk").pk
    broken = replace(cast.desk, gateway=Away())  # type: ignore[arg-type]
    with pytest.raises(MSignError, match="no answer"):
        signatures.start_signing(broken, cast.ana, reference, number)
    assert Document.objects.get(pk=number).state == "issued"
