"""Each page and command of the desk against each person: the address table and the table of rights, crossed.

A page or command that is added to the addresses and not to this list fails here: there are no exceptions. Whatever a
request does is rolled back.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction
from django.urls import URLPattern, get_resolver, reverse

from msign.access.refusals import refused_attempts
from msign.connections.actors import Actor
from msign.connections.fees import Kind
from msign.connections.models import Case, Document, Invoice, Membership, Network, Proposal, Signing
from msign.connections.roles import Right, TeamRole
from msign.connections.services import billing, calendars, people, signatures
from msign.connections.states import Action
from msign.connections.suspension import Flag
from msign.faces.desk import words
from msign.kernel.languages import Language
from msign.kernel.words import DelegatorType
from msign.mandates import services as mandates
from msign.mandates.values import Mandate
from tests.support.desk import PRIVATE
from tests.support.pki import IDNO_MODEL
from tests.unit.desk.conftest import Pages
from tests.unit.desk.test_access_pages import HOME, call

PUBLIC, SIGNED_IN = "everybody", "signed in"
Needed = Right | Action | str | tuple[Right, Right]  # a pair: both of them
CER = b"-----BEGIN CERTIFICATE-----\nnot one\n-----END CERTIFICATE-----\n"


@dataclass(frozen=True)
class Door:
    """One page or command, what it is sent, and the rights of which any one opens it.

    A number of 0 in ``path`` or ``data`` stands for the row of the case that the door is about.
    """

    name: str
    needs: tuple[Needed, ...]
    data: dict[str, Any] | None = None  # None: the page is only looked at
    path: tuple[tuple[str, Any], ...] = ()
    own: bool = True  # rights in the team of the case count, not only the operator's
    query: str = ""

    @property
    def method(self) -> str:
        return "get" if self.data is None else "post"

    def __str__(self) -> str:
        return f"{self.method.upper()} {self.name}{self.query} {dict(self.path)} {self.data or ''}"


def look(door: str, /, *needs: Needed, own: bool = True, query: str = "", **path: Any) -> Door:
    return Door(door, needs, None, tuple(path.items()), own, query)


def send(door: str, /, *needs: Needed, data: dict[str, Any] | None = None, own: bool = True, **path: Any) -> Door:
    return Door(door, needs, data or {}, tuple(path.items()), own)


TEST = {"environment": "test"}
MEMBER = {"email": "x@model.md", "name": "X", "roles": ["reader"]}
FLAG_RIGHTS = {Flag.BENEFICIARY: Right.SUSPEND, Flag.OPERATOR: Right.SUSPEND, Flag.INCIDENT: Right.FLAG_INCIDENT}
DOORS = [
    *(look(name, PUBLIC) for name in ("desk", "desk-sign-in", "desk-link-sent", "desk-mailbox")),
    look("desk-use-link", PUBLIC, secret="x"),
    look("desk-letter", PUBLIC, number=1),
    send("desk-sign-in", PUBLIC, data={"email": "nou@model.md", "name": "N"}),
    send("desk-use-link", PUBLIC, secret="x"),
    send("desk-sign-out", PUBLIC),
    *(look(name, SIGNED_IN) for name in ("desk-new", "desk-cases", "desk-change")),
    send("desk-new", SIGNED_IN, data={"purpose": "new-system", "kind": "public", "number": "3"}),
    send("desk-change", Action.REOPEN, data={"reference": "CASE"}),
    look("desk-team", Right.SEE_CASE, organisation=0),
    send("desk-team", Right.MANAGE_TEAM, organisation=0, data=MEMBER),
    *(
        look(name, Right.SEE_CASE)
        for name in (
            "desk-case", "desk-check", "desk-sent", "desk-receipt", "desk-history", "desk-tests", "desk-promotion",
            "desk-documents",
        )
    ),
    look("desk-form", Right.SEE_CASE, slug="system"),
    look("desk-certificate", Right.SEE_CASE, **TEST),
    look("desk-addresses", Right.SEE_CASE, **TEST),
    look("desk-document", Right.SEE_CASE, number=0),
    look("desk-paper", Right.SEE_CASE, number=0),
    look("desk-page", Right.SEE_CASE, number=0, page=1),
    look("desk-invoice", Right.SEE_INVOICES, number=0),
    look("desk-signed", Right.SIGN_DOCUMENT, number=0, request_id="0" * 31 + "1"),
    send("desk-signed", SIGNED_IN, number=0, request_id="0" * 31 + "1"),
    send("desk-form", Right.EDIT_FORM, slug="system", data={"system_name": "Altul"}),
    send("desk-check", Right.EDIT_FORM, data={"users_ready": "on"}),
    send("desk-comment", Right.COMMENT, data={"text": "Bună"}),
    *(look("desk-do", action, name=action.value) for action in words.CONSEQUENCES),
    *(send("desk-do", action, name=action.value, data={"text": "x"}) for action in words.CONSEQUENCES),
    *(look("desk-suspend", right, name=flag.value) for flag, right in FLAG_RIGHTS.items()),
    *(send("desk-suspend", right, name=flag.value, data={"text": "x"}) for flag, right in FLAG_RIGHTS.items()),
    *(send("desk-suspend", right, name=flag.value, data={"lift": "1"}) for flag, right in FLAG_RIGHTS.items()),
    send("desk-certificate", Right.EDIT_TECHNICAL, **TEST, data={"serial": "40"}),
    send("desk-certificate", Right.EDIT_TECHNICAL, **TEST, data={"file": "FILE"}),
    send("desk-certificate", Right.EDIT_TECHNICAL, **TEST, data={"confirmed": "AAAA"}),
    send("desk-certificate", Right.EDIT_TECHNICAL, **TEST, data={"remove": "1"}),
    send("desk-addresses", Right.EDIT_TECHNICAL, **TEST, data={"addresses": "185.108.180.10"}),
    send("desk-tests", Right.EDIT_TECHNICAL, Right.WAIVE_TEST, data={"code": "TC_FUNCT_01", "text": "x"}),
    send("desk-document", Right.SIGN_DOCUMENT, number=0, data={"sign": "1"}),
    send("desk-document", Right.SIGN_DOCUMENT, number=0, data={"copy": "FILE"}),
    *(look(name, Right.SEE_QUEUE, own=False) for name in ("desk-queue", "desk-lists", "desk-review")),
    look("desk-instruments", Right.SEE_INSTRUMENTS, own=False),
    look("desk-mandates", Right.SEE_MANDATES, own=False),
    send("desk-mandates", Right.SEE_MANDATES, own=False, data={"find": "1", "q": "M-1"}),
    send("desk-mandates", Right.ADD_MANDATE, own=False, data={"number": "M-1"}),
    look("desk-mandate", Right.SEE_MANDATES, own=False, number="M-1"),
    send("desk-mandate", Right.END_MANDATE, own=False, number="M-1", data={"reason": "x"}),
    *(look(name, Right.SEE_CASE, **TEST) for name in ("desk-rotation", "desk-calls", "desk-calls-state")),
    look("desk-explain", Right.SEE_CASE),
    look("desk-expiries", SIGNED_IN),
    look("desk-access", Right.SEE_QUEUE, own=False),
    send("desk-rotation", Right.EDIT_TECHNICAL, **TEST, data={"file": "FILE"}),
    send("desk-rotation", Right.EDIT_TECHNICAL, **TEST, data={"confirmed": "AAAA"}),
    send("desk-rotation", Right.EDIT_TECHNICAL, **TEST, data={"remove": "1"}),
    look("desk-invoices", Right.SEE_INVOICES, own=False),
    send("desk-invoices", Right.MARK_PAID, own=False, data={"number": "0", "day": "2026-03-02"}),
    *(send("desk-review", action, own=False, data={"action": action.value, "reason": "x"}) for action in Action),
    send("desk-invoices", Right.MARK_PAID, own=False, data={"number": "0", "cancel": "1", "reason": "x"}),
    send("desk-access", Right.SUSPEND, own=False, data={"reference": "CASE", "environment": "test"}),
    send("desk-decide", Action.ACTIVATE, own=False, number=0, data={"refuse": "1", "reason": "x"}),
    send("desk-decide", Action.ACTIVATE, own=False, number=0, data={"accept": "1"}),
    send("desk-assign", Right.REASSIGN, own=False, data={"holder": "all", "reason": "x"}),
    *(send("desk-calls", Right.EDIT_TECHNICAL, **TEST, data={"repair": repair, "attempt": "0"})
      for repair in ("address", "certificate", "production")),
    send("desk-expiries", SIGNED_IN, data={"issue": "1"}),
    send("desk-expiries", SIGNED_IN, data={"revoke": "1"}),
    look("desk-calendar", PUBLIC, secret=""),  # whoever has the secret address
    *(look(name, Right.SEE_QUEUE, own=False) for name in ("desk-statistics", "desk-expiring", "desk-enforced")),
    look("desk-organisation", Right.SEE_QUEUE, own=False, number=0),
    send("desk-organisation", Right.RESCUE_TEAM, own=False, number=0, data={"appoint": "1"}),
    send("desk-organisation", Right.END_CONTRACT, own=False, number=0, data={"end": "1"}),
    *(look("desk-list", Right.SEE_QUEUE, own=False, name=name) for name in ("systems", "certificates", "contracts")),
    look("desk-list", Right.SEE_INVOICES, own=False, name="invoices"),
    look("desk-trail", Right.SEE_AUDIT, own=False),
    send("desk-trail", Right.SEE_AUDIT, own=False),
    *(look(name, Right.EXPORT, own=False, query="?csv=1") for name in ("desk-queue", "desk-statistics", "desk-expiries")),
    look("desk-list", Right.EXPORT, own=False, name="contracts", query="?csv=1"),
    look("desk-list", (Right.SEE_INVOICES, Right.EXPORT), own=False, name="invoices", query="?csv=1"),
    look("desk-trail", (Right.SEE_AUDIT, Right.EXPORT), own=False, query="?csv=1"),
    look("desk-usage", Right.SEE_CASE, **TEST),
    look("desk-usage", Right.SEE_CASE, **TEST, query="?csv=1"),
    send("desk-usage", Right.CHANGE_QUOTA, **TEST, data={"requests_per_minute": "30", "reason": "x"}),
]  # fmt: skip


def test_every_page_and_command_of_the_desk_is_listed(pages: Pages) -> None:
    del pages  # its addresses are in force
    known = {
        (pattern.name, method)
        for pattern in get_resolver().url_patterns
        if isinstance(pattern, URLPattern)
        for method in ("get", "post")
        if hasattr(pattern.callback.view_class, method)  # type: ignore[attr-defined]
    }
    assert {(door.name, door.method) for door in DOORS} == known


@pytest.fixture
def people_of(pages: Pages) -> dict[str, Actor | None]:
    """Everybody: nobody, a stranger, each role of the team, each role of the operator."""
    cast = pages.cast
    key = people.register_person(cast.desk, email="strain@altundeva.md", name="Străin", language=Language.RO)
    found: dict[str, Actor | None] = {"nobody": None, "stranger": people.actor_of(key)}
    for role in TeamRole:
        key = people.register_person(cast.desk, email=f"{role}@model.md", name=role, language=Language.RO)
        found[f"team {role}"] = people.actor_of(key)
    return found | {f"operator {name}": getattr(cast, name) for name in ("olga", "oleg", "fima", "sec", "aud")}


@pytest.fixture
def case(pages: Pages, people_of: dict[str, Actor | None]) -> Case:
    """A company's case whose papers wait for its signature and whose invoice is open."""
    cast = pages.cast
    reference = cast.start(PRIVATE, Kind.PRIVATE, rrsi="")
    cast.do(reference, Action.SUBMIT, Action.TAKE, Action.CONFIRM, Action.ISSUE_DOCUMENTS)
    row = Case.objects.select_related("organisation", "system").get(reference=reference)
    billing.issue_first(cast.desk, row)
    document = Document.objects.filter(case=row).latest("pk")
    signatures.start_signing(cast.desk, cast.ana, reference, document.pk)
    for role in TeamRole:
        actor = people_of[f"team {role}"]
        assert actor is not None
        Membership.objects.create(person_id=actor.known_id, organisation=row.organisation, roles=[role.value])
    assert Signing.objects.exists()
    _a_mandate(pages)
    Network.objects.create(case=row, environment="test", network=f"{HOME}/32")
    assert not call(cast, None)
    Proposal.objects.create(case=row, environment="test", network="198.51.100.7/32", created=cast.clock.now())
    return row


def _a_mandate(pages: Pages) -> None:
    now = pages.cast.clock.now()
    given = Mandate("M-1", DelegatorType.ORGANIZATION, IDNO_MODEL, "2000000000004", "Procura nr. 5", now)
    mandates.add([given], at=now, actor="command")


def test_every_forbidden_combination_is_refused_and_every_other_is_not(
    pages: Pages, case: Case, people_of: dict[str, Actor | None]
) -> None:
    wrong = [
        f"{who}: {door} answered {status}, expected {'to pass' if allowed else 'a refusal'}"
        for door in DOORS
        for who, status, allowed in _tried(pages, case, people_of, door)
        if not _as_expected(who, door, status, allowed=allowed)
    ]
    assert wrong == []


def _tried(pages: Pages, case: Case, people_of: dict[str, Actor | None], door: Door) -> Iterator[tuple[str, int, bool]]:
    passed: set[str] = set()
    for who, known in people_of.items():
        actor = people.actor_of(known.known_id) if known is not None else None
        allowed, side = _allowed(case, actor, door), who.partition(" ")[0]
        if allowed and side in passed:
            continue  # one of each side shows that the door opens; each forbidden one is tried
        passed |= {side} if allowed else set()
        if (key := actor.person_id if actor else None) not in pages.clients:
            pages.clients[key] = pages.of(actor)
        with transaction.atomic():
            status = _answer(pages, case, actor, door)
            transaction.set_rollback(True)
        yield who, status, allowed


def _answer(pages: Pages, case: Case, actor: Actor | None, door: Door) -> int:
    client = pages.of(actor) if door.name == "desk-sign-out" else pages.clients[actor.person_id if actor else None]
    url = _url(pages, case, door)
    if door.data is None:
        response = client.get(url)
    else:
        upload = SimpleUploadedFile("x.cer", CER)
        named = {"FILE": upload, "CASE": case.reference, "0": str(_row_of(case, door.name))}
        response = client.post(url, {name: named.get(value, value) if isinstance(value, str) else value
                                     for name, value in door.data.items()})  # fmt: skip
    away = response.status_code == 302 and "/connect/sign-in/?next" in response["Location"]
    return 401 if away else response.status_code


def _url(pages: Pages, case: Case, door: Door) -> str:
    path = dict(door.path)
    if path.get("number") == 0:
        path["number"] = _row_of(case, door.name)
    if "organisation" in path:
        path["organisation"] = case.organisation_id
    if "secret" in path:
        path["secret"] = path["secret"] or calendars.issue(pages.cast.desk, pages.cast.ana)
    pattern = get_resolver().reverse_dict.getlist(door.name)[0]
    if "reference" in pattern[0][0][1]:
        path["reference"] = case.reference
    return reverse(door.name, kwargs=path) + door.query


def _row_of(case: Case, door: str) -> int:
    """The row that a door of this name is about."""
    if door == "desk-organisation":
        return case.organisation_id
    if door == "desk-calls":
        (attempt,) = refused_attempts()
        return attempt.id
    rows = {"desk-invoice": Invoice, "desk-invoices": Invoice, "desk-decide": Proposal}.get(door, Document)
    return rows.objects.filter(case=case).latest("pk").pk


def _allowed(case: Case, actor: Actor | None, door: Door) -> bool:
    if PUBLIC in door.needs:
        return True
    if actor is None:
        return False
    organisation = case.organisation_id if door.own else None
    pairs = [need if isinstance(need, tuple) else (need,) for need in door.needs]
    return SIGNED_IN in door.needs or any(all(actor.may(one, organisation) for one in pair) for pair in pairs)  # type: ignore[arg-type]


def _as_expected(who: str, door: Door, status: int, *, allowed: bool) -> bool:
    if status >= 500:
        return False
    if allowed:
        return status not in (401, 403) and (status != 404 or door.name == "desk-letter")
    if who == "nobody":
        return status == 401
    if who == "stranger" and door.own and (door.name, door.data) != ("desk-team", MEMBER):
        return status == 404  # for strangers there is no such case
    return status == 403 or (who == "stranger" and status == 404)


def test_the_key_of_another_system_opens_nothing(pages: Pages, case: Case) -> None:
    """What was signed or sent for one case is nothing for another: numbers in addresses are no keys."""
    other = pages.cast.start()
    number = Document.objects.filter(case=case).latest("pk").pk
    client = pages.of(pages.cast.ana)
    for name, path in (("desk-document", {}), ("desk-paper", {}), ("desk-page", {"page": 1})):
        assert client.get(reverse(name, kwargs={"reference": other, "number": number, **path})).status_code == 404
