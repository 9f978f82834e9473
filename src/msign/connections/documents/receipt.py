"""The receipt of a request that was sent, to keep: its number, what happens next and by when, and every answer."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence

from msign.connections.documents.pdfa import Paper, Section
from msign.connections.operator import Operator
from msign.connections.values import CaseView
from msign.connections.words import Sentence, say
from msign.kernel.clock import CHISINAU

Tell = Callable[[Sentence], str]
Answers = Sequence[tuple[str, str]]


def sent_at(case: CaseView) -> dt.datetime:
    """Return when the request was sent last; of one that never was, when it was started."""
    return next((one.moment for one in case.history if one.action in ("submit", "answer")), case.created)


def next_steps(case: CaseView) -> tuple[Sentence, ...]:
    """Return what happens after sending, in order; the first one may have a day by which it happens."""
    if not case.served:
        service = case.line.service
        return (
            say("The operator looks at the request and forwards it to the team of %(service)s.", service=service),
            say("The team of %(service)s writes to your shared mailbox.", service=service),
            say("Contract, certificate and access are settled with that team; the number of this request stays."),
        )
    if case.live:
        return (
            say("The operator reviews the changes. Until they are applied, the connection works as before."),
            say("Applied changes are in force at once, in test and in production; a letter tells you."),
        )
    return (
        say("The operator reviews the request."),
        say("After the confirmation the documents come to the representative to be signed."),
        say("Meanwhile you may send the certificate and the addresses of the test environment."),
    )


def receipt(case: CaseView, operator: Operator, answers: Answers, tell: Tell, language: str) -> Paper:
    """Return the receipt as a paper in the reader's language. ``answers`` are the questions with what was sent."""
    line = case.line
    due = _day(line.clock.due) if line.clock.due else ""
    steps = [tell(step) for step in next_steps(case)]
    if due:
        steps[0] += " " + tell(say("By %(due)s at the latest, unless there are questions for you.", due=due))
    sent = sent_at(case).astimezone(CHISINAU)
    return Paper(
        title=tell(say("Receipt %(reference)s", reference=line.reference)),
        under=tell(say("The request was received on %(moment)s.", moment=sent.strftime("%d.%m.%Y, %H:%M"))),
        sections=(
            Section(
                tell(say("The request")),
                (f"{line.organisation}, {line.organisation_number}", f"{line.service}: {line.system}"),
            ),
            Section(tell(say("What happens next")), tuple(f"{at}. {step}" for at, step in enumerate(steps, 1))),
            Section(tell(say("Questions")), (f"{operator.name}, {operator.email}, {operator.phone}",)),
        ),
        rows=((tell(say("Question")), tell(say("Answer"))), *answers),
        footer=line.reference,
        language=language,
    )


def _day(moment: dt.datetime) -> str:
    return moment.astimezone(CHISINAU).strftime("%d.%m.%Y")
