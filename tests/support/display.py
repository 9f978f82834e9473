"""A screen for windows: Xvfb, if it is installed."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
from collections.abc import Iterator

import pytest


@contextlib.contextmanager
def screen(size: str = "1366x768") -> Iterator[str]:
    """Return the name of a display of its own until the block ends; where there is none, skip and say why."""
    if (program := shutil.which("Xvfb")) is None:
        pytest.skip("no Xvfb on this machine: install `xvfb` to see the agent's window tested")
    reading, writing = os.pipe()
    command = [program, "-displayfd", str(writing), "-screen", "0", f"{size}x24", "-nolisten", "tcp"]
    with subprocess.Popen(command, pass_fds=(writing,), stderr=subprocess.DEVNULL) as process:
        os.close(writing)
        try:
            with os.fdopen(reading) as told:
                yield f":{told.readline().strip()}"
        finally:
            process.terminate()
