"""The demo systems of the sandbox, let in on both environments, so that a newcomer can call at once."""

from __future__ import annotations

from cryptography import x509
from cryptography.x509.oid import NameOID

from msign.access import queries, services
from msign.config import wiring
from msign.config.options import Options
from msign.connections import demo as connections_demo
from msign.kernel.clock import SystemClock
from msign.kernel.errors import Code, MSignError
from msign.kernel.words import Environment

ACTOR = "msign run"
SYSTEMS = ("client", "client2", "desk")
LOOPBACK = ("127.0.0.1/32", "::1/128")


def seed(options: Options) -> None:
    """Register what is not registered yet; what an operator changed since stays as it is."""
    for name in SYSTEMS:
        certificate = (options.data_path / "demo" / f"{name}.pem").read_bytes()
        identifier = f"demo-{name}"
        if queries.system(identifier) is None:
            _register(identifier, certificate)
        else:
            _renew(identifier, certificate)
    connections_demo.seed(wiring.build(options).desk)


def _register(identifier: str, certificate: bytes) -> None:
    at = SystemClock().now()
    subject = x509.load_pem_x509_certificate(certificate).subject
    organisation = _value(subject, NameOID.ORGANIZATION_NAME)
    services.register_system(
        name=_value(subject, NameOID.COMMON_NAME),
        organisation_name=organisation.rpartition(" ")[0] or organisation,
        organisation_id=organisation.rpartition(" ")[2],
        at=at,
        actor=ACTOR,
        system_id=identifier,
    )
    for environment in Environment:
        _pin(identifier, environment, certificate)
        for network in LOOPBACK:
            services.add_network(system_id=identifier, environment=environment, network=network, at=at, actor=ACTOR)
        services.enable(system_id=identifier, environment=environment, at=at, actor=ACTOR)


def _renew(identifier: str, certificate: bytes) -> None:
    """The sandbox renews the demo certificates before they expire; the new one is pinned beside the old one.

    One that somebody has revoked, or has given to another system, stays as it is and is no reason not to start.
    """
    for environment in Environment:
        try:
            _pin(identifier, environment, certificate)
        except MSignError as error:
            if error.code is not Code.CONFLICT:
                raise


def _pin(identifier: str, environment: Environment, certificate: bytes) -> None:
    services.add_certificate(
        system_id=identifier,
        environment=environment,
        certificate=certificate,
        at=SystemClock().now(),
        actor=ACTOR,
        both_environments=True,
    )


def _value(subject: x509.Name, kind: x509.ObjectIdentifier) -> str:
    found = subject.get_attributes_for_oid(kind)
    return str(found[0].value) if found else ""
