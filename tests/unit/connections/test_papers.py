"""Generated papers: Romanian letters, embedded fonts, what an archive asks for, and the same bytes each time."""

from __future__ import annotations

import datetime as dt
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
    assert said["conformance"] == "U"
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
