"""Remote signing services at a whole installation: PIN and one-time code typed, OAuth with PKCE, asynchronous signing.

The services answer behind real HTTPS with certificates of the sandbox, so what they sign is judged like everything else.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from msign.kernel.words import SignStatus
from tests.browser.conftest import OwnWorld
from tests.support import browsers, crowd
from tests.support.crowd import Crowd
from tests.support.cscserver import holder, serving_csc
from tests.support.cscservice import Service

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("token")]
ION = "2000000000004"
SIGNED = "SELECT count(*) FROM signrequests_signingsession WHERE outcome = 'signed' AND request_id = ?"


@dataclass(frozen=True)
class World:
    """People at an installation with two signing services."""

    people: Crowd
    typed: Service
    oauth: Service


@pytest.fixture(scope="module")
def world(own_world: OwnWorld, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    who = holder(own_world.people, own_world.keys, ION)
    typed, oauth = Service(who), Service(who)
    objects = [{"type": "PIN", "id": "PIN", "format": "N"}, {"type": "OTP", "id": "OTP", "format": "N"}]
    typed.auth, oauth.auth = {"mode": "explicit", "objects": objects}, {"mode": "oauth2code"}
    oauth.oauth_at = f"{own_world.csc_url}/oauth"
    services = {"typed": typed, "oauth": oauth}
    with (
        serving_csc(services, own_world.csc, own_world.installation.options.data_path / "server"),
        crowd.gathered(own_world.installation, tmp_path_factory.mktemp("crowd")) as people,
    ):
        yield World(people, typed, oauth)


@pytest.fixture(scope="module")
def page(tab: Any) -> Iterator[Any]:
    """A tab that does not mind the certificate of the services: their authority is the sandbox's."""
    context = tab.context.browser.new_context(reduced_motion="reduce", locale="ro", ignore_https_errors=True)
    context.set_default_timeout(browsers.PATIENCE)
    yield context.new_page()
    context.close()


def begin(tab: Any, people: Crowd, instrument: str, *, count: int = 1) -> str:
    """Arrive and choose; a service that did not answer yet is offered as soon as the worker has looked again."""
    request_id = people.post(count=count, signer=ION)
    while True:
        tab.goto(f"{people.web}/{request_id}?lang=en&ReturnUrl={people.eservice}/return", wait_until="load")
        if tab.locator(f"#tile-{instrument} button").count():
            break
        tab.wait_for_timeout(500)
    crowd.choose(tab, instrument)
    return request_id


def signed(world: World, tab: Any, request_id: str, count: int = 1) -> None:
    """The page tells of success, the results are there, and one session has signed."""
    crowd.finished(tab, f"{world.people.web}/{request_id}")
    assert tab.locator(".confirmation").is_visible(), tab.inner_text("main")
    with world.people.installation.client() as client:
        answer = client.get_response(request_id, lambda n: world.people.document.with_name(f"signed-{n}.pdf"))
    assert answer.status is SignStatus.SUCCESS
    assert len([one for one in answer.results if one.signature]) == count
    assert world.people.count(SIGNED, request_id) == 1


def signings(service: Service) -> int:
    """How often it was told to sign."""
    return [method for method, _ in service.calls].count("signatures/signHash")


def test_pin_and_one_time_code_are_typed_on_our_page_after_one_mistake(page: Any, world: World) -> None:
    request_id = begin(page, world.people, "typed")
    page.wait_for_selector("text=Confirm with the signing service")
    labels = page.locator("form[action$='/secrets'] label").all_inner_texts()
    assert len(labels) == 2
    pin, code = page.locator("form[action$='/secrets'] input:not([type=hidden])").all()
    assert pin.get_attribute("type") == "password"
    pin.fill("9999")
    code.fill(world.typed.code)
    page.click("form[action$='/secrets'] button")
    page.wait_for_selector("text=You have 2 attempts left")
    pin, code = page.locator("form[action$='/secrets'] input:not([type=hidden])").all()
    assert pin.input_value() == code.input_value() == ""
    pin.fill(world.typed.pin)
    code.fill(world.typed.code)
    page.click("form[action$='/secrets'] button")
    signed(world, page, request_id)
    assert [method for method, _ in world.typed.calls].count("signatures/signHash") == 1
    assert world.typed.codes_sent >= 1


def test_the_person_allows_a_batch_at_the_service_and_comes_back(page: Any, world: World) -> None:
    world.oauth.asynchronous = 2
    request_id = begin(page, world.people, "elsewhere", count=3)
    page.click("text=Continue to the signing service")
    assert page.inner_text("h1") == "Sign 3 documents?"
    back = page.get_attribute("#allow", "href")
    page.click("#allow")
    page.wait_for_url(f"{world.people.web}/**")
    signed(world, page, request_id, 3)
    polled = [method for method, _ in world.oauth.calls].count("signatures/signPolling")
    assert polled == 2
    assert world.oauth.oauth.service_tokens >= 1
    page.goto(back)  # the way back once more: it is used up, and nothing is signed again
    assert "There is nothing to sign here" in page.inner_text("main")
    assert world.people.count(SIGNED, request_id) == 1


def test_a_reload_on_the_way_and_a_foreign_browser_change_nothing(page: Any, world: World) -> None:
    request_id = begin(page, world.people, "elsewhere")
    page.click("text=Continue to the signing service")
    page.reload()
    stranger = page.context.browser.new_context(locale="en", ignore_https_errors=True).new_page()
    stranger.goto(page.get_attribute("#allow", "href"))
    assert "There is nothing to sign here" in stranger.inner_text("main")
    stranger.context.close()
    page.go_back()
    page.wait_for_selector("text=Continue to the signing service")
    page.reload()
    page.click("text=Continue to the signing service")
    page.click("#allow")
    page.wait_for_url(f"{world.people.web}/**")
    signed(world, page, request_id)


def test_a_storm_of_returns_and_of_pins_signs_once(page: Any, world: World) -> None:
    """The way back six times at once, the PIN six times at once: one call to the service signs, and one signature is kept."""
    request_id = begin(page, world.people, "elsewhere")
    page.click("text=Continue to the signing service")
    back = page.get_attribute("#allow", "href")
    page.go_back()
    page.wait_for_selector("text=Continue to the signing service")
    before = signings(world.oauth)
    page.evaluate("url => Promise.all(Array.from({ length: 6 }, () => fetch(url)))", back)
    signed(world, page, request_id)
    assert signings(world.oauth) == before + 1
    request_id = begin(page, world.people, "typed")
    form = page.locator("form[action$='/secrets']")
    values = form.evaluate("form => Object.fromEntries(new FormData(form))")
    names = [one.get_attribute("name") for one in form.locator("input:not([type=hidden])").all()]
    values |= dict(zip(names, (world.typed.pin, world.typed.code), strict=True))
    before = signings(world.typed)
    page.evaluate(
        """([url, values]) => Promise.all(Array.from({ length: 6 }, () =>
            fetch(url, { method: "POST", body: new URLSearchParams(values) })))""",
        [f"/{request_id}/secrets", values],
    )
    signed(world, page, request_id)
    assert signings(world.typed) == before + 1


def test_a_person_who_refuses_at_the_service_reads_so(page: Any, world: World) -> None:
    request_id = begin(page, world.people, "elsewhere")
    page.click("text=Continue to the signing service")
    page.click("#refuse")
    page.wait_for_url(f"{world.people.web}/**")
    crowd.finished(page, f"{world.people.web}/{request_id}")
    assert "You cancelled the signing" in page.inner_text(".refusal")


def test_a_pin_that_locks_ends_the_attempt_with_that_reason(page: Any, world: World) -> None:
    request_id = begin(page, world.people, "typed")
    for _ in range(3):
        page.wait_for_selector("form[action$='/secrets']")
        for field in page.locator("form[action$='/secrets'] input:not([type=hidden])").all():
            field.fill("0000")
        page.click("form[action$='/secrets'] button")
        page.wait_for_load_state("load")
    crowd.finished(page, f"{world.people.web}/{request_id}")
    assert "The PIN is locked" in page.inner_text(".refusal")
    world.typed.tries = 3
