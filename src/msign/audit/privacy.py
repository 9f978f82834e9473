"""What the trail says of persons: enough to recognise one whose number is known, not enough to learn a number."""

from __future__ import annotations

from django.utils.crypto import salted_hmac


def pseudonym(person_id: str | None) -> str:
    """Return a keyed pseudonym of an IDNP. Without the installation's secret it cannot be turned back or guessed."""
    if not person_id:
        return ""
    return "person-" + salted_hmac("msign.audit.person", person_id, algorithm="sha256").hexdigest()[:24]
