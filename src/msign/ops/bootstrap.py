"""What must be there before anything starts: data folder, sandbox material, trust, database, demo systems."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from msign.config.options import Options
from msign.kernel import lifeline
from msign.kernel.errors import Code, MSignError
from msign.ops.processes import Program

_SANDBOX = ("-m", "msign.sandbox")
_FOLDERS = ("contents", "demo", "log", "provider", "registers", "sandbox", "scratch", "server", "static", "trust")


@dataclass(frozen=True, slots=True)
class Step:
    """One thing to do, and the sentence shown while it is done."""

    sentence: str
    do: Callable[[], None]


def steps(options: Options) -> Iterator[Step]:
    """Yield what has to happen before the first process starts; each step may be repeated at every start."""
    if options.sandbox:
        yield Step("Preparing the sandbox: keys, certificates, demo material …", lambda: _sandbox(options))
    yield Step("Preparing the database …", lambda: _database(options))
    if options.sandbox:
        yield Step("Registering the demo systems …", lambda: _demo(options))


def prepare_folder(data: Path) -> None:
    """Create the data folder, or say in one sentence why it cannot be used."""
    try:
        data.mkdir(parents=True, exist_ok=True, mode=0o700)
        probe = data / ".writable"
        probe.write_bytes(b"probe")  # a full disk takes names, but no octets
        probe.unlink()
        wrong = next((data / name for name in _FOLDERS if (data / name).exists() and not (data / name).is_dir()), None)
    except FileExistsError as error:
        raise trouble(f"{data} is a file; the data folder has to be a folder. Move the file away.") from error
    except OSError as error:
        raise trouble(
            f"the data folder {data} cannot be written: {error.strerror}. Set MSIGN_DATA to another."
        ) from error
    if wrong is not None:
        raise trouble(f"{wrong} is a file where a folder belongs. Move the file away.")


def sandbox_programs(options: Options) -> list[Program]:
    """Return the processes of the sandbox, each a service of its own reached over the network only."""
    ports = options.ports
    serve = (*_SANDBOX, "serve", *_sandbox_places(options), "--service")
    return [
        Program("sandbox trust services", (*serve, "tsp"), (ports.sandbox_tsp,)),
        Program("sandbox provider", (*serve, "provider"), (ports.sandbox_provider, ports.sandbox_provider_api)),
        Program("sandbox e-service", (*serve, "eservice"), (ports.sandbox_eservice,)),
    ]


def trouble(sentence: str) -> MSignError:
    """Return the error of a start that cannot go on; the sentence says what to do."""
    return MSignError(Code.MISCONFIGURED, sentence)


def _sandbox_places(options: Options) -> tuple[str, ...]:
    ports = options.ports
    numbers = {
        "web": ports.web,
        "api-test": ports.api_test,
        "tsp": ports.sandbox_tsp,
        "provider": ports.sandbox_provider,
        "provider-api": ports.sandbox_provider_api,
        "eservice": ports.sandbox_eservice,
    }
    listening = [word for name, number in numbers.items() for word in (f"--{name}-port", str(number))]
    return ("--data", str(options.data_path), "--host", ports.host, *listening)


def _sandbox(options: Options) -> None:
    reading, writing = os.pipe()  # its lifeline: a start that is killed leaves nothing running
    try:
        done = subprocess.run(  # noqa: S603  (our own interpreter and module)
            [sys.executable, *_SANDBOX, "init", *_sandbox_places(options)],
            capture_output=True,
            text=True,
            check=False,
            env={**os.environ, lifeline.VARIABLE: str(reading)},
            pass_fds=[reading],
            start_new_session=True,  # Ctrl-C is ours to handle
        )
    finally:
        os.close(reading)
        os.close(writing)
    if done.returncode:
        words = (done.stderr or done.stdout).strip().splitlines() or [f"it ended with status {done.returncode}"]
        raise trouble(f"the sandbox could not be prepared: {words[-1].removeprefix('sandbox: ')}")


def _database(options: Options) -> None:
    _django()
    from django.core.management import call_command

    with _sound_database(options):
        call_command("migrate", verbosity=0, interactive=False)


def _demo(options: Options) -> None:
    _django()
    from msign.ops import demo

    with _sound_database(options):
        demo.seed(options)


@contextlib.contextmanager
def _sound_database(options: Options) -> Iterator[None]:
    from django.db import DatabaseError, OperationalError

    try:
        yield
    except OperationalError as error:
        raise trouble(
            f"the database cannot be used ({error}). See that it can be reached and written and that the disk of "
            f"{options.data_path} has room, then start again."
        ) from error
    except DatabaseError as error:
        raise trouble(
            f"the database cannot be used ({error}). Restore it from a backup, or move {options.data_path} away "
            "and start again with an empty one."
        ) from error
    except OSError as error:
        raise trouble(
            f"{error.filename or options.data_path}: {error.strerror}. Put that right and start again."
        ) from error


def _django() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "msign.config.settings")
    import django

    django.setup()
