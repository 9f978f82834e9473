"""Every page of the desk in every state: axe, structure, titles, and no sideways scrolling at 320 pixels.

The states are told as one story (`tests.support.deskgallery`); the first tests prove that no page, state, flag or
standing is missing in it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from enum import StrEnum
from pathlib import Path
from typing import Any

import pytest
from django.db import transaction

from msign.connections.certificates import Life
from msign.connections.conformance.values import Result
from msign.connections.fees import Standing
from msign.connections.states import State
from msign.connections.suspension import Access, Flag
from msign.faces import desk
from msign.faces.desk import words
from tests.support import browsers, deskgallery, shownscene
from tests.support.deskgallery import LANGUAGES, NARROW, Gallery
from tests.support.shownscene import Window

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("desk-pages")]


@pytest.fixture(scope="module")
def gallery(tmp_path_factory: pytest.TempPathFactory, django_db_setup: None, django_db_blocker: Any) -> Gallery:
    """The whole story, told once; its rows are thrown away."""
    with django_db_blocker.unblock(), transaction.atomic():
        with deskgallery.told(tmp_path_factory.mktemp("gallery")) as made:
            transaction.set_rollback(True)
        return made


@pytest.fixture(scope="module")
def window(gallery: Gallery) -> Iterator[Window]:
    del gallery  # the database is done with before the browser's loop runs in this thread
    if browsers.executable() is None:
        pytest.skip("no Chromium on this machine: install `chromium` to run the browser tests")
    with browsers.launched() as browser, shownscene.window(browser) as shown:
        yield shown


def missing(gallery: Gallery, what: str, all_of: Iterable[StrEnum | str]) -> set[str]:
    return {str(one) for one in all_of} - {value for kind, value in gallery.seen if kind == what}


@pytest.mark.django_db  # says that a database is needed; later tests have none, with the browser's loop in the thread
def test_no_page_is_missing(gallery: Gallery) -> None:
    folder = Path(desk.__path__[0]) / "templates"
    assert {str(one.relative_to(folder)) for one in folder.rglob("*.html")} - gallery.templates == set()


def test_no_state_is_missing(gallery: Gallery) -> None:
    found = {
        "states of the applicant": missing(gallery, "state on home", State),
        "states of the reviewer": missing(gallery, "state on review", State),
        "flags": missing(gallery, "flag", Flag),
        "invoices": missing(gallery, "invoice", Standing),
        "documents": missing(gallery, "document", words.PAPER_STATES),
        "clocks": missing(gallery, "clock", ("near", "overdue")),
        "certificates": missing(gallery, "certificate", (Life.ACTIVE, Life.EXPIRING, Life.EXPIRED)),
        "access": missing(gallery, "access", Access),
        "enforced": missing(gallery, "enforced", ("none", "applied", "drifted")),
        "results of tests": missing(gallery, "result", Result),
        "decisions about tests": missing(gallery, "decision", ("waived",)),
        "runs": missing(gallery, "test", ("frozen",)),
    }
    assert {what: left for what, left in found.items() if left} == {}


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.timeout(280)
def test_axe_finds_nothing_on_any_page_in_any_state(gallery: Gallery, window: Window, language: str) -> None:
    """Each scene in one of the languages, in turn."""
    window.resize(1280)
    problems, titles = [], {}
    for scene in (one for one in gallery.scenes if one.language == language):
        window.show(scene, scene.answer)
        problems += [f"{scene.name}: {one}" for one in window.look(language)]
        titles.setdefault(window.page.title(), set()).add(scene.path.split("?")[0])
    assert problems == []
    repeated = {title: paths for title, paths in titles.items() if len(paths) > 1 and "MS-" not in " ".join(paths)}
    assert repeated == {}


@pytest.mark.timeout(280)
def test_every_page_in_every_state_fits_a_small_window(gallery: Gallery, window: Window) -> None:
    window.resize(320)
    problems = []
    for scene in gallery.scenes:
        window.show(scene, scene.narrow)
        problems += [f"{scene.name}: {one}" for one in window.built(NARROW)]
    assert problems == []
