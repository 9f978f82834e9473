"""What the operator should look after stands above the queue: trusted lists, and a trail that is not whole."""

from __future__ import annotations

import dataclasses
import types

import pytest
from django.test import override_settings

from msign.connections import trailcheck
from msign.faces.desk import urls
from msign.jobs.values import Task
from tests.unit.audit.test_trail import _tamper, _without_guards
from tests.unit.desk.conftest import FakeImages, Pages

ALARM = "trusted-list-refresh-failed: https://lists.example/md.xml"
SENTENCES = {
    "en": "Trusted lists need attention.",
    "ro": "Listele de încredere necesită atenție.",
    "ru": "Списки доверия требуют внимания.",
}


@pytest.mark.parametrize("language", SENTENCES)
def test_alarms_about_trusted_lists_stand_above_the_queue(pages: Pages, language: str) -> None:
    olga = pages.of(pages.cast.olga, language)
    assert SENTENCES[language] not in olga.get("/connect/desk/").content.decode()
    module = types.ModuleType("desk_urls_with_alarms")
    desk = dataclasses.replace(pages.cast.desk, warnings=lambda: [ALARM])
    module.urlpatterns = urls.patterns(desk, FakeImages())  # type: ignore[attr-defined]
    with override_settings(ROOT_URLCONF=module):
        shown = olga.get("/connect/desk/").content.decode()
    assert SENTENCES[language] in shown
    assert ALARM in shown


BROKEN = {
    "en": "The audit trail is broken at event 2.",
    "ro": "Jurnalul de audit este întrerupt la evenimentul 2.",
    "ru": "Журнал аудита нарушен на событии 2.",
}


@pytest.mark.parametrize("language", BROKEN)
def test_a_broken_trail_is_told_above_the_queue_in_the_log_and_to_health(
    pages: Pages, language: str, caplog: pytest.LogCaptureFixture
) -> None:
    pages.cast.start()
    job, task = trailcheck.TrailCheck(clock=pages.cast.clock), Task(trailcheck.JOB, "all", {}, 1)
    job.handle(task)
    olga, aud = (pages.of(one, language) for one in (pages.cast.olga, pages.cast.aud))
    assert BROKEN[language] not in olga.get("/connect/desk/").content.decode()
    assert trailcheck.warning_codes() == []
    _without_guards()
    _tamper("UPDATE audit_event SET actor = 'nobody' WHERE sequence = 2")
    job.handle(task)
    shown = olga.get("/connect/desk/").content.decode()
    assert BROKEN[language] in shown
    assert 'href="/connect/desk/trail/"' not in shown.split("<main")[1]  # the reviewer may not read it
    assert 'href="/connect/desk/trail/"' in aud.get("/connect/desk/").content.decode().split("<main")[1]
    assert "actor differs" in aud.get("/connect/desk/trail/").content.decode()
    assert trailcheck.warning_codes() == ["audit-trail-broken"]
    assert "broken at event 2" in caplog.text
