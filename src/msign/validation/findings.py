"""Collects failed checks and concludes from them, the same way in every process."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from msign.validation.model import Indication, Reason, Severity, SubIndication
from msign.validation.policy import Policy


@dataclass(frozen=True, slots=True)
class Finding:
    """One failed check: what it means in the standard's words, and why in ours."""

    indication: Indication
    sub_indication: SubIndication
    reason: Reason


@dataclass(slots=True)
class Findings:
    """A list of failed checks under one policy; checks that the policy ignores are not kept."""

    policy: Policy
    items: list[Finding] = field(default_factory=list)

    def failed(self, sub_indication: SubIndication, code: str, /, **facts: object) -> None:
        """Note a check whose failure is final (TOTAL_FAILED)."""
        self._add(Indication.TOTAL_FAILED, sub_indication, code, facts)

    def unclear(self, sub_indication: SubIndication, code: str, /, **facts: object) -> None:
        """Note a check whose failure leaves the matter open (INDETERMINATE)."""
        self._add(Indication.INDETERMINATE, sub_indication, code, facts)

    def note(self, code: str, /, **facts: object) -> None:
        """Note something worth telling; what it does to the verdict is still the policy's word."""
        self._add(Indication.INDETERMINATE, SubIndication.SIG_CONSTRAINTS_FAILURE, code, facts)

    def _add(self, indication: Indication, sub: SubIndication, code: str, facts: dict[str, object]) -> None:
        reason = self.policy.reason(code, **facts)
        if reason.severity is not Severity.IGNORE:
            self.items.append(Finding(indication, sub, reason))

    def take(self, others: Iterable[Finding]) -> None:
        """Take over findings of a part process."""
        self.items.extend(others)

    @property
    def decisive(self) -> Finding | None:
        """Return the finding that decides: the first final failure, else the first open question; ``None`` = passed."""
        failing = [item for item in self.items if item.reason.severity is Severity.FAIL]
        final = [item for item in failing if item.indication is Indication.TOTAL_FAILED]
        return next(iter(final or failing), None)

    @property
    def indication(self) -> Indication:
        """Return the main status."""
        return self.decisive.indication if self.decisive else Indication.TOTAL_PASSED

    @property
    def sub_indication(self) -> SubIndication | None:
        """Return the reason of the main status."""
        return self.decisive.sub_indication if self.decisive else None

    @property
    def reasons(self) -> tuple[Reason, ...]:
        """Return all reasons, the decisive one first, each once."""
        first = [self.decisive] if self.decisive else []
        return tuple(dict.fromkeys(item.reason for item in [*first, *self.items]))
