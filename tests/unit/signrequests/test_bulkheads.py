"""A provider that hangs or fails under load: the signatures of another one go on as if nothing were wrong."""

from __future__ import annotations

import base64
import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from msign.jobs.worker import Worker
from msign.kernel.clock import SystemClock
from msign.kernel.words import SignStatus
from msign.providers.remote.provider import RemoteProvider
from msign.providers.remote.settings import Mode, RemoteSettings
from msign.signrequests.models import SignRequest
from msign.signrequests.service import SignRequestService
from msign.signrequests.values import SigningChoice
from tests.unit.signrequests.cast import FakeInstrument, Stage, make_stage, passed

pytestmark = pytest.mark.django_db(transaction=True)
BROKEN, GOOD = 10, 3  # people at a time
THREADS = 5
DER = b"0\x03abc"
FOR_EVER = dict.fromkeys(Mode, 600.0)  # were the callers' patience what lets others in, this test would never end


def _sign(request: httpx.Request) -> httpx.Response:
    order = json.loads(request.content)
    items = [
        {"id": one["id"], "signature": base64.b64encode(base64.b64decode(one["document"]) + b"% signed").decode()}
        for one in order["items"]
    ]
    named = base64.b64encode(DER).decode()
    answer = {"requestId": order["requestId"], "status": "Success", "signerCertificate": named, "items": items}
    return httpx.Response(200, json=answer)


def _provider(name: str, answer: Callable[[httpx.Request], httpx.Response], mode: Mode) -> RemoteProvider:
    settings = RemoteSettings(name, f"https://{name}.example", ("token",), mode=mode)
    return RemoteProvider(
        settings=settings, clock=SystemClock(), transport=httpx.MockTransport(answer), patience=FOR_EVER
    )


@contextmanager
def _working(service: SignRequestService) -> Iterator[None]:
    worker = Worker(handlers=service.job_handlers(), clock=SystemClock(), threads=THREADS, idle_seconds=0.02)
    thread = threading.Thread(target=worker.run)
    thread.start()
    try:
        yield
    finally:
        worker.stop()
        thread.join(60)
        assert not thread.is_alive()


def _all_signed(stage: Stage, wanted: list[str]) -> bool:
    for _ in range(600):
        states = set(SignRequest.objects.filter(pk__in=wanted).values_list("status", flat=True))
        if states == {SignStatus.SUCCESS.value}:
            return True
        threading.Event().wait(0.05)
    return False


@pytest.mark.parametrize("mode", list(Mode))
@pytest.mark.parametrize("trouble", ["hangs", "fails", "hangs on every cancellation"])
def test_a_broken_provider_holds_up_nobody_elses_signature(tmp_path: Path, mode: Mode, trouble: str) -> None:
    release = threading.Event()

    def broken(_request: httpx.Request) -> httpx.Response:
        if trouble == "fails":
            return httpx.Response(500)
        release.wait(60)
        return httpx.Response(503)

    providers = {"broken": _provider("broken", broken, mode), "good": _provider("good", _sign, mode)}
    stage = make_stage(tmp_path)
    stage.validator.report = passed(certificate=DER)
    stage.clock.move(seconds=(SystemClock().now() - stage.clock.now()).total_seconds())
    stage.registry.instruments = tuple(FakeInstrument(id=name, provider=name) for name in providers)
    stage.registry.working = dict(providers)
    try:
        stuck = [stage.post() for _ in range(BROKEN)]
        fine = [stage.post() for _ in range(GOOD)]
        for request_id in stuck:
            stage.service.start(request_id, SigningChoice("broken"))
            if trouble == "hangs on every cancellation":
                stage.service.cancel(request_id)
        for request_id in fine:  # last: everybody at the broken one is in front of them
            stage.service.start(request_id, SigningChoice("good"))
        with _working(stage.service):
            signed = _all_signed(stage, fine)
            release.set()
        assert signed
    finally:
        release.set()
        for provider in providers.values():
            provider.close()
