"""What production waits for is a choice of the operator: tests that are required, and its own confirmation."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from msign.connections.actors import Refusal
from msign.connections.queries.cases import case_view
from msign.connections.services import testing
from msign.connections.states import Action, State
from tests.support.desk import Cast, make_cast

pytestmark = pytest.mark.django_db


def in_test(tmp_path: Path, **rules: object) -> tuple[Cast, str]:
    cast = make_cast(tmp_path)
    cast.desk = replace(cast.desk, policy=replace(cast.desk.policy, **rules))  # type: ignore[arg-type]
    reference = cast.start()
    cast.to_test(reference)
    now = cast.clock.now()
    cast.calls.pass_all(now)
    cast.calls.tale = replace(cast.calls.tale, verified=(), refused=())
    testing.observe(cast.desk, reference)
    return cast, reference


def test_without_the_operators_confirmation_the_validation_is_enough(tmp_path: Path) -> None:
    cast, reference = in_test(tmp_path, operator_confirmation=False, required_tests=())
    assert cast.do(reference, Action.VALIDATE) is State.OPERATOR_VALIDATED
    event = case_view(cast.desk, cast.ana, reference).history[0]
    assert (event.action, event.side, event.actor) == ("skip-compliance", "system", "MSign")


def test_only_the_required_tests_are_waited_for(tmp_path: Path) -> None:
    cast, reference = in_test(tmp_path, required_tests=("TC_FUNCT_01", "TC_FUNCT_05"))
    with pytest.raises(Refusal, match="TC_FUNCT_05"):
        cast.do(reference, Action.VALIDATE)
    cast.calls.pass_all(cast.clock.now())
    cast.calls.tale = replace(cast.calls.tale, refused=())
    testing.observe(cast.desk, reference)
    assert cast.do(reference, Action.VALIDATE) is State.BENEFICIARY_VALIDATED
