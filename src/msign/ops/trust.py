"""`msign trust`: the trusted lists of an installation, or of any folder of anchors."""

from __future__ import annotations

import dataclasses
import json
import sys
from pathlib import Path

import click

from msign.config.options import Options, load
from msign.kernel.clock import SystemClock
from msign.kernel.errors import MSignError
from msign.kernel.words import Environment
from msign.pki.fetch import AddressGuard, Bounds, Fetcher
from msign.validation.trustlists.folder import ListState, refresh_folder, state_of

_BOUNDS = Bounds(connect_seconds=5.0, total_seconds=60.0)


@click.group()
def trust() -> None:
    """Trusted lists (ETSI TS 119 612) that `lists.toml` in a folder of anchors names."""


def _folder_option(command: click.Command) -> click.Command:
    decorators = (
        click.option("--json", "as_json", is_flag=True, help="For machines."),
        click.option(
            "--environment",
            type=click.Choice([one.value for one in Environment]),
            default=Environment.PRODUCTION.value,
            help="Whose folder.",
        ),
        click.option(
            "--trust", "folder", type=click.Path(exists=True, file_okay=False, path_type=Path), help="Another folder."
        ),
    )
    for decorate in decorators:
        command = decorate(command)
    return command


@trust.command()
@click.option("--offline", is_flag=True, help="Only lists in files.")
@click.option("--allow", multiple=True, metavar="HOST:PORT", help="A list service on an inner address.")
def refresh(folder: Path | None, environment: str, as_json: bool, offline: bool, allow: tuple[str, ...]) -> None:
    """Fetch and verify the lists now; whatever is judged next follows them. Exit 1 with an alarm."""
    options = load()
    guard = AddressGuard(frozenset((*allow, *options.known_responders)))
    fetcher = None if offline else Fetcher.guarded(guard, bounds=_BOUNDS)
    try:
        state = refresh_folder(_chosen(options, folder, environment), clock=SystemClock(), fetcher=fetcher)
    except (MSignError, OSError) as error:
        sys.exit(f"msign: {error}")
    finally:
        if fetcher is not None:
            fetcher.close()
    _tell(state, as_json=as_json)
    sys.exit(1 if state.alarms else 0)


@trust.command()
def show(folder: Path | None, environment: str, as_json: bool) -> None:
    """Show which lists are in force, since when, and what is wrong; exit 1 with an alarm."""
    state = state_of(_chosen(load(), folder, environment))
    if state is None:
        click.echo("null" if as_json else "No trusted list has been fetched.")
        return
    _tell(state, as_json=as_json)
    sys.exit(1 if state.alarms else 0)


_folder_option(refresh)
_folder_option(show)


def _chosen(options: Options, folder: Path | None, environment: str) -> Path:
    return (folder or options.trust_folder(Environment(environment))).resolve()


def _tell(state: ListState, *, as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps(dataclasses.asdict(state), ensure_ascii=False))
        return
    click.echo(f"Refreshed {state.refreshed}. {len(state.lists)} in force.")
    for one in state.lists:
        click.echo(f"  {one.territory} {one.sequence}: {one.services} services, next update {one.due or 'not stated'}")
    for alarm in state.alarms:
        click.echo(f"  ALARM {alarm.code}: {alarm.location} {alarm.detail}".rstrip())
