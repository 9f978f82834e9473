"""`python -m msign.sandbox init|serve`: the outside world in miniature, on this machine."""

from __future__ import annotations

import argparse
import logging
import sys
from collections.abc import Sequence
from pathlib import Path

from msign.kernel import lifeline
from msign.kernel.clock import SystemClock
from msign.kernel.errors import MSignError
from msign.sandbox.init import initialise
from msign.sandbox.places import DEFAULT_PORTS, Places


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command; return its exit status."""
    options = _parser().parse_args(arguments)
    lifeline.hold()  # nothing of the sandbox outlives a `msign run` that was killed
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    logging.getLogger("httpx").setLevel(logging.WARNING)
    ports = {name: getattr(options, f"{name}_port") for name in DEFAULT_PORTS}
    demo = Path(options.demo or Path(options.data) / "demo")
    places = Places(data=Path(options.data), demo=demo, host=options.host, ports=ports)
    try:
        if options.command == "init":
            initialise(places, SystemClock())
        else:
            from msign.sandbox.serve import serve  # the web server is not needed for `init`

            serve(options.service, places)
    except MSignError as error:
        sys.stderr.write(f"sandbox: {error}\n")
        return 1
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m msign.sandbox", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    init = commands.add_parser("init", help="make authorities, trust folder, TLS certificate and demo material once")
    serve = commands.add_parser("serve", help="run one service")
    serve.add_argument("--service", choices=("tsp", "provider", "eservice"), required=True)
    for command in (init, serve):
        command.add_argument("--data", default="var", help="data folder (default: var)")
        command.add_argument("--demo", default="", help="folder of the demo material (default: DATA/demo)")
        command.add_argument("--host", default="localhost")
        for name, port in DEFAULT_PORTS.items():
            flag = f"--{name.replace('_', '-')}-port"
            command.add_argument(flag, dest=f"{name}_port", type=int, default=port, metavar="PORT")
    return parser


if __name__ == "__main__":
    raise SystemExit(main())
