"""Signatures that can be seen, that certify, that lock."""

from __future__ import annotations

import datetime as dt
import io
import re
from collections.abc import Callable
from pathlib import Path

import pypdfium2
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.pdf_utils.writer import copy_into_new_writer
from pyhanko.sign.validation import read_certification_data, validate_pdf_signature
from pyhanko_certvalidator.context import ValidationContext

from msign.kernel.errors import Code, MSignError
from msign.kernel.languages import Language
from msign.kernel.words import SignatureLevel
from msign.pdf.embeddedfont import embedded_font
from msign.signing import pades
from msign.signing.appearance import FONT, local_time
from msign.signing.fallback import reserve_with_pyhanko
from msign.signing.keys import Signer
from msign.signing.leanpath import reserve_lean
from msign.signing.pades import Certification, FieldLock, LockAction, PadesParameters, VisibleSignature
from msign.signing.reservation import Hole, SignatureEntries
from tests.support.pdfs import Form, write
from tests.support.pki import Pki

B = SignatureLevel.B
URL = "https://msign.example.md/verify"


def sign(source: Path, target: Path, signer: Signer, **parameters: object) -> Path:
    return pades.sign(source, target, signer=signer, parameters=PadesParameters(level=B, **parameters))  # type: ignore[arg-type]


def reader(path: Path) -> PdfFileReader:
    return PdfFileReader(io.BytesIO(path.read_bytes()), strict=False)


def dark_pixels(path: Path, page: int, box: tuple[float, float, float, float]) -> int:
    """Return how many dark pixels a page has inside a box (left, bottom, width, height in points)."""
    document = pypdfium2.PdfDocument(path)
    document.init_forms()
    image = document[page].render(scale=2, may_draw_forms=True).to_pil().convert("L")
    left, bottom, width, height = (2 * value for value in box)
    part = image.crop((int(left), int(image.height - bottom - height), int(left + width), int(image.height - bottom)))
    document.close()
    return sum(1 for value in part.tobytes() if value < 100)


def test_a_visible_signature_is_drawn_where_it_was_asked_for(document: Path, tmp_path: Path, maria: Signer) -> None:
    box = (300.0, 20.0, 250.0, 30.0)
    assert dark_pixels(document, 1, box) == 0
    look = VisibleSignature(page=2, box=box, verify_url=URL)
    signed = sign(document, tmp_path / "s.pdf", maria, visible=look, reason="Aprob")
    assert dark_pixels(signed, 1, box) > 500
    assert dark_pixels(signed, 0, box) == 0
    signature = reader(signed).embedded_signatures[0]
    assert [float(one) for one in signature.sig_field["/Rect"]] == [300, 20, 550, 50]


@pytest.mark.parametrize("angle", [0, 90, 180, 270])
def test_on_a_turned_page_it_stands_in_the_lower_right_corner_too(angle: int, tmp_path: Path, maria: Signer) -> None:
    source = tmp_path / "a.pdf"
    source.write_bytes(
        write(Form())
        .replace(b"/MediaBox[0 0 200.50 300]", b"/MediaBox[0 0 400 600]/Rotate %-3d" % angle)
        .replace(b"%\xe2\xe3\xcf\xd3\n", b"%\xe2\xe3\xcf\xd3\n")
    )
    content = source.read_bytes()
    grown = len(b"/MediaBox[0 0 400 600]/Rotate 270") - len(b"/MediaBox[0 0 200.50 300]")
    source.write_bytes(_shifted(content, grown))
    signed = sign(source, tmp_path / "s.pdf", maria, visible=VisibleSignature(verify_url=URL))
    width = 400 if angle % 180 == 0 else 600
    assert dark_pixels(signed, 0, (width - 278, 28, 250, 66)) > 1000


def _shifted(content: bytes, grown: int) -> bytes:
    """Return a document whose second object has grown with its cross-reference table put right."""
    place = content.index(b"/MediaBox")

    def move(found: re.Match[bytes]) -> bytes:
        offset = int(found[1])
        return b"%010d" % (offset + grown if offset > place else offset)

    table = content.index(b"xref\n0")
    tail = re.sub(rb"(?m)^(\d{10})(?= \d{5} n)", move, content[table:])
    return content[:table] + re.sub(rb"startxref\n\d+", b"startxref\n%d" % table, tail)


def test_an_existing_field_keeps_its_place(tmp_path: Path, maria: Signer) -> None:
    source = tmp_path / "a.pdf"
    source.write_bytes(write(Form(acroform="empty-field")).replace(b"/Rect[0 0 0 0]", b"/Rect[9 9 199 70]"))
    mend_xref(source)
    signed = sign(source, tmp_path / "s.pdf", maria, field="Here", visible=VisibleSignature())
    field = reader(signed).embedded_signatures[0].sig_field
    assert [int(one) for one in field["/Rect"]] == [9, 9, 199, 70]
    assert field["/AP"]["/N"]["/BBox"][2] == 190


@pytest.mark.parametrize(
    "look",
    [VisibleSignature(page=9), VisibleSignature(page=0), VisibleSignature(box=(0, 0, 5, 5)), VisibleSignature(page=-9)],
)
def test_a_place_that_is_not_there_is_refused(
    look: VisibleSignature, document: Path, tmp_path: Path, maria: Signer
) -> None:
    with pytest.raises(MSignError) as caught:
        sign(document, tmp_path / "s.pdf", maria, visible=look)
    assert caught.value.code is Code.INVALID_PARAMETER
    assert not (tmp_path / "s.pdf").exists()


@pytest.mark.parametrize("language", list(Language))
def test_three_languages(language: Language, document: Path, tmp_path: Path, maria: Signer) -> None:
    look = VisibleSignature(language=language, verify_url=URL)
    assert sign(document, tmp_path / "s.pdf", maria, visible=look, reason="Согласен, întru totul").exists()


def test_time_is_that_of_chisinau_in_winter_and_summer() -> None:
    assert local_time(dt.datetime(2026, 3, 2, 9, 15, 30, tzinfo=dt.UTC)) == "02.03.2026, 11:15:30 (UTC+2)"
    assert local_time(dt.datetime(2026, 7, 2, 9, 15, 30, tzinfo=dt.UTC)) == "02.07.2026, 12:15:30 (UTC+3)"


@given(st.text(max_size=40))
def test_any_text_can_be_drawn(text: str) -> None:
    font = embedded_font(FONT, frozenset("ăâîșțĂÂÎȘȚ яЁж"))
    assert len(font.encode(text)) == 2 + 4 * len(text)
    assert font.width(text, 10) >= 0


def test_romanian_and_russian_letters_are_in_the_font() -> None:
    letters = "ăâîșțĂÂÎȘȚабвгдежзийклмнопрстуфхцчшщъыьэюяёЁ„”«»–—№…"
    assert set(letters) <= set(embedded_font(FONT, frozenset(letters)).glyphs)


@pytest.mark.parametrize("permission", list(Certification))
def test_a_certified_document_says_what_it_allows(
    permission: Certification, document: Path, tmp_path: Path, ion: Signer, maria: Signer
) -> None:
    certified = sign(document, tmp_path / "c.pdf", ion, certify=permission)
    found = read_certification_data(reader(certified))
    assert found is not None
    assert found.permission.value == permission.value
    if permission is Certification.NO_CHANGES:
        with pytest.raises(MSignError, match="allows no further signatures"):
            sign(certified, tmp_path / "d.pdf", maria)
    else:
        again = sign(certified, tmp_path / "d.pdf", maria)
        assert [one.field_name for one in reader(again).embedded_signatures] == ["Signature1", "Signature2"]


def test_a_certification_must_come_first(document: Path, tmp_path: Path, ion: Signer) -> None:
    signed = sign(document, tmp_path / "s.pdf", ion)
    with pytest.raises(MSignError) as caught:
        sign(signed, tmp_path / "t.pdf", ion, certify=Certification.FORM_FILLING)
    assert caught.value.code is Code.CONFLICT


@pytest.mark.parametrize(
    "lock", [FieldLock(), FieldLock(LockAction.INCLUDE, ("nume", "prénom")), FieldLock(LockAction.EXCLUDE, ("x",))]
)
def test_a_lock_is_written_into_field_and_signature(
    lock: FieldLock, document: Path, tmp_path: Path, ion: Signer
) -> None:
    signed = sign(document, tmp_path / "s.pdf", ion, lock=lock)
    signature = reader(signed).embedded_signatures[0]
    assert signature.fieldmdp is not None
    assert signature.fieldmdp.action.value == f"/{lock.action}"
    assert tuple(signature.fieldmdp.fields or ()) == lock.fields
    assert signature.sig_field["/Lock"]["/Action"] == f"/{lock.action}"


def test_what_is_visible_certified_and_locked_is_still_valid(
    document: Path, tmp_path: Path, ion: Signer, maria: Signer, pki: Pki
) -> None:
    first = sign(
        document, tmp_path / "a.pdf", ion, certify=Certification.FORM_FILLING, visible=VisibleSignature(verify_url=URL)
    )
    with pytest.raises(MSignError, match="its own fields only"):
        sign(first, tmp_path / "b.pdf", maria, visible=VisibleSignature(page=1, box=(20, 20, 200, 60)))
    last = sign(first, tmp_path / "b.pdf", maria, lock=FieldLock())
    for one in reader(last).embedded_signatures:
        status = validate_pdf_signature(
            one, ValidationContext(trust_roots=[], moment=pki.clock.now(), allow_fetching=False)
        )
        assert status.valid
        assert status.intact
        assert status.docmdp_ok


def encrypted(tmp_path: Path, *, mac: bool = False) -> Path:
    source = tmp_path / "encrypted.pdf"
    writer = copy_into_new_writer(PdfFileReader(io.BytesIO(write(Form(acroform="empty-field")))))
    writer.encrypt(owner_pass="secret", user_pass="", pdf_mac=mac)
    with source.open("wb") as output:
        writer.write(output)
    return source


def test_an_encrypted_document_is_certified_and_locked_too(tmp_path: Path, ion: Signer, maria: Signer) -> None:
    certified = sign(encrypted(tmp_path), tmp_path / "a.pdf", ion, certify=Certification.FORM_FILLING, lock=FieldLock())
    opened = reader(certified)
    opened.decrypt(b"")
    found = read_certification_data(opened)
    assert found is not None
    assert found.permission.value == 2
    assert opened.embedded_signatures[0].fieldmdp is not None
    with pytest.raises(MSignError, match="must be the first"):
        sign(certified, tmp_path / "b.pdf", maria, certify=Certification.FORM_FILLING)
    final = sign(encrypted(tmp_path), tmp_path / "c.pdf", ion, certify=Certification.NO_CHANGES)
    with pytest.raises(MSignError, match="allows no further signatures"):
        sign(final, tmp_path / "d.pdf", maria)


def test_a_document_with_an_integrity_code_is_refused_for_a_signature_would_break_it(
    tmp_path: Path, ion: Signer
) -> None:
    with pytest.raises(MSignError, match="ISO/TS 32004"):
        sign(encrypted(tmp_path, mac=True), tmp_path / "a.pdf", ion)
    assert not (tmp_path / "a.pdf").exists()


def test_a_visible_signature_in_an_encrypted_document(tmp_path: Path, ion: Signer) -> None:
    box = (10.0, 20.0, 180.0, 60.0)
    look = VisibleSignature(page=1, box=box, verify_url=URL)
    signed = sign(encrypted(tmp_path), tmp_path / "a.pdf", ion, visible=look, reason="Согласен, întru totul")
    assert dark_pixels(signed, 0, box) > 500
    opened = reader(signed)
    opened.decrypt(b"")
    assert [float(one) for one in opened.embedded_signatures[0].sig_field["/Rect"]] == [10, 20, 190, 80]


def test_in_an_encrypted_document_a_place_that_is_not_there_is_refused_too(tmp_path: Path, ion: Signer) -> None:
    with pytest.raises(MSignError, match="no page 9"):
        sign(encrypted(tmp_path), tmp_path / "a.pdf", ion, visible=VisibleSignature(page=9))
    assert not (tmp_path / "a.pdf").exists()


@pytest.mark.parametrize(
    "look", [VisibleSignature(verify_url=URL), VisibleSignature(page=1, box=(12, 30, 150, 44), language=Language.RU)]
)
@pytest.mark.parametrize("form", [Form(), Form(acroform="empty-field", nested_pages=True), Form(xref="packed")])
def test_both_paths_draw_the_same_picture(look: VisibleSignature, form: Form, tmp_path: Path) -> None:
    source = tmp_path / "a.pdf"
    source.write_bytes(write(form))
    moment = dt.datetime(2026, 3, 2, 9, 15, 30, tzinfo=dt.UTC)
    entries = SignatureEntries(moment, "sha256", 2000, reason="Aprob", signer="Ion Model", visible=look)
    pictures = []
    for reserve in (reserve_lean, reserve_with_pyhanko):
        target = tmp_path / reserve.__name__
        reserve(source, target, entries)
        document = pypdfium2.PdfDocument(target)
        document.init_forms()
        pictures.append(document[0].render(scale=2, may_draw_forms=True).to_pil().tobytes())
        document.close()
    assert pictures[0] == pictures[1]


@pytest.mark.parametrize("reserve", [reserve_lean, reserve_with_pyhanko])
def test_the_lock_of_an_existing_field_counts_on_both_paths(
    reserve: Callable[[Path, Path, SignatureEntries], Hole], tmp_path: Path
) -> None:
    source = tmp_path / "a.pdf"
    source.write_bytes(write(Form(acroform="empty-field")).replace(b"/Rect[0 0 0 0]", LOCKED, 1))
    mend_xref(source)
    target = tmp_path / "b.pdf"
    moment = dt.datetime(2026, 3, 2, 9, 15, 30, tzinfo=dt.UTC)
    reserve(source, target, SignatureEntries(moment, "sha256", 2000, field="Here"))
    signature = reader(target).root["/AcroForm"]["/Fields"][0]["/V"]
    assert [one["/TransformMethod"] for one in signature["/Reference"]] == ["/FieldMDP"]


LOCKED = b"/Rect[0 0 0 0]/Lock<</Type/SigFieldLock/Action/All>>"


def mend_xref(path: Path) -> None:
    """Put a cross-reference table right of which the last object alone has grown."""
    content = path.read_bytes()
    table = content.index(b"xref\n0")
    path.write_bytes(content[:table] + re.sub(rb"startxref\n\d+", b"startxref\n%d" % table, content[table:]))
