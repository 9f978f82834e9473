"""Whether a mandate counts for a question. Pure."""

from __future__ import annotations

import datetime as dt
import enum

from msign.mandates.values import ANY_ROLE, Mandate, MandateQuestion, WhyNot


class Standing(enum.StrEnum):
    """How a mandate stands by itself, whatever is asked of it."""

    VALID = "valid"
    NOT_YET = "not-yet"
    EXPIRED = "expired"
    ENDED = "ended"


def standing(mandate: Mandate, now: dt.datetime) -> Standing:
    """Return how it stands now."""
    if mandate.revoked_at is not None and mandate.revoked_at <= now:
        return Standing.ENDED
    if mandate.valid_until is not None and mandate.valid_until <= now:
        return Standing.EXPIRED
    return Standing.VALID if mandate.valid_from <= now else Standing.NOT_YET


def why_not(mandate: Mandate, question: MandateQuestion) -> WhyNot | None:
    """Return why the mandate does not answer the question; ``None`` when it does."""
    same = (mandate.delegator_type, mandate.delegator_id, mandate.delegate_id)
    if same != (question.delegator_type, question.delegator_id, question.delegate_id):
        return WhyNot.NONE
    if question.role != ANY_ROLE and mandate.role not in (ANY_ROLE, question.role):
        return WhyNot.OTHER_ROLE
    if question.at < mandate.valid_from:
        return WhyNot.NOT_YET_VALID
    if mandate.valid_until is not None and question.at >= mandate.valid_until:
        return WhyNot.EXPIRED
    if mandate.revoked_at is not None and question.at >= mandate.revoked_at:
        return WhyNot.REVOKED
    return None
