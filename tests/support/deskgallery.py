"""Every page of the desk in every state, told as a story on an injected clock and kept as a browser would get it.

The pages are rendered once by the program itself; a browser looks at them later, from memory, so that no time goes by
in sign-ins, servers and waiting. What was seen is noted, so that a test can say what was not.
"""

from __future__ import annotations

import datetime as dt
import types
from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.cache import cache
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client, override_settings

from msign.access.gate import Gate
from msign.access.refusals import RefusalLog, refused_attempts
from msign.access.services import remove_network
from msign.access.traffic import CallMeter
from msign.access.values import Allowed, Circumstances
from msign.audit.models import ChainCheck
from msign.connections import trailcheck
from msign.connections.actors import Actor
from msign.connections.conformance.values import Instrument
from msign.connections.fees import Kind
from msign.connections.models import Case, Certificate, Document, HistoryEvent, Invoice
from msign.connections.ports import GatewayResult, Seen
from msign.connections.services import (
    applications,
    billing,
    ending,
    escalating,
    grants,
    people,
    signatures,
    steps,
    suspending,
    testing,
)
from msign.connections.states import Action
from msign.connections.suspension import Flag
from msign.connections.values import CaseView
from msign.faces.desk import urls
from msign.faces.desk.base import SESSION_KEY
from msign.faces.desk.instruments import InstrumentRow, ProviderRow
from msign.frame.previews import Outline
from msign.jobs.values import Task
from msign.kernel.languages import Language
from msign.kernel.words import DelegatorType, Environment, SignStatus
from msign.mandates import services as mandates
from msign.mandates.values import Mandate
from msign.notices import queries as notices
from msign.notices.values import Sent
from tests.support.desk import PRIVATE, Cast, FakeTrust, make_cast, whole_story
from tests.support.pki import IDNO_MODEL, session_pki

LANGUAGES = ("ro", "ru", "en")
NARROW = "ru"  # the longest words, for the small window
TEST, PRODUCTION = Environment.TEST, Environment.PRODUCTION
HOME, AWAY = "185.108.180.10", "185.108.180.99"
NEEDS = {"service_basis": "Legea 124/2022", "service_needs": "Oamenii intră cu identitatea lor.",
         "mpass_logout": "https://portal.model.md/iesire", "mpass_attributes": "nume"}  # fmt: skip
_ROWS = (
    (
        InstrumentRow(
            "mobile", {Language.RO: "Semnătura mobilă"}, "phone", ("production", "test"), enabled=True, running=True
        ),
        InstrumentRow("tax", {Language.RO: "Fisc"}, "tax", ("test",), enabled=False, running=False),
        InstrumentRow("lost", {Language.RO: "Pierdut"}, "gone", ("test",), enabled=True, running=False),
    ),
    (
        ProviderRow("phone", reachable=True, last_success=None, problems=()),
        ProviderRow("card", False, dt.datetime(2026, 3, 1, 9, 0, tzinfo=dt.UTC), ("a token is shorter than 20",)),
    ),
)


@dataclass(frozen=True, slots=True)
class Answer:
    """A page as the program sent it."""

    status: int
    body: bytes
    headers: dict[str, str]


@dataclass(frozen=True, slots=True)
class Scene:
    """One page in one state: as it answers in its own language, and in the one for the small window."""

    name: str
    path: str
    language: str
    answer: Answer
    narrow: Answer


class Images:
    """Draws nothing: what is looked at here are the pages around the pictures."""

    def outline(self, document: Path) -> Outline:
        return Outline(((900, 1273),), 1)

    def image(self, document: Path, page: int) -> bytes:
        return b""

    def text(self, document: Path) -> list[str]:
        return ["text"]


@dataclass
class Gallery:
    """Takes the scenes; ``templates`` and ``seen`` tell what is on them."""

    cast: Cast
    scenes: list[Scene] = field(default_factory=list)
    templates: set[str] = field(default_factory=set)
    seen: set[tuple[str, str]] = field(default_factory=set)
    clients: dict[tuple[int | None, str], Client] = field(default_factory=dict)

    def take(
        self, name: str, who: Actor | None, path: str, data: dict[str, Any] | None = None, status: int = 200
    ) -> None:
        """Keep how a page answers; ``data`` is sent to it, and must change nothing."""
        language = LANGUAGES[len(self.scenes) % len(LANGUAGES)]
        answers = {one: self._answer(who, path, data, one, status, name) for one in dict.fromkeys((language, NARROW))}
        self.scenes.append(Scene(name, path, language, answers[language], answers[NARROW]))

    def _answer(
        self, who: Actor | None, path: str, data: dict[str, Any] | None, language: str, status: int, name: str
    ) -> Answer:
        client = self.client(who, language)
        fresh = {key: value() if callable(value) else value for key, value in (data or {}).items()}
        response = client.get(path) if data is None else client.post(path, fresh)
        assert response.status_code == status, (name, path, response.status_code)
        self.templates |= {str(one.name) for one in response.templates if one.name}
        self._note(name, response.context)
        return Answer(status, response.content, {"content-type": response["Content-Type"]} | _policy(response))

    def client(self, who: Actor | None, language: str) -> Client:
        key = who.person_id if who else None
        if (key, language) not in self.clients:
            client = Client(headers={"Accept-Language": language})
            if who is not None:
                session = client.session
                session[SESSION_KEY] = who.person_id
                session.save()
            self.clients[key, language] = client
        return self.clients[key, language]

    def _note(self, name: str, context: Any) -> None:
        view = context.get("case") if context is not None else None
        if not isinstance(view, CaseView):
            return
        page = name.partition(":")[0]
        self.seen.add((f"state on {page}", view.line.state.value))
        self.seen |= {("flag", one.value) for one in view.line.flags}
        self.seen |= {("invoice", one.standing.value) for one in view.invoices}
        self.seen |= {("document", one.state) for one in view.documents}
        self.seen |= {("test", "frozen")} if view.run else set()
        self.seen |= {
            ("clock", word) for word, on in (("overdue", view.line.clock.overdue), ("near", view.line.near)) if on
        }
        for card in view.environments:
            self.seen |= {("access", card.access.value), ("enforced", card.applied.value)}
            self.seen |= {("certificate", one.life.value) for one in card.certificates}
        for test in view.tests:
            self.seen |= {("result", test.result.value), ("decision", test.decision or "")}

    def case(self, reference: str, what: str = "") -> None:
        """Take the two pages that show a case: the applicant's and the reviewer's."""
        state = Case.objects.get(reference=reference).state
        label = f"{state}{f', {what}' if what else ''}"
        self.take(f"home: {label}", self.cast.ana, f"/connect/cases/{reference}/")
        self.take(f"review: {label}", self.cast.olga, f"/connect/desk/{reference}/")


def _policy(response: Any) -> dict[str, str]:
    name = "Content-Security-Policy"
    return {name.lower(): response[name]} if response.has_header(name) else {}


@contextmanager
def told(folder: Path) -> Iterator[Gallery]:
    """Tell the whole story; needs a database, whose rows the caller throws away."""
    cast = make_cast(folder)
    mobile = Instrument("mobile", {"ro": "Semnătura mobilă"})
    cast.desk = replace(cast.desk, warnings=lambda: ["trusted-list-refresh-failed: https://lists.example/md.xml"],
                        instruments=lambda: (mobile,))  # fmt: skip
    module = types.ModuleType("desk_gallery_urls")
    module.urlpatterns = urls.patterns(cast.desk, Images(), overview=lambda: _ROWS)  # type: ignore[attr-defined]
    module.handler404 = "msign.frame.errors.not_found"  # type: ignore[attr-defined]
    cache.clear()
    with override_settings(ROOT_URLCONF=module):
        gallery = Gallery(cast)
        _public(gallery)
        main = _form(gallery)
        _papers(gallery, main)
        _data(gallery, main)
        _testing(gallery, main)
        _production(gallery, main)
        _operator(gallery, main)
        _suspended(gallery, main)
        _ends(gallery)
        _changing(gallery, main)
        _late(gallery)
        _money(gallery)
        yield gallery


def _public(gallery: Gallery) -> None:
    cast, desk = gallery.cast, gallery.cast.desk
    gallery.take("start", None, "/connect/")
    gallery.take("sign in", None, "/connect/sign-in/")
    gallery.take("sign in: wrong", None, "/connect/sign-in/", {"email": "nu-i adresa"}, 422)
    gallery.take("link sent", None, "/connect/sign-in/sent/")
    gallery.take("use link", None, "/connect/sign-in/x/")
    gallery.take("use link: spent", None, "/connect/sign-in/x/", {}, 410)
    people.send_link(desk, email="ana@model.md", name="", language=Language.RO)
    gallery.take("mailbox", None, "/connect/mailbox/")
    gallery.take("letter", None, f"/connect/mailbox/{notices.latest()[0].number}/")
    gallery.take("cases: none", cast.ana, "/connect/cases/")
    gallery.take("expiries: none", cast.ana, "/connect/expiries/")
    gallery.take("queue: empty", cast.olga, "/connect/desk/")
    gallery.take("trail: never verified", cast.aud, "/connect/desk/trail/")


def _form(gallery: Gallery) -> str:
    """From the first question to the confirmed request."""
    cast = gallery.cast
    gallery.take("new", cast.ana, "/connect/new/")
    gallery.take(
        "new: wrong", cast.ana, "/connect/new/", {"purpose": "new-system", "kind": "public", "number": "1"}, 422
    )
    reference = cast.start()
    case, review = f"/connect/cases/{reference}/", f"/connect/desk/{reference}/"
    ana, olga = cast.ana, cast.olga
    gallery.case(reference)
    for slug in ("purpose", "representative", "system", "contacts", "purpose-of-use"):
        gallery.take(f"form: {slug}", ana, f"{case}form/{slug}/")
    gallery.take("form: wrong", ana, f"{case}form/contacts/", {"contact_mailbox": "nu e adresă"}, 422)
    cast.fill(reference)
    gallery.take("form: stale", ana, f"{case}form/contacts/", {"version": "0", "contact_mailbox": "a@b.md"}, 409)
    gallery.take("check", ana, f"{case}check/")
    gallery.take("check: not ready", ana, f"{case}check/", {}, 422)
    cast.fill(reference)
    gallery.take("withdraw", ana, f"{case}do/withdraw/")
    gallery.take("team", ana, f"/connect/team/{next(iter(ana.team))}/")
    gallery.take("team: wrong", ana, f"/connect/team/{next(iter(ana.team))}/", {"email": "x"}, 422)
    gallery.take("change: none", ana, "/connect/change/")
    gallery.take("forbidden", ana, "/connect/desk/", status=403)
    cast.do(reference, Action.SUBMIT)
    gallery.case(reference)
    gallery.take("sent", ana, f"{case}sent/")
    gallery.take("cases", ana, "/connect/cases/")
    gallery.take("comment: too long", ana, f"{case}comment/", {"field": "volume", "text": "x" * 2001}, 422)
    cast.do(reference, Action.TAKE)
    gallery.case(reference)
    gallery.take("review: no reason", olga, review, {"action": "ask", "reason": ""}, 409)
    gallery.take("review: ready-made reason", olga, review, {"template": "0", "reason": "Bună ziua!"})
    applications.comment(cast.desk, olga, reference, field="legal_basis", text="Ce articol permite semnarea?")
    cast.do(reference, Action.ASK, reason="Vedeți întrebarea")
    gallery.case(reference)
    gallery.take("form: with a question", ana, f"{case}form/purpose-of-use/")
    cast.clock.move(minutes=5)
    applications.comment(cast.desk, ana, reference, field="legal_basis", text="Articolul 21.")
    cast.fill(reference, legal_basis="Legea 124/2022, articolul 21")
    cast.do(reference, Action.ANSWER)
    gallery.case(reference, "answered")
    cast.do(reference, Action.CONFIRM)
    gallery.case(reference)
    return reference


def _papers(gallery: Gallery, reference: str) -> None:
    cast, case = gallery.cast, f"/connect/cases/{reference}/"
    gallery.take("documents: none", cast.ana, f"{case}documents/")
    cast.do(reference, Action.ISSUE_DOCUMENTS)
    gallery.case(reference)
    gallery.take("documents", cast.ana, f"{case}documents/")
    number = Document.objects.filter(case__reference=reference).earliest("pk").pk
    paper = f"{case}documents/{number}/"
    gallery.take("document", cast.ana, paper)
    gallery.take("document: no copy", cast.ana, paper, {}, 422)
    bad = {"copy": lambda: SimpleUploadedFile("c.pdf", b"%PDF-1.7\nanother", "application/pdf")}
    gallery.take("document: another copy", cast.ana, paper, bad, 422)
    signatures.start_signing(cast.desk, cast.ana, reference, number)
    request = list(cast.gateway.posted)[-1]
    cast.gateway.answers[request] = GatewayResult(SignStatus.PENDING)
    gallery.take("still signing", cast.ana, f"{paper}signed/{request}/")
    del cast.gateway.answers[request]
    signatures.finish_signing(cast.desk, cast.ana, reference, number, request)
    gallery.take("documents: half signed", cast.oleg, f"{case}documents/")
    gallery.take("document: countersign", cast.oleg, paper)
    left = Document.objects.filter(case__reference=reference, state="issued").earliest("pk").pk
    signatures.start_signing(cast.desk, cast.ana, reference, left)
    signatures.finish_signing(cast.desk, cast.ana, reference, left, list(cast.gateway.posted)[-1])
    for one in (number, left):
        signatures.start_signing(cast.desk, cast.oleg, reference, one)
        signatures.finish_signing(cast.desk, cast.oleg, reference, one, list(cast.gateway.posted)[-1])
    gallery.take("documents: in force", cast.ana, f"{case}documents/")
    gallery.case(reference)


def _data(gallery: Gallery, reference: str) -> None:
    cast, case = gallery.cast, f"/connect/cases/{reference}/"
    pki, page = session_pki(), f"{case}certificate/test/"

    def file(der: bytes) -> dict[str, Any]:
        return {"file": lambda: SimpleUploadedFile("system.cer", der)}

    gallery.take("certificate", cast.ana, page)
    gallery.take("certificate: no serial", cast.ana, page, {"serial": "xyz"}, 422)
    gallery.take("certificate: no file", cast.ana, page, file(b"junk"), 422)
    gallery.take("certificate read", cast.ana, page, file(pki.system("alfa-test").der))
    gallery.take("certificate read: expired", cast.ana, page, file(pki.system("expired").der), 422)
    gallery.take("addresses", cast.ana, f"{case}addresses/test/")
    bad = {"addresses": "224.0.0.1\nportal.exemplu.md\n0.0.0.0/0"}
    gallery.take("addresses: wrong", cast.ana, f"{case}addresses/test/", bad, 422)
    stale = {"addresses": HOME, "known": "0" * 16}
    gallery.take("addresses: stale", cast.ana, f"{case}addresses/test/", stale, 409)
    cast.give(reference, TEST, "alfa-test", HOME)
    gallery.take("certificate: registered", cast.ana, page)
    cast.do(reference, Action.GIVE_TEST_DATA)
    gallery.case(reference)
    cast.do(reference, Action.CONFIGURE_TEST)
    gallery.case(reference)


def _gate(cast: Cast) -> Gate:
    trust = dict.fromkeys(Environment, FakeTrust())
    return Gate(trust_by_environment=trust, clock=cast.clock, refusals=RefusalLog(clock=cast.clock), cache_seconds=0)


def _call(cast: Cast, certificate: str, address: str) -> None:
    seen = Circumstances("TLSv1.3", "PostSignRequest")
    decision = _gate(cast).decide(TEST, session_pki().system(certificate).der, address, seen)
    if isinstance(decision, Allowed):
        meter = CallMeter(clock=cast.clock, flush_seconds=None)
        meter.answered(decision.caller, "PostSignRequest", "ok")
        meter.close()


def _testing(gallery: Gallery, reference: str) -> None:
    cast, case = gallery.cast, f"/connect/cases/{reference}/"
    ana, olga = cast.ana, cast.olga
    gallery.take("calls: waiting", ana, f"{case}calls/test/")
    gallery.take("tests: nothing seen", ana, f"{case}tests/")
    _call(cast, "alfa-test", HOME)
    _call(cast, "alfa-test", AWAY)
    now = cast.clock.now()
    cast.calls.facts = Seen(now, now)
    whole, long_ago = whole_story(now), now - dt.timedelta(hours=3)
    unfetched = replace(whole.signings[1], posted=long_ago, signed=long_ago, told=None)
    foreign = replace(whole.verified[0], sha256="of somebody else")
    cast.calls.tale = replace(whole, signings=(whole.signings[0], unfetched), refused=(), verified=(foreign,))
    testing.observe(cast.desk, reference)
    gallery.case(reference)
    gallery.take("calls", ana, f"{case}calls/test/")
    attempt = refused_attempts()[0].id
    gallery.take("explain", ana, f"{case}explain/")
    gallery.take("explain: refused", ana, f"{case}explain/?attempt={attempt}")
    gallery.take("explain: wrong", ana, f"{case}explain/?environment=test&serial=zz&address=", status=422)
    gallery.take("tests", ana, f"{case}tests/")
    gallery.take("tests: of the operator", olga, f"{case}tests/")
    gallery.take("tests: no reason", olga, f"{case}tests/", {"code": "TC_FUNCT_06", "text": ""}, 422)
    testing.waive_test(cast.desk, olga, reference, "TC_FUNCT_06", "Sistemul nu verifică semnături.")
    gallery.take("usage", ana, f"{case}usage/test/")
    gallery.take("usage: wrong", olga, f"{case}usage/test/", {"requests_per_minute": "many", "reason": "x"}, 422)
    page = f"{case}rotation/test/"
    gallery.take("rotation", ana, page)
    gallery.take("rotation: no file", ana, page, {}, 422)
    new = {"file": lambda: SimpleUploadedFile("n.cer", session_pki().system("alfa-test-next").der)}
    gallery.take("rotation read", ana, page, new)


def _production(gallery: Gallery, reference: str) -> None:
    cast, case = gallery.cast, f"/connect/cases/{reference}/"
    cast.calls.pass_all(cast.clock.now())
    testing.observe(cast.desk, reference)
    gallery.take("validate", cast.ana, f"{case}do/validate/")
    cast.do(reference, Action.VALIDATE)
    gallery.case(reference)
    gallery.take("tests: frozen", cast.ana, f"{case}tests/")
    cast.do(reference, Action.CONFIRM_COMPLIANCE)
    gallery.case(reference)
    gallery.take("promotion: nothing yet", cast.ana, f"{case}promotion/")
    cast.give(reference, PRODUCTION, "alfa-production", "185.108.180.20")
    gallery.take("promotion", cast.ana, f"{case}promotion/")
    cast.do(reference, Action.GIVE_PRODUCTION_DATA)
    gallery.case(reference)
    cast.do(reference, Action.ACTIVATE)
    gallery.case(reference)
    steps.complete_when_told(cast.desk, Sent("activate", reference))
    gallery.case(reference)


def _operator(gallery: Gallery, reference: str) -> None:
    cast = gallery.cast
    olga, aud, sec = cast.olga, cast.aud, cast.sec
    gallery.take("history", cast.ana, f"/connect/cases/{reference}/history/")
    gallery.take("enforced", aud, f"/connect/desk/{reference}/access/")
    gallery.take("expiries", cast.ana, "/connect/expiries/")
    gallery.take("expiries: of the operator", olga, "/connect/expiries/")
    extension = {"purpose": "extension", "kind": "public", "number": IDNO_MODEL}
    gallery.take("choose a system", cast.ana, "/connect/new/", extension)
    gallery.take("change", cast.ana, "/connect/change/")
    gallery.take("change: nothing chosen", cast.ana, "/connect/change/", {}, 422)
    for name in ("organisations", "systems", "certificates", "contracts", "invoices"):
        gallery.take(f"list: {name}", aud, f"/connect/desk/lists/{name}/")
    gallery.take("lists", olga, "/connect/desk/lists/")
    gallery.take("instruments", olga, "/connect/desk/instruments/")
    gallery.take("statistics", olga, "/connect/desk/statistics/")
    _mandates(gallery)
    organisation = f"/connect/desk/organisations/{next(iter(cast.ana.team))}/"
    gallery.take("organisation", olga, organisation)
    gallery.take("organisation: wrong day", olga, organisation, {"end": "1", "last_day": "ieri"}, 422)
    gallery.take("organisation: nobody appointed", sec, organisation, {"appoint": "1", "email": "x"}, 422)
    gallery.take("terminate", olga, f"/connect/cases/{reference}/do/terminate/")
    trailcheck.TrailCheck(clock=cast.clock).handle(Task(trailcheck.JOB, "all", {}, 1))
    gallery.take("trail", aud, "/connect/desk/trail/")
    gallery.take("trail: wrong day", aud, "/connect/desk/trail/?since=ieri", status=422)
    ChainCheck.objects.update(broken=7, why="it does not follow the event before it")
    gallery.take("trail: broken", aud, "/connect/desk/trail/")
    gallery.take("queue: trail broken", aud, "/connect/desk/")
    ChainCheck.objects.update(broken=None, why="")
    system = Case.objects.get(reference=reference).system
    assert system is not None
    remove_network(system_id=system.public_id.hex, environment=TEST, network=HOME, at=cast.clock.now(), actor="command")
    rotation = f"/connect/cases/{reference}/rotation/test/"
    gallery.client(cast.ana, "ro").post(rotation, {"confirmed": _encoded("alfa-production")})
    gallery.take("access: drifted, one waits", olga, "/connect/desk/access/")
    gallery.take("rotation: one waits", cast.ana, f"/connect/cases/{reference}/rotation/test/")
    gallery.case(reference, "drifted")
    gallery.client(olga, "ro").post("/connect/desk/access/", {"reference": reference, "environment": "test"})
    gallery.take("access", olga, "/connect/desk/access/")


def _mandates(gallery: Gallery) -> None:
    cast, page = gallery.cast, "/connect/desk/mandates/"
    gallery.take("mandates: none", cast.sec, page)
    gallery.take("mandates: wrong", cast.olga, page, {"delegate_id": "12"}, 422)
    begin = cast.clock.now() - dt.timedelta(days=30)
    mandate = Mandate("M-17", DelegatorType.ORGANIZATION, IDNO_MODEL, "2000000000004", "Procura nr. 5", begin)
    mandates.add([mandate], at=cast.clock.now(), actor="command")
    gallery.take("mandates", cast.olga, page)
    gallery.take("mandate", cast.sec, f"{page}M-17/")
    mandates.revoke("M-17", why="Procura a fost revocată", at=cast.clock.now(), actor="command")
    gallery.take("mandate: ended", cast.aud, f"{page}M-17/")


def _encoded(name: str) -> str:
    return b64encode(session_pki().system(name).der).decode()


def _suspended(gallery: Gallery, reference: str) -> None:
    cast, case = gallery.cast, f"/connect/cases/{reference}/"
    gallery.take("suspend", cast.ana, f"{case}suspend/beneficiary/")
    gallery.take("suspend: no reason", cast.ana, f"{case}suspend/beneficiary/", {"text": ""}, 409)
    own = {Flag.BENEFICIARY: cast.ana, Flag.OPERATOR: cast.olga, Flag.INCIDENT: cast.sec,
           Flag.CONTRACT_ENDED: cast.olga, Flag.RRSI_REMOVED: cast.olga}  # fmt: skip
    for flag, who in own.items():
        suspending.suspend(cast.desk, who, reference, flag, reason="Lucrări planificate")
        gallery.take(f"suspend: {flag}", who, f"{case}suspend/{flag}/")
    gallery.case(reference, "suspended")
    for flag, who in own.items():
        suspending.resume(cast.desk, who, reference, flag)


def _ends(gallery: Gallery) -> None:
    """The ways in which a request ends without a connection, or a connection for good."""
    cast = gallery.cast
    withdrawn = cast.start(system_name="Retras", rrsi="RSI-0007-2025")
    cast.do(withdrawn, Action.WITHDRAW)
    gallery.case(withdrawn)
    forwarded = cast.start(service="mpass", system_name="Alt serviciu", **NEEDS)
    cast.do(forwarded, Action.SUBMIT, Action.TAKE)
    gallery.case(forwarded, "another service")
    cast.do(forwarded, Action.FORWARD)
    gallery.case(forwarded)
    gallery.take("sent: another service", cast.ana, f"/connect/cases/{forwarded}/sent/")
    refused = cast.start(service="mlog", system_name="Refuzat", **NEEDS, mlog_events="autentificare")
    cast.do(refused, Action.SUBMIT, Action.TAKE)
    cast.do(refused, Action.REJECT, reason="Temeiul juridic nu acoperă semnarea.")
    gallery.case(refused)
    cast.do(forwarded, Action.TERMINATE, reason="Sistemul nu mai există")
    gallery.case(forwarded)
    gallery.take("cases: past", cast.ana, "/connect/cases/?tab=past")


def _changing(gallery: Gallery, reference: str) -> None:
    cast, case = gallery.cast, f"/connect/cases/{reference}/"
    cast.do(reference, Action.REOPEN)
    gallery.case(reference, "changing")
    cast.fill(reference, legal_basis="Legea 124/2022, articolul 22")
    gallery.take("check: changes", cast.ana, f"{case}check/")
    cast.do(reference, Action.SUBMIT, Action.TAKE)
    gallery.case(reference, "changing")
    cast.do(reference, Action.APPLY_CHANGE)
    for days, life in ((20, "expiring"), (-2, "expired")):
        end = cast.clock.now() + dt.timedelta(days=days)
        Certificate.objects.filter(environment="test").update(not_after=end)
        gallery.take(f"home: completed, certificate {life}", cast.ana, case)
        gallery.take(f"expiries: {life}", cast.olga, "/connect/expiries/")


def _late(gallery: Gallery) -> None:
    """A promise that is nearly due, and one that is broken: the clock goes on, nobody acts."""
    cast = gallery.cast
    reference = cast.start(service="mpass", system_name="Așteaptă", **NEEDS)
    cast.do(reference, Action.SUBMIT)
    for days, what in ((12, "nearly due"), (6, "overdue")):
        cast.clock.move(days=days)
        escalating.climb(cast.desk)
        gallery.case(reference, what)
        gallery.take(f"queue: {what}", cast.olga, f"/connect/desk/?tab={what.replace('nearly due', 'nearly-due')}")
    gallery.take("statistics: overdue", cast.olga, "/connect/desk/statistics/")
    gallery.take("queue: all", cast.olga, "/connect/desk/?tab=all&q=a")
    gallery.take("history: escalated", cast.olga, f"/connect/cases/{reference}/history/")


def _money(gallery: Gallery) -> None:
    """A company that pays late: the invoice ages on the clock until it suspends."""
    cast = gallery.cast
    reference = cast.start(PRIVATE, Kind.PRIVATE, rrsi="")
    cast.do(reference, Action.SUBMIT, Action.TAKE, Action.CONFIRM, Action.ISSUE_DOCUMENTS)
    cast.sign_all(reference)
    documents, invoices = f"/connect/cases/{reference}/documents/", "/connect/desk/invoices/"
    gallery.take("documents: invoice open", cast.ana, documents)
    gallery.take("invoices: open", cast.fima, invoices)
    first = Invoice.objects.get()
    for day, what in ((first.due + dt.timedelta(days=5), "overdue"), (first.due + dt.timedelta(days=31), "suspends")):
        cast.clock.moment = dt.datetime.combine(day, dt.time(9), dt.UTC)
        billing.remind(cast.desk)
        gallery.take(f"documents: invoice {what}", cast.ana, documents)
        gallery.take(f"invoices: {what}", cast.fima, f"{invoices}?only=overdue")
        gallery.take(f"expiring: {what}", cast.fima, "/connect/desk/expiring/")
        gallery.case(reference, what)
    _grant_and_rest(gallery, reference)
    contract = Document.objects.get(case__reference=reference, kind="contract")
    yesterday = cast.clock.now().date() - dt.timedelta(days=1)
    ending.end_contract(cast.desk, cast.olga, contract.pk, last_day=yesterday, reason="Denunțat de părți")
    gallery.take("documents: ended", cast.ana, documents)
    billing.mark_paid(cast.desk, cast.fima, first.pk, cast.clock.now().date())
    suspending.follow_fees(cast.desk)
    second = billing.issue(cast.desk, Case.objects.select_related("organisation", "created_by").get(reference=reference),
                           first.period_to + dt.timedelta(days=1))  # fmt: skip
    billing.cancel(cast.desk, cast.fima, second.pk, "Emisă din greșeală")
    gallery.take("documents: invoices paid and cancelled", cast.ana, documents)
    for only in ("paid", "cancelled"):
        gallery.take(f"invoices: {only}", cast.fima, f"{invoices}?only={only}")


def _grant_and_rest(gallery: Gallery, reference: str) -> None:
    """Test access is open while the fee stays unpaid beyond grace: the worker suspends it."""
    cast = gallery.cast
    case = Case.objects.select_related("organisation", "system").get(reference=reference)
    grants.grant(cast.desk, cast.olga, case, TEST, HistoryEvent.objects.filter(case=case).latest("pk"))
    assert suspending.follow_fees(cast.desk) == 1
    gallery.case(reference, "fee unpaid")


def static_file(path: str) -> Path:
    """Return where the program has published a static file."""
    return Path(settings.STATIC_ROOT) / path.removeprefix("/static/")
