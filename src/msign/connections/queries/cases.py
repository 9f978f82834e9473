"""Cases for pages: one whole case, and lists with their clocks."""

from __future__ import annotations

import datetime as dt

from msign.audit.queries import events
from msign.audit.tags import Tag
from msign.connections import clocks
from msign.connections.actors import Actor
from msign.connections.catalogue import Purpose, service_named
from msign.connections.checking import Check, Outcome
from msign.connections.checklist import Status
from msign.connections.conformance.standing import CaseStanding, digest, standings
from msign.connections.fees import Kind, standing
from msign.connections.models import Case, Comment, Document, HistoryEvent, Invoice, Network
from msign.connections.ports import Desk
from msign.connections.queries.certificates import certificate_views
from msign.connections.services import enforcing, gather, grants, papers, store
from msign.connections.services.testing import frozen_run
from msign.connections.states import TO_REVIEW, TURN, Side, State
from msign.connections.suspension import Flag, wanted_access
from msign.connections.values import (
    CaseLine,
    CaseView,
    CommentView,
    Difference,
    DocumentView,
    EnvironmentView,
    EventView,
    FrozenRun,
    InvoiceView,
    NetworkView,
)
from msign.connections.words import say
from msign.kernel.languages import Language
from msign.kernel.words import Environment


def case_view(desk: Desk, actor: Actor, reference: str) -> CaseView:
    """Return everything that pages show of one case. Raises ``Refusal`` for those who may not see it."""
    case = store.load(actor, reference)
    purpose = case.answers.get("purpose", "")
    return CaseView(
        line=line(desk, case),
        organisation_id=case.organisation_id,
        kind=Kind(case.organisation.kind),
        purpose=Purpose(purpose) if purpose in set(Purpose) else None,
        version=case.version,
        round=case.round,
        live=gather.is_live(case),
        served=gather.is_served(case),
        answers=dict(case.answers),
        submitted=dict(case.submitted),
        before=dict(case.before),
        checklist=gather.checklist(desk, case),
        checks=_checks(desk, case),
        comments=_comments(case),
        documents=tuple(document_view(row) for row in Document.objects.filter(case=case).order_by("pk")),
        invoices=tuple(invoice_view(desk, row) for row in Invoice.objects.filter(case=case).order_by("pk")),
        environments=tuple(environment_view(desk, case, environment) for environment in Environment),
        tests=standings(case.pk, desk.clock.now()),
        run=_run(case),
        history=_history(case),
        created=case.created,
    )


def removals(actor: Actor, reference: str) -> tuple[Difference, ...]:
    """Return what terminating a case would take away, environment by environment."""
    case = store.load(actor, reference)
    found = (grants.removal(case, environment) for environment in Environment)
    return tuple(one for one in found if one is not None)


def case_language(actor: Actor, reference: str) -> Language:
    """Return the language of the person who sent a case, in which reasons are read."""
    case = store.load(actor, reference)
    return Language(case.created_by.language)


def line(desk: Desk, case: Case) -> CaseLine:
    """Return a case as one line of a list."""
    state = State(case.state)
    service = service_named(case.answers.get("service", ""))
    return CaseLine(
        reference=case.reference,
        organisation=case.organisation.name,
        organisation_number=case.organisation.number,
        system=case.answers.get("system_name", ""),
        service=service.name if service else "",
        state=state,
        flags=frozenset(map(Flag, case.flags)),
        turn=TURN[state],
        clock=clocks.reading(case.turns, state, desk.policy, desk.clock.now()),
        changed=case.changed,
        reviewer=case.reviewer.name if case.reviewer else "",
        unit=case.unit,
        near=case.near is not None and case.near <= desk.clock.now(),
        rung=case.rung,
        changing=case.round > 1 and state in TO_REVIEW and gather.is_live(case),
    )


def _checks(desk: Desk, case: Case) -> tuple[Check, ...]:
    """The automatic checks of the review workspace, from the same checklist that submitting asks."""
    outcome = {Status.COMPLETED: Outcome.PASSED, Status.PROBLEM: Outcome.FAILED}
    found = [
        Check(item.code, outcome.get(item.status, Outcome.WARNING), item.why)
        for item in gather.checklist(desk, case)
        if item.status not in (Status.CANNOT_START, Status.NOT_STARTED)
    ]
    gaps = gather.form_gaps(desk, case)
    found += [Check("form", Outcome.FAILED, gap) for gap in gaps]
    if not gaps:
        found.append(Check("form", Outcome.PASSED, say("Every question of the form has a valid answer.")))
    return tuple(found)


def _comments(case: Case) -> tuple[CommentView, ...]:
    waiting = {one.pk for one in gather.unanswered(case)}
    rows = Comment.objects.filter(case=case).select_related("author").order_by("created", "pk")
    return tuple(
        CommentView(
            row.pk, row.field, row.author.name, Side(row.side), row.text, row.asks, row.pk in waiting, row.created
        )
        for row in rows
    )


def document_view(row: Document) -> DocumentView:
    """Return a paper as pages show it."""
    return DocumentView(
        number=row.pk,
        label=row.number,
        kind=row.kind,
        state=row.state,
        signer_name=row.signer_name,
        created=row.created,
        in_force_since=row.in_force_since,
        waits_for=papers.waits_for(row),
    )


def invoice_view(desk: Desk, row: Invoice) -> InvoiceView:
    """Return an invoice as pages show it."""
    return InvoiceView(
        number=row.pk,
        label=row.number,
        bani=row.bani,
        issued=row.issued,
        due=row.due,
        paid=row.paid,
        standing=standing(gather.dues(row), gather.today(desk), desk.policy.fees),
        reference=row.case.reference,
        organisation=row.case.organisation.name,
    )


def environment_view(desk: Desk, case: Case, environment: Environment) -> EnvironmentView:
    """Return what was handed in, granted, and is enforced in one environment."""
    grant = grants.in_force(case, environment)
    reading = enforcing.reading(desk, case, environment)
    seen = None
    if grant is not None and case.system is not None:
        seen = desk.calls.seen(case.system.public_id.hex, environment, grant.created).last_call
    return EnvironmentView(
        environment=environment,
        address=desk.api_urls[environment],
        access=wanted_access(
            granted=grant is not None,
            seen=seen is not None,
            flags=frozenset(map(Flag, case.flags)),
            state=State(case.state),
        ),
        applied=reading.enforced,
        problems=tuple(one.sentence for one in reading.differences),
        certificates=certificate_views(desk, gather.certificates(case, environment), grant),
        networks=tuple(
            NetworkView(row.network, row.vpn)
            for row in Network.objects.filter(case=case, environment=environment).order_by("pk")
        ),
        plan=grants.plan(desk, case, environment),
        last_call=seen,
    )


def _run(case: Case) -> FrozenRun | None:
    run = frozen_run(case)
    if run is None:
        return None
    frozen = events(subject=f"connection:{case.reference}", tags=(Tag.CONNECTION_RUN,))
    known = {str(one.facts.get("sha256")) for one in frozen}
    return FrozenRun(
        at=dt.datetime.fromisoformat(run["at"]),
        tests=tuple(map(CaseStanding.of, run["cases"])),
        sha256=run["sha256"],
        intact=digest(run["cases"]) in known,
    )


def _history(case: Case) -> tuple[EventView, ...]:
    rows = HistoryEvent.objects.filter(case=case).select_related("actor").order_by("-moment", "-pk")
    return tuple(
        EventView(
            moment=row.moment,
            actor=row.actor.name if row.actor else "MSign",
            side=Side(row.side),
            action=row.action,
            source=row.source,
            target=row.target,
            reason=row.reason,
            plan=tuple(_difference(one) for one in row.data.get("plan", ())),
            number=row.pk,
            data=row.data,
        )
        for row in rows
    )


def _difference(data: dict[str, list[str] | str]) -> Difference:
    lists = {name: tuple(value) for name, value in data.items() if name != "environment"}
    return Difference(Environment(str(data["environment"])), **lists)
