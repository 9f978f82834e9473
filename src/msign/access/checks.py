"""The one engine behind enforcement and explanation. Pure: facts in, ordered check results out.

Every check is made that can be made, in the order of `CheckCode`. The decision is the first failed one; a call is
allowed only when every single check passed.
"""

from __future__ import annotations

import datetime as dt
import ipaddress
from collections.abc import Callable
from dataclasses import dataclass

from msign.access.certificates import Presented
from msign.access.values import (
    CertificateStatus,
    CheckCode,
    CheckOutcome,
    CheckResult,
    ConsumerSettings,
    DenialReason,
    SuspensionReason,
)

Network = ipaddress.IPv4Network | ipaddress.IPv6Network
Address = ipaddress.IPv4Address | ipaddress.IPv6Address


@dataclass(frozen=True, slots=True)
class Registered:
    """What is registered for one certificate, as the gate loads and caches it."""

    system_id: str
    system_name: str
    organisation_name: str
    organisation_id: str
    serial: str
    fingerprint: str
    der: bytes
    status: CertificateStatus
    enabled: bool
    suspensions: tuple[SuspensionReason, ...]
    networks: tuple[Network, ...]
    settings: ConsumerSettings


@dataclass(frozen=True, slots=True)
class Facts:
    """Everything that a decision depends on. ``presented`` says whether any certificate came; it may be unreadable."""

    presented: bool
    certificate: Presented | None
    trust_problem: str | None
    registered: Registered | None
    elsewhere: str
    address: str
    now: dt.datetime


def evaluate(facts: Facts) -> tuple[CheckResult, ...]:
    """Return the result of every check, in order."""
    return tuple(check(facts) for check in _CHECKS)


def first_failure(results: tuple[CheckResult, ...]) -> DenialReason | None:
    """Return the reason of the first failed check; ``None`` only when every check passed."""
    for result in results:
        if result.reason is not None:
            return result.reason
        if result.outcome is not CheckOutcome.PASSED:  # a check that could not be made never opens a door
            return DenialReason.NOT_REGISTERED
    return None


def unknown_serial(serial: str, found: int) -> tuple[CheckResult, ...]:
    """Return the checks for a serial number under which none, or several, certificates are registered."""
    facts = {"serial": serial, **({"issuers": str(found)} if found else {})}
    registered = _failed(CheckCode.CERTIFICATE_REGISTERED, DenialReason.NOT_REGISTERED, **facts)
    return tuple(registered if code is registered.code else _skipped(code) for code in CheckCode)


def parse_address(text: str) -> Address | None:
    """Return the address; IPv4 inside IPv6 (``::ffff:192.0.2.1``) becomes what it is."""
    try:
        address = ipaddress.ip_address(text.strip().partition("%")[0])
    except ValueError:
        return None
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return mapped or address


def _presented(facts: Facts) -> CheckResult:
    if not facts.presented:
        return _failed(CheckCode.CERTIFICATE_PRESENTED, DenialReason.NO_CERTIFICATE)
    return _passed(CheckCode.CERTIFICATE_PRESENTED)


def _readable(facts: Facts) -> CheckResult:
    code = CheckCode.CERTIFICATE_READABLE
    if not facts.presented:
        return _skipped(code)
    if facts.certificate is None:
        return _failed(code, DenialReason.UNREADABLE_CERTIFICATE)
    return _passed(code, serial=facts.certificate.serial, subject=facts.certificate.subject)


def _issuer(facts: Facts) -> CheckResult:
    code = CheckCode.ISSUER_TRUSTED
    if facts.certificate is None:
        return _skipped(code)
    if facts.trust_problem is not None:
        return _failed(code, DenialReason.UNTRUSTED_ISSUER, issuer=facts.certificate.issuer, why=facts.trust_problem)
    return _passed(code, issuer=facts.certificate.issuer)


def _registered(facts: Facts) -> CheckResult:
    code = CheckCode.CERTIFICATE_REGISTERED
    if facts.certificate is None:
        return _skipped(code)
    if facts.registered is None:
        return _failed(
            code, DenialReason.NOT_REGISTERED, serial=facts.certificate.serial, **_given(elsewhere=facts.elsewhere)
        )
    return _passed(code, serial=facts.registered.serial, system=facts.registered.system_name)


def _fingerprint(facts: Facts) -> CheckResult:
    code = CheckCode.FINGERPRINT_PINNED
    if facts.certificate is None or facts.registered is None:
        return _skipped(code)
    if facts.certificate.fingerprint != facts.registered.fingerprint:
        return _failed(
            code,
            DenialReason.FINGERPRINT_MISMATCH,
            presented=facts.certificate.fingerprint,
            pinned=facts.registered.fingerprint,
        )
    return _passed(code, fingerprint=facts.registered.fingerprint)


def _validity(facts: Facts) -> CheckResult:
    code = CheckCode.WITHIN_VALIDITY
    if facts.certificate is None:
        return _skipped(code)
    if facts.now > facts.certificate.not_after:
        return _failed(code, DenialReason.CERTIFICATE_EXPIRED, until=_moment(facts.certificate.not_after))
    if facts.now < facts.certificate.not_before:
        return _failed(code, DenialReason.CERTIFICATE_NOT_YET_VALID, since=_moment(facts.certificate.not_before))
    return _passed(code, until=_moment(facts.certificate.not_after))


def _status(facts: Facts) -> CheckResult:
    code = CheckCode.NOT_REVOKED
    if facts.registered is None:
        return _skipped(code)
    if facts.registered.status is not CertificateStatus.ACTIVE:
        return _failed(code, DenialReason.CERTIFICATE_REVOKED, status=facts.registered.status)
    return _passed(code)


def _enabled(facts: Facts) -> CheckResult:
    code = CheckCode.ACCESS_ENABLED
    if facts.registered is None:
        return _skipped(code)
    if not facts.registered.enabled or facts.registered.suspensions:
        reasons = ", ".join(facts.registered.suspensions) or "not enabled"
        return _failed(code, DenialReason.ACCESS_DISABLED, suspensions=reasons)
    return _passed(code)


def _networks(facts: Facts) -> CheckResult:
    code = CheckCode.NETWORKS_LISTED
    if facts.registered is None:
        return _skipped(code)
    if not facts.registered.networks:
        return _failed(code, DenialReason.NO_NETWORKS)
    return _passed(code, networks=", ".join(map(str, facts.registered.networks)))


def _address(facts: Facts) -> CheckResult:
    code = CheckCode.ADDRESS_LISTED
    if facts.registered is None or not facts.registered.networks:
        return _skipped(code)
    address = parse_address(facts.address)
    found = next((net for net in facts.registered.networks if address is not None and _inside(address, net)), None)
    if found is None:
        listed = ", ".join(map(str, facts.registered.networks))
        return _failed(code, DenialReason.FOREIGN_ADDRESS, address=facts.address, networks=listed)
    return _passed(code, address=str(address), network=str(found))


def _inside(address: Address, network: Network) -> bool:
    return address.version == network.version and address in network


_CHECKS: tuple[Callable[[Facts], CheckResult], ...] = (
    _presented,
    _readable,
    _issuer,
    _registered,
    _fingerprint,
    _validity,
    _status,
    _enabled,
    _networks,
    _address,
)


def _passed(code: CheckCode, **facts: str) -> CheckResult:
    return CheckResult(code, CheckOutcome.PASSED, None, tuple(facts.items()))


def _failed(code: CheckCode, reason: DenialReason, **facts: str) -> CheckResult:
    return CheckResult(code, CheckOutcome.FAILED, reason, tuple(facts.items()))


def _skipped(code: CheckCode) -> CheckResult:
    return CheckResult(code, CheckOutcome.SKIPPED)


def _moment(at: dt.datetime) -> str:
    return f"{at.astimezone(dt.UTC):%Y-%m-%d %H:%M} UTC"


def _given(**facts: str) -> dict[str, str]:
    return {name: value for name, value in facts.items() if value}
