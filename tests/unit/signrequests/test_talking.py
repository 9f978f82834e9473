"""Sessions that need the page: one reply at a time, whoever comes late changes nothing, another process goes on."""

from __future__ import annotations

import datetime as dt
import json
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from django.db import connections

from msign.audit import queries as trail
from msign.kernel.errors import Code, MSignError
from msign.kernel.words import FailureReason, SignStatus
from msign.providers.base import (
    Answer,
    Pending,
    Prompt,
    PromptKind,
    Refused,
    Reply,
    SignatureValues,
    SigningOrder,
)
from msign.signrequests.models import SigningSession
from msign.signrequests.talking import CLAIM
from tests.unit.signrequests.cast import FakeProvider, Stage, make_stage, sign

VALUE = SignatureValues({"1": b"value"})


def _ask(order: SigningOrder, workspace: Path) -> Answer:
    return Pending(b"asking", retry_after=15.0)


@dataclass
class Talker(FakeProvider):
    """Asks for values until it has them, then signs when it is polled."""

    script: list[Callable[[SigningOrder, Path], Answer]] = field(default_factory=lambda: [_ask])
    replies: list[Reply] = field(default_factory=list)
    reaction: Callable[[SigningOrder, Path], Answer] = lambda _order, _path: Pending(b"has it", retry_after=0.0)
    hold: threading.Event | None = None

    def poll(self, order: SigningOrder, state: bytes, workspace: Path) -> Answer:
        self.calls.append(f"poll {state.decode()}")
        return sign(order, workspace) if state == b"has it" else Pending(state, retry_after=15.0)

    def prompt(self, state: bytes) -> Prompt | None:
        return Prompt(PromptKind.AGENT, "http://127.0.0.1:18480") if state == b"asking" else None

    def reply(self, order: SigningOrder, state: bytes, reply: Reply, workspace: Path) -> Answer:
        self.replies.append(reply)
        if self.hold is not None:
            self.hold.wait(20)
        return self.reaction(order, workspace)


@dataclass(frozen=True)
class Talk:
    """A session that asks."""

    stage: Stage
    talker: Talker
    id: str

    def status(self) -> SignStatus:
        view = self.stage.service.view(self.id)
        assert view is not None
        return view.status


def _talk(folder: Path) -> Talk:
    stage, talker = make_stage(folder), Talker()
    stage.registry.working["demo"] = talker
    request_id = stage.post()
    stage.choose(request_id)
    stage.worker.run_due()
    return Talk(stage, talker, request_id)


@pytest.fixture
def talk(tmp_path: Path, db: None) -> Talk:
    return _talk(tmp_path)


def test_the_page_is_asked_replies_and_the_worker_finishes(talk: Talk) -> None:
    asked = talk.stage.service.prompt(talk.id)
    assert asked is not None
    assert asked.kind is PromptKind.AGENT
    assert talk.stage.service.reply(talk.id, VALUE) is None
    talk.stage.worker.run_due()
    assert talk.status() is SignStatus.SUCCESS
    assert talk.stage.service.prompt(talk.id) is None


def test_a_second_reply_finds_nothing_asked(talk: Talk) -> None:
    talk.stage.service.reply(talk.id, VALUE)
    with pytest.raises(MSignError) as refused:
        talk.stage.service.reply(talk.id, VALUE)
    assert refused.value.code is Code.CONFLICT
    assert len(talk.talker.replies) == 1


def test_a_reply_that_does_not_fit_leaves_the_session_as_it_was(talk: Talk) -> None:
    def unfit(_order: SigningOrder, _path: Path) -> Answer:
        raise MSignError(Code.INVALID_PARAMETER, "no", member="value")

    good = talk.talker.reaction
    talk.talker.reaction = unfit
    with pytest.raises(MSignError):
        talk.stage.service.reply(talk.id, VALUE)
    talk.talker.reaction = good
    talk.stage.service.reply(talk.id, VALUE)
    talk.stage.worker.run_due()
    assert talk.status() is SignStatus.SUCCESS


def test_a_refusal_in_the_reply_ends_the_request(talk: Talk) -> None:
    talk.talker.reaction = lambda _order, _path: Refused(FailureReason.PIN_LOCKED)
    talk.stage.service.reply(talk.id, VALUE)
    view = talk.stage.service.view(talk.id)
    assert view is not None
    assert (view.status, view.failure) == (SignStatus.FAILURE, FailureReason.PIN_LOCKED)


def test_a_result_in_the_reply_is_judged_by_the_worker(talk: Talk) -> None:
    talk.talker.reaction = sign
    talk.stage.service.reply(talk.id, VALUE)
    assert talk.status() is SignStatus.PENDING
    talk.stage.worker.run_due()
    assert talk.status() is SignStatus.SUCCESS


def test_leaving_keeps_the_request_open_for_another_instrument(talk: Talk) -> None:
    assert talk.stage.service.leave(talk.id, FailureReason.NO_ACTIVE_DEVICE)
    view = talk.stage.service.view(talk.id)
    assert view is not None
    assert (view.status, view.session, view.failure) == (SignStatus.PENDING, None, FailureReason.NO_ACTIVE_DEVICE)
    assert not talk.stage.service.leave(talk.id, FailureReason.CANCELLED)
    talk.stage.registry.working["demo"] = FakeProvider()
    talk.stage.choose(talk.id)
    talk.stage.worker.run_due()
    assert talk.status() is SignStatus.SUCCESS


def test_what_was_left_cannot_be_finished(talk: Talk) -> None:
    talk.stage.service.leave(talk.id, FailureReason.CANCELLED)
    with pytest.raises(MSignError):
        talk.stage.service.reply(talk.id, VALUE)
    talk.stage.worker.run_due()
    assert talk.status() is SignStatus.PENDING
    assert not talk.talker.replies


def test_a_session_that_the_page_does_not_hold_cannot_be_left(tmp_path: Path, db: None) -> None:
    stage = make_stage(tmp_path)
    request_id = stage.post()
    stage.choose(request_id)
    assert not stage.service.leave(request_id, FailureReason.CANCELLED)


def test_only_the_persons_own_reasons(talk: Talk) -> None:
    with pytest.raises(MSignError):
        talk.stage.service.leave(talk.id, FailureReason.INSTRUMENT_UNAVAILABLE)


def test_a_cancelled_session_takes_no_reply(talk: Talk) -> None:
    talk.stage.service.cancel(talk.id)
    with pytest.raises(MSignError):
        talk.stage.service.reply(talk.id, VALUE)
    talk.stage.worker.run_due()
    assert talk.status() is SignStatus.FAILURE


def test_nobody_replies_after_the_deadline(talk: Talk) -> None:
    talk.stage.clock.move(seconds=301)
    with pytest.raises(MSignError):
        talk.stage.service.reply(talk.id, VALUE)
    talk.stage.worker.run_due()
    view = talk.stage.service.view(talk.id)
    assert view is not None
    assert view.failure is FailureReason.TIMED_OUT


def test_a_process_killed_in_a_reply_blocks_nobody_for_long(talk: Talk) -> None:
    """Its claim stands in the row; it ends by itself."""
    SigningSession.objects.update(talking_until=talk.stage.clock.now() + CLAIM)
    with pytest.raises(MSignError):
        talk.stage.service.reply(talk.id, VALUE)
    talk.stage.clock.move(seconds=CLAIM.total_seconds() + 1)
    talk.stage.service.reply(talk.id, VALUE)
    talk.stage.worker.run_due()
    assert talk.status() is SignStatus.SUCCESS


def test_the_worker_waits_while_a_reply_is_worked(talk: Talk) -> None:
    SigningSession.objects.update(talking_until=talk.stage.clock.now() + CLAIM)
    calls = len(talk.talker.calls)
    talk.stage.clock.move(seconds=20)
    talk.stage.worker.run_due()
    assert len(talk.talker.calls) == calls


def test_the_trail_knows_who_left_and_no_secret(talk: Talk) -> None:
    talk.stage.service.leave(talk.id, FailureReason.WRONG_PIN)
    *_, last = trail.events(subject=talk.id)
    assert (last.tag, last.facts["reason"]) == ("signrequests:session:failed", "wrong-pin")
    assert "value" not in json.dumps([one.facts for one in trail.events(subject=talk.id)])


@pytest.mark.django_db(transaction=True)
def test_two_replies_at_once_are_one(tmp_path: Path) -> None:
    talk = _talk(tmp_path)
    talk.talker.hold = threading.Event()
    results: list[object] = []

    def reply() -> None:
        try:
            results.append(talk.stage.service.reply(talk.id, VALUE))
        except MSignError as error:
            results.append(error.code)
            hold = talk.talker.hold
            assert hold is not None
            hold.set()
        finally:
            connections.close_all()

    threads = [threading.Thread(target=reply) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert len(talk.talker.replies) == 1
    assert sorted(map(str, results)) == ["None", "conflict", "conflict"]
    talk.stage.clock.move(seconds=dt.timedelta(seconds=1).total_seconds())
    talk.stage.worker.run_due()
    assert talk.stage.answer(talk.id).status is SignStatus.SUCCESS  # type: ignore[attr-defined]


@dataclass
class Leaver(Talker):
    """A provider that sends the person to a page of its own."""

    def order_of(self, parameters: Mapping[str, str]) -> str | None:
        return parameters.get("state")


def test_a_return_finds_its_session_and_counts_once(tmp_path: Path, db: None) -> None:
    stage, talker = make_stage(tmp_path), Leaver()
    stage.registry.working["demo"] = talker
    request_id = stage.post()
    stage.choose(request_id)
    stage.worker.run_due()
    back = {"code": "c", "state": request_id}
    assert stage.service.returned("demo", back) == request_id
    assert stage.service.returned("demo", back) == request_id  # late, and shown the present state
    assert len(talker.replies) == 1
    assert stage.service.returned("demo", {"state": "unknown"}) is None
    assert stage.service.returned("no-such", back) is None
    stage.worker.run_due()
    assert stage.service.returned("demo", back) == request_id
