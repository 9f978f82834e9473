"""The acceptance list of the official provider interface, run against a provider as the gateway would use it.

Findings are numbered as in the list (signature-providers 3): 1 transport and tokens, 2 and 3 signatures with
time-stamps, 4 ids, 5 signer, 6 callback, 7 contract, 8 recognised CA, 9 legal duties. What a program cannot know
(7, 9) is named as such and left to people.
"""

from __future__ import annotations

import enum
import hashlib
import secrets
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx

from msign.kernel.clock import monotonic
from msign.kernel.errors import MSignError
from msign.kernel.words import ContentType, FailureReason
from msign.ops.callback_ear import CallbackEar
from msign.providers.base import Answer, ItemToSign, Pending, Refused, Signed, SigningOrder
from msign.providers.remote.http import ProviderHttp
from msign.providers.remote.provider import RemoteProvider
from msign.providers.remote.settings import Mode, RemoteSettings, problems
from msign.signrequests.judge import Bad, Good, Judge, Terms
from msign.signrequests.values import ExpectedSigner

_CALLBACK_SECONDS = 10.0
_UNKNOWN = "0" * 32


class State(enum.StrEnum):
    """How one point of the list stands."""

    PASSED = "passed"
    FAILED = "failed"
    NOT_TRIED = "not tried"
    BY_HAND = "by hand"


@dataclass(frozen=True, slots=True)
class Finding:
    """One point of the list."""

    number: int
    title: str
    state: State
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Candidate:
    """What is checked, and with whose help. ``tell`` says to the person at the device what to do now."""

    settings: RemoteSettings
    provider: RemoteProvider
    http: ProviderHttp
    judge: Judge
    signer_id: str
    document: Path
    workspace: Path
    tell: Callable[[str, str], None]
    deadline_seconds: float
    ear: CallbackEar | None = None
    callback_url: str = ""


def check(candidate: Candidate) -> Iterator[Finding]:
    """Yield the findings as they come."""
    yield _configuration(candidate)
    yield _refuses_strangers(candidate)
    yield _knows_no_unknown_request(candidate)
    yield _refuses_sha1(candidate)
    yield _refuses_equal_ids(candidate)
    hashes = _order(candidate, *(_hash(text) for text in ("first", "second", "third")))
    yield from _signing(candidate, hashes, "three hashes (XAdES)")
    yield _callback(candidate, hashes)
    document = ItemToSign("1", ContentType.PDF, document=candidate.document, file_name="acceptance.pdf")
    yield from _signing(candidate, _order(candidate, document), "one PDF (PAdES)")
    yield _refusal(candidate)
    yield Finding(7, "type, level and status stand in the contract", State.BY_HAND)
    yield Finding(
        9, "legal duties are confirmed", State.BY_HAND, "identity proof, revocation, records, audit, security"
    )


def _configuration(candidate: Candidate) -> Finding:
    found = problems(candidate.settings)
    return _finding(1, "address, tokens and trust are set up", not found, "; ".join(found))


def _refuses_strangers(candidate: Candidate) -> Finding:
    """Without a token, and with a wrong one, nothing may be answered but 401 or 403."""
    answers = []
    for token in ("", "Bearer not-the-token-that-was-agreed"):
        headers = {"Authorization": token} if token else {}
        try:
            answers.append(candidate.http.bare("GET", f"/signatures/{_UNKNOWN}", headers))
        except MSignError as error:
            return Finding(1, "strangers are refused", State.FAILED, error.message)
    good = all(status in (httpx.codes.UNAUTHORIZED, httpx.codes.FORBIDDEN) for status in answers)
    return _finding(
        1, "strangers are refused", good, f"answered {answers[0]} without a token, {answers[1]} to a wrong one"
    )


def _knows_no_unknown_request(candidate: Candidate) -> Finding:
    title = "the status of an unknown request is 404"
    return _status(candidate, title, "GET", f"/signatures/{secrets.token_hex(16)}", None, {httpx.codes.NOT_FOUND})


def _refuses_sha1(candidate: Candidate) -> Finding:
    message = _message([{"id": "1", "contentType": "Hash", "hash": "A" * 27 + "="}])
    return _status(candidate, "a SHA-1 hash is refused", "POST", "/signatures", message, {400, 409, 415, 422})


def _refuses_equal_ids(candidate: Candidate) -> Finding:
    item = {"id": "1", "contentType": "Hash", "hash": "A" * 43 + "="}
    message = _message([item, item])
    return _status(candidate, "two items with one id are refused", "POST", "/signatures", message, {400, 409, 422})


def _message(items: list[dict[str, str]]) -> dict[str, object]:
    return {"requestId": secrets.token_hex(16), "description": "Acceptance: to be refused", "items": items}


def _status(candidate: Candidate, title: str, method: str, path: str, message: object, expected: set[int]) -> Finding:
    try:
        status, _ = candidate.http.send(method, path, candidate.workspace, message=message)
    except MSignError as error:
        waits = "Timeout" in error.message  # a synchronous provider that takes the order keeps the call open
        told = "not refused: the call stayed open, as if the person were being asked" if waits else error.message
        return Finding(1, title, State.FAILED, told)
    return _finding(1, title, status in expected, f"answered {status}")


def _hash(text: str) -> ItemToSign:
    return ItemToSign(text, ContentType.HASH, digest=hashlib.sha256(text.encode()).digest(), file_name=f"{text}.txt")


def _order(candidate: Candidate, *items: ItemToSign, description: str = "Acceptance: please sign") -> SigningOrder:
    callback = candidate.callback_url if candidate.settings.mode is Mode.ASYNCHRONOUS else ""
    return SigningOrder(
        secrets.token_hex(16), items, description, signer_id=candidate.signer_id, callback_url=callback or None
    )


def _signing(candidate: Candidate, order: SigningOrder, what: str) -> Iterator[Finding]:
    answer = _played(candidate, order, f"sign {what}")
    if not isinstance(answer, Signed):
        yield Finding(2, f"{what}: signed", State.FAILED, _words(answer))
        return
    yield Finding(4, f"{what}: every id echoed once, with the signer's certificate", State.PASSED)
    terms = Terms(items=order.items, signer_id=candidate.signer_id, expected=ExpectedSigner(id=candidate.signer_id))
    verdict = candidate.judge.judge(answer, terms)
    if isinstance(verdict, Good):
        yield Finding(2, f"{what}: intact, for what was posted", State.PASSED)
        yield Finding(3, f"{what}: time-stamped", State.PASSED)
        yield Finding(5, f"{what}: signed by the person asked for", State.PASSED)
        yield Finding(8, f"{what}: the CA is recognised and the certificate not revoked", State.PASSED)
    else:
        number, words = _failed_point(verdict)
        yield Finding(number, f"{what}: passes the validation of MSign", State.FAILED, words)
    again = _played(candidate, order, "")
    yield _finding(4, f"{what}: the same requestId may be repeated", isinstance(again, Signed), _words(again))


def _failed_point(verdict: object) -> tuple[int, str]:
    if not isinstance(verdict, Bad):
        return 8, "revocation could not be asked"
    number = {
        FailureReason.NO_TIMESTAMP: 3,
        FailureReason.SIGNER_MISMATCH: 5,
        FailureReason.UNTRUSTED: 8,
        FailureReason.CERTIFICATE_REVOKED: 8,
        FailureReason.CERTIFICATE_EXPIRED: 8,
        FailureReason.REVOCATION_UNKNOWN: 8,
    }.get(verdict.reason, 2)
    checks = f" ({', '.join(verdict.checks)})" if verdict.checks else ""
    return number, f"item {verdict.item or 'unknown'}: {verdict.reason.value}{checks}"


def _callback(candidate: Candidate, order: SigningOrder) -> Finding:
    title = "the callback wakes, with its own token and the id only"
    if candidate.settings.mode is not Mode.ASYNCHRONOUS:
        return Finding(6, title, State.NOT_TRIED, "a synchronous provider calls nobody back")
    if candidate.ear is None:
        return Finding(6, title, State.NOT_TRIED, "give --callback-url and --callback-listen")
    heard = candidate.ear.wait_for(order.request_id, _CALLBACK_SECONDS)
    if heard is None:
        return Finding(6, title, State.FAILED, f"nothing came within {_CALLBACK_SECONDS:.0f} s after the result")
    return _finding(6, title, not heard.problems, "; ".join(heard.problems))


def _refusal(candidate: Candidate) -> Finding:
    title = "a refusal on the device is a Failure with its documented reason"
    answer = _played(candidate, _order(candidate, _hash("refused"), description="Acceptance: please refuse"), "refuse")
    good = isinstance(answer, Refused) and answer.reason is FailureReason.CANCELLED
    return _finding(5, title, good, _words(answer))


def _played(candidate: Candidate, order: SigningOrder, act: str) -> Answer | MSignError:
    """Hand an order over and follow it until it ends or the patience does."""
    folder = candidate.workspace / secrets.token_hex(4)
    folder.mkdir()
    try:
        answer = candidate.provider.start(order, folder)
        if act:
            candidate.tell(act, order.request_id)
        deadline, pause = monotonic() + candidate.deadline_seconds, threading.Event()
        while isinstance(answer, Pending) and monotonic() < deadline:
            pause.wait(min(answer.retry_after, 3.0))
            answer = candidate.provider.poll(order, answer.state, folder)
    except MSignError as error:
        return error
    return answer


def _words(answer: Answer | MSignError) -> str:
    match answer:
        case Signed():
            return "signed"
        case Refused(reason, text):
            return f"{reason.value} {text}".strip()
        case Pending():
            return "still pending when the patience ended"
        case MSignError():
            return answer.message


def _finding(number: int, title: str, good: bool, detail: str) -> Finding:
    return Finding(number, title, State.PASSED if good else State.FAILED, "" if good else detail)
