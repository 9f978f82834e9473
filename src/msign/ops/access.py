"""`msign access`: who may call the API, from where, with which certificate; and why a call is refused."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import click
from rich.console import Console
from rich.table import Column, Table

from msign.kernel.clock import SystemClock
from msign.kernel.words import Environment
from msign.ops.access_common import ACTOR, environment_option, find, json_option, system_option, told
from msign.ops.access_questions import calls, check, refused


@click.group()
def access() -> None:
    """Systems, certificates and networks: who may call the API."""
    import django

    django.setup()


@access.group()
def system() -> None:
    """Information systems."""


@system.command("add")
@click.argument("name")
@click.option("--organisation", required=True, help="Name of the organisation.")
@click.option("--idno", required=True, help="IDNO of the organisation, 13 digits.")
def system_add(name: str, organisation: str, idno: str) -> None:
    """Make a system known; prints its id."""
    from msign.access import services

    now = SystemClock().now()
    print(
        told(
            lambda: services.register_system(
                name=name, organisation_name=organisation, organisation_id=idno, at=now, actor=ACTOR
            )
        )
    )


@system.command("list")
@json_option
def system_list(as_json: bool) -> None:
    """List all systems."""
    from msign.access import queries

    found = list(queries.systems())
    if as_json:
        print(json.dumps([dataclasses.asdict(one) for one in found], ensure_ascii=False))
        return
    table = Table(Column("id", no_wrap=True, min_width=32), "name", "organisation", "IDNO")
    for one in found:
        table.add_row(one.id, one.name, one.organisation_name, one.organisation_id)
    Console().print(table)


@system.command("show")
@click.argument("system")
@json_option
def system_show(system: str, as_json: bool) -> None:
    """Show all that is enforced for a system."""
    from msign.access import queries

    found = find(system)
    states = [queries.access_state(found, environment) for environment in Environment]
    if as_json:
        print(json.dumps([dataclasses.asdict(one) for one in states], default=str, ensure_ascii=False))
        return
    table = Table("environment", "access", "certificates", "networks")
    for one in states:
        rests = "suspended: " + ", ".join(one.suspensions) if one.suspensions else "enabled"
        certificates = [f"{c.serial} {c.status} until {c.not_after:%Y-%m-%d}" for c in one.certificates]
        table.add_row(
            one.environment, rests if one.enabled else "not enabled", "\n".join(certificates), "\n".join(one.networks)
        )
    Console().print(table)


@access.group()
def certificate() -> None:
    """Pinned system certificates."""


@certificate.command("add")
@system_option
@environment_option
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def certificate_add(system: str, environment: str, file: Path) -> None:
    """Pin the certificate in FILE (PEM or DER)."""
    from msign.access import services

    found = find(system)
    info = told(
        lambda: services.add_certificate(
            system_id=found,
            environment=Environment(environment),
            certificate=file.read_bytes(),
            at=SystemClock().now(),
            actor=ACTOR,
        )
    )
    print(f"{info.serial} valid until {info.not_after:%Y-%m-%d}: {info.subject}")


@certificate.command("revoke")
@system_option
@environment_option
@click.argument("serial")
@click.option("--reason", default="", help="Kept in the audit trail.")
def certificate_revoke(system: str, environment: str, serial: str, reason: str) -> None:
    """Take the certificate with this serial number out of use, for good."""
    from msign.access import services

    found, where = find(system), Environment(environment)
    told(
        lambda: services.end_certificate(
            system_id=found, environment=where, serial=serial, reason=reason, at=SystemClock().now(), actor=ACTOR
        )
    )


@access.group()
def network() -> None:
    """Addresses and networks that calls may come from."""


@network.command("add")
@system_option
@environment_option
@click.argument("network")
def network_add(system: str, environment: str, network: str) -> None:
    """Let calls from NETWORK in."""
    from msign.access import services

    found, where = find(system), Environment(environment)
    now = SystemClock().now()
    text = told(lambda: services.add_network(system_id=found, environment=where, network=network, at=now, actor=ACTOR))
    print(text)


@network.command("remove")
@system_option
@environment_option
@click.argument("network")
def network_remove(system: str, environment: str, network: str) -> None:
    """Stop letting calls from NETWORK in."""
    from msign.access import services

    found, where = find(system), Environment(environment)
    now = SystemClock().now()
    told(lambda: services.remove_network(system_id=found, environment=where, network=network, at=now, actor=ACTOR))


@access.command()
@system_option
@environment_option
def enable(system: str, environment: str) -> None:
    """Let a system use an environment."""
    from msign.access import services

    found, where = find(system), Environment(environment)
    told(lambda: services.enable(system_id=found, environment=where, at=SystemClock().now(), actor=ACTOR))


@access.command()
@system_option
@environment_option
@click.option("--reason", default="", help="Kept in the audit trail.")
def disable(system: str, environment: str, reason: str) -> None:
    """Take an environment from a system."""
    from msign.access import services

    found, where = find(system), Environment(environment)
    now = SystemClock().now()
    told(lambda: services.disable(system_id=found, environment=where, at=now, actor=ACTOR, reason=reason))


for command in (check, refused, calls):
    access.add_command(command)
