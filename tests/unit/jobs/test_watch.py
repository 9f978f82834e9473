"""The worker notices what others enqueue without asking the job table all the time."""

from __future__ import annotations

import contextlib
import sqlite3
import threading
from pathlib import Path

import pytest
from django.db.utils import ConnectionHandler

from msign.jobs import services
from msign.jobs.values import Done, Outcome, Task
from msign.jobs.watch import database_changes
from msign.jobs.worker import Worker
from msign.kernel.clock import SystemClock


@pytest.mark.django_db
def test_sqlite_tells_of_the_commits_of_others_and_of_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "books.sqlite3"
    handler = ConnectionHandler({"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": path}})
    mine = handler["default"]
    with contextlib.closing(mine), contextlib.closing(sqlite3.connect(path)) as other:
        other.execute("CREATE TABLE t (n INTEGER)")
        before = database_changes(mine)
        assert database_changes(mine) == before
        other.execute("INSERT INTO t VALUES (1)")
        assert database_changes(mine) == before  # not committed yet
        other.commit()
        assert database_changes(mine) != before


def test_where_the_database_does_not_tell_nothing_ever_differs() -> None:
    class Other:
        vendor = "postgresql"

    assert database_changes(Other()) == database_changes(Other())  # type: ignore[arg-type]


@pytest.mark.django_db(transaction=True)
def test_a_change_is_looked_into_long_before_the_worker_would_look_anyway() -> None:
    clock, done, looked, version = SystemClock(), threading.Event(), threading.Event(), [0]

    def changes() -> object:
        looked.set()
        return version[0]

    def handler(_task: Task) -> Outcome:
        done.set()
        return Done()

    worker = Worker(handlers={"test.watch": handler}, clock=clock, threads=1, idle_seconds=600, changes=changes)
    thread = threading.Thread(target=worker.run, daemon=True)
    thread.start()
    assert looked.wait(20)
    services.enqueue("test.watch", "a", {}, clock.now())
    version[0] += 1
    assert done.wait(20)
    worker.stop()
    thread.join(20)
    assert not thread.is_alive()
