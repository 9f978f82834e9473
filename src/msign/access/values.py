"""Who is calling, and may they. Decisions are values; the same ones serve enforcement and explanation."""

from __future__ import annotations

import datetime as dt
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
    requests_per_minute: int | None = None  # None: what the installation's settings say
    open_requests: int | None = None
    stored_bytes: int | None = None
    largest_document: int | None = None
    simultaneous_uploads: int | None = None


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
    tls: str = ""  # how the connection was secured, as far as it is known: "TLSv1.3"


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What else was seen of a call. Decides nothing; helps people to recognise it."""

    tls: str = ""
    operation: str = ""


UNKNOWN = Circumstances()


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


class CheckCode(enum.StrEnum):
    """The checks of one decision, in the order in which they are made. Codes are stable."""

    CERTIFICATE_PRESENTED = "certificate-presented"
    CERTIFICATE_READABLE = "certificate-readable"
    ISSUER_TRUSTED = "issuer-trusted"
    CERTIFICATE_REGISTERED = "certificate-registered"
    FINGERPRINT_PINNED = "fingerprint-pinned"
    WITHIN_VALIDITY = "within-validity"
    NOT_REVOKED = "not-revoked"
    ACCESS_ENABLED = "access-enabled"
    NETWORKS_LISTED = "networks-listed"
    ADDRESS_LISTED = "address-listed"


class CheckOutcome(enum.StrEnum):
    """How a check ended. Skipped: what it needs is not known, because an earlier one failed."""

    PASSED = "passed"
    FAILED = "failed"
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True)
class CheckResult:
    """One check. ``reason`` is set when it failed; ``facts`` fill the sentence that people read."""

    code: CheckCode
    outcome: CheckOutcome
    reason: DenialReason | None = None
    facts: tuple[tuple[str, str], ...] = ()


class CertificateStatus(enum.StrEnum):
    """What became of a pinned certificate. Only ``active`` opens anything."""

    ACTIVE = "active"
    REVOKED = "revoked"
    REPLACED = "replaced"


class SuspensionReason(enum.StrEnum):
    """Independent flags: access rests while any of them stands (connection process 13)."""

    BENEFICIARY = "beneficiary"
    OPERATOR = "operator"
    INCIDENT = "incident"
    FEE_UNPAID = "fee-unpaid"
    CONTRACT_ENDED = "contract-ended"
    RRSI_REMOVED = "rrsi-removed"


@dataclass(frozen=True, slots=True)
class SystemInfo:
    """A registered information system."""

    id: str
    name: str
    organisation_name: str
    organisation_id: str


@dataclass(frozen=True, slots=True)
class CertificateInfo:
    """A pinned system certificate. ``serial`` in upper-case hexadecimal, ``fingerprint`` SHA-256 in lower case."""

    system_id: str
    environment: Environment
    subject: str
    issuer: str
    serial: str
    fingerprint: str
    not_before: dt.datetime
    not_after: dt.datetime
    status: CertificateStatus


@dataclass(frozen=True, slots=True)
class AccessState:
    """All that is enforced for one system in one environment; for reading back what was decided elsewhere."""

    system_id: str
    environment: Environment
    enabled: bool
    suspensions: tuple[SuspensionReason, ...]
    certificates: tuple[CertificateInfo, ...]
    networks: tuple[str, ...]
    settings: ConsumerSettings
