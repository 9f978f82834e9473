"""What the gateway sees of one beneficiary, call by call. Nobody is ever shown another organisation's calls.

Answered calls are known by their system. A refused one is the beneficiary's own when

* its certificate was granted to this system by the operator, or
* an accepted authority issued its certificate to this organisation's number, and it serves no other system, or
* no usable certificate came, but the call came from an address that is listed for this system and for nobody else.
"""

from __future__ import annotations

import datetime as dt
import ipaddress
from dataclasses import dataclass

from msign.access import refusals, traffic
from msign.access.refusals import RefusedAttempt
from msign.access.values import DenialReason
from msign.connections.actors import Actor
from msign.connections.certificates import Reading, read_upload
from msign.connections.models import Case, Certificate, Grant, Network
from msign.connections.ports import Desk
from msign.connections.services import store
from msign.kernel.words import Environment

SHOWN = 30
_LOOKED_AT = 1000  # refusals of an environment, the newest first
_WINDOW = dt.timedelta(days=2)
_NAMELESS = (DenialReason.NO_CERTIFICATE, DenialReason.UNREADABLE_CERTIFICATE, DenialReason.UNTRUSTED_ISSUER)
_OF_ADDRESS = (DenialReason.FOREIGN_ADDRESS, DenialReason.NO_NETWORKS)


@dataclass(frozen=True, slots=True)
class SeenCall:
    """Alike calls. ``reason`` and ``attempt`` with refused ones; ``outcome`` is ``ok`` or the fault's code."""

    last_at: dt.datetime
    count: int
    serial: str
    address: str
    tls: str
    operation: str
    outcome: str
    reason: DenialReason | None = None
    attempt: int = 0

    @property
    def address_missing(self) -> bool:
        """Whether listing the address would help."""
        return self.reason in _OF_ADDRESS

    @property
    def certificate_unknown(self) -> bool:
        """Whether registering the certificate would help."""
        return self.reason is DenialReason.NOT_REGISTERED


def seen_calls(desk: Desk, actor: Actor, reference: str, environment: Environment) -> tuple[SeenCall, ...]:
    """Return the latest calls of a case's system, answered and refused, newest first."""
    case = store.load(actor, reference)
    if case.system is None:
        return ()
    since = desk.clock.now() - _WINDOW
    found = [*_answered(case, environment, since), *_refused(case, environment, since)]
    return tuple(sorted(found, key=lambda one: one.last_at, reverse=True)[:SHOWN])


def own_attempt(actor: Actor, reference: str, number: int) -> RefusedAttempt | None:
    """Return a refused attempt if it is one of the case's own; operators see every one."""
    case, attempt = store.load(actor, reference), refusals.refused_attempt(number)
    if attempt is None or case.system is None:
        return None
    return attempt if actor.is_operator or _Owner(case, attempt.environment).owns(attempt) else None


def _answered(case: Case, environment: Environment, since: dt.datetime) -> list[SeenCall]:
    assert case.system is not None
    calls = traffic.calls(case.system.public_id.hex, environment, since=since.date(), limit=SHOWN)
    return [
        SeenCall(
            one.last_at, one.count, one.kind.serial, one.kind.address, one.tls, one.kind.operation, one.kind.outcome
        )
        for one in calls
        if one.last_at >= since
    ]


def _refused(case: Case, environment: Environment, since: dt.datetime) -> list[SeenCall]:
    owner = _Owner(case, environment)
    attempts = refusals.refused_attempts(environment=environment, since=since, limit=_LOOKED_AT)
    return [
        SeenCall(one.last_at, one.count, one.serial, one.address, one.tls, one.operation, "refused", one.reason, one.id)
        for one in attempts
        if owner.owns(one)
    ]


def is_own(row: Certificate) -> bool:
    """Tell whether a certificate that was handed in is really its organisation's: anybody can hand in a copy.

    It is when the operator granted it, or when it names the organisation.
    """
    return row.fingerprint in granted_fingerprints(row.system_id) or names(
        bytes(row.der), row.system.organisation.number
    )


def granted_fingerprints(system: int) -> frozenset[str]:
    """Return the certificates that were ever granted to a system."""
    snapshots = Grant.objects.filter(case__system_id=system).values_list("snapshot", flat=True)
    return frozenset(one["fingerprint"] for snapshot in snapshots for one in snapshot["certificates"])


def names(der: bytes, number: str) -> bool:
    """Tell whether a certificate names an organisation's number."""
    reading = read_upload(der)
    return isinstance(reading, Reading) and reading.organisation_id == number


class _Owner:
    """Judges whether refused calls are those of a case."""

    def __init__(self, case: Case, environment: Environment) -> None:
        assert case.system_id is not None
        self._number, self._system = case.organisation.number, case.system_id
        rows = Network.objects.filter(environment=environment)
        self._own = _networks(rows.filter(case=case))
        self._foreign = _networks(rows.exclude(case__organisation_id=case.organisation_id))
        self._fingerprints = granted_fingerprints(case.system_id)

    def owns(self, attempt: RefusedAttempt) -> bool:
        if attempt.fingerprint and attempt.fingerprint in self._fingerprints:
            return True
        if attempt.reason in _NAMELESS:
            return self._inside(attempt.address)
        return self._names_us(attempt)

    def _inside(self, text: str) -> bool:
        try:
            address = ipaddress.ip_address(text)
        except ValueError:
            return False
        return any(address in one for one in self._own) and not any(address in one for one in self._foreign)

    def _names_us(self, attempt: RefusedAttempt) -> bool:
        """An accepted authority vouches for the number in the subject; another system's certificate is not ours."""
        if not names(attempt.der, self._number):
            return False
        others = Certificate.objects.filter(fingerprint=attempt.fingerprint).exclude(system_id=self._system)
        return not others.exists()


def _networks(rows: object) -> list[ipaddress.IPv4Network | ipaddress.IPv6Network]:
    return [ipaddress.ip_network(one) for one in rows.values_list("network", flat=True)]  # type: ignore[attr-defined]
