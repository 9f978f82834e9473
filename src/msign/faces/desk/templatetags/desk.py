"""Words of the desk for templates: ``{% load desk %}``."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping

from django import template
from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext

from msign.access.sentences import refusal
from msign.access.values import DenialReason
from msign.connections import states, suspension
from msign.connections.fees import in_lei
from msign.connections.states import Action, State
from msign.connections.suspension import Access, Flag
from msign.connections.values import CaseLine
from msign.connections.words import Sentence
from msign.faces.desk import words
from msign.frame import languages

register = template.Library()
_SYSTEM_REASONS = frozenset(suspension.NAMES.values())


@register.simple_tag
def state_tag(state: State) -> SafeString:
    """The status tag of a request."""
    return format_html('<span class="tag {}">{}</span>', words.TONES[state], gettext(states.NAMES[state]))


@register.simple_tag
def flag_tag(flag: Flag) -> SafeString:
    """The tag of a suspension."""
    return format_html('<span class="tag accent-strong">{}</span>', gettext(suspension.NAMES[flag]))


@register.simple_tag
def clock_tag(line: CaseLine) -> SafeString:
    """How the operator's promise stands: in time, nearly due, overdue."""
    if line.clock.overdue:
        tone, text = "danger", gettext("overdue")
    elif line.near:
        tone, text = "accent", gettext("nearly due")
    else:
        tone, text = "success", gettext("in time")
    return format_html('<span class="tag {}">{}</span>', tone, text)


@register.filter
def breakable(tag: str) -> SafeString:
    """A tag of the trail that may break after its colons, and nowhere else."""
    return format_html_join(mark_safe(":<wbr>"), "{}", ((part,) for part in tag.split(":")))


@register.filter
def system_reason(text: str) -> str:
    """A reason as its reader knows it: the system's own ones are translated, people's words stay."""
    return gettext(text) if text in _SYSTEM_REASONS else text


@register.filter
def state_words(state: State) -> str:
    """The name of a state."""
    return gettext(states.NAMES[state])


@register.filter
def environment_words(name: str) -> str | Promise:
    """The name of an environment."""
    return words.ENVIRONMENTS[name]


@register.filter
def access_words(access: Access) -> str | Promise:
    """How an access stands."""
    return words.ACCESS[access]


@register.simple_tag
def applied_tag(code: str) -> SafeString:
    """The tag of how a decision stands in the gateway."""
    return format_html('<span class="tag {}">{}</span>', words.APPLIED_TONES[code], words.APPLIED[code])


@register.simple_tag
def told(sentence: Sentence) -> str:
    """A sentence of the connections room in the visitor's language."""
    return words.tell(sentence)


@register.filter
def refusal_words(reason: DenialReason) -> str:
    """Why a call was not let in, as a sentence."""
    return refusal(reason, languages.current())


@register.filter
def month_words(day: dt.date) -> str:
    """March 2027, as a heading."""
    return date_format(day, "F Y").capitalize()


@register.filter
def button_words(action: Action) -> str | Promise:
    """What the button of an action says."""
    return words.BUTTONS[action]


@register.filter
def lei(bani: int) -> str:
    """15 200,00."""
    return in_lei(bani)


@register.filter
def lookup(table: Mapping[str, object], key: str) -> object:
    """The entry of a table."""
    return table.get(key, "")
