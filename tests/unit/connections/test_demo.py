from __future__ import annotations

from pathlib import Path

import pytest

from msign.connections import demo
from msign.connections.models import Case, Grant, Invoice
from msign.connections.services import people
from msign.notices import queries as notices
from tests.support.desk import make_cast

pytestmark = pytest.mark.django_db


def test_the_demo_has_five_organisations_in_five_stages(tmp_path: Path) -> None:
    cast = make_cast(tmp_path)
    assert demo.seed(cast.desk)
    assert not demo.seed(cast.desk)
    states = list(Case.objects.order_by("pk").values_list("state", flat=True))
    assert states == ["draft", "submitted", "needs-info", "awaiting-signature", "awaiting-technical-data"]
    assert Case.objects.values("organisation").distinct().count() == 5


def test_the_demo_grants_nothing_and_bills_the_company(tmp_path: Path) -> None:
    cast = make_cast(tmp_path)
    demo.seed(cast.desk)
    assert not Grant.objects.exists()
    assert Invoice.objects.get().bani == 1_520_000


def test_the_company_is_written_to_in_russian(tmp_path: Path) -> None:
    cast = make_cast(tmp_path)
    demo.seed(cast.desk)
    (letter,) = [one for one in notices.latest() if one.kind == "confirm" and one.recipient == "radu@izvor.example"]
    assert letter.language == "ru"
    assert "заявка подтверждена" in letter.subject
    assert letter.text.startswith("Здравствуйте!")


def test_the_demo_operator_may_do_everything(tmp_path: Path) -> None:
    cast = make_cast(tmp_path)
    demo.seed(cast.desk)
    person = people.register_person(cast.desk, email=demo.OPERATOR_EMAIL, name="", language=cast.ana.language)
    operator = people.actor_of(person)
    assert operator is not None
    assert len(operator.operator_roles) == 5
    assert operator.number == demo.OPERATOR_IDNP
