"""Each page and command against each person: who is not named may not."""

from __future__ import annotations

import pytest

from msign.connections.models import Membership
from msign.connections.roles import OperatorRole, Right, TeamRole, operator_may, team_may
from msign.connections.services import people
from msign.connections.states import TABLE, Action, Side
from msign.kernel.languages import Language
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
OPERATOR_PAGES = ["/connect/desk/", "/connect/desk/lists/"]


def test_a_stranger_finds_nothing_and_nobody_is_sent_to_sign_in(pages: Pages) -> None:
    reference = pages.cast.start()
    Membership.objects.all().delete()
    stranger, nobody = pages.of(pages.cast.ana), pages.of(None)
    for page in CASE_PAGES:
        url = f"/connect/cases/{reference}/{page}"
        assert stranger.get(url).status_code == 404, page
        assert nobody.get(url).status_code == 302, page


@pytest.mark.parametrize("page", OPERATOR_PAGES)
def test_the_operators_pages_are_the_operators(pages: Pages, page: str) -> None:
    pages.cast.start()
    assert pages.of(pages.cast.ana).get(page).status_code == 403
    assert pages.of(pages.cast.olga).get(page).status_code == 200


def test_invoices_are_for_finance_and_auditors(pages: Pages) -> None:
    statuses = {
        name: pages.of(getattr(pages.cast, name)).get("/connect/desk/invoices/").status_code
        for name in ("olga", "oleg", "fima", "aud", "sec")
    }
    assert statuses == {"olga": 403, "oleg": 403, "fima": 200, "aud": 200, "sec": 403}


OPERATOR_ACTIONS = [action for action, rule in TABLE.items() if rule.side is Side.OPERATOR]


@pytest.mark.parametrize("name", ["oleg", "fima", "aud", "sec"])
def test_only_named_roles_decide(pages: Pages, name: str) -> None:
    reference = pages.cast.start()
    actor = getattr(pages.cast, name)
    for action in OPERATOR_ACTIONS:
        allowed = operator_may(actor.operator_roles, action)
        response = pages.of(actor).post(f"/connect/desk/{reference}/", {"action": action.value, "reason": "x"})
        assert response.status_code == (409 if allowed else 403), action  # a draft allows nobody anything


TEAM_POSTS = [
    ("form/system/", {"system_name": "Altul"}, Right.EDIT_FORM),
    ("check/", {"users_ready": "on"}, Right.EDIT_FORM),
    ("do/withdraw/", {}, Action.WITHDRAW),
    ("comment/", {"text": "Bună"}, Right.COMMENT),
    ("addresses/test/", {"addresses": "185.108.180.10"}, Right.EDIT_TECHNICAL),
]


@pytest.mark.parametrize(("page", "data", "right"), TEAM_POSTS)
def test_each_team_role_does_only_what_the_table_says(
    pages: Pages, page: str, data: dict[str, str], right: Right | Action
) -> None:
    reference = pages.cast.start()
    for role in sorted(TeamRole, reverse=True):  # the administrator, who may end the case, comes last
        Membership.objects.update(roles=[role.value])
        response = pages.of(pages.cast.ana).post(f"/connect/cases/{reference}/{page}", data)
        assert (response.status_code == 403) is not team_may([role], right), role


def test_the_beneficiary_cannot_act_as_the_operator(pages: Pages) -> None:
    reference = pages.cast.start()
    assert pages.of(pages.cast.ana).post(f"/connect/desk/{reference}/", {"action": "take"}).status_code == 403


def test_the_reviewer_cannot_act_as_the_beneficiary(pages: Pages) -> None:
    reference = pages.cast.start()
    assert (
        pages.of(pages.cast.olga).post(f"/connect/cases/{reference}/check/", {"users_ready": "on"}).status_code == 403
    )


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


def test_the_last_administrator_stays(pages: Pages) -> None:
    pages.cast.start()
    (organisation,) = Membership.objects.values_list("organisation_id", flat=True)
    client = pages.of(pages.cast.ana)
    response = client.post(
        f"/connect/team/{organisation}/", {"email": "ana@model.md", "name": "Ana", "roles": ["reader"]}
    )
    assert response.status_code == 422
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
