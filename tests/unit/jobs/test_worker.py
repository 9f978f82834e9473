from __future__ import annotations

import threading
from collections.abc import Callable

import pytest

from msign.jobs import leases, services
from msign.jobs.models import Job
from msign.jobs.values import Done, GivenUp, Handler, Later, Outcome, Task
from msign.jobs.worker import LONGEST_RETRY, Worker, backoff
from msign.kernel.clock import FixedClock, SystemClock
from msign.kernel.errors import Code, MSignError

pytestmark = pytest.mark.django_db
KIND = "test.work"


def _worker(handler: Handler, clock: FixedClock) -> Worker:
    return Worker(handlers={KIND: handler}, clock=clock)


def _raising(error: Exception) -> Handler:
    def handler(_task: Task) -> Outcome:
        raise error

    return handler


def test_a_due_job_is_done_once_and_goes() -> None:
    clock, seen = FixedClock(), []
    services.enqueue(KIND, "a", {"n": 1}, clock.now())

    def handler(task: Task) -> Outcome:
        seen.append(task)
        return Done()

    assert _worker(handler, clock).run_due() == 1
    assert seen == [Task(KIND, "a", {"n": 1}, 1)]
    assert not Job.objects.exists()


def test_a_job_of_the_future_waits_until_it_is_due_or_woken() -> None:
    clock = FixedClock()
    worker = _worker(lambda _task: Done(), clock)
    services.enqueue(KIND, "a", {}, clock.now().replace(year=2027))
    assert worker.run_due() == 0
    assert services.wake(KIND, "a", clock.now())
    assert worker.run_due() == 1


def test_the_log_does_not_hold_the_key_of_a_sign_page(caplog: pytest.LogCaptureFixture) -> None:
    clock, key = FixedClock(), "3f0a9c5be1d24786a0b7c64d29e8f513"
    services.enqueue(KIND, key, {}, clock.now())
    _worker(_raising(RuntimeError("broken")), clock).run_due()
    assert f"job {KIND} 3f0a9c5b… failed" in caplog.text
    assert key not in caplog.text


def test_jobs_of_other_kinds_are_left_to_other_workers() -> None:
    clock = FixedClock()
    services.enqueue("other.kind", "a", {}, clock.now())
    assert _worker(lambda _task: Done(), clock).run_due() == 0


def test_enqueueing_again_keeps_one_row_with_the_newer_payload_and_the_earlier_time() -> None:
    clock = FixedClock()
    services.enqueue(KIND, "a", {"n": 1}, clock.now())
    services.enqueue(KIND, "a", {"n": 2}, clock.now().replace(year=2027))
    job = Job.objects.get()
    assert (job.payload, job.due) == ({"n": 2}, clock.now())


def test_ensure_leaves_an_existing_job_alone() -> None:
    clock = FixedClock()
    services.ensure(KIND, "a", {"n": 1}, clock.now())
    services.ensure(KIND, "a", {"n": 2}, clock.now())
    assert Job.objects.get().payload == {"n": 1}


def test_later_runs_again_after_its_seconds() -> None:
    clock = FixedClock()
    worker = _worker(lambda _task: Later(3), clock)
    services.enqueue(KIND, "a", {}, clock.now())
    assert worker.run_due() == 1
    assert worker.run_due() == 0
    clock.move(seconds=3)
    assert worker.run_due() == 1


@pytest.mark.parametrize("outcome", [Done(), Later(3600)])
def test_a_wake_while_the_handler_runs_is_not_lost(outcome: Outcome) -> None:
    clock, runs = FixedClock(), []

    def handler(_task: Task) -> Outcome:
        runs.append(1)
        if len(runs) == 1:
            services.wake(KIND, "a", clock.now())
        return outcome

    services.enqueue(KIND, "a", {}, clock.now())
    assert _worker(handler, clock).run_due() == 2


def test_an_error_is_retried_ever_more_slowly_and_kept_for_the_operator() -> None:
    clock = FixedClock()
    worker = _worker(_raising(RuntimeError("the disk is full")), clock)
    services.enqueue(KIND, "a", {}, clock.now())
    for attempt in (1, 2, 3):
        assert worker.run_due() == 1
        job = Job.objects.get()
        assert job.attempts == attempt
        assert "the disk is full" in job.last_error
        assert job.due == clock.now() + backoff(attempt)
        clock.moment = job.due
    assert backoff(1) < backoff(2) < backoff(3)
    assert backoff(1000).total_seconds() == LONGEST_RETRY


def test_a_retryable_error_of_the_family_is_retried() -> None:
    clock = FixedClock()
    services.enqueue(KIND, "a", {}, clock.now())
    _worker(_raising(MSignError(Code.UNAVAILABLE, "away", retry=True)), clock).run_due()
    assert Job.objects.get().given_up_at is None


@pytest.mark.parametrize(
    "handler", [_raising(MSignError(Code.MISCONFIGURED, "no such key")), lambda _task: GivenUp("no such key")]
)
def test_a_permanent_failure_is_kept_and_not_repeated(handler: Handler) -> None:
    clock = FixedClock()
    services.enqueue(KIND, "a", {}, clock.now())
    worker = _worker(handler, clock)
    assert worker.run_due() == 1
    clock.move(days=30)
    assert worker.run_due() == 0
    assert "no such key" in Job.objects.get().last_error
    assert services.waiting(clock.now()).given_up == 1


def test_a_killed_workers_job_is_taken_over_after_the_lease_and_not_before() -> None:
    clock = FixedClock()
    worker = _worker(lambda _task: Done(), clock)
    services.enqueue(KIND, "a", {}, clock.now())
    assert len(leases.claim([KIND], clock.now(), worker._lease, 5)) == 1  # the worker that dies
    clock.move(seconds=worker.lease_seconds)
    assert worker.run_due() == 0
    clock.move(seconds=1)
    assert worker.run_due() == 1


def test_who_lost_the_lease_changes_nothing() -> None:
    clock = FixedClock()
    worker = _worker(lambda _task: Done(), clock)
    services.enqueue(KIND, "a", {}, clock.now())
    lost = leases.claim([KIND], clock.now(), worker._lease, 1)[0]
    clock.move(hours=1)
    held = leases.claim([KIND], clock.now(), worker._lease, 1)[0]
    assert not leases.settle(lost, Done(), clock.now())
    assert not leases.postpone(lost, "late", clock.now())
    assert leases.settle(held, Done(), clock.now())


def test_a_renewed_lease_is_not_taken_over() -> None:
    clock = FixedClock()
    worker = _worker(lambda _task: Done(), clock)
    services.enqueue(KIND, "a", {}, clock.now())
    held = leases.claim([KIND], clock.now(), worker._lease, 1)
    clock.move(seconds=worker.lease_seconds - 1)
    leases.renew(held, clock.now() + worker._lease)
    clock.move(seconds=worker.lease_seconds - 1)
    assert worker.run_due() == 0


def _in_thread(worker: Worker) -> Callable[[], None]:
    thread = threading.Thread(target=worker.run)
    thread.start()

    def stop() -> None:
        worker.stop()
        thread.join(20)
        assert not thread.is_alive()

    return stop


@pytest.mark.django_db(transaction=True)
def test_two_workers_with_threads_do_everything_exactly_once() -> None:
    seen: list[str] = []
    all_done = threading.Event()

    def handler(task: Task) -> Outcome:
        seen.append(task.key)
        if len(seen) >= 40:
            all_done.set()
        return Done()

    for number in range(40):
        services.enqueue(KIND, str(number), {}, SystemClock().now())
    stops = [_in_thread(Worker(handlers={KIND: handler}, clock=SystemClock(), threads=3)) for _ in range(2)]
    assert all_done.wait(60)
    for stop in stops:
        stop()
    assert sorted(seen) == sorted(map(str, range(40)))
    assert not Job.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_a_stop_finishes_what_is_being_done_and_keeps_its_lease_meanwhile() -> None:
    started, go_on = threading.Event(), threading.Event()
    worker: Worker

    def handler(_task: Task) -> Outcome:
        started.set()
        assert go_on.wait(20)
        return Done()

    worker = Worker(handlers={KIND: handler}, clock=SystemClock(), lease_seconds=0.3)
    services.enqueue(KIND, "a", {}, SystemClock().now())
    stop = _in_thread(worker)
    assert started.wait(20)
    worker.stop()
    first = Job.objects.get().lease_until
    renewed = threading.Event()
    for _ in range(100):
        if Job.objects.get().lease_until != first:
            break
        renewed.wait(0.05)
    assert Job.objects.get().lease_until != first
    go_on.set()
    stop()
    assert not Job.objects.exists()
