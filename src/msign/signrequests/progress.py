"""How far the judge is with a batch: written down for the page, not more often than people can read."""

from __future__ import annotations

from collections.abc import Callable

from msign.kernel.clock import monotonic
from msign.signrequests.models import SigningSession

_EVERY = 0.5  # seconds


def teller(session: SigningSession, items: int) -> Callable[[int], None]:
    """Return what the judge tells how many signatures it has judged; a single document is judged too soon to tell."""
    told_at: float | None = None

    def told(checked: int) -> None:
        nonlocal told_at
        if items > 1 and (told_at is None or monotonic() - told_at >= _EVERY):
            told_at = monotonic()
            SigningSession.objects.filter(pk=session.pk, active=True).update(checked=checked)

    return told
