"""The one family of errors, with a closed list of codes. Each face maps the codes once, exhaustively."""

from __future__ import annotations

import enum


class Code(enum.StrEnum):
    """What went wrong, in one word that never changes. Faces translate it; people read the message."""

    AUTHENTICATION_FAILED = "authentication-failed"
    AUTHORIZATION_FAILED = "authorization-failed"
    ADDRESS_REFUSED = "address-refused"
    INVALID_PARAMETER = "invalid-parameter"
    REQUEST_NOT_FOUND = "request-not-found"
    BAD_MESSAGE = "bad-message"
    TOO_LARGE = "too-large"
    UNSUPPORTED_MEDIA = "unsupported-media"
    LIMIT_EXCEEDED = "limit-exceeded"
    CONFLICT = "conflict"
    UNREADABLE_DOCUMENT = "unreadable-document"
    SIGNING_FAILED = "signing-failed"
    UNAVAILABLE = "unavailable"
    MISCONFIGURED = "misconfigured"
    INTERNAL = "internal"


class MSignError(Exception):
    """An error that a caller can act on.

    ``message`` is English, names the member or file concerned and says what was expected. ``member`` is the path of
    the offending member (``Contents[0].Content``) when there is one. ``retry`` tells whether the same call may
    succeed later. Never put secrets or personal data into the message.
    """

    def __init__(self, code: Code, message: str, *, member: str | None = None, retry: bool = False) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.member = member
        self.retry = retry

    def __str__(self) -> str:
        return f"{self.member}: {self.message}" if self.member else self.message


def invalid(member: str, message: str) -> MSignError:
    """Return the error for a parameter that breaks the contract: ``raise invalid("Name", "at most 256 …")``."""
    return MSignError(Code.INVALID_PARAMETER, message, member=member)
