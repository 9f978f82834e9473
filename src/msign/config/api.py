"""The API listener of one environment, wired."""

from __future__ import annotations

from pathlib import Path

from msign.access import registry
from msign.access.reports import Reporter
from msign.access.traffic import CallMeter
from msign.access.values import Decision
from msign.config.options import Options
from msign.config.wiring import Services, quota_of
from msign.faces.rest.clients import PATH as CLIENTS
from msign.faces.rest.clients import ClientRegistry
from msign.faces.soap.app import Scope, SoapApp
from msign.faces.soap.body import Receive
from msign.faces.soap.exchange import Send
from msign.faces.soap.listener import Listener
from msign.faces.soap.options import SoapOptions
from msign.faces.soap.peer import PeerCertificateSource, peer_source
from msign.faces.soap.turns import UploadTurns
from msign.kernel.words import Environment
from msign.pki.trust import certificates_in
from msign.signrequests import quotas


def listener(services: Services, environment: Environment) -> Listener:
    """Return the listener, not yet bound."""
    options = services.options
    certificate, key = _tls_files(options)
    behind_proxy = options.api.certificate_source != "tls"
    return Listener(
        ApiFaces(soap=application(services, environment), registry=client_registry(services, environment)),
        host=options.ports.host,
        port=options.ports.api_test if environment is Environment.TEST else options.ports.api_production,
        certificate=None if behind_proxy else certificate,
        key=None if behind_proxy else key,
        anchors=lambda: _anchors(services, environment),
        client_certificate=options.api.client_certificate,
    )


class ApiFaces:
    """What an API listener serves: the SOAP contract, and the client registry beside it."""

    def __init__(self, *, soap: SoapApp, registry: ClientRegistry) -> None:
        self._soap = soap
        self._registry = registry

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Hand a request over by its path; the server's life is followed by the SOAP face."""
        if scope["type"] == "http" and scope["path"].rstrip("/").lower() == CLIENTS:
            await self._registry(scope, receive, send)
            return
        await self._soap(scope, receive, send)
        if scope["type"] == "lifespan":
            self._registry.close()


def client_registry(services: Services, environment: Environment) -> ClientRegistry:
    """Return the client registry of one environment."""
    peers = _peers(services)

    def decide(scope: Scope) -> Decision:
        peer = peers.read(scope)
        return services.gate.decide(environment, peer.certificate, peer.address)

    return ClientRegistry(
        decide=decide,
        callers=frozenset(services.options.registry.callers),
        everybody=lambda: registry.clients(environment, services.clock.now()),
        by_id=lambda text: registry.client_by_id(environment, text, services.clock.now()),
        by_serial=lambda text: registry.client_by_serial(environment, text, services.clock.now()),
        max_age_seconds=services.options.registry.max_age_seconds,
    )


def reporter(services: Services, environment: Environment) -> Reporter:
    """Return what tells the desk which state of access this process enforces; not yet started."""
    return Reporter(environment=environment, generation=lambda: services.gate.generation, clock=services.clock)


def application(services: Services, environment: Environment) -> SoapApp:
    """Return the SOAP face of one environment."""
    return SoapApp(
        environment=environment,
        gate=services.gate,
        service=services.requests,
        store=services.store,
        validator=services.validators[environment],
        options=_soap_options(services.options, environment),
        observer=CallMeter(clock=services.clock),
        turns=_turns(services),
        witness=services.witness if environment is Environment.TEST else None,
        peers=_peers(services),
    )


def _turns(services: Services) -> UploadTurns:
    """Return how many large messages of a system may arrive at the same time."""
    default = quota_of(services.options)
    return UploadTurns(
        allowed=lambda caller: quotas.agreed(caller.settings, default).simultaneous_uploads,
        refuse=lambda caller, allowed: quotas.too_many_uploads(caller, allowed, services.clock.now()),
    )


def _peers(services: Services) -> PeerCertificateSource:
    chosen = services.options.api
    return peer_source(chosen.certificate_source, trusted=chosen.trusted_proxies, proxy_count=chosen.proxy_count)


def _soap_options(options: Options, environment: Environment) -> SoapOptions:
    test = environment is Environment.TEST
    return SoapOptions(
        scratch=options.scratch_path,
        max_message_bytes=options.soap.max_message_bytes,
        max_content_bytes=options.sign.max_pdf_bytes,
        max_contents=options.sign.max_contents,
        null_message=options.soap.null_message,
        unknown_language=options.soap.unknown_language,
        faultcode_form=options.soap.faultcode_form,
        fault_serial_format=options.soap.fault_serial_format,
        subject_order=options.soap.subject_order,
        wsdl_require_certificate=_wsdl_hidden(options),
        ip_reject=options.api.ip_reject,
        public_url=options.api.public_url_test if test else options.api.public_url_production,
    )


def _wsdl_hidden(options: Options) -> bool:
    chosen = options.soap.wsdl_require_certificate
    return chosen == "yes" or (chosen == "auto" and not options.sandbox)


def _tls_files(options: Options) -> tuple[Path, Path]:
    if options.api.tls_certificate:
        return Path(options.api.tls_certificate), Path(options.api.tls_key or options.api.tls_certificate)
    return options.data_path / "server" / "api.pem", options.data_path / "server" / "api.key"


def _anchors(services: Services, environment: Environment) -> list[bytes]:
    """Return the authorities of system certificates (DER); read anew, so that a file added or removed takes effect.

    The same files as the trust store reads: PEM and DER under any of the usual names.
    """
    return [one.der for one in certificates_in(services.trust_folder(environment) / "systems")]
