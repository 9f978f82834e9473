"""`msign desk`: what an operator does to the connection desk from the command line."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from msign.config.options import load
from msign.kernel.errors import MSignError
from msign.kernel.identifiers import is_idnp
from msign.kernel.languages import Language
from msign.kernel.words import Environment

if TYPE_CHECKING:
    from msign.connections.ports import Desk


@click.group()
def desk() -> None:
    """Registers, and certificates that systems used before."""


@desk.command("import-register")
@click.argument("register", type=click.Choice(["organisations", "systems"]))
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def import_register(register: str, file: Path) -> None:
    """Replace a register by the rows of FILE (CSV).

    Columns: number,name,kind,address for organisations (kind: public, private or person); number,name,owner for
    systems. Running processes see the new rows at once, and connections of systems that left the RRSI are suspended.
    """
    from msign.connections.registers.local import ORGANISATIONS, SYSTEMS, import_csv

    options = load()
    folder = Path(options.desk.registers) if options.desk.registers else options.data_path / "registers"
    try:
        count = import_csv(file, folder, ORGANISATIONS if register == "organisations" else SYSTEMS)
    except MSignError as error:
        sys.exit(f"msign: {error}")
    click.echo(f"{count} rows in {folder}")
    if register == "systems":
        _follow_register()


def _follow_register() -> None:
    """Suspend and resume what the new register says; the worker does the same each morning."""
    made = _desk()
    from msign.connections.services.ending import follow_register

    found = follow_register(made)
    click.echo(f"{found.asked} connected systems looked up, {len(found.missing)} missing, {found.changed} changed")
    if not found.believed:
        sys.exit("msign: so many systems are missing that nobody was suspended; look at the extract")


@desk.command("record-certificate")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--organisation", required=True, metavar="IDNO")
@click.option("--system", required=True, help="Name of the information system.")
@click.option("--service", required=True, help="Platform service that uses the certificate already, like mpass.")
@click.option("--environment", type=click.Choice([one.value for one in Environment]), required=True)
def record_certificate(file: Path, *, organisation: str, system: str, service: str, environment: str) -> None:
    """Record the certificate in FILE as used by a system, so that its serial number is enough in a request."""
    from msign.connections.certificates import MAX_UPLOAD_BYTES

    made = _desk()
    from msign.connections.services.recorded import record_certificate as record

    with file.open("rb") as handle:
        data = handle.read(MAX_UPLOAD_BYTES + 1)
    try:
        reading = record(
            made,
            number=organisation,
            system=system,
            service=service,
            environment=Environment(environment),
            data=data,
        )
    except MSignError as error:
        sys.exit(f"msign: {error}")
    click.echo(f"{reading.serial}  {reading.subject}")


@desk.command("operator")
@click.argument("email")
@click.option("--name", required=True, help="Full name, as pages and histories show it.")
@click.option(
    "--role",
    "roles",
    multiple=True,
    type=click.Choice(["reviewer", "finance", "signatory", "security", "auditor"]),
    help="May be given several times; no role at all takes every role away.",
)
@click.option("--idnp", default="", metavar="IDNP", help="Personal number; needed by those who countersign.")
@click.option("--team", default="", help="Team of the operator; requests can be given to a team.")
@click.option("--language", type=click.Choice([one.value for one in Language]), default="ro", show_default=True)
def operator(email: str, *, name: str, roles: tuple[str, ...], idnp: str, team: str, language: str) -> None:
    """Make EMAIL a person of the operator with exactly these roles."""
    made = _desk()
    from msign.connections.roles import OperatorRole
    from msign.connections.services.people import set_operator

    wanted = [OperatorRole(role) for role in roles]
    if OperatorRole.SIGNATORY in wanted and not is_idnp(idnp, made.policy.id_check):
        sys.exit("msign: a signatory needs a valid --idnp, so that the signature can be recognised")
    set_operator(made, email=email, name=name, language=Language(language), roles=wanted, number=idnp, unit=team)
    click.echo(f"{email}: {', '.join(roles) or 'no roles'}")


def _desk() -> Desk:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "msign.config.settings")
    import django

    django.setup()
    from msign.config import wiring

    return wiring.build(load()).desk
