"""Which step of a connection is allowed, to whom, and why not. Pure: one table, no clock, no database.

The table is section 13 of the connection process, with two additions. A live connection may be *reopened*: the request
runs again while what is granted stays as it is, so that refusing or withdrawing the new round leads back to
``Completed``. And a reopened or extended connection whose annex is in force passes from ``Confirmed`` straight to
technical data.

Two more rows serve what the published process leaves to letters. A request for a service that the desk only records
ends in ``Forwarded``: the operator has handed it to the team of that service. And a change of data of a live
connection is applied by the operator right from the review, in both environments at once; where the reviewer wants the
system tested again, confirming leads through all the steps instead.
"""

from __future__ import annotations

import enum
from collections.abc import Callable
from dataclasses import dataclass

from msign.connections.words import Sentence, mark, say


class State(enum.StrEnum):
    """Where a request stands."""

    DRAFT = "draft"
    SUBMITTED = "submitted"
    IN_REVIEW = "in-review"
    NEEDS_INFO = "needs-info"
    CONFIRMED = "confirmed"
    REJECTED = "rejected"
    AWAITING_SIGNATURE = "awaiting-signature"
    AWAITING_TECHNICAL_DATA = "awaiting-technical-data"
    DATA_COMPLETE = "data-complete"
    TEST_CONFIGURED = "test-configured"
    TESTING = "testing"
    BENEFICIARY_VALIDATED = "beneficiary-validated"
    OPERATOR_VALIDATED = "operator-validated"
    PRODUCTION_READY = "production-ready"
    ACTIVE = "active"
    COMPLETED = "completed"
    WITHDRAWN = "withdrawn"
    TERMINATED = "terminated"
    FORWARDED = "forwarded"


class Side(enum.StrEnum):
    """Who acts."""

    BENEFICIARY = "beneficiary"
    OPERATOR = "operator"
    SYSTEM = "system"


class Action(enum.StrEnum):
    """What may be done with a request."""

    SUBMIT = "submit"
    TAKE = "take"
    ASK = "ask"
    ANSWER = "answer"
    CONFIRM = "confirm"
    REJECT = "reject"
    ISSUE_DOCUMENTS = "issue-documents"
    SKIP_DOCUMENTS = "skip-documents"
    SIGNATURES_PRESENT = "signatures-present"
    GIVE_TEST_DATA = "give-test-data"
    CONFIGURE_TEST = "configure-test"
    FIRST_CALL = "first-call"
    VALIDATE = "validate"
    CONFIRM_COMPLIANCE = "confirm-compliance"
    SKIP_COMPLIANCE = "skip-compliance"
    GIVE_PRODUCTION_DATA = "give-production-data"
    ACTIVATE = "activate"
    COMPLETE = "complete"
    WITHDRAW = "withdraw"
    REOPEN = "reopen"
    TERMINATE = "terminate"
    FORWARD = "forward"
    APPLY_CHANGE = "apply-change"


@dataclass(frozen=True, slots=True)
class Facts:
    """What the guards look at; computed when somebody acts, never stored."""

    reason: str = ""  # the actor's own words
    live: bool = False  # something is granted in production
    served: bool = True  # the desk carries the service to its end; else it records and forwards
    operator_confirms: bool = True  # setting golive.operator_confirmation
    annex_in_force: bool = False
    form_gaps: tuple[Sentence, ...] = ()
    open_questions: tuple[Sentence, ...] = ()
    signature_gaps: tuple[Sentence, ...] = ()
    test_gaps: tuple[Sentence, ...] = ()
    test_fee_gaps: tuple[Sentence, ...] = ()
    conformance_gaps: tuple[Sentence, ...] = ()
    production_gaps: tuple[Sentence, ...] = ()
    fee_gaps: tuple[Sentence, ...] = ()


@dataclass(frozen=True, slots=True)
class Permitted:
    """The step is allowed and leads here."""

    to: State

    def __bool__(self) -> bool:
        return True


@dataclass(frozen=True, slots=True)
class Refused:
    """The step is not allowed, for these reasons."""

    reasons: tuple[Sentence, ...]

    def __bool__(self) -> bool:
        return False


Guard = Callable[[Facts], tuple[Sentence, ...]]


@dataclass(frozen=True, slots=True)
class Rule:
    """One row of the table: who may do it, from where, to where, and what must hold."""

    side: Side
    sources: frozenset[State]
    to: State
    guards: tuple[Guard, ...] = ()
    when_live: State | None = None


def _reason(facts: Facts) -> tuple[Sentence, ...]:
    return () if facts.reason.strip() else (say("Give a reason; the other side reads it."),)


def _annex_in_force(facts: Facts) -> tuple[Sentence, ...]:
    return () if facts.annex_in_force else (say("No signed annex for this system is in force."),)


def _annex_not_in_force(facts: Facts) -> tuple[Sentence, ...]:
    return (say("The annex for this system is already in force; nothing has to be signed."),) * facts.annex_in_force


def _form(facts: Facts) -> tuple[Sentence, ...]:
    return facts.form_gaps


def _questions(facts: Facts) -> tuple[Sentence, ...]:
    return facts.open_questions


def _signatures(facts: Facts) -> tuple[Sentence, ...]:
    return facts.signature_gaps


def _test_data(facts: Facts) -> tuple[Sentence, ...]:
    return facts.test_gaps


def _test_fee(facts: Facts) -> tuple[Sentence, ...]:
    return facts.test_fee_gaps


def _conformance(facts: Facts) -> tuple[Sentence, ...]:
    return facts.conformance_gaps


def _production_data(facts: Facts) -> tuple[Sentence, ...]:
    return facts.production_gaps


def _fee(facts: Facts) -> tuple[Sentence, ...]:
    return facts.fee_gaps


def _served(facts: Facts) -> tuple[Sentence, ...]:
    return () if facts.served else (say("This service is not connected here: the request is forwarded to its team."),)


def _not_served(facts: Facts) -> tuple[Sentence, ...]:
    return (say("This service is connected here from beginning to end; the request is not forwarded."),) * facts.served


def _operator_need_not_confirm(facts: Facts) -> tuple[Sentence, ...]:
    return (say("The operator confirms the technical compliance."),) * facts.operator_confirms


def _changes_data(facts: Facts) -> tuple[Sentence, ...]:
    return () if facts.live else (say("Nothing is granted in production, so there is nothing to change."),)


def _live(facts: Facts) -> tuple[Sentence, ...]:
    return () if facts.live else (say("Nothing is granted in production, so there is nothing to reopen."),)


BEFORE_ACTIVE = frozenset(State) - {
    State.REJECTED,
    State.ACTIVE,
    State.COMPLETED,
    State.WITHDRAWN,
    State.TERMINATED,
    State.FORWARDED,
}
# States that end a round, and with it the work of both sides.
ENDED = frozenset({State.REJECTED, State.COMPLETED, State.WITHDRAWN, State.TERMINATED, State.FORWARDED})
# States before the operator has decided.
TO_REVIEW = frozenset({State.DRAFT, State.SUBMITTED, State.IN_REVIEW, State.NEEDS_INFO})
_B, _O, _S = Side.BENEFICIARY, Side.OPERATOR, Side.SYSTEM


def _rule(side: Side, source: State, to: State, *guards: Guard) -> Rule:
    return Rule(side, frozenset({source}), to, guards)


TABLE: dict[Action, Rule] = {
    Action.SUBMIT: _rule(_B, State.DRAFT, State.SUBMITTED, _form),
    Action.TAKE: _rule(_O, State.SUBMITTED, State.IN_REVIEW),
    Action.ASK: _rule(_O, State.IN_REVIEW, State.NEEDS_INFO, _reason),
    Action.ANSWER: _rule(_B, State.NEEDS_INFO, State.IN_REVIEW, _form, _questions),
    Action.CONFIRM: _rule(_O, State.IN_REVIEW, State.CONFIRMED, _form, _served),
    Action.APPLY_CHANGE: _rule(_O, State.IN_REVIEW, State.COMPLETED, _changes_data, _form, _production_data),
    Action.FORWARD: _rule(_O, State.IN_REVIEW, State.FORWARDED, _form, _not_served),
    Action.REJECT: Rule(_O, frozenset({State.IN_REVIEW}), State.REJECTED, (_reason,), State.COMPLETED),
    Action.ISSUE_DOCUMENTS: _rule(_O, State.CONFIRMED, State.AWAITING_SIGNATURE, _annex_not_in_force),
    Action.SKIP_DOCUMENTS: _rule(_S, State.CONFIRMED, State.AWAITING_TECHNICAL_DATA, _annex_in_force),
    Action.SIGNATURES_PRESENT: _rule(_S, State.AWAITING_SIGNATURE, State.AWAITING_TECHNICAL_DATA, _signatures),
    Action.GIVE_TEST_DATA: _rule(_B, State.AWAITING_TECHNICAL_DATA, State.DATA_COMPLETE, _test_data, _test_fee),
    Action.CONFIGURE_TEST: _rule(_O, State.DATA_COMPLETE, State.TEST_CONFIGURED, _test_data, _test_fee),
    Action.FIRST_CALL: _rule(_S, State.TEST_CONFIGURED, State.TESTING),
    Action.VALIDATE: _rule(_B, State.TESTING, State.BENEFICIARY_VALIDATED, _conformance),
    Action.CONFIRM_COMPLIANCE: _rule(_O, State.BENEFICIARY_VALIDATED, State.OPERATOR_VALIDATED),
    Action.SKIP_COMPLIANCE: _rule(
        _S, State.BENEFICIARY_VALIDATED, State.OPERATOR_VALIDATED, _operator_need_not_confirm
    ),
    Action.GIVE_PRODUCTION_DATA: _rule(_B, State.OPERATOR_VALIDATED, State.PRODUCTION_READY, _production_data),
    Action.ACTIVATE: _rule(_O, State.PRODUCTION_READY, State.ACTIVE, _production_data, _fee),
    Action.COMPLETE: _rule(_S, State.ACTIVE, State.COMPLETED),
    Action.WITHDRAW: Rule(_B, BEFORE_ACTIVE, State.WITHDRAWN, when_live=State.COMPLETED),
    Action.REOPEN: Rule(_B, frozenset({State.ACTIVE, State.COMPLETED}), State.DRAFT, (_live,)),
    Action.TERMINATE: Rule(_O, frozenset(State) - {State.TERMINATED, State.DRAFT}, State.TERMINATED, (_reason,)),
}

NAMES: dict[State, str] = {
    State.DRAFT: mark("Draft"),
    State.SUBMITTED: mark("Submitted"),
    State.IN_REVIEW: mark("In review"),
    State.NEEDS_INFO: mark("Changes requested"),
    State.CONFIRMED: mark("Confirmed"),
    State.REJECTED: mark("Rejected"),
    State.AWAITING_SIGNATURE: mark("Awaiting signatures"),
    State.AWAITING_TECHNICAL_DATA: mark("Awaiting technical data"),
    State.DATA_COMPLETE: mark("Technical data complete"),
    State.TEST_CONFIGURED: mark("Test access configured"),
    State.TESTING: mark("Testing"),
    State.BENEFICIARY_VALIDATED: mark("Validated by the beneficiary"),
    State.OPERATOR_VALIDATED: mark("Validated by the operator"),
    State.PRODUCTION_READY: mark("Ready for production"),
    State.ACTIVE: mark("Active in production"),
    State.COMPLETED: mark("Completed"),
    State.WITHDRAWN: mark("Withdrawn"),
    State.TERMINATED: mark("Terminated"),
    State.FORWARDED: mark("Recorded and forwarded"),
}

_WRONG_SIDE = {
    Side.BENEFICIARY: say("Only the beneficiary can do this."),
    Side.OPERATOR: say("Only the operator can do this."),
    Side.SYSTEM: say("The system does this by itself when its conditions are met."),
}


def decide(state: State, action: Action, side: Side, facts: Facts) -> Permitted | Refused:
    """Tell whether ``side`` may do ``action`` now, and where it leads; a refusal carries every reason that holds."""
    rule = TABLE[action]
    if side is not rule.side:
        return Refused((_WRONG_SIDE[rule.side],))
    if state not in rule.sources:
        return Refused(
            (say("This is not possible while the request is in the state “%(state)s”.", state=NAMES[state]),)
        )
    if reasons := tuple(reason for guard in rule.guards for reason in guard(facts)):
        return Refused(reasons)
    return Permitted(rule.when_live if facts.live and rule.when_live else rule.to)


def actions_from(state: State, side: Side, *, served: bool = True, live: bool = False) -> tuple[Action, ...]:
    """Return what ``side`` may try in ``state`` with this service and connection; guards may still refuse."""
    absent = {Action.FORWARD if served else Action.CONFIRM} | (set() if live else {Action.APPLY_CHANGE})
    return tuple(
        action for action, rule in TABLE.items() if rule.side is side and state in rule.sources and action not in absent
    )


class Part(enum.StrEnum):
    """A part of the case that the beneficiary writes."""

    FORM = "form"
    TEST_DATA = "test-data"
    PRODUCTION_DATA = "production-data"


_AFTER_CONFIRMED = frozenset(
    {
        State.CONFIRMED,
        State.AWAITING_SIGNATURE,
        State.AWAITING_TECHNICAL_DATA,
        State.DATA_COMPLETE,
        State.TEST_CONFIGURED,
        State.TESTING,
        State.BENEFICIARY_VALIDATED,
        State.OPERATOR_VALIDATED,
    }
)
EDITABLE: dict[Part, frozenset[State]] = {
    Part.FORM: frozenset({State.DRAFT, State.NEEDS_INFO}),
    Part.TEST_DATA: frozenset({State.CONFIRMED, State.AWAITING_SIGNATURE, State.AWAITING_TECHNICAL_DATA}),
    Part.PRODUCTION_DATA: _AFTER_CONFIRMED,
}

_FORM_OPEN = EDITABLE[Part.FORM]


def may_write(part: Part, state: State, *, live: bool) -> bool:
    """Tell whether the beneficiary may write ``part`` now: a change of a live connection carries its technical data."""
    return state in EDITABLE[part] or (live and state in _FORM_OPEN)


# Whose turn it is. States that end a round belong to nobody.
TURN: dict[State, Side | None] = {
    State.DRAFT: _B,
    State.SUBMITTED: _O,
    State.IN_REVIEW: _O,
    State.NEEDS_INFO: _B,
    State.CONFIRMED: _O,
    State.REJECTED: None,
    State.AWAITING_SIGNATURE: _B,
    State.AWAITING_TECHNICAL_DATA: _B,
    State.DATA_COMPLETE: _O,
    State.TEST_CONFIGURED: _B,
    State.TESTING: _B,
    State.BENEFICIARY_VALIDATED: _O,
    State.OPERATOR_VALIDATED: _B,
    State.PRODUCTION_READY: _O,
    State.ACTIVE: _S,
    State.COMPLETED: None,
    State.WITHDRAWN: None,
    State.TERMINATED: None,
    State.FORWARDED: None,
}
