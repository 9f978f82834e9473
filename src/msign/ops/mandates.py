"""`msign mandates`: who may sign on whose behalf, as this installation knows it."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import click
from rich.console import Console
from rich.table import Column, Table

from msign.config.options import load
from msign.kernel.clock import CHISINAU, SystemClock
from msign.kernel.words import Environment
from msign.mandates.values import Mandate
from msign.ops.access_common import ACTOR, json_option, told


@click.group()
def mandates() -> None:
    """Powers to sign for a person or an organisation: import, list, revoke."""
    import django

    django.setup()


@mandates.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def import_file(file: Path) -> None:
    """Add the mandates of a CSV FILE: all of them, or none if one is wrong.

    Columns: number, delegator_type (Person or Organization), delegator_id, delegate_id, role (0: every role),
    valid_from, valid_until (days count whole; empty: no end), basis (the paper it rests on).
    """
    from msign.mandates import csvfile, services

    sign = load().sign
    check = sign.id_check_test if load().home is Environment.TEST else sign.id_check_production

    def work() -> str:
        with file.open(encoding="utf-8-sig", newline="") as lines:
            found = csvfile.read(lines, check)
        new = services.add(found, at=SystemClock().now(), actor=ACTOR)
        return f"{new} new, {len(found) - new} known already"

    print(told(work))


@mandates.command("list")
@click.option("--delegator", default="", metavar="ID", help="Only those for this person or organisation.")
@click.option("--delegate", default="", metavar="IDNP", help="Only those of this person.")
@json_option
def list_mandates(delegator: str, delegate: str, *, as_json: bool) -> None:
    """List mandates, newest first, revoked and expired ones too."""
    from msign.mandates import queries

    found = list(queries.mandates(delegator=delegator, delegate=delegate))
    if as_json:
        print(json.dumps([dataclasses.asdict(one) for one in found], default=str, ensure_ascii=False))
        return
    table = Table(Column("number", no_wrap=True), "for", "signs", "role", "valid", "basis", "state")
    for one in found:
        table.add_row(
            one.number, one.delegator_id, one.delegate_id, str(one.role or "every"), _days(one), one.basis, _state(one)
        )
    Console().print(table)


@mandates.command()
@click.argument("number")
@click.option("--reason", required=True, help="Why; it is kept in the audit trail.")
def revoke(number: str, reason: str) -> None:
    """Let a mandate end now. What was signed before stays signed."""
    from msign.mandates import services

    told(lambda: services.revoke(number, why=reason, at=SystemClock().now(), actor=ACTOR))


def _days(one: Mandate) -> str:
    until = f"{one.valid_until.astimezone(CHISINAU):%d.%m.%Y %H:%M}" if one.valid_until else "no end"
    return f"{one.valid_from.astimezone(CHISINAU):%d.%m.%Y} – {until}"


def _state(one: Mandate) -> str:
    now = SystemClock().now()
    if one.revoked_at is not None:
        return f"revoked: {one.revoked_why}"
    if one.valid_until is not None and one.valid_until <= now:
        return "expired"
    return "valid" if one.valid_from <= now else "not yet valid"
