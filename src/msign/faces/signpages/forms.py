"""What a person types into a tile."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from msign.faces.signpages.services import Offer
from msign.kernel.identifiers import IdCheck, is_idnp, joined_digits, normalise_msisdn


class InstrumentForm(forms.Form):
    """The inputs of one instrument, and only those it needs."""

    use_required_attribute = False

    signer_id = forms.CharField(
        label=gettext_lazy("Personal number (IDNP)"),
        help_text=gettext_lazy("13 digits, as on your identity card"),
        max_length=40,
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off", "spellcheck": "false"}),
        error_messages={"required": gettext_lazy("Enter your IDNP (13 digits)")},
    )
    msisdn = forms.CharField(
        label=gettext_lazy("Mobile phone number"),
        help_text=gettext_lazy("The number your mobile signature belongs to, for example 060 000 000"),
        max_length=40,
        widget=forms.TextInput(attrs={"inputmode": "tel", "autocomplete": "tel", "type": "tel"}),
        error_messages={"required": gettext_lazy("Enter your mobile phone number")},
    )
    remember = forms.BooleanField(
        label=gettext_lazy("Remember the phone number on this device"),
        required=False,
    )

    def __init__(
        self,
        data: Mapping[str, Any] | None = None,
        *,
        offer: Offer,
        ask_signer: bool,
        id_check: IdCheck,
        initial: dict[str, Any] | None = None,
    ) -> None:
        super().__init__(data, auto_id=f"{offer.code}-%s", initial=initial)
        self._id_check = id_check
        if not (offer.needs_signer_id and ask_signer):
            del self.fields["signer_id"]
        if not offer.needs_msisdn:
            del self.fields["msisdn"], self.fields["remember"]

    def clean_signer_id(self) -> str:
        digits = joined_digits(str(self.cleaned_data["signer_id"]))
        if not is_idnp(digits, self._id_check):
            raise forms.ValidationError(_("Enter a valid IDNP: 13 digits, as on your identity card"))
        return digits

    def clean_msisdn(self) -> str:
        number = normalise_msisdn(str(self.cleaned_data["msisdn"]))
        if number is None:
            raise forms.ValidationError(
                _("Enter a Moldovan mobile number that begins with 6 or 7, for example 060 000 000")
            )
        return number
