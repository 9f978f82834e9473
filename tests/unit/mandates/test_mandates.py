"""Powers to sign for another: which counts when, how they come in, how they end, what the trail keeps."""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from msign.audit import queries as trail
from msign.kernel.clock import FixedClock
from msign.kernel.errors import Code, MSignError
from msign.kernel.identifiers import IdCheck
from msign.kernel.words import DelegatorType
from msign.mandates import csvfile, services
from msign.mandates.queries import LocalRegister, mandates
from msign.mandates.values import Mandate, MandateFound, MandateQuestion, NoMandate, WhyNot
from msign.ops import mandates as commands

ION, MARIA, IDNO = "2000000000004", "2000000000015", "1000000000007"
NOW = FixedClock().now()
DAY = dt.timedelta(days=1)
MANDATE = Mandate("M-1", DelegatorType.ORGANIZATION, IDNO, ION, "Procura nr. 5", NOW - DAY, NOW + DAY)
QUESTION = MandateQuestion(DelegatorType.ORGANIZATION, IDNO, ION, 0, NOW)
HEAD = "number,delegator_type,delegator_id,delegate_id,role,valid_from,valid_until,basis"


def _ask(*known: Mandate, **changes: object) -> MandateFound | NoMandate:
    services.add(known, at=NOW, actor="test")
    return LocalRegister(clock=FixedClock()).ask(replace(QUESTION, **changes))  # type: ignore[arg-type]


@pytest.mark.django_db
def test_a_mandate_that_counts_is_evidence() -> None:
    assert _ask(MANDATE) == MandateFound("local", "M-1", "Procura nr. 5", NOW, NOW + DAY)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("mandate", "why"),
    [
        (replace(MANDATE, delegate_id=MARIA), WhyNot.NONE),
        (replace(MANDATE, delegator_id="1010600034203"), WhyNot.NONE),
        (replace(MANDATE, delegator_type=DelegatorType.PERSON), WhyNot.NONE),
        (replace(MANDATE, valid_from=NOW + DAY / 2), WhyNot.NOT_YET_VALID),
        (replace(MANDATE, valid_until=NOW), WhyNot.EXPIRED),
        (replace(MANDATE, revoked_at=NOW), WhyNot.REVOKED),
    ],
)
def test_a_mandate_that_does_not_count_says_why(mandate: Mandate, why: WhyNot) -> None:
    assert _ask(mandate) == NoMandate(why)


@pytest.mark.django_db
@pytest.mark.parametrize(("held", "asked", "counts"), [(0, 7, True), (7, 0, True), (7, 7, True), (7, 8, False)])
def test_roles(held: int, asked: int, counts: bool) -> None:
    assert isinstance(_ask(replace(MANDATE, role=held), role=asked), MandateFound) is counts


@pytest.mark.django_db
def test_what_was_revoked_later_counted_when_it_was_signed() -> None:
    services.add([MANDATE], at=NOW, actor="test")
    services.revoke("M-1", why="Retrasă", at=NOW + DAY / 2, actor="test")
    register = LocalRegister(clock=FixedClock())
    assert isinstance(register.ask(QUESTION), MandateFound)
    assert register.ask(replace(QUESTION, at=NOW + DAY / 2)) == NoMandate(WhyNot.REVOKED)


@pytest.mark.django_db
def test_a_newer_mandate_counts_where_an_older_one_has_ended() -> None:
    old = replace(MANDATE, number="M-0", valid_from=NOW - 9 * DAY, valid_until=NOW - DAY)
    assert isinstance(_ask(old, MANDATE), MandateFound)


@pytest.mark.django_db
def test_mandates_are_never_rewritten_and_revoked_once() -> None:
    assert services.add([MANDATE], at=NOW, actor="test") == 1
    assert services.add([MANDATE], at=NOW, actor="test") == 0
    with pytest.raises(MSignError, match="other content") as caught:
        services.add([replace(MANDATE, number="M-2"), replace(MANDATE, delegate_id=MARIA)], at=NOW, actor="test")
    assert caught.value.code is Code.CONFLICT
    assert [one.number for one in mandates()] == ["M-1"]  # all or none
    services.revoke("M-1", why="Retrasă", at=NOW, actor="test")
    for number, code in (("M-1", Code.CONFLICT), ("M-9", Code.REQUEST_NOT_FOUND)):
        with pytest.raises(MSignError) as caught:
            services.revoke(number, why="Retrasă", at=NOW, actor="test")
        assert caught.value.code is code


@pytest.mark.django_db
def test_the_trail_names_no_person() -> None:
    services.add([MANDATE], at=NOW, actor="command")
    services.revoke("M-1", why="Retrasă", at=NOW, actor="command")
    found = list(trail.events(subject="mandate:M-1"))
    assert [event.tag for event in found] == ["mandates:mandate:added", "mandates:mandate:revoked"]
    assert ION not in str(found)
    assert IDNO in str(found[0].facts)


def test_a_file_is_read_with_days_as_a_whole() -> None:
    [one] = csvfile.read([HEAD, f"M-1,Organization,{IDNO},{ION},,2026-03-01,2026-03-31,Procura nr. 5"], IdCheck.STRICT)
    assert one.valid_from.isoformat() == "2026-02-28T22:00:00+00:00"
    assert one.valid_until is not None
    assert one.valid_until.isoformat() == "2026-03-31T21:00:00+00:00"  # summer time has begun meanwhile
    assert one.role == 0


@pytest.mark.parametrize(
    ("line", "member"),
    [
        (f",Organization,{IDNO},{ION},0,2026-03-01,,x", "line 2, number"),
        (f"M,None,{IDNO},{ION},0,2026-03-01,,x", "line 2, delegator_type"),
        (f"M,Person,{IDNO},{ION},0,2026-03-01,,x", "line 2, delegator_id"),
        (f"M,Organization,{IDNO},{IDNO},0,2026-03-01,,x", "line 2, delegate_id"),
        (f"M,Organization,{IDNO},{ION},-1,2026-03-01,,x", "line 2, role"),
        (f"M,Organization,{IDNO},{ION},0,01.03.2026,,x", "line 2, valid_from"),
        (f"M,Organization,{IDNO},{ION},0,2026-03-01T10:00,,x", "line 2, valid_from"),
        (f"M,Organization,{IDNO},{ION},0,2026-03-02,2026-03-01,x", "line 2, valid_until"),
        (f"M,Organization,{IDNO},{ION},0,2026-03-01,9999-12-31,x", "line 2, valid_until"),
        (f"M,Organization,{IDNO},{ION},0,0001-01-01,,x", "line 2, valid_from"),
        (f"M,Organization,{IDNO},{ION},0,2026-03-01,,", "line 2, basis"),
    ],
)
def test_a_wrong_line_is_named(line: str, member: str) -> None:
    with pytest.raises(MSignError) as caught:
        csvfile.read([HEAD, line], IdCheck.STRICT)
    assert caught.value.member == member


def test_missing_columns_are_named() -> None:
    with pytest.raises(MSignError, match="basis"):
        csvfile.read(["number,delegator_type,delegator_id,delegate_id,valid_from"], IdCheck.STRICT)


def _run(*arguments: str) -> Result:
    return CliRunner().invoke(commands.mandates, list(arguments))


@pytest.mark.django_db
def test_import_list_and_revoke_by_command(tmp_path: Path) -> None:
    file = tmp_path / "mandates.csv"
    file.write_text(f"\ufeff{HEAD}\nM-1,Organization,{IDNO},{ION},0,2026-03-01,,Procura nr. 5\n", "utf-8")
    assert _run("import", str(file)).output.strip() == "1 new, 0 known already"
    assert _run("import", str(file)).output.strip() == "0 new, 1 known already"
    assert _run("revoke", "M-1", "--reason", "Retrasă").exit_code == 0
    [listed] = json.loads(_run("list", "--json", "--delegator", IDNO).output)
    assert (listed["number"], listed["revoked_why"]) == ("M-1", "Retrasă")
    assert "revoked" in _run("list").output
    assert "revoked already" in _run("revoke", "M-1", "--reason", "x").output
