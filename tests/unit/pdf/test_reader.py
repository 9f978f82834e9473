"""The reader on documents whose every byte we wrote ourselves."""

from __future__ import annotations

from pathlib import Path

import pytest

from msign.pdf.errors import AnomalyKind, PdfError, Refusal
from msign.pdf.reader import PdfFile
from msign.pdf.values import Ref, Stream, as_dict
from msign.pdf.xref import XrefKind
from tests.support.pdfmaker import HEADER, Xref, last_startxref, sample, stream, update, write

XREFS: tuple[Xref, ...] = ("table", "stream", "hybrid")


def kinds(pdf: PdfFile) -> set[AnomalyKind]:
    return {anomaly.kind for anomaly in pdf.anomalies}


def refusal(data: bytes) -> Refusal:
    with pytest.raises(PdfError) as caught:
        PdfFile.open(data)
    return caught.value.refusal


@pytest.mark.parametrize("xref", XREFS)
def test_reads_every_kind_of_cross_reference(xref: Xref) -> None:
    packed = (3, 4) if xref != "table" else ()
    pdf = PdfFile.open(write(sample(), xref=xref, packed=packed))
    assert pdf.xref_kind == XrefKind(xref)
    assert as_dict(pdf.get(3))["BaseFont"] == "Helvetica"
    assert as_dict(pdf.get(4))["Producer"] == b"test"
    assert pdf.catalog["Pages"] == Ref(2, 0)
    assert pdf.anomalies == []
    assert pdf.revisions[0].clean


@pytest.mark.parametrize("xref", XREFS)
def test_an_update_is_a_revision_of_its_own(xref: Xref) -> None:
    first = write(sample())
    pdf = PdfFile.open(update(first, {3: b"(three)", 9: b"(nine)"}, free=[4], xref=xref))
    before, after = pdf.revisions
    assert (before.start, before.end) == (0, len(first) - 1)
    assert (after.start, after.end) == (len(first) - 1, pdf.size - 1)
    assert {3, 9} <= after.defined
    assert after.freed == {4}
    assert (pdf.get(3), pdf.get(4), pdf.get(9)) == (b"three", None, b"nine")
    assert as_dict(pdf.get(4, revision=0))["Producer"] == b"test"
    assert pdf.get(9, revision=0) is None
    assert before.clean
    assert after.clean


def test_a_file_is_mapped_and_can_be_closed(tmp_path: Path) -> None:
    path = tmp_path / "a.pdf"
    path.write_bytes(write(sample()))
    with PdfFile.open(path) as pdf:
        assert b"".join(bytes(piece) for piece in pdf.chunks(0, pdf.size)) == path.read_bytes()
    path.unlink()


def test_stream_data_is_decoded() -> None:
    pdf = PdfFile.open(write(sample(extra={7: stream(b"48656C6C6F>", b"/Filter /ASCIIHexDecode")})))
    value = pdf.get(7)
    assert isinstance(value, Stream)
    assert pdf.stream_data(value) == b"Hello"


def test_a_reference_with_another_generation_is_null() -> None:
    assert PdfFile.open(write(sample())).get(Ref(3, 1)) is None


def test_stream_length_may_be_wrong() -> None:
    data = write(sample(extra={7: b"<< /Length 3 >>\nstream\nHello\nendstream"}))
    pdf = PdfFile.open(data)
    value = pdf.get(7)
    assert isinstance(value, Stream)
    assert pdf.stream_data(value) == b"Hello"
    assert AnomalyKind.STREAM_LENGTH_WRONG in kinds(pdf)


def test_junk_before_the_header_is_read_over() -> None:
    pdf = PdfFile.open(b"junk\n" + write(sample()))
    assert pdf.catalog["Pages"] == Ref(2, 0)
    assert AnomalyKind.HEADER_NOT_FIRST in kinds(pdf)


def test_a_pointer_that_misses_by_a_little_is_read_over() -> None:
    data = write(sample())
    start = data.rindex(b"xref\n", 0, data.rindex(b"startxref"))
    pdf = PdfFile.open(data.replace(b"startxref\n%d" % start, b"startxref\n%d" % (start + 2)))
    assert pdf.catalog["Pages"] == Ref(2, 0)
    assert AnomalyKind.STARTXREF_WRONG in kinds(pdf)


def test_a_table_numbered_from_one_is_read_over() -> None:
    data = write(sample()).replace(b"xref\n0 1\n", b"xref\n1 1\n", 1)
    pdf = PdfFile.open(data)
    assert AnomalyKind.XREF_NUMBERING_SHIFTED in kinds(pdf)


def test_an_unreadable_update_leaves_the_forerunner_readable() -> None:
    first = write(sample())
    pdf = PdfFile.open(first + b"3 0 obj\n(other)\nendobj\nstartxref\n5\n%%EOF\n")
    assert len(pdf.revisions) == 1
    assert as_dict(pdf.get(3))["BaseFont"] == "Helvetica"
    assert AnomalyKind.LAST_REVISION_UNREADABLE in kinds(pdf)


def test_contradictory_rows_are_remembered() -> None:
    data = write(sample())
    row = data[data.index(b"3 1\n00") : data.index(b"4 1\n00")]
    other = row.replace(row[4:14], b"%010d" % data.index(b"4 0 obj"))
    head, tail = data.split(b"trailer", 1)
    pdf = PdfFile.open(head + other + b"trailer" + tail)
    assert AnomalyKind.XREF_CONTRADICTION in kinds(pdf)


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", Refusal.NOT_A_PDF),
        (b"hello", Refusal.NOT_A_PDF),
        (HEADER, Refusal.NO_CROSS_REFERENCE),
        (HEADER + b"startxref\n3\n%%EOF", Refusal.NO_CROSS_REFERENCE),
        (HEADER + b"xref\n0 3000000\ntrailer<<>>startxref\n15\n%%EOF", Refusal.TOO_MANY_OBJECTS),
        (HEADER + b"xref\n0 0\ntrailer<</Size 1>>\nstartxref\n15\n%%EOF", Refusal.NO_CATALOG),
    ],
)
def test_hopeless_files_are_refused_by_name(data: bytes, code: Refusal) -> None:
    assert refusal(data) == code


def test_a_chain_that_loops_ends() -> None:
    first = write(sample())
    data = update(first, sample())
    pdf = PdfFile.open(data.replace(b"/Prev %d" % last_startxref(first), b"/Prev %d" % last_startxref(data)))
    assert AnomalyKind.XREF_LOOP in kinds(pdf)


def test_too_large_a_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.pdf"
    path.write_bytes(write(sample()))
    with pytest.raises(PdfError) as caught:
        PdfFile.open(path, max_bytes=100)
    assert caught.value.refusal == Refusal.TOO_LARGE


def test_deep_nesting_is_refused() -> None:
    pdf = PdfFile.open(write(sample(extra={7: b"[" * 5000 + b"]" * 5000})))
    with pytest.raises(PdfError) as caught:
        pdf.get(7)
    assert caught.value.refusal == Refusal.TOO_DEEP


def test_a_bomb_in_an_object_stream_is_refused() -> None:
    bomb = b"(" + b" " * 70_000_000 + b")"
    pdf = PdfFile.open(write(sample(extra={7: bomb}), xref="stream", packed=[7]))
    with pytest.raises(PdfError) as caught:
        pdf.get(7)
    assert caught.value.refusal == Refusal.INFLATES_TOO_FAR
