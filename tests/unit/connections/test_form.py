from __future__ import annotations

import pytest

from msign.connections.catalogue import SERVICES, TEST_CASES
from msign.connections.checklist import CaseFacts, Status, prerequisites
from msign.connections.fees import Kind
from msign.connections.form import gaps, read_identity, read_page
from msign.connections.questions import PAGES, Widget, field_named, page_named
from msign.kernel.identifiers import IdCheck
from tests.support.desk import ANSWERS

ALL = {"purpose": "new-system", "service": "msign", "kind": "public", **ANSWERS}


def read(page: str, check: IdCheck = IdCheck.CHECKSUM, **typed: str) -> tuple[dict[str, str], dict[str, str]]:
    found = page_named(page)
    assert found is not None
    result = read_page(found, typed, ALL, check)
    return result.answers, {name: str(sentence) for name, sentence in result.problems.items()}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.slug)
def test_a_complete_answer_has_no_gaps(page: object) -> None:
    assert gaps(page, ALL, IdCheck.CHECKSUM) == {}  # type: ignore[arg-type]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.slug)
def test_an_empty_page_names_each_required_field(page: object) -> None:
    found = gaps(page, {"kind": "public"}, IdCheck.CHECKSUM)  # type: ignore[arg-type]
    assert set(found) == {field.name for field in page.asked({"kind": "public"}) if field.required}  # type: ignore[attr-defined]


@pytest.mark.parametrize("typed", ["069 123 456", "+373 69 123 456", "0037369123456", "69123456", "373-69-123-456"])
def test_phone_numbers_in_usual_spellings(typed: str) -> None:
    assert read("contacts", technical_phone=typed)[0]["technical_phone"] == "+37369123456"


@pytest.mark.parametrize(
    ("page", "name", "typed", "cleaned"),
    [
        ("representative", "representative_idnp", "2000 0000 00004", "2000000000004"),
        ("purpose-of-use", "volume", "1 200", "1200"),
        ("purpose-of-use", "return_hosts", "https://Portal.Exemplu.md/x?y=1, b.md\nb.md", "portal.exemplu.md\nb.md"),
        ("system", "system_name", "  Un   sistem ", "Un sistem"),
    ],
)
def test_tolerant_input(page: str, name: str, typed: str, cleaned: str) -> None:
    answers, problems = read(page, **{name: typed})
    assert answers[name] == cleaned
    assert name not in problems


@pytest.mark.parametrize(
    ("page", "name", "typed"),
    [
        ("representative", "representative_idnp", "2000000000005"),
        ("representative", "representative_email", "a@b"),
        ("contacts", "contact_mailbox", "it@exemplu.md, altul@exemplu.md"),
        ("contacts", "technical_phone", "12"),
        ("purpose-of-use", "volume", "multe"),
        ("purpose-of-use", "content_types", "totul"),
        ("purpose-of-use", "return_hosts", "javascript:alert(1)"),
        ("purpose-of-use", "return_hosts", "https://[portal"),
        ("purpose-of-use", "return_hosts", "a\u2100b.md"),
        ("system", "system_name", "x" * 251),
    ],
)
def test_what_is_wrong_keeps_what_was_typed(page: str, name: str, typed: str) -> None:
    answers, problems = read(page, **{name: typed})
    assert answers[name] == typed
    assert problems[name]


def test_private_parties_are_not_asked_for_the_rrsi() -> None:
    page = page_named("system")
    assert page is not None
    assert "rrsi" not in {field.name for field in page.asked({"kind": Kind.PRIVATE})}
    assert "rrsi" in {field.name for field in page.asked({"kind": Kind.PUBLIC})}


@pytest.mark.parametrize(
    ("kind", "typed", "good"),
    [
        (Kind.PUBLIC, "1010600034203", True),
        (Kind.PUBLIC, " 1010 6000 34203 ", True),
        (Kind.PUBLIC, "1010600034204", False),
        (Kind.PUBLIC, "2000000000004", False),
        (Kind.PERSON, "2000000000004", True),
        (Kind.PERSON, "1010600034203", False),
    ],
)
def test_identity_numbers_strictly(kind: Kind, typed: str, good: bool) -> None:
    assert isinstance(read_identity(kind, typed, IdCheck.STRICT), str) is good


def test_names_are_unique_and_choices_have_words() -> None:
    names = [field.name for page in PAGES for field in page.fields]
    assert len(names) == len(set(names))
    for name in names:
        field = field_named(name)
        assert field is not None
        assert (field.widget is Widget.CHOICE) is bool(field.choices)


def test_msign_is_served_the_others_are_recorded() -> None:
    assert [service.code for service in SERVICES if service.served] == ["msign"]
    assert list(TEST_CASES) == [f"TC_FUNCT_0{number}" for number in range(1, 7)]


def statuses(**facts: object) -> dict[str, Status]:
    return {item.code: item.status for item in prerequisites(CaseFacts(**{"kind": Kind.PUBLIC, **facts}))}  # type: ignore[arg-type]


def test_the_checklist_has_the_six_of_the_seed() -> None:
    assert list(statuses()) == ["system", "rrsi", "contract", "fee", "certificate", "users"]


@pytest.mark.parametrize(
    ("code", "facts", "status"),
    [
        ("system", {"system_named": True}, Status.COMPLETED),
        ("rrsi", {"kind": Kind.PRIVATE}, Status.COMPLETED),
        ("rrsi", {"rrsi_number": "x", "rrsi_known": False}, Status.PROBLEM),
        ("rrsi", {"rrsi_number": "x", "rrsi_known": True, "rrsi_owner_matches": False}, Status.PROBLEM),
        ("rrsi", {"rrsi_number": "x", "rrsi_known": None}, Status.IN_PROGRESS),
        ("rrsi", {"rrsi_number": "x", "rrsi_known": True, "rrsi_owner_matches": True}, Status.COMPLETED),
        ("contract", {}, Status.CANNOT_START),
        ("contract", {"confirmed": True}, Status.NOT_STARTED),
        ("contract", {"documents_issued": True}, Status.IN_PROGRESS),
        ("contract", {"annex_in_force": True}, Status.COMPLETED),
        ("fee", {}, Status.COMPLETED),
        ("fee", {"fee_owed": True}, Status.CANNOT_START),
        ("fee", {"fee_owed": True, "invoice_issued": True}, Status.IN_PROGRESS),
        ("fee", {"fee_owed": True, "invoice_paid": True}, Status.COMPLETED),
        ("fee", {"fee_owed": True, "invoice_overdue": True}, Status.PROBLEM),
        ("certificate", {"confirmed": True}, Status.NOT_STARTED),
        ("certificate", {"certificate_registered": True}, Status.COMPLETED),
        ("certificate", {"certificate_problem": True}, Status.PROBLEM),
        ("users", {"users_have_signatures": True}, Status.COMPLETED),
    ],
)
def test_each_prerequisite_is_computed(code: str, facts: dict[str, object], status: Status) -> None:
    assert statuses(**facts)[code] is status
