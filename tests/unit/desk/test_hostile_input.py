"""Whatever is sent to a page or command of the desk, by people who may use it, it answers in words: never a 500."""

from __future__ import annotations

import itertools
from typing import Any
from urllib.parse import quote

from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction

from msign.connections.actors import Actor
from msign.connections.models import Case, HistoryEvent
from msign.connections.services import people
from tests.unit.desk import test_every_right as rights
from tests.unit.desk.conftest import Pages

assert rights.case  # the fixtures, shared with the table of rights
assert rights.people_of
case, people_of = rights.case, rights.people_of

# Long numbers overflow integers and columns, NUL breaks databases, the rest breaks parsers and layouts.
HOSTILE = {
    "nul": "a\0b",
    "long number": "9" * 5000,
    "number beyond columns": "99999999999",
    "other digits": "-٣²\u202e\U0001f600",
    "long text": "ă" * 60_000,
    "last day": "9999-12-31",
    "first day": "0001-01-01",
    "format": "<b>%(reference)s {operator_name} %s",
}
# One door for each form; what is typed into it is replaced, one spelling of nonsense after the other.
FORMS = [door for door in rights.DOORS if door.data and rights.PUBLIC not in door.needs]
_ONCE = {(door.name, tuple(door.data or ())): door for door in FORMS}
LOOKED_AT = [
    "/connect/desk/?tab=X&q=X&state=X&service=X&reviewer=X&page=X", "/connect/desk/lists/systems/?q=X&only=X&page=X",
    "/connect/desk/invoices/?only=X&q=X&page=X", "/connect/desk/trail/?area=X&tag=X&actor=X&subject=X&since=X&until=X&before=X",
    "/connect/cases/CASE/explain/?environment=test&serial=X&address=X", "/connect/cases/CASE/explain/?attempt=X",
    "/connect/cases/CASE/usage/test/?days=X", "/connect/cases/X/", "/connect/cases/CASE/form/X/", "/connect/calendar/X.ics",
    "/connect/sign-in/X/", "/connect/mailbox/X/", "/connect/team/X/", "/connect/cases/CASE/documents/X/",
    "/connect/cases/CASE/invoices/X/", "/connect/desk/organisations/X/", "/connect/cases/CASE/rotation/X/",
]  # fmt: skip


def able(case: Case, people_of: dict[str, Actor | None], door: rights.Door) -> Actor | None:
    """Somebody who may do it."""
    for known in people_of.values():
        actor = people.actor_of(known.known_id) if known is not None else None
        if actor is not None and rights._allowed(case, actor, door):
            return actor
    return None


def test_nonsense_in_any_field_is_answered(pages: Pages, case: Case, people_of: dict[str, Actor | None]) -> None:
    fell = []
    for door, nonsense in itertools.product(_ONCE.values(), ("nul", "long number", "long text")):
        actor = able(case, people_of, door)
        if actor is None:
            continue
        client = pages.clients.setdefault(actor.person_id, pages.of(actor))
        client.raise_request_exception = False
        with transaction.atomic():
            response = client.post(rights._url(pages, case, door), _typed(door.data or {}, HOSTILE[nonsense]))
            transaction.set_rollback(True)
        if response.status_code >= 500:
            fell.append(f"{door} with {nonsense}: {response.status_code}")
    assert fell == []


def _typed(data: dict[str, Any], nonsense: str) -> dict[str, Any]:
    """The form as it is sent: buttons stay, fields hold nonsense, files are what they are not."""
    buttons = {"sign", "remove", "confirmed", "end", "appoint", "issue", "revoke", "accept", "refuse", "cancel", "lift"}
    typed: dict[str, Any] = {
        name: "1" if name in buttons and name not in ("remove", "confirmed") else nonsense for name in data
    }
    if "FILE" in data.values():
        name = next(name for name, value in data.items() if value == "FILE")
        typed[name] = SimpleUploadedFile("x", nonsense.encode())
    return typed | {"version": nonsense, "known": nonsense}


def test_nonsense_in_any_address_is_answered(pages: Pages, case: Case) -> None:
    fell = []
    for path, (nonsense, text) in itertools.product(LOOKED_AT, HOSTILE.items()):
        actor = pages.cast.aud if path.startswith("/connect/desk/") else pages.cast.ana
        client = pages.clients.setdefault(actor.person_id, pages.of(actor))
        client.raise_request_exception = False
        url = path.replace("X", quote(text[:3000], safe="")).replace("CASE", case.reference)
        if (status := client.get(url).status_code) >= 500:
            fell.append(f"{path} with {nonsense}: {status}")
    assert fell == []


def test_no_sentence_is_kept_longer_than_its_bound(pages: Pages) -> None:
    reference = pages.cast.start()
    pages.cast.to_test(reference)
    client, long = pages.of(pages.cast.olga), "cuvânt " * 20_000
    client.post(f"/connect/cases/{reference}/tests/", {"code": "TC_FUNCT_01", "text": long})
    client.post(f"/connect/cases/{reference}/usage/test/", {"requests_per_minute": "5", "reason": long})
    client.post(f"/connect/cases/{reference}/suspend/operator/", {"text": long})
    client.post(f"/connect/desk/{reference}/assign/", {"holder": "all", "reason": long})
    kept = HistoryEvent.objects.values_list("reason", flat=True)
    assert max(map(len, kept)) <= 2000
    assert HistoryEvent.objects.filter(action__in=("test-waived", "limits-changed", "suspend")).count() == 3
