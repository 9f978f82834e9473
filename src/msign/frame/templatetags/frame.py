"""Components for templates: ``{% load frame %}``. Each writes semantic markup; none decides anything."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django import template
from django.forms import BaseForm, BoundField
from django.forms.widgets import CheckboxInput, CheckboxSelectMultiple, FileInput, RadioSelect, Select, Textarea
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.urls import NoReverseMatch, reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from msign.frame import formats, languages
from msign.frame.components import Step, SummaryRow, Tab

register = template.Library()

_ICONS = {
    "tick": "m5 12.5 4.5 4.5L19 7.5",
    "success": "M12 2.5a9.5 9.5 0 1 0 0 19 9.5 9.5 0 0 0 0-19zM7.5 12.3l3 3 6-6.3",
    "info": "M12 2.5a9.5 9.5 0 1 0 0 19 9.5 9.5 0 0 0 0-19zM12 11v6M12 7v.5",
    "warning": "M12 3 2.5 20h19zM12 9.5v5M12 17v.5",
    "error": "M12 2.5a9.5 9.5 0 1 0 0 19 9.5 9.5 0 0 0 0-19zM12 7v6M12 16.5v.5",
    "back": "m14.5 5-7 7 7 7",
    "file": "M6 2.5h8l4.5 4.5v14.5H6zM14 2.5V7h4.5",
    "phone": "M7.5 2.5h9v19h-9zM11 18.5h2",
    "card": "M2.5 5h19v14h-19zM2.5 9.5h19M6 15h4",
    "usb": "M8.5 8.5h7V20h-7zM10 8.5v-5h4v5",
    "qr": "M3.5 3.5h6v6h-6zM14.5 3.5h6v6h-6zM3.5 14.5h6v6h-6zM14.5 14.5h2v2h-2zM18.5 18.5h2v2h-2z",
    "pen": "m4 20 1.2-4.5L16.5 4.2a1.8 1.8 0 0 1 2.5 0l.8.8a1.8 1.8 0 0 1 0 2.5L8.5 18.8zM14.5 6.2l3.3 3.3",
    "shield": "M12 2.5 4 5.5v6c0 5 3.5 8.5 8 10 4.5-1.5 8-5 8-10v-6zM8.5 12l2.5 2.5 4.5-5",
    "download": "M12 3.5v12M7 11l5 5 5-5M4 20.5h16",
    "outside": "M14 4h6v6M20 4l-9 9M18 14v6H4V6h6",
}
_WORDS = {
    "info": gettext_lazy("Information"),
    "success": gettext_lazy("Success"),
    "warning": gettext_lazy("Warning"),
    "error": gettext_lazy("Error"),
}
_MENU = {
    "sign-own": gettext_lazy("Sign a document"),
    "verify": gettext_lazy("Verify a signature"),
    "desk": gettext_lazy("Connect an information system"),
}


@register.simple_tag
def icon(name: str, size: str = "") -> SafeString:
    """A line icon; always decoration, words stand beside it."""
    return format_html(
        '<svg class="icon {}" viewBox="0 0 24 24" width="24" height="24" fill="none" stroke="currentColor" '
        'stroke-width="2" stroke-linecap="round" stroke-linejoin="round" aria-hidden="true" focusable="false">'
        '<path d="{}"/></svg>',
        size,
        _ICONS[name],
    )


@register.simple_tag
def page_url(name: str, *arguments: object) -> str:
    """Return the address of a page that this installation may lack; the home address then."""
    try:
        return reverse(name, args=arguments)
    except NoReverseMatch:
        return "/"


@register.simple_tag(takes_context=True)
def menu_item(context: template.Context, name: str) -> SafeString:
    """One entry of the main menu, marked when it is the present page."""
    request: HttpRequest | None = context.get("request")
    try:
        url = reverse(name)
    except NoReverseMatch:
        return SafeString("")
    here = request is not None and request.path.startswith(url)
    marked = '<li><a href="{}" aria-current="page">{}</a></li>' if here else '<li><a href="{}">{}</a></li>'
    return format_html(marked, url, _MENU[name])


@register.simple_tag
def footer_item(name: str) -> SafeString:
    """One link of the footer; nothing where the page is absent."""
    try:
        return format_html('<li><a href="{}">{}</a></li>', reverse(name), _MENU[name])
    except NoReverseMatch:
        return SafeString("")


@register.simple_tag
def field(bound: BoundField, kind: str = "", **attributes: str) -> SafeString:
    """A form field with label, hint and error, tied together. ``kind`` adds a class such as ``short``."""
    widget = bound.field.widget
    context = _field_context(bound)
    rendered = bound.as_widget(attrs={**_widget_attributes(bound, context, kind), **_dashed(attributes)})
    file_name = "field"
    if isinstance(widget, FileInput):
        file_name = "file"
    elif isinstance(widget, CheckboxInput):
        file_name = "check"
    return render_to_string(
        f"frame/{file_name}.html", {**context, "widget": rendered, "several": "multiple" in widget.attrs}
    )


def _dashed(attributes: dict[str, str]) -> dict[str, str]:
    return {name.replace("_", "-"): value for name, value in attributes.items()}


def _field_context(bound: BoundField) -> dict[str, Any]:
    errors = list(bound.errors)
    named = [f"{bound.id_for_label or bound.auto_id}-hint"] if bound.help_text else []
    ident = bound.auto_id if isinstance(bound.field.widget, RadioSelect | CheckboxSelectMultiple) else ""
    ident = ident or bound.id_for_label or bound.auto_id
    named += [f"{ident}-error" + (f"-{at}" if at > 1 else "") for at in range(1, len(errors) + 1)]
    return {
        "id": ident,
        "label": bound.label,
        "hint": bound.help_text,
        "errors": errors,
        "group": isinstance(bound.field.widget, RadioSelect | CheckboxSelectMultiple),
        "optional": "" if bound.field.required or isinstance(bound.field.widget, CheckboxInput) else _("(optional)"),
        "described": " ".join(named),
        "icon": icon("error", "small"),
    }


def _widget_attributes(bound: BoundField, context: dict[str, Any], kind: str) -> dict[str, str]:
    widget = bound.field.widget
    attributes = {}
    if context["described"] and not context["group"]:
        attributes["aria-describedby"] = context["described"]
    if context["errors"]:
        attributes["aria-invalid"] = "true"
    if isinstance(widget, Textarea):
        attributes["class"] = f"textarea {kind}".strip()
    elif isinstance(widget, Select):
        attributes["class"] = f"select {kind}".strip()
    elif not isinstance(widget, CheckboxInput | FileInput | RadioSelect | CheckboxSelectMultiple):
        attributes["class"] = f"input {kind}".strip()
    return attributes


@register.inclusion_tag("frame/error_summary.html")
def error_summary(*forms: BaseForm) -> dict[str, Any]:
    """What is wrong, first thing in ``main``; each line leads to its field."""
    return {"items": [item for form in forms for item in _problems(form)]}


def _problems(form: BaseForm) -> list[dict[str, str]]:
    found = [{"id": "", "text": str(text)} for text in form.non_field_errors()]
    for bound in form:
        ident = bound.id_for_label or bound.auto_id
        if isinstance(bound.field.widget, RadioSelect | CheckboxSelectMultiple):
            ident = f"{bound.auto_id}_0"
        found += [{"id": ident, "text": str(text)} for text in bound.errors]
    return found


@register.simple_block_tag
def message(content: str, kind: str = "info", title: str = "", role: str = "") -> str:
    """A box that stays: ``{% message "warning" title=… %}…{% endmessage %}``."""
    words = {"kind": kind, "title": title, "role": role, "content": content, "word": _WORDS[kind]}
    return render_to_string("frame/message.html", words)


@register.simple_tag
def tag(text: str, tone: str = "") -> SafeString:
    """A status tag; tones are classes: brand, accent, success, danger, muted and their strong or outlined forms."""
    return format_html('<span class="tag {}">{}</span>', tone, text)


@register.inclusion_tag("frame/tracker.html")
def tracker(steps: list[Step], label: str = "") -> dict[str, Any]:
    """A progress tracker: an ordered list with the current step marked."""
    return {"steps": steps, "label": label}


@register.inclusion_tag("frame/tabs.html")
def tabs(tabs: list[Tab], label: str = "") -> dict[str, Any]:
    """Tabs are plain links."""
    return {"tabs": tabs, "label": label}


@register.inclusion_tag("frame/summary.html")
def summary(rows: list[SummaryRow]) -> dict[str, Any]:
    """Answers to check, each with its own way back."""
    return {"rows": rows}


@register.simple_tag
def back_link(url: str, text: str = "") -> SafeString:
    """The link above ``h1``."""
    return format_html('<a class="back" href="{}">{}{}</a>', url, icon("back", "small"), text or _("Back"))


@register.filter
def moment(value: dt.datetime | None) -> str:
    """12 octombrie 2026, 14:05."""
    return formats.moment(value, languages.current()) if value else ""


@register.filter
def day(value: dt.datetime | dt.date | None) -> str:
    """12 octombrie 2026."""
    return formats.day(value, languages.current()) if value else ""


@register.filter
def short_day(value: dt.datetime | dt.date | None) -> str:
    """12.10.2026."""
    return formats.short_day(value) if value else ""


@register.filter
def filesize(value: int) -> str:
    """1,2 MB."""
    return formats.size(value, languages.current())


@register.filter
def in_fours(value: bytes | None) -> SafeString:
    """Groups of four that copy as one word: the gaps are style, not characters."""
    groups = formats.in_fours(value) if value else []
    return format_html_join("", "<span>{}</span>", ((group,) for group in groups))


@register.filter
def masked(identifier: str) -> str:
    """A personal number of which only the end can be read."""
    return formats.masked(identifier)
