"""Whether each provider is there, looked at by the worker all day long: pages only read what it found.

One job for each provider. A provider that hangs holds a thread of its own and no worker; what it has not answered in
``BOUND_SECONDS`` counts as no answer.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence

from msign.jobs import services as jobs
from msign.jobs.values import Done, Handler, Later, Outcome, Task
from msign.kernel.clock import Clock, monotonic
from msign.kernel.errors import MSignError
from msign.providers.base import Probing, Provider
from msign.providers.calls import OpenCalls
from msign.signrequests.models import ProviderCheck

log = logging.getLogger(__name__)

CHECK_JOB = "signrequests.check-provider"
BOUND_SECONDS = 10.0
FAILING_SECONDS = 5.0  # how soon one that does not answer is asked again: it may be back
_PATIENCE = 1.0  # seconds that the worker waits for an answer before it does something else
_MAX_TROUBLE = 200


class ProviderChecks:
    """Asks every provider that can be asked, each every ``every`` seconds."""

    def __init__(
        self,
        *,
        providers: Sequence[Provider],
        clock: Clock,
        every: float,
        patience: float = _PATIENCE,
        seconds: Callable[[], float] = monotonic,
    ) -> None:
        self._probing = {one.identifier: one for one in providers if isinstance(one, Probing)}
        self._clock = clock
        self._every = every
        self._patience = patience
        self._seconds = seconds
        self._calls: OpenCalls[str] = OpenCalls(limit=max(1, len(self._probing)))
        self._since: dict[str, float] = {}

    def handlers(self) -> dict[str, Handler]:
        """Return the handler for the worker."""
        return {CHECK_JOB: self.check}

    def schedule(self) -> None:
        """Make sure that each provider is looked at, and at once: its configuration may be new."""
        for identifier in self._probing:
            jobs.enqueue(CHECK_JOB, identifier, {}, self._clock.now())

    def check(self, task: Task) -> Outcome:
        """Look at one provider and write down what was found."""
        provider = self._probing.get(task.key)
        if provider is None:  # it is configured no more
            ProviderCheck.objects.filter(pk=task.key).delete()
            return Done()
        trouble = self._trouble(task.key, provider)
        if trouble is None:
            return Later(_PATIENCE)
        self._note(task.key, trouble)
        return Later(min(FAILING_SECONDS, self._every) if trouble else self._every)

    def _trouble(self, identifier: str, provider: Probing) -> str | None:
        """Return what is wrong, or ``None`` while the provider is still waited for."""
        begun = self._since.setdefault(identifier, self._seconds())
        try:
            found = self._calls.run(identifier, provider.probe, patience=self._patience)
        except MSignError as error:  # a defect of the probe
            found = f"could not be asked: {error.message}"
        if found is None:
            return f"no answer within {BOUND_SECONDS:g} s" if self._seconds() - begun > BOUND_SECONDS else None
        del self._since[identifier]
        return found[:_MAX_TROUBLE]

    def _note(self, identifier: str, trouble: str) -> None:
        now = self._clock.now()
        before = ProviderCheck.objects.filter(pk=identifier).first()
        since = (before.since if before and before.since else now) if trouble else None
        if bool(trouble) != bool(before and before.trouble):
            log.log(logging.WARNING if trouble else logging.INFO, "provider %s: %s", identifier, trouble or "answers")
        values = {"checked_at": now, "trouble": trouble, "since": since}
        ProviderCheck.objects.update_or_create(pk=identifier, defaults=values)
