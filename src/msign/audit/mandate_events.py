"""Events of mandates: who may sign for whom, since when, and who said so. Persons stand as pseudonyms."""

from __future__ import annotations

import datetime as dt

from msign.audit.chain import Head
from msign.audit.privacy import pseudonym
from msign.audit.services import record
from msign.audit.tags import Tag
from msign.kernel.words import DelegatorType


def mandate_added(
    *,
    at: dt.datetime,
    actor: str,
    number: str,
    delegator_type: DelegatorType,
    delegator: str,
    delegate: str,
    valid_from: dt.datetime,
    valid_until: dt.datetime | None,
) -> Head:
    """A power to sign for another became known."""
    facts = {
        "delegatorType": delegator_type,
        "delegator": delegator if delegator_type is DelegatorType.ORGANIZATION else pseudonym(delegator),
        "delegate": pseudonym(delegate),
        "from": valid_from.isoformat(),
        "until": valid_until.isoformat() if valid_until else "",
    }
    return record(tag=Tag.MANDATE_ADDED, subject=f"mandate:{number}", at=at, actor=actor, facts=facts)


def mandate_revoked(*, at: dt.datetime, actor: str, number: str, reason: str) -> Head:
    """It counts no longer."""
    return record(tag=Tag.MANDATE_REVOKED, subject=f"mandate:{number}", at=at, actor=actor, facts={"reason": reason})
