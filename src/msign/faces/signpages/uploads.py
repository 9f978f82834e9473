"""The form for uploading one's own documents: limits stated first, every refusal says what to do."""

from __future__ import annotations

from collections.abc import Sequence

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from msign.faces.signpages.services import OwnSigning
from msign.frame import formats, languages
from msign.frame.downloads import safe_name


class FilesInput(forms.FileInput):
    """A file input for several files."""

    allow_multiple_selected = True

    def value_from_datadict(self, data: object, files: object, name: str) -> list[UploadedFile]:  # noqa: ARG002  (Django's)
        return files.getlist(name) if hasattr(files, "getlist") else []


class FilesField(forms.FileField):
    """Several files; each is looked at by the form."""

    def clean(self, data: Sequence[UploadedFile] | None, initial: object = None) -> list[UploadedFile]:
        if not data:
            raise forms.ValidationError(self.error_messages["required"], code="required")
        return [super(FilesField, self).clean(item, initial) for item in data]


class OwnDocumentsForm(forms.Form):
    """PDF documents from the person's own device."""

    use_required_attribute = False
    documents = FilesField(
        label=gettext_lazy("PDF documents to sign"),
        widget=FilesInput(attrs={"accept": "application/pdf,.pdf", "multiple": True}),
        error_messages={
            "required": gettext_lazy("Choose at least one PDF document"),
            "empty": gettext_lazy("The chosen document is empty; choose another one"),
        },
    )

    def __init__(self, *, own: OwnSigning, request: HttpRequest | None = None) -> None:
        super().__init__(request.POST if request else None, request.FILES if request else None)
        self._own = own
        size = formats.size(own.max_file_bytes, languages.current())
        hint = _("At most %(count)s PDF documents, each up to %(size)s, together up to %(total)s.")
        total = formats.size(own.max_total_bytes, languages.current())
        self.fields["documents"].help_text = hint % {"count": own.max_files, "size": size, "total": total}

    def clean_documents(self) -> list[UploadedFile]:
        files: list[UploadedFile] = self.cleaned_data["documents"]
        if len(files) > self._own.max_files:
            raise forms.ValidationError(_("Choose at most %(count)s documents") % {"count": self._own.max_files})
        if sum(file.size or 0 for file in files) > self._own.max_total_bytes:
            raise forms.ValidationError(_("The documents are too large together; choose fewer"))
        for file in files:
            name = {"name": safe_name(file.name or "")}
            if (file.size or 0) > self._own.max_file_bytes:
                raise forms.ValidationError(_("“%(name)s” is too large; choose a smaller document") % name)
            if b"%PDF-" not in file.read(1024):
                raise forms.ValidationError(_("“%(name)s” is not a PDF document; save it as PDF and try again") % name)
            file.seek(0)
        return files
