"""Generated papers: Romanian letters, embedded fonts, what an archive asks for, and the same bytes each time."""

from __future__ import annotations

import ctypes
import datetime as dt
import re
import shutil
import subprocess
from pathlib import Path

import pypdfium2
import pytest
from lxml import etree

from msign.connections.documents import templates
from msign.connections.documents.pdfa import Paper, render
from msign.connections.fees import Kind
from msign.connections.operator import Operator
from msign.pdf.icc import srgb_profile

MADE = dt.datetime(2026, 3, 2, 9, 15, tzinfo=dt.UTC)
OPERATOR = Operator()
TEXTS = templates.load_texts()
PARTY = templates.Party(
    "Agenția Publică „Șoimii”", "1000000000007", Kind.PUBLIC, "str. Țării 1", "Ștefan Țurcanu", "director", "statutul"
)
ABOUT = templates.Subject(
    "A-2026-0001", MADE.date(), "C-2026-0001", "Registrul <b>&", "RSI-0001-2025", "MSign", "Legea 124/2022", 0
)


def papers() -> dict[str, Paper]:
    day = MADE.date()
    return {
        kind: TEXTS.write(kind, PARTY, OPERATOR, ABOUT, templates.Bill(day, (day, day))) for kind in templates.KINDS
    }


def pdf(kind: str) -> bytes:
    return render(papers()[kind], author=OPERATOR.name, made=MADE)


@pytest.mark.parametrize("kind", ["contract", "annex", "invoice"])
def test_the_same_paper_gives_the_same_bytes(kind: str) -> None:
    assert pdf(kind) == pdf(kind)


def test_romanian_letters_and_markup_come_out_as_typed() -> None:
    with pypdfium2.PdfDocument(pdf("annex")) as document:
        text = "".join(page.get_textpage().get_text_bounded() for page in document)
    for words in ("„Șoimii”", "Ștefan Țurcanu", "str. Țării 1", "Registrul <b>&", "gratuit"):
        assert words in text.replace("\r\n", " "), words


def test_public_bodies_sign_an_agreement_others_a_contract() -> None:
    private = templates.Party("X SRL", "1018600000035", Kind.PRIVATE, "a", "b")
    assert papers()["contract"].title.startswith("Acord")
    assert TEXTS.write("contract", private, OPERATOR, ABOUT).title.startswith("Contract")


def test_an_archive_finds_metadata_profile_and_identifier() -> None:
    data = pdf("contract")
    assert b"/GTS_PDFA1" in data
    assert b"/Encrypt" not in data
    assert b"/ID" in data
    xmp = data[data.index(b"<x:xmpmeta") : data.index(b"</x:xmpmeta>") + 12]
    root = etree.fromstring(xmp)
    said = {element.tag.rpartition("}")[2]: element.text for element in root.iter() if element.text}
    assert said["part"] == "2"
    assert said["conformance"] == "A"
    assert said["CreateDate"] == "2026-03-02T09:15:00+00:00"
    assert b"D:20260302091500+00'00'" in data


def test_the_colour_profile_is_whole() -> None:
    profile = srgb_profile()
    assert int.from_bytes(profile[:4], "big") == len(profile)
    assert profile[36:40] == b"acsp"
    for place in range(int.from_bytes(profile[128:132], "big")):
        entry = profile[132 + 12 * place : 144 + 12 * place]
        start, size = (int.from_bytes(entry[at : at + 4], "big") for at in (4, 8))
        assert start + size <= len(profile)


def test_every_stream_ends_with_a_line_end_and_the_table_finds_every_object() -> None:
    data = pdf("contract")
    for end in re.finditer(rb"endstream\nendobj", data):
        assert data[end.start() - 1 : end.start()] == b"\n"
    table = int(data[data.rindex(b"startxref") + 9 :].split()[0])
    rows = re.findall(rb"(\d{10}) 00000 n", data[table:])
    assert len(rows) == int(data[table:].split()[2]) - 1
    for number, offset in enumerate(rows, 1):
        assert data[int(offset) :].startswith(f"{number} 0 obj".encode())


def outline(data: bytes) -> list[str]:
    """The structure of every page, as types indented by depth; what a screen reader goes through."""
    raw, found = pypdfium2.raw, []

    def walk(element: object, depth: int) -> None:
        size = raw.FPDF_StructElement_GetType(element, None, 0)
        buffer = ctypes.create_string_buffer(size)
        raw.FPDF_StructElement_GetType(element, buffer, size)
        found.append("  " * depth + buffer.raw.decode("utf-16-le").rstrip("\0"))
        for place in range(raw.FPDF_StructElement_CountChildren(element)):
            child = raw.FPDF_StructElement_GetChildAtIndex(element, place)
            if child:
                walk(child, depth + 1)

    with pypdfium2.PdfDocument(data) as document:
        for page in document:
            tree = raw.FPDF_StructTree_GetForPage(page.raw)
            for place in range(raw.FPDF_StructTree_CountChildren(tree)):
                walk(raw.FPDF_StructTree_GetChildAtIndex(tree, place), 0)
            raw.FPDF_StructTree_Close(tree)
    return found


def test_a_paper_is_read_in_order_with_headings_and_a_real_table() -> None:
    assert outline(pdf("invoice")) == [
        "Document", "  H1", "  P", "  H2", "  P", "  P", "  H2", "  P", "  H2", "  P",
        "  Table", "    TR", "      TH", "      TH", "      TH",
        "    TR", "      TD", "      TD", "      TD", "    TR", "      TD", "      TD", "      TD",
    ]  # fmt: skip


def test_a_table_over_several_pages_has_one_head() -> None:
    rows = (("Întrebare", "Răspuns"), *((f"{at}", "răspuns " * 40) for at in range(30)))
    data = render(Paper("T", "u", (), rows), author="a", made=MADE)
    with pypdfium2.PdfDocument(data) as document:
        assert len(document) > 1
    found = [line.strip() for line in outline(data)]
    assert found.count("TH") == 2
    assert b"/MarkInfo" in data


@pytest.mark.tool
@pytest.mark.parametrize("kind", ["contract", "annex", "invoice"])
def test_every_font_is_embedded(kind: str, tmp_path: Path) -> None:
    tool = shutil.which("pdffonts")
    if tool is None:
        pytest.skip("pdffonts is not installed; it comes with poppler-utils")
    (tmp_path / "paper.pdf").write_bytes(pdf(kind))
    listed = subprocess.run([tool, str(tmp_path / "paper.pdf")], capture_output=True, text=True, check=True).stdout
    fonts = [line.split()[-5] for line in listed.splitlines()[2:]]
    assert fonts
    assert set(fonts) == {"yes"}
