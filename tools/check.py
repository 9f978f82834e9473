"""Every gate, one after the other, the same for people and CI. A failing one prints its own words."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BIN = Path(sys.executable).parent
GATES: list[tuple[str, list[str]]] = [
    ("format", [str(BIN / "ruff"), "format", "--check", "src", "tests", "tools"]),
    ("lint", [str(BIN / "ruff"), "check", "src", "tests", "tools"]),
    ("types", [str(BIN / "mypy")]),
    ("imports", [str(BIN / "lint-imports"), "--no-cache"]),
    ("house rules", [sys.executable, "tools/house_rules.py"]),
    ("catalogues", [sys.executable, "tools/messages.py", "check"]),
    ("migrations", [sys.executable, "tools/manage.py", "makemigrations", "--check", "--dry-run"]),
    ("schemas", [sys.executable, "tools/schemas.py", "check"]),
    ("requirements", [sys.executable, "tools/requirements.py"]),
]


def main() -> int:
    failed = []
    for name, command in GATES:
        started = time.monotonic()
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
        good = done.returncode == 0
        print(f"{'ok    ' if good else 'FAILED'} {name:<14}{time.monotonic() - started:6.1f} s", flush=True)
        if not good:
            failed.append(name)
            print(done.stdout + done.stderr)
    if failed:
        print(f"Not clean: {', '.join(failed)}. The lines above say what and where.")
    return bool(failed)


if __name__ == "__main__":
    raise SystemExit(main())
