from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from msign.kernel.clock import monotonic
from msign.ops import instance
from msign.ops.processes import QUICK_DEATHS, Program, Stop, Supervisor, taken_ports

SERVER = """
import signal, socket, sys
signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
server = socket.create_server(("127.0.0.1", int(sys.argv[1])))
while True:
    server.accept()[0].close()
"""


@pytest.fixture
def free_port() -> int:
    return instance.free_port()


@pytest.fixture
def said() -> list[str]:
    return []


@pytest.fixture
def supervisor(tmp_path: Path, said: list[str]) -> Iterator[Supervisor]:
    made = Supervisor(host="127.0.0.1", log_folder=tmp_path / "log", say=said.append)
    yield made
    made.stop()


def _server(port: int) -> Program:
    return Program("a server", ("-c", SERVER, str(port)), (port,))


def _eventually(true: object, seconds: float = 20.0) -> bool:
    deadline, pause = monotonic() + seconds, threading.Event()
    while monotonic() < deadline:
        if true():  # type: ignore[operator]
            return True
        pause.wait(0.05)
    return False


def test_a_killed_process_is_started_again(supervisor: Supervisor, said: list[str], free_port: int) -> None:
    supervisor.start([_server(free_port)])
    assert supervisor.wait_ready(20) is None
    first = supervisor._running[0].process.pid
    stop = Stop()
    watcher = threading.Thread(target=supervisor.watch, args=(stop,))
    watcher.start()
    try:
        os.kill(first, signal.SIGKILL)
        assert _eventually(lambda: supervisor._running[0].process.pid != first)
        assert supervisor.wait_ready(20) is None
    finally:
        stop.asked = True
        watcher.join()
    assert said == ["a server ended (signal 9); starting it again"]


def test_stop_leaves_nothing_running(supervisor: Supervisor, free_port: int) -> None:
    supervisor.start([_server(free_port)])
    assert supervisor.wait_ready(20) is None
    supervisor.stop()
    assert taken_ports("127.0.0.1", [free_port]) == []


def test_a_process_that_dies_at_once_is_named_with_its_log(supervisor: Supervisor, free_port: int) -> None:
    supervisor.start([Program("broken one", ("-c", "raise SystemExit('no database')"), (free_port,))])
    trouble = supervisor.wait_ready(20)
    assert trouble is not None
    assert "broken one" in trouble
    assert "broken-one.log" in trouble
    log = supervisor.log_path(supervisor._running[0].program)
    assert "no database" in log.read_text()


def test_a_process_that_falls_once_at_the_start_gets_another_chance(
    supervisor: Supervisor, said: list[str], free_port: int, tmp_path: Path
) -> None:
    once = (
        f"import os, sys\ntry: os.mkdir({str(tmp_path / 'tried')!r})\nexcept FileExistsError: pass\nelse: sys.exit(1)\n"
    )
    supervisor.start([Program("slow one", ("-c", once + SERVER, str(free_port)), (free_port,))])
    assert supervisor.wait_ready(20) is None
    assert said == ["slow one ended (exit status 1); starting it again"]


def test_kills_from_outside_are_not_held_against_a_process(supervisor: Supervisor, free_port: int) -> None:
    supervisor.start([_server(free_port)])
    for _again in range(QUICK_DEATHS + 1):
        assert supervisor.wait_ready(20) is None
        supervisor._running[0].process.kill()
        supervisor._running[0].process.wait()
    assert supervisor.wait_ready(20) is None


def test_the_wait_for_a_start_can_be_broken_off(supervisor: Supervisor, free_port: int) -> None:
    supervisor.start([Program("mute one", ("-c", "import time; time.sleep(60)"), (free_port,))])
    assert supervisor.wait_ready(20, Stop(asked=True)) is None


def test_a_process_that_keeps_dying_ends_the_watch_with_a_sentence(supervisor: Supervisor) -> None:
    supervisor.start([Program("broken one", ("-c", "raise SystemExit(3)"))])
    trouble = supervisor.watch(Stop())
    assert trouble is not None
    assert "broken one keeps stopping" in trouble


def test_children_end_when_the_supervisor_is_killed(tmp_path: Path, free_port: int) -> None:
    script = f"""
import sys, threading
from pathlib import Path
from msign.ops.processes import Program, Supervisor
child = "from msign.kernel import lifeline; lifeline.hold()\\n" + {SERVER!r}
supervisor = Supervisor(host="127.0.0.1", log_folder=Path({str(tmp_path)!r}), say=print)
supervisor.start([Program("child", ("-c", child, "{free_port}"), ({free_port},))])
supervisor.wait_ready(20)
print("ready", flush=True)
threading.Event().wait()
"""
    import subprocess

    with subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE) as parent:
        assert parent.stdout is not None
        assert parent.stdout.readline() == b"ready\n"
        parent.kill()
    assert _eventually(lambda: taken_ports("127.0.0.1", [free_port]) == [])
