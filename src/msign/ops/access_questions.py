"""Questions to access: why would a call be refused, what was refused, what was called."""

from __future__ import annotations

import dataclasses
import json
import sys
from pathlib import Path

import click
from rich.console import Console
from rich.table import Table

from msign.access.values import DenialReason
from msign.kernel.words import Environment
from msign.ops.access_common import environment_option, find, json_option, system_option, told


@click.command()
@environment_option
@click.option("--serial", help="Serial number of a pinned certificate, in any usual spelling.")
@click.option("--certificate", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="Or its file.")
@click.option("--address", required=True, help="Address that the call comes from.")
@json_option
def check(environment: str, serial: str | None, certificate: Path | None, address: str, as_json: bool) -> None:
    """Say check by check whether a call would be let in. Exit status 0: yes; 1: no."""
    from msign.access.sentences import sentence
    from msign.config.options import load
    from msign.config.wiring import build

    if (serial is None) == (certificate is None):
        raise click.UsageError("give either --serial or --certificate")
    where = Environment(environment)
    gate = told(lambda: build(load()).gate)
    der = certificate.read_bytes() if certificate else None
    results = gate.explain(where, address=address, certificate_der=der, serial=serial)
    good = all(result.outcome == "passed" for result in results)
    if as_json:
        checks = [{**dataclasses.asdict(result), "facts": dict(result.facts)} for result in results]
        print(json.dumps({"allowed": good, "checks": checks}, ensure_ascii=False))
    else:
        _print_checks([(result.outcome.value, sentence(result)) for result in results])
        _print_verdict(next((result.reason for result in results if result.reason), None), good=good)
    sys.exit(0 if good else 1)


@click.command()
@system_option
@environment_option
@json_option
def calls(system: str, environment: str, as_json: bool) -> None:
    """Show what a system called, by day, certificate, address, operation and outcome."""
    from msign.access import traffic

    found = traffic.calls(find(system), Environment(environment), limit=200)
    if as_json:
        rows = [
            {**dataclasses.asdict(one.kind), "day": one.day, "count": one.count, "last": one.last_at} for one in found
        ]
        print(json.dumps(rows, default=str, ensure_ascii=False))
        return
    table = Table("day", "calls", "operation", "outcome", "serial", "address", "last")
    for one in found:
        kind, last = one.kind, one.last_at.strftime("%H:%M:%S")
        table.add_row(str(one.day), str(one.count), kind.operation, kind.outcome, kind.serial, kind.address, last)
    Console().print(table)


@click.command()
@click.option("--environment", "-e", type=click.Choice([one.value for one in Environment]), help="Only this one.")
@click.option("--last", type=click.IntRange(min=0), default=20, show_default=True, help="How many, newest first.")
@json_option
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


def _print_checks(rows: list[tuple[str, str]]) -> None:
    signs = {"passed": "[green]✓[/]", "failed": "[bold red]✗[/]", "skipped": "[dim]–[/]"}
    console = Console(soft_wrap=True)
    for outcome, text in rows:
        console.print(signs[outcome], text, highlight=False, markup=True)


def _print_verdict(reason: DenialReason | None, *, good: bool) -> None:
    from msign.access.sentences import fixer, refusal

    console = Console(soft_wrap=True, highlight=False)
    if good:
        console.print("[green]The call is let in.[/]")
    elif reason is not None:
        console.print(f"[bold red]The call is refused:[/] {refusal(reason)}. Who can put it right: {fixer(reason)}.")
