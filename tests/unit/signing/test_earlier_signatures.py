"""What earlier signatures, forms and permissions forbid is refused before a byte is written, on both paths alike."""

from __future__ import annotations

import datetime as dt
import io
from collections.abc import Callable
from pathlib import Path

import pytest
from pyhanko.pdf_utils.crypt.permissions import StandardPermissions as Allowed
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.pdf_utils.writer import copy_into_new_writer

from msign.kernel.errors import Code, MSignError
from msign.kernel.words import SignatureLevel
from msign.signing import pades
from msign.signing.appearance import VisibleSignature
from msign.signing.fallback import reserve_with_pyhanko
from msign.signing.keys import Signer
from msign.signing.leanpath import reserve_lean
from msign.signing.modification import FieldLock, LockAction
from msign.signing.pades import PadesParameters
from msign.signing.reservation import Hole, SignatureEntries
from tests.support import pdfmaker
from tests.support.pdfs import Form, write

Reserve = Callable[[Path, Path, SignatureEntries], Hole]
PATHS = pytest.mark.parametrize("reserve", [reserve_lean, reserve_with_pyhanko])
INCLUDE, EXCLUDE = LockAction.INCLUDE, LockAction.EXCLUDE
EMPTY = b"<< /FT /Sig /Type /Annot /Subtype /Widget /T (%s) /Rect [0 0 0 0] /P 5 0 R %s >>"


def entries(field: str | None = None, **more: object) -> SignatureEntries:
    moment = dt.datetime(2026, 3, 2, 9, 15, 30, tzinfo=dt.UTC)
    return SignatureEntries(moment, "sha256", 2000, field=field, **more)  # type: ignore[arg-type]


def form(folder: Path, extra: dict[int, bytes], fields: bytes = b"[7 0 R 8 0 R]") -> Path:
    """Write a document with two empty signature fields, One and Two, or with those of ``extra``."""
    catalogue = b"<< /Type /Catalog /Pages 2 0 R /AcroForm << /Fields %s >> >>" % fields
    two = {7: EMPTY % (b"One", b""), 8: EMPTY % (b"Two", b"")}
    path = folder / "form.pdf"
    path.write_bytes(pdfmaker.write({**pdfmaker.sample(), 1: catalogue, **two, **extra}))
    return path


def refusal(reserve: Reserve, source: Path, wanted: SignatureEntries) -> str:
    """Return the words of a refusal, which leaves nothing behind; empty if there is none."""
    target = source.with_suffix(".refused")
    try:
        reserve(source, target, wanted)
    except MSignError as error:
        assert not target.exists()
        return f"{error.code}: {error.message}"
    target.unlink()
    return ""


@PATHS
@pytest.mark.parametrize(
    ("lock", "refused"),
    [
        (FieldLock(), {"Two", "New"}),
        (FieldLock(INCLUDE, ("Two",)), {"Two"}),
        (FieldLock(INCLUDE, ("Other", "Tw")), set()),
        (FieldLock(EXCLUDE, ("Two",)), {"New"}),
        (FieldLock(EXCLUDE, ("New",)), {"Two"}),
    ],
)
def test_a_locked_field_is_not_signed(lock: FieldLock, refused: set[str], reserve: Reserve, tmp_path: Path) -> None:
    first = tmp_path / "first.pdf"
    reserve(form(tmp_path, {}), first, entries(lock=lock))
    said = {name: refusal(reserve, first, entries(name)) for name in ("Two", "New")}
    assert {name for name, text in said.items() if text} == refused
    assert all(f"locked the field {name}" in said[name] for name in refused)


@PATHS
def test_a_group_of_fields_is_locked_by_its_name(reserve: Reserve, tmp_path: Path) -> None:
    member = b"<< /FT /Sig /Type /Annot /Subtype /Widget /T (a) /Parent 8 0 R /Rect [0 0 0 0] /P 5 0 R >>"
    source = form(tmp_path, {8: b"<< /T (Group) /Kids [9 0 R] >>", 9: member})
    first = tmp_path / "first.pdf"
    reserve(source, first, entries("One", lock=None))
    assert refusal(reserve, first, entries("Group.a")) == ""
    reserve(source, first, entries(lock=FieldLock(INCLUDE, ("Group",))))
    assert "locked the field Group.a" in refusal(reserve, first, entries("Group.a"))


@PATHS
def test_a_lock_that_allows_no_change_allows_no_signature(reserve: Reserve, tmp_path: Path) -> None:
    """The entry /P of a lock, new in PDF 2.0."""
    lock = b"/Lock << /Type /SigFieldLock /Action /Include /Fields [(X)] /P 1 >>"
    first = tmp_path / "first.pdf"
    reserve(form(tmp_path, {7: EMPTY % (b"One", lock)}), first, entries("One"))
    assert "allows no further signatures" in refusal(reserve, first, entries("Two"))


def test_a_new_field_does_not_take_the_name_of_a_group(tmp_path: Path) -> None:
    member = b"<< /FT /Sig /Type /Annot /Subtype /Widget /T (a) /Parent 8 0 R /Rect [0 0 0 0] /P 5 0 R >>"
    source = form(tmp_path, {8: b"<< /T (Group) /Kids [9 0 R] >>", 9: member})
    assert "Group is a group of fields" in refusal(reserve_lean, source, entries("Group"))


@PATHS
def test_a_signed_field_and_a_dotted_new_name_are_refused_alike(reserve: Reserve, tmp_path: Path) -> None:
    first = tmp_path / "first.pdf"
    reserve(form(tmp_path, {}), first, entries("One"))
    assert "One is signed already" in refusal(reserve, first, entries("One"))
    assert "has no dots" in refusal(reserve, first, entries("a.b"))


def test_a_value_that_is_null_is_none(tmp_path: Path) -> None:
    source = form(tmp_path, {7: EMPTY % (b"One", b"/V 9 0 R"), 9: b"null"})
    assert refusal(reserve_lean, source, entries("One")) == ""


@PATHS
def test_an_annotation_of_its_own_shows_the_signature(reserve: Reserve, tmp_path: Path) -> None:
    """A field may have its annotation as its kid; of several the first shows the signature."""
    kid = b"<< /Type /Annot /Subtype /Widget /Parent 8 0 R /Rect [10 10 200 60] /P 5 0 R >>"
    source = form(tmp_path, {8: b"<< /T (Two) /FT /Sig /Kids [9 0 R 10 0 R] >>", 9: kid, 10: kid})
    target = tmp_path / "signed.pdf"
    reserve(source, target, entries("Two", signer="Ion Model", visible=VisibleSignature()))
    field = PdfFileReader(io.BytesIO(target.read_bytes())).root["/AcroForm"]["/Fields"][1]
    assert ["/AP" in one.get_object() for one in field["/Kids"]] == [True, False]
    assert field["/Kids"][0]["/AP"]["/N"]["/BBox"][2] == 190
    assert "/V" in field


def test_a_document_without_room_for_new_objects_is_refused(tmp_path: Path) -> None:
    source = tmp_path / "a.pdf"
    source.write_bytes(pdfmaker.write(pdfmaker.sample()).replace(b"/Size 7", b"/Size 9999999"))
    assert "no object numbers" in refusal(reserve_lean, source, entries())


_FILL, _ANNOTATE = Allowed.ALLOW_FORM_FILLING, Allowed.ALLOW_ANNOTS_FORM_FILLING


@pytest.mark.parametrize(
    ("granted", "existing", "new"),
    [
        (Allowed(0), False, False),
        (_FILL, True, False),
        (_ANNOTATE, True, False),
        (_ANNOTATE | Allowed.ALLOW_MODIFICATION_GENERIC, True, True),
    ],
)
def test_permissions_of_an_encrypted_document_count(
    granted: Allowed, existing: bool, new: bool, tmp_path: Path
) -> None:
    source = encrypted(tmp_path, granted | Allowed.TOLERATE_MISSING_PDF_MAC)
    for field, allowed in (("Here", existing), (None, new)):
        said = refusal(reserve_with_pyhanko, source, entries(field))
        assert ("does not permit" not in said) is allowed, said


def test_whoever_owns_an_encrypted_document_may_all(tmp_path: Path) -> None:
    source = encrypted(tmp_path, Allowed.TOLERATE_MISSING_PDF_MAC, owner="")
    assert refusal(reserve_with_pyhanko, source, entries()) == ""


def encrypted(folder: Path, granted: Allowed, owner: str = "secret", user: str = "") -> Path:
    source = folder / "encrypted.pdf"
    writer = copy_into_new_writer(PdfFileReader(io.BytesIO(write(Form(acroform="empty-field")))))
    writer.encrypt(owner_pass=owner, user_pass=user, pdf_mac=False, perms=granted)
    with source.open("wb") as output:
        writer.write(output)
    return source


def test_a_refusal_says_what_is_odd(tmp_path: Path, ion: Signer) -> None:
    target = tmp_path / "out.pdf"
    plain = write(Form())
    sources = {
        "no startxref at its end": plain[: plain.rindex(b"startxref")],
        "it does not begin with %PDF-": b"HTTP/1.1 200 OK\r\n\r\n" + plain,
        "needs a password": encrypted(tmp_path, Allowed.allow_everything(), user="u").read_bytes(),
    }
    for words, content in sources.items():
        (tmp_path / "in.pdf").write_bytes(content)
        with pytest.raises(MSignError, match=words) as caught:
            pades.sign(tmp_path / "in.pdf", target, signer=ion, parameters=PadesParameters(level=SignatureLevel.B))
        assert caught.value.code is Code.UNREADABLE_DOCUMENT
        assert not target.exists()


@pytest.mark.parametrize("member", ["reason", "location", "name", "contact", "field"])
def test_half_a_character_is_no_text(member: str, tmp_path: Path) -> None:
    with pytest.raises(MSignError) as caught:
        pades.prepare(form(tmp_path, {}), tmp_path / "x.pdf", parameters=PadesParameters(**{member: "\ud800"}))
    assert (caught.value.code, caught.value.member) == (Code.INVALID_PARAMETER, member)
