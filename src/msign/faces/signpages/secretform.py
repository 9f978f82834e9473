"""A PIN, a password or a one-time code, where a remote signing service wants it from us. Nothing typed is kept."""

from __future__ import annotations

from collections.abc import Mapping

from django import forms
from django.utils.translation import gettext_lazy

from msign.providers.base import Prompt, SecretInput, SecretKind

_LABELS = {
    SecretKind.PIN: gettext_lazy("PIN of your remote signature"),
    SecretKind.OTP: gettext_lazy("One-time code"),
    SecretKind.PASSWORD: gettext_lazy("Password of your remote signature"),
}
_MISSING = {
    SecretKind.PIN: gettext_lazy("Enter the PIN of your remote signature"),
    SecretKind.OTP: gettext_lazy("Enter the one-time code that you received"),
    SecretKind.PASSWORD: gettext_lazy("Enter the password of your remote signature"),
}


class SecretForm(forms.Form):
    """One field for each thing that the service asks for; values are never rendered back."""

    use_required_attribute = False

    def __init__(self, data: Mapping[str, object] | None = None, *, prompt: Prompt) -> None:
        super().__init__(data, auto_id="secret-%s")
        for index, one in enumerate(prompt.inputs):
            self.fields[f"input{index}"] = _field(one)
        self._names = [one.name for one in prompt.inputs]

    def typed(self) -> dict[str, str]:
        """Return what was typed by the service's own names."""
        return {name: str(self.cleaned_data[f"input{index}"]) for index, name in enumerate(self._names)}


def _field(one: SecretInput) -> forms.CharField:
    code = one.kind is SecretKind.OTP
    attributes = {"autocomplete": "one-time-code" if code else "off", "spellcheck": "false"}
    if one.digits:
        attributes["inputmode"] = "numeric"
    kind = forms.TextInput if code else forms.PasswordInput
    return forms.CharField(
        label=_LABELS[one.kind],
        max_length=64,
        strip=code,
        widget=kind(attrs=attributes),
        error_messages={"required": _MISSING[one.kind]},
    )
