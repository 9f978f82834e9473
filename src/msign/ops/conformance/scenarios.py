"""The scenarios: the six published test cases and what lies beyond them. Each ends at its first surprise."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from msign.client.answers import Fetched, Verified
from msign.client.outgoing import Outgoing, ToVerify
from msign.kernel.errors import Code, MSignError
from msign.kernel.words import ContentType, SignStatus
from msign.ops import person
from msign.ops.bench_stage import write_pdf
from msign.ops.conformance.play import Journal, Play, UnexpectedError, offered
from msign.ops.conformance.values import Outcome, Result
from msign.ops.forms import Page, Visitor
from msign.ops.person import Act, Part
from msign.signrequests.values import ExpectedSigner

Action = Callable[[Play, Journal, str], None]
_NOBODY = "1234567890123"  # thirteen digits that no person has: their check digit is wrong
_PDF_BYTES = 4_000


@dataclass(frozen=True, slots=True)
class Scenario:
    """One scenario. ``each``: once with every instrument; ``needs``: only where an earlier one left a signed file."""

    code: str
    test_case: str
    act: Action
    each: bool = False
    needs: str = ""


def run(play: Play, scenario: Scenario) -> Iterator[Outcome]:
    """Run a scenario, once or with every instrument."""
    for instrument in play.instruments if scenario.each else ("",):
        journal = Journal()
        if scenario.needs and scenario.needs not in play.kept:
            yield _outcome(scenario, instrument, journal, Result.SKIPPED)
            continue
        yield _outcome(scenario, instrument, journal, _result(play, scenario, journal, instrument))


def _result(play: Play, scenario: Scenario, journal: Journal, instrument: str) -> Result:
    try:
        scenario.act(play, journal, instrument or play.instruments[0])
    except UnexpectedError:
        return Result.FAILED
    except MSignError as error:
        try:
            journal.check("error", False, str(error))
        except UnexpectedError:
            return Result.FAILED
    return Result.PASSED


def _outcome(scenario: Scenario, instrument: str, journal: Journal, result: Result) -> Outcome:
    return Outcome(
        scenario.code,
        scenario.test_case,
        instrument,
        result,
        journal.seconds,
        journal.request_id,
        tuple(journal.steps),
    )


def instruments_of(play: Play) -> tuple[str, ...]:
    """Return what the sign page offers for a PDF; the request that shows it is cancelled again."""
    request_id = _post(play, Journal())
    with play.visit() as visitor:
        page = play.open(visitor, request_id)
        found = offered(page)
        for form in page.forms():
            if (form.action or "").endswith("/cancel"):
                visitor.submit(page, form, {})
                break
    return found


# -- the six published cases ------------------------------------------------------------------------------------------


def sign(play: Play, journal: Journal, instrument: str) -> None:
    """Post, sign with the instrument, come back, fetch."""
    request_id = _post(play, journal)
    with play.visit() as visitor:
        page = _act(play, journal, visitor, request_id, Part(play.signer, instrument=instrument))
        journal.check("page-signed", page.select("confirmation"), page.words("refusal"))
        play.come_back(visitor, page, request_id)
        journal.check("returned", True)
    fetched = _fetch(play, journal, request_id, SignStatus.SUCCESS)
    journal.check("certificate", all(one.certificate for one in fetched.results))
    journal.check("correlation", [one.correlation_id for one in fetched.results] == ["conformance"])
    signature = fetched.results[0].signature
    assert signature is not None
    play.kept["signed"] = signature


def cancel(play: Play, journal: Journal, instrument: str) -> None:
    """The person refuses on the device: the page says why, the way back works, the API says Failure."""
    request_id = _post(play, journal)
    with play.visit() as visitor:
        page = _act(play, journal, visitor, request_id, Part(play.signer, instrument=instrument, act=Act.REFUSE))
        journal.check("page-not-signed", page.words("refusal"), page.words("refusal"))
        play.come_back(visitor, page, request_id)
        journal.check("returned", True)
    _failed(play, journal, request_id)


def resend(play: Play, journal: Journal, instrument: str) -> None:
    """Go back and press Sign again: the sign page is shown again, and signing works."""
    request_id = _post(play, journal)
    with play.visit() as visitor:
        journal.check("opened", offered(play.open(visitor, request_id)))
        journal.check("opened-again", offered(play.open(visitor, request_id)))
        page = _act(play, journal, visitor, request_id, Part(play.signer, instrument=instrument))
        journal.check("page-signed", page.select("confirmation"), page.words("refusal"))
    _fetch(play, journal, request_id, SignStatus.SUCCESS)


def bad_input(play: Play, journal: Journal, _instrument: str) -> None:
    """Every wrong member is refused at once, by name; nothing is redirected."""
    good = Outgoing(b"\x01" * 32, correlation_id="a")
    wrong: tuple[tuple[str, tuple[Outgoing, ...], str, ExpectedSigner | None], ...] = (
        ("bad-signer", (good,), "x", ExpectedSigner(id="12AB")),
        ("bad-signer", (good,), "x", ExpectedSigner(id=_NOBODY[:12])),
        ("bad-hash", (Outgoing(b"\x01" * 31),), "x", None),
        ("bad-twins", (good, good), "x", None),
        ("bad-empty", (), "x", None),
        ("bad-text", (good,), "", None),
    )
    for code, contents, text, signer in wrong:
        journal.check(code, *_refusal(play, contents, text, signer))


def verify(play: Play, journal: Journal, _instrument: str) -> None:
    """What was signed is clearly valid, and the answer names the signer."""
    (verdict,) = _verify(play, play.kept["signed"])
    journal.check("verified-valid", verdict.valid, verdict.message)
    journal.check("names-signer", any(play.signer in one.subject for one in verdict.certificates))


def verify_tampered(play: Play, journal: Journal, _instrument: str) -> None:
    """One changed byte, and what is no signature at all: clearly not valid, never a fault."""
    original = bytearray(play.kept["signed"].read_bytes())
    at = original.index(b"stream") + 20
    original[at] ^= 1
    altered = play.folder / f"{secrets.token_hex(4)}.pdf"
    altered.write_bytes(original)
    (verdict,) = _verify(play, altered)
    journal.check("verified-invalid", not verdict.valid, verdict.message)
    bare = _document(play)
    (verdict,) = _verify(play, bare)
    journal.check("unsigned-invalid", not verdict.valid, verdict.message)


# -- beyond them ------------------------------------------------------------------------------------------------------


def wrong_signer(play: Play, journal: Journal, instrument: str) -> None:
    """Somebody else signs than the one expected: nothing is released, and the API says Failure."""
    request_id = _post(play, journal)
    with play.visit() as visitor:
        page = person.choose(visitor, play.open(visitor, request_id), Part(play.signer, instrument=instrument))
        journal.check("chosen", page.root is not None, instrument)
        person.act_on_device(play.stage.devices_url, request_id, Part(play.signer, hostile="other-person"))
        page = person.wait_for_result(visitor, f"{play.stage.web_url}/{request_id}")
        journal.check("page-not-signed", page.words("refusal"), page.words("refusal"))
    _failed(play, journal, request_id)


def double_callback(play: Play, journal: Journal, instrument: str) -> None:
    """The browser comes back twice, and the result is fetched twice: the same both times."""
    request_id = _post(play, journal)
    with play.visit() as visitor:
        page = _act(play, journal, visitor, request_id, Part(play.signer, instrument=instrument))
        for code in ("returned", "returned-again"):
            play.come_back(visitor, page, request_id)
            journal.check(code, True)
    first = _fetch(play, journal, request_id, SignStatus.SUCCESS)
    second = _fetch(play, journal, request_id, SignStatus.SUCCESS)
    journal.check("same-answer", _bytes_of(first) == _bytes_of(second))


def late_return(play: Play, journal: Journal, instrument: str) -> None:
    """The person signs and closes the browser; later another browser opens the same address and comes back."""
    request_id = _post(play, journal)
    with play.visit() as visitor:
        page = _act(play, journal, visitor, request_id, Part(play.signer, instrument=instrument))
        journal.check("page-signed", page.select("confirmation"), page.words("refusal"))
    fetched = _fetch(play, journal, request_id, SignStatus.SUCCESS)
    with play.visit() as visitor:
        page = play.open(visitor, request_id)
        journal.check("opened-late", page.select("confirmation"), page.words("page-title"))
        play.come_back(visitor, page, request_id)
        journal.check("returned-late", True)
    journal.check("same-answer", _bytes_of(fetched) == _bytes_of(_fetch(play, journal, request_id, SignStatus.SUCCESS)))


def unknown_request(play: Play, journal: Journal, _instrument: str) -> None:
    """A request that does not exist is a fault, and its page redirects nowhere."""
    nothing = secrets.token_hex(16)
    try:
        play.client.get_response(nothing, lambda _n: play.folder / "none")
        journal.check("unknown-refused", False)
    except MSignError as error:
        journal.check("unknown-refused", error.code is Code.REQUEST_NOT_FOUND, error.message)
    with play.visit() as visitor:
        page = play.open(visitor, nothing)
        journal.check("page-unknown", page.url.startswith(play.stage.web_url) and not offered(page))


ALL: tuple[Scenario, ...] = (
    Scenario("sign", "TC_FUNCT_01", sign, each=True),
    Scenario("cancel", "TC_FUNCT_02", cancel),
    Scenario("resend", "TC_FUNCT_03", resend),
    Scenario("bad-input", "TC_FUNCT_04", bad_input),
    Scenario("verify", "TC_FUNCT_05", verify, needs="signed"),
    Scenario("verify-tampered", "TC_FUNCT_06", verify_tampered, needs="signed"),
    Scenario("wrong-signer", "", wrong_signer),
    Scenario("double-callback", "", double_callback),
    Scenario("late-return", "", late_return),
    Scenario("unknown-request", "", unknown_request),
)


# -- what they share --------------------------------------------------------------------------------------------------


def _document(play: Play) -> Path:
    path = play.folder / f"{secrets.token_hex(4)}.pdf"
    write_pdf(path, _PDF_BYTES)
    return path


def _post(play: Play, journal: Journal) -> str:
    content = Outgoing(_document(play), correlation_id="conformance", name="conformance.pdf")
    return journal.posted(
        play.client.post(
            [content],
            content_type=ContentType.PDF,
            short_description="msign conformance",
            expected_signer=ExpectedSigner(id=play.signer),
        )
    )


def _act(play: Play, journal: Journal, visitor: Visitor, request_id: str, part: Part) -> Page:
    """Open the page, choose, act on the device, and return the page that shows the result."""
    page = play.open(visitor, request_id)
    journal.check("opened", offered(page), page.words("page-title"))
    person.choose(visitor, page, part)
    journal.check("chosen", True, part.instrument)
    person.act_on_device(play.stage.devices_url, request_id, part)
    journal.check("confirmed" if part.act is Act.ACCEPT else "refused", True)
    return person.wait_for_result(visitor, f"{play.stage.web_url}/{request_id}")


def _fetch(play: Play, journal: Journal, request_id: str, wanted: SignStatus) -> Fetched:
    mark = secrets.token_hex(4)
    fetched = play.client.get_response(request_id, lambda n: play.folder / f"{mark}-{n}.signed", language=play.language)
    journal.check("fetched", fetched.status is wanted, f"{fetched.status} {fetched.message or ''}".strip())
    return fetched


def _failed(play: Play, journal: Journal, request_id: str) -> None:
    fetched = _fetch(play, journal, request_id, SignStatus.FAILURE)
    journal.check("says-why", fetched.message, fetched.message or "")
    journal.check("one-result-each", len(fetched.results) == 1 and fetched.results[0].signature is None)


def _refusal(play: Play, contents: tuple[Outgoing, ...], text: str, signer: ExpectedSigner | None) -> tuple[bool, str]:
    try:
        request_id = play.client.post(
            contents, content_type=ContentType.HASH, short_description=text, expected_signer=signer
        )
    except MSignError as error:
        return error.code is Code.INVALID_PARAMETER, error.message
    return False, f"accepted as {request_id}"


def _verify(play: Play, signature: Path) -> tuple[Verified, ...]:
    return play.client.verify([ToVerify(signature)], content_type=ContentType.PDF, language=play.language)


def _bytes_of(fetched: Fetched) -> list[bytes]:
    return [one.signature.read_bytes() for one in fetched.results if one.signature is not None]
