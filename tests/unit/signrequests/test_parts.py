from __future__ import annotations

import datetime as dt
import hashlib
import itertools
from pathlib import Path

import pytest

from msign.kernel.errors import MSignError
from msign.kernel.languages import Language
from msign.kernel.words import FailureReason, SignStatus
from msign.providers.base import Signed, SignedItem
from msign.signrequests import states
from msign.signrequests.answers import keep_answer, kept_answer
from msign.signrequests.contents import HEAD, LocalContentStore
from msign.signrequests.messages import expired_message, failure_message
from msign.signrequests.states import Event, Forbidden, Permitted, Session

LATE = dt.datetime(2100, 1, 1, tzinfo=dt.UTC)


def test_a_content_is_hashed_on_the_way_and_kept_whole(tmp_path: Path) -> None:
    store = LocalContentStore(tmp_path)
    sink = store.create()
    data = bytes(range(256)) * 20
    for start in range(0, len(data), 700):
        sink.write(data[start : start + 700])
    stored = sink.finish()
    assert (stored.size, stored.sha256) == (len(data), hashlib.sha256(data).hexdigest())
    assert stored.head == data[:HEAD]
    assert store.path(stored.key).read_bytes() == data
    assert not list((tmp_path / "incoming").iterdir())


def test_what_is_aborted_or_never_finished_is_not_there(tmp_path: Path) -> None:
    store = LocalContentStore(tmp_path)
    aborted, left = store.create(), store.create()
    for sink in (aborted, left):
        sink.write(b"x")
    aborted.abort()
    aborted.abort()
    assert not list(store.keys_older_than(LATE))
    assert store.drop_unfinished(LATE) == 1
    left.abort()


def test_finishing_twice_or_writing_afterwards_is_a_mistake(tmp_path: Path) -> None:
    sink = LocalContentStore(tmp_path).create()
    sink.finish()
    sink.abort()
    for mistake in (sink.finish, lambda: sink.write(b"x")):
        with pytest.raises(MSignError):
            mistake()


@pytest.mark.parametrize("key", ["", "../../../etc/passwd", "0" * 39, "G" * 40, "0" * 40 + "\n"])
def test_what_is_no_key_leads_nowhere(tmp_path: Path, key: str) -> None:
    store = LocalContentStore(tmp_path)
    with pytest.raises(MSignError):
        store.path(key)
    with pytest.raises(MSignError):
        store.workspace(key)


def test_a_file_taken_over_from_a_workspace_stays_until_the_workspace_is_closed(tmp_path: Path) -> None:
    store = LocalContentStore(tmp_path)
    path = store.workspace("a" * 32) / "1.pdf"
    path.write_bytes(b"signed")
    first, second = store.adopt(path), store.adopt(path)
    store.close_workspace("a" * 32)
    assert first.key != second.key
    assert store.path(first.key).read_bytes() == b"signed"
    assert first.sha256 == hashlib.sha256(b"signed").hexdigest()


@pytest.mark.parametrize("certificate", [None, b"\x30\x00"])
def test_an_answer_survives_in_its_workspace(tmp_path: Path, certificate: bytes | None) -> None:
    assert kept_answer(tmp_path) is None
    answer = Signed((SignedItem("1", tmp_path / "one"), SignedItem("2", tmp_path / "two")), certificate)
    keep_answer(tmp_path, answer)
    assert kept_answer(tmp_path) == answer


def test_every_failure_has_a_sentence_in_three_languages_that_fits() -> None:
    for reason, language in itertools.product(FailureReason, Language):
        text = failure_message(reason, "", language)
        assert 0 < len(text) <= 100
        assert not text.endswith(".")
        assert not set(text) & set("şţŞŢ")
    assert len({expired_message(language) for language in Language}) == 3
    for language in Language:
        assert len({failure_message(reason, "", language) for reason in FailureReason}) == len(FailureReason)


def test_a_final_status_never_changes() -> None:
    for status, session, event in itertools.product(SignStatus, Session, Event):
        if status is SignStatus.PENDING or event is Event.REMOVE:
            continue
        assert isinstance(states.rule(status, session, event), Forbidden)


def test_every_situation_of_a_pending_request_has_a_ruling_with_its_reason() -> None:
    for session, event in itertools.product(Session, Event):
        ruling = states.rule(SignStatus.PENDING, session, event)
        assert isinstance(ruling, Permitted) or ruling.why


def test_who_is_being_cancelled_never_succeeds() -> None:
    assert not states.rule(SignStatus.PENDING, Session.CANCELLING, Event.SUCCEED)
    assert states.rule(SignStatus.PENDING, Session.RUNNING, Event.SUCCEED)
