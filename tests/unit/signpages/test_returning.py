"""Which return addresses are followed, and how the browser goes back."""

from __future__ import annotations

import pytest

from msign.access.values import ConsumerSettings
from msign.faces.signpages.returning import Refusal, callback, check
from msign.faces.signpages.visits import Visit
from msign.kernel.words import Environment

TEST, PRODUCTION = Environment.TEST, Environment.PRODUCTION
ANY = ConsumerSettings()
LISTED = ConsumerSettings(return_url_hosts=("app.example", "*.gov.example"))


@pytest.mark.parametrize(
    ("url", "settings", "environment", "allowed", "refusal"),
    [
        ("https://app.example/x?a=1", ANY, PRODUCTION, True, None),
        ("http://app.example/", ANY, PRODUCTION, False, Refusal.NOT_HTTPS),
        ("http://app.example/", ANY, TEST, True, None),
        ("http://localhost:3000/", ANY, TEST, True, None),
        ("https://localhost/", ANY, PRODUCTION, False, Refusal.LOCAL),
        ("https://x.localhost/", ANY, PRODUCTION, False, Refusal.LOCAL),
        ("https://127.1/", ANY, PRODUCTION, False, Refusal.LOCAL),
        ("https://0x7f000001/", ANY, PRODUCTION, False, Refusal.LOCAL),
        ("https://[::ffff:127.0.0.1]/", ANY, PRODUCTION, False, Refusal.LOCAL),
        ("https://0.0.0.0/", ANY, PRODUCTION, False, Refusal.LOCAL),
        ("https://185.108.180.10/", ANY, PRODUCTION, True, None),
        ("https://app.example/", LISTED, PRODUCTION, True, None),
        ("https://APP.example./", LISTED, PRODUCTION, True, None),
        ("https://portal.gov.example/", LISTED, PRODUCTION, True, None),
        ("https://gov.example/", LISTED, PRODUCTION, False, Refusal.FOREIGN_HOST),
        ("https://evilgov.example/", LISTED, PRODUCTION, False, Refusal.FOREIGN_HOST),
        ("https://app.example.evil.example/", LISTED, PRODUCTION, False, Refusal.FOREIGN_HOST),
        ("https://other.example/", LISTED, TEST, True, Refusal.FOREIGN_HOST),
        ("javascript:alert(1)", ANY, TEST, False, Refusal.MALFORMED),
        ("//app.example/", ANY, TEST, False, Refusal.MALFORMED),
        ("/relative", ANY, TEST, False, Refusal.MALFORMED),
        ("https://app.example@evil.example/", LISTED, TEST, False, Refusal.MALFORMED),
        ("https://evil.example\\@app.example/", LISTED, TEST, False, Refusal.MALFORMED),
        ("https://app.exam\tple/", ANY, TEST, False, Refusal.MALFORMED),
        ("https://app.example:99999/", ANY, TEST, False, Refusal.MALFORMED),
        ("https://[::1/", ANY, TEST, False, Refusal.MALFORMED),
        ("https://app.example/" + "x" * 5000, ANY, TEST, False, Refusal.MALFORMED),
    ],
)
def test_each_address_and_its_reason(
    url: str, settings: ConsumerSettings, environment: Environment, allowed: bool, refusal: Refusal | None
) -> None:
    judged = check(url, settings, environment)
    assert judged is not None
    assert (judged.allowed, judged.refusal) == (allowed, refusal)


def test_no_address_is_not_a_bad_address() -> None:
    assert check("", ANY, PRODUCTION) is None


@pytest.mark.parametrize(
    ("agreed", "opened", "method"),
    [
        ("post", "get", "post"),
        ("get", "post", "get"),
        ("same-as-opened", "get", "get"),
        ("same-as-opened", "post", "post"),
    ],
)
def test_the_method_agreed_with_the_consumer(agreed: str, opened: str, method: str) -> None:
    visit = Visit(return_url="https://app.example/", method=opened)
    assert callback(visit, "7" * 32, ConsumerSettings(callback_method=agreed)).method == method


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://a.example/x", "https://a.example/x?RequestID=ab&RelayState=a%2Bb%3D%26%20c"),
        ("https://a.example/x?id=1", "https://a.example/x?id=1&RequestID=ab&RelayState=a%2Bb%3D%26%20c"),
        ("https://a.example/x?", "https://a.example/x?RequestID=ab&RelayState=a%2Bb%3D%26%20c"),
        ("https://a.example/#/done", "https://a.example/?RequestID=ab&RelayState=a%2Bb%3D%26%20c#/done"),
    ],
)
def test_get_adds_to_the_query_and_keeps_what_is_there(url: str, expected: str) -> None:
    visit = Visit(return_url=url, relay_state="a+b=& c")
    assert callback(visit, "ab", ConsumerSettings(callback_method="get")).url == expected


def test_relay_state_goes_back_only_if_it_came() -> None:
    assert callback(Visit(return_url="https://a.example/"), "ab", ANY).fields == (("RequestID", "ab"),)
    visit = Visit(return_url="https://a.example/", relay_state=" \u0219 <&> ")
    assert callback(visit, "ab", ANY).fields[1] == ("RelayState", " \u0219 <&> ")
