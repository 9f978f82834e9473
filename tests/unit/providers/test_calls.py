"""Open calls: one for each key, a bounded number, and nobody waits for a slow one."""

from __future__ import annotations

import threading

import pytest

from msign.kernel.errors import Code, MSignError
from msign.providers.calls import OpenCalls


class Slow:
    """Work that ends when the test says so, and counts how often it was begun."""

    def __init__(self, value: str = "answer", error: Exception | None = None) -> None:
        self.begun = 0
        self.go = threading.Event()
        self._value, self._error = value, error

    def __call__(self) -> str:
        self.begun += 1
        self.go.wait(5)
        if self._error:
            raise self._error
        return self._value


def _eventually(calls: OpenCalls[str], key: str, work: Slow) -> str | None:
    for _ in range(500):
        answer = calls.run(key, work, patience=1.0)
        if answer is not None:
            return answer
        threading.Event().wait(0.01)
    return None


def test_quick_work_is_answered_at_once() -> None:
    work = Slow()
    work.go.set()
    assert OpenCalls[str](limit=1).run("a", work, patience=5.0) == "answer"


def test_slow_work_is_joined_and_not_begun_again() -> None:
    calls, work = OpenCalls[str](limit=1), Slow()
    assert calls.run("a", work, patience=0.01) is None
    assert calls.run("a", work, patience=5.0) is None  # no waiting for what is under way
    work.go.set()
    assert _eventually(calls, "a", work) == "answer"
    assert work.begun == 1


def test_what_does_not_fit_is_not_begun_and_later_it_is() -> None:
    calls, first, second = OpenCalls[str](limit=1), Slow(), Slow("second")
    second.go.set()
    assert calls.run("a", first, patience=0.01) is None
    assert calls.run("b", second, patience=5.0) is None
    assert second.begun == 0
    first.go.set()
    assert _eventually(calls, "b", second) == "second"


def test_an_error_comes_out_where_the_answer_would() -> None:
    work = Slow(error=MSignError(Code.UNAVAILABLE, "down", retry=True))
    work.go.set()
    with pytest.raises(MSignError, match="down"):
        OpenCalls[str](limit=1).run("a", work, patience=5.0)


def test_a_workspace_that_is_gone_may_be_tried_again() -> None:
    work = Slow(error=FileNotFoundError(2, "No such file or directory"))
    work.go.set()
    with pytest.raises(MSignError) as caught:
        OpenCalls[str](limit=1).run("a", work, patience=5.0)
    assert caught.value.retry


def test_a_forgotten_call_answers_nobody() -> None:
    calls, old, new = OpenCalls[str](limit=2), Slow("old"), Slow("new")
    assert calls.run("a", old, patience=0.01) is None
    calls.forget("a")
    new.go.set()
    assert calls.run("a", new, patience=5.0) == "new"
    old.go.set()
