"""Damaged documents: always an answer, never an exception, never "valid" over bytes that were not signed.

The run is bounded; files that once broke the judge are kept below by the mutation that made them.
"""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from msign.pdf.errors import PdfError
from msign.pdf.filters import decode
from msign.pdf.reader import PdfFile
from msign.pdf.syntax import Parser
from msign.pdf.values import Name
from msign.validation.cades import examine
from msign.validation.context import ValidationContext
from msign.validation.model import Verdict
from msign.validation.pades.judge import validate_pdf
from tests.support.attacks import TWINS, certified, filled, victim
from tests.support.pdfsign import add_dss, context, timestamp

WORDS = [
    b"obj", b"endobj", b"stream", b"endstream", b"xref", b"trailer", b"startxref", b"<<", b">>", b"[", b"]", b"(", b")",
    b"/Prev", b"/Kids", b"/Fields", b"/Length", b"/Type", b"/Pages", b"0 R", b"%%EOF", b"null", b"-1", b"99999999999",
    b"/W", b"/Size", b"/Root", b"/Contents", b"/ByteRange", b"/V", b"\n", b"%", b"\x00", b"\xff",
]  # fmt: skip
SEEDS: dict[str, Callable[[], bytes]] = {
    "signed": victim,
    "with dss": lambda: add_dss(victim()),
    "filled": lambda: filled(certified(2)),
    "archived": lambda: timestamp(add_dss(victim())),
    "object streams": lambda: TWINS["object streams"](b""),
    "hybrid": lambda: TWINS["hybrid document"](b""),
}  # fmt: skip
QUICK = settings(
    max_examples=60, deadline=None, derandomize=True, database=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)  # fmt: skip
edits = st.lists(
    st.tuples(st.integers(0, 2**31), st.sampled_from(["set", "insert", "delete", "flip"]), st.sampled_from(WORDS)),
    min_size=1,
    max_size=4,
)


@pytest.fixture(scope="module")
def judged(tmp_path_factory: pytest.TempPathFactory) -> ValidationContext:
    return context(tmp_path_factory.mktemp("trust"))


@pytest.fixture(scope="module")
def seeds() -> dict[str, bytes]:
    return {name: make() for name, make in SEEDS.items()}


def damaged(pdf: bytes, changes: list[tuple[int, str, bytes]]) -> bytes:
    """Edit outside the long runs of zeros, where most bytes of a small signed file lie."""
    places = [match.start() for match in re.finditer(rb"[^0]", pdf)]
    out = bytearray(pdf)
    for choice, what, word in changes:
        place = min(places[choice % len(places)], len(out) - 1)
        match what:
            case "set":
                out[place : place + len(word)] = word
            case "insert":
                out[place:place] = word
            case "delete":
                del out[place : place + 1 + choice % 50]
            case _:
                out[place] ^= 1 << choice % 8
    return bytes(out)


def covered(pdf: bytes) -> bytes | None:
    match = re.search(rb"/ByteRange *\[0 (\d+) (\d+) (\d+) *\]", pdf)
    return pdf[: int(match[1])] + pdf[int(match[2]) : int(match[2]) + int(match[3])] if match else None


@pytest.mark.parametrize("seed", SEEDS)
def test_damaged_documents_get_an_answer(seed: str, seeds: dict[str, bytes], judged: ValidationContext) -> None:
    @QUICK
    @given(edits)
    def run(changes: list[tuple[int, str, bytes]]) -> None:
        pdf = damaged(seeds[seed], changes)
        report = validate_pdf(pdf, judged)
        if report.verdict is Verdict.VALID:
            assert covered(pdf) == covered(seeds[seed])

    run()


@QUICK
@given(st.binary(max_size=400))
def test_the_parser_raises_its_own_error_only(data: bytes) -> None:
    for text in (data, b"<< /K " + data, b"[" + data, b"(" + data):
        try:
            Parser(text, 0, len(text)).value()
        except PdfError:
            continue


@QUICK
@given(
    st.binary(max_size=400),
    st.sampled_from(["FlateDecode", "LZWDecode", "ASCII85Decode", "ASCIIHexDecode", "RunLengthDecode"]),
    st.integers(0, 15),
)
def test_filters_raise_their_own_error_only(data: bytes, name: str, predictor: int) -> None:
    try:
        assert len(decode(data, Name(name), {"Predictor": predictor, "Columns": 3}, 10_000)) <= 20_000
    except PdfError:
        return


@QUICK
@given(st.binary(max_size=300))
def test_containers_get_a_finding(data: bytes) -> None:
    examine(b"\x30\x82" + len(data).to_bytes(2, "big") + data, lambda _name: b"")


@pytest.mark.parametrize(
    ("found", "broken"),
    [
        # Digest algorithm of the signer without an object identifier, or no sequence at all.
        (bytes.fromhex("3082"), bytes.fromhex("0082")),
        (bytes.fromhex("300d0609608648016503040201"), bytes.fromhex("300d8609608648016503040201")),
        (bytes.fromhex("300a06082a8648ce3d040302"), bytes.fromhex("300002082a8648ce3d040302")),
        (bytes.fromhex("310b3009060355040613"), bytes.fromhex("310b3000060355040613")),
    ],
)  # fmt: skip
def test_containers_that_once_raised(found: bytes, broken: bytes, judged: ValidationContext) -> None:
    pdf = victim()
    for match in re.finditer(re.escape(found.hex().encode()), pdf):
        place = match.start()
        hurt = pdf[:place] + broken.hex().encode() + pdf[place + 2 * len(broken) :]
        assert validate_pdf(hurt, judged).signatures


def test_a_reader_survives_every_cut(judged: ValidationContext) -> None:
    pdf = TWINS["object streams"](b"")
    for end in (*range(0, 3000, 97), *range(len(pdf) - 600, len(pdf), 23)):
        try:
            PdfFile.open(pdf[:end]).close()
        except PdfError:
            continue
