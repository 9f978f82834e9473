"""`msign audit`: the trail, shown and verified."""

from __future__ import annotations

import json
import sys

import click
from rich.console import Console
from rich.markup import escape

from msign.audit.chain import Head, Intact


@click.group()
def audit() -> None:
    """The audit trail: show it, verify its chain."""
    import django

    django.setup()


@audit.command()
@click.option("--head", "known", metavar="N:HASH", help="An end noted earlier that must still be part of the chain.")
@click.option("--json", "as_json", is_flag=True, help="For machines.")
def verify(known: str | None, as_json: bool) -> None:
    """Walk the whole chain. Exit status 0: intact; 1: broken, and the first broken row is named."""
    from msign.audit import services

    verdict = services.verify(_head(known))
    if isinstance(verdict, Intact):
        found = {"intact": True, "events": verdict.count, "head": f"{verdict.head.sequence}:{verdict.head.hash}"}
        text = f"[green]Intact.[/] {verdict.count} events. Note the end somewhere safe: {found['head']}"
    else:
        found = {"intact": False, "event": verdict.sequence, "why": verdict.why}
        text = f"[bold red]Broken[/] at event {verdict.sequence}: {verdict.why}."
    print(json.dumps(found)) if as_json else Console(soft_wrap=True).print(text, highlight=False)
    sys.exit(0 if verdict else 1)


@audit.command()
@click.option("--subject", help="Only events of this request id, system:ID or connection:ID.")
@click.option("--last", type=click.IntRange(min=0), default=50, show_default=True, help="How many, newest first.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
def show(subject: str | None, last: int, as_json: bool) -> None:
    """Show the latest events."""
    from msign.audit import queries

    console = Console(soft_wrap=True, highlight=False)
    try:
        events = list(queries.events(subject=subject, newest_first=True, limit=last))
    except (ValueError, KeyError, TypeError) as error:
        raise click.ClickException(
            "an event cannot be read; `msign audit verify` names the first broken one"
        ) from error
    for event in events:
        if as_json:
            row = {"event": event.sequence, "at": event.at.isoformat(), "tag": event.tag, "subject": event.subject}
            print(json.dumps({**row, "actor": event.actor, "facts": event.facts}, ensure_ascii=False))
            continue
        moment = event.at.strftime("%Y-%m-%d %H:%M:%S")
        console.print(f"[bold]{event.sequence}[/]  {moment}  {event.tag}  {event.subject}  by {event.actor}")
        console.print(f"    [dim]{escape(json.dumps(event.facts, ensure_ascii=False))}[/]")


def _head(text: str | None) -> Head | None:
    if text is None:
        return None
    number, _colon, value = text.partition(":")
    if not number.isdigit() or len(value) != 64:
        raise click.BadParameter("NUMBER:HASH expected, as `msign audit verify` prints it", param_hint="--head")
    return Head(int(number), value)
