"""Asking the person: who asks, what will be signed, and the PIN. In a window or in the terminal, never in the page."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

from msign.agent.texts import text
from msign.kernel.languages import Language

SHOWN = 10  # documents named one by one; the others are counted
_STRANGE = {*range(0x20), *range(0x7F, 0xA0), 0x2028, 0x2029, *range(0x202A, 0x202F)}
_STRANGE |= {*range(0x2066, 0x206A), 0x200E, 0x200F, 0x061C}


@dataclass(frozen=True, slots=True)
class Question:
    """What is put before the person. ``documents``: name, kind of digest, digest in hexadecimal."""

    origin: str
    service: str
    description: str
    documents: tuple[tuple[str, str, str], ...]
    certificate: str
    problem: str = ""  # "wrong-pin": the last PIN was wrong
    final_try: bool = False
    seconds: float = 120.0


@dataclass(frozen=True, slots=True)
class Decision:
    """``approved`` with a PIN, or not; ``in_time`` is false when nobody answered. The PIN is not shown by ``repr``."""

    approved: bool
    pin: str = field(default="", repr=False)
    in_time: bool = True


class Consent(Protocol):
    """A way to ask."""

    def ask(self, question: Question) -> Decision:
        """Ask and wait, no longer than ``question.seconds``."""
        ...


def facts(question: Question, language: Language) -> list[tuple[str, str]]:
    """Return who asks, for what and with which certificate: names and values."""
    told = [
        ("site", question.origin),
        ("says", plain(question.service)),
        ("for_what", plain(question.description)),
        ("certificate", plain(question.certificate)),
    ]
    return [(text(name, language), value) for name, value in told if value]


def documents(question: Question, language: Language) -> tuple[list[tuple[str, str]], str]:
    """Return the first documents, name and digest, and a sentence that counts the others."""
    shown = question.documents[:SHOWN]
    rows = [
        (plain(name) or text("unnamed", language), f"{plain(kind)} {in_fours(digest)}".strip())
        for name, kind, digest in shown
    ]
    left = len(question.documents) - len(shown)
    return rows, f"… {text('more', language).format(count=left)}" if left else ""


def problems(question: Question, language: Language) -> list[str]:
    """Return what the person must know before the PIN is typed again."""
    names = {"wrong_pin": question.problem == "wrong-pin", "final_try": question.final_try}
    return [text(name, language) for name, holds in names.items() if holds]


def lines(question: Question, language: Language) -> Sequence[str]:
    """Return the question as lines of plain text: what pages wrote cannot move the cursor or hide anything."""
    rows, more = documents(question, language)
    *before, certificate = [f"{name}: {value}" for name, value in facts(question, language)]
    listed = [line for number, row in enumerate(rows, 1) for line in (f"  {number}. {row[0]}", f"     {row[1]}")]
    return [
        *before,
        f"{text('documents', language)}: {len(question.documents)}",
        *listed,
        *([f"  {more}"] if more else []),
        certificate,
        *(f"! {problem}" for problem in problems(question, language)),
    ]


def window_message(question: Question, language: Language) -> dict[str, object]:
    """Return the question as the window takes it."""
    rows, more = documents(question, language)
    title = f"{text('documents', language)}: {len(question.documents)}"
    return {
        "facts": facts(question, language),
        "documents": {"title": title, "rows": rows, "more": more},
        "problems": problems(question, language),
        **{name: text(name, language) for name in ("title", "pin", "sign", "refuse")},
    }


def plain(words: str) -> str:
    """Return the words without control and direction characters."""
    return "".join("·" if ord(letter) in _STRANGE else letter for letter in words)


def in_fours(digest: str) -> str:
    """Return hexadecimal digits in groups of four."""
    return " ".join(digest[at : at + 4] for at in range(0, len(digest), 4))


def has_display() -> bool:
    """Tell whether a window can be opened."""
    return sys.platform in ("win32", "darwin") or bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))


@dataclass(frozen=True, slots=True)
class WindowConsent:
    """A window of its own process: it can be ended when time is over, and needs no particular thread here."""

    language: Language
    command: tuple[str, ...] = (sys.executable, "-m", "msign.agent.window")

    def ask(self, question: Question) -> Decision:
        """See ``Consent``. The PIN comes back through a pipe that only the two processes share."""
        message = window_message(question, self.language)
        try:
            done = subprocess.run(  # noqa: S603  (our own module)
                self.command,
                input=json.dumps(message).encode(),
                capture_output=True,
                timeout=question.seconds,
                check=False,
            )
            answer = json.loads(done.stdout or b"{}")
        except subprocess.TimeoutExpired:
            return Decision(approved=False, in_time=False)
        except ValueError:
            return Decision(approved=False)
        pin = answer.get("pin") if isinstance(answer, dict) else None
        return Decision(approved=True, pin=pin) if isinstance(pin, str) and pin else Decision(approved=False)
