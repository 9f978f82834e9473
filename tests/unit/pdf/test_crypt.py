"""Documents encrypted with an empty user password; made by pyHanko, read by us."""

from __future__ import annotations

from io import BytesIO

import pytest
from pyhanko.pdf_utils.crypt import StandardSecurityHandler
from pyhanko.pdf_utils.generic import DictionaryObject, StreamObject, pdf_name, pdf_string
from pyhanko.pdf_utils.writer import PdfFileWriter

from msign.pdf.errors import PdfError, Refusal
from msign.pdf.reader import PdfFile
from msign.pdf.values import Stream, as_dict

CONTENT = b"BT (hello) Tj ET"


def encrypted(kind: str, user: str = "") -> bytes:
    writer = PdfFileWriter(stream_xrefs=kind == "aes256")
    page = DictionaryObject({pdf_name("/Type"): pdf_name("/Page")})
    page[pdf_name("/Contents")] = writer.add_object(StreamObject(stream_data=CONTENT))
    root = writer.root
    root[pdf_name("/Test")] = DictionaryObject(
        {pdf_name("/Word"): pdf_string("hello"), pdf_name("/Page"): writer.add_object(page)}
    )
    if kind == "aes256":
        writer.encrypt("owner", user)
    else:
        build = StandardSecurityHandler.build_from_pw_legacy
        revision = {"rc4": 3, "aes": 4}[kind]
        from pyhanko.pdf_utils.crypt import StandardSecuritySettingsRevision as Revision

        handler = build(
            Revision(revision),
            writer._document_id[0].original_bytes,
            "owner",
            user,
            keylen_bytes=16,
            use_aes128=kind == "aes",
        )
        writer._assign_security_handler(handler)
    out = BytesIO()
    writer.write(out)
    return out.getvalue()


@pytest.mark.parametrize("kind", ["rc4", "aes", "aes256"])
def test_strings_and_streams_come_out_in_the_clear(kind: str) -> None:
    pdf = PdfFile.open(encrypted(kind))
    assert pdf.encrypted
    test = as_dict(pdf.resolve(pdf.catalog["Test"]))
    assert test["Word"] == b"hello"
    content = pdf.resolve(as_dict(pdf.resolve(test["Page"]))["Contents"])
    assert isinstance(content, Stream)
    assert pdf.stream_data(content) == CONTENT


@pytest.mark.parametrize("kind", ["rc4", "aes", "aes256"])
def test_a_password_is_asked_for_by_name(kind: str) -> None:
    with pytest.raises(PdfError) as caught:
        PdfFile.open(encrypted(kind, user="secret"))
    assert caught.value.refusal == Refusal.PASSWORD_NEEDED
