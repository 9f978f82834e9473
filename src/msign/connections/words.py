"""Sentences for people as values: an English msgid and its facts. Faces and notices put them into a language."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Sentence:
    """One whole sentence; ``facts`` fill the named places of the translated text."""

    msgid: str
    facts: tuple[tuple[str, str], ...] = ()

    def __str__(self) -> str:
        return self.msgid % dict(self.facts) if self.facts else self.msgid


def say(msgid: str, **facts: object) -> Sentence:
    """Return a sentence; the catalogue tool collects the first argument of every call."""
    return Sentence(msgid, tuple((name, str(value)) for name, value in facts.items()))


def mark(msgid: str) -> str:
    """Return ``msgid`` itself; only tells the catalogue tool that the words are shown to people."""
    return msgid
