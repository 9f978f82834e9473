"""What the desk learns from the audit trail, and what it does by itself."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

from msign.connections import letters, upkeep
from msign.connections.actors import Refusal
from msign.connections.chain import TrustChainJudge
from msign.connections.letters import NOTES
from msign.connections.models import Case, Invoice, Person
from msign.connections.ports import ChainVerdict, Seen
from msign.connections.services import reminders, technical
from msign.connections.services.recorded import record_certificate
from msign.connections.states import Action, State
from msign.jobs.models import Job
from msign.jobs.values import Later, Task
from msign.kernel.clock import FixedClock
from msign.kernel.languages import Language
from msign.kernel.words import Environment
from msign.notices import queries as notices
from msign.pki.evidence import NoRevocation
from msign.pki.trust import TrustStore
from tests.support.desk import PRIVATE, PUBLIC, make_cast
from tests.support.pki import session_pki

pytestmark = pytest.mark.django_db
TEST = Environment.TEST


FACTS = {
    "serial": "40000001", "number": "F-1", "lei": "15 200,00", "due": "01.04.2026", "grace": "01.05.2026",
    "day": "31.12.2026", "spent": "5,6", "limit": "7", "days": "7", "network": "192.0.2.1",
}  # fmt: skip


def test_the_chain_is_judged_against_the_anchors_of_the_environment(tmp_path: Path) -> None:
    pki = session_pki()
    full = TrustStore.from_folder(pki.write_trust(tmp_path / "trust"))
    judge = TrustChainJudge(
        trust={TEST: full, Environment.PRODUCTION: TrustStore()}, revocation=NoRevocation(), clock=FixedClock()
    )
    der = pki.system("alfa-test").der
    assert judge.judge(der, TEST) == ChainVerdict(trusted=True, revoked=None)
    assert judge.judge(der, Environment.PRODUCTION) == ChainVerdict(trusted=False)
    assert judge.judge(pki.system("untrusted").der, TEST) == ChainVerdict(trusted=False)
    assert judge.judge(pki.system("expired").der, TEST).trusted  # dates have a check of their own
    assert judge.judge(b"junk", TEST) == ChainVerdict(trusted=False)


def test_the_tick_moves_a_case_at_its_first_call(tmp_path: Path) -> None:
    cast = make_cast(tmp_path)
    reference = cast.start()
    cast.to_test(reference)
    cast.calls.facts = Seen(first_call=cast.clock.now())
    assert isinstance(upkeep.Upkeep(desk=cast.desk).tick(Task("desk.tick", "all", {}, 1)), Later)
    assert Case.objects.get(reference=reference).state == State.TESTING


def test_the_jobs_are_scheduled_once(tmp_path: Path) -> None:
    made = upkeep.Upkeep(desk=make_cast(tmp_path).desk)
    made.schedule()
    made.schedule()
    assert sorted(Job.objects.values_list("kind", flat=True)) == ["desk.daily", "desk.revocation", "desk.tick"]


def test_certificates_are_reminded_of_on_the_days_of_the_ladder(tmp_path: Path) -> None:
    cast = make_cast(tmp_path)
    reference = cast.start()
    cast.to_test(reference)
    expires = session_pki().system("alfa-test").certificate.not_valid_after_utc
    told = []
    for days in (61, 60, 30, 29, 14, 7, 3, 1, 0):
        cast.clock.moment = expires - dt.timedelta(days=days)
        told.append(reminders.remind(cast.desk) + reminders.remind(cast.desk))  # each rung once
    assert told == [0, 1, 1, 0, 1, 1, 1, 1, 0]
    letter = next(one for one in notices.latest(about=reference) if one.kind == "certificate-expiring")
    assert f"{session_pki().system('alfa-test').certificate.serial_number:X}" in letter.text


def test_a_worker_that_was_down_for_weeks_tells_one_reminder(tmp_path: Path) -> None:
    cast = make_cast(tmp_path)
    cast.to_test(cast.start())
    expires = session_pki().system("alfa-test").certificate.not_valid_after_utc
    cast.clock.moment = expires - dt.timedelta(days=5)
    assert [reminders.remind(cast.desk), reminders.remind(cast.desk)] == [1, 0]


def test_the_daily_work_reminds_of_invoices_and_renews_live_ones(tmp_path: Path) -> None:
    cast = make_cast(tmp_path)
    from msign.connections.fees import Kind

    reference = cast.start(PRIVATE, Kind.PRIVATE, rrsi="")
    cast.do(reference, Action.SUBMIT, Action.TAKE, Action.CONFIRM, Action.ISSUE_DOCUMENTS)
    cast.sign_all(reference)
    due = Invoice.objects.get().due
    cast.clock.moment = dt.datetime(due.year, due.month, due.day, 8, tzinfo=dt.UTC)
    upkeep.Upkeep(desk=cast.desk).daily(Task("desk.daily", "all", {}, 1))
    assert any(letter.kind == "invoice-due" for letter in notices.latest(about=reference))
    assert Invoice.objects.count() == 1  # nothing is live, so nothing is renewed


def test_every_letter_can_be_written_in_every_language(tmp_path: Path) -> None:
    cast = make_cast(tmp_path)
    reference = cast.start()
    case = Case.objects.select_related("organisation", "system", "created_by").get(reference=reference)
    for language in Language:
        Person.objects.update(language=language.value)
        for kind in {note.kind for note in NOTES}:
            letters.tell(cast.desk, case, kind, "Un motiv", **FACTS)
            letters.tell_people(cast.desk, case, kind, {f"{language}@operator.md": language}, "Un motiv", **FACTS)
    written = notices.latest(1000, about=reference)
    assert {letter.language for letter in written} == {"ro", "ru", "en"}
    assert {letter.kind for letter in written} == {note.kind for note in NOTES}
    for letter in written:
        assert reference in letter.subject
        assert "Un motiv" in letter.text
        assert "%(" not in letter.subject + letter.text


def test_a_recorded_certificate_is_named_by_its_serial(tmp_path: Path) -> None:
    cast = make_cast(tmp_path)
    reading = record_certificate(
        cast.desk,
        number=PUBLIC,
        system="Sistemul demonstrativ",
        service="mpass",
        environment=TEST,
        data=session_pki().system("alfa-test").der,
    )
    reference = cast.start()
    cast.do(reference, Action.SUBMIT, Action.TAKE, Action.CONFIRM)
    offered = technical.inspect_serial(cast.desk, cast.ana, reference, TEST, reading.serial)
    assert isinstance(offered, technical.Offered)
    assert any("mpass" in str(check.sentence) for check in offered.checks)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"service": "altceva"}, "no such platform service"),
        ({"number": "1010600034203"}, "knows no organisation"),
        ({"data": b"junk"}, "not a certificate"),
        ({"number": PRIVATE}, "another organisation"),
    ],
)
def test_what_cannot_be_recorded_is_refused(tmp_path: Path, changes: dict[str, object], words: str) -> None:
    cast = make_cast(tmp_path)
    facts: dict[str, object] = {
        "number": PUBLIC,
        "system": "S",
        "service": "mpass",
        "environment": TEST,
        "data": session_pki().system("alfa-test").der,
        **changes,
    }
    with pytest.raises(Refusal, match=words):
        record_certificate(cast.desk, **facts)  # type: ignore[arg-type]
