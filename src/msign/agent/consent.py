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


def lines(question: Question, language: Language) -> Sequence[str]:
    """Return the question as lines of plain text: what pages wrote cannot move the cursor or hide anything."""
    count = len(question.documents)
    shown = [
        line
        for number, (name, kind, digest) in enumerate(question.documents[:SHOWN], 1)
        for line in (
            f"  {number}. {plain(name) or text('unnamed', language)}",
            f"     {plain(kind)} {in_fours(digest)}",
        )
    ]
    more = [f"  … {text('more', language).format(count=count - SHOWN)}"] if count > SHOWN else []
    said = [f"{text('says', language)}: {plain(question.service)}"] if question.service else []
    what = [f"{text('for_what', language)}: {plain(question.description)}"] if question.description else []
    return [
        f"{text('site', language)}: {question.origin}",
        *said,
        *what,
        f"{text('documents', language)}: {count}",
        *shown,
        *more,
        f"{text('certificate', language)}: {plain(question.certificate)}",
        *([f"! {text('wrong_pin', language)}"] if question.problem == "wrong-pin" else []),
        *([f"! {text('final_try', language)}"] if question.final_try else []),
    ]


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
        message = {
            "title": text("title", self.language),
            "lines": list(lines(question, self.language)),
            "pin": text("pin", self.language),
            "sign": text("sign", self.language),
            "refuse": text("refuse", self.language),
        }
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
