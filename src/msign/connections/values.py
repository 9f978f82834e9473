"""Frozen values that leave the desk's tables: what pages, letters and exports show."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field

from msign.connections.calendar import Reading
from msign.connections.catalogue import Purpose
from msign.connections.certificates import Life
from msign.connections.checking import Check
from msign.connections.checklist import Item
from msign.connections.conformance.standing import CaseStanding
from msign.connections.enforcement import Enforced
from msign.connections.fees import Kind, Standing
from msign.connections.states import Side, State
from msign.connections.suspension import Access, Flag
from msign.connections.words import Sentence
from msign.kernel.words import Environment


@dataclass(frozen=True, slots=True)
class CertificateView:
    """A certificate handed in."""

    number: int
    environment: Environment
    subject: str
    issuer: str
    serial: str
    fingerprint: str
    not_before: dt.datetime
    not_after: dt.datetime
    days_left: int
    life: Life
    services: tuple[str, ...]
    in_force: bool = False
    last_used: dt.datetime | None = None
    answered: dt.datetime | None = None  # when its authority last said that it is not revoked
    removable: bool = False  # another one is used instead, and this one is not


@dataclass(frozen=True, slots=True)
class NetworkView:
    """An address handed in."""

    network: str
    vpn: bool


@dataclass(frozen=True, slots=True)
class Difference:
    """What a decision adds to and removes from the access of one environment."""

    environment: Environment
    certificates_added: tuple[str, ...] = ()
    certificates_removed: tuple[str, ...] = ()
    networks_added: tuple[str, ...] = ()
    networks_removed: tuple[str, ...] = ()

    @property
    def empty(self) -> bool:
        """Whether nothing changes."""
        return not (
            self.certificates_added or self.certificates_removed or self.networks_added or self.networks_removed
        )


@dataclass(frozen=True, slots=True)
class EnvironmentView:
    """One environment card: what was handed in, what is granted, what the gateway enforces."""

    environment: Environment
    address: str
    access: Access
    applied: Enforced
    certificates: tuple[CertificateView, ...]
    networks: tuple[NetworkView, ...]
    plan: Difference
    last_call: dt.datetime | None = None
    problems: tuple[Sentence, ...] = ()  # why it is drifted or failed

    @property
    def open(self) -> bool:
        """Whether something is granted, so that certificates rotate and addresses are added."""
        return self.access in (Access.CONFIGURED, Access.ACTIVE, Access.SUSPENDED)


@dataclass(frozen=True, slots=True)
class DocumentView:
    """A contract or annex."""

    number: int
    label: str
    kind: str
    state: str
    signer_name: str
    created: dt.datetime
    in_force_since: dt.datetime | None
    waits_for: Side | None


@dataclass(frozen=True, slots=True)
class InvoiceView:
    """An invoice."""

    number: int
    label: str
    bani: int
    issued: dt.date
    due: dt.date
    paid: dt.date | None
    standing: Standing
    reference: str
    organisation: str


@dataclass(frozen=True, slots=True)
class CommentView:
    """One message of a thread."""

    number: int
    field: str
    author: str
    side: Side
    text: str
    asks: bool
    open: bool
    created: dt.datetime


@dataclass(frozen=True, slots=True)
class EventView:
    """One line of the history."""

    moment: dt.datetime
    actor: str
    side: Side
    action: str
    source: str
    target: str
    reason: str
    plan: tuple[Difference, ...] = ()
    number: int = 0
    data: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class FrozenRun:
    """The tests as they were frozen. ``intact``: they are still what the audit trail vouches for."""

    at: dt.datetime
    tests: tuple[CaseStanding, ...]
    sha256: str
    intact: bool


@dataclass(frozen=True, slots=True)
class CaseLine:
    """A case in a list."""

    reference: str
    organisation: str
    organisation_number: str
    system: str
    service: str
    state: State
    flags: frozenset[Flag]
    turn: Side | None
    clock: Reading
    changed: dt.datetime
    reviewer: str
    unit: str = ""
    near: bool = False  # the operator's promise is nearly due
    rung: int = 0  # steps of the escalation ladder climbed
    changing: bool = False  # a live connection whose data are being changed; it works as before meanwhile


@dataclass(frozen=True, slots=True)
class CaseView:
    """Everything a page needs of one case."""

    line: CaseLine
    organisation_id: int
    kind: Kind
    purpose: Purpose | None
    version: int
    round: int
    live: bool
    served: bool  # the desk carries the service to its end; else it records and forwards
    answers: Mapping[str, str]
    submitted: Mapping[str, str]
    before: Mapping[str, str]
    checklist: tuple[Item, ...]
    checks: tuple[Check, ...]
    comments: tuple[CommentView, ...]
    documents: tuple[DocumentView, ...]
    invoices: tuple[InvoiceView, ...]
    environments: tuple[EnvironmentView, ...]
    tests: tuple[CaseStanding, ...]
    run: FrozenRun | None  # the tests as they were when going live was asked for
    history: tuple[EventView, ...]
    created: dt.datetime

    @property
    def changed_fields(self) -> frozenset[str]:
        """Fields that differ from what was sent the time before."""
        if not self.before:
            return frozenset()
        names = {*self.submitted, *self.before}
        return frozenset(name for name in names if self.submitted.get(name, "") != self.before.get(name, ""))

    def environment(self, environment: Environment) -> EnvironmentView:
        """Return the card of an environment."""
        return next(card for card in self.environments if card.environment is environment)


@dataclass(frozen=True, slots=True)
class Membership:
    """One member of a team."""

    person_id: int
    name: str
    email: str
    roles: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class OrganisationView:
    """An organisation, its team and its systems."""

    id: int
    number: str
    name: str
    kind: Kind
    members: tuple[Membership, ...] = ()
    systems: tuple[tuple[int, str], ...] = ()
    contract: str = ""


@dataclass(frozen=True, slots=True)
class Promise:
    """What applicants may expect: the limit, and what was reached lately."""

    limit_days: float
    within_days: int | None
    share: float = field(default=0.8)
