"""The sandbox's own pages, clicked through on a whole installation: as accessible as the product's."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from msign.ops.person import DEFAULT_IDNP
from tests.browser.test_every_state import OVERFLOW, SMALL_TARGETS, complaints
from tests.support import crowd
from tests.support.crowd import Crowd
from tests.support.installation import Installation

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("installation")]


@pytest.fixture(scope="module")
def people(installation: Installation, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Crowd]:
    with crowd.gathered(installation, tmp_path_factory.mktemp("people")) as made:
        yield made


def asked(people: Crowd, tab: Any, instrument: str, count: int = 1) -> str:
    """Return a request whose message waits on a device."""
    request_id = people.post(signer=DEFAULT_IDNP, count=count)
    tab.goto(f"{people.web}/{request_id}?Instrument={instrument}&MSISDN=37360000000", wait_until="domcontentloaded")
    people.play(request_id, {"action": "accept"} if count > 1 else {"action": "refuse"})
    return request_id


def look(tab: Any, address: str, language: str) -> None:
    """Open a page and hold it against the rules of every page."""
    tab.set_viewport_size({"width": 1280, "height": 900})
    tab.goto(f"{address}?lang={language}", wait_until="domcontentloaded")
    judge(tab, language)


def judge(tab: Any, language: str) -> None:
    assert tab.get_attribute("html", "lang") == language
    assert tab.locator("h1").count() == 1
    assert tab.locator("body > a.skip").get_attribute("href") == "#main"
    assert complaints(tab) == []
    tab.set_viewport_size({"width": 320, "height": 900})
    assert tab.evaluate(OVERFLOW) <= 0, "scrolls sideways at 320 px"
    assert tab.evaluate(SMALL_TARGETS) == []


def test_devices_waiting_and_done(people: Crowd, tab: Any) -> None:
    waiting = asked(people, tab, "mobile", count=2)  # the second message of two
    done = asked(people, tab, "mobisign")
    look(tab, f"{people.devices}/phone/{waiting}", "ru")
    look(tab, f"{people.devices}/app/{done}", "en")
    look(tab, people.devices, "ro")
    people.play(waiting, {"action": "refuse"})


def test_the_e_service(people: Crowd, tab: Any) -> None:
    look(tab, people.eservice, "ru")
    tab.fill("#phone", "12")
    tab.click("button[name=sample]")  # a sample needs no file; the number is wrong
    tab.wait_for_selector(".error-summary")
    judge(tab, "ru")
    tab.fill("#phone", "")
    tab.fill("#signer", "12")
    tab.click("button[name=sample]")
    tab.wait_for_selector(".message.error")
    judge(tab, "ru")


@pytest.mark.parametrize("language", ["ro", "ru", "en"])
def test_the_trust_service_and_what_is_not_there(people: Crowd, tab: Any, language: str) -> None:
    ports = people.installation.options.ports
    look(tab, f"http://{ports.host}:{ports.sandbox_tsp}/", language)
    look(tab, f"{people.devices}/no-such-page", language)
