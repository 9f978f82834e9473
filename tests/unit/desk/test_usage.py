"""The page of usage and limits: figures of real rows, charts with words, CSV, and the operator's change of a limit."""

from __future__ import annotations

from dataclasses import replace

import pytest
from lxml import html

from msign.access import services
from msign.access.queries import access_state
from msign.access.traffic import CallMeter
from msign.access.values import Caller
from msign.audit.queries import events
from msign.audit.tags import Tag
from msign.connections.actors import Refusal
from msign.connections.models import Case
from msign.connections.services import enforcing, limits
from msign.kernel.clock import CHISINAU
from msign.kernel.words import Environment
from msign.signrequests.models import SignatureCount, SystemUsage
from tests.support.desk import Cast
from tests.unit.desk.conftest import Pages

TEST = Environment.TEST


def connected(cast: Cast) -> tuple[str, str]:
    """A case with access to test; its reference and its system's id in the gateway."""
    reference = cast.start()
    cast.to_test(reference)
    system = Case.objects.get(reference=reference).system
    assert system is not None
    return reference, system.public_id.hex


def counted(cast: Cast, system: str) -> None:
    caller = Caller(system, "Ghișeu", "Organizația Model", "1000000000007", TEST, "40", "127.0.0.1")
    meter = CallMeter(clock=cast.clock, flush_seconds=None)
    for outcome, number in (("ok", 7), ("InvalidParameter", 2)):
        for _call in range(number):
            meter.answered(caller, "PostSignRequest", outcome)
    meter.close()
    day = cast.clock.now().astimezone(CHISINAU).date()
    for outcome, number in (("signed", 5), ("cancelled", 1)):
        SignatureCount.objects.create(
            system_id=system, environment=TEST, day=day, instrument="mobile", outcome=outcome, count=number
        )
    SystemUsage.objects.create(system_id=system, environment=TEST, open_requests=12, stored_bytes=5_000_000)


def test_both_sides_see_figures_charts_and_limits(pages: Pages) -> None:
    cast = pages.cast
    reference, system = connected(cast)
    counted(cast, system)
    for actor in (cast.ana, cast.olga):
        answer = pages.of(actor, "ro").get(f"/connect/cases/{reference}/usage/test/")
        assert answer.status_code == 200
        page = html.fromstring(answer.content)
        charts = page.xpath("//svg/@aria-label")
        assert charts == ["Apeluri pe zile: 7 cu răspuns, 2 cu eroare", "Semnări pe zile: 5 semnate, 1 nesemnate"]
        text = " ".join(page.text_content().replace("\u00a0", " ").split())
        for words in ("InvalidParameter", "Semnătura mobilă", "anulat de persoană", "5 MB", "10 000"):
            assert words in text
        assert not page.xpath("//*[@style]")
    assert not html.fromstring(pages.of(cast.ana, "ro").get(f"/connect/cases/{reference}/usage/test/").content).xpath(
        "//textarea"
    )


def test_csv_has_every_row(pages: Pages) -> None:
    cast = pages.cast
    reference, system = connected(cast)
    counted(cast, system)
    answer = pages.of(cast.ana, "ro").get(f"/connect/cases/{reference}/usage/test/?csv=1&days=7")
    lines = answer.content.decode("utf-8-sig").splitlines()
    assert lines[0] == "day,kind,what,outcome,count"
    assert {line.partition(",")[2] for line in lines[1:]} == {
        "call,PostSignRequest,ok,7",
        "call,PostSignRequest,InvalidParameter,2",
        "signing,mobile,signed,5",
        "signing,mobile,cancelled,1",
    }


def test_strangers_and_unknown_environments_see_nothing(pages: Pages) -> None:
    cast = pages.cast
    reference, _system = connected(cast)
    assert pages.of(cast.ana, "ro").get(f"/connect/cases/{reference}/usage/elsewhere/").status_code == 404
    assert pages.of(cast.aud, "ro").post(f"/connect/cases/{reference}/usage/test/", {"reason": "x"}).status_code == 403


def test_the_operator_changes_a_limit_with_a_reason(pages: Pages) -> None:
    cast = pages.cast
    reference, system = connected(cast)
    url = f"/connect/cases/{reference}/usage/test/"
    olga = pages.of(cast.olga, "ro")
    assert olga.post(url, {"requests_per_minute": "30"}).status_code == 422
    assert olga.post(url, {"requests_per_minute": "many", "reason": "Abuz"}).status_code == 422
    assert access_state(system, TEST).settings.requests_per_minute is None
    assert olga.post(url, {"requests_per_minute": "30", "reason": "Încărcare de test"}).status_code == 302
    assert access_state(system, TEST).settings.requests_per_minute == 30
    (event,) = events(subject=f"system:{system}", tags=(Tag.SETTINGS_CHANGED,), newest_first=True, limit=1)
    assert event.actor == cast.olga.label
    assert event.facts["changes"] == {"requests_per_minute": "30", "reason": "Încărcare de test"}
    assert "Încărcare de test" in pages.of(cast.ana, "ro").get(f"/connect/cases/{reference}/history/").content.decode()
    with pytest.raises(Refusal):
        limits.change_limits(cast.desk, cast.ana, reference, TEST, {"open_requests": 1}, "Vreau mai mult")


def test_an_agreed_limit_outlives_the_next_grant(pages: Pages) -> None:
    cast = pages.cast
    reference, system = connected(cast)
    limits.change_limits(cast.desk, cast.olga, reference, TEST, {"largest_document": 1_000_000}, "Numai documente mici")
    case = Case.objects.get(reference=reference)
    bent = replace(access_state(system, TEST).settings, callback_method="get")
    services.change_settings(system_id=system, environment=TEST, settings=bent, at=cast.clock.now(), actor="test")
    enforcing.apply(cast.desk, cast.olga, case, TEST)
    settings = access_state(system, TEST).settings
    assert (settings.callback_method, settings.largest_document) == ("post", 1_000_000)
