"""Create `.venv` from the hash-pinned requirement files. Standard library only: nothing is installed yet."""

from __future__ import annotations

import subprocess
import sys
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / ("Scripts" if sys.platform == "win32" else "bin") / "python"


def main(group: str) -> int:
    if sys.version_info < (3, 11):
        print(f"msign needs Python 3.11 or newer; this is {sys.version.split()[0]}. Try: make PYTHON=python3.12 run")
        return 1
    if not PYTHON.exists():
        print("Creating the virtual environment in .venv …", flush=True)
        venv.create(VENV, with_pip=True)
    print(f"Installing the {group} requirements (hashes checked) …", flush=True)
    pip = [str(PYTHON), "-m", "pip", "--disable-pip-version-check", "-q"]
    installed = (
        subprocess.run(
            [*pip, "install", "--require-hashes", "-r", str(ROOT / "requirements" / f"{group}.txt")],
            check=False,
        ).returncode
        == 0
        and subprocess.run(
            [*pip, "install", "--no-deps", "--no-build-isolation", "-e", str(ROOT)], check=False
        ).returncode
        == 0
    )
    if not installed:
        print("The installation failed; the lines above say why. Mend that and run the same command again.")
        return 1
    subprocess.run([str(PYTHON), str(ROOT / "tools" / "messages.py"), "compile"], check=True)
    (VENV / ".runtime").touch()
    if group == "dev":
        (VENV / ".dev").touch()
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1] if len(sys.argv) > 1 else "runtime"))
