"""Attacks on how a PDF is put together: generations, object streams, page trees, comments, headers, hybrids.

They go on where ``attacks.py`` ends; each takes an honestly signed document or signs one that was prepared for the trick.
"""

from __future__ import annotations

import re

from msign.pdf.reader import PdfFile
from msign.pdf.values import InStream
from tests.support.attacks import CONTENT, EVIL, FONT, HIDDEN_PAGE, OVERLAY, PAGE, Attack, draft
from tests.support.pdfmaker import HEADER, last_startxref, stream, update, write, xref_stream
from tests.support.pdfsign import add_dss, sign

UPSIDE_DOWN, SECOND = 30, 31
_LINE = b"6 0 obj <</Length 4>> stream\tevil\tendstream endobj"


def body(pdf: bytes, number: int) -> bytes:
    """The text of an object as last written."""
    place = pdf.rindex(b"\n%d 0 obj\n" % number)
    return pdf[place + len(b"\n%d 0 obj\n" % number) : pdf.index(b"\nendobj", place)]


def signed(changes: dict[int, bytes], **options: object) -> bytes:
    """A document of the usual draft with some objects of another kind, honestly signed."""
    return sign(write(draft() | changes), **options)


# Generations


def generation_raised(pdf: bytes) -> bytes:
    """The overlay is written again unchanged, under a generation that nobody refers to."""
    made = update(pdf, {OVERLAY: body(pdf, OVERLAY)})
    head, tail = made[: len(pdf)], made[len(pdf) :]
    tail = tail.replace(b"7 0 obj", b"7 1 obj").replace(b" 00000 n", b" 00001 n")
    return head + tail


def generation_lies(pdf: bytes) -> bytes:
    """The entry keeps generation 0, the object says 1: strict readers find nothing there."""
    made = update(pdf, {OVERLAY: body(pdf, OVERLAY)})
    return made[: len(pdf)] + made[len(pdf) :].replace(b"7 0 obj", b"7 1 obj")


# Object streams


def _packed_draft(extra: dict[int, bytes]) -> tuple[bytes, int]:
    """A signed document whose page lies in an object stream, and that stream's number."""
    made = write(draft() | extra, xref="stream", packed=[FONT, PAGE, 4])
    entry = PdfFile.open(made).entry(FONT)
    assert isinstance(entry, InStream)
    return made, entry.container


def container_as_metadata(_pdf: bytes) -> bytes:
    """The object stream passes for metadata as well; replaced as such, it changes what is packed in it."""
    _, container = _packed_draft({})
    root = draft()[1].replace(b"/Type /Catalog", b"/Type /Catalog /Metadata %d 0 R" % container)
    made, container = _packed_draft({1: root})
    return _swapped(_signed_aside(made), container)


def _signed_aside(pdf: bytes) -> bytes:
    """Sign without touching the page, which stays packed."""
    return sign(pdf, xref="stream", page=HIDDEN_PAGE)


def _swapped(pdf: bytes, container: int) -> bytes:
    opened = PdfFile.open(pdf)
    data, numbers, offsets = opened.packed(container)
    parts = [data[a:b] for a, b in zip(offsets, [*offsets[1:], len(data)], strict=True)]
    parts[numbers.index(PAGE)] = parts[numbers.index(PAGE)].replace(b"/Contents [6 0 R 90 0 R]", b"/Contents 13 0 R")
    head, text = b"", b""
    for number, part in zip(numbers, parts, strict=True):
        head += b"%d %d " % (number, len(text))
        text += part
    new = stream(head + text, b"/Type /ObjStm /N %d /First %d" % (len(numbers), len(head)))
    return update(pdf, {container: new}, xref="stream")


def container_dangling(_pdf: bytes) -> bytes:
    """The signed page's second content lies in an object stream that does not exist yet."""
    made = write(draft(), xref="stream")
    start, number = len(made), PdfFile.open(made).next_number
    rows = {91: (2, 95, 0), number: (1, start, 0)}
    made += xref_stream(number, start, rows, b"/Size 96 /Root 1 0 R /Prev %d" % last_startxref(made))
    made += b"\nstartxref\n%d\n%%%%EOF\n" % start
    page = draft()[PAGE].replace(b"/Font << /F1 3 0 R >>", b"/Font << /F1 91 0 R >>")
    victim = sign(update(made, {PAGE: page}, xref="stream"), xref="stream")
    font = b"<< /Type /Font /Subtype /Type1 /BaseFont /Symbol >>"
    return update(victim, {95: stream(b"91 0 " + font, b"/Type /ObjStm /N 1 /First 5")}, xref="stream")


# A flood of slips that is to hide another one


def _flood() -> bytes:
    """A signed document whose first three hundred objects to be read, its fields, have a key twice."""
    numbers = range(200, 520)
    slips = {number: b"<< /FT /Tx /T (f%d) /X 1 /X 2 >>" % number for number in numbers}
    listed = b" ".join(b"%d 0 R" % number for number in numbers)
    return signed(slips | {1: draft()[1].replace(b"/Fields [", b"/Fields [%s " % listed)})


def flooded(_pdf: bytes) -> bytes:
    """After more slips of one kind than are remembered, all of them signed, a page comes with /Contents twice.

    The last /Contents is the one that was signed, so that nothing but the slip tells of the change.
    """
    victim = _flood()
    return update(victim, {PAGE: body(victim, PAGE).replace(b"/Contents", b"/Contents 13 0 R /Contents", 1)})


def flood_and_honest_page(_pdf: bytes) -> bytes:
    """The same flood, and the page written again as it was."""
    victim = _flood()
    return update(victim, {PAGE: body(victim, PAGE)})


# The page tree


def page_repeated(pdf: bytes) -> bytes:
    return update(pdf, {2: b"<< /Type /Pages /Kids [5 0 R 5 0 R] /Count 1 >>"})


def page_inline(pdf: bytes) -> bytes:
    page = b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 13 0 R >>"
    return update(pdf, {2: b"<< /Type /Pages /Kids [5 0 R %s] /Count 1 >>" % page})


def count_lowered(pdf: bytes) -> bytes:
    return update(pdf, {2: b"<< /Type /Pages /Kids [5 0 R] /Count 0 >>"})


def page_moved(_pdf: bytes) -> bytes:
    """The page hangs below another node of the tree, which turns it upside down."""
    nodes = b"<< /Type /Pages /Parent 2 0 R /Kids [%s] /Count %d %s >>"
    victim = signed({
        2: b"<< /Type /Pages /Kids [30 0 R 31 0 R] /Count 1 >>",
        UPSIDE_DOWN: nodes % (b"5 0 R", 1, b""),
        SECOND: nodes % (b"", 0, b"/Rotate 180"),
        PAGE: draft()[PAGE].replace(b"/Parent 2 0 R", b"/Parent 30 0 R"),
    })  # fmt: skip
    return update(victim, {
        UPSIDE_DOWN: nodes % (b"", 1, b""), SECOND: nodes % (b"5 0 R", 0, b"/Rotate 180"),
    })  # fmt: skip


def tree_swapped(_pdf: bytes) -> bytes:
    """A second, turned tree over the same page waits in the signed part."""
    victim = signed({UPSIDE_DOWN: b"<< /Type /Pages /Kids [5 0 R] /Count 1 /Rotate 180 >>"})
    return update(victim, {1: body(victim, 1).replace(b"/Pages 2 0 R", b"/Pages 30 0 R")})


def page_retyped(pdf: bytes) -> bytes:
    return update(pdf, {PAGE: body(pdf, PAGE).replace(b"/Type /Page ", b"/Type /Template ")})


# Comments, headers, hybrids


def object_in_comment(pdf: bytes) -> bytes:
    """A reader that rebuilds the file finds the object in what is a comment for others."""
    return update(pdf + b"%" + _LINE + b"\n", {4: b"<< /Producer (other) >>"})


def second_document(pdf: bytes) -> bytes:
    """A whole second file behind the signed one; its own offsets count from its own header."""
    return pdf + write(draft() | {CONTENT: EVIL})


def twin_behind_junk(_pdf: bytes) -> bytes:
    """Junk before the header, and each reading of the offsets finds another content."""
    junk = 400
    first = draft()[CONTENT] + b"\nendobj\n"
    padding = junk - len(b"6 0 obj\n") - len(first)
    both = first + b" " * (padding - 1) + b"\n6 0 obj\n" + EVIL
    objects = draft() | {CONTENT: both}
    return sign(write(objects, header=b"x" * (junk - 1) + b"\n" + HEADER))


def hybrid_hides(pdf: bytes) -> bytes:
    """Readers that know no hybrids see the overlay freed, the others see it as it was."""
    return update(
        pdf, {4: b"<< /Producer (other) >>", 20: b"(x)", FONT: body(pdf, FONT)}, xref="hybrid", packed=[FONT, 20]
    )


def end_mark_in_string(pdf: bytes) -> bytes:
    """An end mark inside a string of an update that changes the content behind it."""
    info = b"<< /Producer (startxref\n%d\n%%%%EOF) >>" % last_startxref(pdf)
    return update(pdf, {4: info, CONTENT: EVIL})


def encrypted_after(pdf: bytes) -> bytes:
    return re.sub(rb"trailer\n<<(?!.*trailer\n<<)", rb"trailer\n<< /Encrypt 97 0 R", update(pdf, {
        97: b"<< /Filter /Standard /V 1 /R 2 /O <%s> /U <%s> /P -4 >>" % (b"00" * 32, b"00" * 32)
    }), flags=re.DOTALL)  # fmt: skip


def scripts_named(pdf: bytes) -> bytes:
    script = b"/JavaScript << /Names [(x) << /S /JavaScript /JS (app.alert\\(1\\)) >>] >>"
    return update(pdf, {1: body(pdf, 1).replace(b"/Type /Catalog", b"/Type /Catalog /Names << %s >>" % script)})


def files_embedded(pdf: bytes) -> bytes:
    files = b"/EmbeddedFiles << /Names [(x) << /Type /Filespec /F (x) >>] >>"
    return update(pdf, {1: body(pdf, 1).replace(b"/Type /Catalog", b"/Type /Catalog /Names << %s >>" % files)})


def forms_of_xml(pdf: bytes) -> bytes:
    """XFA decides what a form shows, wherever it is understood."""
    root = body(pdf, 1)
    return update(pdf, {1: root.replace(b"/AcroForm << ", b"/AcroForm << /XFA 98 0 R ", 1), 98: stream(b"<xdp/>")})


STRUCTURE: dict[str, Attack] = {
    attack.__name__.replace("_", " "): attack
    for attack in (
        generation_raised, generation_lies, container_as_metadata, container_dangling, flooded, page_repeated,
        page_inline, count_lowered, page_moved, tree_swapped, page_retyped, object_in_comment, second_document,
        twin_behind_junk, hybrid_hides, end_mark_in_string, encrypted_after, scripts_named, files_embedded,
        forms_of_xml,
    )
}  # fmt: skip


# Benign twins


def pages_rewritten(pdf: bytes) -> bytes:
    """Page, tree and list of annotations written again as they were."""
    return update(pdf, {number: body(pdf, number) for number in (2, PAGE)})


def remark_of_the_producer(pdf: bytes) -> bytes:
    return update(pdf + b"%Producer 7.1 (c) somebody\n", {4: b"<< /Producer (other) >>"})


def junk_before_header(_pdf: bytes) -> bytes:
    return sign(write(draft(), header=b"x" * 99 + b"\n" + HEADER))


def slips_of_the_producer(_pdf: bytes) -> bytes:
    """Signed objects that miss their places by a byte are the producer's slips, not the attacker's."""
    made = write(draft())
    for number in (FONT, OVERLAY):
        place = made.index(b"\n%d 0 obj\n" % number) + 1
        made = made.replace(b"%010d 00000 n" % place, b"%010d 00000 n" % (place + 3))
    return add_dss(sign(made))


def packed_page(_pdf: bytes) -> bytes:
    return add_dss(_signed_aside(_packed_draft({})[0]), xref="stream")


STRUCTURE_TWINS: dict[str, Attack] = {
    twin.__name__.replace("_", " "): twin
    for twin in (
        pages_rewritten, remark_of_the_producer, junk_before_header, slips_of_the_producer, packed_page,
        flood_and_honest_page,
    )
}  # fmt: skip


# Slightly broken producers: what they write is read over, and stays valid once it is signed


def _plain() -> bytes:
    return write(draft())


def _listed(head: bytes) -> bytes:
    """Objects whose bytes have moved, with true cross-references."""
    rows = {int(m[1]): (1, m.start(1), 0) for m in re.finditer(rb"(?:(?<=[\r\n])|^)(\d+) 0 obj", head)}
    table = b"".join(b"%d 1\n%010d 00000 n \n" % (number, row[1]) for number, row in sorted(rows.items()))
    trailer = b"trailer\n<< /Size 19 /Root 1 0 R /Info 4 0 R >>\nstartxref\n%d\n%%%%EOF\n" % len(head)
    return head + b"xref\n0 1\n0000000000 65535 f \n" + table + trailer


def _objects_only() -> bytes:
    made = _plain()
    return made[: made.rindex(b"xref\n", 0, made.rindex(b"startxref"))]


PRODUCERS: dict[str, bytes] = {
    "endobj missing": _listed(_objects_only().replace(b"\nendobj\n", b"\n", 3)),
    "length too short": _listed(re.sub(rb"/Length \d+ >>\nstream", b"/Length 3 >>\nstream", _objects_only())),
    "length too long": _listed(re.sub(rb"/Length \d+ >>\nstream", b"/Length 9999 >>\nstream", _objects_only())),
    "carriage returns only": _listed(_objects_only().replace(b"\n", b"\r").replace(b"stream\r", b"stream\r\n")),
    "size too small": re.sub(rb"/Size \d+", b"/Size 4", _plain()),
    "size too large": re.sub(rb"/Size \d+", b"/Size 900", _plain()),
    "free list broken": _plain().replace(b"0000000000 65535 f", b"0000000007 00000 f"),
    "rows of nineteen octets": re.sub(rb"(\d{10} \d{5} [nf]) \n", rb"\1\n", _plain()),
    "pointer off by a line": re.sub(
        rb"startxref\n(\d+)", lambda m: b"startxref\n%d" % (int(m[1]) - 5), _plain()
    ),
    "end mark missing": _plain().removesuffix(b"%%EOF\n"),
    "blanks behind": _plain() + b"\r\n" * 40,
    "zeros behind": _plain() + bytes(300),
    "comments between tokens": _listed(
        _objects_only().replace(b"/Type /Page ", b"/Type % a remark\n/Page ").replace(b"/Kids [", b"/Kids % more\n[")
    ),
    "first version": _plain().replace(b"%PDF-1.7", b"%PDF-1.0"),
    "header at the end of junk": write(draft(), header=b"\x00" * 200 + b"\r\n" + HEADER),
}  # fmt: skip
