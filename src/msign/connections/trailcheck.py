"""The recurring job that verifies the audit trail in small steps, for the page of the auditors."""

from __future__ import annotations

from dataclasses import dataclass

from msign.audit import verification
from msign.audit.verification import Checked
from msign.connections.actors import Actor, require
from msign.connections.ports import Desk
from msign.connections.roles import Right
from msign.jobs.services import ensure, wake
from msign.jobs.values import Later, Outcome, Task
from msign.kernel.clock import Clock

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
        """Verify the next events."""
        return Later(WALK_SECONDS if verification.step(self.clock.now()) else STEP_SECONDS)


def standing(actor: Actor) -> Checked:
    """Return how the verification stands, for those who may read the trail."""
    require(actor, Right.SEE_AUDIT)
    return verification.checked()


def again(desk: Desk, actor: Actor) -> None:
    """Ask for a walk now; one that is under way goes on."""
    require(actor, Right.SEE_AUDIT)
    wake(JOB, "all", desk.clock.now())
