"""Components write semantic markup and tie words to controls."""

from __future__ import annotations

import datetime as dt

import pytest
from django import forms
from django.template import engines
from django.utils import translation

from msign.frame import formats
from msign.frame.components import SummaryRow, Tab, steps
from msign.kernel.languages import Language

CHOICES = [("a", "First"), ("b", "Second")]


class Example(forms.Form):
    use_required_attribute = False
    name = forms.CharField(label="Name", help_text="As in the register")
    note = forms.CharField(label="Note", required=False, widget=forms.Textarea)
    kind = forms.ChoiceField(label="Kind", choices=CHOICES, widget=forms.RadioSelect)
    agreed = forms.BooleanField(label="Agreed")
    paper = forms.FileField(label="Paper", help_text="PDF, at most 1 MB")


def write(source: str, **context: object) -> str:
    with translation.override("en"):
        return engines["django"].from_string("{% load frame %}" + source).render(context)


def test_a_field_ties_hint_and_error_to_its_control() -> None:
    form = Example({})
    html = write("{% field form.name %}", form=form)
    assert '<label for="id_name">Name</label>' in html
    assert 'aria-describedby="id_name-hint id_name-error"' in html
    assert 'aria-invalid="true"' in html
    assert 'id="id_name-hint"' in html
    assert 'id="id_name-error"' in html


def test_only_optional_fields_are_marked() -> None:
    assert "(optional)" in write("{% field form.note %}", form=Example())
    assert "(optional)" not in write("{% field form.name %}", form=Example())


def test_radio_buttons_stand_in_a_fieldset_with_a_legend() -> None:
    html = write("{% field form.kind %}", form=Example())
    assert "<fieldset" in html
    assert "<legend>Kind</legend>" in html


def test_a_file_field_is_a_drop_zone_around_a_real_input() -> None:
    html = write("{% field form.paper %}", form=Example())
    assert 'type="file"' in html
    assert "data-dropzone" in html
    assert 'aria-describedby="id_paper-hint"' in html


def test_the_summary_links_each_problem_to_its_field() -> None:
    html = write("{% error_summary form %}", form=Example({}))
    assert 'href="#id_name"' in html
    assert 'href="#id_kind_0"' in html
    assert write("{% error_summary form %}", form=Example()).strip() == ""


def test_what_is_typed_is_escaped() -> None:
    form = Example({"name": '"><script>'})
    assert "<script>" not in write("{% field form.name %}{% error_summary form %}", form=form)


def test_a_message_has_a_word_for_its_colour() -> None:
    html = write('{% message "warning" title="Care" %}<p>{{ text }}</p>{% endmessage %}', text="<b>x</b>")
    assert "Warning: " in html
    assert "&lt;b&gt;x" in html


def test_a_tracker_is_a_list_with_one_current_step() -> None:
    html = write("{% tracker steps %}", steps=steps(["One", "Two", "Three"], 1))
    assert html.count('aria-current="step"') == 1
    assert "<ol" in html
    assert "completed" in html
    assert "not completed" in html


def test_tabs_are_links() -> None:
    html = write("{% tabs tabs %}", tabs=[Tab("New", "/new", current=True, count=3), Tab("Old", "/old")])
    assert '<a href="/new" aria-current="page">' in html
    assert '<a href="/old">' in html


def test_answers_to_check_name_what_can_be_changed() -> None:
    html = write("{% summary rows %}", rows=[SummaryRow("Address", "", "/change", "the IP address")])
    assert "Not filled in" in html
    assert "the IP address" in html


@pytest.mark.parametrize(
    ("count", "language", "expected"),
    [
        (512, Language.EN, "512 bytes"),
        (48_213, Language.RO, "48 KB"),
        (20_400_000, Language.RU, "20,4 МБ"),
        (21_474_836_480, Language.RO, "21,5 GB"),
    ],
)
def test_sizes_for_people(count: int, language: Language, expected: str) -> None:
    assert formats.size(count, language).replace("\u00a0", " ") == expected


def test_moments_are_chisinau_time_in_three_languages() -> None:
    moment = dt.datetime(2026, 1, 5, 21, 30, tzinfo=dt.UTC)
    assert formats.moment(moment, Language.RO) == "5 ianuarie 2026, 23:30"
    assert formats.moment(moment, Language.RU) == "5 января 2026, 23:30"
    assert formats.moment(moment, Language.EN) == "5 January 2026, 23:30"


def test_digests_are_shown_in_fours_without_spaces_to_copy() -> None:
    assert write("{{ value|in_fours }}", value=b"\x01\x02\x03\x04") == "<span>0102</span><span>0304</span>"
