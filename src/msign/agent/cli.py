"""The `msign-agent` command."""

from __future__ import annotations

import contextlib
import locale
import logging
import sys
from collections.abc import Iterator
from pathlib import Path

import click

from msign.agent.consent import Consent, WindowConsent, has_display
from msign.agent.server import AgentServer
from msign.agent.settings import AgentSettings, load_settings
from msign.agent.tokens import Pkcs11Tokens
from msign.agent.work import Desk
from msign.kernel.clock import SystemClock
from msign.kernel.errors import MSignError
from msign.kernel.languages import DEFAULT_LANGUAGE, Language
from msign.pki.certificate import common_name
from msign.pki.tsa import HttpTimestampSource

_CONFIG = Path("~/.config/msign-agent.toml")


@click.command()
@click.option("--config", type=click.Path(path_type=Path), help=f"Settings; {_CONFIG} where it exists.")
@click.option("--origin", "origins", multiple=True, help="A site that may ask, scheme://host[:port]. None: none may.")
@click.option("--module", "modules", multiple=True, help="A PKCS#11 library; the usual ones are found by themselves.")
@click.option("--port", type=int, help="Where to listen on 127.0.0.1; 18480.")
@click.option("--tsa", "tsa_urls", multiple=True, help="Time-stamping authority for files that are finished here.")
@click.option("--consent", type=click.Choice(["auto", "window", "terminal"]), default="auto", show_default=True)
@click.option("--language", type=click.Choice([one.value for one in Language]), help="Of the questions.")
@click.option("--list", "only_list", is_flag=True, help="Show the certificates that can sign, and stop.")
def main(
    config: Path | None,
    origins: tuple[str, ...],
    modules: tuple[str, ...],
    port: int | None,
    tsa_urls: tuple[str, ...],
    consent: str,
    language: str | None,
    *,
    only_list: bool,
) -> None:
    """Sign with the card or token of this computer, for the sites that you allow.

    Every signature is asked for in a window or here: who asks, for what, which documents. The PIN is typed there and
    goes to the device only.
    """
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    try:
        settings = load_settings(
            config or _CONFIG.expanduser(), origins=origins, modules=modules, port=port, tsa_urls=tsa_urls
        )
    except MSignError as error:
        sys.exit(f"msign-agent: {error}")
    if only_list:
        _list(settings)
        return
    with _asker(consent, Language(language) if language else _language()) as asker:
        _serve(settings, asker)


def _serve(settings: AgentSettings, asker: Consent) -> None:
    clock = SystemClock()
    tsa = HttpTimestampSource(settings.tsa_urls, clock=clock) if settings.tsa_urls else None
    tokens = Pkcs11Tokens([Path(one) for one in settings.modules])
    desk = Desk(settings=settings, tokens=tokens, consent=asker, clock=clock, tsa=tsa)
    try:
        server = AgentServer(desk)
    except OSError as error:
        sys.exit(f"msign-agent: port {settings.port}: {error.strerror}")
    with server, contextlib.suppress(KeyboardInterrupt):
        click.echo(f"msign-agent listens on 127.0.0.1:{server.server_address[1]}; Ctrl-C stops it.")
        for line in _notes(settings):
            click.echo(line)
        server.serve_forever()


def _notes(settings: AgentSettings) -> list[str]:
    sites = [f"  may ask: {origin}" for origin in settings.origins]
    libraries = [f"  library: {module}" for module in settings.modules]
    return [
        *(sites or ["  no site may ask: name one with --origin"]),
        *(libraries or ["  no PKCS#11 library was found: name one with --module"]),
    ]


def _list(settings: AgentSettings) -> None:
    found = Pkcs11Tokens([Path(one) for one in settings.modules]).certificates()
    for one in found:
        click.echo(f"{common_name(one.certificate)}  ({one.token}, {one.module.name})  {one.id[:16]}")
    if not found:
        click.echo("No certificate was found: is the card or token in, and its library named with --module?")


@contextlib.contextmanager
def _asker(chosen: str, language: Language) -> Iterator[Consent]:
    if chosen == "window" or (chosen == "auto" and has_display()):
        yield WindowConsent(language)
        return
    from msign.agent.terminal import TerminalConsent  # not on every system

    try:
        with (
            Path("/dev/tty").open("r", encoding="utf-8") as reading,
            Path("/dev/tty").open("w", encoding="utf-8") as out,
        ):
            yield TerminalConsent(language, reading, out)
    except OSError:
        sys.exit("msign-agent: neither a display nor a terminal to ask the person in")


def _language() -> Language:
    word = (locale.getlocale()[0] or "")[:2]
    return Language(word) if word in set(Language) else DEFAULT_LANGUAGE


if __name__ == "__main__":
    main()
