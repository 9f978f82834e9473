"""Who acts: a proven person with roles, or the system itself. Every verb starts by asking what this actor may do."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from msign.connections.roles import OperatorRole, Right, TeamRole, operator_may, team_may, team_roles_for
from msign.connections.states import TABLE, Action, Refused, Side
from msign.connections.words import Sentence, say
from msign.kernel.errors import Code, MSignError
from msign.kernel.languages import DEFAULT_LANGUAGE, Language


@dataclass(frozen=True, slots=True)
class Actor:
    """A person as the desk knows it, with the roles of this moment. ``team`` maps organisations to roles."""

    person_id: int | None
    name: str
    email: str = ""
    language: Language = DEFAULT_LANGUAGE
    number: str = ""
    operator_roles: frozenset[OperatorRole] = frozenset()
    team: Mapping[int, frozenset[TeamRole]] = field(default_factory=dict)

    @property
    def is_operator(self) -> bool:
        """Whether the person works for the operator."""
        return bool(self.operator_roles)

    @property
    def known_id(self) -> int:
        """The person's number; the system has none and asks for none."""
        assert self.person_id is not None
        return self.person_id

    @property
    def label(self) -> str:
        """How the audit trail names the person: a number, never a name."""
        if self.person_id is None:
            return "msign"
        return f"operator:{self.person_id}" if self.is_operator else f"person:{self.person_id}"

    def may(self, right: Right | Action, organisation_id: int | None = None) -> bool:
        """Tell whether the person may, as the operator or as a member of this organisation's team."""
        if operator_may(self.operator_roles, right):
            return True
        return organisation_id is not None and team_may(self.team.get(organisation_id, frozenset()), right)

    def side(self, organisation_id: int) -> Side:
        """Return on whose side the person stands in a case of this organisation."""
        if self.person_id is None:
            return Side.SYSTEM
        return Side.OPERATOR if self.is_operator and organisation_id not in self.team else Side.BENEFICIARY


SYSTEM = Actor(person_id=None, name="MSign")


class Refusal(MSignError):  # noqa: N818  (it is a decision, told by raising)
    """A step that is not possible, with every reason in sentences for people."""

    def __init__(self, reasons: tuple[Sentence, ...], code: Code = Code.CONFLICT) -> None:
        super().__init__(code, " ".join(str(reason) for reason in reasons))
        self.reasons = reasons


def refuse(sentence: Sentence, code: Code = Code.CONFLICT) -> Refusal:
    """Return the refusal with one reason."""
    return Refusal((sentence,), code)


def refused(decision: Refused) -> Refusal:
    """Return the refusal that a decision asks for."""
    return Refusal(decision.reasons)


def require(actor: Actor, right: Right | Action, organisation_id: int | None = None) -> None:
    """Let the actor pass, or raise ``AUTHORIZATION_FAILED`` saying who can."""
    if isinstance(right, Action) and TABLE[right].side is Side.SYSTEM and actor is SYSTEM:
        return
    if actor is SYSTEM or actor.may(right, organisation_id):
        return
    roles = ", ".join(team_roles_for(right))
    sentence = (
        say("Your role does not allow this. In your team it can be done by: %(roles)s.", roles=roles)
        if roles and not actor.is_operator
        else say("Your role does not allow this.")
    )
    raise refuse(sentence, Code.AUTHORIZATION_FAILED)
