"""The receipt: number, what happens next, who acts, by when; also as a file to keep."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import get_language, gettext

from msign.connections.documents.pdfa import render
from msign.connections.documents.receipt import next_steps, receipt, sent_at
from msign.connections.queries.cases import case_view
from msign.connections.queries.statistics import promise
from msign.connections.questions import asked_pages
from msign.connections.states import State
from msign.connections.values import CaseView
from msign.faces.desk import words
from msign.faces.desk.base import DeskPage
from msign.faces.desk.views.documents import download
from msign.faces.desk.views.form import shown


class Sent(DeskPage):
    """The receipt as a page."""

    def get(self, _request: HttpRequest, reference: str) -> HttpResponse:
        view = case_view(self.desk, self.actor, reference)
        if view.line.state is State.DRAFT:
            return redirect("desk-case", reference)
        return self.page(
            "desk/sent.html",
            {
                "case": view,
                "next_steps": [words.tell(step) for step in next_steps(view)],
                "promise": promise(self.desk) if view.served else None,
                "operator": self.desk.policy.operator,
            },
        )


class Receipt(DeskPage):
    """The receipt as a PDF, in the reader's language."""

    def get(self, _request: HttpRequest, reference: str) -> HttpResponse:
        view = case_view(self.desk, self.actor, reference)
        if view.line.state is State.DRAFT:
            raise Http404
        language = get_language() or "ro"
        paper = receipt(view, self.desk.policy.operator, _answers(view), words.tell, language)
        pdf = render(paper, author=self.desk.policy.operator.name, made=sent_at(view))
        return download(f"{reference}.pdf", pdf)


def _answers(view: CaseView) -> list[tuple[str, str]]:
    answers = {**view.submitted, "kind": view.kind.value}
    return [
        (gettext(field.label), shown(field.name, answers.get(field.name, "")) or "–")
        for page in asked_pages(answers)
        for field in page.asked(answers)
    ]
