"""Certificates for pages: their life, when they were last used, and which old one may go."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import replace

from msign.access import traffic
from msign.connections.certificates import life
from msign.connections.models import Certificate, Grant
from msign.connections.ports import Desk
from msign.connections.values import CertificateView
from msign.kernel.words import Environment

UNUSED_DAYS = 3  # an old certificate that was not shown for so long, while the new one was, is safe to take out


def certificate_views(desk: Desk, rows: Iterable[Certificate], grant: Grant | None) -> tuple[CertificateView, ...]:
    """Return the certificates of one system and environment; what is granted tells which are in force."""
    granted = {one["fingerprint"] for one in grant.snapshot["certificates"]} if grant else set()
    views = [replace(certificate_view(desk, row), in_force=row.fingerprint in granted) for row in rows]
    return tuple(replace(one, removable=_removable(one, views, desk.clock.now())) for one in views)


def certificate_view(desk: Desk, row: Certificate) -> CertificateView:
    """Return a certificate as pages show it."""
    now, environment = desk.clock.now(), Environment(row.environment)
    return CertificateView(
        number=row.pk,
        environment=environment,
        subject=row.subject,
        issuer=row.issuer,
        serial=row.serial,
        fingerprint=row.fingerprint,
        not_before=row.not_before,
        not_after=row.not_after,
        days_left=(row.not_after - now).days,
        life=life(
            not_before=row.not_before,
            not_after=row.not_after,
            now=now,
            revoked=row.revoked is not None,
            replaced=row.removed is not None,
        ),
        services=tuple(row.services),
        last_used=traffic.last_used(row.system.public_id.hex, environment, row.serial),
        answered=row.answered,
    )


def _removable(one: CertificateView, all_: Sequence[CertificateView], now: dt.datetime) -> bool:
    """Tell whether another certificate in force is used and outlives this one, which is not used any more."""
    if not one.in_force:
        return False
    unused = one.last_used is None or now - one.last_used >= dt.timedelta(days=UNUSED_DAYS)
    newer = [other.last_used for other in all_ if other.in_force and other.not_after > one.not_after]
    return unused and any(used is not None and (one.last_used is None or used > one.last_used) for used in newer)
