"""What the commands of `msign access` share."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import click

from msign.kernel.errors import MSignError
from msign.kernel.words import Environment

T = TypeVar("T")
ACTOR = "command"
environment_option = click.option(
    "--environment",
    "-e",
    type=click.Choice([one.value for one in Environment]),
    required=True,
    help="test or production",
)
system_option = click.option("--system", "-s", "system", required=True, help="Id or exact name of the system.")
json_option = click.option("--json", "as_json", is_flag=True, help="For machines.")


def find(text: str) -> str:
    """Return the id of the one system with this id or name."""
    from msign.access import queries

    found = queries.find_system(text)
    if found is None:
        problem = f"none or several have the id or name {text!r}; `msign access system list` shows the ids"
        raise click.BadParameter(problem, param_hint="system")
    return found.id


def told(action: Callable[[], T]) -> T:
    """Run an action; an error of the family becomes a sentence instead of a traceback."""
    try:
        return action()
    except MSignError as error:
        raise click.ClickException(str(error)) from error
