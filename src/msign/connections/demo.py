"""A believable beginning for the sandbox: five invented organisations in different stages, and an operator.

Everything goes through the same verbs as people do. Nothing here grants access: whoever wants to see a system let in
finishes one of the stories, which takes five minutes.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from msign.connections.actors import Actor
from msign.connections.catalogue import Purpose
from msign.connections.fees import Kind
from msign.connections.models import Case, Document
from msign.connections.ports import Desk
from msign.connections.questions import PAGES
from msign.connections.roles import OperatorRole
from msign.connections.services import applications, history, people, steps
from msign.connections.states import Action, Side
from msign.kernel.languages import Language

OPERATOR_EMAIL = "operator@msign.example"
OPERATOR_IDNP = "2000000000026"  # a person of the sandbox, so that the operator can countersign
REPRESENTATIVE_IDNP = "2000000000004"


@dataclass(frozen=True, slots=True)
class Story:
    """One organisation and how far it has come."""

    number: str
    kind: Kind
    email: str
    person: str
    system: str
    rrsi: str = ""
    language: Language = Language.RO
    steps: tuple[Action, ...] = ()
    question: tuple[str, str] | None = None  # field and text of the reviewer's question
    left_out: frozenset[str] = field(default_factory=frozenset)


STORIES: tuple[Story, ...] = (
    Story(
        "1000000000007",
        Kind.PUBLIC,
        "ana@demo.example",
        "Ana Demo",
        "Sistemul demonstrativ",
        "RSI-0007-2025",
        left_out=frozenset({"legal_basis", "volume", "technical_phone"}),
    ),
    Story(
        "1000600000016",
        Kind.PUBLIC,
        "ion@agentie.example",
        "Ion Stejaru",
        "Portalul cererilor",
        "RSI-0001-2025",
        steps=(Action.SUBMIT,),
    ),
    Story(
        "1015600000023",
        Kind.PUBLIC,
        "elena@primarie.example",
        "Elena Model",
        "Registrul contractelor locale",
        "RSI-0002-2025",
        steps=(Action.SUBMIT, Action.TAKE, Action.ASK),
        question=("legal_basis", "Ce articol permite semnarea electronică a acestor contracte?"),
    ),
    Story(
        "1022600000056",
        Kind.PUBLIC,
        "olga@arhiva.example",
        "Olga Hârtiescu",
        "Arhiva electronică",
        "RSI-0005-2025",
        steps=(Action.SUBMIT, Action.TAKE, Action.CONFIRM, Action.ISSUE_DOCUMENTS),
    ),
    Story(
        "1018600000035",
        Kind.PRIVATE,
        "radu@izvor.example",
        "Раду Изворяну",
        "Contracte la distanță",
        language=Language.RU,
        steps=(Action.SUBMIT, Action.TAKE, Action.CONFIRM),
    ),
)
_ANSWERS = {
    "purpose": Purpose.NEW_SYSTEM.value,
    "service": "msign",
    "address": "mun. Chișinău, str. Exemplului 1",
    "representative_idnp": REPRESENTATIVE_IDNP,
    "representative_position": "director",
    "representative_basis": "statutul organizației",
    "system_description": "Primește cereri de la oameni și companii; deciziile se semnează electronic.",
    "technical_phone": "069 000 001",
    "legal_basis": "Legea nr. 124/2022; semnarea deciziilor și a contractelor",
    "volume": "1200",
    "content_types": "both",
    "callback_method": "post",
    "return_hosts": "localhost",
}


def seed(desk: Desk) -> bool:
    """Tell the stories where the desk is still empty; return whether anything was written."""
    if Case.objects.exists():
        return False
    operator = _operator(desk)
    for story in STORIES:
        _tell(desk, operator, story)
    return True


def _operator(desk: Desk) -> Actor:
    key = people.register_person(
        desk,
        email=OPERATOR_EMAIL,
        name="Operator Demo",
        language=Language.RO,
        operator_roles=tuple(OperatorRole),
        number=OPERATOR_IDNP,
    )
    return _actor(key)


def _actor(key: int) -> Actor:
    found = people.actor_of(key)
    assert found is not None
    return found


def _tell(desk: Desk, operator: Actor, story: Story) -> None:
    key = people.register_person(desk, email=story.email, name=story.person, language=story.language)
    reference = applications.start(desk, _actor(key), kind=story.kind, number=story.number, purpose=Purpose.NEW_SYSTEM)
    person = _actor(key)
    _fill(desk, person, reference, story)
    for action in story.steps:
        if action is Action.ASK and story.question is not None:
            applications.comment(desk, operator, reference, field=story.question[0], text=story.question[1])
        reason = "Vedeți întrebarea de lângă câmp." if action is Action.ASK else ""
        actor = person if action is Action.SUBMIT else operator
        steps.perform(desk, actor, reference, action, reason=reason)
    if story.kind is Kind.PRIVATE:
        _signed_on_paper(desk, operator, reference)


def _fill(desk: Desk, person: Actor, reference: str, story: Story) -> None:
    mine = {
        **_ANSWERS,
        "representative_name": story.person,
        "representative_email": story.email,
        "contact_mailbox": story.email.replace(story.email.partition("@")[0], "it"),
        "technical_email": story.email,
        "system_name": story.system,
        "rrsi": story.rrsi,
    }
    for page in PAGES:
        typed = {field.name: "" if field.name in story.left_out else mine.get(field.name, "") for field in page.fields}
        applications.save_page(desk, person, reference, page, typed, version=None)
    if not story.left_out:
        applications.confirm_users(desk, person, reference, ready=True)


def _signed_on_paper(desk: Desk, operator: Actor, reference: str) -> None:
    """The private company signed by hand before the desk existed: its papers are in force without a signed file."""
    steps.perform(desk, operator, reference, Action.ISSUE_DOCUMENTS)
    case = Case.objects.select_related("organisation", "system").get(reference=reference)
    Document.objects.filter(case=case).update(state="in-force", in_force_since=desk.clock.now())
    history.record(desk, operator, case, "comment", Side.OPERATOR, reason="Documentele sunt semnate pe hârtie.")
    steps.continue_signed(desk, reference)
