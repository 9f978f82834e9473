"""The one form: a signed file, and for XML signatures the file that was signed."""

from __future__ import annotations

import base64

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from msign.faces.verifypages.services import Original
from msign.frame import formats, languages
from msign.frame.downloads import safe_name

_EMPTY = gettext_lazy("The chosen file is empty; choose another one")
_HEAD = 1024
_MAX_DIGESTS, _MAX_NAME = 1000, 1000
_SIZES = {"sha1": 20, "sha256": 32, "sha384": 48, "sha512": 64}


class VerifyForm(forms.Form):
    """What to verify. Sets ``is_pdf`` when valid."""

    use_required_attribute = False
    document = forms.FileField(
        label=gettext_lazy("Signed document"),
        widget=forms.FileInput(attrs={"accept": "application/pdf,.pdf,.xml,.xades,.p7s,.p7m,.asice,.sce"}),
        error_messages={"required": gettext_lazy("Choose the signed document"), "empty": _EMPTY},
    )
    original = forms.FileField(
        label=gettext_lazy("Original file"),
        help_text=gettext_lazy("Only if the signature is a separate file: the file that was signed."),
        required=False,
        widget=forms.FileInput(),
        error_messages={"empty": _EMPTY},
    )

    # Filled by the page's script where the original need not leave the visitor's device.
    original_digests = forms.CharField(required=False, max_length=_MAX_DIGESTS, widget=forms.HiddenInput)
    original_name = forms.CharField(required=False, max_length=_MAX_NAME, widget=forms.HiddenInput)

    def __init__(self, *, max_bytes: int, request: HttpRequest | None = None) -> None:
        super().__init__(request.POST if request else None, request.FILES if request else None)
        self._max_bytes = max_bytes
        self.is_pdf = False
        size = formats.size(max_bytes, languages.current())
        self.fields["document"].help_text = _(
            "A PDF, a separate signature (XML, .p7s) or a container (.asice); up to %(size)s."
        ) % {"size": size}

    def clean_document(self) -> UploadedFile:
        file = self._bounded("document")
        head = file.read(_HEAD)
        file.seek(0)
        self.is_pdf = b"%PDF-" in head
        if not self.is_pdf and not _looks_signed(head):
            raise forms.ValidationError(
                _("This is neither a PDF nor a signature nor a container; choose the signed file itself")
            )
        return file

    def clean_original(self) -> UploadedFile | None:
        return self._bounded("original") if self.cleaned_data.get("original") else None

    @property
    def signed_original(self) -> UploadedFile | Original | None:
        """The original of an XML signature: the file, or what the visitor's own device says of it."""
        found: UploadedFile | None = self.cleaned_data.get("original")
        digests: tuple[tuple[str, str], ...] = self.cleaned_data.get("original_digests") or ()
        if found is None and digests and not self.is_pdf:
            return Original(safe_name(self.cleaned_data.get("original_name", "")), digests=digests)
        return found

    def clean_original_digests(self) -> tuple[tuple[str, str], ...]:
        """Return the digests by algorithm, in hexadecimal; whatever is wrong with them is told at the original."""
        words = self.cleaned_data["original_digests"].split()
        try:
            return tuple(_digest(word) for word in words)
        except ValueError:
            self.add_error("original", _("The original file could not be read on your device; choose it again"))
            return ()

    def _bounded(self, name: str) -> UploadedFile:
        file: UploadedFile = self.cleaned_data[name]
        if (file.size or 0) > self._max_bytes:
            size = formats.size(self._max_bytes, languages.current())
            raise forms.ValidationError(_("The file is larger than %(size)s; choose a smaller one") % {"size": size})
        return file


def _digest(word: str) -> tuple[str, str]:
    name, _colon, text = word.partition(":")
    value = base64.b64decode(text, validate=True)
    if len(value) != _SIZES.get(name):
        raise ValueError(name)
    return name, value.hex()


def _looks_signed(head: bytes) -> bool:
    """Tell whether it may be XML, CMS in DER, or a ZIP container; the engine looks closer."""
    text = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    utf16 = head[:2] in {b"\xff\xfe", b"\xfe\xff"}
    return text.startswith(b"<") or utf16 or head.startswith((b"\x30\x80", b"\x30\x82", b"\x30\x83", b"PK\x03\x04"))
