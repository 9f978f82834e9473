"""What the one address shows in each state of a request."""

from __future__ import annotations

import datetime as dt
import json

import pytest
from django.test import Client
from django.utils import translation

from msign.access.values import ConsumerSettings
from msign.faces.signpages.words import SENTENCES, failure_words
from msign.kernel.words import ContentType, DelegatorType, Environment, FailureReason, SignStatus
from tests.support.pages import (
    IDNP,
    MOMENT,
    REQUEST_ID,
    ExpectedSigner,
    Pages,
    hash_content,
    pdf_content,
    request_view,
    session_view,
)

PAGE = f"/{REQUEST_ID}"
ONE_OF_EACH = [
    request_view(),
    request_view(content_type=ContentType.HASH, contents=(hash_content(), hash_content(1))),
    request_view(session=session_view()),
    request_view(session=session_view(verification_code="")),
    request_view(session=session_view(instrument="mobisign", device_url="https://app.example/x")),
    request_view(session=session_view(instrument="moldsign", cancelling=True)),
    request_view(status=SignStatus.SUCCESS),
    *(request_view(status=SignStatus.FAILURE, failure=reason, failure_text="Text") for reason in FailureReason),
    request_view(status=SignStatus.EXPIRED),
]


@pytest.mark.parametrize("language", ["ro", "ru", "en"])
def test_every_state_has_one_heading_a_title_and_its_language(pages: Pages, client: Client, language: str) -> None:
    for view in ONE_OF_EACH:
        pages.requests.put(view)
        client.get(f"{PAGE}?lang={language}")
        text = client.get(PAGE).text
        assert text.count("<h1") == 1
        assert f'<html lang="{language}">' in text
        assert '<a class="skip" href="#main">' in text
        assert " – MSign</title>" in text
        assert "style=" not in text
        assert " on" + "click" not in text


def test_who_asks_for_what_and_as_whom(pages: Pages, client: Client) -> None:
    signer = ExpectedSigner(IDNP, DelegatorType.ORGANIZATION, "1000000000007")
    pages.requests.put(request_view(expected_signer=signer))
    text = client.get(PAGE).text
    for words in ("eCerere", "Primăria Model", "certificatului de urbanism", "Confirm datele", "1000000000007"):
        assert words in text
    assert IDNP not in text
    assert "•••••••••0004" in text


def test_what_a_consumer_writes_is_escaped(pages: Pages, client: Client) -> None:
    evil = "<script>alert(1)</script>"
    pages.requests.put(request_view(description=evil, reason=evil, contents=(pdf_content(name=evil),)))
    assert "<script>alert" not in client.get(PAGE).text


def test_the_test_mark_follows_the_requests_environment(pages: Pages, client: Client) -> None:
    pages.requests.put(request_view())
    assert "watermark" in client.get(PAGE).text
    pages.requests.put(request_view(environment=Environment.PRODUCTION))
    assert "watermark" not in client.get(PAGE).text


def test_hashes_are_shown_in_groups_and_cannot_be_viewed(pages: Pages, client: Client) -> None:
    pages.requests.put(request_view(content_type=ContentType.HASH, contents=(hash_content(),)))
    text = client.get(PAGE).text
    assert "<span>0001</span><span>0203</span>" in text
    assert "/files/1" not in text


def test_the_code_is_text_and_can_be_heard_digit_by_digit(pages: Pages, client: Client) -> None:
    pages.requests.put(request_view(session=session_view()))
    text = client.get(PAGE).text
    assert '<span aria-hidden="true">4821</span>' in text
    assert "4, 8, 2, 1" in text


def test_waiting_works_without_a_script(pages: Pages, client: Client) -> None:
    pages.requests.put(request_view(session=session_view()))
    text = client.get(PAGE).text
    assert f'href="{PAGE}">Check now</a>' in text
    assert f'action="{PAGE}/cancel"' in text
    assert "About 4 minutes left" in text


def test_a_qr_code_has_its_address_as_text(pages: Pages, client: Client) -> None:
    address = "https://app.example/open/4711"
    pages.requests.put(request_view(session=session_view(instrument="mobisign", device_url=address)))
    assert client.get(PAGE).text.count(address) == 2
    image = client.get(f"{PAGE}/qr.svg")
    assert image.headers["Content-Type"] == "image/svg+xml"
    assert image.headers["Cache-Control"] == "no-store"
    assert b"<svg" in image.content


def test_there_is_no_qr_code_without_an_attempt(pages: Pages, client: Client) -> None:
    pages.requests.put(request_view())
    assert client.get(f"{PAGE}/qr.svg").status_code == 404


def test_the_status_is_small_and_changes_with_the_state(pages: Pages, client: Client) -> None:
    pages.requests.put(request_view(session=session_view()))
    waiting = json.loads(client.get(f"{PAGE}/status").content)
    assert waiting == {"version": waiting["version"], "code": "4821", "announce": "4 minutes left"}
    assert f'data-version="{waiting["version"]}"' in client.get(PAGE).text
    pages.clock.move(seconds=230)
    assert json.loads(client.get(f"{PAGE}/status").content)["announce"] == ""
    pages.requests.put(request_view(status=SignStatus.SUCCESS))
    assert json.loads(client.get(f"{PAGE}/status").content)["version"] != waiting["version"]


def test_success_returns_by_itself_and_failure_waits_for_the_person(pages: Pages, client: Client) -> None:
    pages.requests.put(request_view())
    client.get(f"{PAGE}?ReturnUrl=https://app.example/after")
    pages.requests.put(request_view(status=SignStatus.SUCCESS))
    assert "data-return" in client.get(PAGE).text
    pages.requests.put(request_view(status=SignStatus.FAILURE, failure=FailureReason.WRONG_PIN))
    text = client.get(PAGE).text
    assert "data-return" not in text
    assert "The PIN entered was wrong" in text
    assert "Return to the service" in text


def test_the_return_page_alone_may_post_to_the_consumer(pages: Pages, client: Client) -> None:
    pages.requests.put(request_view())
    client.get(f"{PAGE}?ReturnUrl=https://app.example:444/after")
    assert "form-action 'self';" in client.get(PAGE).headers["Content-Security-Policy"]
    pages.requests.put(request_view(status=SignStatus.SUCCESS))
    assert "form-action 'self' https://app.example:444;" in client.get(PAGE).headers["Content-Security-Policy"]


def test_a_get_callback_is_a_link(pages: Pages, client: Client) -> None:
    pages.settings = ConsumerSettings(callback_method="get")
    pages.requests.put(request_view())
    client.get(f"{PAGE}?ReturnUrl=https://app.example/after?x=1&RelayState=r")
    pages.requests.put(request_view(status=SignStatus.SUCCESS))
    expected = f"https://app.example/after?x=1&amp;RequestID={REQUEST_ID}&amp;RelayState=r"
    assert f'href="{expected}"' in client.get(PAGE).text


def test_a_refused_return_address_is_said_before_and_not_followed_after(pages: Pages, client: Client) -> None:
    pages.requests.put(request_view(environment=Environment.PRODUCTION))
    client.get(f"{PAGE}?ReturnUrl=http://app.example/")
    assert "You will not be returned automatically" in client.get(PAGE).text
    pages.requests.put(request_view(environment=Environment.PRODUCTION, status=SignStatus.SUCCESS))
    assert "http://app.example/" not in client.get(PAGE).text


def test_a_foreign_host_only_warns_outside_production(pages: Pages, client: Client) -> None:
    pages.settings = ConsumerSettings(return_url_hosts=("other.example",))
    pages.requests.put(request_view())
    client.get(f"{PAGE}?ReturnUrl=https://app.example/")
    assert "For the developers of the service" in client.get(PAGE).text


def test_no_suitable_instrument_is_explained(pages: Pages, client: Client) -> None:
    pages.settings = ConsumerSettings(instruments=("nothing",))
    pages.requests.put(request_view())
    assert "No instrument suits this request" in client.get(PAGE).text


def test_every_reason_has_a_sentence_and_an_advice_in_three_languages() -> None:
    assert SENTENCES.keys() == set(FailureReason)
    seen = set()
    for language in ("ro", "ru", "en"):
        with translation.override(language):
            for reason in FailureReason:
                words = failure_words(reason, "")
                assert words.title
                assert words.advice
                seen.add((reason, words.title))
    assert len(seen) == 3 * len(FailureReason)


def test_a_providers_own_words_are_shown() -> None:
    assert failure_words(FailureReason.PROVIDER_TEXT, "Contul este blocat").title == "Contul este blocat"


def test_the_deadline_is_never_negative(pages: Pages, client: Client) -> None:
    late = session_view(deadline=MOMENT - dt.timedelta(seconds=5))
    pages.requests.put(request_view(session=late))
    assert 'data-seconds="0"' in client.get(PAGE).text


def _batch(pages: Pages, **session: object) -> None:
    contents = (pdf_content(name="Anexa 1.pdf"), pdf_content(1, name=""), pdf_content(2))
    pages.requests.put(request_view(contents=contents, session=session_view(**session)))


@pytest.mark.parametrize(
    ("session", "sentence", "items"),
    [
        ({}, "3 documents to confirm", ["waiting", "waiting", "waiting"]),
        ({"confirmed": frozenset({0, 2})}, "Confirmed: 2 of 3 documents", ["confirmed", "waiting", "confirmed"]),
        ({"checked": 0}, "Checked: 0 of 3", ["confirmed", "confirmed", "confirmed"]),
        ({"checked": 2}, "Checked: 2 of 3", ["checked", "checked", "confirmed"]),
    ],
)
def test_progress_of_a_batch(
    pages: Pages, client: Client, session: dict[str, object], sentence: str, items: list[str]
) -> None:
    _batch(pages, **session)
    page, status = client.get(PAGE).text, client.get(f"{PAGE}/status").json()
    assert sentence in page
    assert sentence in status["batch"]["sentence"]
    assert status["batch"]["items"] == items
    assert page.count('<span class="tag ') == 3
    assert "Document 2" in page  # a document without a name is called by its number


def test_progress_alone_does_not_draw_the_page_anew(pages: Pages, client: Client) -> None:
    _batch(pages)
    before = client.get(f"{PAGE}/status").json()["version"]
    _batch(pages, confirmed=frozenset({1}))
    assert client.get(f"{PAGE}/status").json()["version"] == before


def test_a_single_document_needs_no_progress(pages: Pages, client: Client) -> None:
    pages.requests.put(request_view(session=session_view(checked=0)))
    assert "data-batch" not in client.get(PAGE).text
    assert "batch" not in client.get(f"{PAGE}/status").json()
