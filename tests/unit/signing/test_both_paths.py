"""The lean path and pyHanko's make the same signed document, whatever form the input has."""

from __future__ import annotations

import hashlib
import io
import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyhanko.pdf_utils.reader import PdfFileReader

from msign.kernel.clock import FixedClock
from msign.kernel.errors import MSignError
from msign.pdf.lean import LeanPdf
from msign.pdf.rawsyntax import UnusualError
from msign.signing import cms
from msign.signing.algorithms import Digest
from msign.signing.certificates import signing_certificate
from msign.signing.fallback import reserve_with_pyhanko
from msign.signing.keys import InMemoryKey
from msign.signing.leanpath import reserve_lean
from msign.signing.reservation import IN_MEMORY, Hole, SignatureEntries
from tests.support.pdfs import Form, write
from tests.support.pki import session_pki

forms = st.builds(
    Form,
    xref=st.sampled_from(["table", "stream", "packed", "hybrid"]),
    acroform=st.sampled_from(["none", "direct", "indirect", "indirect-fields", "empty-field"]),
    annotations=st.sampled_from(["none", "direct", "indirect"]),
    nested_pages=st.booleans(),
    predictor=st.booleans(),
    eol=st.sampled_from([b"\n", b"\r\n"]),
    final_eol=st.booleans(),
    identity=st.booleans(),
)


def entries(field: str | None = None, reason: str = "Aprob (да) \\ întocmai") -> SignatureEntries:
    return SignatureEntries(FixedClock().now(), "sha256", 2000, field=field, reason=reason, location="Chișinău")


def fill(path: Path, hole: Hole) -> None:
    """Sign what was reserved."""
    person = session_pki().person("maria")
    leaf, key = signing_certificate(person.der), InMemoryKey(person.key)
    attributes = cms.signed_attributes(hole.digest, leaf)
    container = cms.signed_data(
        attributes=attributes,
        value=key.sign(attributes),
        digest=Digest.SHA256,
        algorithm=key.algorithm,
        certificate=leaf,
    )
    with path.open("r+b") as file:
        file.seek(hole.start + 1)
        file.write(container.hex().encode())


def seen_by_pyhanko(path: Path) -> dict[str, object]:
    """Return what an independent reader finds in a document with one empty signature as its last."""
    reader = PdfFileReader(io.BytesIO(path.read_bytes()), strict=False)
    signature = reader.embedded_signatures[-1]
    signature.compute_integrity_info()
    attributes = {one["type"].native: one["values"][0].native for one in signature.signer_info["signed_attrs"]}
    assert signature.compute_digest() == attributes["message_digest"]
    form = reader.root["/AcroForm"]
    page = reader.root["/Pages"]["/Kids"][0]
    page = page["/Kids"][0] if page["/Type"] == "/Pages" else page
    return {
        "field": signature.field_name,
        "date": signature.sig_object["/M"].replace("Z", "+00'00'").removeprefix("D:")[:14],
        "reason": signature.sig_object["/Reason"],
        "location": signature.sig_object["/Location"],
        "subfilter": signature.sig_object["/SubFilter"],
        "covers": signature.evaluate_signature_coverage(),
        "reaches the end": sum(list(signature.sig_object["/ByteRange"])[2:]) == path.stat().st_size,
        "fields": len(form["/Fields"]),
        "flags": form["/SigFlags"],
        "annotations": len(page["/Annots"]) if "/Annots" in page else 0,
        "other entries": (reader.root["/Odd Name"], page["/MediaBox"][2]),
        "form entries": form.get("/DA"),
    }


@settings(max_examples=60, deadline=None)
@given(form=forms, existing=st.booleans())
def test_both_paths_agree(form: Form, existing: bool) -> None:
    field = "Here" if existing else None
    with tempfile.TemporaryDirectory() as folder:
        source, lean, full = (Path(folder, name) for name in ("source", "lean", "full"))
        source.write_bytes(write(form))
        ours = reserve_lean(source, lean, entries(field))
        theirs = reserve_with_pyhanko(source, full, entries(field))
        for path, hole in ((lean, ours), (full, theirs)):
            content = path.read_bytes()
            assert content.startswith(source.read_bytes())
            assert content[hole.start : hole.end] == b"<" + b"0" * 4000 + b">"
            assert len(content) == hole.size
            fill(path, hole)
        assert seen_by_pyhanko(lean) == seen_by_pyhanko(full)


def test_a_second_signature_is_appended_to_the_first(tmp_path: Path) -> None:
    for number, form in enumerate((Form(), Form(xref="packed", predictor=True), Form(xref="hybrid"))):
        first, second = tmp_path / f"{number}a", tmp_path / f"{number}b"
        (tmp_path / f"{number}").write_bytes(write(form))
        fill(first, reserve_lean(tmp_path / f"{number}", first, entries()))
        fill(second, reserve_lean(first, second, entries()))
        assert second.read_bytes().startswith(first.read_bytes())
        reader = PdfFileReader(io.BytesIO(second.read_bytes()), strict=False)
        assert [one.field_name for one in reader.embedded_signatures] == ["Signature1", "Signature2"]


def test_the_update_is_written_in_place_when_source_and_target_are_one(tmp_path: Path) -> None:
    path = tmp_path / "one.pdf"
    path.write_bytes(write(Form()))
    hole = reserve_lean(path, path, entries())
    assert path.read_bytes().startswith(write(Form()))
    assert path.stat().st_size == hole.size


def test_a_mapped_file_is_signed_like_one_in_memory(tmp_path: Path) -> None:
    for form in (Form(padding=IN_MEMORY), Form(padding=IN_MEMORY, xref="packed")):
        source, target = tmp_path / "big.pdf", tmp_path / "out.pdf"
        source.write_bytes(write(form))
        hole = reserve_lean(source, target, entries())
        content = target.read_bytes()
        assert content.startswith(source.read_bytes())
        assert hashlib.sha256(content[: hole.start] + content[hole.end :]).digest() == hole.digest
        in_place = reserve_lean(target, target, entries())
        assert hashlib.sha256(target.read_bytes()[: in_place.start] + target.read_bytes()[in_place.end :]).digest() == (
            in_place.digest
        )


def test_nothing_is_written_for_an_unusual_document(tmp_path: Path) -> None:
    source = tmp_path / "odd.pdf"
    source.write_bytes(write(Form()).replace(b"xref\n0 ", b"xref\n0  "))
    with pytest.raises(UnusualError):
        reserve_lean(source, tmp_path / "out.pdf", entries())
    assert not (tmp_path / "out.pdf").exists()


@pytest.mark.parametrize("wanted", ["Here", "Other"])
def test_a_field_that_cannot_be_signed_is_refused(wanted: str, tmp_path: Path) -> None:
    source = tmp_path / "s.pdf"
    source.write_bytes(write(Form(acroform="empty-field")).replace(b"/FT/Sig", b"/FT/Tx "))
    if wanted == "Other":
        assert reserve_lean(source, tmp_path / "t.pdf", entries(wanted)).size
        return
    with pytest.raises(MSignError, match="not a signature field"):
        reserve_lean(source, tmp_path / "t.pdf", entries(wanted))


def test_a_signed_field_is_refused(tmp_path: Path) -> None:
    source, signed = tmp_path / "s.pdf", tmp_path / "t.pdf"
    source.write_bytes(write(Form(acroform="empty-field")))
    reserve_lean(source, signed, entries("Here"))
    with pytest.raises(MSignError, match="signed already"):
        reserve_lean(signed, tmp_path / "u.pdf", entries("Here"))


@settings(max_examples=300, deadline=None)
@given(form=forms, position=st.integers(0, 2000), junk=st.binary(min_size=1, max_size=6))
def test_damaged_documents_are_unusual_or_readable_but_never_crash(form: Form, position: int, junk: bytes) -> None:
    content = bytearray(write(form))
    place = position % len(content)
    content[place : place + len(junk)] = junk
    try:
        pdf = LeanPdf(bytes(content))
        for number in range(1, 12):
            pdf.raw(number)
    except UnusualError:
        pass
