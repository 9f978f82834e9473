from __future__ import annotations

import datetime as dt
import json
import threading

import pytest
from django.db import DatabaseError, connection, connections, transaction

from msign.audit import chain, events, queries, services
from msign.audit.chain import Broken, Head, Intact
from msign.audit.models import Event
from msign.audit.privacy import pseudonym
from msign.audit.tags import Tag
from msign.kernel.clock import FixedClock
from msign.kernel.words import ContentType, Environment, FailureReason

pytestmark = pytest.mark.django_db
NOW = FixedClock().now()


def _three() -> list[Head]:
    return [
        events.request_failed(at=NOW, request_id=f"{number:032x}", reason=FailureReason.CANCELLED)
        for number in range(3)
    ]


def _without_guards() -> None:
    """What somebody with the database in his hands can do."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("ALTER TABLE audit_event DISABLE TRIGGER USER")
            return
        for action in ("update", "delete", "replace"):
            cursor.execute(f"DROP TRIGGER audit_event_no_{action}")


def _tamper(sql: str, *values: object) -> None:
    with connection.cursor() as cursor:
        cursor.execute(sql, values)


def test_an_untouched_trail_is_intact() -> None:
    before = services.head()
    heads = _three()
    verdict = services.verify()
    assert isinstance(verdict, Intact)
    assert verdict.head == heads[-1]
    assert verdict.count == before.sequence + 3


@pytest.mark.parametrize("statement", ["UPDATE audit_event SET body = ''", "DELETE FROM audit_event"])
def test_the_database_refuses_to_change_or_remove(statement: str) -> None:
    _three()
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        _tamper(statement)
    assert services.verify()


def test_the_database_refuses_to_replace() -> None:
    row = _three()[1].sequence
    replace, otherwise = ("INSERT OR REPLACE", "")
    if connection.vendor == "postgresql":
        replace, otherwise = ("INSERT", " ON CONFLICT (sequence) DO UPDATE SET body = 'x'")
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        _tamper(
            f"{replace} INTO audit_event (sequence, at, tag, subject, actor, body, previous, hash) "
            f"VALUES (%s, '2026-01-01', 'x', 'x', 'x', 'x', 'x', 'x'){otherwise}",
            row,
        )


@pytest.mark.skipif(connection.vendor != "postgresql", reason="only PostgreSQL can truncate")
def test_the_database_refuses_to_truncate() -> None:
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        _tamper("TRUNCATE audit_event")


@pytest.mark.parametrize("column", ["at", "tag", "subject", "actor", "body", "hash", "previous"])
def test_the_first_changed_row_is_named(column: str) -> None:
    second = _three()[1].sequence
    _without_guards()
    value = "2020-01-01 00:00:00" if column == "at" else "f" * 60
    _tamper(f"UPDATE audit_event SET {column} = %s WHERE sequence = %s", value, second)
    verdict = services.verify()
    assert isinstance(verdict, Broken)
    assert verdict.sequence == second


def test_a_changed_row_with_a_fresh_hash_breaks_the_next_one() -> None:
    second = _three()[1].sequence
    _without_guards()
    body = json.loads(Event.objects.get(pk=second).body)
    body["facts"] = {"reason": "wrong-pin"}
    text = chain.canonical(body)
    _tamper("UPDATE audit_event SET body = %s, hash = %s WHERE sequence = %s", text, chain.digest(text), second)
    assert services.verify() == Broken(second + 1, "it does not follow the event before it")


def test_a_removed_row_is_noticed() -> None:
    second = _three()[1].sequence
    _without_guards()
    _tamper("DELETE FROM audit_event WHERE sequence = %s", second)
    assert services.verify() == Broken(second + 1, f"event {second} is missing")


def test_a_cut_tail_is_noticed_with_a_head_noted_earlier() -> None:
    last = _three()[-1]
    assert services.verify(last)
    _without_guards()
    _tamper("DELETE FROM audit_event WHERE sequence = %s", last.sequence)
    assert services.verify()
    assert isinstance(services.verify(last), Broken)


def test_an_event_of_a_transaction_that_fails_is_not_kept() -> None:
    before = services.head()

    def change_that_fails() -> None:
        with transaction.atomic():
            _three()
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        change_that_fails()
    assert services.head() == before


def test_no_persons_number_is_stored_but_the_same_person_is_recognised() -> None:
    for request_id in ("a" * 32, "b" * 32):
        events.request_posted(
            at=NOW,
            request_id=request_id,
            system_id="s",
            environment=Environment.TEST,
            certificate_serial="40",
            content_type=ContentType.PDF,
            digests=("00",),
            expected_signer="2000000000004",
        )
    stored = [event for key in ("a" * 32, "b" * 32) for event in queries.events(subject=key)]
    assert not any("2000000000004" in row.body for row in Event.objects.all())
    assert [event.facts["expectedSigner"] for event in stored] == [pseudonym("2000000000004")] * 2
    assert pseudonym("2000000000004") != pseudonym("2000000000015")
    assert pseudonym(None) == ""


def test_events_can_be_looked_up_by_subject_and_tag() -> None:
    _three()
    found = list(queries.events(subject=f"{1:032x}", tags=(Tag.REQUEST_FAILED,)))
    assert [event.facts for event in found] == [{"reason": "cancelled"}]
    assert not list(queries.events(subject=f"{1:032x}", tags=(Tag.REQUEST_SIGNED,)))


def test_times_are_kept_in_utc_whatever_zone_they_come_in() -> None:
    there = NOW.astimezone(dt.timezone(dt.timedelta(hours=3)))
    events.request_expired(at=there, request_id="c" * 32)
    assert services.verify()


@pytest.mark.django_db(transaction=True)
def test_writers_side_by_side_make_one_chain() -> None:
    before = services.head().sequence
    errors: list[BaseException] = []

    def write() -> None:
        try:
            for number in range(10):
                events.request_expired(at=NOW, request_id=f"{number:032x}")
        except BaseException as error:  # noqa: BLE001
            errors.append(error)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=write) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not errors
    verdict = services.verify()
    assert isinstance(verdict, Intact)
    assert verdict.count == before + 40
