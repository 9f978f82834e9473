"""Whether somebody has written to the database: a glance that costs no lock, no transaction and no table."""

from __future__ import annotations

from django.db import connection
from django.db.backends.base.base import BaseDatabaseWrapper


def database_changes(database: BaseDatabaseWrapper | None = None) -> object:
    """Return something that differs after another connection has committed; always the same where that is not known.

    SQLite tells by itself (``PRAGMA data_version``), across processes too. Other databases are looked at again after
    the worker's ``idle_seconds`` only.
    """
    chosen = database or connection
    if chosen.vendor != "sqlite":
        return None
    with chosen.cursor() as cursor:
        return cursor.execute("PRAGMA data_version").fetchone()
