"""Words of the published contract and of ETSI that both sides of the import graph use."""

from __future__ import annotations

import enum


class Environment(enum.StrEnum):
    """Where a call or a request belongs. Nothing is shared between the two but the code."""

    TEST = "test"
    PRODUCTION = "production"


class ContentType(enum.StrEnum):
    """What a SignContent holds (wire contract 3). Values are the words on the wire."""

    HASH = "Hash"
    PDF = "Pdf"


class DelegatorType(enum.StrEnum):
    """On whose behalf the expected signer signs (wire contract 3)."""

    NONE = "None"
    PERSON = "Person"
    ORGANIZATION = "Organization"


class SignStatus(enum.StrEnum):
    """Life of a SignRequest as the consumer sees it (wire contract 6)."""

    PENDING = "Pending"
    SUCCESS = "Success"
    FAILURE = "Failure"
    EXPIRED = "Expired"


class SignatureLevel(enum.StrEnum):
    """Baseline levels of ETSI EN 319 132-1, EN 319 142-1 and EN 319 122-1."""

    B = "B"
    T = "T"
    LT = "LT"
    LTA = "LTA"
    UNKNOWN = "UNKNOWN"


class FailureReason(enum.StrEnum):
    """Why a signing ended without a signature. The message catalogue has a sentence for each, in three languages."""

    CANCELLED = "cancelled"
    WRONG_PIN = "wrong-pin"
    PIN_LOCKED = "pin-locked"
    WRONG_CODE = "wrong-code"
    NO_ACTIVE_DEVICE = "no-active-device"
    SIM_ERROR = "sim-error"
    CERTIFICATE_EXPIRED = "certificate-expired"
    CERTIFICATE_REVOKED = "certificate-revoked"
    SIGNER_MISMATCH = "signer-mismatch"
    DELEGATION_UNPROVEN = "delegation-unproven"
    INSTRUMENT_UNAVAILABLE = "instrument-unavailable"
    TIMED_OUT = "timed-out"
    WRONG_DOCUMENT = "wrong-document"
    NOT_INTACT = "not-intact"
    NO_TIMESTAMP = "no-timestamp"
    UNTRUSTED = "untrusted"
    REVOCATION_UNKNOWN = "revocation-unknown"
    INCOMPLETE_ANSWER = "incomplete-answer"
    PROVIDER_TEXT = "provider-text"
