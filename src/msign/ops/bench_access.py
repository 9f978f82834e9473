"""What a decision about a caller costs, measured beside a running installation, on its database.

Run as a module with the installation's environment; prints two medians in milliseconds as JSON.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from msign.kernel.clock import monotonic
from msign.kernel.words import Environment
from msign.ops.instance import Instance

ROUNDS = 300
_AGE = 6.0  # older than anything that the gate may remember
_ADDRESS = "127.0.0.1"


def costs(running: Instance) -> tuple[float, float]:
    """Return the milliseconds of a remembered and of a cold decision about the demo system."""
    certificate = running.options.data_path / "demo" / "client.pem"
    done = subprocess.run(  # noqa: S603  (our own)
        [sys.executable, "-m", __name__, str(certificate)],
        env=running.environment,
        capture_output=True,
        check=True,
        text=True,
    )
    found = json.loads(done.stdout)
    return float(found["remembered"]), float(found["cold"])


def _main(path: Path) -> None:
    os.environ["DJANGO_SETTINGS_MODULE"] = "msign.config.settings"
    import django

    django.setup()
    from cryptography import x509
    from cryptography.hazmat.primitives.serialization import Encoding

    from msign.access.gate import Gate
    from msign.access.trust import trust_of_folder
    from msign.config.options import load
    from msign.kernel.clock import SystemClock

    seconds = [0.0]
    trust = {Environment.TEST: trust_of_folder(load().trust_folder(Environment.TEST))}
    gate = Gate(trust_by_environment=trust, clock=SystemClock(), seconds=lambda: seconds[0])
    der = x509.load_pem_x509_certificate(path.read_bytes()).public_bytes(Encoding.DER)

    def decide() -> None:
        if not gate.decide(Environment.TEST, der, _ADDRESS):
            sys.exit("the demo system is not let in")

    def cold() -> None:
        seconds[0] += _AGE
        decide()

    print(json.dumps({"cold": _median(cold), "remembered": _median(decide)}))


def _median(work: Callable[[], None]) -> float:
    work()
    return statistics.median(_milliseconds(work) for _ in range(ROUNDS))


def _milliseconds(work: Callable[[], None]) -> float:
    started = monotonic()
    work()
    return (monotonic() - started) * 1000


if __name__ == "__main__":
    _main(Path(sys.argv[1]))
