"""Whatever people, providers and clocks do in whatever order: the rows follow the pure table, and nothing else."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from msign.audit import queries as trail
from msign.kernel.errors import Code, MSignError
from msign.kernel.words import FailureReason, SignStatus
from msign.providers.base import Refused
from msign.signrequests import states
from msign.signrequests.models import SigningSession, SignRequest
from msign.signrequests.rules import Rules
from msign.signrequests.states import Event, Permitted, Session
from tests.unit.signrequests.cast import Stage, make_stage, passed, sign, wait

STEPS = ["start", "cancel", "provider signs", "provider waits", "provider refuses", "forged", "a day passes", "work"]
_ENDINGS = {
    SignStatus.SUCCESS: "signrequests:request:signed",
    SignStatus.FAILURE: "signrequests:request:failed",
    SignStatus.EXPIRED: "signrequests:request:expired",
}


def _situation(request_id: str) -> tuple[SignStatus, Session]:
    row = SignRequest.objects.get(pk=request_id)
    session = SigningSession.objects.filter(request=row, active=True).first()
    phase = Session.NONE if session is None else Session.CANCELLING if session.cancelling else Session.RUNNING
    return SignStatus(row.status), phase


def _refuse(_order: object, _workspace: object) -> Refused:
    return Refused(FailureReason.WRONG_PIN)


def _do(stage: Stage, request_id: str, step: str) -> Event | None:
    """Do one step; return the event that the table is asked about, if it is one."""
    match step:
        case "start":
            stage.choose(request_id)
            return Event.START
        case "cancel":
            stage.service.cancel(request_id)
            return Event.CANCEL
        case "provider signs":
            stage.provider.script, stage.validator.report = [sign], passed()
        case "provider waits":
            stage.provider.script = [wait]
        case "provider refuses":
            stage.provider.script = [_refuse]
        case "forged":
            stage.validator.report = passed(signed_at=None)
        case "a day passes":
            stage.clock.move(hours=24)
            stage.service.view(request_id)
        case _:
            stage.clock.move(seconds=4)
            stage.worker.run_due()
    return None


def _step(stage: Stage, request_id: str, step: str) -> None:
    before = _situation(request_id)
    event, refused = None, None
    try:
        event = _do(stage, request_id, step)
    except MSignError as error:
        refused = error.code
    if refused is not None:
        assert refused is Code.CONFLICT
        assert not states.rule(*before, Event.START if step == "start" else Event.CANCEL)
        return
    after = _situation(request_id)
    if event is not None:
        ruling = states.rule(*before, event)
        assert isinstance(ruling, Permitted)
        assert after == (ruling.status, ruling.session)
    elif after != before:
        reachable = [states.rule(*before, one) for one in (Event.SUCCEED, Event.FAIL, Event.EXPIRE)]
        assert any(isinstance(one, Permitted) and (one.status, one.session) == after for one in reachable)


@pytest.mark.django_db
@given(st.lists(st.sampled_from(STEPS), max_size=14))
@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
def test_the_rows_follow_the_table(steps: list[str]) -> None:
    with tempfile.TemporaryDirectory() as folder, transaction.atomic():
        stage = make_stage(Path(folder), Rules())
        request_id = stage.post()
        for step in steps:
            _step(stage, request_id, step)
        status, session = _situation(request_id)
        tags = [event.tag for event in trail.events(subject=request_id)]
        assert [tag for tag in tags if tag in _ENDINGS.values()] == ([_ENDINGS[status]] if status in _ENDINGS else [])
        assert stage.files() == (2 if status is SignStatus.SUCCESS else 1)
        if status is not SignStatus.PENDING:
            assert session is Session.NONE
        transaction.set_rollback(True)
