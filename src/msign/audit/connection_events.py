"""Events of the connection desk. ``actor`` says who acted, without personal data: ``operator:4``, ``person:17``."""

from __future__ import annotations

import datetime as dt

from msign.audit.chain import Head
from msign.audit.services import record
from msign.audit.tags import Tag
from msign.kernel.words import Environment


def moved(*, at: dt.datetime, actor: str, connection_id: str, event: str, before: str, after: str, reason: str) -> Head:
    """A connection request went from one state to the next."""
    facts = {"event": event, "from": before, "to": after, "reason": reason}
    return record(tag=Tag.CONNECTION_MOVED, subject=_subject(connection_id), at=at, actor=actor, facts=facts)


def changed(*, at: dt.datetime, actor: str, connection_id: str, members: tuple[str, ...]) -> Head:
    """Data of a connection request was edited; the names of the members, never their values."""
    facts = {"members": sorted(members)}
    return record(tag=Tag.CONNECTION_CHANGED, subject=_subject(connection_id), at=at, actor=actor, facts=facts)


def document(*, at: dt.datetime, actor: str, connection_id: str, kind: str, action: str, sha256: str) -> Head:
    """A contract, annex or other paper was issued, signed, uploaded or withdrawn."""
    facts = {"kind": kind, "action": action, "sha256": sha256}
    return record(tag=Tag.CONNECTION_DOCUMENT, subject=_subject(connection_id), at=at, actor=actor, facts=facts)


def access_applied(
    *, at: dt.datetime, actor: str, connection_id: str, environment: Environment, outcome: str, decision: int
) -> Head:
    """The decided access was written into the gateway and read back; ``decision`` numbers the line of the history."""
    facts = {"environment": environment, "outcome": outcome, "decision": decision}
    return record(tag=Tag.CONNECTION_ACCESS, subject=_subject(connection_id), at=at, actor=actor, facts=facts)


def test_decided(*, at: dt.datetime, actor: str, connection_id: str, test: str, decision: str, reason: str) -> Head:
    """A person declared or waived a test case, with a reason."""
    facts = {"test": test, "decision": decision, "reason": reason}
    return record(tag=Tag.CONNECTION_TEST, subject=_subject(connection_id), at=at, actor=actor, facts=facts)


def conformance_frozen(*, at: dt.datetime, actor: str, connection_id: str, sha256: str) -> Head:
    """The tests of a connection were frozen with the request to go live; the digest is of that run."""
    facts = {"sha256": sha256}
    return record(tag=Tag.CONNECTION_RUN, subject=_subject(connection_id), at=at, actor=actor, facts=facts)


def signed_in(*, at: dt.datetime, actor: str, method: str) -> Head:
    """A person entered the desk."""
    return record(tag=Tag.DESK_SIGNED_IN, subject=actor, at=at, actor=actor, facts={"method": method})


def role_changed(*, at: dt.datetime, actor: str, person: str, role: str, granted: bool, reason: str = "") -> Head:
    """A role at the desk was given or taken."""
    facts = {"role": role, "granted": granted, **({"reason": reason} if reason else {})}
    return record(tag=Tag.DESK_ROLE_CHANGED, subject=person, at=at, actor=actor, facts=facts)


def _subject(connection_id: str) -> str:
    return f"connection:{connection_id}"
