"""Every instrument with every way it can end, and every way a provider can cheat: all seen in a real browser."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.utils import translation

from msign.faces.signpages.words import failure_words
from msign.kernel.words import FailureReason, SignStatus
from msign.ops.person import DEFAULT_IDNP
from msign.sandbox.provider.orders import Hostile
from tests.support import crowd
from tests.support.crowd import Case, Crowd
from tests.support.installation import Installation

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("installation")]

LANGUAGES = ("ro", "ru", "en")
ACCEPT = {"action": "accept", "all": "1"}
OUTCOMES: dict[str, tuple[dict[str, str], FailureReason | None]] = {
    "accept": (ACCEPT, None),
    "refuse": ({"action": "refuse"}, FailureReason.CANCELLED),
    "wrong-pin": ({"action": "accept", "pin": "9999"}, FailureReason.WRONG_PIN),
    "locked": ({"action": "pin-locked"}, FailureReason.PIN_LOCKED),
    "wrong-code": ({"action": "wrong-code"}, FailureReason.WRONG_CODE),
    "time-out": ({"action": "time-out"}, FailureReason.TIMED_OUT),
    "off": ({"action": "phone-off"}, FailureReason.NO_ACTIVE_DEVICE),
    "sim-error": ({"action": "sim-error"}, FailureReason.SIM_ERROR),
}
HOSTILE = {
    Hostile.OTHER_DOCUMENT: FailureReason.WRONG_DOCUMENT,
    Hostile.OTHER_PERSON: FailureReason.SIGNER_MISMATCH,
    Hostile.OTHER_CERTIFICATE: FailureReason.SIGNER_MISMATCH,
    Hostile.NO_TIMESTAMP: FailureReason.NO_TIMESTAMP,
    Hostile.REVOKED_CERTIFICATE: FailureReason.CERTIFICATE_REVOKED,
    Hostile.UNTRUSTED_CERTIFICATE: FailureReason.UNTRUSTED,
    Hostile.BROKEN_SIGNATURE: FailureReason.WRONG_DOCUMENT,
    Hostile.CUT_ANSWER: FailureReason.INCOMPLETE_ANSWER,
    Hostile.MISSING_ITEM: FailureReason.INCOMPLETE_ANSWER,
    Hostile.EXTRA_ITEM: FailureReason.INCOMPLETE_ANSWER,
    Hostile.DUPLICATE_ITEM: FailureReason.INCOMPLETE_ANSWER,
    Hostile.NEVER_ANSWERS: FailureReason.TIMED_OUT,
    Hostile.ANSWERS_TWICE: None,
}
CASES = [
    *(
        Case(instrument, name, act, ends, LANGUAGES[(row + column) % 3])
        for row, instrument in enumerate(("mobile", "moldsign", "nationalid", "mobisign", "securesign", "tax"))
        for column, (name, (act, ends)) in enumerate(OUTCOMES.items())
    ),
    *(
        Case("mobisign", mode.value, {**ACCEPT, "hostile": mode.value}, ends, LANGUAGES[row % 3])
        for row, (mode, ends) in enumerate(HOSTILE.items())
    ),
]


@pytest.fixture(scope="module")
def people(tab: Any, installation: Installation, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Crowd]:
    """Everybody has chosen and acted; every waiting page was looked at on the way."""
    with crowd.gathered(installation, tmp_path_factory.mktemp("people")) as made:
        for case in CASES:
            begin(made, tab, case)
        yield made


def begin(people: Crowd, page: Any, case: Case) -> None:
    """Who will accept or refuse chooses on the page; the others arrive with the choice already made."""
    request_id = people.post(signer=DEFAULT_IDNP)
    address = f"{people.web}/{request_id}?lang={case.language}"
    if case.name in ("accept", "refuse"):
        page.goto(address, wait_until="domcontentloaded")
        crowd.choose(page, case.instrument)
        page.wait_for_selector(".confirm")
    else:
        page.goto(f"{address}&Instrument={case.instrument}&MSISDN=37360000000", wait_until="domcontentloaded")
        assert page.locator(".confirm").is_visible()
    assert page.get_attribute("html", "lang") == case.language
    people.play_later(case.id, request_id, case.act)
    if case.name == Hostile.NEVER_ANSWERS:
        people.played[case.id].result()
        people.overdue(request_id)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_the_page_tells_how_it_ended(people: Crowd, tab: Any, case: Case) -> None:
    request_id = people.requests[case.id]
    people.played[case.id].result()
    crowd.finished(tab, f"{people.web}/{request_id}?lang={case.language}")
    if case.ends is None:
        assert tab.locator(".confirmation h1").is_visible()
        return
    with translation.override(case.language):
        words = failure_words(case.ends, "")
    assert words.title in tab.inner_text(".refusal")
    assert words.advice in tab.inner_text(".refusal")


def test_every_way_of_cheating_is_tried() -> None:
    assert {*HOSTILE, Hostile.NONE} == set(Hostile)


def test_an_answer_that_comes_twice_is_one_signature(people: Crowd) -> None:
    request_id = people.requests["mobisign-answers-twice"]
    people.played["mobisign-answers-twice"].result()
    assert people.status(request_id) is SignStatus.SUCCESS
    sessions = "SELECT count(*) FROM signrequests_signingsession WHERE outcome = 'signed' AND request_id = ?"
    assert people.count(sessions, request_id) == 1
