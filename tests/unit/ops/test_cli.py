"""The command line starts without a database: a verb reaches for one only when it runs."""

from __future__ import annotations

import subprocess
import sys

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
