"""Events of access: who let which system in, from where, with what. ``actor`` is an operator, a person or a command."""

from __future__ import annotations

import datetime as dt

from msign.audit.chain import Head
from msign.audit.services import record
from msign.audit.tags import Tag
from msign.kernel.words import Environment


def system_registered(*, at: dt.datetime, actor: str, system_id: str, name: str, organisation_id: str) -> Head:
    """An information system became known."""
    facts = {"name": name, "organisation": organisation_id}
    return record(tag=Tag.SYSTEM_REGISTERED, subject=_subject(system_id), at=at, actor=actor, facts=facts)


def system_renamed(*, at: dt.datetime, actor: str, system_id: str, name: str) -> Head:
    """An information system got another name."""
    return record(tag=Tag.SYSTEM_RENAMED, subject=_subject(system_id), at=at, actor=actor, facts={"name": name})


def certificate_added(
    *, at: dt.datetime, actor: str, system_id: str, environment: Environment, serial: str, fingerprint: str
) -> Head:
    """A system certificate was pinned."""
    facts = {"environment": environment, "serial": serial, "sha256": fingerprint}
    return record(tag=Tag.CERTIFICATE_ADDED, subject=_subject(system_id), at=at, actor=actor, facts=facts)


def certificate_revoked(
    *, at: dt.datetime, actor: str, system_id: str, environment: Environment, serial: str, reason: str
) -> Head:
    """A pinned certificate no longer opens anything."""
    facts = {"environment": environment, "serial": serial, "reason": reason}
    return record(tag=Tag.CERTIFICATE_REVOKED, subject=_subject(system_id), at=at, actor=actor, facts=facts)


def network_added(*, at: dt.datetime, actor: str, system_id: str, environment: Environment, network: str) -> Head:
    """Calls from a network are let in."""
    facts = {"environment": environment, "network": network}
    return record(tag=Tag.NETWORK_ADDED, subject=_subject(system_id), at=at, actor=actor, facts=facts)


def network_removed(*, at: dt.datetime, actor: str, system_id: str, environment: Environment, network: str) -> Head:
    """Calls from a network are no longer let in."""
    facts = {"environment": environment, "network": network}
    return record(tag=Tag.NETWORK_REMOVED, subject=_subject(system_id), at=at, actor=actor, facts=facts)


def access_enabled(*, at: dt.datetime, actor: str, system_id: str, environment: Environment) -> Head:
    """A system may use an environment."""
    facts = {"environment": environment}
    return record(tag=Tag.ACCESS_ENABLED, subject=_subject(system_id), at=at, actor=actor, facts=facts)


def access_disabled(*, at: dt.datetime, actor: str, system_id: str, environment: Environment, reason: str) -> Head:
    """A system may no longer use an environment."""
    facts = {"environment": environment, "reason": reason}
    return record(tag=Tag.ACCESS_DISABLED, subject=_subject(system_id), at=at, actor=actor, facts=facts)


def access_suspended(*, at: dt.datetime, actor: str, system_id: str, environment: Environment, reason: str) -> Head:
    """One of the independent suspension flags was set."""
    facts = {"environment": environment, "reason": reason}
    return record(tag=Tag.ACCESS_SUSPENDED, subject=_subject(system_id), at=at, actor=actor, facts=facts)


def access_resumed(*, at: dt.datetime, actor: str, system_id: str, environment: Environment, reason: str) -> Head:
    """One of the independent suspension flags was cleared."""
    facts = {"environment": environment, "reason": reason}
    return record(tag=Tag.ACCESS_RESUMED, subject=_subject(system_id), at=at, actor=actor, facts=facts)


def settings_changed(
    *, at: dt.datetime, actor: str, system_id: str, environment: Environment, changes: dict[str, str]
) -> Head:
    """What is agreed with a system in an environment changed; ``changes`` names each setting and its new value."""
    facts = {"environment": environment, "changes": changes}
    return record(tag=Tag.SETTINGS_CHANGED, subject=_subject(system_id), at=at, actor=actor, facts=facts)


def _subject(system_id: str) -> str:
    return f"system:{system_id}"
