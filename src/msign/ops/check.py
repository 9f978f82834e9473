"""`msign check`: looks at the whole configuration and says what is wrong, for people and for machines."""

from __future__ import annotations

import dataclasses
import json
import sys

import click

from msign.config.options import load
from msign.kernel.errors import MSignError


@click.command()
@click.option("--json", "as_json", is_flag=True, help="One JSON object for machines.")
@click.option("--quiet", is_flag=True, help="Only what is wrong.")
def check(*, as_json: bool, quiet: bool) -> None:
    """Check the configuration: folders, TLS, trust, time-stamps, instruments and their providers.

    Says too what the worker found when it last looked whether the providers are there. Contacts nobody and changes
    nothing. Exit status: 0 fine, 1 something is wrong, 2 the settings cannot be read.
    """
    try:
        options = load()
    except MSignError as error:
        click.echo(json.dumps({"ok": False, "settings": str(error)}) if as_json else f"✗ settings: {error}")
        sys.exit(2)
    import django

    django.setup()
    from msign.config.checking import Finding, check_all
    from msign.config.wiring import build

    def line(one: Finding) -> str:
        if not one.problems:
            return f"✓ {one.area}: {one.subject}"
        return "\n".join(f"✗ {one.area}: {one.subject}: {problem}" for problem in one.problems)

    try:
        found = list(check_all(build(options)))
    except MSignError as error:
        found = [Finding("settings", error.member or "settings", (error.message,))]
    wrong = sum(len(one.problems) for one in found)
    if as_json:
        click.echo(json.dumps({"ok": not wrong, "findings": [dataclasses.asdict(one) for one in found]}, indent=1))
    else:
        shown = [line(one) for one in found if one.problems or not quiet]
        click.echo("\n".join([*shown, f"{wrong} problems" if wrong else "The configuration is in order."]))
    sys.exit(1 if wrong else 0)
