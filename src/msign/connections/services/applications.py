"""Drafts: a case is started, its pages are saved one by one, threads go back and forth."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping

from django.db import transaction

from msign.audit import connection_events
from msign.connections import clocks
from msign.connections.actors import Actor, refuse, require
from msign.connections.catalogue import Purpose
from msign.connections.fees import Kind
from msign.connections.form import PageReading, read_identity, read_page
from msign.connections.models import Case, Comment, InformationSystem
from msign.connections.ports import Desk
from msign.connections.questions import Page, field_named
from msign.connections.registers import RegisteredOrganisation, RegisterUnavailableError
from msign.connections.roles import Right
from msign.connections.services import gather, history, numbering, people, store
from msign.connections.states import EDITABLE, Part, Side, State
from msign.connections.words import Sentence, say

MAX_COMMENT = 2000
ONE_CLICK = dt.timedelta(seconds=10)  # the same sent again so soon is a button pressed twice
MAX_OPEN_DRAFTS = 20  # of one organisation; a request that is never sent is no reason for a thousand rows


def look_up(desk: Desk, kind: Kind, typed: str) -> RegisteredOrganisation | Sentence:
    """Return who stands behind a typed number, from the register; else the sentence that says what to do."""
    number = read_identity(kind, typed, desk.policy.id_check)
    if isinstance(number, Sentence) or kind is Kind.PERSON:
        return number if isinstance(number, Sentence) else RegisteredOrganisation(number, "", kind)
    try:
        found = desk.organisations.find(number)
    except RegisterUnavailableError:
        return say("The register of organisations does not answer just now. Try again in a few minutes.")
    if found is None:
        return say("The register knows no organisation with this number. Check the digits.")
    if found.kind is not kind:
        return say("The register says that %(name)s is of another kind. Choose the kind again.", name=found.name)
    return found


def start(desk: Desk, actor: Actor, *, kind: Kind, number: str, purpose: Purpose, system_id: int | None = None) -> str:
    """Start a draft for an organisation and return its reference. Raises ``Refusal``."""
    found = look_up(desk, kind, number)
    if isinstance(found, Sentence):
        raise refuse(found)
    assert actor.person_id is not None
    with transaction.atomic():
        organisation_id = people.organisation_for(
            desk, actor, number=found.number, kind=kind, name=found.name or actor.name
        )
        fresh = people.actor_of(actor.person_id) or actor
        require(fresh, Right.EDIT_FORM, organisation_id)
        if Case.objects.filter(organisation_id=organisation_id, state=State.DRAFT).count() >= MAX_OPEN_DRAFTS:
            raise refuse(say("There are many unsent drafts already. Send or withdraw some of them first."))
        answers = _first_answers(purpose, found, system_id, organisation_id)
        if twin := _begun_just_now(desk, fresh, organisation_id, answers):
            return twin.reference
        case = _create(desk, fresh, organisation_id, answers)
        if system_id is not None:
            Case.objects.filter(pk=case.pk).update(system_id=system_id)
    return case.reference


def _begun_just_now(desk: Desk, actor: Actor, organisation_id: int, answers: dict[str, str]) -> Case | None:
    """The untouched draft that the first of two clicks began."""
    mine = Case.objects.filter(organisation_id=organisation_id, created_by_id=actor.known_id, state=State.DRAFT)
    fresh = mine.filter(created__gt=desk.clock.now() - ONE_CLICK).order_by("-pk")
    return next((case for case in fresh if case.answers == answers), None)


def _first_answers(
    purpose: Purpose, found: RegisteredOrganisation, system_id: int | None, organisation_id: int
) -> dict[str, str]:
    answers = {"purpose": purpose.value, "service": "msign", "address": found.address}
    if found.kind is Kind.PERSON:
        answers["representative_idnp"] = found.number
    if system_id is not None:
        system = InformationSystem.objects.filter(pk=system_id, organisation_id=organisation_id).first()
        if system is None:
            raise refuse(say("Choose one of your own information systems."))
        answers |= _known_answers(system)
    return answers


def _known_answers(system: InformationSystem) -> dict[str, str]:
    """Nobody types a thing twice: the newest case of the system lends its answers."""
    newest = Case.objects.filter(system=system).exclude(submitted={}).order_by("-changed").first()
    lent = dict(newest.submitted) if newest else {}
    known = {"system_name": system.name, "rrsi": system.rrsi or lent.get("rrsi", "")}
    return {**lent, **known, "purpose": Purpose.EXTENSION.value, "service": ""}


def _create(desk: Desk, actor: Actor, organisation_id: int, answers: dict[str, str]) -> Case:
    now = desk.clock.now()
    case = Case.objects.create(
        reference=numbering.case(gather.today(desk)),
        organisation_id=organisation_id,
        created_by_id=actor.known_id,
        answers=answers,
        turns=clocks.turned([], State.DRAFT, now),
        created=now,
        changed=now,
    )
    Case.objects.filter(pk=case.pk).update(words=store.search_words(case))
    history.record(desk, actor, case, "create", Side.BENEFICIARY)
    connection_events.changed(at=now, actor=actor.label, connection_id=case.reference, members=tuple(answers))
    return case


def save_page(
    desk: Desk, actor: Actor, reference: str, page: Page, typed: Mapping[str, str], *, version: int | None
) -> PageReading:
    """Save what was typed on one page, problems and all: a draft forgets nothing. Sending asks for the rest."""
    with transaction.atomic():
        case = store.load(actor, reference)
        require(actor, Right.EDIT_FORM, case.organisation_id)
        if State(case.state) not in EDITABLE[Part.FORM]:
            raise refuse(say("The form cannot be changed while the request is being handled."))
        store.check_version(case, version)
        others = {**case.answers, "kind": case.organisation.kind}
        asked = {field.name for field in page.asked(others)}
        if others.get("purpose") == Purpose.DATA_CHANGE:  # purpose and service of a live connection stay
            typed = {name: text for name, text in typed.items() if name in asked}
        reading = read_page(page, typed, others, desk.policy.id_check)
        changed = {name: text for name, text in reading.answers.items() if case.answers.get(name, "") != text}
        if changed:
            case.answers = {**case.answers, **changed}
            store.save(case, desk.clock.now())
            connection_events.changed(
                at=desk.clock.now(), actor=actor.label, connection_id=reference, members=tuple(changed)
            )
    return reading


def confirm_users(desk: Desk, actor: Actor, reference: str, *, ready: bool, version: int | None = None) -> int:
    """Keep the confirmation that the users have an electronic signature; return the version of the case after it.

    ``version`` is that of the page with the answers: what a colleague changed since then is not sent unseen.
    """
    with transaction.atomic():
        case = store.load(actor, reference)
        require(actor, Right.EDIT_FORM, case.organisation_id)
        store.check_version(case, version)
        if case.users_ready is not ready and State(case.state) in EDITABLE[Part.FORM]:
            case.users_ready = ready
            store.save(case, desk.clock.now())
        return case.version


def comment(desk: Desk, actor: Actor, reference: str, *, field: str, text: str) -> None:
    """Add a message to the thread of a field, or of the whole case; the operator's messages on a form are questions."""
    words = text.strip()
    if not words or len(words) > MAX_COMMENT:
        raise refuse(say("Write a message of at most %(most)s characters.", most=MAX_COMMENT))
    if field and field_named(field) is None:
        raise refuse(say("There is no such question in the form."))
    with transaction.atomic():
        case = store.load(actor, reference)
        require(actor, Right.COMMENT, case.organisation_id)
        side, since = actor.side(case.organisation_id), desk.clock.now() - ONE_CLICK
        message = {"case": case, "field": field, "author_id": actor.known_id, "text": words}
        if Comment.objects.filter(**message, created__gt=since).exists():
            return  # the button was pressed twice
        Comment.objects.create(
            **message,
            side=side.value,
            asks=side is Side.OPERATOR,
            value_when_asked=str(case.answers.get(field, "")),
            created=desk.clock.now(),
        )
        history.record(desk, actor, case, "comment", side, data={"field": field})
