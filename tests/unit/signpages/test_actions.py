"""Sign, cancel, change language: every POST is a redirect, and nothing happens twice."""

from __future__ import annotations

import re

import pytest
from django.test import Client

from msign.kernel.errors import Code
from msign.kernel.words import FailureReason, SignStatus
from msign.signrequests.health import ProviderHealth
from tests.support.pages import IDNP, MOMENT, OTHER_ID, REQUEST_ID, ExpectedSigner, Pages, request_view, session_view

PAGE = f"/{REQUEST_ID}"
MOBILE = {"instrument": "mobile", "msisdn": "060 000 000"}


def to_page(response: object) -> bool:
    return (response.status_code, response.headers["Location"]) == (303, PAGE)


def test_signing_starts_and_lands_on_the_page(pages: Pages, client: Client) -> None:
    pages.requests.put(request_view())
    assert to_page(client.post(f"{PAGE}/sign", MOBILE))
    [(_, choice)] = pages.requests.started
    assert (choice.signer_id, choice.msisdn, choice.language) == (IDNP, "37360000000", "en")
    assert "Confirm on your phone" in client.get(PAGE).text


def test_a_second_click_starts_nothing(pages: Pages, client: Client) -> None:
    pages.requests.put(request_view())
    client.post(f"{PAGE}/sign", MOBILE)
    assert to_page(client.post(f"{PAGE}/sign", MOBILE))
    assert len(pages.requests.started) == 1


def test_losing_a_race_shows_the_attempt_that_won(pages: Pages, client: Client) -> None:
    pages.requests.put(request_view())
    pages.requests.refuse_start = Code.CONFLICT
    assert to_page(client.post(f"{PAGE}/sign", MOBILE))
    assert "There is a problem" not in client.get(PAGE).text


@pytest.mark.parametrize("status", [SignStatus.SUCCESS, SignStatus.FAILURE])
def test_a_finished_request_is_not_started_again(pages: Pages, client: Client, status: SignStatus) -> None:
    pages.requests.put(request_view(status=status, failure=FailureReason.CANCELLED))
    assert to_page(client.post(f"{PAGE}/sign", MOBILE))
    assert pages.requests.started == []


def test_the_expected_signer_cannot_be_replaced_by_a_form(pages: Pages, client: Client) -> None:
    pages.requests.put(request_view())
    client.post(f"{PAGE}/sign", {**MOBILE, "signer_id": "2000000000015"})
    assert pages.requests.started[0][1].signer_id == IDNP


@pytest.mark.parametrize(
    ("typed", "words", "field"),
    [
        ({"signer_id": "", "msisdn": "060000000"}, "Enter your IDNP (13 digits)", "mobile-signer_id"),
        ({"signer_id": "12", "msisdn": "060000000"}, "Enter a valid IDNP", "mobile-signer_id"),
        ({"signer_id": IDNP, "msisdn": ""}, "Enter your mobile phone number", "mobile-msisdn"),
        ({"signer_id": IDNP, "msisdn": "022 000 000"}, "Enter a Moldovan mobile number", "mobile-msisdn"),
    ],
)
def test_wrong_data_comes_back_to_its_tile(
    pages: Pages, client: Client, typed: dict[str, str], words: str, field: str
) -> None:
    pages.requests.put(request_view(expected_signer=ExpectedSigner()))
    assert to_page(client.post(f"{PAGE}/sign", {"instrument": "mobile", **typed}))
    text = client.get(PAGE).text
    assert "<title>Error: " in text
    assert f'<a href="#{field}">{words}' in text
    assert f'id="{field}-error"' in text
    assert all(f'value="{value}"' in text for value in typed.values() if value)
    assert pages.requests.started == []


def test_the_summary_comes_before_the_heading(pages: Pages, client: Client) -> None:
    pages.requests.put(request_view())
    client.post(f"{PAGE}/sign", {"instrument": "mobile", "msisdn": "x"})
    text = client.get(PAGE).text
    assert text.index("error-summary") < text.index("<h1")


@pytest.mark.parametrize("spelling", ["2000 0000 00004", "2000000000004 ", "2000-000-000-004"])
def test_identity_numbers_with_gaps_are_understood(pages: Pages, client: Client, spelling: str) -> None:
    pages.requests.put(request_view(expected_signer=ExpectedSigner()))
    client.post(f"{PAGE}/sign", {**MOBILE, "signer_id": spelling})
    assert pages.requests.started[0][1].signer_id == IDNP


def test_an_instrument_that_does_not_answer_is_said(pages: Pages, client: Client) -> None:
    pages.requests.put(request_view())
    pages.requests.refuse_start = Code.UNAVAILABLE
    client.post(f"{PAGE}/sign", MOBILE)
    assert "The chosen instrument does not answer" in client.get(PAGE).text


def test_an_instrument_that_is_not_offered_is_refused(pages: Pages, client: Client) -> None:
    pages.requests.put(request_view())
    client.post(f"{PAGE}/sign", {"instrument": "tax"})
    assert "Choose one of the instruments below" in client.get(PAGE).text
    assert pages.requests.started == []


def test_an_unreachable_provider_is_shown_with_its_last_success(pages: Pages, client: Client) -> None:
    pages.requests.put(request_view())
    pages.health["sandbox-phone"] = ProviderHealth(reachable=False, last_success=MOMENT)
    text = client.get(PAGE).text
    assert "Not available now" in text
    assert "2 March 2026, 11:15" in text
    assert 'id="tile-mobile"' not in text
    assert 'id="tile-moldsign"' in text


def test_the_number_is_remembered_only_if_asked(pages: Pages, client: Client) -> None:
    pages.requests.put(request_view())
    assert "msign-phone" not in client.cookies
    client.post(f"{PAGE}/sign", {**MOBILE, "remember": "on"})
    assert "37360000000" not in client.cookies["msign-phone"].value.split(":")[0]
    pages.requests.put(request_view())
    text = client.get(PAGE).text
    assert 'value="+373\u00a060\u00a0000\u00a0000"' in text
    assert re.search(r'name="remember"[^>]*checked', text)
    client.post(f"{PAGE}/sign", MOBILE)
    assert client.cookies["msign-phone"].value == ""


def test_a_forged_remembered_number_is_ignored(pages: Pages, client: Client) -> None:
    pages.requests.put(request_view())
    client.cookies["msign-phone"] = "37360000000"
    assert "373" not in client.get(PAGE).text.split("<main")[1].split("</main")[0]


def test_cancel_ends_the_request(pages: Pages, client: Client) -> None:
    pages.requests.put(request_view())
    assert to_page(client.post(f"{PAGE}/cancel"))
    assert "You cancelled the signing" in client.get(PAGE).text


def test_cancelling_what_is_finished_changes_nothing(pages: Pages, client: Client) -> None:
    pages.requests.put(request_view(status=SignStatus.SUCCESS))
    assert to_page(client.post(f"{PAGE}/cancel"))
    assert "The document is signed" in client.get(PAGE).text


def test_changing_the_language_keeps_what_was_typed_and_judges_nothing(pages: Pages, client: Client) -> None:
    pages.requests.put(request_view(expected_signer=ExpectedSigner()))
    typed = {"instrument": "mobile", "signer_id": "20000", "msisdn": "0600", "lang": "ru"}
    assert to_page(client.post(f"{PAGE}/language", typed))
    text = client.get(PAGE).text
    assert '<html lang="ru">' in text
    assert 'value="20000"' in text
    assert 'value="0600"' in text
    assert "error-summary" not in text


@pytest.mark.parametrize("act", ["sign", "cancel", "language"])
def test_acts_need_our_own_form(pages: Pages, strict_client: Client, act: str) -> None:
    pages.requests.put(request_view())
    response = strict_client.post(f"{PAGE}/{act}", MOBILE, headers={"Origin": "https://evil.example"})
    assert response.status_code == 403
    assert pages.requests.started == []
    assert pages.requests.views[REQUEST_ID].status is SignStatus.PENDING


@pytest.mark.parametrize("act", ["sign", "cancel", "language"])
def test_acts_cannot_be_linked_to(pages: Pages, client: Client, act: str) -> None:
    pages.requests.put(request_view())
    assert client.get(f"{PAGE}/{act}").status_code == 405


@pytest.mark.parametrize("act", ["sign", "cancel", "language"])
def test_acts_on_an_unknown_request_are_neutral(pages: Pages, client: Client, act: str) -> None:
    assert client.post(f"/{OTHER_ID}/{act}", MOBILE).status_code == 404


def test_a_running_attempt_is_shown_to_a_second_tab(pages: Pages, client: Client) -> None:
    pages.requests.put(request_view(session=session_view()))
    assert 'data-code="4821"' in Client().get(PAGE).text
