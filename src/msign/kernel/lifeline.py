"""A child process ends when its parent is gone, however the parent went.

The parent keeps the writing end of a pipe open and names the reading end in ``MSIGN_LIFELINE``. When the parent dies,
even by SIGKILL, the system closes the pipe and the child stops itself the polite way.
"""

from __future__ import annotations

import os
import signal
import threading

VARIABLE = "MSIGN_LIFELINE"


def hold() -> None:
    """Stop this process with SIGTERM once the parent's end of the lifeline closes; nothing happens without one."""
    descriptor = os.environ.get(VARIABLE)
    if descriptor is None or not descriptor.isdigit():
        return
    threading.Thread(target=_wait, args=(int(descriptor),), daemon=True, name="lifeline").start()


def _wait(descriptor: int) -> None:
    try:
        while os.read(descriptor, 1):
            continue
    except OSError:
        return
    os.kill(os.getpid(), signal.SIGTERM)
