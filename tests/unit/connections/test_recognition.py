"""The six published test cases, each passed, failed, not seen and in doubt."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import pytest

from msign.connections.conformance.recognition import recognise
from msign.connections.conformance.values import Finding, Instrument, Refused, Result, Signing, Story, Verified
from msign.kernel.clock import FixedClock
from tests.support.desk import whole_story

NOW = FixedClock().now()
HOUR = dt.timedelta(hours=1)
MOBILE, CARD = Instrument("mobile"), Instrument("nationalid")
SIGNED = whole_story(NOW).signings[1]
CANCELLED = whole_story(NOW).signings[0]


def found(number: int, story: Story, *instruments: Instrument, now: dt.datetime = NOW) -> Finding:
    finding = recognise(story, instruments or (MOBILE,), now)[number - 1]
    assert finding.code == f"TC_FUNCT_0{number}"
    return finding


def result(number: int, story: Story, *instruments: Instrument, now: dt.datetime = NOW) -> Result:
    return found(number, story, *instruments, now=now).result


def test_a_whole_story_passes_everything() -> None:
    assert {one.result for one in recognise(whole_story(NOW), (MOBILE,), NOW)} == {Result.PASSED}


def test_nothing_is_not_seen_and_never_passed() -> None:
    assert {one.result for one in recognise(Story(), (MOBILE,), NOW)} == {Result.NOT_SEEN}
    assert not any(one.evidence for one in recognise(Story(), (), NOW))


def test_one_signature_for_every_instrument() -> None:
    story = Story(signings=(SIGNED,))
    partly = found(1, story, MOBILE, CARD)
    assert (partly.result, str(partly.why)) == (Result.NOT_SEEN, "1 of 2 instruments are done.")
    other = replace(SIGNED, request_id="r9", attempts=((NOW, "nationalid"),))
    assert result(1, Story(signings=(SIGNED, other)), MOBILE, CARD) is Result.PASSED


def test_a_signature_that_is_never_fetched_fails_after_an_hour() -> None:
    story = Story(signings=(replace(SIGNED, told=None),))
    assert result(1, story) is Result.NOT_SEEN
    assert result(1, story, now=NOW + 2 * HOUR) is Result.FAILED


def test_a_late_return_is_told_in_the_evidence() -> None:
    story = Story(signings=(replace(SIGNED, told=NOW + 26 * HOUR + dt.timedelta(seconds=5)),))
    assert "26:00:05 later" in str(found(1, story).evidence[0].what)


def test_cancelling_counts_once_the_system_has_asked() -> None:
    unasked = Story(signings=(replace(CANCELLED, told=None),))
    assert result(2, unasked) is Result.NOT_SEEN
    assert result(2, unasked, now=NOW + 2 * HOUR) is Result.FAILED
    assert result(2, Story(signings=(replace(CANCELLED, reason="timeout"),))) is Result.NOT_SEEN


@pytest.mark.parametrize(
    "signings",
    [
        pytest.param((replace(SIGNED, opened=(NOW, NOW), openings=2),), id="the same page opened again"),
        pytest.param((replace(SIGNED, attempts=((NOW, "mobile"), (NOW, "mobile"))),), id="a second attempt"),
        pytest.param((CANCELLED, SIGNED), id="the same document posted again"),
    ],
)
def test_the_sign_page_is_shown_again(signings: tuple[Signing, ...]) -> None:
    assert result(3, Story(signings=signings)) is Result.PASSED


@pytest.mark.parametrize(
    "signings",
    [
        pytest.param((SIGNED, CANCELLED), id="signed before"),
        pytest.param((CANCELLED, replace(SIGNED, documents=frozenset({"d7"}))), id="another document"),
        pytest.param((CANCELLED, replace(SIGNED, attempts=())), id="nobody used the second page"),
        pytest.param((replace(CANCELLED, attempts=(), ended=None), SIGNED), id="the first was never visited"),
    ],
)
def test_what_is_no_second_try(signings: tuple[Signing, ...]) -> None:
    later = tuple(replace(one, posted=NOW + n * HOUR) for n, one in enumerate(signings))
    assert result(3, Story(signings=later)) is Result.NOT_SEEN


def test_a_wrong_signer_is_refused() -> None:
    def refused(member: str, operation: str = "PostSignRequest", outcome: str = "InvalidParameter") -> Story:
        return Story(refused=(Refused(NOW, operation, outcome, member),))

    assert result(4, refused("ExpectedSigner.ID")) is Result.PASSED
    assert result(4, refused("Contents[0].Name")) is Result.REVIEW
    assert result(4, refused("ExpectedSigner.ID", outcome="RequestNotFound")) is Result.NOT_SEEN
    assert result(4, refused("requestID", "GetSignResponse")) is Result.NOT_SEEN


def test_a_wrong_telephone_number_at_the_sign_page_fails_until_it_is_mended() -> None:
    careless = replace(SIGNED, bad_number=True, posted=NOW + HOUR)
    refused = Refused(NOW, "PostSignRequest", "InvalidParameter", "ExpectedSigner.ID")
    assert result(4, Story(signings=(careless,), refused=(refused,))) is Result.FAILED
    mended = replace(refused, at=NOW + 2 * HOUR)
    assert result(4, Story(signings=(careless,), refused=(mended,))) is Result.PASSED


def test_verified_valid_must_be_an_own_signature() -> None:
    own, foreign = Verified(NOW, "s2", True, 1), Verified(NOW, "zz", True, 1)
    assert result(5, Story(signings=(SIGNED,), verified=(own,))) is Result.PASSED
    assert found(5, Story(signings=(SIGNED,), verified=(own,))).evidence[0].request_id == "r2"
    assert result(5, Story(signings=(SIGNED,), verified=(foreign,))) is Result.REVIEW
    assert result(5, Story(signings=(SIGNED,), verified=(replace(own, valid=False),))) is Result.NOT_SEEN


def test_verified_invalid_must_hold_a_signature() -> None:
    assert result(6, Story(verified=(Verified(NOW, "zz", False, 1),))) is Result.PASSED
    assert result(6, Story(verified=(Verified(NOW, "zz", False, 0),))) is Result.REVIEW
    assert result(6, Story(signings=(SIGNED,), verified=(Verified(NOW, "s2", False, 0),))) is Result.PASSED
    assert result(6, Story(verified=(Verified(NOW, "zz", True, 1),))) is Result.NOT_SEEN
