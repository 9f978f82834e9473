"""Each setting of the desk does what it says: read through the same wiring as a process."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest
from click.testing import CliRunner

from msign.config import desk
from msign.config.options import Options, load
from msign.config.wiring import build
from msign.connections.certificates import ReuseScope
from msign.connections.ports import DeskPolicy
from msign.kernel.errors import Code, MSignError


def options(tmp_path: Path, **variables: str) -> Options:
    named = {f"MSIGN_{name.upper()}": text for name, text in variables.items()}
    return load({"MSIGN_DATA": str(tmp_path), **named})


def policy(tmp_path: Path, **variables: str) -> DeskPolicy:
    return build(options(tmp_path, **variables)).desk.policy


def refused(tmp_path: Path, **variables: str) -> str:
    with pytest.raises(MSignError) as caught:
        desk.check_ready(options(tmp_path, **variables))
    assert caught.value.code is Code.MISCONFIGURED
    return f"{caught.value.member}: {caught.value.message}"


def test_the_defaults_are_those_of_the_published_process(tmp_path: Path) -> None:
    found = policy(tmp_path)
    assert found.operator_confirmation
    assert found.required_tests == tuple(f"TC_FUNCT_0{number}" for number in range(1, 7))
    assert found.certificates.reuse_scope is ReuseScope.SYSTEM
    assert found.certificates.max_lifetime_days is None
    assert found.certificates.min_rsa_bits == 2048
    assert not found.certificates.accept_unknown_revocation
    assert (found.review_days, found.connection_days) == (10, 7)


def test_certificates_and_going_live(tmp_path: Path) -> None:
    found = policy(
        tmp_path,
        certificate__reuse_scope="organisation",
        certificate__max_lifetime_days="730",
        certificate__min_rsa_bits="3072",
        certificate__organisation_required="true",
        certificate__revocation_unknown="accept",
        golive__operator_confirmation="false",
        golive__required_tests="TC_FUNCT_01, TC_FUNCT_05",
    )
    assert found.certificates.reuse_scope is ReuseScope.ORGANISATION
    assert found.certificates.max_lifetime_days == 730
    assert found.certificates.min_rsa_bits == 3072
    assert found.certificates.organisation_required
    assert found.certificates.accept_unknown_revocation
    assert not found.operator_confirmation
    assert found.required_tests == ("TC_FUNCT_01", "TC_FUNCT_05")


def test_a_test_case_that_does_not_exist_is_named(tmp_path: Path) -> None:
    assert "TC_FUNCT_09" in refused(tmp_path, golive__required_tests="TC_FUNCT_01,TC_FUNCT_09")


def test_moved_days_come_from_a_file(tmp_path: Path) -> None:
    file = tmp_path / "days.toml"
    file.write_text("moved_free = [2026-01-02]\nmoved_working = [2026-01-10]\n")
    calendar = policy(tmp_path, sla__holidays=str(file)).calendar
    assert not calendar.is_working(dt.date(2026, 1, 2))  # a Friday
    assert calendar.is_working(dt.date(2026, 1, 10))  # a Saturday
    assert policy(tmp_path).calendar.is_working(dt.date(2026, 1, 2))


@pytest.mark.parametrize(
    "text", ["moved_free = 3", 'moved_free = ["2026-01-02"]', "moved = []", "[", "moved_free = [2026-01-02T10:00:00]"]
)
def test_a_wrong_file_of_days_is_named(tmp_path: Path, text: str) -> None:
    file = tmp_path / "days.toml"
    file.write_text(text)
    assert refused(tmp_path, sla__holidays=str(file)).startswith("sla.holidays: days.toml")
    assert "absent.toml" in refused(tmp_path, sla__holidays=str(tmp_path / "absent.toml"))


def test_own_texts_replace_ours_one_by_one(tmp_path: Path) -> None:
    folder = tmp_path / "texts"
    folder.mkdir()
    (folder / "invoice.toml").write_text(
        'version = "f-2"\ntitle = "Cont {number}: {amount}"\nunder = "{party_name}"\n'
        '[[sections]]\nheading = "Plata"\nparagraphs = ["până la {due}"]\n'
    )
    texts = policy(tmp_path, documents__templates=str(folder)).texts
    assert texts.version("invoice") == "f-2"
    assert texts.version("annex") == "annex-msign-ro-1"


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ('title = "x"', "invoice.toml"),
        ('version="1"\ntitle = "{nobody}"\nunder=""\nsections=[]', "nobody"),
        ('version="1"\ntitle = "{number.__class__}"\nunder=""\nsections=3', "invoice.toml"),
        ('version="1"\ntitle = "x', "invoice.toml"),
    ],
)
def test_a_wrong_text_is_named_at_the_start(tmp_path: Path, text: str, named: str) -> None:
    folder = tmp_path / "texts"
    folder.mkdir()
    (folder / "invoice.toml").write_text(text)
    told = refused(tmp_path, documents__templates=str(folder))
    assert told.startswith("documents.templates: ")
    assert named in told
    assert "does not exist" in refused(tmp_path, documents__templates=str(tmp_path / "absent"))


def test_outside_a_sandbox_the_desk_needs_its_own_certificate(tmp_path: Path) -> None:
    assert refused(tmp_path, sandbox="false").startswith("desk.gateway_certificate: needed outside a sandbox")
    certificate, key = tmp_path / "desk.pem", tmp_path / "desk.key"
    certificate.write_text("x")
    named = {"desk__gateway_certificate": str(certificate), "desk__gateway_key": str(key)}
    assert "desk.key does not exist" in refused(tmp_path, sandbox="false", **named)
    key.write_text("x")
    desk.check_ready(options(tmp_path, sandbox="false", **named))
    desk.check_ready(options(tmp_path))


def test_without_one_nobody_signs_with_what_a_former_sandbox_left(tmp_path: Path) -> None:
    gateway = build(options(tmp_path, sandbox="false")).desk.gateway
    with pytest.raises(MSignError, match="are not set"):
        gateway.post(document=b"", name="", description="", expected_person="", correlation_id="")


def test_the_web_listener_and_the_worker_say_so_and_stop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from msign.ops.serve import serve, worker

    monkeypatch.setenv("MSIGN_DATA", str(tmp_path))
    monkeypatch.setenv("MSIGN_SANDBOX", "false")
    for command, arguments in ((serve, ["web"]), (worker, [])):
        result = CliRunner().invoke(command, arguments)
        assert result.exit_code == 1
        assert "desk.gateway_certificate" in result.output


def test_revocation_is_asked_anew_each_time_access_is_opened(tmp_path: Path) -> None:
    source = build(options(tmp_path)).revocation
    assert {one.cached.cache.max_entries for one in source.sources} == {0}  # type: ignore[attr-defined]


def test_papers_name_the_operator_as_the_settings_do(tmp_path: Path) -> None:
    named = {
        "documents__operator_idno": "1010600000073",
        "documents__operator_address": "str. Nouă 1",
        "documents__operator_represented_by": "Ion Director",
        "documents__operator_bank": "MD24AG000000022500000000",
        "site__operator": "Agenția",
    }
    chosen = policy(tmp_path, **named).operator
    assert (chosen.name, chosen.number, chosen.address) == ("Agenția", "1010600000073", "str. Nouă 1")
    assert (chosen.represented_by, chosen.bank) == ("Ion Director", "MD24AG000000022500000000")
    assert policy(tmp_path).operator.represented_by == "directorul"


def test_the_term_of_contracts_and_the_believed_register_are_settings(tmp_path: Path) -> None:
    chosen = policy(
        tmp_path, documents__contract_months="36", desk__register_missing_few="2", desk__register_missing_percent="10"
    )
    assert (chosen.term.months, chosen.register_few, chosen.register_share) == (36, 2, 0.1)
    assert "1200 months" in refused(tmp_path, documents__contract_months="1201")
