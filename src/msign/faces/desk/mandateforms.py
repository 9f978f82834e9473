"""The forms of the page of mandates; what a mandate may hold is judged by the mandates room."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext, gettext_lazy

from msign.faces.desk.forms import PlainForm
from msign.kernel.errors import MSignError
from msign.kernel.identifiers import IdCheck
from msign.kernel.words import DelegatorType
from msign.mandates.csvfile import mandate_of
from msign.mandates.values import Mandate

_DIGITS = {"inputmode": "numeric", "autocomplete": "off", "spellcheck": "false"}
_PLAIN = {"autocomplete": "off", "spellcheck": "false"}
_WRONG = {
    "number": gettext_lazy("Enter a number of at most 40 characters"),
    "delegator_id": gettext_lazy("Enter an IDNP, or the IDNO of an organisation: 13 digits"),
    "delegate_id": gettext_lazy("Enter an IDNP of 13 digits"),
    "role": gettext_lazy("Enter a whole number, or leave it empty"),
    "valid_from": gettext_lazy("Enter a day like 2026-03-31"),
    "valid_until": gettext_lazy("Enter a day like 2026-03-31, not before the first one"),
    "basis": gettext_lazy("Name the paper in at most 200 characters"),
}


class FindForm(PlainForm):
    """One search over all."""

    q = forms.CharField(label=gettext_lazy("Number, paper, IDNP or IDNO"), required=False, max_length=200)

    @property
    def text(self) -> str:
        """Return what is looked for; too long a text finds nothing, and says so."""
        return str(self.cleaned_data.get("q", "")) if self.is_valid() else str(self.data.get("q", ""))[:200]


class MandateForm(PlainForm):
    """A new mandate. ``mandate`` is the value once the form is valid."""

    delegator_type = forms.ChoiceField(
        label=gettext_lazy("Who gives the power?"),
        choices=[
            (DelegatorType.ORGANIZATION.value, gettext_lazy("An organisation")),
            (DelegatorType.PERSON.value, gettext_lazy("A person")),
        ],
        initial=DelegatorType.ORGANIZATION.value,
        widget=forms.RadioSelect,
    )
    delegator_id = forms.CharField(
        label=gettext_lazy("IDNO of the organisation, or IDNP of the person"), widget=forms.TextInput(attrs=_DIGITS)
    )
    delegate_id = forms.CharField(label=gettext_lazy("IDNP of who signs"), widget=forms.TextInput(attrs=_DIGITS))
    number = forms.CharField(
        label=gettext_lazy("Number of the mandate"),
        help_text=gettext_lazy("Under this number it is kept with every signature that leans on it"),
        widget=forms.TextInput(attrs=_PLAIN),
    )
    basis = forms.CharField(
        label=gettext_lazy("The paper it rests on"),
        help_text=gettext_lazy("For example: power of attorney no. 5 of 27 February 2026"),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    role = forms.CharField(
        label=gettext_lazy("Role"),
        help_text=gettext_lazy("A number agreed with the systems that ask for one; empty counts for every role"),
        required=False,
        widget=forms.TextInput(attrs=_DIGITS),
    )
    valid_from = forms.CharField(label=gettext_lazy("First day"), widget=forms.DateInput(attrs={"type": "date"}))
    valid_until = forms.CharField(
        label=gettext_lazy("Last day"),
        help_text=gettext_lazy("Empty: until it is ended here"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}),
    )
    mandate: Mandate

    def __init__(self, *args: Any, check: IdCheck = IdCheck.STRICT, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._check = check
        for name, words in _WRONG.items():
            self.fields[name].error_messages["required"] = words

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        if not self.errors:
            try:
                self.mandate = mandate_of({name: str(value) for name, value in cleaned.items()}, "form", self._check)
            except MSignError as error:
                name = (error.member or "").rpartition(", ")[2]
                self.add_error(
                    name if name in self.fields else None, _WRONG.get(name) or gettext("Check what you entered")
                )
        return cleaned


class EndForm(PlainForm):
    """Why a mandate ends."""

    reason = forms.CharField(
        label=gettext_lazy("Why does it end?"),
        max_length=200,
        help_text=gettext_lazy("Kept with the mandate and in the audit trail; name no persons"),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        error_messages={"required": gettext_lazy("Say why it ends")},
    )
