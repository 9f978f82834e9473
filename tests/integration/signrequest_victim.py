"""A process to be killed: posts without end, or works one signing session up to a point and stands still there.

    python -m tests.integration.signrequest_victim prepare | post | sign POINT | finish

The data folder comes by MSIGN_DATA. Every line on standard output is one JSON value.
"""

# ruff: noqa: E402, T201  (models can be imported only after the set-up; the parent reads what is printed)

from __future__ import annotations

import json
import os
import sys
import threading
from pathlib import Path
from typing import NoReturn

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "msign.config.settings")

import django

django.setup()

from msign.audit import services as audit
from msign.kernel.clock import FixedClock
from msign.kernel.languages import Language
from msign.providers.base import Answer, SigningOrder
from msign.signrequests.contents import LocalContentStore, StoredContent
from msign.signrequests.models import SignRequest
from msign.validation.model import DocumentReport
from tests.unit.signrequests.cast import ALICE, FakeProvider, FakeValidator, Stage, make_stage, pdf, sign

POINTS = ("asking", "answered", "judging", "stored", "released")


def main() -> None:
    """Do what the command line says."""
    verb, *rest = sys.argv[1:]
    match verb:
        case "prepare":
            from django.core.management import call_command

            call_command("migrate", verbosity=0, interactive=False)
        case "post":
            _post_for_ever(_stage())
        case "sign":
            _sign_until(_stage(), rest[0])
        case "finish":
            _finish(_stage())


def _stage() -> Stage:
    return make_stage(Path(os.environ["MSIGN_DATA"]) / "contents")


def _say(**facts: object) -> None:
    print(json.dumps(facts), flush=True)


def _stand_still(point: str) -> NoReturn:
    _say(point=point)
    threading.Event().wait()
    raise AssertionError


def _post_for_ever(stage: Stage) -> NoReturn:
    number = 0
    while True:
        number += 1
        stage.clock.move(seconds=1)
        _say(posted=stage.post(pdf(f"document {number}"), pdf("x" * 50_000)), number=number)


def _sign_until(stage: Stage, point: str) -> None:
    request_id = stage.post()
    stage.choose(request_id)
    _say(posted=request_id)
    if point == "asking":
        stage.provider.script = [lambda _order, _workspace: _stand_still(point)]
    if point == "answered":
        stage.provider.script = [_answer_and_stand_still]
    if point == "judging":
        stage.service._work.judges[ALICE.environment].__init__(_StandingValidator())  # type: ignore[misc]
    if point in ("stored", "released"):
        object.__setattr__(stage.service._work, "store", _StandingStore(stage.store, point))
    stage.worker.run_due()


def _answer_and_stand_still(order: SigningOrder, workspace: Path) -> Answer:
    sign(order, workspace)
    _stand_still("answered")


class _StandingValidator(FakeValidator):
    def pdf(self, path: Path) -> DocumentReport:
        _stand_still("judging")


class _StandingStore(LocalContentStore):
    def __init__(self, store: LocalContentStore, point: str) -> None:
        self.__dict__.update(store.__dict__)
        self._point = point

    def adopt(self, path: Path) -> StoredContent:
        kept = super().adopt(path)
        if self._point == "stored":
            _stand_still("stored")
        return kept

    def close_workspace(self, order_id: str) -> None:
        _stand_still("released")


def _finish(stage: Stage) -> None:
    """Start again, a minute later: take over what was left, then say how everything stands."""
    provider: FakeProvider = stage.provider
    stage.clock.moment = FixedClock().now()
    stage.clock.move(minutes=1)
    stage.worker.run_due()
    for row in SignRequest.objects.all():
        answer = stage.service.get_response(ALICE, row.pk, Language.EN)
        keys = [one.signature_key for one in answer.results or ()]
        documents = [stage.store.path(one.key).read_bytes() for one in row.contents.order_by("position")]
        _say(
            request=row.pk,
            status=answer.status,
            documents=[len(one) for one in documents],
            whole=all(one.startswith(b"%PDF") and one.endswith(b"%%EOF\n") for one in documents),
            signatures=[len(stage.store.path(key).read_bytes()) for key in keys if key],
        )
    stage.clock.move(hours=1)
    workspaces = list(stage.store.workspaces())
    _say(intact=bool(audit.verify()), calls=provider.calls, workspaces=workspaces, files=stage.files())


if __name__ == "__main__":
    main()
