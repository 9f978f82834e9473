"""What is told to people, and how it is carried."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Protocol

from msign.kernel.languages import Language


@dataclass(frozen=True, slots=True)
class Letter:
    """A message to one person, in whole sentences of that person's language."""

    recipient: str
    language: Language
    subject: str
    greeting: str
    paragraphs: tuple[str, ...]
    closing: str
    link: str = ""
    link_text: str = ""
    kind: str = ""
    about: str = ""  # what it belongs to: the reference of a case


@dataclass(frozen=True, slots=True)
class Mail:
    """A letter as it travels: both parts say the same."""

    sender: str
    recipient: str
    language: Language
    subject: str
    text: str
    html: str
    message_id: str


class Transport(Protocol):
    """Carries mails. Raises ``MSignError``; ``retry`` tells whether another attempt may succeed."""

    def send(self, mail: Mail) -> None:
        """Hand ``mail`` over; returning means that the next station has taken it."""
        ...


@dataclass(frozen=True, slots=True)
class Sent:
    """A letter that has gone out, for those who wait for it."""

    kind: str
    about: str


@dataclass(frozen=True, slots=True)
class NoticeView:
    """A row of the outbox as pages show it."""

    number: int
    recipient: str
    language: str
    subject: str
    text: str
    kind: str
    about: str
    created: dt.datetime
    sent: dt.datetime | None
    last_error: str
