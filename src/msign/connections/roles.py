"""Who may do what: one table for people of organisations, one for the operator. Faces and services ask only here."""

from __future__ import annotations

import enum
from collections.abc import Iterable

from msign.connections.states import Action
from msign.connections.words import mark


class TeamRole(enum.StrEnum):
    """What a member of an organisation's team may do."""

    ADMINISTRATOR = "administrator"
    TECHNICAL = "technical"
    SIGNATORY = "signatory"
    READER = "reader"


class OperatorRole(enum.StrEnum):
    """What a person of the operator may do."""

    REVIEWER = "reviewer"
    FINANCE = "finance"
    SIGNATORY = "signatory"
    SECURITY = "security"
    AUDITOR = "auditor"


class Right(enum.StrEnum):
    """Something that people do at the desk besides the actions on a request."""

    SEE_CASE = "see-case"
    EDIT_FORM = "edit-form"
    EDIT_TECHNICAL = "edit-technical"
    COMMENT = "comment"
    SIGN_DOCUMENT = "sign-document"
    MANAGE_TEAM = "manage-team"
    SUSPEND = "suspend"
    SEE_QUEUE = "see-queue"
    COUNTERSIGN = "countersign"
    SEE_INVOICES = "see-invoices"
    MARK_PAID = "mark-paid"
    WAIVE_TEST = "waive-test"
    CHANGE_QUOTA = "change-quota"
    FLAG_INCIDENT = "flag-incident"
    SEE_AUDIT = "see-audit"
    EXPORT = "export"
    REASSIGN = "reassign"
    RESCUE_TEAM = "rescue-team"
    END_CONTRACT = "end-contract"
    SEE_INSTRUMENTS = "see-instruments"
    SEE_MANDATES = "see-mandates"
    ADD_MANDATE = "add-mandate"
    END_MANDATE = "end-mandate"


_A, _T, _S, _R = TeamRole.ADMINISTRATOR, TeamRole.TECHNICAL, TeamRole.SIGNATORY, TeamRole.READER
_TEAM: dict[Right | Action, frozenset[TeamRole]] = {
    Right.SEE_CASE: frozenset(TeamRole),
    Right.EDIT_FORM: frozenset({_A}),
    Right.EDIT_TECHNICAL: frozenset({_A, _T}),
    Right.COMMENT: frozenset({_A, _T, _S}),
    Right.SIGN_DOCUMENT: frozenset({_S}),
    Right.MANAGE_TEAM: frozenset({_A}),
    Right.SUSPEND: frozenset({_A}),
    Right.SEE_INVOICES: frozenset({_A, _S}),
    Action.SUBMIT: frozenset({_A}),
    Action.ANSWER: frozenset({_A}),
    Action.GIVE_TEST_DATA: frozenset({_A, _T}),
    Action.VALIDATE: frozenset({_A, _T}),
    Action.GIVE_PRODUCTION_DATA: frozenset({_A, _T}),
    Action.WITHDRAW: frozenset({_A}),
    Action.REOPEN: frozenset({_A}),
}

_REVIEW, _FIN, _SIGN, _SEC, _AUD = (
    OperatorRole.REVIEWER,
    OperatorRole.FINANCE,
    OperatorRole.SIGNATORY,
    OperatorRole.SECURITY,
    OperatorRole.AUDITOR,
)
_OPERATOR: dict[Right | Action, frozenset[OperatorRole]] = {
    Right.SEE_CASE: frozenset(OperatorRole),
    Right.SEE_QUEUE: frozenset(OperatorRole),
    Right.COMMENT: frozenset({_REVIEW}),
    Right.COUNTERSIGN: frozenset({_SIGN}),
    Right.SEE_INVOICES: frozenset({_FIN, _AUD}),
    Right.MARK_PAID: frozenset({_FIN}),
    Right.WAIVE_TEST: frozenset({_REVIEW}),
    Right.CHANGE_QUOTA: frozenset({_REVIEW, _SEC}),
    Right.SUSPEND: frozenset({_REVIEW, _SEC}),
    Right.FLAG_INCIDENT: frozenset({_SEC}),
    Right.SEE_AUDIT: frozenset({_AUD, _SEC}),
    Right.EXPORT: frozenset({_REVIEW, _FIN, _AUD}),
    Right.REASSIGN: frozenset({_REVIEW}),
    Right.RESCUE_TEAM: frozenset({_SEC}),
    Right.END_CONTRACT: frozenset({_REVIEW, _SIGN}),
    Right.SEE_INSTRUMENTS: frozenset({_REVIEW, _SEC}),
    Right.SEE_MANDATES: frozenset({_REVIEW, _SEC, _AUD}),
    Right.ADD_MANDATE: frozenset({_REVIEW}),
    Right.END_MANDATE: frozenset({_REVIEW, _SEC}),
    Action.TAKE: frozenset({_REVIEW}),
    Action.ASK: frozenset({_REVIEW}),
    Action.CONFIRM: frozenset({_REVIEW}),
    Action.FORWARD: frozenset({_REVIEW}),
    Action.APPLY_CHANGE: frozenset({_REVIEW}),
    Action.REJECT: frozenset({_REVIEW}),
    Action.ISSUE_DOCUMENTS: frozenset({_REVIEW}),
    Action.CONFIGURE_TEST: frozenset({_REVIEW}),
    Action.CONFIRM_COMPLIANCE: frozenset({_REVIEW}),
    Action.ACTIVATE: frozenset({_REVIEW}),
    Action.TERMINATE: frozenset({_REVIEW, _SEC}),
}


def team_may(roles: Iterable[TeamRole], right: Right | Action) -> bool:
    """Tell whether a member with these roles may; what the table does not name is forbidden."""
    return not _TEAM.get(right, frozenset()).isdisjoint(roles)


def operator_may(roles: Iterable[OperatorRole], right: Right | Action) -> bool:
    """Tell whether a person of the operator with these roles may; what the table does not name is forbidden."""
    return not _OPERATOR.get(right, frozenset()).isdisjoint(roles)


def team_roles_for(right: Right | Action) -> tuple[TeamRole, ...]:
    """Return who in the organisation may, so that a page can say whom to ask."""
    return tuple(role for role in TeamRole if role in _TEAM.get(right, frozenset()))


TEAM_NAMES: dict[TeamRole, str] = {
    _A: mark("Administrator"),
    _T: mark("Technical contact"),
    _S: mark("Signatory"),
    _R: mark("Reader"),
}
OPERATOR_NAMES: dict[OperatorRole, str] = {
    _REVIEW: mark("Reviewer"),
    _FIN: mark("Finance"),
    _SIGN: mark("Operator's signatory"),
    _SEC: mark("Security"),
    _AUD: mark("Auditor"),
}
