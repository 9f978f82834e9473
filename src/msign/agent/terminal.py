"""The question in the terminal that the agent runs in: read with a deadline, the PIN without echo."""

from __future__ import annotations

import contextlib
import select
import termios
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TextIO

from msign.agent.consent import Decision, Question, lines
from msign.agent.texts import text
from msign.kernel.clock import monotonic
from msign.kernel.languages import Language

_RULE = "─" * 72


@dataclass(frozen=True, slots=True)
class TerminalConsent:
    """Asks on a terminal. ``reading`` may be the same device as ``writing``."""

    language: Language
    reading: TextIO
    writing: TextIO

    def ask(self, question: Question) -> Decision:
        """See ``Consent``. An empty line refuses."""
        deadline = monotonic() + question.seconds
        self._say(_RULE, text("title", self.language), "", *lines(question, self.language), "")
        self._say(text("terminal_hint", self.language))
        with _silent(self.reading):
            self.writing.write(f"{text('pin', self.language)}: ")
            self.writing.flush()
            pin = self._line(deadline)
        self._say("")
        if pin is None:
            self._say(text("too_late", self.language))
            return Decision(approved=False, in_time=False)
        self._say(text("approved" if pin else "refused", self.language), _RULE)
        return Decision(approved=bool(pin), pin=pin)

    def _line(self, deadline: float) -> str | None:
        """Return a line as typed, or ``None`` when nobody types in time; what was typed before is thrown away."""
        ready, _, _ = select.select([self.reading], [], [], max(0.0, deadline - monotonic()))
        return self.reading.readline().rstrip("\r\n") if ready else None

    def _say(self, *said: str) -> None:
        self.writing.write("\n".join(said) + "\n")
        self.writing.flush()


@contextlib.contextmanager
def _silent(device: TextIO) -> Iterator[None]:
    """Switch the echo off; keys pressed before the question count for nothing."""
    if not device.isatty():
        yield
        return
    number = device.fileno()
    before = termios.tcgetattr(number)
    quiet = [*before]
    quiet[3] = int(quiet[3]) & ~termios.ECHO
    termios.tcsetattr(number, termios.TCSAFLUSH, quiet)
    try:
        yield
    finally:
        termios.tcsetattr(number, termios.TCSADRAIN, before)
