"""What the operator should look after stands above the queue, and only there."""

from __future__ import annotations

import dataclasses
import types

import pytest
from django.test import override_settings

from msign.faces.desk import urls
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
