"""The API listener of one environment, wired."""

from __future__ import annotations

from pathlib import Path

from msign.access.reports import Reporter
from msign.access.traffic import CallMeter
from msign.config.options import Options
from msign.config.wiring import Services
from msign.faces.soap.app import SoapApp
from msign.faces.soap.listener import Listener
from msign.faces.soap.options import SoapOptions
from msign.faces.soap.peer import peer_source
from msign.kernel.words import Environment
from msign.pki.trust import certificates_in


def listener(services: Services, environment: Environment) -> Listener:
    """Return the listener, not yet bound."""
    options = services.options
    certificate, key = _tls_files(options)
    behind_proxy = options.api.certificate_source != "tls"
    return Listener(
        application(services, environment),
        host=options.ports.host,
        port=options.ports.api_test if environment is Environment.TEST else options.ports.api_production,
        certificate=None if behind_proxy else certificate,
        key=None if behind_proxy else key,
        anchors=lambda: _anchors(services, environment),
        client_certificate=options.api.client_certificate,
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
        peers=peer_source(
            services.options.api.certificate_source,
            trusted=services.options.api.trusted_proxies,
            proxy_count=services.options.api.proxy_count,
        ),
    )


def _soap_options(options: Options, environment: Environment) -> SoapOptions:
    test = environment is Environment.TEST
    return SoapOptions(
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
