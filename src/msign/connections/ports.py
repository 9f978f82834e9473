"""What the desk needs from elsewhere, passed in by the wiring: gateway, judges, registers, settings."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from msign.access.values import CheckResult
from msign.connections.addresses import AddressPolicy
from msign.connections.calendar import WorkingCalendar
from msign.connections.catalogue import TEST_CASES
from msign.connections.certificates import CertificatePolicy
from msign.connections.conformance.values import Instrument, Story
from msign.connections.documents.templates import Texts, load_texts
from msign.connections.escalation import EscalationPolicy
from msign.connections.fees import FeePolicy
from msign.connections.operator import Operator
from msign.connections.registers import OrganisationRegister, SystemRegister
from msign.connections.terms import TermPolicy
from msign.kernel.clock import Clock
from msign.kernel.identifiers import IdCheck
from msign.kernel.languages import Language
from msign.kernel.words import Environment, SignStatus
from msign.validation.model import DocumentReport


@dataclass(frozen=True, slots=True)
class GatewayResult:
    """What the gateway says of a request; ``document`` only with ``SignStatus.SUCCESS``."""

    status: SignStatus
    message: str = ""
    document: bytes | None = None


class SigningGateway(Protocol):
    """Our own gateway, reached over its public API like by any other information system."""

    def post(self, *, document: bytes, name: str, description: str, expected_person: str, correlation_id: str) -> str:
        """Post a PDF to be signed by the person with this IDNP; return the request id. Raises ``MSignError``."""
        ...

    def result(self, request_id: str, language: Language) -> GatewayResult:
        """Return where the request stands. Raises ``MSignError``."""
        ...

    def sign_url(self, request_id: str, return_url: str, language: Language) -> str:
        """Return where to send the person."""
        ...


@dataclass(frozen=True, slots=True)
class ChainVerdict:
    """Whether a system certificate ends at an accepted authority, and whether it is revoked (``None``: unknown)."""

    trusted: bool
    revoked: bool | None = None
    on_hold: bool = False  # revoked for the time being only (certificateHold)


class ChainJudge(Protocol):
    """Asks the trust store of an environment, and the authority's revocation services."""

    def judge(self, certificate: bytes, environment: Environment) -> ChainVerdict:
        """Return the verdict on a DER certificate."""
        ...


class AccessEngine(Protocol):
    """The very engine that decides about calls, asked instead of guessed."""

    def explain(
        self, environment: Environment, *, address: str, certificate_der: bytes | None = None, serial: str | None = None
    ) -> tuple[CheckResult, ...]:
        """Return every check of the decision about such a call, in order; nothing remembered is used."""
        ...


class CallLog(Protocol):
    """What the gateway has seen from a system."""

    def seen(self, system_id: str, environment: Environment, since: dt.datetime) -> Seen:
        """Return when a system was first and last heard in an environment since a moment."""
        ...

    def story(self, system_id: str, since: dt.datetime) -> Story:
        """Return what a system did in the test environment since a moment."""
        ...


@dataclass(frozen=True, slots=True)
class Seen:
    """When a system was heard; ``None``: never."""

    first_call: dt.datetime | None = None
    last_call: dt.datetime | None = None


Judge = Callable[[Path], DocumentReport]


@dataclass(frozen=True, slots=True)
class DeskPolicy:
    """Every rule of the desk that an operator may choose; names as in the settings."""

    operator: Operator = field(default_factory=Operator)
    texts: Texts = field(default_factory=load_texts)  # setting documents.templates
    calendar: WorkingCalendar = field(default_factory=WorkingCalendar)  # setting sla.holidays
    fees: FeePolicy = field(default_factory=FeePolicy)
    term: TermPolicy = field(default_factory=TermPolicy)  # setting documents.contract_months
    certificates: CertificatePolicy = field(default_factory=CertificatePolicy)
    addresses: AddressPolicy = field(default_factory=AddressPolicy)
    id_check: IdCheck = IdCheck.STRICT
    review_days: float = 10
    connection_days: float = 7
    escalation: EscalationPolicy = field(default_factory=EscalationPolicy)
    operator_confirmation: bool = True  # setting golive.operator_confirmation
    required_tests: tuple[str, ...] = tuple(TEST_CASES)  # setting golive.required_tests
    link_minutes: int = 30
    links_an_hour: int = 5  # for one address: enough for people, too few to fill a mailbox
    links_for_visitor: int = 120  # asked for from one network address in an hour, whoever they are for
    session_hours: float = 12  # a working day; then a new link
    register_few: int = 5  # so many systems may leave the RRSI at once, whatever their share
    register_share: float = 0.2  # … and so large a share of all; more looks like a bad extract
    revocation_days: int = 7  # how long the last answer of an authority is good for
    fault_serial_format: str = "upper-hex"  # this and the next: what refused clients of the gateway read
    address_refusal: str = "403"
    local_mailbox: bool = False  # the embedded default: letters are shown on a page instead of being sent


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """The collaborators of every verb of the desk."""

    clock: Clock
    gateway: SigningGateway
    judge: Judge
    chain: ChainJudge
    engine: AccessEngine
    calls: CallLog
    organisations: OrganisationRegister
    systems: SystemRegister
    instruments: Callable[[], tuple[Instrument, ...]]  # those of the test environment
    web_url: str
    api_urls: dict[Environment, str]
    policy: DeskPolicy = field(default_factory=DeskPolicy)
    warnings: Callable[[], Sequence[str]] = tuple  # what the operator should look after now, in short technical words
