"""The only writers of access. Each verb is one transaction: rows, the generation that processes watch, the audit event.

``actor`` says who acted, without personal data: ``operator:4``, ``command``, ``desk``.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import ipaddress
import uuid

from django.db import IntegrityError, transaction
from django.db.models import F

from msign.access import queries
from msign.access.certificates import Presented, parse_serial, read_certificate
from msign.access.models import (
    AllowedNetwork,
    EnvironmentAccess,
    Generation,
    InformationSystem,
    Suspension,
    SystemCertificate,
)
from msign.access.values import CertificateInfo, CertificateStatus, ConsumerSettings, SuspensionReason
from msign.audit import access_events as events
from msign.kernel.errors import Code, MSignError, invalid
from msign.kernel.identifiers import IdCheck, is_idno, is_idnp
from msign.kernel.words import Environment

MAX_NAME = 256
Network = ipaddress.IPv4Network | ipaddress.IPv6Network
_MAPPED_BITS = 96  # RFC 4291, 2.5.5.2


def register_system(
    *,
    name: str,
    organisation_name: str,
    organisation_id: str,
    at: dt.datetime,
    actor: str,
    system_id: str | None = None,
) -> str:
    """Make a system known and return its id. It may not call anything yet."""
    for member, text in (("name", name), ("organisation name", organisation_name)):
        if not text.strip() or len(text) > MAX_NAME:
            raise invalid(member, f"1 to {MAX_NAME} characters expected")
    if not (is_idno(organisation_id, IdCheck.CHECKSUM) or is_idnp(organisation_id, IdCheck.CHECKSUM)):
        raise invalid("organisation id", "an IDNO of 13 digits (a person: IDNP) with a right check digit expected")
    key = system_id or uuid.uuid4().hex
    with transaction.atomic():
        if InformationSystem.objects.filter(pk=key).exists():
            raise MSignError(Code.CONFLICT, f"the system {key} is registered already")
        InformationSystem.objects.create(
            id=key, name=name, organisation_name=organisation_name, organisation_id=organisation_id, created_at=at
        )
        _changed()
        events.system_registered(at=at, actor=actor, system_id=key, name=name, organisation_id=organisation_id)
    return key


def rename_system(*, system_id: str, name: str, at: dt.datetime, actor: str) -> None:
    """Give a known system the name that people see on the sign page. The same name changes nothing."""
    if not name.strip() or len(name) > MAX_NAME:
        raise invalid("name", f"1 to {MAX_NAME} characters expected")
    with transaction.atomic():
        if InformationSystem.objects.filter(pk=system_id).exclude(name=name).update(name=name):
            _changed()
            events.system_renamed(at=at, actor=actor, system_id=system_id, name=name)


def add_certificate(
    *,
    system_id: str,
    environment: Environment,
    certificate: bytes,
    at: dt.datetime,
    actor: str,
    both_environments: bool = False,
) -> CertificateInfo:
    """Pin a certificate (PEM or DER) to a system and environment. Adding it again changes nothing.

    One that was replaced is put back into use; one that was revoked never is (``CONFLICT``).

    Test and production use different certificates (connection process 6); ``both_environments`` is for the sandbox,
    whose demo systems have one each. Raises ``MSignError`` (``CONFLICT``) for a certificate pinned elsewhere.

    Not checked here: chain, revocation, key and usage. The gate judges the chain at every call; the desk judges the
    rest before it comes here.
    """
    _known(system_id)
    read = read_certificate(certificate)
    if read is None:
        raise invalid("certificate", "one X.509 certificate in PEM or DER expected")
    with transaction.atomic():
        if (present := _present(read, system_id, environment, both_environments=both_environments)) is not None:
            if present.status == CertificateStatus.ACTIVE.value:
                return queries.certificate_info(present)
            row = _put_back(present)
        else:
            row = _pin(system_id, environment, read, at)
        _changed()
        events.certificate_added(
            at=at,
            actor=actor,
            system_id=system_id,
            environment=environment,
            serial=read.serial,
            fingerprint=read.fingerprint,
        )
    return queries.certificate_info(row)


def end_certificate(
    *,
    system_id: str,
    environment: Environment,
    serial: str,
    at: dt.datetime,
    actor: str,
    reason: str = "",
    status: CertificateStatus = CertificateStatus.REVOKED,
) -> None:
    """Take a pinned certificate out of use for good: revoked, or replaced by a newer one."""
    number = parse_serial(serial)
    if number is None:
        raise invalid("serial", "a serial number in hexadecimal digits expected")
    with transaction.atomic():
        rows = SystemCertificate.objects.filter(system_id=system_id, environment=environment.value, serial=number)
        if not rows.exists():
            raise MSignError(Code.INVALID_PARAMETER, f"{number} is not pinned there", member="serial")
        endable = [CertificateStatus.ACTIVE.value]
        if status is CertificateStatus.REVOKED:  # what was replaced could be put back; what is revoked cannot
            endable.append(CertificateStatus.REPLACED.value)
        ended = rows.filter(status__in=endable).update(status=status.value, ended_at=at, ended_because=reason[:200])
        if ended:
            _changed()
            events.certificate_revoked(
                at=at,
                actor=actor,
                system_id=system_id,
                environment=environment,
                serial=number,
                reason=f"{status}: {reason}",
            )


def add_network(
    *, system_id: str, environment: Environment, network: str, at: dt.datetime, actor: str, note: str = ""
) -> str:
    """Let calls from an address or network in; return it in its one spelling. Never the whole Internet."""
    _known(system_id)
    text = canonical_network(network)
    with transaction.atomic():
        _row, created = AllowedNetwork.objects.get_or_create(
            system_id=system_id, environment=environment.value, network=text, defaults={"note": note[:200]}
        )
        if created:
            _changed()
            events.network_added(at=at, actor=actor, system_id=system_id, environment=environment, network=text)
    return text


def remove_network(*, system_id: str, environment: Environment, network: str, at: dt.datetime, actor: str) -> None:
    """Stop letting calls from a network in. When the last one goes, nothing gets in any more."""
    text = canonical_network(network)
    with transaction.atomic():
        rows = AllowedNetwork.objects.filter(system_id=system_id, environment=environment.value, network=text)
        if not rows.delete()[0]:
            raise MSignError(Code.INVALID_PARAMETER, f"{text} is not listed there", member="network")
        _changed()
        events.network_removed(at=at, actor=actor, system_id=system_id, environment=environment, network=text)


def enable(*, system_id: str, environment: Environment, at: dt.datetime, actor: str) -> None:
    """Let a system use an environment. Suspensions that stand keep their effect."""
    _known(system_id)
    with transaction.atomic():
        row = _access(system_id, environment)
        if not row.enabled:
            EnvironmentAccess.objects.filter(pk=row.pk).update(enabled=True)
            _changed()
            events.access_enabled(at=at, actor=actor, system_id=system_id, environment=environment)


def disable(*, system_id: str, environment: Environment, at: dt.datetime, actor: str, reason: str) -> None:
    """Take an environment from a system."""
    with transaction.atomic():
        rows = EnvironmentAccess.objects.filter(system_id=system_id, environment=environment.value, enabled=True)
        if rows.update(enabled=False):
            _changed()
            events.access_disabled(at=at, actor=actor, system_id=system_id, environment=environment, reason=reason)


def suspend(*, system_id: str, environment: Environment, reason: SuspensionReason, at: dt.datetime, actor: str) -> None:
    """Set one of the independent suspension flags; setting it again changes nothing."""
    _known(system_id)
    with transaction.atomic():
        access = _access(system_id, environment)
        _row, created = Suspension.objects.get_or_create(access=access, reason=reason.value, defaults={"since": at})
        if created:
            _changed()
            events.access_suspended(at=at, actor=actor, system_id=system_id, environment=environment, reason=reason)


def resume(*, system_id: str, environment: Environment, reason: SuspensionReason, at: dt.datetime, actor: str) -> None:
    """Clear one suspension flag; access is back when it was the last."""
    with transaction.atomic():
        rows = Suspension.objects.filter(
            access__system_id=system_id, access__environment=environment.value, reason=reason.value
        )
        if rows.delete()[0]:
            _changed()
            events.access_resumed(at=at, actor=actor, system_id=system_id, environment=environment, reason=reason)


def change_settings(
    *,
    system_id: str,
    environment: Environment,
    settings: ConsumerSettings,
    at: dt.datetime,
    actor: str,
    reason: str = "",
) -> None:
    """Replace what is agreed with a system in an environment; ``reason`` goes to the audit trail."""
    _known(system_id)
    _check_settings(settings)
    with transaction.atomic():
        row = _access(system_id, environment)
        before = queries.settings_of(system_id, environment)
        names = [field.name for field in dataclasses.fields(settings)]
        changes = {name: getattr(settings, name) for name in names if getattr(settings, name) != getattr(before, name)}
        if changes:
            stored = {name: list(value) if isinstance(value, tuple) else value for name, value in changes.items()}
            EnvironmentAccess.objects.filter(pk=row.pk).update(**stored)
            _changed()
            told = {name: str(value) for name, value in changes.items()}
            if reason:
                told["reason"] = reason
            events.settings_changed(at=at, actor=actor, system_id=system_id, environment=environment, changes=told)


def canonical_network(text: str) -> str:
    """Return the one spelling of an address or network; refuse what is none, and what would let everybody in."""
    try:
        network = ipaddress.ip_network(text.strip())
    except ValueError:
        raise invalid("network", f"{text.strip()[:60]!r} is not an address or network") from None
    if "%" in text:
        raise invalid("network", "an address without the zone behind % expected: calls are compared without it")
    network = _unmapped(network)
    if network.prefixlen == 0:
        raise invalid("network", "the whole Internet cannot be let in")
    return str(network)


def _unmapped(network: Network) -> Network:
    """Return IPv4 inside IPv6 (``::ffff:192.0.2.1``) as what it is: so is the caller's address read."""
    mapped = network.network_address.ipv4_mapped if isinstance(network, ipaddress.IPv6Network) else None
    if mapped is None or network.prefixlen < _MAPPED_BITS:
        return network
    return ipaddress.ip_network((mapped, network.prefixlen - _MAPPED_BITS))


def _check_settings(settings: ConsumerSettings) -> None:
    if settings.callback_method not in ("post", "get", "same-as-opened"):
        raise invalid("callback_method", "post, get or same-as-opened expected")
    if settings.required_level not in ("any", "qualified"):
        raise invalid("required_level", "any or qualified expected")


def _known(system_id: str) -> None:
    if not InformationSystem.objects.filter(pk=system_id).exists():
        raise MSignError(Code.INVALID_PARAMETER, f"no system {system_id} is registered", member="system")


def _present(
    read: Presented, system_id: str, environment: Environment, *, both_environments: bool
) -> SystemCertificate | None:
    """Return the row if it is there already; refuse a certificate that is pinned elsewhere."""
    rows = list(SystemCertificate.objects.filter(fingerprint=read.fingerprint))
    foreign = any(row.system_id != system_id for row in rows)
    if foreign or (not both_environments and any(row.environment != environment.value for row in rows)):
        raise MSignError(
            Code.CONFLICT, "this certificate is pinned to another system or environment", member="certificate"
        )
    return next((row for row in rows if row.environment == environment.value), None)


def _put_back(row: SystemCertificate) -> SystemCertificate:
    if row.status == CertificateStatus.REVOKED.value:
        raise MSignError(Code.CONFLICT, "this certificate was revoked and cannot be used again", member="certificate")
    row.status, row.ended_at, row.ended_because = CertificateStatus.ACTIVE.value, None, ""
    row.save(update_fields=["status", "ended_at", "ended_because"])
    return row


def _pin(system_id: str, environment: Environment, read: Presented, at: dt.datetime) -> SystemCertificate:
    try:
        with transaction.atomic():
            return SystemCertificate.objects.create(
                system_id=system_id,
                environment=environment.value,
                issuer_key=read.issuer_key,
                serial=read.serial,
                fingerprint=read.fingerprint,
                der=read.der,
                subject=read.subject,
                issuer=read.issuer,
                not_before=read.not_before,
                not_after=read.not_after,
                status=CertificateStatus.ACTIVE.value,
                added_at=at,
            )
    except IntegrityError:
        raise MSignError(
            Code.CONFLICT, "another certificate with this issuer and serial number is pinned", member="certificate"
        ) from None


def _access(system_id: str, environment: Environment) -> EnvironmentAccess:
    row, _created = EnvironmentAccess.objects.get_or_create(system_id=system_id, environment=environment.value)
    return row


def _changed() -> None:
    """Tell every process that what it remembers is old."""
    if not Generation.objects.filter(pk=1).update(number=F("number") + 1):
        Generation.objects.get_or_create(pk=1, defaults={"number": 1})
