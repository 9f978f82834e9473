"""The connection desk, wired: the gateway as its client sees it, judges, registers, letters, recurring work."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

from msign.client.api import SoapClient
from msign.config import trustlists
from msign.config.deskgateway import ClientGateway
from msign.config.options import Options
from msign.connections import trailcheck
from msign.connections.addresses import AddressPolicy
from msign.connections.calendar import WorkingCalendar, read_decisions
from msign.connections.catalogue import TEST_CASES
from msign.connections.certificates import CertificatePolicy, ReuseScope
from msign.connections.chain import TrustChainJudge
from msign.connections.conformance.traffic import ObservedTraffic
from msign.connections.conformance.values import Instrument
from msign.connections.documents.templates import load_texts
from msign.connections.escalation import EscalationPolicy, read_rungs
from msign.connections.fees import Before, FeePolicy
from msign.connections.operator import Operator
from msign.connections.ports import AccessEngine, Desk, DeskPolicy, Judge
from msign.connections.registers.local import LocalOrganisations, LocalSystems, install_samples
from msign.connections.services.steps import complete_when_told
from msign.connections.terms import TermPolicy
from msign.connections.trailcheck import TrailCheck
from msign.connections.upkeep import DAILY, REVOCATION, TICK, Upkeep
from msign.jobs.values import Handler
from msign.kernel.clock import Clock
from msign.kernel.errors import Code, MSignError, invalid
from msign.kernel.words import Environment
from msign.notices.services import JOB, Deliverer
from msign.notices.transports import LocalMailbox, NoTransport, SmtpTransport
from msign.notices.values import Transport
from msign.pki.evidence import RevocationSource
from msign.pki.trust import TrustStore

_GATEWAY_SECONDS = 30.0  # a person waits for the page


def desk(
    options: Options,
    *,
    clock: Clock,
    judge: Judge,
    revocation: RevocationSource,
    trust: Mapping[Environment, Path],
    instruments: Callable[[], tuple[Instrument, ...]],
    engine: AccessEngine,
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
        engine=engine,
        calls=ObservedTraffic(),
        instruments=instruments,
        organisations=LocalOrganisations(registers),
        systems=LocalSystems(registers),
        web_url=options.web_url,
        api_urls={place: _api_url(options, place) for place in Environment},
        policy=_policy(options),
        warnings=functools.partial(trustlists.warnings, options),
    )


def check_ready(options: Options) -> None:
    """Raise ``MSignError`` (``MISCONFIGURED``) for a setting of the desk that would fail later, when people need it.

    Outside a sandbox the desk needs a certificate of its own: it signs its papers through the gateway's public API.
    """
    _policy(options)
    if options.sandbox:
        return
    for name in ("gateway_certificate", "gateway_key"):
        file = getattr(options.desk, name)
        if not file or not Path(file).is_file():
            what = f"{file} does not exist" if file else "needed outside a sandbox: the desk's own system certificate"
            raise MSignError(Code.MISCONFIGURED, what, member=f"desk.{name}")


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
    return {
        JOB: deliverer.handle,
        TICK: upkeep.tick,
        DAILY: upkeep.daily,
        REVOCATION: upkeep.revocation,
        trailcheck.JOB: trail.handle,
    }


def _policy(options: Options) -> DeskPolicy:
    chosen = options.desk
    return DeskPolicy(
        texts=load_texts(Path(options.documents.templates) if options.documents.templates else None),
        calendar=read_decisions(Path(options.sla.holidays)) if options.sla.holidays else WorkingCalendar(),
        certificates=_certificates(options),
        operator_confirmation=options.golive.operator_confirmation,
        required_tests=_required_tests(options),
        operator=_operator(options),
        fees=FeePolicy(
            due_days=chosen.fee_due_days,
            grace_days=chosen.fee_grace_days,
            required_before=Before(chosen.fee_required_before),
        ),
        term=_term(options),
        addresses=AddressPolicy(
            max_entries=chosen.ip_max_entries,
            min_prefix_v4=chosen.ip_min_prefix_v4,
            min_prefix_v6=chosen.ip_min_prefix_v6,
            allow_special=options.sandbox,
        ),
        id_check=options.sign.id_check_test if options.sandbox else options.sign.id_check_production,
        escalation=_ladder(options),
        links_an_hour=chosen.sign_in_links_an_hour,
        links_for_visitor=chosen.sign_in_visitor_links_an_hour,
        session_hours=chosen.session_hours,
        review_days=chosen.review_working_days,
        connection_days=chosen.connection_working_days,
        register_few=chosen.register_missing_few,
        register_share=chosen.register_missing_percent / 100,
        revocation_days=chosen.revocation_freshness_days,
        fault_serial_format=options.soap.fault_serial_format,
        address_refusal=options.api.ip_reject,
        # A page that shows sign-in links to everybody belongs into a sandbox only.
        local_mailbox=options.sandbox and not options.mail.host,
    )


def _operator(options: Options) -> Operator:
    papers, site = options.documents, options.site
    chosen = {
        "number": papers.operator_idno,
        "address": papers.operator_address,
        "represented_by": papers.operator_represented_by,
        "bank": papers.operator_bank,
    }
    named = replace(Operator(), name=site.operator, email=site.email, phone=site.phone)
    return replace(named, **{name: value for name, value in chosen.items() if value})


def _term(options: Options) -> TermPolicy:
    if not 0 <= options.documents.contract_months <= 1200:
        what = "from 0 (no term) to 1200 months"
        raise MSignError(Code.MISCONFIGURED, what, member="documents.contract_months")
    return TermPolicy(months=options.documents.contract_months)


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


def _certificates(options: Options) -> CertificatePolicy:
    chosen = options.certificate
    return CertificatePolicy(
        min_rsa_bits=chosen.min_rsa_bits,
        reuse_scope=ReuseScope(chosen.reuse_scope),
        max_lifetime_days=chosen.max_lifetime_days or None,
        organisation_required=chosen.organisation_required,
        accept_unknown_revocation=chosen.revocation_unknown == "accept",
    )


def _required_tests(options: Options) -> tuple[str, ...]:
    if unknown := [code for code in options.golive.required_tests if code not in TEST_CASES]:
        known = ", ".join(TEST_CASES)
        raise MSignError(
            Code.MISCONFIGURED,
            f"no such test case: {', '.join(unknown)}; known: {known}",
            member="golive.required_tests",
        )
    return options.golive.required_tests


def _transport(options: Options) -> Transport:
    mail = options.mail
    if not mail.host:
        return LocalMailbox() if options.sandbox else NoTransport()
    return SmtpTransport(host=mail.host, port=mail.port, security=mail.security, user=mail.user, password=mail.password)


def _gateway(options: Options) -> ClientGateway:
    demo, chosen = options.data_path / "demo", options.desk
    if not options.sandbox and not (chosen.gateway_certificate and chosen.gateway_key):
        return ClientGateway(make=_no_certificate, web_url=options.web_url)
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


def _no_certificate() -> SoapClient:
    """Outside a sandbox nobody signs with what a former one left in the data folder."""
    raise MSignError(Code.UNAVAILABLE, "desk.gateway_certificate and desk.gateway_key are not set")


def _api_url(options: Options, environment: Environment) -> str:
    test = environment is Environment.TEST
    public = options.api.public_url_test if test else options.api.public_url_production
    port = options.ports.api_test if test else options.ports.api_production
    return public or f"https://{options.ports.host}:{port}/MSign.svc"
