"""Trusted lists, wired for the worker: refreshed on time, with an alarm in log, trail and health when one fails."""

from __future__ import annotations

import datetime as dt
import functools
import logging
from pathlib import Path

from msign.audit import events
from msign.config.options import Options
from msign.jobs import services as jobs
from msign.jobs.values import Handler, Later, Outcome, Task
from msign.kernel.clock import Clock
from msign.kernel.errors import MSignError
from msign.kernel.words import Environment
from msign.pki.fetch import AddressGuard, Bounds, Fetcher
from msign.validation.trustlists.folder import ListState, refresh_due, refresh_folder, state_of
from msign.validation.trustlists.refresh import Alarm

log = logging.getLogger("msign.trustlists")
JOB = "trusted-lists"
LOOK_SECONDS = 60.0  # how soon a changed lists.toml takes effect
RETRY_SECONDS = 600.0  # after a refresh that failed …
FIRST_SECONDS = 5.0  # … and as long as there is no good list at all: nobody is trusted through it
_BOUNDS = Bounds(connect_seconds=5.0, total_seconds=60.0)  # the largest lists have some ten megabytes


def handlers(options: Options, clock: Clock) -> dict[str, Handler]:
    """Return what the worker does for trusted lists: kind of job -> handler."""
    return {JOB: functools.partial(_look, options, clock)}


def schedule(options: Options, clock: Clock) -> None:
    """Make sure that each folder of anchors is looked after."""
    for environment in folders(options).values():
        jobs.ensure(JOB, environment.value, {}, clock.now())


def folders(options: Options) -> dict[Path, Environment]:
    """Return each folder of anchors with one environment that it serves; a sandbox has one for both."""
    return {options.trust_folder(environment).resolve(): environment for environment in reversed(Environment)}


def refresh(options: Options, folder: Path, clock: Clock) -> ListState:
    """Refresh a folder now and record what changed. Raises as ``refresh_folder``."""
    before = state_of(folder)
    guard = AddressGuard(frozenset(options.known_responders))
    fetcher = Fetcher.guarded(guard, bounds=_BOUNDS) if options.trust.online else None
    try:
        state = refresh_folder(folder, clock=clock, fetcher=fetcher)
    finally:
        if fetcher is not None:
            fetcher.close()
    _record(options, folder, before, state, clock)
    return state


def warnings(options: Options) -> list[str]:
    """Return what an operator should know of the trusted lists now, one short line each."""
    return [f"{alarm.code}: {alarm.location}" for alarm in _alarms(options)]


def warning_codes(options: Options) -> list[str]:
    """Return the same without places: the health page is for everybody."""
    return list(dict.fromkeys(alarm.code for alarm in _alarms(options)))


def _alarms(options: Options) -> list[Alarm]:
    states = [state for folder in folders(options) if (state := state_of(folder)) is not None]
    return list(dict.fromkeys(alarm for state in states for alarm in state.alarms))


def _look(options: Options, clock: Clock, task: Task) -> Outcome:
    folder = options.trust_folder(Environment(task.key)).resolve()
    interval = dt.timedelta(hours=options.trust.lists_hours)
    state = state_of(folder)
    if state is not None and any(alarm.code == "trusted-list-refresh-failed" for alarm in state.alarms):
        interval = min(interval, dt.timedelta(seconds=RETRY_SECONDS if state.lists else FIRST_SECONDS))
    if refresh_due(folder, clock.now(), interval):
        try:
            state = refresh(options, folder, clock)
        except (MSignError, OSError) as error:
            log.error("trusted lists of %s: %s", task.key, error)  # noqa: TRY400  (the sentence says all)
    hopeless = state is not None and state.alarms and not state.lists
    return Later(FIRST_SECONDS if hopeless else LOOK_SECONDS)


def _record(options: Options, folder: Path, before: ListState | None, after: ListState, clock: Clock) -> None:
    """Log every alarm; the trail gets what differs from the last time."""
    name = folders(options)[folder].value
    for alarm in after.alarms:
        log.warning("trusted lists of %s: %s %s %s", name, alarm.code, alarm.location, alarm.detail)
    old = before or ListState("")
    if [_key(one) for one in old.alarms] != [_key(one) for one in after.alarms] or old.lists != after.lists:
        events.trusted_lists_refreshed(
            at=clock.now(),
            environment=folders(options)[folder],
            lists=tuple(f"{one.territory} {one.sequence}" for one in after.lists),
            alarms=tuple(f"{alarm.code} {alarm.location}" for alarm in after.alarms),
        )


def _key(alarm: Alarm) -> tuple[str, str]:
    return alarm.code, alarm.location
