"""Settings of the connection desk and its letters, by section: types, defaults, reasons. ``options`` reads them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Desk:
    """The connection desk. Terms that are published nowhere are settings (connection process, 7, 9 and 10)."""

    registers: str = ""  # folder of organisations.json and systems.json; empty: {data}/registers
    review_working_days: float = 10.0
    connection_working_days: float = 7.0
    escalation: tuple[str, ...] = ("50:reviewer", "80:reviewers", "100:head")  # percent of the promised days: who
    escalation_repeat_days: float = 2.0  # after the last rung again and again; 0: never
    escalation_head: tuple[str, ...] = ()  # mailboxes of those who answer for the promises
    near_due_percent: float = 80.0  # from here on the queue says "nearly due"
    sign_in_links_an_hour: int = 5  # for one address: enough for people, too few to fill a mailbox
    sign_in_visitor_links_an_hour: int = 120  # asked for from one network address, an office perhaps
    session_hours: float = 12.0  # a working day; then a person signs in with a new link
    fee_due_days: int = 30
    fee_grace_days: int = 30
    fee_required_before: Literal["production", "test", "none"] = "production"
    ip_max_entries: int = 16
    ip_min_prefix_v4: int = 28
    ip_min_prefix_v6: int = 64
    register_missing_few: int = 5  # so many systems may leave the RRSI at once, …
    register_missing_percent: float = 20.0  # … or so many of a hundred; more is not believed before people look
    revocation_freshness_days: int = 7  # how long "not revoked" counts when an authority does not answer
    gateway_certificate: str = ""  # PEM; the desk's own system certificate. Empty: the sandbox's demo system
    gateway_key: str = ""
    gateway_ca: str = ""  # empty: the machine's anchors, or the sandbox's


@dataclass(frozen=True, slots=True)
class Certificate:
    """Which system certificates the desk accepts (connection process, 6)."""

    reuse_scope: Literal["system", "organisation"] = "system"  # who may share one: the seed and the MPass page differ
    max_lifetime_days: int = 0  # 0: no bound, since none is published
    min_rsa_bits: int = 2048
    organisation_required: bool = False  # refuse a certificate that names no organisation
    revocation_unknown: Literal["refuse", "accept"] = "refuse"  # when access is opened and the authority is silent


@dataclass(frozen=True, slots=True)
class GoLive:
    """What production waits for (connection process, 11 and 13)."""

    operator_confirmation: bool = True  # the operator confirms after the beneficiary's own validation
    required_tests: tuple[str, ...] = tuple(f"TC_FUNCT_0{number}" for number in range(1, 7))


@dataclass(frozen=True, slots=True)
class Documents:
    """Contract, annex and invoice."""

    templates: str = ""  # folder of contract.toml, annex.toml, invoice.toml; empty: the shipped samples
    operator_idno: str = ""  # this and the next three: how papers name the operator; empty: samples
    operator_address: str = ""
    operator_represented_by: str = ""  # the head in whose name the signatories sign
    operator_bank: str = ""
    contract_months: int = 0  # term of new contracts; 0: they hold until a party ends them


@dataclass(frozen=True, slots=True)
class Sla:
    """Working days (connection process, 10)."""

    holidays: str = ""  # TOML file with moved_free and moved_working days; holidays by law are known


@dataclass(frozen=True, slots=True)
class Mail:
    """How letters go out. Without a host they stay in the outbox and a page shows them: the embedded default."""

    host: str = ""
    port: int = 587
    security: Literal["starttls", "tls", "none"] = "starttls"
    user: str = ""
    password: str = ""
    sender: str = "msign@localhost"
