"""What a judgement says, in the words of ETSI EN 319 102-1. Data only; every face renders it its own way."""

from __future__ import annotations

import datetime as dt
import enum
from dataclasses import dataclass, field

from msign.kernel.words import SignatureLevel


class Indication(enum.StrEnum):
    """Main status, EN 319 102-1 clause 5.1.3."""

    TOTAL_PASSED = "TOTAL_PASSED"
    TOTAL_FAILED = "TOTAL_FAILED"
    INDETERMINATE = "INDETERMINATE"


class SubIndication(enum.StrEnum):
    """Reason of a status, EN 319 102-1 table 4."""

    FORMAT_FAILURE = "FORMAT_FAILURE"
    HASH_FAILURE = "HASH_FAILURE"
    SIG_CRYPTO_FAILURE = "SIG_CRYPTO_FAILURE"
    REVOKED = "REVOKED"
    EXPIRED = "EXPIRED"
    NOT_YET_VALID = "NOT_YET_VALID"
    SIG_CONSTRAINTS_FAILURE = "SIG_CONSTRAINTS_FAILURE"
    CHAIN_CONSTRAINTS_FAILURE = "CHAIN_CONSTRAINTS_FAILURE"
    CERTIFICATE_CHAIN_GENERAL_FAILURE = "CERTIFICATE_CHAIN_GENERAL_FAILURE"
    CRYPTO_CONSTRAINTS_FAILURE = "CRYPTO_CONSTRAINTS_FAILURE"
    POLICY_PROCESSING_ERROR = "POLICY_PROCESSING_ERROR"
    SIGNATURE_POLICY_NOT_AVAILABLE = "SIGNATURE_POLICY_NOT_AVAILABLE"
    TIMESTAMP_ORDER_FAILURE = "TIMESTAMP_ORDER_FAILURE"
    NO_SIGNING_CERTIFICATE_FOUND = "NO_SIGNING_CERTIFICATE_FOUND"
    NO_CERTIFICATE_CHAIN_FOUND = "NO_CERTIFICATE_CHAIN_FOUND"
    NO_CERTIFICATE_CHAIN_FOUND_NO_POE = "NO_CERTIFICATE_CHAIN_FOUND_NO_POE"
    REVOKED_NO_POE = "REVOKED_NO_POE"
    REVOKED_CA_NO_POE = "REVOKED_CA_NO_POE"
    OUT_OF_BOUNDS_NO_POE = "OUT_OF_BOUNDS_NO_POE"
    OUT_OF_BOUNDS_NOT_REVOKED = "OUT_OF_BOUNDS_NOT_REVOKED"
    REVOCATION_OUT_OF_BOUNDS_NO_POE = "REVOCATION_OUT_OF_BOUNDS_NO_POE"
    CRYPTO_CONSTRAINTS_FAILURE_NO_POE = "CRYPTO_CONSTRAINTS_FAILURE_NO_POE"
    NO_POE = "NO_POE"
    TRY_LATER = "TRY_LATER"
    SIGNED_DATA_NOT_FOUND = "SIGNED_DATA_NOT_FOUND"


class Integrity(enum.StrEnum):
    """Do the digests and the signature value hold? Trust, dates and revocation play no part."""

    VALID = "valid"
    INVALID = "invalid"


class Modification(enum.StrEnum):
    """What happened to the document after the signature, worst last."""

    NONE = "none"
    PERMITTED = "permitted"
    UNDEFINED = "undefined"
    FORBIDDEN = "forbidden"


class Verdict(enum.StrEnum):
    """One word for a whole file."""

    VALID = "valid"
    CHANGED = "changed"
    INVALID = "invalid"
    UNKNOWN = "unknown"
    NONE = "none"


class Scope(enum.StrEnum):
    """How much of what is shown the signature covers."""

    FULL = "full"
    PARTIAL = "partial"


class Severity(enum.StrEnum):
    """What a failed check does to the verdict; set by the policy."""

    FAIL = "fail"
    WARN = "warn"
    INFORM = "inform"
    IGNORE = "ignore"


@dataclass(frozen=True, slots=True)
class Reason:
    """Why: a stable code from the catalogue and the facts to fill its sentence with."""

    code: str
    severity: Severity = Severity.FAIL
    facts: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class TimestampReport:
    """A time-stamp that was found, and whether it may be believed."""

    gen_time: dt.datetime
    kind: str  # "signature", "references", "document", "archive", "content"
    valid: bool
    authority: str
    reasons: tuple[Reason, ...] = ()


@dataclass(frozen=True, slots=True)
class RevocationFact:
    """One status that was used, and where it came from."""

    subject: str
    source: str  # "ocsp" | "crl"
    status: str  # "good" | "revoked" | "unknown"
    produced_at: dt.datetime | None
    revoked_at: dt.datetime | None = None
    embedded: bool = False


PLACE_UNITS = 10_000  # of a page's width and height


@dataclass(frozen=True, slots=True)
class Place:
    """Where a signature shows itself on a page as displayed, in parts of its width and height from the top left."""

    page: int  # counted from 1
    left: int
    top: int
    width: int
    height: int
    page_width: int  # points, as displayed
    page_height: int


@dataclass(frozen=True, slots=True)
class SignatureReport:
    """One signature, judged. Times are aware UTC; certificates are DER."""

    indication: Indication
    sub_indication: SubIndication | None
    integrity: Integrity
    modification: Modification
    level: SignatureLevel
    scope: Scope
    name: str = ""  # field name in a PDF, Id in XML
    certificate: bytes | None = None
    chain: tuple[bytes, ...] = ()
    subject: str = ""  # "CN=…, SERIALNUMBER=…", wire contract 10
    signer_name: str = ""
    person_id: str | None = None
    organisation_id: str | None = None
    claimed_time: dt.datetime | None = None
    signed_at: dt.datetime | None = None  # genTime of a valid signature time-stamp
    best_signature_time: dt.datetime | None = None
    digest_algorithm: str = ""
    signature_algorithm: str = ""
    qualification: str = ""  # "qualified" | "advanced" | ""
    qualified_device: bool | None = None  # of a qualified one: the key lives in a qualified device; None: not known
    trusted_list: str = ""  # territory and sequence number of the list that decided; empty: the operator's own anchors
    content_digest: bytes | None = None  # digest of the content the signature names (the posted hash)
    revision: int | None = None  # PDF: index of the signed revision, oldest first
    signed_bytes: int | None = None  # PDF: length of the signed revision
    places: tuple[Place, ...] = ()  # PDF: where it is seen; empty for an invisible one
    counter_signature: bool = False
    timestamps: tuple[TimestampReport, ...] = ()
    revocation: tuple[RevocationFact, ...] = ()
    reasons: tuple[Reason, ...] = ()

    @property
    def passed(self) -> bool:
        """Whether a person may rely on it: passed, intact, and nothing happened afterwards beyond what is allowed."""
        return (
            self.indication is Indication.TOTAL_PASSED
            and self.integrity is Integrity.VALID
            and self.modification in (Modification.NONE, Modification.PERMITTED)
        )


@dataclass(frozen=True, slots=True)
class DocumentReport:
    """Everything said of one file."""

    format: str  # "pades" | "xades" | "cades" | "asic" | "unknown"
    verdict: Verdict
    signatures: tuple[SignatureReport, ...] = ()
    refused: str | None = None  # code of the limit or defect that stopped the judgement
    reasons: tuple[Reason, ...] = ()
    policy: str = ""
    policy_version: str = ""
    validated_at: dt.datetime | None = None
    revisions: tuple[str, ...] = field(default_factory=tuple)

    @property
    def valid(self) -> bool:
        """SignaturesValid of the wire contract: at least one signature, and every one of them may be relied on."""
        return self.verdict is Verdict.VALID
