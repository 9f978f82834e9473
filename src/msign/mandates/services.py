"""The only writers: mandates are added and revoked, each with an audit event in the same transaction."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import asdict

from django.db import transaction

from msign.audit import mandate_events
from msign.kernel.errors import Code, MSignError, invalid
from msign.mandates.models import MandateRow
from msign.mandates.queries import value_of
from msign.mandates.values import Mandate


def add(given: Iterable[Mandate], *, at: dt.datetime, actor: str) -> int:
    """Add all mandates or none; return how many are new. The same one again changes nothing.

    Raises ``MSignError`` (``CONFLICT``) for a known number with other content: a mandate is revoked, not rewritten.
    """
    with transaction.atomic():
        return sum(_add(mandate, at, actor) for mandate in given)


def revoke(number: str, *, why: str, at: dt.datetime, actor: str) -> None:
    """Let a mandate end now. Raises ``MSignError``: ``REQUEST_NOT_FOUND``; ``CONFLICT`` for one that is revoked."""
    if not why.strip():
        raise invalid("reason", "required")
    with transaction.atomic():
        row = MandateRow.objects.filter(number=number).first()
        if row is None:
            raise MSignError(Code.REQUEST_NOT_FOUND, f"there is no mandate {number}")
        open_rows = MandateRow.objects.filter(pk=row.pk, revoked_at=None)
        if not open_rows.update(revoked_at=at, revoked_why=why.strip()[:200]):
            raise MSignError(Code.CONFLICT, f"mandate {number} is revoked already")
        mandate_events.mandate_revoked(at=at, actor=actor, number=number, reason=why.strip())


def _add(mandate: Mandate, at: dt.datetime, actor: str) -> bool:
    known = MandateRow.objects.filter(number=mandate.number).first()
    if known is not None:
        _same(value_of(known), mandate)
        return False
    MandateRow.objects.create(**asdict(mandate), added_at=at)
    mandate_events.mandate_added(
        at=at,
        actor=actor,
        number=mandate.number,
        delegator_type=mandate.delegator_type,
        delegator=mandate.delegator_id,
        delegate=mandate.delegate_id,
        valid_from=mandate.valid_from,
        valid_until=mandate.valid_until,
    )
    return True


def _same(known: Mandate, given: Mandate) -> None:
    """Its revocation apart, a known mandate must be what was given again."""
    ours, theirs = asdict(known), asdict(given)
    if any(ours[name] != theirs[name] for name in ours if not name.startswith("revoked")):
        raise MSignError(
            Code.CONFLICT, f"mandate {given.number} is known with other content; revoke it and use a new number"
        )
