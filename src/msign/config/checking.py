"""Every check of the configuration that can be made without traffic: for `msign check` and for the operator's page."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from django.db import DatabaseError

from msign.access.trust import trust_of_folder
from msign.config.options import Options
from msign.config.wiring import Services
from msign.faces.desk.instruments import InstrumentRow, ProviderRow
from msign.kernel.errors import MSignError
from msign.kernel.words import Environment
from msign.pki.trust import TrustStore
from msign.signrequests.health import HealthBoard, ProviderHealth

_PRIVATE = 0o077


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at; ``problems`` is empty where it is fine. Holds no secret."""

    area: str
    subject: str
    problems: tuple[str, ...] = ()


def check_all(services: Services) -> Iterator[Finding]:
    """Look at everything, the next area only after the one before; a check that fails to run is a finding too."""
    options = services.options
    yield Finding("folders", str(options.data_path), tuple(_folder(options.data_path)))
    yield from _tls(options)
    for environment in Environment:
        yield _guarded("trust", environment.value, lambda env=environment: _trust(services, env))  # type: ignore[misc]
    yield Finding("time-stamps", "tsa.urls", () if options.tsa_urls else ("no time-stamping authority is set",))
    yield _guarded("mail", "mail", lambda: _mail(options))
    yield from _instruments(services)
    yield from _health(services)


def instrument_rows(services: Services) -> tuple[tuple[InstrumentRow, ...], tuple[ProviderRow, ...]]:
    """Return instruments and providers as the operator's page shows them: configuration and how they are doing."""
    registry, health = services.registry, HealthBoard(clock=services.clock)
    running = {one.identifier: one for one in registry.providers}
    instruments = tuple(
        InstrumentRow(
            id=one.id,
            names=one.names,
            provider=one.provider,
            environments=tuple(sorted(environment.value for environment in one.environments)),
            enabled=one.enabled,
            running=one.provider in running,
        )
        for one in registry.instruments
    )
    providers = tuple(
        ProviderRow(
            identifier=one.identifier,
            reachable=(found := health.of(one.identifier)).reachable,
            last_success=found.last_success,
            checked_at=found.checked_at,
            trouble=found.trouble,
            problems=tuple(one.check_config()),
        )
        for one in registry.providers
    )
    return instruments, providers


def _instruments(services: Services) -> Iterator[Finding]:
    try:
        registry = services.registry
    except MSignError as error:
        yield Finding("instruments", error.member or "instruments", (error.message,))
        return
    running = {one.identifier for one in registry.providers}
    for instrument in registry.instruments:
        lost = instrument.enabled and instrument.provider not in running
        problem = (f"its provider {instrument.provider} does not run",) if lost else ()
        yield Finding("instruments", instrument.id, problem)
    for provider in registry.providers:
        yield Finding("providers", provider.identifier, tuple(provider.check_config()))


def _health(services: Services) -> Iterator[Finding]:
    """What the worker found when it last looked at the providers: the same values as on the operator's page."""
    if not _has_books(services.options):
        return
    board = HealthBoard(clock=services.clock)
    try:
        for provider in services.registry.providers:
            yield Finding("provider health", provider.identifier, tuple(_told(board.of(provider.identifier))))
    except (MSignError, DatabaseError) as error:
        yield Finding("provider health", "database", (f"it does not answer: {type(error).__name__}",))


def _has_books(options: Options) -> bool:
    """Asking SQLite would make the file."""
    return bool(options.database_url) or (options.data_path / "msign.sqlite3").exists()


def _told(health: ProviderHealth) -> Iterator[str]:
    when = f"{health.checked_at:%Y-%m-%d %H:%M:%S} UTC" if health.checked_at else ""
    if health.trouble:
        yield f"{health.trouble} ({when})"
    elif not health.reachable:
        yield "the latest signings failed because it did not answer"


def _guarded(area: str, subject: str, check: Callable[[], Iterator[str]]) -> Finding:
    try:
        return Finding(area, subject, tuple(check()))
    except (MSignError, OSError) as error:
        return Finding(area, subject, (str(error),))


def _folder(folder: Path) -> Iterator[str]:
    if not folder.is_dir():
        yield "the data folder does not exist yet; the first start makes it"
    elif not os.access(folder, os.W_OK):
        yield "the data folder cannot be written to"
    secret = folder / "secret"
    if secret.exists() and secret.stat().st_mode & _PRIVATE:
        yield "the file secret can be read by others; mode 0600 was expected"


def _tls(options: Options) -> Iterator[Finding]:
    for area, certificate, key in (
        ("web", options.web.tls_certificate, options.web.tls_key),
        ("api", options.api.tls_certificate, options.api.tls_key),
    ):
        problems = [f"{path} does not exist" for path in (certificate, key) if path and not Path(path).is_file()]
        if bool(certificate) != bool(key):
            problems.append("certificate and key belong together: one of them is not set")
        yield Finding("tls", area, tuple(problems))


def _trust(services: Services, environment: Environment) -> Iterator[str]:
    folder = services.trust_folder(environment)
    if not folder.is_dir():
        yield f"the trust folder {folder} does not exist: every signature is judged untrusted"
        return
    TrustStore.from_folder(folder)
    trust_of_folder(folder)


def _mail(options: Options) -> Iterator[str]:
    if not options.mail.host and not options.sandbox:
        yield "no mail host is set: letters stay in the outbox"
    if options.mail.host and options.mail.security == "none":
        yield "letters travel without encryption"
