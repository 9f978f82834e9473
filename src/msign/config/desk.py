"""The connection desk, wired: the gateway as its client sees it, judges, registers, letters, recurring work."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from msign.client.api import SoapClient
from msign.config.deskgateway import ClientGateway
from msign.config.options import Options
from msign.connections import trailcheck
from msign.connections.addresses import AddressPolicy
from msign.connections.calendar import WorkingCalendar, read_days
from msign.connections.chain import TrustChainJudge
from msign.connections.escalation import EscalationPolicy, read_rungs
from msign.connections.fees import Before, FeePolicy
from msign.connections.observed import AuditCallLog
from msign.connections.ports import Desk, DeskPolicy, Judge, Operator
from msign.connections.registers.local import LocalOrganisations, LocalSystems, install_samples
from msign.connections.services.steps import complete_when_told
from msign.connections.trailcheck import TrailCheck
from msign.connections.upkeep import DAILY, TICK, Upkeep
from msign.jobs.values import Handler
from msign.kernel.clock import Clock
from msign.kernel.errors import invalid
from msign.kernel.words import Environment
from msign.notices.services import JOB, Deliverer
from msign.notices.transports import LocalMailbox, NoTransport, SmtpTransport
from msign.notices.values import Transport
from msign.pki.evidence import RevocationSource
from msign.pki.trust import TrustStore

_GATEWAY_SECONDS = 30.0  # a person waits for the page


def desk(
    options: Options, *, clock: Clock, judge: Judge, revocation: RevocationSource, trust: Mapping[Environment, Path]
) -> Desk:
    """Return the desk of a process. ``trust`` names the folder of anchors of each environment."""
    registers = Path(options.desk.registers) if options.desk.registers else options.data_path / "registers"
    if options.sandbox:
        install_samples(registers)
    return Desk(
        clock=clock,
        gateway=_gateway(options),
        judge=judge,
        chain=TrustChainJudge(
            trust={place: TrustStore.from_folder(folder) for place, folder in trust.items()},
            revocation=revocation,
            clock=clock,
        ),
        calls=AuditCallLog(),
        organisations=LocalOrganisations(registers),
        systems=LocalSystems(registers),
        web_url=options.web_url,
        api_urls={place: _api_url(options, place) for place in Environment},
        policy=_policy(options),
    )


def job_handlers(made: Desk, options: Options) -> dict[str, Handler]:
    """Return what the worker does for the desk."""
    deliverer = Deliverer(
        transport=_transport(options),
        clock=made.clock,
        sender=options.mail.sender,
        after=functools.partial(complete_when_told, made),
    )
    upkeep = Upkeep(desk=made)
    trail = TrailCheck(clock=made.clock)
    return {JOB: deliverer.handle, TICK: upkeep.tick, DAILY: upkeep.daily, trailcheck.JOB: trail.handle}


def _policy(options: Options) -> DeskPolicy:
    chosen = options.desk
    return DeskPolicy(
        operator=replace(Operator(), name=options.site.operator, email=options.site.email, phone=options.site.phone),
        fees=FeePolicy(
            due_days=chosen.fee_due_days,
            grace_days=chosen.fee_grace_days,
            required_before=Before(chosen.fee_required_before),
        ),
        addresses=AddressPolicy(
            max_entries=chosen.ip_max_entries,
            min_prefix_v4=chosen.ip_min_prefix_v4,
            min_prefix_v6=chosen.ip_min_prefix_v6,
            allow_special=options.sandbox,
        ),
        id_check=options.sign.id_check_test if options.sandbox else options.sign.id_check_production,
        calendar=WorkingCalendar(
            moved_free=read_days("desk.days_off", chosen.days_off),
            moved_working=read_days("desk.days_worked", chosen.days_worked),
        ),
        escalation=_ladder(options),
        review_days=chosen.review_working_days,
        connection_days=chosen.connection_working_days,
        # A page that shows sign-in links to everybody belongs into a sandbox only.
        local_mailbox=options.sandbox and not options.mail.host,
    )


def _ladder(options: Options) -> EscalationPolicy:
    chosen = options.desk
    try:
        rungs = read_rungs(chosen.escalation)
    except ValueError as error:
        raise invalid("desk.escalation", str(error)) from error
    return EscalationPolicy(
        rungs=rungs,
        repeat_days=chosen.escalation_repeat_days,
        near_share=chosen.near_due_percent / 100,
        head=chosen.escalation_head,
    )


def _transport(options: Options) -> Transport:
    mail = options.mail
    if not mail.host:
        return LocalMailbox() if options.sandbox else NoTransport()
    return SmtpTransport(host=mail.host, port=mail.port, security=mail.security, user=mail.user, password=mail.password)


def _gateway(options: Options) -> ClientGateway:
    demo, chosen = options.data_path / "demo", options.desk
    ca = chosen.gateway_ca or (str(demo / "ca.pem") if options.sandbox else "")
    return ClientGateway(
        make=functools.partial(
            SoapClient,
            _api_url(options, options.home),
            certificate=Path(chosen.gateway_certificate or demo / "desk.pem"),
            key=Path(chosen.gateway_key or demo / "desk.key"),
            ca=Path(ca) if ca else None,
            timeout_seconds=_GATEWAY_SECONDS,
        ),
        web_url=options.web_url,
    )


def _api_url(options: Options, environment: Environment) -> str:
    test = environment is Environment.TEST
    public = options.api.public_url_test if test else options.api.public_url_production
    port = options.ports.api_test if test else options.ports.api_production
    return public or f"https://{options.ports.host}:{port}/MSign.svc"
