"""How each test case of a connection stands: what the traffic says, what people decided, whether that is enough.

The one place that decides what counts as done; pages, the gate to production and the frozen run all ask here.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from msign.connections.catalogue import TEST_CASES
from msign.connections.conformance.values import Evidence, Result
from msign.connections.models import TestEvidence
from msign.connections.words import Sentence, say

FRESH = dt.timedelta(days=90)  # a test older than this says little about the system that goes to production


@dataclass(frozen=True, slots=True)
class CaseStanding:
    """One test case. ``decision``: empty, ``declared`` by the beneficiary or ``waived`` by the operator."""

    code: str
    result: Result = Result.NOT_SEEN
    why: Sentence = say("Nothing of this was seen yet.")  # noqa: RUF009  (a frozen value)
    evidence: tuple[Evidence, ...] = ()
    decision: str = ""
    note: str = ""
    by: str = ""
    at: dt.datetime | None = None

    @property
    def done(self) -> bool:
        """Whether this case opens the way to production."""
        if self.decision == "waived" or self.result is Result.PASSED:
            return True
        return self.decision == "declared" and self.result is Result.REVIEW

    def plain(self) -> dict[str, Any]:
        """Return it as JSON, without names: those stand in the audit trail by number."""
        return {
            "code": self.code,
            "result": self.result.value,
            "why": self.why.msgid,
            "facts": dict(self.why.facts),
            "evidence": [one.plain() for one in self.evidence],
            "decision": self.decision,
            "note": self.note,
            "at": self.at.isoformat() if self.at else "",
        }

    @classmethod
    def of(cls, plain: Mapping[str, Any]) -> CaseStanding:
        """Read it back."""
        return cls(
            code=plain["code"],
            result=Result(plain["result"]),
            why=Sentence(plain["why"], tuple(plain["facts"].items())),
            evidence=tuple(map(Evidence.of, plain["evidence"])),
            decision=plain["decision"],
            note=plain["note"],
            at=dt.datetime.fromisoformat(plain["at"]) if plain["at"] else None,
        )


def standings(case_id: int, now: dt.datetime) -> tuple[CaseStanding, ...]:
    """Return how the six cases of a connection stand now."""
    rows = {row.test_case: row for row in TestEvidence.objects.filter(case_id=case_id).select_related("by")}
    return tuple(_standing(rows[code], now) if code in rows else CaseStanding(code) for code in TEST_CASES)


def gaps(found: Iterable[CaseStanding], required: Iterable[str]) -> tuple[Sentence, ...]:
    """Return what keeps a connection from going live: the gate of setting ``golive.required_tests``."""
    wanted = set(required)
    return tuple(_gap(one) for one in found if one.code in wanted and not one.done)


def run_of(found: Iterable[CaseStanding], now: dt.datetime) -> dict[str, Any]:
    """Return a run as it is frozen: plain JSON, with the digest that the audit trail names."""
    cases = [one.plain() for one in found]
    return {"at": now.isoformat(), "cases": cases, "sha256": digest(cases)}


def digest(cases: list[dict[str, Any]]) -> str:
    """Return the SHA-256 of a run, so that a later change of the row shows."""
    return hashlib.sha256(json.dumps(cases, sort_keys=True, ensure_ascii=False).encode()).hexdigest()


def _gap(one: CaseStanding) -> Sentence:
    match one.result:
        case Result.FAILED:
            return say("The test case %(code)s has failed.", code=one.code)
        case Result.REVIEW:
            return say("The test case %(code)s needs a look: say what you did and saw.", code=one.code)
        case _:
            return say("The test case %(code)s was not seen in the traffic of your system.", code=one.code)


def _standing(row: TestEvidence, now: dt.datetime) -> CaseStanding:
    result, why = Result(row.result), Sentence(row.why.get("msgid", ""), tuple(row.why.get("facts", {}).items()))
    if result is Result.PASSED and row.moment + FRESH < now:
        result, why = Result.REVIEW, say("It passed, but more than %(days)s days ago. Do it again.", days=FRESH.days)
    return CaseStanding(
        code=row.test_case,
        result=result,
        why=why if why.msgid else CaseStanding(row.test_case).why,
        evidence=tuple(map(Evidence.of, row.evidence)),
        decision="" if row.kind == "seen" else row.kind,
        note=row.note,
        by=row.by.name if row.by else "",
        at=row.moment,
    )
