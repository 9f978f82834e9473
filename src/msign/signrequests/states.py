"""The life of a sign request as a table: what may happen when, and why not. Pure.

A request is Pending until it is signed, fails or expires; a final status never changes (wire contract 6). While it is
pending, at most one signing session runs; a session that is being cancelled can only fail.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass

from msign.kernel.words import SignStatus


class Session(enum.StrEnum):
    """Whether somebody is signing just now."""

    NONE = "none"
    RUNNING = "running"
    CANCELLING = "cancelling"


class Event(enum.StrEnum):
    """What may happen to a request."""

    START = "start"
    CANCEL = "cancel"
    SUCCEED = "succeed"
    FAIL = "fail"
    EXPIRE = "expire"
    REMOVE = "remove"


@dataclass(frozen=True, slots=True)
class Permitted:
    """It may happen; this is what the request is afterwards."""

    status: SignStatus
    session: Session

    def __bool__(self) -> bool:
        return True


@dataclass(frozen=True, slots=True)
class Forbidden:
    """It may not happen, and why."""

    why: str

    def __bool__(self) -> bool:
        return False


Ruling = Permitted | Forbidden

_UNDER_WAY = Forbidden("a signing attempt is under way")
_NOBODY_SIGNS = Forbidden("no signing attempt is under way")
_CANCELLED = Forbidden("the person has cancelled")
_PENDING = SignStatus.PENDING
_GONE = Permitted(SignStatus.EXPIRED, Session.NONE)
_FAILED = Permitted(SignStatus.FAILURE, Session.NONE)

_WHILE_PENDING: dict[tuple[Session, Event], Ruling] = {
    (Session.NONE, Event.START): Permitted(_PENDING, Session.RUNNING),
    (Session.NONE, Event.CANCEL): _FAILED,
    (Session.NONE, Event.SUCCEED): _NOBODY_SIGNS,
    (Session.NONE, Event.FAIL): _NOBODY_SIGNS,
    (Session.NONE, Event.EXPIRE): _GONE,
    (Session.RUNNING, Event.START): _UNDER_WAY,
    (Session.RUNNING, Event.CANCEL): Permitted(_PENDING, Session.CANCELLING),
    (Session.RUNNING, Event.SUCCEED): Permitted(SignStatus.SUCCESS, Session.NONE),
    (Session.RUNNING, Event.FAIL): _FAILED,
    (Session.RUNNING, Event.EXPIRE): _UNDER_WAY,  # the session's own deadline ends it
    (Session.CANCELLING, Event.START): _UNDER_WAY,
    (Session.CANCELLING, Event.CANCEL): Permitted(_PENDING, Session.CANCELLING),  # pressed twice
    (Session.CANCELLING, Event.SUCCEED): _CANCELLED,
    (Session.CANCELLING, Event.FAIL): _FAILED,
    (Session.CANCELLING, Event.EXPIRE): _UNDER_WAY,
}


def rule(status: SignStatus, session: Session, event: Event) -> Ruling:
    """Return what the request is after ``event``, or why it may not happen."""
    if event is Event.REMOVE:
        if status is SignStatus.PENDING:
            return Forbidden("the request is not finished")
        return Permitted(status, Session.NONE)
    if status is not SignStatus.PENDING:
        return Forbidden("the request is finished")
    return _WHILE_PENDING[session, event]
