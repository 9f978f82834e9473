"""Calls as the gateway sees them, explanations, rotation, the operator's access page, calendars: through the pages."""

from __future__ import annotations

import datetime as dt
import re
from base64 import b64encode

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from msign.access.gate import Gate
from msign.access.refusals import RefusalLog, refused_attempts
from msign.access.services import remove_network
from msign.access.traffic import CallMeter
from msign.access.trust import StoreTrust
from msign.access.values import Allowed, Circumstances
from msign.connections.actors import Actor
from msign.connections.fees import Kind
from msign.connections.models import CalendarFeed, Case, Certificate, Network, Proposal
from msign.connections.roles import TeamRole
from msign.connections.services import people
from msign.kernel.languages import Language
from msign.kernel.words import Environment
from msign.pki.trust import TrustStore
from tests.support.desk import Cast, FakeTrust
from tests.support.pki import session_pki
from tests.unit.access.cast import authority
from tests.unit.desk.conftest import Pages

TEST = Environment.TEST
HOME, AWAY = "185.108.180.10", "185.108.180.99"
NAMELESS = authority("CA").issue("bob", 6)
SEEN = Circumstances("TLSv1.3", "PostSignRequest")


def gateway(cast: Cast, trust: object | None = None) -> Gate:
    """The gate of an API process, with its log of refusals."""
    known = trust or FakeTrust()
    return Gate(
        trust_by_environment=dict.fromkeys(Environment, known),  # type: ignore[arg-type]
        clock=cast.clock,
        refusals=RefusalLog(clock=cast.clock),
        cache_seconds=0,
    )


def call(cast: Cast, certificate: str | None, address: str = HOME, environment: Environment = TEST) -> bool:
    """A call as the SOAP face makes it; tell whether it is let in."""
    der = session_pki().system(certificate).der if certificate else None
    decision = gateway(cast).decide(environment, der, address, SEEN)
    if isinstance(decision, Allowed):
        meter = CallMeter(clock=cast.clock, flush_seconds=None)
        meter.answered(decision.caller, "PostSignRequest", "ok")
        meter.close()
    return bool(decision)


@pytest.fixture
def reference(pages: Pages) -> str:
    found = pages.cast.start()
    pages.cast.to_test(found)
    return found


def page(pages: Pages, path: str, actor: Actor | None = None, language: str = "en") -> str:
    response = pages.of(actor or pages.cast.ana, language).get(path)
    assert response.status_code == 200, response.status_code
    return str(response.content.decode())


def stranger(pages: Pages) -> Actor:
    key = people.register_person(pages.cast.desk, email="strain@alta.md", name="Străin", language=Language.RO)
    found = people.actor_of(key)
    assert found is not None
    return found


def test_the_page_waits_and_then_shows_what_came(pages: Pages, reference: str) -> None:
    url = f"/connect/cases/{reference}/calls/test/"
    shown = page(pages, url)
    assert "Waiting for your call" in shown
    version = re.search(r'data-version="(\w+)"', shown)
    assert version
    assert pages.of(pages.cast.ana).get(f"{url}state/").json() == {"version": version[1]}
    assert call(pages.cast, "alfa-test")
    shown = page(pages, url)
    assert "answered" in shown
    assert "TLSv1.3" in shown
    assert version[1] not in shown
    assert version[1] != pages.of(pages.cast.ana).get(f"{url}state/").json()["version"]


def test_a_foreign_address_is_added_with_one_click(pages: Pages, reference: str) -> None:
    url = f"/connect/cases/{reference}/calls/test/"
    assert not call(pages.cast, "alfa-test", AWAY)
    assert "Add this address" in page(pages, url)
    attempt = refused_attempts()[0]
    client = pages.of(pages.cast.ana)
    answer = client.post(url, {"repair": "address", "attempt": attempt.id}, follow=True).content.decode()
    assert "It counts within a second" in answer
    assert call(pages.cast, "alfa-test", AWAY)


def test_an_unknown_certificate_of_ours_is_registered_with_one_click(pages: Pages, reference: str) -> None:
    url = f"/connect/cases/{reference}/calls/test/"
    assert not call(pages.cast, "alfa-test-next")
    assert "Register this certificate" in page(pages, url)
    client = pages.of(pages.cast.ana)
    client.post(url, {"repair": "certificate", "attempt": refused_attempts()[0].id})
    assert call(pages.cast, "alfa-test-next")
    assert call(pages.cast, "alfa-test"), "the old one goes on"


def test_this_is_my_production_certificate(pages: Pages, reference: str) -> None:
    """It was shown to test by mistake; now it is handed in for production, with the checks of an upload."""
    assert not call(pages.cast, "alfa-production")
    number = refused_attempts()[0].id
    client = pages.of(pages.cast.ana)
    client.post(f"/connect/cases/{reference}/calls/test/", {"repair": "production", "attempt": number})
    row = Certificate.objects.get(environment="production")
    assert bytes(row.der) == session_pki().system("alfa-production").der
    answer = client.post(
        f"/connect/cases/{reference}/calls/test/", {"repair": "certificate", "attempt": number}, follow=True
    )
    assert "already registered for the other environment" in answer.content.decode()


def test_nobody_sees_anothers_calls(pages: Pages, reference: str) -> None:
    """Calls of a certificate that names another organisation, or no one, from addresses that are not only ours."""
    cast = pages.cast
    call(cast, None, "198.51.100.1")  # without a certificate, from nowhere
    gateway(cast).decide(TEST, NAMELESS, HOME, SEEN)  # a certificate that names nobody, even from our address
    assert "Waiting for your call" in page(pages, f"/connect/cases/{reference}/calls/test/")
    call(cast, None, HOME)
    assert "No client certificate was presented" in page(pages, f"/connect/cases/{reference}/calls/test/")
    other = Case.objects.get(
        reference=cast.start(number="1018600000035", kind=Kind.PRIVATE, rrsi="", system_name="Alt")
    )
    Network.objects.create(case=other, environment="test", network=f"{HOME}/32")
    assert "No client certificate" not in page(pages, f"/connect/cases/{reference}/calls/test/")
    for attempt in refused_attempts():
        answer = pages.of(cast.ana).get(f"/connect/cases/{reference}/explain/?attempt={attempt.id}")
        assert answer.status_code == 404
        assert pages.of(cast.ana).post(
            f"/connect/cases/{reference}/calls/test/", {"repair": "address", "attempt": attempt.id}
        ).status_code == 404  # fmt: skip


def test_a_handed_in_copy_of_a_strangers_certificate_shows_nothing(pages: Pages, reference: str) -> None:
    """Anybody can hand in a public certificate that names nobody; its calls stay those of its owner."""
    cast = pages.cast
    system = Case.objects.get(reference=reference).system
    moment = cast.clock.now()
    Certificate.objects.create(
        system=system, environment="test", der=NAMELESS, fingerprint="00" * 32, serial="0ABC", issuer="", subject="",
        not_before=moment, not_after=moment + dt.timedelta(days=1), added=moment,
    )  # fmt: skip
    answer = pages.of(cast.ana).get(
        f"/connect/cases/{reference}/explain/", {"serial": "0ABC", "address": HOME, "environment": "test"}
    )
    assert answer.status_code == 422
    assert "was handed in by your organisation" in answer.content.decode()


def test_strangers_see_no_page_at_all(pages: Pages, reference: str) -> None:
    client = pages.of(stranger(pages))
    for path in ("calls/test/", "calls/test/state/", "explain/", "rotation/test/"):
        assert client.get(f"/connect/cases/{reference}/{path}").status_code == 404
    assert client.get("/connect/desk/access/").status_code == 403
    assert "No certificate is in force" in page(pages, "/connect/expiries/", stranger(pages))


@pytest.mark.parametrize(
    ("language", "words"),
    [
        (
            "ro",
            ("Adresa nu este înscrisă pentru acest sistem", "adrese înscrise", "Echipa dumneavoastră poate remedia"),
        ),
        ("ru", ("Адрес не указан для этой системы", "указанные адреса", "Исправить может ваша команда")),
        ("en", ("The address is not listed for this system", "listed addresses", "Your team can put it right here")),
    ],
)
def test_a_refused_attempt_is_explained_in_the_readers_language(
    pages: Pages, reference: str, language: str, words: tuple[str, ...]
) -> None:
    call(pages.cast, "alfa-test", AWAY)
    attempt = refused_attempts()[0]
    shown = page(pages, f"/connect/cases/{reference}/explain/?attempt={attempt.id}", language=language)
    for one in (*words, "HTTP 403: This address is not registered", "address-listed"):
        assert one in shown
    assert shown.count("<code>") == 10  # every check with its stable code


def test_a_pasted_serial_is_explained_and_the_page_says_what_is_missing(pages: Pages, reference: str) -> None:
    serial = Certificate.objects.get().serial
    asked = f"/connect/cases/{reference}/explain/?environment=test&serial=0x{serial.lower()}&address="
    assert "Such a call is let in now" in page(pages, asked + HOME)
    assert "Such a call is refused now" in page(pages, asked + AWAY)
    answer = pages.of(pages.cast.ana).get(asked)
    assert answer.status_code == 422
    assert "Enter the address" in answer.content.decode()
    production = page(
        pages, f"/connect/cases/{reference}/explain/?environment=production&serial={serial}&address={HOME}"
    )
    assert "registered in: the test environment" in production
    assert f"AuthenticationFailed: Unknown service consumer: {serial}" in production


def test_a_new_certificate_is_uploaded_read_and_put_into_force(pages: Pages, reference: str) -> None:
    url, client = f"/connect/cases/{reference}/rotation/test/", pages.of(pages.cast.ana)
    assert client.post(url, {}).status_code == 422
    assert client.post(url, {"file": SimpleUploadedFile("a.cer", b"junk")}).status_code == 422
    file = SimpleUploadedFile("a.cer", session_pki().system("alfa-test-next").der)
    read = client.post(url, {"file": file}).content.decode()
    assert "it counts at once" in read
    confirmed = re.search(r'name="confirmed" value="([^"]+)"', read)
    assert confirmed
    done = client.post(url, {"confirmed": confirmed[1].replace("&#x2B;", "+")}, follow=True).content.decode()
    assert "The new certificate is in force" in done
    assert call(pages.cast, "alfa-test-next")
    old = Certificate.objects.order_by("pk")[0]
    assert "out of use" in client.post(url, {"remove": old.pk}, follow=True).content.decode()
    assert not call(pages.cast, "alfa-test")
    left = Certificate.objects.order_by("pk")[1]
    assert "No other valid certificate" in client.post(url, {"remove": left.pk}, follow=True).content.decode()


def test_a_reader_of_the_team_changes_nothing(pages: Pages, reference: str) -> None:
    cast = pages.cast
    organisation = next(iter(cast.ana.team))
    people.set_member(
        cast.desk, cast.ana, organisation, email="cititor@model.md", name="Cititor", roles=(TeamRole.READER,)
    )
    key = people.register_person(cast.desk, email="cititor@model.md", name="Cititor", language=Language.RO)
    reader = people.actor_of(key)
    call(cast, "alfa-test", AWAY)
    shown = page(pages, f"/connect/cases/{reference}/calls/test/", reader)
    assert "refused" in shown
    assert "Add this address" not in shown
    answer = pages.of(reader).post(
        f"/connect/cases/{reference}/calls/test/", {"repair": "address", "attempt": refused_attempts()[0].id}
    )
    assert answer.status_code == 403
    assert not call(cast, "alfa-test", AWAY)


def test_the_operator_decides_proposals_and_applies_again(pages: Pages, reference: str) -> None:
    cast, url = pages.cast, "/connect/desk/access/"
    assert "applied in the gateway" in page(pages, url, cast.olga)
    assert "No API process has reported" in page(pages, url, cast.olga)
    client = pages.of(cast.ana)
    other = b64encode(session_pki().system("alfa-production").der).decode()
    client.post(f"/connect/cases/{reference}/rotation/test/", {"confirmed": other})
    number = Proposal.objects.get().pk
    assert "Waiting for your decision" in page(pages, url, cast.olga)
    decide = f"/connect/cases/{reference}/proposals/{number}/"
    assert client.post(decide, {"accept": "1"}).status_code == 403
    assert "Give a reason" in pages.of(cast.olga).post(decide, {"refuse": "1"}, follow=True).content.decode()
    pages.of(cast.olga).post(decide, {"accept": "1"})
    assert call(cast, "alfa-production")
    system = Case.objects.get(reference=reference).system
    assert system is not None
    remove_network(system_id=system.public_id.hex, environment=TEST, network=HOME, at=cast.clock.now(), actor="command")
    shown = page(pages, url, cast.olga)
    assert "is granted, but not listed in the gateway" in shown
    pages.of(cast.olga).post(url, {"reference": reference, "environment": "test"})
    assert call(cast, "alfa-test")


def test_the_calendar_opens_with_its_secret_only_and_is_revoked(pages: Pages, reference: str) -> None:
    client = pages.of(pages.cast.ana, "ro")
    shown = client.post("/connect/expiries/", {"issue": "1"}).content.decode()
    address = re.search(r"(/connect/calendar/[\w-]+\.ics)", shown)
    assert address
    assert address[1].split("/")[-1][:-4] not in CalendarFeed.objects.get().digest
    file = pages.of(None).get(address[1])
    assert file["Content-Type"] == "text/calendar; charset=utf-8"
    text = file.content.decode()
    expires = session_pki().system("alfa-test").certificate.not_valid_after_utc
    assert f"DTSTART;VALUE=DATE:{expires:%Y%m%d}" in text
    assert "Expiră certificatul sistemului „Sistemul demonstrativ”" in text.replace("\r\n ", "")
    assert max(len(line.encode()) for line in text.split("\r\n")) <= 75
    assert text.count("BEGIN:VALARM") == 6
    client.post("/connect/expiries/", {"revoke": "1"})
    assert pages.of(None).get(address[1]).status_code == 404
    assert pages.of(None).get("/connect/calendar/x.ics").status_code == 404


def test_the_fleet_is_listed_by_month_and_exported(pages: Pages, reference: str) -> None:
    serial = Certificate.objects.get().serial
    assert serial in page(pages, "/connect/expiries/", pages.cast.olga)
    assert serial in page(pages, "/connect/expiries/")
    export = pages.of(pages.cast.olga).get("/connect/expiries/?csv=1")
    assert serial in export.content.decode()
    assert pages.of(pages.cast.ana).get("/connect/expiries/?csv=1").status_code == 403


def test_an_untrusted_certificate_from_our_address_is_shown_with_its_reason(pages: Pages, reference: str) -> None:
    der = session_pki().system("alfa-test").der
    gateway(pages.cast, StoreTrust(TrustStore())).decide(TEST, der, HOME, SEEN)
    assert "No accepted authority of this environment issued the certificate" in page(
        pages, f"/connect/cases/{reference}/calls/test/"
    )
