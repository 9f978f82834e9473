"""`msign provider check` against the sandbox provider, and against one with a fault in each point of the list."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import replace

import pytest

from msign.ops import provider_check
from msign.ops.acceptance import Finding, State, check
from tests.support.sandbox import RunningSandbox, running_sandbox

ION = "2000000000004"


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningSandbox]:
    with running_sandbox(tmp_path_factory.mktemp("sandbox")) as running:
        yield running


def _findings(sandbox: RunningSandbox, device: str, *, hostile: str = "", listen: bool = True) -> list[Finding]:
    settings = sandbox.settings(device, poll_seconds=0.1, answer_seconds=2.0)
    responder = f"127.0.0.1:{sandbox.places.port('tsp')}"

    def play(act: str, request_id: str) -> None:
        for _ in range(200):
            if sandbox.service.find(request_id):
                break
            threading.Event().wait(0.02)
        action = "refuse" if act == "refuse" else "accept"
        sandbox.play(request_id, action=action, pin="1234", all="1", hostile=hostile)

    url = "http://127.0.0.1:1/" if listen else ""
    with provider_check._candidate(
        settings, ION, sandbox.places.trust, (responder,), url, "127.0.0.1:0", 20.0
    ) as candidate:
        if candidate.ear:
            candidate = replace(candidate, callback_url=f"http://127.0.0.1:{candidate.ear.port}/callback")
        return list(check(replace(candidate, tell=play)))


def _failed(findings: list[Finding]) -> list[tuple[int, str]]:
    return [(finding.number, finding.detail) for finding in findings if finding.state is State.FAILED]


def test_the_sandbox_phone_passes(sandbox: RunningSandbox) -> None:
    findings = _findings(sandbox, "phone")
    assert _failed(findings) == []
    assert {finding.number for finding in findings if finding.state is State.PASSED} == {1, 2, 3, 4, 5, 6, 8}
    assert {finding.number for finding in findings if finding.state is State.BY_HAND} == {7, 9}


def test_the_card_takes_sha1_and_that_is_said(sandbox: RunningSandbox) -> None:
    failed = _failed(_findings(sandbox, "card"))
    assert len(failed) == 1
    assert failed[0][0] == 1


@pytest.mark.parametrize(
    ("hostile", "number", "detail"),
    [
        ("no-timestamp", 3, "no-timestamp"),
        ("other-person", 5, "signer-mismatch"),
        ("untrusted-certificate", 8, "untrusted"),
        ("revoked-certificate", 8, "certificate-revoked"),
        ("missing-item", 2, "incomplete-answer"),
        ("other-document", 2, "wrong-document"),
    ],
)
def test_each_fault_is_found_at_its_point(sandbox: RunningSandbox, hostile: str, number: int, detail: str) -> None:
    failed = _failed(_findings(sandbox, "app", hostile=hostile))
    assert failed
    assert {point for point, _ in failed} == {number}
    assert all(detail in words for _, words in failed)


def test_without_a_listener_the_callback_is_not_tried(sandbox: RunningSandbox) -> None:
    findings = _findings(sandbox, "app", listen=False)
    assert [finding.state for finding in findings if finding.number == 6] == [State.NOT_TRIED]
