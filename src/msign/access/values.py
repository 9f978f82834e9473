"""Who is calling, and may they. Decisions are values; the same ones serve enforcement and explanation."""

from __future__ import annotations

import enum
from dataclasses import dataclass, field

from msign.kernel.words import Environment


class DenialReason(enum.StrEnum):
    """Why a caller is not let in; one test each."""

    NO_CERTIFICATE = "no-certificate"
    UNREADABLE_CERTIFICATE = "unreadable-certificate"
    UNTRUSTED_ISSUER = "untrusted-issuer"
    NOT_REGISTERED = "not-registered"
    FINGERPRINT_MISMATCH = "fingerprint-mismatch"
    CERTIFICATE_EXPIRED = "certificate-expired"
    CERTIFICATE_NOT_YET_VALID = "certificate-not-yet-valid"
    CERTIFICATE_REVOKED = "certificate-revoked"
    ACCESS_DISABLED = "access-disabled"
    NO_NETWORKS = "no-networks"
    FOREIGN_ADDRESS = "foreign-address"


@dataclass(frozen=True, slots=True)
class ConsumerSettings:
    """What is agreed with one information system in one environment (facts: settings marked per consumer)."""

    allow_sha1: bool = True
    callback_method: str = "post"  # post | get | same-as-opened
    return_url_hosts: tuple[str, ...] = ()
    instruments: tuple[str, ...] = ()  # empty: all that are enabled
    required_level: str = "any"  # any | qualified


@dataclass(frozen=True, slots=True)
class Caller:
    """A proven caller: one information system in one environment."""

    system_id: str
    system_name: str
    organisation_name: str
    organisation_id: str
    environment: Environment
    certificate_serial: str
    address: str
    settings: ConsumerSettings = field(default_factory=ConsumerSettings)


@dataclass(frozen=True, slots=True)
class Allowed:
    """The call may go on as this caller."""

    caller: Caller

    def __bool__(self) -> bool:
        return True


@dataclass(frozen=True, slots=True)
class Denied:
    """The call ends here. ``serial`` is what was presented, for the fault text; empty without a certificate."""

    reason: DenialReason
    serial: str = ""
    address: str = ""

    def __bool__(self) -> bool:
        return False


Decision = Allowed | Denied
