"""The `msign` command. Each verb lives in a module of its own and is imported only when it is called."""

from __future__ import annotations

import importlib
import io
import os
import sys

import click

from msign.kernel import lifeline
from msign.kernel.errors import MSignError

_VERBS = {
    "run": ("msign.ops.run", "run", "Start everything: gateway, worker and sandbox."),
    "serve": ("msign.ops.serve", "serve", "Run one listener: web, or an API of one environment."),
    "worker": ("msign.ops.serve", "worker", "Run the worker that follows signing sessions and sends notices."),
    "sign": ("msign.ops.sign", "sign", "Sign files through a running MSign, as the demo system and its person."),
    "check": ("msign.ops.check", "check", "Look at the whole configuration and say what is wrong."),
    "sandbox": ("msign.ops.sandbox", "sandbox", "Play the person of the sandbox."),
    "conformance": (
        "msign.ops.conformance.command",
        "conformance",
        "Play the published test cases against a running test environment.",
    ),
    "verify": ("msign.ops.verify", "verify", "Judge signed files."),
    "augment": ("msign.ops.augment", "augment", "Raise signatures to T, LT or LTA; renew archive time-stamps."),
    "care": ("msign.ops.care", "care", "Long-term care: files whose signatures are kept provable."),
    "access": ("msign.ops.access", "access", "Systems, certificates and networks: who may call the API."),
    "mandates": ("msign.ops.mandates", "mandates", "Powers to sign for another: import, list, revoke."),
    "desk": ("msign.ops.desk", "desk", "Connection desk: registers, certificates in use."),
    "audit": ("msign.ops.audit", "audit", "The audit trail: show it, verify its chain."),
    "trust": ("msign.ops.trust", "trust", "Trusted lists: refresh them, show which are in force."),
    "bench": ("msign.ops.bench", "bench", "Measure the engines and the gateway."),
    "provider": ("msign.ops.provider_check", "provider", "Check a signature provider against the official list."),
}
_PROCESSES = ("run", "serve", "worker")


class _LazyGroup(click.Group):
    """Imports a verb when it is needed, so that `msign --help` and short verbs start at once."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002  (click's signature)
        return list(_VERBS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        if cmd_name not in _VERBS:
            return None
        module, name, _help = _VERBS[cmd_name]
        command: click.Command = getattr(importlib.import_module(module), name)
        return command

    def invoke(self, ctx: click.Context) -> object:
        """Tell what went wrong in a sentence; the processes that serve keep the trace, for their logs."""
        try:
            return super().invoke(ctx)
        except MSignError as error:
            raise click.ClickException(str(error)) from error
        except Exception as error:
            database = sys.modules.get("django.db")
            if (
                ctx.invoked_subcommand in _PROCESSES
                or database is None
                or not isinstance(error, database.DatabaseError)
            ):
                raise
            why = str(error).strip().partition("\n")[0]
            raise click.ClickException(
                f"the database cannot be used ({why}). `make run` prepares it; the settings say where it is."
            ) from error

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        with formatter.section("Verbs"):
            formatter.write_dl([(name, text) for name, (_module, _name, text) in _VERBS.items()])


@click.group(cls=_LazyGroup)
def main() -> None:
    """MSign: signature gateway, connection desk and sandbox."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "msign.config.settings")
    lifeline.hold()
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # names of files may be no text, terminals no Unicode


if __name__ == "__main__":
    main()
