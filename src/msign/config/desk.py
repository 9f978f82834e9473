"""The connection desk, wired: its gateway is ours, reached over the public API like by any other system."""

from __future__ import annotations

import datetime as dt
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlencode

from msign.client.api import SoapClient
from msign.client.outgoing import Outgoing
from msign.config.options import Options
from msign.config.wiring import Services
from msign.connections.addresses import AddressPolicy
from msign.connections.observed import AuditCallLog
from msign.connections.ports import ChainVerdict, Desk, DeskPolicy, GatewayResult, Operator
from msign.connections.registers.local import LocalOrganisations, LocalSystems, install_samples
from msign.kernel.clock import Clock
from msign.kernel.identifiers import IdCheck
from msign.kernel.languages import Language
from msign.kernel.words import ContentType, Environment, SignStatus
from msign.pki.certificate import ParsedCertificate, parse
from msign.pki.evidence import RevocationSource
from msign.pki.path import PathBuilder
from msign.pki.revocation import StatusFinder, StatusKind
from msign.pki.trust import ServiceRole, TrustStore
from msign.signrequests.values import ExpectedSigner


def desk(services: Services) -> Desk:
    """Return the collaborators of the desk."""
    options, registers = services.options, services.options.data_path / "registers"
    if options.sandbox:
        install_samples(registers)
    return Desk(
        clock=services.clock,
        gateway=PublicApi(connect=lambda: _client(options), web_url=options.web_url),
        judge=services.validators[Environment.PRODUCTION].pdf,
        chain=SystemChains(
            trust={environment: services.trust_folder(environment) for environment in Environment},
            revocation=services.revocation,
            clock=services.clock,
        ),
        calls=AuditCallLog(),
        organisations=LocalOrganisations(registers),
        systems=LocalSystems(registers),
        web_url=options.web_url,
        api_urls={environment: _api_url(options, environment) for environment in Environment},
        policy=_policy(options),
    )


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


@dataclass(frozen=True, slots=True)
class SystemChains:
    """Judges system certificates: the anchors of an environment, then OCSP and CRL."""

    trust: Mapping[Environment, Path]
    revocation: RevocationSource
    clock: Clock

    def judge(self, certificate: bytes, environment: Environment) -> ChainVerdict:
        """Return the verdict on a DER certificate."""
        now = self.clock.now()
        builder = PathBuilder(trust=TrustStore.from_folder(self.trust[environment]), roles=(ServiceRole.SYSTEMS,))
        found = builder.best(parse(certificate), now)
        if found.path is None or found.failures:
            return ChainVerdict(trusted=False)
        return ChainVerdict(trusted=True, revoked=self._revoked(builder, found.path.certificates, now))

    def _revoked(self, builder: PathBuilder, chain: tuple[ParsedCertificate, ...], now: dt.datetime) -> bool | None:
        if len(chain) < 2:
            return None
        status = StatusFinder(builder=builder, source=self.revocation).status(chain[0], chain[1:], now, now)
        match status.kind:
            case StatusKind.GOOD:
                return False
            case StatusKind.REVOKED | StatusKind.SUSPENDED:
                return True
            case _:
                return None


def _client(options: Options) -> SoapClient:
    demo = options.data_path / "demo"
    chosen = options.desk
    return SoapClient(
        _api_url(options, Environment.PRODUCTION),
        certificate=Path(chosen.certificate or demo / "desk.pem"),
        key=Path(chosen.key or demo / "desk.key"),
        ca=Path(chosen.ca) if chosen.ca else demo / "ca.pem",
    )


def _api_url(options: Options, environment: Environment) -> str:
    test = environment is Environment.TEST
    public = options.api.public_url_test if test else options.api.public_url_production
    port = options.ports.api_test if test else options.ports.api_production
    return public or f"https://{options.ports.host}:{port}/MSign.svc"


def _policy(options: Options) -> DeskPolicy:
    return DeskPolicy(
        operator=Operator(name=options.site.operator, email=options.site.email, phone=options.site.phone),
        addresses=AddressPolicy(allow_special=options.sandbox),
        id_check=IdCheck.FORMAT if options.sandbox else IdCheck.STRICT,
        local_mailbox=not options.mail.host,
    )
