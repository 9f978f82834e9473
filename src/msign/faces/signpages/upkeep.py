"""Visits and other sessions that are past their time are removed from the database."""

from __future__ import annotations

from importlib import import_module

from django.conf import settings

from msign.jobs.values import Later, Outcome, Task

VISITS_JOB = "signpages.visits"
_HOURLY = 3600.0


def remove_old_visits(_task: Task) -> Outcome:
    """Remove what has expired, and come again."""
    import_module(settings.SESSION_ENGINE).SessionStore.clear_expired()
    return Later(_HOURLY)
