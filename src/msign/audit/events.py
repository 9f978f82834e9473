"""One function an event: nobody can misspell one, forget a fact or put a person's number into it.

Every function appends inside the caller's transaction and is called last in it. Events of the connection desk are in
`connection_events`, of access in `access_events`.
"""

from __future__ import annotations

import datetime as dt

from msign.audit.chain import Head
from msign.audit.privacy import pseudonym
from msign.audit.services import record
from msign.audit.tags import Tag
from msign.kernel.words import ContentType, Environment, FailureReason

SYSTEM = "msign"  # the actor where the product acts by itself


def request_posted(
    *,
    at: dt.datetime,
    request_id: str,
    system_id: str,
    environment: Environment,
    certificate_serial: str,
    content_type: ContentType,
    digests: tuple[str, ...],
    expected_signer: str | None,
) -> Head:
    """An information system posted documents or hashes to be signed."""
    facts = {
        "environment": environment,
        "certificate": certificate_serial,
        "contentType": content_type,
        "sha256": list(digests),
        "expectedSigner": pseudonym(expected_signer),
    }
    return record(tag=Tag.REQUEST_POSTED, subject=request_id, at=at, actor=f"system:{system_id}", facts=facts)


def session_started(*, at: dt.datetime, request_id: str, session: str, instrument: str, signer_id: str | None) -> Head:
    """A person chose an instrument and the signing began."""
    facts = {"session": session, "instrument": instrument, "signer": pseudonym(signer_id)}
    return record(tag=Tag.SESSION_STARTED, subject=request_id, at=at, actor="person", facts=facts)


def session_cancel_asked(*, at: dt.datetime, request_id: str, session: str) -> Head:
    """The person pressed Cancel."""
    facts = {"session": session}
    return record(tag=Tag.SESSION_CANCEL_ASKED, subject=request_id, at=at, actor="person", facts=facts)


def session_failed(*, at: dt.datetime, request_id: str, session: str, reason: FailureReason) -> Head:
    """A signing attempt ended without signatures, and the request stays open for another one."""
    facts = {"session": session, "reason": reason}
    return record(tag=Tag.SESSION_FAILED, subject=request_id, at=at, actor=SYSTEM, facts=facts)


def result_refused(
    *, at: dt.datetime, request_id: str, provider: str, item: str, reason: FailureReason, checks: tuple[str, ...]
) -> Head:
    """A provider's result did not stand up to MSign's own judgement."""
    facts = {"provider": provider, "item": item, "reason": reason, "checks": list(checks)}
    return record(tag=Tag.RESULT_REFUSED, subject=request_id, at=at, actor=SYSTEM, facts=facts)


def request_signed(
    *,
    at: dt.datetime,
    request_id: str,
    provider: str,
    signer_id: str | None,
    certificate_sha256: str,
    signatures: tuple[str, ...],
    notes: tuple[str, ...] = (),
) -> Head:
    """Every content was signed and judged good; the digests name the released signatures."""
    facts = {
        "provider": provider,
        "signer": pseudonym(signer_id),
        "certificate": certificate_sha256,
        "signatures": list(signatures),
        "notes": list(notes),
    }
    return record(tag=Tag.REQUEST_SIGNED, subject=request_id, at=at, actor=SYSTEM, facts=facts)


def request_failed(*, at: dt.datetime, request_id: str, reason: FailureReason) -> Head:
    """The request ended without signatures."""
    return record(tag=Tag.REQUEST_FAILED, subject=request_id, at=at, actor=SYSTEM, facts={"reason": reason})


def request_expired(*, at: dt.datetime, request_id: str) -> Head:
    """Nobody signed in time."""
    return record(tag=Tag.REQUEST_EXPIRED, subject=request_id, at=at, actor=SYSTEM, facts={})


def request_removed(*, at: dt.datetime, request_id: str, files: int) -> Head:
    """Retention ended; documents and signatures were deleted."""
    return record(tag=Tag.REQUEST_REMOVED, subject=request_id, at=at, actor=SYSTEM, facts={"files": files})


def result_fetched(*, at: dt.datetime, request_id: str, system_id: str, certificate_serial: str) -> Head:
    """The information system fetched the finished signatures for the first time."""
    facts = {"certificate": certificate_serial}
    return record(tag=Tag.RESULT_FETCHED, subject=request_id, at=at, actor=f"system:{system_id}", facts=facts)


def sha1_accepted(*, at: dt.datetime, request_id: str, system_id: str, count: int) -> Head:
    """A legacy SHA-1 hash was accepted; ``count`` is how many this system has posted so far."""
    facts = {"count": count}
    return record(tag=Tag.SHA1_ACCEPTED, subject=request_id, at=at, actor=f"system:{system_id}", facts=facts)


def limit_exceeded(*, at: dt.datetime, system_id: str, environment: Environment, limit: str, allowed: int) -> Head:
    """A system went over one of its quotas; recorded once a minute at most for each limit."""
    facts = {"environment": environment, "limit": limit, "allowed": allowed}
    return record(
        tag=Tag.LIMIT_EXCEEDED, subject=f"system:{system_id}", at=at, actor=f"system:{system_id}", facts=facts
    )


def trusted_lists_refreshed(
    *, at: dt.datetime, environment: Environment, lists: tuple[str, ...], alarms: tuple[str, ...]
) -> Head:
    """Other trusted lists are in force than before, or there are other alarms about them."""
    facts = {"lists": list(lists), "alarms": list(alarms)}
    return record(tag=Tag.TRUST_LISTS_REFRESHED, subject=f"trust:{environment}", at=at, actor=SYSTEM, facts=facts)
