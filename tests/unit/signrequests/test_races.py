"""Two at once: real threads on a real database file. Whoever comes second changes nothing."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from django.db import connections

from msign.audit import queries as trail
from msign.audit import services as audit
from msign.jobs.worker import Worker
from msign.kernel.clock import SystemClock
from msign.kernel.errors import Code, MSignError
from msign.kernel.languages import Language
from msign.kernel.words import SignStatus
from msign.providers.base import Answer, SigningOrder
from msign.signrequests.models import SigningSession
from msign.signrequests.values import SigningChoice
from tests.unit.signrequests.cast import ALICE, Stage, make_stage, pdf, sign, wait

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def stage(tmp_path: Path) -> Stage:
    return make_stage(tmp_path)


def _together(*actions: Callable[[], object]) -> list[object]:
    """Run the actions at the same moment in threads of their own; return results and errors in order."""
    barrier, results = threading.Barrier(len(actions)), [None] * len(actions)

    def run(place: int, action: Callable[[], object]) -> None:
        try:
            barrier.wait(20)
            results[place] = action()  # type: ignore[call-overload]
        except MSignError as error:
            results[place] = error  # type: ignore[call-overload]
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=pair) for pair in enumerate(actions)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
        assert not thread.is_alive()
    return list(results)


def test_a_double_click_and_a_second_tab_give_one_session(stage: Stage) -> None:
    stage.provider.script = [wait]
    request_id = stage.post()
    results = _together(*[lambda: stage.service.start(request_id, SigningChoice("mobile"))] * 6)
    errors = [one for one in results if isinstance(one, MSignError)]
    assert len(errors) == 5
    assert {error.code for error in errors} == {Code.CONFLICT}
    assert SigningSession.objects.filter(active=True).count() == 1
    stage.worker.run_due()
    assert stage.provider.calls == ["start"]


@pytest.mark.parametrize("attempt", range(8))
def test_cancel_against_success_has_one_winner(stage: Stage, attempt: int) -> None:
    ready = threading.Event()

    def slowly(order: SigningOrder, workspace: Path) -> Answer:
        ready.set()
        return sign(order, workspace)

    def cancel() -> None:
        assert ready.wait(20)
        stage.service.cancel(request_id)

    stage.provider.script = [slowly]
    request_id = stage.post()
    stage.choose(request_id)
    _worked, cancelled = _together(stage.worker.run_due, cancel)
    stage.worker.run_due()
    answer = stage.service.get_response(ALICE, request_id, Language.RO)
    tags = [event.tag for event in trail.events(subject=request_id)]
    endings = [tag for tag in tags if tag in ("signrequests:request:signed", "signrequests:request:failed")]
    assert len(endings) == 1
    if isinstance(cancelled, MSignError):
        assert answer.status is SignStatus.SUCCESS
        assert stage.files() == 2
    else:
        assert answer.status is SignStatus.FAILURE
        assert stage.files() == 1
    assert audit.verify()


def test_start_against_cancel_before_any_instrument(stage: Stage) -> None:
    stage.provider.script = [wait]
    request_id = stage.post()
    started, cancelled = _together(
        lambda: stage.service.start(request_id, SigningChoice("mobile")), lambda: stage.service.cancel(request_id)
    )
    assert cancelled is None
    stage.worker.run_due()
    assert stage.service.get_response(ALICE, request_id, Language.RO).status is SignStatus.FAILURE
    assert not SigningSession.objects.filter(active=True).exists()
    assert started is None or isinstance(started, MSignError)


def test_two_workers_release_each_request_once(stage: Stage) -> None:
    stage.clock.moment = SystemClock().now()
    requests = [stage.post(pdf(str(number))) for number in range(12)]
    for request_id in requests:
        stage.choose(request_id)
    handlers = stage.service.job_handlers()
    workers = [Worker(handlers=handlers, clock=SystemClock(), threads=3) for _ in range(2)]
    threads = [threading.Thread(target=worker.run) for worker in workers]
    for thread in threads:
        thread.start()
    finished, pause = False, threading.Event()
    for _ in range(400):
        finished = not SigningSession.objects.filter(active=True).exists()
        if finished:
            break
        pause.wait(0.05)
    for worker in workers:
        worker.stop()
    for thread in threads:
        thread.join(30)
    assert finished
    assert stage.provider.calls == ["start"] * 12
    assert all(view is not None and view.status is SignStatus.SUCCESS for view in map(stage.service.view, requests))
    assert stage.files() == 24


def test_posts_side_by_side_are_all_kept(stage: Stage) -> None:
    requests = [stage.new(pdf(str(number))) for number in range(8)]
    results = _together(*[lambda one=one: stage.service.post(ALICE, one) for one in requests])  # type: ignore[misc]
    assert len({one for one in results if isinstance(one, str)}) == 8
    assert audit.verify()
