"""What the desk needs from elsewhere, passed in by the wiring: gateway, judges, registers, settings."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from msign.connections.addresses import AddressPolicy
from msign.connections.calendar import WorkingCalendar
from msign.connections.catalogue import TEST_CASES
from msign.connections.certificates import CertificatePolicy
from msign.connections.escalation import EscalationPolicy
from msign.connections.fees import FeePolicy
from msign.connections.registers import OrganisationRegister, SystemRegister
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


class ChainJudge(Protocol):
    """Asks the trust store of an environment, and the authority's revocation services."""

    def judge(self, certificate: bytes, environment: Environment) -> ChainVerdict:
        """Return the verdict on a DER certificate."""
        ...


class CallLog(Protocol):
    """What the gateway has seen from a system."""

    def seen(self, system_id: str, environment: Environment, since: dt.datetime) -> Seen:
        """Return what a system did in an environment since a moment."""
        ...


@dataclass(frozen=True, slots=True)
class Seen:
    """Facts from real traffic; each a moment, or ``None`` when it has not happened."""

    first_call: dt.datetime | None = None
    last_call: dt.datetime | None = None
    signed: dt.datetime | None = None
    cancelled: dt.datetime | None = None
    repeated: dt.datetime | None = None  # signed after a cancelled one

    def test_cases(self) -> dict[str, dt.datetime]:
        """Return the published test cases that the traffic proves by itself."""
        proofs = {"TC_FUNCT_01": self.signed, "TC_FUNCT_02": self.cancelled, "TC_FUNCT_03": self.repeated}
        return {case: moment for case, moment in proofs.items() if moment is not None}


Judge = Callable[[Path], DocumentReport]


@dataclass(frozen=True, slots=True)
class Operator:
    """Who runs MSign; names change over the years, so they are settings."""

    name: str = "Operatorul platformei (eșantion)"
    number: str = "1010600000062"
    address: str = "Piața Model 1, mun. Chișinău"
    represented_by: str = "directorul"
    email: str = "servicii@exemplu.md"
    phone: str = "+373 22 000 000"
    bank: str = "MD00XX000000000000000000, Banca Exemplu"


@dataclass(frozen=True, slots=True)
class DeskPolicy:
    """Every rule of the desk that an operator may choose; names as in the settings."""

    operator: Operator = field(default_factory=Operator)
    calendar: WorkingCalendar = field(default_factory=WorkingCalendar)
    fees: FeePolicy = field(default_factory=FeePolicy)
    certificates: CertificatePolicy = field(default_factory=CertificatePolicy)
    addresses: AddressPolicy = field(default_factory=AddressPolicy)
    id_check: IdCheck = IdCheck.STRICT
    review_days: float = 10
    connection_days: float = 7
    escalation: EscalationPolicy = field(default_factory=EscalationPolicy)
    operator_confirmation: bool = True  # setting golive.operator_confirmation
    required_tests: tuple[str, ...] = tuple(TEST_CASES)
    link_minutes: int = 30
    local_mailbox: bool = False  # the embedded default: letters are shown on a page instead of being sent


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """The collaborators of every verb of the desk."""

    clock: Clock
    gateway: SigningGateway
    judge: Judge
    chain: ChainJudge
    calls: CallLog
    organisations: OrganisationRegister
    systems: SystemRegister
    web_url: str
    api_urls: dict[Environment, str]
    policy: DeskPolicy = field(default_factory=DeskPolicy)
