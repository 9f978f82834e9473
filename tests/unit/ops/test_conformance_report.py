"""The report of a conformance run: complete in three languages, self-contained, and honest about failures."""

from __future__ import annotations

import dataclasses
import json
import re
from pathlib import Path

import pytest
from lxml import html as parser

from msign.kernel.clock import FixedClock
from msign.kernel.languages import Language
from msign.ops.conformance import scenarios, texts
from msign.ops.conformance.play import Journal, ReturnPage, UnexpectedError
from msign.ops.conformance.report import html
from msign.ops.conformance.values import Outcome, Result, Run, Step

STEPS = (Step("posted", True, 0.1, "3f0a"), Step("opened", True, 0.2))
RUN = Run(
    started=FixedClock().now(),
    seconds=3.4,
    api="https://localhost:1/MSign.svc",
    web="http://localhost:2",
    return_url="",
    certificate="CN=<b>TEST</b> (40)",
    outcomes=(
        Outcome("sign", "TC_FUNCT_01", "mobile", Result.PASSED, 1.2, "3f0a", STEPS),
        Outcome("late-return", "", "", Result.PASSED, 0.4, "3f0b", STEPS),
    ),
)
FAILED = Outcome("cancel", "TC_FUNCT_02", "", Result.FAILED, 0.4, "", (Step("error", False, 0.3, "HTTP 500 <script>"),))
SKIPPED = Outcome("verify", "TC_FUNCT_05", "", Result.SKIPPED, 0.0, "", ())


@pytest.mark.parametrize("language", list(Language))
def test_every_scenario_and_step_has_words(language: Language) -> None:
    for scenario in scenarios.ALL:
        assert all(texts.tell(words, language) for words in texts.SCENARIOS[scenario.code])
    source = Path(scenarios.__file__).read_text("utf-8")
    named = set(re.findall(r'check\(\s*"([a-z-]+)"', source)) | set(re.findall(r'\("(bad-[a-z]+)", \(', source))
    assert named
    assert named <= set(texts.STEPS)


@pytest.mark.parametrize("language", list(Language))
def test_the_page_is_self_contained_and_names_what_failed(language: Language) -> None:
    run = dataclasses.replace(RUN, outcomes=(*RUN.outcomes, FAILED, SKIPPED))
    text = html(run, language)
    page = parser.fromstring(text)
    assert page.get("lang") == language.value
    assert not page.xpath("//@src | //link/@href | //script | //img")
    assert "url(" not in text
    assert [one.get("open") is not None for one in page.xpath("//details")] == [False, True, False, False]
    assert "HTTP 500 <script>" in page.text_content()
    assert "CN=<b>TEST</b>" in page.text_content()
    assert texts.tell(texts.PAGE["some-failed"], language) in page.text_content()


def test_a_run_passes_only_if_something_passed_and_nothing_failed() -> None:
    assert RUN.passed
    assert not dataclasses.replace(RUN, outcomes=()).passed
    assert not dataclasses.replace(RUN, outcomes=(*RUN.outcomes, FAILED)).passed
    assert dataclasses.replace(RUN, outcomes=(*RUN.outcomes, SKIPPED)).passed
    plain = json.loads(json.dumps(dataclasses.replace(RUN, outcomes=(FAILED,)).plain()))
    assert plain["result"] == "failed"
    assert plain["outcomes"][0]["steps"][0]["detail"] == "HTTP 500 <script>"


def test_a_journal_ends_at_the_first_surprise() -> None:
    journal = Journal()
    journal.posted("3f0a")
    with pytest.raises(UnexpectedError):
        journal.check("opened", False, "gone")
    assert [(step.code, step.ok) for step in journal.steps] == [("posted", True), ("opened", False)]
    assert journal.request_id == "3f0a"


def test_the_stand_in_hears_callbacks_by_both_verbs() -> None:
    import httpx

    with ReturnPage() as ear, httpx.Client(trust_env=False) as client:
        client.post(ear.url, data={"RequestID": "a", "RelayState": "=+/ă"})
        client.get(ear.url, params={"RequestID": "b"})
    assert ear.heard == [{"RequestID": "a", "RelayState": "=+/ă"}, {"RequestID": "b"}]
