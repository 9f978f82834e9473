"""The connection desk, wired: the gateway as its client sees it, judges, registers, letters, recurring work."""

from __future__ import annotations

import functools
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from msign.client.api import SoapClient
from msign.client.outgoing import Outgoing
from msign.config.options import Options
from msign.connections.addresses import AddressPolicy
from msign.connections.chain import TrustChainJudge
from msign.connections.fees import Before, FeePolicy
from msign.connections.observed import AuditCallLog
from msign.connections.ports import Desk, DeskPolicy, GatewayResult, Operator
from msign.connections.registers.local import LocalOrganisations, LocalSystems, install_samples
from msign.connections.services.steps import complete_when_told
from msign.connections.upkeep import DAILY, TICK, Upkeep
from msign.jobs.values import Handler
from msign.kernel.languages import Language
from msign.kernel.words import ContentType, Environment, SignStatus
from msign.notices.services import JOB, Deliverer
from msign.notices.transports import LocalMailbox, SmtpTransport
from msign.notices.values import Transport
from msign.pki.trust import TrustStore
from msign.signrequests.values import ExpectedSigner

if TYPE_CHECKING:
    from msign.config.wiring import Services


def desk(services: Services) -> Desk:
    """Return the desk of a process."""
    options = services.options
    registers = Path(options.desk.registers) if options.desk.registers else options.data_path / "registers"
    if options.sandbox:
        install_samples(registers)
    return Desk(
        clock=services.clock,
        gateway=PublicApi(connect=lambda: _client(options), web_url=options.web_url),
        judge=services.validators[_home(options)].pdf,
        chain=TrustChainJudge(
            trust={place: TrustStore.from_folder(services.trust_folder(place)) for place in Environment},
            revocation=services.revocation,
            clock=services.clock,
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
    return {JOB: deliverer.handle, TICK: upkeep.tick, DAILY: upkeep.daily}


@dataclass(frozen=True, slots=True)
class PublicApi:
    """Posts papers to be signed and fetches them, with the desk's own system certificate."""

    connect: Callable[[], SoapClient]
    web_url: str

    def post(self, *, document: bytes, name: str, description: str, expected_person: str, correlation_id: str) -> str:
        """Post a PDF to be signed by the person with this IDNP; return the request id. Raises ``MSignError``."""
        content = Outgoing(document, correlation_id=correlation_id, name=name, multiple_signatures=True)
        with self.connect() as client:
            return client.post(
                [content],
                content_type=ContentType.PDF,
                short_description=description[:90],
                expected_signer=ExpectedSigner(id=expected_person),
            )

    def result(self, request_id: str, language: Language) -> GatewayResult:
        """Return where the request stands. Raises ``MSignError``."""
        with tempfile.TemporaryDirectory() as folder, self.connect() as client:
            target = Path(folder) / "signed.pdf"
            fetched = client.get_response(request_id, lambda _n: target, language=language)
            document = target.read_bytes() if fetched.status is SignStatus.SUCCESS else None
        return GatewayResult(fetched.status, fetched.message or "", document)

    def sign_url(self, request_id: str, return_url: str, language: Language) -> str:
        """Return where to send the person."""
        return f"{self.web_url}/{request_id}?{urlencode({'ReturnUrl': return_url, 'lang': language.value})}"


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
        review_days=chosen.review_working_days,
        connection_days=chosen.connection_working_days,
        local_mailbox=not options.mail.host,
    )


def _transport(options: Options) -> Transport:
    mail = options.mail
    if not mail.host:
        return LocalMailbox()
    return SmtpTransport(host=mail.host, port=mail.port, security=mail.security, user=mail.user, password=mail.password)


def _client(options: Options) -> SoapClient:
    demo, chosen = options.data_path / "demo", options.desk
    return SoapClient(
        _api_url(options, _home(options)),
        certificate=Path(chosen.gateway_certificate or demo / "desk.pem"),
        key=Path(chosen.gateway_key or demo / "desk.key"),
        ca=Path(chosen.gateway_ca) if chosen.gateway_ca else demo / "ca.pem" if options.sandbox else None,
    )


def _home(options: Options) -> Environment:
    """Papers are signed in production; in a sandbox there is only the test environment's trust."""
    return Environment.TEST if options.sandbox else Environment.PRODUCTION


def _api_url(options: Options, environment: Environment) -> str:
    test = environment is Environment.TEST
    public = options.api.public_url_test if test else options.api.public_url_production
    port = options.ports.api_test if test else options.ports.api_production
    return public or f"https://{options.ports.host}:{port}/MSign.svc"
