"""`msign serve` and `msign worker`: one process each, as `msign run` and an operator's service manager start them."""

from __future__ import annotations

import asyncio
import logging
import signal
import sys
from types import FrameType
from typing import TYPE_CHECKING

import click

from msign.config.options import Options, load
from msign.kernel.errors import MSignError
from msign.kernel.words import Environment

if TYPE_CHECKING:
    from msign.config.wiring import Services

RELOAD_SECONDS = 2.0  # how soon an anchor that another process added or removed takes effect in the TLS layer
CONNECTION_SECONDS = 60
MAX_CONNECTIONS = 1000  # of the web listener; more are answered 503 at once
WORKER_THREADS = 16  # sessions wait for people and providers most of the time


@click.group()
def serve() -> None:
    """Run one listener."""


@serve.command()
def web() -> None:
    """Run the web listener: sign pages, verify page, desk, provider callbacks."""
    options = _prepared()
    _check_desk(options)
    import uvicorn

    from msign.config.asgi import web as application

    secure = {"ssl_certfile": options.web.tls_certificate, "ssl_keyfile": options.web.tls_key}
    uvicorn.run(
        application,
        host=options.ports.host,
        port=options.ports.web,
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=5,
        limit_concurrency=MAX_CONNECTIONS,
        **(secure if options.web.tls_certificate else {}),  # type: ignore[arg-type]
    )


@serve.command()
@click.option("--environment", type=click.Choice([one.value for one in Environment]), required=True)
def api(environment: str) -> None:
    """Run the API listener of one environment, with mutual TLS."""
    options = _prepared()
    _keep_connections()
    try:
        asyncio.run(_serve_api(_services(options), Environment(environment)))
    except MSignError as error:
        sys.exit(f"msign: {error}")


@click.command()
def worker() -> None:
    """Follow signing sessions, expire requests, send notices, until stopped."""
    options = _prepared()
    _check_desk(options)
    from msign.jobs.worker import Worker

    services = _services(options)
    working = Worker(handlers=services.job_handlers(), clock=services.clock, threads=WORKER_THREADS)

    def stop(_signal: int, _frame: FrameType | None) -> None:
        working.stop()

    signal.signal(signal.SIGINT, stop)
    signal.signal(signal.SIGTERM, stop)
    services.schedule_upkeep()
    working.run()


async def _serve_api(services: Services, environment: Environment) -> None:
    from msign.config import api as wiring

    listener, reporter = wiring.listener(services, environment), wiring.reporter(services, environment)
    listener.bind()
    watching = asyncio.ensure_future(listener.watch(RELOAD_SECONDS))
    reporter.start()
    try:
        await listener.serve()
    finally:
        watching.cancel()
        reporter.close()


def _keep_connections() -> None:
    """Let the API's few threads keep their database connections: opening one costs more than most calls.

    Not for the web listener, where Django gives every request a thread of its own.
    """
    from django.db import connections

    for alias in connections:
        connections.settings[alias]["CONN_MAX_AGE"] = CONNECTION_SECONDS


def _prepared() -> Options:
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    logging.getLogger("httpx").setLevel(logging.WARNING)
    try:
        options = load()
    except MSignError as error:
        sys.exit(f"msign: {error}")
    import django

    django.setup()
    # After the set-up, which resets it: its lines carry addresses, and the address of a sign page is the key to it.
    # Failures are logged by frame.errors.
    logging.getLogger("django.request").setLevel(logging.CRITICAL)
    return options


def _check_desk(options: Options) -> None:
    from msign.config.desk import check_ready

    try:
        check_ready(options)
    except MSignError as error:
        sys.exit(f"msign: {error}")


def _services(options: Options) -> Services:
    from msign.config.wiring import build

    return build(options)
