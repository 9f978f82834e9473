"""The catalogue tool finds what the program says and refuses what is wrong."""

from __future__ import annotations

from pathlib import Path

import pytest
from tools import messages


def test_python_calls_are_found() -> None:
    source = """
_("Plain")
gettext_lazy("Joined " "text")
ngettext("%(n)d day", "%(n)d days", n)
_(variable)
other("Not this")
"""
    assert list(messages.from_python(source)) == [
        ("Plain", None),
        ("Joined text", None),
        ("%(n)d day", "%(n)d days"),
    ]


def test_template_tags_are_found_as_django_looks_them_up() -> None:
    source = (
        "{% translate 'One' %} {% trans \"Two\" as x %} {% field _('Three') %} {# {% translate 'No' %} #}"
        "{% blocktranslate with a=b.c %}Hi {{ a }}, 5%{% endblocktranslate %}"
        "{% blocktranslate trimmed count n=x %}\n  {{ n }} file\n {% plural %} {{ n }} files {% endblocktranslate %}"
    )
    assert set(messages.from_template(source)) == {
        ("One", None),
        ("Two", None),
        ("Three", None),
        ("Hi %(a)s, 5%%", None),
        ("%(n)s file", "%(n)s files"),
    }


def test_the_committed_catalogue_is_complete() -> None:
    assert list(messages._check_folder(messages.SOURCE / "locale")) == []


@pytest.fixture
def program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A program of one text, its catalogues just updated."""
    source = tmp_path / "src" / "msign"
    (source / "locale").mkdir(parents=True)
    (source / "page.py").write_text('_("Hello %(name)s.")\nngettext("%(n)d day", "%(n)d days", 2)\n', "utf-8")
    monkeypatch.setattr(messages, "ROOT", tmp_path)
    monkeypatch.setattr(messages, "SOURCE", source)
    messages.update()
    _translate(source / "locale", "ro", ["%(n)d zi", "%(n)d zile", "%(n)d de zile"], "Salut, %(name)s.")
    _translate(source / "locale", "ru", ["%(n)d день", "%(n)d дня", "%(n)d дней"], "Привет, %(name)s.")
    return source / "locale"


def _translate(folder: Path, language: str, forms: list[str], text: str, flag: str | None = None) -> None:
    path = messages.po_path(folder, language)
    catalogue = messages.read(path, language)
    catalogue.get("%(n)d day").string = tuple(forms)
    catalogue.get("Hello %(name)s.").string = text
    if flag:
        catalogue.get("Hello %(name)s.").flags.add(flag)
    messages.write(path, catalogue)


def test_a_translated_program_passes_and_compiles(program: Path) -> None:
    assert messages.check() == 0
    assert messages.compile_all() == 0
    assert messages.po_path(program, "ro").with_suffix(".mo").stat().st_size > 100
    assert messages.compile_one(messages.po_path(program, "ro"), "ro") is False


def test_updating_again_changes_nothing(program: Path) -> None:
    before = messages.po_path(program, "ru").read_bytes()
    messages.update()
    assert messages.po_path(program, "ru").read_bytes() == before


@pytest.mark.parametrize(
    ("forms", "text", "flag", "complaint"),
    [
        (["%(n)d zi", "%(n)d zile", ""], "Salut, %(name)s.", None, "not translated"),
        (["%(n)d zi", "%(n)d zile", "%(n)d de zile"], "", None, "not translated"),
        (["%(n)d zi", "%(n)d zile", "%(n)d de zile"], "Salut, %(nume)s.", None, "placeholders"),
        (["%(n)d zi", "%(n)d zile", "%(n)d de zile"], "Bun\u0103 \u015fi %(name)s.", None, "cedilla"),
        (["%(n)d zi", "%(n)d zile", "%(n)d de zile"], 'Salut "drag\u0103" %(name)s.', None, "quotation"),
        (["%(n)d zi", "%(n)d zile", "%(n)d de zile"], "Salut, %(name)s", None, "ends differently"),
        (["%(n)d zi", "%(n)d zile", "%(n)d de zile"], "Salut, %(name)s.", "fuzzy", "fuzzy"),
    ],
)
def test_each_defect_is_named(
    program: Path, capsys: pytest.CaptureFixture[str], forms: list[str], text: str, flag: str | None, complaint: str
) -> None:
    _translate(program, "ro", forms, text, flag)
    assert messages.check() == 1
    assert complaint in capsys.readouterr().out


def test_a_stale_catalogue_is_named_both_ways(program: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (program.parent / "page.py").write_text('_("Goodbye")\n', "utf-8")
    assert messages.check() == 1
    printed = capsys.readouterr().out
    assert "not in the catalogue" in printed
    assert "no longer used" in printed
