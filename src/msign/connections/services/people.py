"""People, teams and sign-in links. There are no passwords: a link by e-mail signs in once, within half an hour."""

from __future__ import annotations

import datetime as dt
import hashlib
import secrets
from collections.abc import Iterable

from django.db import transaction
from django.db.models import F
from django.utils import translation
from django.utils.translation import gettext

from msign.audit import connection_events
from msign.connections.actors import SYSTEM, Actor, refuse, require
from msign.connections.fees import Kind
from msign.connections.models import Membership, Organisation, Person, SignInLink
from msign.connections.ports import Desk
from msign.connections.roles import OperatorRole, Right, TeamRole
from msign.connections.words import say
from msign.kernel.languages import Language
from msign.notices.services import put
from msign.notices.values import Letter


def actor_of(person_id: int) -> Actor | None:
    """Return a person as an actor with the roles of this moment."""
    person = Person.objects.filter(pk=person_id).first()
    if person is None:
        return None
    memberships = Membership.objects.filter(person=person).values_list("organisation_id", "roles")
    return Actor(
        person_id=person.pk,
        name=person.name,
        email=person.email,
        language=Language(person.language),
        number=person.number,
        operator_roles=frozenset(map(OperatorRole, person.operator_roles)),
        team={organisation: frozenset(map(TeamRole, roles)) for organisation, roles in memberships},
    )


def register_person(
    desk: Desk,
    *,
    email: str,
    name: str,
    language: Language,
    operator_roles: Iterable[OperatorRole] = (),
    number: str = "",
) -> int:
    """Return the account of an address; a new one is made where there is none. Existing roles stay untouched."""
    person, _created = Person.objects.get_or_create(
        email=email.strip().lower(),
        defaults={
            "name": name.strip()[:250] or email.strip().lower(),
            "language": language.value,
            "operator_roles": [role.value for role in operator_roles],
            "number": number,
            "created": desk.clock.now(),
        },
    )
    return person.pk


def set_operator(
    desk: Desk,
    *,
    email: str,
    name: str,
    language: Language,
    roles: Iterable[OperatorRole],
    number: str,
    unit: str = "",
) -> int:
    """Give a person exactly these roles of the operator; none takes them all. Only the command line calls this."""
    wanted = sorted(role.value for role in roles)
    with transaction.atomic():
        key = register_person(desk, email=email, name=name, language=language)
        Person.objects.filter(pk=key).update(operator_roles=wanted, number=number, unit=unit.strip()[:60])
        connection_events.role_changed(
            at=desk.clock.now(),
            actor="command",
            person=f"person:{key}",
            role=f"operator:{','.join(wanted) or 'none'}",
            granted=bool(wanted),
        )
    return key


def send_link(desk: Desk, *, email: str, name: str, language: Language) -> None:
    """Send a sign-in link to an address, making the account on first use. Says nothing about who has an account.

    Anybody can type an address: name and language become the person's when the link is used, not before.
    """
    now = desk.clock.now()
    with transaction.atomic():
        person_id = register_person(desk, email=email, name="", language=language)
        recent = SignInLink.objects.filter(person_id=person_id, created__gt=now - dt.timedelta(hours=1)).count()
        if recent >= desk.policy.links_an_hour:
            return
        secret = secrets.token_urlsafe(32)
        expires = now + dt.timedelta(minutes=desk.policy.link_minutes)
        SignInLink.objects.create(
            person_id=person_id,
            digest=_digest(secret),
            created=now,
            expires=expires,
            name=name.strip()[:250],
            language=language.value,
        )
        put(_link_letter(desk, email.strip().lower(), language, secret), now)


def sign_in(desk: Desk, secret: str) -> int | None:
    """Use a link up and return whose it is; ``None`` when it is unknown, used or too old."""
    now = desk.clock.now()
    with transaction.atomic():
        link = SignInLink.objects.filter(digest=_digest(secret), used=None, expires__gt=now).first()
        if link is None or SignInLink.objects.filter(pk=link.pk, used=None).update(used=now) != 1:
            return None
        Person.objects.filter(pk=link.person_id).update(language=link.language)
        if link.name:  # a name that is known already stays
            Person.objects.filter(pk=link.person_id, name=F("email")).update(name=link.name)
        actor = actor_of(link.person_id)
        connection_events.signed_in(at=now, actor=actor.label if actor else "person", method="e-mail link")
    return link.person_id


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


def _link_letter(desk: Desk, email: str, language: Language, secret: str) -> Letter:
    with translation.override(language.value):
        return Letter(
            recipient=email,
            language=language,
            subject=gettext("Your link to the connection desk"),
            greeting=gettext("Hello,"),
            paragraphs=(
                gettext("Open this link to sign in. It works once, for %(minutes)s minutes.")
                % {"minutes": desk.policy.link_minutes},
                gettext("If you did not ask for it, do nothing: nobody can sign in without the link."),
            ),
            closing=f"MSign\n{desk.policy.operator.email}",
            link=f"{desk.web_url}/connect/sign-in/{secret}/",
            link_text=gettext("Sign in"),
            kind="sign-in",
        )


def organisation_for(desk: Desk, actor: Actor, *, number: str, kind: Kind, name: str) -> int:
    """Return the organisation with this number, where the actor belongs to its team or it has none yet.

    A newcomer becomes the administrator of an organisation without a team. That proves nothing yet: what proves it is
    the signature of the declared representative on the contract.
    """
    assert actor.person_id is not None
    with transaction.atomic():
        organisation, _created = Organisation.objects.get_or_create(
            number=number, defaults={"name": name, "kind": kind.value, "created": desk.clock.now()}
        )
        if actor.person_id in _member_ids(organisation.pk):
            return organisation.pk
        if _member_ids(organisation.pk):
            raise refuse(say("This organisation already has a team at the desk. Ask its administrator to add you."))
        check_not_operator(actor.person_id)
        roles = [TeamRole.ADMINISTRATOR, TeamRole.TECHNICAL, TeamRole.SIGNATORY]
        set_roles(desk, SYSTEM, organisation.pk, actor.person_id, roles)
    return organisation.pk


def set_member(
    desk: Desk,
    actor: Actor,
    organisation_id: int,
    *,
    email: str,
    name: str,
    roles: Iterable[TeamRole],
    known: str | None = None,
) -> None:
    """Give a person these roles in a team; no roles remove the person. The last administrator stays.

    ``known`` is the ``team_mark`` of the team that the actor saw: what another administrator has given this person, or
    taken from it, since then is not undone unseen. Changes of other people do not stand in the way.
    """
    require(actor, Right.MANAGE_TEAM, organisation_id)
    wanted = list(roles)
    with transaction.atomic():
        Organisation.objects.select_for_update().filter(pk=organisation_id).first()  # two administrators meet here
        person_id = register_person(desk, email=email, name=name, language=actor.language)
        if known is not None and _part_of(known, person_id) != _part_of(team_mark(organisation_id), person_id):
            raise refuse(TEAM_CHANGED)
        if wanted:
            check_not_operator(person_id)
        others = Membership.objects.filter(organisation_id=organisation_id).exclude(person_id=person_id)
        if TeamRole.ADMINISTRATOR not in wanted and not any(
            TeamRole.ADMINISTRATOR.value in roles for roles in others.values_list("roles", flat=True)
        ):
            raise refuse(say("The team needs at least one administrator."))
        set_roles(desk, actor, organisation_id, person_id, wanted)


def check_not_operator(person_id: int) -> None:
    """Raise ``Refusal`` for people of the operator: who decides about connections belongs to no team."""
    if Person.objects.get(pk=person_id).operator_roles:
        raise refuse(say("This person works for the operator. Nobody sits on both sides."))


TEAM_CHANGED = say(
    "Another administrator has changed the roles of this person since you opened the page. Nothing of yours was saved "
    "over it: look at the team as it is now, and save again if it still fits."
)


def team_mark(organisation_id: int) -> str:
    """Return a name for who has which roles in a team: two administrators who change the same person meet here."""
    rows = Membership.objects.filter(organisation_id=organisation_id).order_by("person_id")
    return " ".join(f"{key}:{','.join(sorted(roles))}" for key, roles in rows.values_list("person_id", "roles"))


def _part_of(mark: str, person_id: int) -> str:
    return next((part for part in mark.split() if part.startswith(f"{person_id}:")), "")


def _member_ids(organisation_id: int) -> set[int]:
    return set(Membership.objects.filter(organisation_id=organisation_id).values_list("person_id", flat=True))


def set_roles(
    desk: Desk, actor: Actor, organisation_id: int, person_id: int, roles: list[TeamRole], reason: str = ""
) -> None:
    """Write a person's roles in a team, none to remove the person, and the event; callers judge whether they may."""
    rows = Membership.objects.filter(organisation_id=organisation_id, person_id=person_id)
    if not roles:
        rows.delete()
    elif not rows.update(roles=[role.value for role in roles]):
        Membership.objects.create(
            organisation_id=organisation_id, person_id=person_id, roles=[role.value for role in roles]
        )
    connection_events.role_changed(
        at=desk.clock.now(),
        actor=actor.label,
        person=f"person:{person_id}",
        role=f"organisation:{organisation_id}:{','.join(roles) or 'none'}",
        granted=bool(roles),
        reason=reason,
    )
