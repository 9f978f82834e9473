"""Every state x actor x action, held against a table written out by hand: the specification, not the code."""

from __future__ import annotations

import itertools

import pytest

from msign.connections.states import (
    EDITABLE,
    NAMES,
    TURN,
    Action,
    Facts,
    Part,
    Permitted,
    Refused,
    Side,
    State,
    actions_from,
    decide,
    may_write,
)
from msign.connections.words import say

# state: {action: (side, next state)} when every guard is content, the service is served and nothing is live
ALLOWED = {
    "draft": {"submit": ("beneficiary", "submitted"), "withdraw": ("beneficiary", "withdrawn")},
    "submitted": {"take": ("operator", "in-review"), "withdraw": ("beneficiary", "withdrawn")},
    "in-review": {
        "ask": ("operator", "needs-info"),
        "confirm": ("operator", "confirmed"),
        "reject": ("operator", "rejected"),
        "withdraw": ("beneficiary", "withdrawn"),
    },
    "needs-info": {"answer": ("beneficiary", "in-review"), "withdraw": ("beneficiary", "withdrawn")},
    "confirmed": {
        "issue-documents": ("operator", "awaiting-signature"),
        "withdraw": ("beneficiary", "withdrawn"),
    },
    "rejected": {},
    "awaiting-signature": {
        "signatures-present": ("system", "awaiting-technical-data"),
        "withdraw": ("beneficiary", "withdrawn"),
    },
    "awaiting-technical-data": {
        "give-test-data": ("beneficiary", "data-complete"),
        "withdraw": ("beneficiary", "withdrawn"),
    },
    "data-complete": {"configure-test": ("operator", "test-configured"), "withdraw": ("beneficiary", "withdrawn")},
    "test-configured": {"first-call": ("system", "testing"), "withdraw": ("beneficiary", "withdrawn")},
    "testing": {"validate": ("beneficiary", "beneficiary-validated"), "withdraw": ("beneficiary", "withdrawn")},
    "beneficiary-validated": {
        "confirm-compliance": ("operator", "operator-validated"),
        "withdraw": ("beneficiary", "withdrawn"),
    },
    "operator-validated": {
        "give-production-data": ("beneficiary", "production-ready"),
        "withdraw": ("beneficiary", "withdrawn"),
    },
    "production-ready": {"activate": ("operator", "active"), "withdraw": ("beneficiary", "withdrawn")},
    "active": {"complete": ("system", "completed")},
    "completed": {},
    "withdrawn": {},
    "terminated": {},
    "forwarded": {},
}
for _state, _row in ALLOWED.items():
    if _state not in ("draft", "terminated"):
        ALLOWED[_state] = {**_row, "terminate": ("operator", "terminated")}

EVERYTHING = list(itertools.product(State, Side, Action))
CONTENT = Facts(reason="because")


@pytest.mark.parametrize(("state", "side", "action"), EVERYTHING)
def test_every_state_actor_and_action(state: State, side: Side, action: Action) -> None:
    decision = decide(state, action, side, CONTENT)
    row = ALLOWED[state].get(action)
    if row is not None and row[0] == side:
        assert decision == Permitted(State(row[1]))
    else:
        assert isinstance(decision, Refused)
        assert all(str(reason) for reason in decision.reasons)


@pytest.mark.parametrize("state", State)
def test_each_state_has_a_name_and_says_whose_turn_it_is(state: State) -> None:
    assert NAMES[state]
    mine = {
        side for side in Side if any(a not in (Action.WITHDRAW, Action.TERMINATE) for a in actions_from(state, side))
    }
    if TURN[state] in (Side.BENEFICIARY, Side.OPERATOR) and state not in (
        State.AWAITING_SIGNATURE,
        State.TEST_CONFIGURED,
    ):
        assert TURN[state] in mine


GUARDS = [
    (State.DRAFT, Action.SUBMIT, Side.BENEFICIARY, "form_gaps"),
    (State.NEEDS_INFO, Action.ANSWER, Side.BENEFICIARY, "form_gaps"),
    (State.NEEDS_INFO, Action.ANSWER, Side.BENEFICIARY, "open_questions"),
    (State.IN_REVIEW, Action.CONFIRM, Side.OPERATOR, "form_gaps"),
    (State.AWAITING_SIGNATURE, Action.SIGNATURES_PRESENT, Side.SYSTEM, "signature_gaps"),
    (State.AWAITING_TECHNICAL_DATA, Action.GIVE_TEST_DATA, Side.BENEFICIARY, "test_gaps"),
    (State.DATA_COMPLETE, Action.CONFIGURE_TEST, Side.OPERATOR, "test_gaps"),
    (State.TESTING, Action.VALIDATE, Side.BENEFICIARY, "conformance_gaps"),
    (State.OPERATOR_VALIDATED, Action.GIVE_PRODUCTION_DATA, Side.BENEFICIARY, "production_gaps"),
    (State.DATA_COMPLETE, Action.CONFIGURE_TEST, Side.OPERATOR, "test_fee_gaps"),
    (State.PRODUCTION_READY, Action.ACTIVATE, Side.OPERATOR, "production_gaps"),
    (State.PRODUCTION_READY, Action.ACTIVATE, Side.OPERATOR, "fee_gaps"),
]


@pytest.mark.parametrize(("state", "action", "side", "member"), GUARDS)
def test_a_gap_stops_the_step_and_is_the_reason(state: State, action: Action, side: Side, member: str) -> None:
    gap = say("Something is missing.")
    facts = Facts(reason="because", **{member: (gap,)})  # type: ignore[arg-type]
    assert decide(state, action, side, facts) == Refused((gap,))


@pytest.mark.parametrize(
    ("state", "action"),
    [(State.IN_REVIEW, Action.ASK), (State.IN_REVIEW, Action.REJECT), (State.ACTIVE, Action.TERMINATE)],
)
def test_a_decision_against_somebody_needs_words(state: State, action: Action) -> None:
    assert not decide(state, action, Side.OPERATOR, Facts(reason="  "))


def test_every_reason_is_told_at_once() -> None:
    facts = Facts(production_gaps=(say("No address."),), fee_gaps=(say("Not paid."),))
    refused = decide(State.PRODUCTION_READY, Action.ACTIVATE, Side.OPERATOR, facts)
    assert isinstance(refused, Refused)
    assert [str(reason) for reason in refused.reasons] == ["No address.", "Not paid."]


def test_documents_are_skipped_only_when_the_annex_is_in_force() -> None:
    signed = Facts(annex_in_force=True)
    assert decide(State.CONFIRMED, Action.SKIP_DOCUMENTS, Side.SYSTEM, signed) == Permitted(
        State.AWAITING_TECHNICAL_DATA
    )
    assert not decide(State.CONFIRMED, Action.SKIP_DOCUMENTS, Side.SYSTEM, Facts())
    assert not decide(State.CONFIRMED, Action.ISSUE_DOCUMENTS, Side.OPERATOR, signed)


@pytest.mark.parametrize("state", [State.ACTIVE, State.COMPLETED])
def test_a_live_connection_is_reopened(state: State) -> None:
    assert decide(state, Action.REOPEN, Side.BENEFICIARY, Facts(live=True)) == Permitted(State.DRAFT)
    assert not decide(state, Action.REOPEN, Side.BENEFICIARY, Facts(live=False))


def _unlike(state: State, row: dict[str, tuple[str, str]], facts: Facts) -> list[tuple[Side, Action]]:
    """Return every actor and action for which the decision is not what ``row`` says."""
    found = []
    for side, action in itertools.product(Side, Action):
        wanted = row.get(action)
        decision = decide(state, action, side, facts)
        right = decision == Permitted(State(wanted[1])) if wanted and wanted[0] == side else not decision
        found += [] if right else [(side, action)]
    return found


@pytest.mark.parametrize("state", State)
def test_every_actor_and_action_for_a_recorded_service(state: State) -> None:
    """The same table, but the review ends by forwarding instead of confirming."""
    row = {**ALLOWED[state]}
    if row.pop("confirm", None):
        row["forward"] = ("operator", "forwarded")
    assert _unlike(state, row, Facts(reason="because", served=False)) == []


@pytest.mark.parametrize("state", State)
def test_every_actor_and_action_for_a_live_connection(state: State) -> None:
    """The same table; giving up or refusing leads back to what is live, and changes are applied from the review."""
    back = ("withdraw", "reject")
    row = {name: (who, "completed" if name in back else to) for name, (who, to) in ALLOWED[state].items()}
    if state is State.IN_REVIEW:
        row["apply-change"] = ("operator", "completed")
    if state in (State.ACTIVE, State.COMPLETED):
        row["reopen"] = ("beneficiary", "draft")
    assert _unlike(state, row, Facts(reason="because", live=True)) == []


def test_the_operators_confirmation_may_be_left_out() -> None:
    place = (State.BENEFICIARY_VALIDATED, Action.SKIP_COMPLIANCE, Side.SYSTEM)
    assert decide(*place, Facts(operator_confirms=False)) == Permitted(State.OPERATOR_VALIDATED)
    assert not decide(*place, Facts(operator_confirms=True))


def test_what_is_offered_fits_service_and_connection() -> None:
    offered = {
        (served, live): set(actions_from(State.IN_REVIEW, Side.OPERATOR, served=served, live=live))
        for served, live in itertools.product((True, False), repeat=2)
    }
    always = {Action.ASK, Action.REJECT, Action.TERMINATE}
    assert offered[True, False] == always | {Action.CONFIRM}
    assert offered[True, True] == always | {Action.CONFIRM, Action.APPLY_CHANGE}
    assert offered[False, False] == always | {Action.FORWARD}


def test_the_technical_data_of_a_live_connection_open_with_its_form() -> None:
    for part in (Part.TEST_DATA, Part.PRODUCTION_DATA):
        assert may_write(part, State.DRAFT, live=True)
        assert not may_write(part, State.DRAFT, live=False)
        assert not may_write(part, State.IN_REVIEW, live=True)


@pytest.mark.parametrize("state", [s for s, row in ALLOWED.items() if "withdraw" in row])
def test_withdrawing_a_reopened_round_leaves_the_connection_live(state: str) -> None:
    assert decide(State(state), Action.WITHDRAW, Side.BENEFICIARY, Facts(live=True)) == Permitted(State.COMPLETED)


def test_refusing_a_reopened_round_leaves_the_connection_live() -> None:
    facts = Facts(reason="no", live=True)
    assert decide(State.IN_REVIEW, Action.REJECT, Side.OPERATOR, facts) == Permitted(State.COMPLETED)


def test_the_form_is_editable_only_while_the_beneficiary_holds_it() -> None:
    assert EDITABLE[Part.FORM] == {State.DRAFT, State.NEEDS_INFO}
    assert State.DATA_COMPLETE not in EDITABLE[Part.TEST_DATA]
    assert State.PRODUCTION_READY not in EDITABLE[Part.PRODUCTION_DATA]
