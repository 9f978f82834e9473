"""Rules of rights that are more than one line of the table; the table itself is crossed in test_every_right."""

from __future__ import annotations

import pytest

from msign.connections.models import Membership
from msign.connections.roles import OperatorRole, TeamRole, operator_may
from msign.connections.services import people
from msign.connections.states import TABLE, Side
from msign.kernel.languages import Language
from tests.support.desk import PRIVATE
from tests.unit.desk.conftest import Pages

CASE_PAGES = [
    "",
    "form/system/",
    "check/",
    "history/",
    "documents/",
    "tests/",
    "promotion/",
    "certificate/test/",
    "addresses/test/",
]


def test_a_stranger_finds_nothing_and_nobody_is_sent_to_sign_in(pages: Pages) -> None:
    reference = pages.cast.start()
    Membership.objects.all().delete()
    stranger, nobody = pages.of(pages.cast.ana), pages.of(None)
    for page in CASE_PAGES:
        url = f"/connect/cases/{reference}/{page}"
        assert stranger.get(url).status_code == 404, page
        assert nobody.get(url).status_code == 302, page


OPERATOR_ACTIONS = [action for action, rule in TABLE.items() if rule.side is Side.OPERATOR]


@pytest.mark.parametrize("role", [role for role in TeamRole if role is not TeamRole.ADMINISTRATOR])
def test_only_administrators_change_the_team(pages: Pages, role: TeamRole) -> None:
    pages.cast.start()
    Membership.objects.update(roles=[role.value])
    (organisation,) = Membership.objects.values_list("organisation_id", flat=True)
    response = pages.of(pages.cast.ana).post(
        f"/connect/team/{organisation}/", {"email": "x@model.md", "name": "X", "roles": ["reader"]}
    )
    assert response.status_code in (403, 422)
    assert Membership.objects.count() == 1


def test_nobody_of_the_operator_belongs_to_a_team(pages: Pages) -> None:
    """Not even where an administrator adds them, or where they begin a request of their own."""
    pages.cast.start()
    (organisation,) = Membership.objects.values_list("organisation_id", flat=True)
    member = {"email": pages.cast.olga.email, "name": "Olga", "roles": ["administrator"]}
    answer = pages.of(pages.cast.ana).post(f"/connect/team/{organisation}/", member)
    assert answer.status_code == 409
    assert "Nobody sits on both sides" in answer.content.decode()
    new = {"purpose": "new-system", "kind": "private", "number": PRIVATE}
    assert "Nobody sits on both sides" in pages.of(pages.cast.olga).post("/connect/new/", new).content.decode()
    assert Membership.objects.count() == 1


def test_the_last_administrator_stays(pages: Pages) -> None:
    pages.cast.start()
    (organisation,) = Membership.objects.values_list("organisation_id", flat=True)
    client = pages.of(pages.cast.ana)
    response = client.post(
        f"/connect/team/{organisation}/", {"email": "ana@model.md", "name": "Ana", "roles": ["reader"]}
    )
    assert response.status_code == 409
    assert "at least one administrator" in response.content.decode()


def test_a_known_organisation_is_not_taken_over(pages: Pages) -> None:
    pages.cast.start()
    stranger = pages.of(pages.cast.fima)
    response = stranger.post("/connect/new/", {"purpose": "new-system", "kind": "public", "number": "1000000000007"})
    assert response.status_code == 422
    assert "already has a team" in response.content.decode()


def test_every_operator_action_has_a_role_and_auditors_have_none() -> None:
    for action in OPERATOR_ACTIONS:
        assert any(operator_may([role], action) for role in OperatorRole)
        assert not operator_may([OperatorRole.AUDITOR], action)


def test_roles_of_the_operator_are_exactly_those_given_last(pages: Pages) -> None:
    def give(*roles: OperatorRole) -> frozenset[OperatorRole]:
        key = people.set_operator(
            pages.cast.desk, email="nou@op.md", name="Nou", language=Language.EN, roles=roles, number=""
        )
        found = people.actor_of(key)
        assert found is not None
        return found.operator_roles

    assert give(OperatorRole.REVIEWER, OperatorRole.AUDITOR) == {OperatorRole.REVIEWER, OperatorRole.AUDITOR}
    assert give(OperatorRole.FINANCE) == {OperatorRole.FINANCE}
    assert give() == frozenset()
