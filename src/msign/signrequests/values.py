"""Values that cross the border of this room: what is posted, what is answered, what the sign page shows."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from msign.kernel.languages import Language
from msign.kernel.words import ContentType, DelegatorType, Environment, FailureReason, SignStatus


@dataclass(frozen=True, slots=True)
class PostedContent:
    """One SignContent, its bytes already in the content store under ``key``."""

    key: str
    size: int
    correlation_id: str | None = None
    name: str | None = None
    multiple_signatures: bool = False
    sha256: str = ""  # as the store computed it on the way in; empty: not known


@dataclass(frozen=True, slots=True)
class ExpectedSigner:
    """Who has to sign, and for whom (wire contract 3 and 5)."""

    id: str | None = None
    delegator_type: DelegatorType = DelegatorType.NONE
    delegator_id: str | None = None
    delegated_role_id: int = 0


@dataclass(frozen=True, slots=True)
class NewSignRequest:
    """A PostSignRequest as read from the wire; not yet checked against the rules of wire contract 5."""

    content_type: ContentType | None
    contents: tuple[PostedContent, ...]
    short_description: str | None
    description: str | None = None
    reason: str | None = None
    expected_signer: ExpectedSigner | None = None


@dataclass(frozen=True, slots=True)
class DelegationProof:
    """What proved that the signer may act for the delegator; kept with the result for as long as it is."""

    how: str  # "self" | "certificate" | "mandate" | "unproven"
    register: str = ""
    reference: str = ""
    basis: str = ""
    checked_at: str = ""  # ISO 8601, as the other moments here
    valid_until: str = ""


@dataclass(frozen=True, slots=True)
class SignResult:
    """One item of a SignResponse; the signature stays in the store under ``signature_key``."""

    correlation_id: str | None
    certificate: bytes | None = None
    signature_key: str | None = None


@dataclass(frozen=True, slots=True)
class SignResponse:
    """Answer to GetSignResponse. ``results`` is ``None`` while Pending."""

    status: SignStatus
    message: str | None = None
    results: tuple[SignResult, ...] | None = None


@dataclass(frozen=True, slots=True)
class ContentView:
    """A file or hash as the sign page shows it. ``digest`` is for Hash, ``key`` leads to the bytes of a Pdf."""

    position: int
    name: str
    size: int
    content_type: ContentType
    digest: bytes | None
    key: str
    signature_key: str | None = None


@dataclass(frozen=True, slots=True)
class SessionView:
    """One person's attempt with one instrument, as the waiting page shows it."""

    instrument: str
    started_at: dt.datetime
    deadline: dt.datetime
    verification_code: str = ""
    device_url: str = ""
    cancelling: bool = False
    confirmed: frozenset[int] = frozenset()  # positions of the contents that the person has confirmed so far
    checked: int | None = None  # how many signatures have been judged; None: they have not arrived yet


@dataclass(frozen=True, slots=True)
class RequestView:
    """Everything a sign page needs about a request."""

    id: str
    environment: Environment
    status: SignStatus
    content_type: ContentType
    system_id: str
    system_name: str
    organisation_name: str
    short_description: str
    description: str
    reason: str
    expected_signer: ExpectedSigner
    contents: tuple[ContentView, ...]
    created_at: dt.datetime
    expires_at: dt.datetime
    session: SessionView | None = None
    failure: FailureReason | None = None
    failure_text: str = ""
    delegation: DelegationProof | None = None  # of a signed request for another


@dataclass(frozen=True, slots=True)
class SigningChoice:
    """What the person chose and typed on the page."""

    instrument: str
    signer_id: str | None = None
    msisdn: str | None = None
    language: Language = Language.RO
