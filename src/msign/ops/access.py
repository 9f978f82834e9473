"""`msign access`: who may call the API, from where, with which certificate; and why a call is refused."""

from __future__ import annotations

import dataclasses
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import click
from rich.console import Console
from rich.table import Column, Table

from msign.kernel.clock import SystemClock
from msign.kernel.errors import MSignError
from msign.kernel.words import Environment

T = TypeVar("T")
ACTOR = "command"
_environment = click.option(
    "--environment",
    "-e",
    type=click.Choice([one.value for one in Environment]),
    required=True,
    help="test or production",
)
_system = click.option("--system", "-s", "system", required=True, help="Id or exact name of the system.")
_json = click.option("--json", "as_json", is_flag=True, help="For machines.")


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
        _told(
            lambda: services.register_system(
                name=name, organisation_name=organisation, organisation_id=idno, at=now, actor=ACTOR
            )
        )
    )


@system.command("list")
@_json
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
@_json
def system_show(system: str, as_json: bool) -> None:
    """Show all that is enforced for a system."""
    from msign.access import queries

    found = _find(system)
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
@_system
@_environment
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def certificate_add(system: str, environment: str, file: Path) -> None:
    """Pin the certificate in FILE (PEM or DER)."""
    from msign.access import services

    found = _find(system)
    info = _told(
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
@_system
@_environment
@click.argument("serial")
@click.option("--reason", default="", help="Kept in the audit trail.")
def certificate_revoke(system: str, environment: str, serial: str, reason: str) -> None:
    """Take the certificate with this serial number out of use, for good."""
    from msign.access import services

    found, where = _find(system), Environment(environment)
    _told(
        lambda: services.end_certificate(
            system_id=found, environment=where, serial=serial, reason=reason, at=SystemClock().now(), actor=ACTOR
        )
    )


@access.group()
def network() -> None:
    """Addresses and networks that calls may come from."""


@network.command("add")
@_system
@_environment
@click.argument("network")
def network_add(system: str, environment: str, network: str) -> None:
    """Let calls from NETWORK in."""
    from msign.access import services

    found, where = _find(system), Environment(environment)
    now = SystemClock().now()
    text = _told(lambda: services.add_network(system_id=found, environment=where, network=network, at=now, actor=ACTOR))
    print(text)


@network.command("remove")
@_system
@_environment
@click.argument("network")
def network_remove(system: str, environment: str, network: str) -> None:
    """Stop letting calls from NETWORK in."""
    from msign.access import services

    found, where = _find(system), Environment(environment)
    now = SystemClock().now()
    _told(lambda: services.remove_network(system_id=found, environment=where, network=network, at=now, actor=ACTOR))


@access.command()
@_system
@_environment
def enable(system: str, environment: str) -> None:
    """Let a system use an environment."""
    from msign.access import services

    found, where = _find(system), Environment(environment)
    _told(lambda: services.enable(system_id=found, environment=where, at=SystemClock().now(), actor=ACTOR))


@access.command()
@_system
@_environment
@click.option("--reason", default="", help="Kept in the audit trail.")
def disable(system: str, environment: str, reason: str) -> None:
    """Take an environment from a system."""
    from msign.access import services

    found, where = _find(system), Environment(environment)
    now = SystemClock().now()
    _told(lambda: services.disable(system_id=found, environment=where, at=now, actor=ACTOR, reason=reason))


@access.command()
@_environment
@click.option("--serial", help="Serial number of a pinned certificate, in any usual spelling.")
@click.option("--certificate", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="Or its file.")
@click.option("--address", required=True, help="Address that the call comes from.")
@_json
def check(environment: str, serial: str | None, certificate: Path | None, address: str, as_json: bool) -> None:
    """Say check by check whether a call would be let in. Exit status 0: yes; 1: no."""
    from msign.access.sentences import sentence
    from msign.config.options import load
    from msign.config.wiring import build

    if (serial is None) == (certificate is None):
        raise click.UsageError("give either --serial or --certificate")
    where = Environment(environment)
    gate = _told(lambda: build(load()).gate)
    der = certificate.read_bytes() if certificate else None
    results = gate.explain(where, address=address, certificate_der=der, serial=serial)
    good = all(result.outcome == "passed" for result in results)
    if as_json:
        checks = [{**dataclasses.asdict(result), "facts": dict(result.facts)} for result in results]
        print(json.dumps({"allowed": good, "checks": checks}, ensure_ascii=False))
    else:
        _print_checks([(result.outcome.value, sentence(result)) for result in results], good)
    sys.exit(0 if good else 1)


@access.command()
@click.option("--environment", "-e", type=click.Choice([one.value for one in Environment]), help="Only this one.")
@click.option("--last", default=20, show_default=True, help="How many, newest first.")
@_json
def refused(environment: str | None, last: int, as_json: bool) -> None:
    """List refused calls, alike ones counted together."""
    from msign.access.refusals import refused_attempts
    from msign.access.sentences import refusal

    found = refused_attempts(environment=Environment(environment) if environment else None, limit=last)
    if as_json:
        names = ("environment", "address", "reason", "serial", "subject", "first_at", "last_at", "count")
        rows = [{name: getattr(one, name) for name in names} for one in found]
        print(json.dumps(rows, default=str, ensure_ascii=False))
        return
    table = Table("last", "times", "environment", "address", "serial", "why")
    for one in found:
        moment = one.last_at.strftime("%Y-%m-%d %H:%M:%S")
        table.add_row(moment, str(one.count), one.environment, one.address, one.serial, refusal(one.reason))
    Console().print(table)


def _print_checks(rows: list[tuple[str, str]], good: bool) -> None:
    signs = {"passed": "[green]✓[/]", "failed": "[bold red]✗[/]", "skipped": "[dim]–[/]"}
    console = Console(soft_wrap=True)
    for outcome, text in rows:
        console.print(signs[outcome], text, highlight=False)
    console.print("[green]The call is let in.[/]" if good else "[bold red]The call is refused.[/]")


def _find(text: str) -> str:
    from msign.access import queries

    found = queries.find_system(text)
    if found is None:
        raise click.BadParameter(f"no single system has the id or name {text!r}", param_hint="--system")
    return found.id


def _told(action: Callable[[], T]) -> T:
    try:
        return action()
    except MSignError as error:
        raise click.ClickException(str(error)) from error
