"""`msign care`: signed files that are kept provable for as long as they are needed."""

from __future__ import annotations

import dataclasses
import json
import shutil
from pathlib import Path

import click
from rich.console import Console
from rich.markup import escape

from msign.care.shelf import FolderShelf
from msign.care.values import SUBMITTED, CareState
from msign.config.options import load
from msign.kernel.clock import SystemClock
from msign.ops.access_common import told

_EXISTING = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.group()
def care() -> None:
    """Long-term care: raise signed files to LT or LTA and renew their time-stamps, year after year."""
    import django

    django.setup()


@care.command()
@click.argument("files", nargs=-1, required=True, type=_EXISTING)
@click.option("--content", type=_EXISTING, help="The detached signed file of a XAdES or CAdES signature.")
def add(files: tuple[Path, ...], content: Path | None) -> None:
    """Put copies of signed FILES under care; prints the name of each. The worker does the rest."""
    from msign.care import services

    shelf = _shelf()
    for file in files:
        name = told(lambda file=file: shelf.put(file, content))  # type: ignore[misc]
        services.take_in(SUBMITTED, name, SystemClock().now())
        print(f"{name}  {file}")


@care.command("list")
@click.option("--json", "as_json", is_flag=True, help="For machines.")
def list_all(as_json: bool) -> None:
    """Show everything under care: level reached, protected until when, next look, problems."""
    from msign.care import queries

    found = list(queries.states())
    if as_json:
        print(json.dumps([dataclasses.asdict(one) for one in found], default=str, ensure_ascii=False))
        return
    console = Console(soft_wrap=True, highlight=False)
    for one in found:
        console.print(f"[bold]{one.name}[/]  {one.shelf}  {_told(one)}")
        if one.problem:
            console.print(f"    [yellow]{escape(one.problem)}[/]")
    if not found:
        console.print("Nothing is under care yet: `msign care add FILE`.")


def _told(one: CareState) -> str:
    if one.given_up:
        return "[red]given up[/]"
    until = f", protected until {one.protected_until:%Y-%m-%d}" if one.protected_until else ""
    return f"{one.level or 'not raised yet'}{until}, next look {one.next_look:%Y-%m-%d %H:%M}"


@care.command()
@click.argument("name")
@click.argument("target", type=click.Path(dir_okay=False, path_type=Path))
def fetch(name: str, target: Path) -> None:
    """Write the submitted file NAME, as care has made it so far, to TARGET."""
    shelf = _shelf()
    shutil.copyfile(told(lambda: shelf.newest(name)), target)
    print(f"{shelf.title(name)} -> {target}")


@care.command()
@click.argument("name")
@click.option("--place", default=SUBMITTED, show_default=True, help="As `msign care list` shows it.")
def look(name: str, place: str) -> None:
    """Let the worker look at NAME at once, one that was given up too."""
    from msign.care import queries, services

    if queries.state(place, name) is None:
        raise click.ClickException(f"nothing called {name} is under care at {place}; see `msign care list`")
    services.look_now(place, name, SystemClock().now())
    print("The worker looks at it as soon as it is free; see `msign care list`.")


@care.command()
@click.argument("name")
def drop(name: str) -> None:
    """End the care for the submitted file NAME and remove its copy."""
    from msign.care import services

    told(lambda: _shelf().remove(name))
    services.let_go(SUBMITTED, name, SystemClock().now())
    print("Removed.")


def _shelf() -> FolderShelf:
    return FolderShelf(load().care_path)
