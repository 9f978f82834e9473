"""How other sites open the sign page: every published form, odd ones included (wire contract 14)."""

from __future__ import annotations

import pytest
from django.test import Client, RequestFactory

from msign.faces.signpages import parameters, visits
from msign.kernel.words import SignStatus
from tests.support.pages import IDNP, OTHER_ID, REQUEST_ID, ExpectedSigner, Pages, request_view, session_view

PAGE = f"/{REQUEST_ID}"
RETURN = "https://app.example/AfterSign"


def finish(pages: Pages) -> None:
    pages.requests.put(request_view(status=SignStatus.SUCCESS))


def test_a_get_keeps_its_parameters_and_lands_on_the_clean_address(pages: Pages, client: Client) -> None:
    pages.requests.put(request_view())
    response = client.get(f"{PAGE}?ReturnUrl={RETURN}&RelayState=abc")
    assert (response.status_code, response.headers["Location"]) == (303, PAGE)
    finish(pages)
    text = client.get(PAGE).text
    assert f'action="{RETURN}"' in text
    assert 'name="RelayState" value="abc"' in text
    assert f'name="RequestID" value="{REQUEST_ID}"' in text


def test_a_post_from_another_site_needs_neither_cookie_nor_token(pages: Pages, strict_client: Client) -> None:
    pages.requests.put(request_view())
    response = strict_client.post(PAGE, {"ReturnUrl": RETURN}, headers={"Origin": "https://app.example"})
    assert (response.status_code, response.headers["Location"]) == (303, PAGE)


def test_a_thousand_arrivals_without_a_cookie_fill_no_table(pages: Pages, client: Client) -> None:
    pages.requests.put(request_view())
    client.post(PAGE, {"ReturnUrl": RETURN})
    strangers = [Client(headers={"Accept-Language": "en"}) for _ in range(2 * visits.PLACES)]
    given = [one.post(PAGE, {"ReturnUrl": f"{RETURN}?n={n}"}).cookies for n, one in enumerate(strangers)]
    assert len({cookies["msign-visit"].value for cookies in given}) == len(strangers)
    assert {cookies["msign-visit"].value[0] for cookies in given} == {str(place) for place in range(visits.PLACES)}
    finish(pages)
    assert f"{RETURN}?n={2 * visits.PLACES - 1}" in strangers[-1].get(PAGE).text  # the newest has its place
    assert RETURN not in client.get(PAGE).text  # the first one's place was needed


@pytest.mark.parametrize("value", ["", "x", "8" + "a" * 32, "0" + "a" * 32, "0" + "a" * 31, "0" + "A" * 32])
def test_a_forged_visit_cookie_opens_no_visit(pages: Pages, client: Client, value: str) -> None:
    pages.requests.put(request_view())
    client.post(PAGE, {"ReturnUrl": RETURN})
    finish(pages)
    forger = Client()
    forger.cookies["msign-visit"] = value
    assert RETURN not in forger.get(PAGE).text


def test_the_visit_has_a_cookie_of_its_own_for_this_request_only(pages: Pages, client: Client) -> None:
    pages.requests.put(request_view())
    cookies = client.post(PAGE, {"ReturnUrl": RETURN}).cookies
    assert cookies["msign-visit"]["path"] == PAGE
    assert cookies["msign-visit"]["httponly"]
    assert "sessionid" not in cookies


@pytest.mark.parametrize("name", ["ReturnUrl", "returnUrl", "RETURNURL", "returnurl"])
def test_names_are_matched_in_any_case(pages: Pages, client: Client, name: str) -> None:
    pages.requests.put(request_view())
    client.get(PAGE, {name: RETURN})
    finish(pages)
    assert f'action="{RETURN}"' in client.get(PAGE).text


def test_a_form_value_wins_over_a_query_value(pages: Pages, client: Client) -> None:
    pages.requests.put(request_view())
    client.post(f"{PAGE}?ReturnUrl=https://query.example/", {"returnurl": RETURN, "RelayState": ""})
    finish(pages)
    text = client.get(PAGE).text
    assert f'action="{RETURN}"' in text
    assert "RelayState" not in text


def test_odd_form_1_a_second_question_mark(pages: Pages, client: Client) -> None:
    pages.requests.put(request_view())
    client.get(f"{PAGE}?ReturnUrl=https://app.example/AfterSign?id={REQUEST_ID}")
    finish(pages)
    assert f'action="https://app.example/AfterSign?id={REQUEST_ID}"' in client.get(PAGE).text


def test_odd_form_2_junk_belongs_to_the_last_value(pages: Pages, client: Client) -> None:
    pages.requests.put(request_view())
    client.get(f"{PAGE}?ReturnUrl={RETURN}&RelayState=x?redirectUrl=@a@b$c")
    finish(pages)
    assert 'value="x?redirectUrl=@a@b$c"' in client.get(PAGE).text


def test_odd_form_2_junk_in_the_language_means_romanian(pages: Pages, client: Client) -> None:
    pages.requests.put(request_view())
    client.get(f"{PAGE}?ReturnUrl={RETURN}&lang=ru?redirectUrl=@a")
    assert '<html lang="ro">' in client.get(PAGE).text


def test_odd_form_2_junk_in_the_instrument_shows_the_selection(pages: Pages, client: Client) -> None:
    pages.requests.put(request_view())
    client.get(f"{PAGE}?MSISDN=37360000000&Instrument=mobile?redirectUrl=@a")
    assert pages.requests.started == []
    assert "<details" in client.get(PAGE).text


def test_odd_form_3_empty_values_and_a_base64_relay_state(pages: Pages, client: Client) -> None:
    pages.requests.put(request_view())
    relay = "aHR0cHM6Ly9hcHA+ZXhhbXBsZQ=="
    client.post(PAGE, {"ReturnUrl": RETURN, "RelayState": relay, "MSISDN": "", "lang": ""})
    finish(pages)
    assert f'name="RelayState" value="{relay}"' in client.get(PAGE).text


@pytest.mark.parametrize(
    "spelling",
    ["718BA2C75490AAAEB20EE74E97A3FD82", "718ba2c7-5490-aaae-b20e-e74e97a3fd82", f"{REQUEST_ID}/"],
)
def test_odd_form_4_other_spellings_lead_to_the_one_address(pages: Pages, client: Client, spelling: str) -> None:
    pages.requests.put(request_view())
    response = client.get(f"/{spelling}")
    assert (response.status_code, response.headers["Location"]) == (303, PAGE)


def test_odd_form_4_a_test_number_is_left_for_the_person_to_enter(pages: Pages, client: Client) -> None:
    pages.requests.put(request_view())
    client.get(f"{PAGE}?instrument=mobile&msisdn=00000000")
    assert pages.requests.started == []
    assert 'id="mobile-msisdn"' in client.get(PAGE).text


def test_the_language_parameter_alone_forgets_nothing(pages: Pages, client: Client) -> None:
    pages.requests.put(request_view())
    client.get(f"{PAGE}?ReturnUrl={RETURN}")
    response = client.get(f"{PAGE}?lang=ru")
    assert response.headers["Location"] == PAGE
    finish(pages)
    text = client.get(PAGE).text
    assert '<html lang="ru">' in text
    assert f'action="{RETURN}"' in text


def test_without_a_return_address_the_result_stops_here(pages: Pages, client: Client) -> None:
    finish(pages)
    text = client.get(PAGE).text
    assert "You can close this page" in text
    assert "RequestID" not in text


def test_mobile_with_number_and_signer_skips_the_choice(pages: Pages, client: Client) -> None:
    pages.requests.put(request_view())
    client.post(PAGE, {"ReturnUrl": RETURN, "Instrument": "mobile", "MSISDN": "060 000 000", "lang": "ru"})
    [(request_id, choice)] = pages.requests.started
    assert (request_id, choice.instrument, choice.signer_id, choice.msisdn) == (
        REQUEST_ID, "mobile", IDNP, "37360000000"
    )  # fmt: skip
    assert choice.language == "ru"
    assert 'data-code="4821"' in client.get(PAGE).text


def test_an_instrument_that_asks_nothing_starts_at_once(pages: Pages, client: Client) -> None:
    pages.requests.put(request_view())
    client.get(f"{PAGE}?instrument=MoldSign")
    assert [choice.instrument for _, choice in pages.requests.started] == ["moldsign"]


def test_mobile_without_expected_signer_asks(pages: Pages, client: Client) -> None:
    pages.requests.put(request_view(expected_signer=ExpectedSigner()))
    client.get(f"{PAGE}?Instrument=mobile&MSISDN=060000000")
    assert pages.requests.started == []
    text = client.get(PAGE).text
    assert 'value="+373\u00a060\u00a0000\u00a0000"' in text
    assert 'id="mobile-signer_id"' in text


@pytest.mark.parametrize("instrument", ["tax", "securesign", "nobody"])
def test_an_unknown_or_disabled_instrument_is_ignored(pages: Pages, client: Client, instrument: str) -> None:
    pages.requests.put(request_view())
    client.get(f"{PAGE}?Instrument={instrument}&MSISDN=060000000")
    assert pages.requests.started == []
    assert client.get(PAGE).text.count('<details class="tile"') == 4


def test_a_prefetching_browser_starts_nothing(pages: Pages, client: Client) -> None:
    pages.requests.put(request_view())
    client.get(f"{PAGE}?Instrument=moldsign", headers={"Sec-Purpose": "prefetch;prerender"})
    assert pages.requests.started == []


def test_arriving_again_during_an_attempt_starts_no_second_one(pages: Pages, client: Client) -> None:
    pages.requests.put(request_view(session=session_view()))
    client.get(f"{PAGE}?Instrument=moldsign")
    assert pages.requests.started == []


@pytest.mark.parametrize("verb", ["get", "post"])
def test_unknown_and_expired_look_alike(pages: Pages, client: Client, verb: str) -> None:
    pages.requests.put(request_view(status=SignStatus.EXPIRED))
    unknown = getattr(client, verb)(f"/{OTHER_ID}")
    expired = client.get(PAGE)
    assert unknown.status_code == expired.status_code == 404
    assert unknown.text.replace(OTHER_ID, "") == expired.text.replace(REQUEST_ID, "")
    assert "eCerere" not in expired.text


def test_who_was_here_before_it_expired_is_told(pages: Pages, client: Client) -> None:
    pages.requests.put(request_view())
    client.get(f"{PAGE}?ReturnUrl={RETURN}")
    pages.requests.put(request_view(status=SignStatus.EXPIRED))
    assert "The time for signing has run out" in client.get(PAGE).text


@pytest.mark.parametrize("address", ["/xyz", "/718ba2c7", "/MSign.svc", f"/{REQUEST_ID}00"])
def test_what_is_no_id_is_not_found(pages: Pages, client: Client, address: str) -> None:
    assert client.get(address).status_code == 404


def test_an_oversized_relay_state_is_dropped() -> None:
    request = RequestFactory().post(PAGE, {"RelayState": "x" * (parameters.MAX_RELAY_STATE + 1)})
    assert parameters.read_entry(request).relay_state is None
