"""The command line starts without a database: a verb reaches for one only when it runs."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

_LOAD_ALL = """
import importlib
from msign.ops.cli import _VERBS
for module, name, _help in _VERBS.values():
    getattr(importlib.import_module(module), name)
print(len(_VERBS))
"""


def test_every_verb_loads_in_a_fresh_process() -> None:
    done = subprocess.run([sys.executable, "-c", _LOAD_ALL], capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) > 10


def test_a_command_before_the_first_start_says_what_to_do(tmp_path: Path) -> None:
    mine = {name: value for name, value in os.environ.items() if not name.startswith(("MSIGN_", "DJANGO_"))}
    done = subprocess.run(
        [sys.executable, "-m", "msign.ops.cli", "access", "system", "list"],
        env={**mine, "MSIGN_DATA": str(tmp_path / "var")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert "make run" in done.stderr
    assert "Traceback" not in done.stderr
