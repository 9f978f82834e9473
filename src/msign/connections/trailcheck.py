"""The recurring job that verifies the audit trail in small steps, for the page of the auditors."""

from __future__ import annotations

import logging
from dataclasses import dataclass

from msign.audit import verification
from msign.audit.verification import Checked
from msign.connections.actors import Actor, require
from msign.connections.ports import Desk
from msign.connections.roles import Right
from msign.jobs.services import ensure, wake
from msign.jobs.values import Later, Outcome, Task
from msign.kernel.clock import Clock

_LOG = logging.getLogger(__name__)
JOB = "audit.verify"
STEP_SECONDS = 0.2  # between two steps of one walk: other jobs and writers come in between
WALK_SECONDS = 6 * 3600.0  # between two walks


@dataclass(frozen=True, slots=True, kw_only=True)
class TrailCheck:
    """Handler of the job."""

    clock: Clock

    def schedule(self) -> None:
        """Make sure that the job exists."""
        ensure(JOB, "all", {}, self.clock.now())

    def handle(self, _task: Task) -> Outcome:
        """Verify the next events; a break is told in the log, on the health page and above the queue."""
        ended = verification.step(self.clock.now())
        if ended and (broken := alarm()) is not None:
            _LOG.error("the audit trail is broken at event %s: %s", broken.broken, broken.why)
        return Later(WALK_SECONDS if ended else STEP_SECONDS)


def alarm() -> Checked | None:
    """Return what the last whole walk found if the trail is broken; whoever works here may know that it is."""
    found = verification.checked()
    return found if found.broken is not None else None


def warning_codes() -> list[str]:
    """Return the alarm as the health page tells it."""
    return ["audit-trail-broken"] if alarm() is not None else []


def standing(actor: Actor) -> Checked:
    """Return how the verification stands, for those who may read the trail."""
    require(actor, Right.SEE_AUDIT)
    return verification.checked()


def again(desk: Desk, actor: Actor) -> None:
    """Ask for a walk now; one that is under way goes on."""
    require(actor, Right.SEE_AUDIT)
    wake(JOB, "all", desk.clock.now())
