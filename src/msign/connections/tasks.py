"""The task list of a connection: what is to be done, how it stands, what it waits for. Computed, never stored."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from msign.connections.checklist import Status
from msign.connections.form import gaps
from msign.connections.questions import asked_pages
from msign.connections.states import EDITABLE, Action, Part, Side, State, may_write
from msign.connections.values import CaseLine, CaseView
from msign.connections.words import Sentence, say
from msign.kernel.identifiers import IdCheck
from msign.kernel.words import Environment

_ORDER = tuple(State)


@dataclass(frozen=True, slots=True)
class Task:
    """One row of the list. ``code`` tells the face where the row leads."""

    code: str
    title: Sentence
    hint: Sentence
    status: Status


def tasks(case: CaseView, check: IdCheck) -> tuple[Task, ...]:
    """Return the tasks of the beneficiary in the order of the process."""
    if not case.served:
        return (*_form(case, check), _send(case, check))
    if case.line.changing:  # papers are in force, tests are done: only data change
        return (*_form(case, check), *_technical(case), _send(case, check))
    return (
        *_form(case, check),
        _send(case, check),
        _sign(case),
        _certificate(case, Environment.TEST),
        _addresses(case, Environment.TEST),
        _tests(case),
        _certificate(case, Environment.PRODUCTION),
        _addresses(case, Environment.PRODUCTION),
    )


def _technical(case: CaseView) -> Iterator[Task]:
    for environment in Environment:
        yield _certificate(case, environment)
        yield _addresses(case, environment)


def _form(case: CaseView, check: IdCheck) -> Iterator[Task]:
    answers = {**case.answers, "kind": case.kind.value}
    for page in asked_pages(answers):
        asked = page.asked(answers)
        filled = any(answers.get(field.name) for field in asked)
        status = Status.NOT_STARTED
        if not gaps(page, answers, check):
            status = Status.COMPLETED
        elif filled:
            status = Status.IN_PROGRESS
        if any(comment.open and comment.field in {field.name for field in asked} for comment in case.comments):
            status = Status.PROBLEM
        yield Task(f"form:{page.slug}", Sentence(page.task), Sentence(page.hint), status)


def _send(case: CaseView, check: IdCheck) -> Task:
    title = say("Check the answers and send the request")
    if case.line.state not in EDITABLE[Part.FORM]:
        return Task("send", title, say("The request has been sent"), Status.COMPLETED)
    if any(task.status not in (Status.COMPLETED, Status.PROBLEM) for task in _form(case, check)):
        return Task("send", title, say("Waits for the tasks above"), Status.CANNOT_START)
    return Task("send", title, say("Nothing is sent before you press the button"), Status.NOT_STARTED)


def _reached(case: CaseView, state: State) -> bool:
    return _ORDER.index(case.line.state) >= _ORDER.index(state) and case.line.state not in (
        State.REJECTED,
        State.WITHDRAWN,
        State.TERMINATED,
        State.FORWARDED,
    )


def _sign(case: CaseView) -> Task:
    title = say("Sign the contract and the annex")
    waiting = [document for document in case.documents if document.waits_for is Side.BENEFICIARY]
    if waiting:
        return Task("sign", title, say("The representative signs in the browser"), Status.NOT_STARTED)
    if any(document.waits_for is Side.OPERATOR for document in case.documents):
        return Task("sign", title, say("The operator's signatory signs next"), Status.IN_PROGRESS)
    if _reached(case, State.AWAITING_TECHNICAL_DATA):
        return Task("sign", title, say("Both sides have signed"), Status.COMPLETED)
    return Task("sign", title, say("Waits for the confirmation of the request"), Status.CANNOT_START)


def _certificate(case: CaseView, environment: Environment) -> Task:
    card = case.environment(environment)
    title = (
        say("Send the certificate for the test environment")
        if environment is Environment.TEST
        else say("Send the certificate for production")
    )
    usable = [one for one in card.certificates if one.days_left >= 0]
    return _data(
        case, environment, f"certificate:{environment}", title, filled=bool(card.certificates), good=bool(usable)
    )


def _addresses(case: CaseView, environment: Environment) -> Task:
    filled = bool(case.environment(environment).networks)
    title = (
        say("Enter the addresses that call the test environment")
        if environment is Environment.TEST
        else say("Enter the addresses that call production")
    )
    return _data(case, environment, f"addresses:{environment}", title, filled=filled, good=filled)


def _data(case: CaseView, environment: Environment, code: str, title: Sentence, *, filled: bool, good: bool) -> Task:
    part = Part.TEST_DATA if environment is Environment.TEST else Part.PRODUCTION_DATA
    if filled and not good:
        return Task(code, title, say("The certificate has expired"), Status.PROBLEM)
    if filled:
        return Task(code, title, say("Received and checked"), Status.COMPLETED)
    if not may_write(part, case.line.state, live=case.live):
        return Task(code, title, say("Waits for the confirmation of the request"), Status.CANNOT_START)
    return Task(code, title, say("May be sent at any time from now on"), Status.NOT_STARTED)


def _tests(case: CaseView) -> Task:
    title = say("Test your system and confirm the test cases")
    done = sum(1 for test in case.tests if test.done)
    if not _reached(case, State.TEST_CONFIGURED):
        return Task("tests", title, say("Waits for access to the test environment"), Status.CANNOT_START)
    progress = say("%(done)s of %(all)s test cases are done", done=done, all=len(case.tests))
    if done == len(case.tests):
        return Task("tests", title, progress, Status.COMPLETED)
    return Task("tests", title, progress, Status.IN_PROGRESS if done else Status.NOT_STARTED)


MILESTONES: tuple[tuple[Sentence, State], ...] = (
    (say("Request confirmed"), State.CONFIRMED),
    (say("Documents signed"), State.AWAITING_TECHNICAL_DATA),
    (say("Test access configured"), State.TEST_CONFIGURED),
    (say("Tested by the beneficiary"), State.BENEFICIARY_VALIDATED),
    (say("Validated by the operator"), State.OPERATOR_VALIDATED),
    (say("Active in production"), State.ACTIVE),
    (say("Completion notified"), State.COMPLETED),
)


_RECORDED: tuple[tuple[Sentence, State], ...] = (
    (say("Request sent"), State.SUBMITTED),
    (say("Taken up by the operator"), State.IN_REVIEW),
    (say("Forwarded to the team of the service"), State.FORWARDED),
)
_CHANGE: tuple[tuple[Sentence, State], ...] = (
    (say("Changes sent"), State.SUBMITTED),
    (say("Taken up by the operator"), State.IN_REVIEW),
    (say("Changes in force"), State.COMPLETED),
)


def milestones(case: CaseView) -> tuple[tuple[Sentence, ...], int]:
    """Return the milestones of a case's path, and how many of them lie behind it."""
    path = MILESTONES
    if not case.served:
        path = _RECORDED
    elif case.line.changing:
        path = _CHANGE
    return tuple(label for label, _state in path), _reached_of(path, case.line.state)


def _reached_of(path: tuple[tuple[Sentence, State], ...], state: State) -> int:
    if state in (State.REJECTED, State.WITHDRAWN, State.TERMINATED):
        return 0
    return sum(1 for _label, milestone in path if _ORDER.index(state) >= _ORDER.index(milestone))


def whose_turn(line: CaseLine, reader: Side = Side.BENEFICIARY) -> Sentence:
    """Return the one line that says who must act and what is to be done, as ``reader`` is addressed."""
    if line.changing and reader is Side.BENEFICIARY and line.state in _CHANGING:
        return _CHANGING[line.state]
    if reader is Side.OPERATOR:
        return _TO_OPERATOR.get(line.state, _TURNS[line.state])
    return _TURNS[line.state]


_TURNS: dict[State, Sentence] = {
    State.DRAFT: say("Your turn: fill in the form and send it."),
    State.SUBMITTED: say("The operator's turn: somebody takes up the request."),
    State.IN_REVIEW: say("The operator's turn: the request is being reviewed."),
    State.NEEDS_INFO: say("Your turn: answer the operator's questions."),
    State.CONFIRMED: say("The operator's turn: the documents are being prepared."),
    State.REJECTED: say("Nobody's turn: the request was refused."),
    State.AWAITING_SIGNATURE: say("The signatories' turn: first the beneficiary's, then the operator's."),
    State.AWAITING_TECHNICAL_DATA: say("Your turn: send certificate and addresses for the test environment."),
    State.DATA_COMPLETE: say("The operator's turn: test access is being configured."),
    State.TEST_CONFIGURED: say("Your turn: call the test environment from your system."),
    State.TESTING: say("Your turn: finish the tests and validate the integration."),
    State.BENEFICIARY_VALIDATED: say("The operator's turn: confirm the technical compliance."),
    State.OPERATOR_VALIDATED: say("Your turn: send certificate and addresses for production."),
    State.PRODUCTION_READY: say("The operator's turn: production is being activated."),
    State.ACTIVE: say("Nobody's turn: the completion notice is on its way."),
    State.COMPLETED: say("Nobody's turn: the connection works."),
    State.WITHDRAWN: say("Nobody's turn: the request was withdrawn."),
    State.TERMINATED: say("Nobody's turn: the connection was terminated."),
    State.FORWARDED: say("The turn of the service's team: it writes to your shared mailbox."),
}

# The same, while the data of a live connection change.
_CHANGING: dict[State, Sentence] = {
    State.DRAFT: say("Your turn: make the changes and send them. Meanwhile the connection works as before."),
    State.SUBMITTED: say("The operator's turn: somebody looks at the changes. The connection works as before."),
    State.IN_REVIEW: say("The operator's turn: the changes are being reviewed. The connection works as before."),
}

_TO_OPERATOR: dict[State, Sentence] = {
    State.DRAFT: say("The beneficiary's turn: the form is being filled in."),
    State.NEEDS_INFO: say("The beneficiary's turn: your questions wait for answers."),
    State.AWAITING_TECHNICAL_DATA: say("The beneficiary's turn: certificate and addresses for test are awaited."),
    State.TEST_CONFIGURED: say("The beneficiary's turn: the first call to test is awaited."),
    State.TESTING: say("The beneficiary's turn: the system is being tested."),
    State.OPERATOR_VALIDATED: say("The beneficiary's turn: certificate and addresses for production are awaited."),
    State.SUBMITTED: say("Your turn: take up the request."),
    State.IN_REVIEW: say("Your turn: review the request."),
    State.CONFIRMED: say("Your turn: issue the documents."),
    State.DATA_COMPLETE: say("Your turn: open access to the test environment."),
    State.BENEFICIARY_VALIDATED: say("Your turn: confirm the technical compliance."),
    State.PRODUCTION_READY: say("Your turn: activate production."),
}

# What the beneficiary may press on the connection's home, once its conditions are met.
FORWARD: dict[State, Action] = {
    State.NEEDS_INFO: Action.ANSWER,
    State.AWAITING_TECHNICAL_DATA: Action.GIVE_TEST_DATA,
    State.TESTING: Action.VALIDATE,
    State.OPERATOR_VALIDATED: Action.GIVE_PRODUCTION_DATA,
}
