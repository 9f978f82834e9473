"""`msign sandbox`: plays the person for a request that any client has posted."""

from __future__ import annotations

import json
import sys

import click
from rich.console import Console

from msign.config.options import Options, load
from msign.kernel.errors import MSignError
from msign.kernel.ids import normalise_request_id
from msign.ops import person
from msign.ops.person import Act, Outcome, Part, Stage


@click.group()
def sandbox() -> None:
    """Play the person of the sandbox."""


@sandbox.command("sign")
@click.argument("request_id")
@click.option("--refuse", is_flag=True, help="Refuse on the device instead of confirming.")
@click.option("--signer", default=person.DEFAULT_IDNP, metavar="IDNP", help="Who signs.", show_default=True)
@click.option("--instrument", default="mobile", help="The tile to choose on the sign page.", show_default=True)
@click.option("--json", "as_json", is_flag=True, help="One JSON object for machines.")
def sign_request(request_id: str, *, refuse: bool, signer: str, instrument: str, as_json: bool) -> None:
    """Sign (or refuse) the posted request REQUEST_ID over the pages and the sandbox only.

    Exit status 0 if the page ends as asked: signed, or refused with --refuse.
    """
    console = Console(stderr=True)
    wanted = Outcome.NOT_SIGNED if refuse else Outcome.SIGNED
    part = Part(idnp=signer, instrument=instrument, act=Act.REFUSE if refuse else Act.ACCEPT)
    try:
        with console.status("Opening the sign page …") as status:
            played = person.play(
                stage(load()),
                normalise_request_id(request_id) or request_id,
                part,
                told=lambda step: status.update(f"{step} …"),
            )
    except MSignError as error:
        _say(as_json, {"outcome": "error", "code": error.code.value, "message": str(error)}, f"Not done. {error}")
        sys.exit(2)
    _say(as_json, {"outcome": played.outcome.value, "words": played.words}, played.words)
    sys.exit(0 if played.outcome is wanted else 1)


def stage(options: Options) -> Stage:
    """Return where the person acts, by the settings."""
    return Stage(options.web_url, f"http://{options.ports.host}:{options.ports.sandbox_provider}")


def _say(as_json: bool, facts: dict[str, str], words: str) -> None:
    print(json.dumps(facts, ensure_ascii=False) if as_json else words)
