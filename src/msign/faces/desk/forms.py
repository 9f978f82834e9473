"""Django forms made from the desk's own data; rules stay in the connections room."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import forms
from django.forms.utils import ErrorDict
from django.utils.translation import gettext, gettext_lazy

from msign.connections.catalogue import PURPOSES
from msign.connections.questions import KINDS, Field, Page, Widget
from msign.connections.roles import TEAM_NAMES, TeamRole
from msign.connections.words import Sentence
from msign.faces.desk.words import tell

MAX_UPLOAD = 20 * 1024 * 1024


class PlainForm(forms.Form):
    """A form without the browser's own validation bubbles; errors are added by the view, in our words."""

    use_required_attribute = False

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("label_suffix", "")
        super().__init__(*args, **kwargs)


class UnjudgedForm(PlainForm):
    """A form that only carries what was typed; the connections room judges it and the view adds what is wrong."""

    def full_clean(self) -> None:
        self._errors = ErrorDict()
        self.cleaned_data = {}

    def blame(self, problems: Mapping[str, Sentence | str]) -> None:
        """Add problems to their fields; those of no field to the form."""
        for name, problem in problems.items():
            text = tell(problem) if isinstance(problem, Sentence) else problem
            self.add_error(name if name in self.fields else None, text)


class QuestionForm(UnjudgedForm):
    """One page of the unified form."""

    def __init__(self, page: Page, answers: Mapping[str, str], **kwargs: Any) -> None:
        super().__init__(initial=dict(answers), **kwargs)
        for field in page.asked({**answers, **dict(kwargs.get("data") or {})}):
            self.fields[field.name] = _django_field(field)


def _django_field(field: Field) -> forms.Field:
    label, hint = gettext(field.label), gettext(field.hint) if field.hint else ""
    if field.widget is Widget.CHOICE:
        choices = [(value, gettext(name)) for value, name in field.choices]
        return forms.ChoiceField(
            label=label, help_text=hint, required=field.required, choices=choices, widget=forms.RadioSelect
        )
    widget = forms.Textarea(attrs={"rows": 4}) if field.widget is Widget.TEXT else forms.TextInput(attrs=_attrs(field))
    return forms.CharField(label=label, help_text=hint, required=field.required, widget=widget)


def _attrs(field: Field) -> dict[str, str]:
    modes = {Widget.DIGITS: "numeric", Widget.EMAIL: "email", Widget.PHONE: "tel"}
    attrs = {"autocomplete": field.autocomplete}
    if field.widget in modes:
        attrs["inputmode"] = modes[field.widget]
    return attrs


class SignInForm(PlainForm):
    """E-mail and name; the name is asked once, on first use."""

    email = forms.EmailField(
        label=gettext_lazy("E-mail address"),
        max_length=254,
        widget=forms.TextInput(attrs={"autocomplete": "email", "inputmode": "email"}),
        error_messages={
            "required": gettext_lazy("Enter your e-mail address"),
            "invalid": gettext_lazy("Enter an e-mail address like nume@institutie.md"),
        },
    )
    name = forms.CharField(
        label=gettext_lazy("Full name"),
        required=False,
        max_length=250,
        help_text=gettext_lazy("Needed the first time only"),
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
    )


class StartForm(PlainForm):
    """The first questions: what for, what kind of organisation, which number."""

    purpose = forms.ChoiceField(
        label=gettext_lazy("What do you want to do?"),
        widget=forms.RadioSelect,
        error_messages={"required": gettext_lazy("Choose what you want to do")},
    )
    kind = forms.ChoiceField(
        label=gettext_lazy("Who owns the information system?"),
        widget=forms.RadioSelect,
        error_messages={"required": gettext_lazy("Choose who owns the information system")},
    )
    number = forms.CharField(
        label=gettext_lazy("IDNO of the organisation, or IDNP of a natural person"),
        help_text=gettext_lazy("13 digits. Name and address come from the register"),
        max_length=40,
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
        error_messages={"required": gettext_lazy("Enter the 13 digits of the number")},
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        purposes = [(value.value, gettext(names[0])) for value, names in PURPOSES.items()]
        self.fields["purpose"].choices = purposes  # type: ignore[attr-defined]
        self.fields["kind"].choices = [(value, gettext(name)) for value, name in KINDS]  # type: ignore[attr-defined]


class CertificateForm(UnjudgedForm):
    """A file, or the serial number of a certificate in use."""

    file = forms.FileField(
        label=gettext_lazy("Certificate file (.cer)"),
        help_text=gettext_lazy("DER or PEM, at most 64 KiB. Never send a private key or a .pfx file"),
    )
    serial = forms.CharField(
        label=gettext_lazy("Or its serial number, if this system uses it already"),
        max_length=120,
        help_text=gettext_lazy("With or without colons, spaces and 0x"),
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )


class RotationForm(UnjudgedForm):
    """The file of a new certificate."""

    file = forms.FileField(
        label=gettext_lazy("Certificate file (.cer)"),
        help_text=gettext_lazy("DER or PEM, at most 64 KiB. Never send a private key or a .pfx file"),
    )


class ExplainForm(UnjudgedForm):
    """A call as somebody tells of it."""

    serial = forms.CharField(
        label=gettext_lazy("Serial number of the certificate"),
        max_length=200,
        help_text=gettext_lazy("With or without colons, spaces and 0x"),
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )
    address = forms.CharField(
        label=gettext_lazy("Address that the call comes from"),
        max_length=64,
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )
    environment = forms.ChoiceField(
        label=gettext_lazy("Environment"),
        choices=[("test", gettext_lazy("Test")), ("production", gettext_lazy("Production"))],
        initial="test",
        widget=forms.RadioSelect,
    )


class AddressesForm(UnjudgedForm):
    """Addresses, one a line."""

    addresses = forms.CharField(
        label=gettext_lazy("Addresses or networks, one a line"),
        max_length=4000,
        help_text=gettext_lazy("IPv4 or IPv6, like 185.108.180.10 or 185.108.180.8/29"),
        widget=forms.Textarea(attrs={"rows": 6, "spellcheck": "false", "autocomplete": "off"}),
    )
    vpn = forms.BooleanField(
        required=False,
        label=gettext_lazy("The operator's VPN assigned these addresses"),
    )


class CopyForm(UnjudgedForm):
    """A copy signed somewhere else."""

    copy = forms.FileField(
        label=gettext_lazy("Signed copy (PDF)"),
        help_text=gettext_lazy("At most 20 MB. The file as downloaded, with one electronic signature added"),
    )


class NoteForm(UnjudgedForm):
    """A sentence or two."""

    text = forms.CharField(
        label=gettext_lazy("Your words"),
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 3}),
    )


class MemberForm(PlainForm):
    """A person of the team."""

    email = forms.EmailField(
        label=gettext_lazy("E-mail address"),
        widget=forms.TextInput(attrs={"autocomplete": "off", "inputmode": "email"}),
        error_messages={
            "required": gettext_lazy("Enter an e-mail address"),
            "invalid": gettext_lazy("Enter an e-mail address like nume@institutie.md"),
        },
    )
    name = forms.CharField(label=gettext_lazy("Full name"), required=False, max_length=250)
    roles = forms.MultipleChoiceField(
        label=gettext_lazy("Roles"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=gettext_lazy("No role removes the person from the team"),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        roles = [(role.value, gettext(TEAM_NAMES[role])) for role in TeamRole]
        self.fields["roles"].choices = roles  # type: ignore[attr-defined]


class AppointForm(PlainForm):
    """A new administrator for a team that has lost its own."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **{"auto_id": "appoint_%s", **kwargs})

    email = forms.EmailField(
        label=gettext_lazy("E-mail address of the new administrator"),
        max_length=254,
        widget=forms.TextInput(attrs={"autocomplete": "off", "inputmode": "email"}),
        error_messages={
            "required": gettext_lazy("Enter the e-mail address of the new administrator"),
            "invalid": gettext_lazy("Enter an e-mail address like nume@institutie.md"),
        },
    )
    name = forms.CharField(
        label=gettext_lazy("Full name"),
        max_length=250,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        error_messages={"required": gettext_lazy("Enter the full name")},
    )
    reason = forms.CharField(
        label=gettext_lazy("How the organisation proved it"),
        max_length=2000,
        help_text=gettext_lazy("For example the number and date of its letter. Everybody of the team reads it"),
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={"required": gettext_lazy("Write how the organisation proved who its administrator is")},
    )


class EndContractForm(PlainForm):
    """The last day of a contract."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **{"auto_id": "end_%s", **kwargs})

    last_day = forms.DateField(
        label=gettext_lazy("Last day of the contract"),
        help_text=gettext_lazy("On the next day every connection of the organisation is suspended"),
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        input_formats=["%Y-%m-%d", "%d.%m.%Y"],
        error_messages={
            "required": gettext_lazy("Enter the last day of the contract"),
            "invalid": gettext_lazy("Enter a day like 31.12.2026"),
        },
    )
    reason = forms.CharField(
        label=gettext_lazy("Reason, read by the other side"),
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={"required": gettext_lazy("Give a reason; the other side reads it.")},
    )
