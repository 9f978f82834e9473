"""The question as the person sees it: all of it, in three languages, and nothing that a page could smuggle in."""

from __future__ import annotations

import dataclasses
import os
import sys
import threading

import pytest

from msign.agent.consent import Question, WindowConsent, lines
from msign.agent.terminal import TerminalConsent
from msign.agent.texts import TEXTS
from msign.kernel.languages import Language

QUESTION = Question(
    "https://msign.example",
    "eCerere · Primăria Model",
    "Cerere nr. 17",
    (("Contract.pdf", "sha256", "ab" * 32),),
    "Exemplu Ion",
    seconds=10,
)


@pytest.mark.parametrize("language", list(Language))
def test_who_asks_for_what_and_which_documents(language: Language) -> None:
    text = "\n".join(lines(QUESTION, language))
    for part in ("https://msign.example", "eCerere", "Cerere nr. 17", "Contract.pdf", "abab abab", "Exemplu Ion"):
        assert part in text


def test_what_a_page_wrote_cannot_move_the_cursor() -> None:
    evil = dataclasses.replace(QUESTION, service="\x1b[2J\x1b[Hok", documents=(("a\nb\u202etxt", "sha256", "00"),))
    text = "\n".join(lines(evil, Language.EN))
    assert "\x1b" not in text
    assert "\u202e" not in text
    assert "a·b·txt" in text


def test_many_documents_are_counted() -> None:
    many = dataclasses.replace(QUESTION, documents=tuple((f"d{n}", "sha256", "00") for n in range(50)))
    text = "\n".join(lines(many, Language.EN))
    assert ": 50" in text
    assert "and 40 more" in text


def test_the_last_try_is_said() -> None:
    asked = dataclasses.replace(QUESTION, problem="wrong-pin", final_try=True)
    assert "Last attempt" in "\n".join(lines(asked, Language.EN))


def test_every_text_has_three_languages() -> None:
    assert all(len(set(words)) > 1 and all(words) for words in TEXTS.values())


def _typed(answer: str | None, seconds: float = 10) -> tuple[object, str]:
    """Ask on a pseudo-terminal where somebody types ``answer`` once the question stands there."""
    master, slave = os.openpty()
    shown = bytearray()
    with os.fdopen(os.dup(slave), encoding="utf-8") as reading, os.fdopen(slave, "w", encoding="utf-8") as writing:
        consent = TerminalConsent(Language.EN, reading, writing)
        decided: list[object] = []
        asked = dataclasses.replace(QUESTION, seconds=seconds)
        thread = threading.Thread(target=lambda: decided.append(consent.ask(asked)), daemon=True)
        thread.start()
        while b"PIN of the device: " not in shown:
            shown += os.read(master, 4096)
        if answer is not None:
            os.write(master, answer.encode())
        thread.join(10)
    os.set_blocking(master, False)
    try:
        shown += os.read(master, 65536)
    except BlockingIOError:
        pass
    finally:
        os.close(master)
    return decided[0], shown.decode()


def test_a_pin_typed_in_the_terminal_is_not_shown() -> None:
    decision, shown = _typed("731964\n")
    assert (decision.approved, decision.pin) == (True, "731964")  # type: ignore[attr-defined]
    assert "731964" not in shown
    assert "Signing…" in shown


def test_an_empty_line_refuses() -> None:
    decision, shown = _typed("\n")
    assert not decision.approved  # type: ignore[attr-defined]
    assert "Nothing was signed" in shown


def test_nobody_at_the_terminal() -> None:
    decision, _shown = _typed(None, seconds=0.2)
    assert (decision.approved, decision.in_time) == (False, False)  # type: ignore[attr-defined]


def _window(program: str, seconds: float = 10) -> object:
    asked = dataclasses.replace(QUESTION, seconds=seconds)
    return WindowConsent(Language.RO, (sys.executable, "-c", program)).ask(asked)


def test_the_window_answers_with_a_pin_or_nothing() -> None:
    told = "import json,sys; q=json.load(sys.stdin); print(json.dumps({'pin': '12' if 'eCerere' in str(q) else ''}))"
    assert _window(told).pin == "12"  # type: ignore[attr-defined]
    for broken in ("pass", "print('{}')", "print('no')", "import sys; sys.exit(1)", "print('[]')"):
        assert not _window(broken).approved  # type: ignore[attr-defined]


def test_a_window_that_nobody_answers_is_closed() -> None:
    decision = _window("import threading; threading.Event().wait(20)", 0.3)
    assert (decision.approved, decision.in_time) == (False, False)  # type: ignore[attr-defined]
