"""What the agent answers when it does not sign: one word for scripts, a status, a sentence for people who read logs."""

from __future__ import annotations

import enum


class Word(enum.StrEnum):
    """Why. The page of the gateway has a text for each."""

    MALFORMED = "malformed"
    TOO_LARGE = "too-large"
    ORIGIN = "origin"
    CANCELLED = "cancelled"
    WRONG_PIN = "wrong-pin"
    PIN_LOCKED = "pin-locked"
    NO_TOKEN = "no-token"  # noqa: S105  (a device)
    UNKNOWN_JOB = "unknown-job"
    TIMED_OUT = "timed-out"
    BUSY = "busy"
    TOO_OFTEN = "too-often"
    REPLAYED = "replayed"
    FAILED = "failed"


# The statuses that programs of this protocol answer with: bad request, refused by the person, unknown, failed.
STATUS = {
    Word.MALFORMED: 400, Word.TOO_LARGE: 400, Word.REPLAYED: 400,
    Word.ORIGIN: 403, Word.CANCELLED: 403, Word.WRONG_PIN: 403, Word.PIN_LOCKED: 403, Word.TIMED_OUT: 403,
    Word.NO_TOKEN: 404, Word.UNKNOWN_JOB: 404,
    Word.BUSY: 403, Word.TOO_OFTEN: 403, Word.FAILED: 500,
}  # fmt: skip


class AgentError(Exception):
    """The agent does not do it. ``words`` never hold a PIN, a document or a person's number."""

    def __init__(self, word: Word, words: str = "") -> None:
        super().__init__(words or word.value)
        self.word = word
