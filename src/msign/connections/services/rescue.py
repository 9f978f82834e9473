"""When a team's only administrator is gone the operator appoints another one: rare, with a reason, told to all."""

from __future__ import annotations

from collections.abc import Iterable

from django.db import transaction
from django.utils import translation
from django.utils.translation import gettext

from msign.connections.actors import Actor, refuse, require
from msign.connections.models import Membership, Organisation, Person
from msign.connections.ports import Desk
from msign.connections.roles import Right, TeamRole
from msign.connections.services import people
from msign.connections.words import say
from msign.kernel.errors import Code
from msign.kernel.languages import DEFAULT_LANGUAGE, Language
from msign.notices.services import put
from msign.notices.values import Letter


def appoint_administrator(
    desk: Desk,
    actor: Actor,
    organisation_id: int,
    *,
    email: str,
    name: str,
    reason: str,
    leaving: Iterable[int] = (),
) -> None:
    """Make a person the administrator of a team and take the team away from ``leaving``. Raises ``Refusal``.

    The audit trail holds who did it, for whom and why; everybody of the team, old and new, gets a letter. Roles other
    than the administrator's are kept. People of the operator are never appointed: nobody sits on both sides.
    """
    require(actor, Right.RESCUE_TEAM)
    if not reason.strip():
        raise refuse(say("Give a reason: how the organisation proved who its administrator is."))
    with transaction.atomic():
        organisation = Organisation.objects.filter(pk=organisation_id).first()
        if organisation is None:
            raise refuse(say("There is no such organisation."), Code.REQUEST_NOT_FOUND)
        key = people.register_person(desk, email=email, name=name, language=DEFAULT_LANGUAGE)
        person = Person.objects.get(pk=key)
        people.check_not_operator(key)
        told = _addresses(organisation) | {person.email: Language(person.language)}
        _appoint(desk, actor, organisation, person, set(leaving), reason)
        for address, language in told.items():
            put(_letter(desk, organisation, person, address, language, reason), desk.clock.now())


def _appoint(
    desk: Desk, actor: Actor, organisation: Organisation, person: Person, leaving: set[int], reason: str
) -> None:
    row = Membership.objects.filter(organisation=organisation, person=person).first()
    roles = {TeamRole.ADMINISTRATOR, *(map(TeamRole, row.roles) if row else ())}
    people.set_roles(desk, actor, organisation.pk, person.pk, sorted(roles), reason)
    members = Membership.objects.filter(organisation=organisation, person_id__in=leaving - {person.pk})
    for person_id in list(members.values_list("person_id", flat=True)):
        people.set_roles(desk, actor, organisation.pk, person_id, [], reason)


def _addresses(organisation: Organisation) -> dict[str, Language]:
    members = Membership.objects.filter(organisation=organisation).select_related("person")
    return {one.person.email: Language(one.person.language) for one in members}


def _letter(
    desk: Desk, organisation: Organisation, person: Person, address: str, language: Language, reason: str
) -> Letter:
    facts = {"organisation": organisation.name, "name": person.name, "email": person.email}
    with translation.override(language.value):
        return Letter(
            recipient=address,
            language=language,
            subject=gettext("%(organisation)s: a new administrator of your team") % facts,
            greeting=gettext("Hello,"),
            paragraphs=(
                gettext("The operator made %(name)s (%(email)s) the administrator of the team of %(organisation)s.")
                % facts,
                gettext("Reason given: %(reason)s") % {"reason": reason.strip()},
                gettext("If this is wrong, write to us at once."),
            ),
            closing=f"{desk.policy.operator.name}\n{desk.policy.operator.email}, {desk.policy.operator.phone}",
            link=f"{desk.web_url}/connect/team/{organisation.pk}/",
            link_text=gettext("Open the team"),
            kind="administrator-appointed",
        )
