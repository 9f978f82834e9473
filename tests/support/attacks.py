"""What attackers do to signed PDFs, family by family, and what honest software does (benign twins).

Every attack takes an honestly signed document (see ``victim``) and returns a file that must never be called valid.
Families: incremental saving (ISA), signature wrapping (SWA), universal signature forgery (USF), shadow attacks, evil
annotations and sneaky signatures on certified documents, byte ranges that lie, structure tricks, forged dictionaries.
All made here, from the published descriptions of the attack classes.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from msign.pdf.reader import PdfFile
from msign.pdf.values import InFile, Name, Ref, as_dict, as_list
from tests.support.pdfmaker import last_startxref, sample, stream, trailer_of, update, write
from tests.support.pdfsign import PLACEHOLDER, add_dss, change, dump, sign, timestamp

Attack = Callable[[bytes], bytes]
EVIL = stream(b"BT /F1 40 Tf 72 700 Td (I owe you a million) Tj ET")
FONT, CONTENT, PAGE, OVERLAY, NOTE, FIELD, LOOK, HIDDEN_PAGES, HIDDEN_PAGE, HIDDEN_CATALOG = (
    3,
    6,
    5,
    7,
    8,
    9,
    10,
    11,
    12,
    14,
)
OTHER_FIELD, OTHER_LOOK, ORPHAN = 16, 17, 18


def draft() -> dict[int, bytes]:
    """Objects of a document with everything that attackers like: overlay, note, text field, hidden pages, a dangling reference."""
    objects = sample()
    objects[1] = (
        b"<< /Type /Catalog /Pages 2 0 R /AcroForm << /Fields [9 0 R 16 0 R] /DR << /Font << /F1 3 0 R >> >> /DA (/F1 12 Tf) >> >>"
    )
    objects[PAGE] = (
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents [6 0 R 90 0 R] /Annots [8 0 R 9 0 R 16 0 R] "
        b"/Resources << /Font << /F1 3 0 R >> /XObject << /Over 7 0 R >> >> >>"
    )
    objects[CONTENT] = stream(b"BT /F1 12 Tf 72 700 Td (Price 1000) Tj ET /Over Do")
    form = b"/Type /XObject /Subtype /Form /BBox [0 0 200 30]"
    objects[OVERLAY] = stream(b"1 g 0 0 200 30 re f", form)
    objects[NOTE] = (
        b"<< /Type /Annot /Subtype /FreeText /Rect [72 500 300 530] /Contents (paid) /P 5 0 R /AP << /N 7 0 R >> >>"
    )
    objects[FIELD] = (
        b"<< /FT /Tx /T (Sum) /V (1000) /Type /Annot /Subtype /Widget /Rect [72 600 272 630] /P 5 0 R /AP << /N 10 0 R >> >>"
    )
    objects[LOOK] = stream(b"/Tx BMC BT /F1 12 Tf (1000) Tj ET EMC", form)
    objects[HIDDEN_PAGES] = b"<< /Type /Pages /Kids [12 0 R] /Count 1 >>"
    objects[HIDDEN_PAGE] = (
        b"<< /Type /Page /Parent 11 0 R /MediaBox [0 0 595 842] /Contents 13 0 R /Resources << /Font << /F1 3 0 R >> >> >>"
    )
    objects[13] = EVIL
    objects[HIDDEN_CATALOG] = b"<< /Type /Catalog /Pages 11 0 R >>"
    objects[15] = b"<< /Type /Font /Subtype /Type1 /BaseFont /Symbol >>"
    objects[OTHER_FIELD] = (
        b"<< /FT /Btn /T (Agree) /V /Off /AS /Off /Type /Annot /Subtype /Widget /Rect [72 560 92 580] /P 5 0 R /AP << /N << /Off 17 0 R /Yes 10 0 R >> >> >>"
    )
    objects[OTHER_LOOK] = stream(b"", form)
    return objects


def victim(**options: Any) -> bytes:
    """An honestly signed document, made of ``draft``."""
    return sign(write(draft()), **options)


def certified(level: int) -> bytes:
    return victim(certify=level)


def _body(pdf: bytes, number: int) -> bytes:
    """The text of an object as last written."""
    place = pdf.rindex(b"\n%d 0 obj\n" % number)
    return pdf[place + len(b"\n%d 0 obj\n" % number) : pdf.index(b"\nendobj", place)]


def _signature_number(pdf: bytes) -> int:
    opened = PdfFile.open(pdf)
    fields = as_list(as_dict(opened.resolve(opened.catalog["AcroForm"]))["Fields"])
    values = [as_dict(opened.resolve(field)).get("V") for field in fields]
    return next(value.number for value in values if isinstance(value, Ref))


def _ranges(pdf: bytes) -> tuple[int, int, int]:
    match = re.search(rb"/ByteRange \[0 (\d+) (\d+) (\d+)\]", pdf)
    assert match
    return int(match[1]), int(match[2]), int(match[3])


def _with_ranges(pdf: bytes, text: bytes) -> bytes:
    """Replace the ByteRange in place; the file keeps its length."""
    return re.sub(rb"/ByteRange \[[^\]]*\] *", lambda m: (b"/ByteRange " + text).ljust(len(m[0])), pdf, count=1)


# Incremental saving


def isa_content(pdf: bytes) -> bytes:
    return update(pdf, {CONTENT: EVIL})


def isa_content_by_stream(pdf: bytes) -> bytes:
    return update(pdf, {CONTENT: EVIL}, xref="stream")


def isa_no_xref(pdf: bytes) -> bytes:
    return update(pdf, {CONTENT: EVIL}, xref="none")


def isa_trailer_only(pdf: bytes) -> bytes:
    return isa_no_xref(pdf) + b"trailer\n<< /Size 40 %s >>\n" % trailer_of(pdf)


def isa_old_startxref(pdf: bytes) -> bytes:
    return isa_no_xref(pdf) + b"startxref\n%d\n%%%%EOF\n" % last_startxref(pdf)


def isa_broken_startxref(pdf: bytes) -> bytes:
    return re.sub(rb"startxref\n\d+\n%%EOF\n$", b"startxref\n7\n%%EOF\n", isa_content(pdf))


def isa_no_end_mark(pdf: bytes) -> bytes:
    return re.sub(rb"startxref\n\d+\n%%EOF\n$", b"", isa_content(pdf))


def isa_broken_table(pdf: bytes) -> bytes:
    head, tail = isa_content(pdf).rsplit(b"\nxref\n", 1)
    return head + b"\nxref\nnonsense\n" + tail


def isa_signature_copied(pdf: bytes) -> bytes:
    number = _signature_number(pdf)
    return update(pdf, {CONTENT: EVIL, number: _body(pdf, number)})


def isa_fresh_chain(pdf: bytes) -> bytes:
    """A complete table without /Prev that covers old and new objects."""
    opened = PdfFile.open(pdf)
    out = pdf + b"6 0 obj\n" + EVIL + b"\nendobj\n"
    rows = b""
    for number in sorted(opened.numbers()):
        entry = opened.entry(number)
        offset = len(pdf) if number == CONTENT else entry.offset if isinstance(entry, InFile) else 0
        rows += b"%d 1\n%010d 00000 n \n" % (number, offset)
    return out + b"xref\n" + rows + b"trailer\n<< /Size 40 %s>>\nstartxref\n%d\n%%%%EOF\n" % (trailer_of(pdf), len(out))


def isa_previous_skipped(pdf: bytes) -> bytes:
    """The update's /Prev leads past the signed revision, to the unsigned one."""
    first = int(re.findall(rb"startxref\n(\d+)", pdf)[0])
    number = _signature_number(pdf)
    objects = {n: _body(pdf, n) for n in (1, PAGE, number, number + 1)}
    return update(pdf, objects | {CONTENT: EVIL}, previous=first)


# Signature wrapping


def swa_tail_moved(pdf: bytes) -> bytes:
    """The signed tail moves back, foreign objects take its place, ByteRange follows."""
    first, second, length = _ranges(pdf)
    foreign = b"\n6 0 obj\n" + EVIL + b"\nendobj\n" + b" " * 300
    pdf = _with_ranges(pdf, b"[0 %d %d %d]" % (first, second + len(foreign), length))
    return pdf[:second] + foreign + pdf[second:]


def swa_contents_stretched(pdf: bytes) -> bytes:
    """Zeros in /Contents give way to a closed string and new dictionary entries inside the gap."""
    _, second, _ = _ranges(pdf)
    evil = b"> /Reason (forged) /X <00"
    return pdf[: second - 1 - len(evil)] + evil + pdf[second - 1 :]


def swa_second_dictionary(pdf: bytes) -> bytes:
    """The field points at a new dictionary elsewhere with the old ByteRange and Contents."""
    number = _signature_number(pdf)
    return change(update(pdf, {40: _body(pdf, number), CONTENT: EVIL}), number + 1, V=Ref(40, 0))


# Universal signature forgery: what a careless check skips


def _in_place(pattern: bytes, replacement: bytes) -> Attack:
    def attack(pdf: bytes) -> bytes:
        found = re.search(pattern, pdf)
        assert found
        return pdf[: found.start()] + replacement.ljust(len(found[0]))[: len(found[0])] + pdf[found.end() :]

    return attack


_CONTENTS, _RANGE = rb"/Contents <[0-9a-f]+>", rb"/ByteRange \[[^\]]*\]"
USF: dict[str, Attack] = {
    "contents missing": _in_place(_CONTENTS, b""),
    "contents null": _in_place(_CONTENTS, b"/Contents null"),
    "contents empty": _in_place(_CONTENTS, b"/Contents <>"),
    "contents zero": _in_place(_CONTENTS, b"/Contents <00>"),
    "contents a name": _in_place(_CONTENTS, b"/Contents /Nothing"),
    "range missing": _in_place(_RANGE, b""),
    "range null": _in_place(_RANGE, b"/ByteRange null"),
    "range empty": _in_place(_RANGE, b"/ByteRange []"),
    "range zero": _in_place(_RANGE, b"/ByteRange [0 0 0 0]"),
    "range negative": _in_place(_RANGE, b"/ByteRange [0 -1 -1 0]"),
    "range huge": _in_place(_RANGE, b"/ByteRange [0 99999999 0 99999999]"),
    "range of words": _in_place(_RANGE, b"/ByteRange [/a /b /c /d]"),
    "range twice": _in_place(rb"/SubFilter /ETSI.CAdES.detached", b"/ByteRange [0 0 0 0]"),
    "subfilter unknown": _in_place(rb"/SubFilter /ETSI.CAdES.detached", b"/SubFilter /Nothing.at.all"),
}  # fmt: skip


# Shadow attacks


def shadow_hide_emptied(pdf: bytes) -> bytes:
    return update(pdf, {OVERLAY: stream(b"", b"/Type /XObject /Subtype /Form /BBox [0 0 1 1]")})


def shadow_hide_freed(pdf: bytes) -> bytes:
    return update(pdf, {}, free=[OVERLAY])


def shadow_hide_annotation_removed(pdf: bytes) -> bytes:
    annots = [item for item in as_list(as_dict(PdfFile.open(pdf).get(PAGE))["Annots"]) if item != Ref(NOTE, 0)]
    return change(pdf, PAGE, Annots=annots)


def shadow_hide_annotation_emptied(pdf: bytes) -> bytes:
    return change(pdf, NOTE, Rect=[0, 0, 0, 0])


def shadow_replace_font(pdf: bytes) -> bytes:
    return update(pdf, {FONT: b"<< /Type /Font /Subtype /Type1 /BaseFont /ZapfDingbats >>"})


def shadow_replace_form_font(pdf: bytes) -> bytes:
    root: dict[str, Any] = dict(PdfFile.open(pdf).catalog)
    form: dict[str, Any] = dict(as_dict(root["AcroForm"])) | {"DR": {"Font": {"F1": Ref(15, 0)}}}
    return change(pdf, 1, AcroForm=form)


def shadow_replace_look(pdf: bytes) -> bytes:
    """The field keeps its value and looks different."""
    return update(
        pdf, {LOOK: stream(b"BT /F1 12 Tf (9000000) Tj ET", b"/Type /XObject /Subtype /Form /BBox [0 0 200 30]")}
    )


def shadow_replace_look_pointer(pdf: bytes) -> bytes:
    return update(change(pdf, FIELD, AP={"N": Ref(41, 0)}), {41: stream(b"BT (9000000) Tj ET")})


def shadow_replace_regenerate(pdf: bytes) -> bytes:
    """Value and look differed when signed; now the viewer is told to draw the value."""
    root: dict[str, Any] = dict(PdfFile.open(pdf).catalog)
    return change(pdf, 1, AcroForm=dict(as_dict(root["AcroForm"])) | {"NeedAppearances": True})


def shadow_filled_otherwise(pdf: bytes) -> bytes:
    """The value that a machine reads and the look that a person reads differ."""
    look = stream(b"/Tx BMC BT /F1 12 Tf (9000000) Tj ET EMC", b"/Type /XObject /Subtype /Form /BBox [0 0 200 30]")
    value: dict[str, Any] = dict(as_dict(PdfFile.open(pdf).get(FIELD))) | {"V": b"2000", "AP": {"N": Ref(60, 0)}}
    return update(pdf, {FIELD: dump(value), 60: look})


def shadow_filled_in_place(pdf: bytes) -> bytes:
    """The same, with the old look overwritten in its place."""
    return update(
        change(pdf, FIELD, V=b"2000"), {LOOK: stream(b"BT (9000000) Tj ET", b"/Subtype /Form /BBox [0 0 9 9]")}
    )


def shadow_field_moved(pdf: bytes) -> bytes:
    return change(pdf, FIELD, Rect=[0, 0, 595, 842], V=b"2000")


def shadow_both_pages(pdf: bytes) -> bytes:
    """The catalogue turns to the hidden page tree."""
    return change(pdf, 1, Pages=Ref(HIDDEN_PAGES, 0))


def shadow_both_root(pdf: bytes) -> bytes:
    return update(pdf, {}, trailer=trailer_of(pdf).replace(b"/Root 1 0 R", b"/Root 14 0 R"))


def shadow_both_repointed(pdf: bytes) -> bytes:
    """Nothing is added: an entry of the new table points at the hidden content in the signed part."""
    offset = pdf.index(b"\n13 0 obj") + 1
    start = len(pdf)
    return pdf + b"xref\n6 1\n%010d 00000 n \ntrailer\n<< /Size 40 /Prev %d %s>>\nstartxref\n%d\n%%%%EOF\n" % (
        offset, last_startxref(pdf), trailer_of(pdf), start,
    )  # fmt: skip


def shadow_page_contents(pdf: bytes) -> bytes:
    return change(pdf, PAGE, Contents=Ref(13, 0))


def shadow_dangling(pdf: bytes) -> bytes:
    """The signed page refers to an object that does not exist yet."""
    return update(pdf, {90: EVIL})


# Certified documents


def annotation(pdf: bytes, subtype: str = "FreeText", rect: tuple[int, ...] = (60, 690, 400, 720)) -> bytes:
    """A new annotation with an opaque look over the page's text."""
    look = stream(
        b"1 g 0 0 340 30 re f 0 g BT /F1 20 Tf 4 8 Td (Price 1) Tj ET",
        b"/Type /XObject /Subtype /Form /BBox [0 0 340 30] /Resources << /Font << /F1 3 0 R >> >>",
    )
    page: dict[str, Any] = dict(as_dict(PdfFile.open(pdf).get(PAGE)))
    page["Annots"] = [*as_list(page["Annots"]), Ref(50, 0)]
    note = {
        "Type": Name("Annot"),
        "Subtype": Name(subtype),
        "Rect": list(rect),
        "P": Ref(PAGE, 0),
        "AP": {"N": Ref(51, 0)},
    }
    return update(pdf, {PAGE: dump(page), 50: dump(note), 51: look})


def sneaky_signature(pdf: bytes) -> bytes:
    """A second signature whose look covers the page's text."""
    return sign(pdf, who="maria", name="Signature9", rect=(60, 690, 400, 720), look=b"1 g 0 0 340 30 re f")


def _fake_field(pdf: bytes, value: bytes, extra: dict[int, bytes]) -> bytes:
    """A signature field whose look covers the page's text and whose value is what the attacker likes."""
    root: dict[str, Any] = dict(PdfFile.open(pdf).catalog)
    form: dict[str, Any] = dict(as_dict(root["AcroForm"]))
    form["Fields"] = [*as_list(form["Fields"]), Ref(80, 0)]
    root["AcroForm"] = form
    page: dict[str, Any] = dict(as_dict(PdfFile.open(pdf).get(PAGE)))
    page["Annots"] = [*as_list(page["Annots"]), Ref(80, 0)]
    field = (
        b"<< /FT /Sig /T (Fake) %s /Type /Annot /Subtype /Widget /F 4 /Rect [60 690 400 720] /P 5 0 R /AP << /N 81 0 R >> >>"
        % value
    )
    look = stream(b"1 g 0 0 340 30 re f", b"/Type /XObject /Subtype /Form /BBox [0 0 340 30]")
    return update(pdf, {1: dump(root), PAGE: dump(page), 80: field, 81: look, **extra})


def fake_empty_field(pdf: bytes) -> bytes:
    return _fake_field(pdf, b"", {})


def fake_value_nowhere(pdf: bytes) -> bytes:
    return _fake_field(pdf, b"/V 89 0 R", {})


def fake_value_hollow(pdf: bytes) -> bytes:
    return _fake_field(pdf, b"/V 82 0 R", {82: b"<< /Type /Sig >>"})


def fake_timestamp(pdf: bytes) -> bytes:
    """It counts as no signature, so a careless judge asks nobody whether it holds."""
    value = b"<< /Type /DocTimeStamp /SubFilter /ETSI.RFC3161 /ByteRange [0 1 2 3] /Contents <3000> >>"
    return _fake_field(pdf, b"/V 82 0 R", {82: value})


def filled(pdf: bytes) -> bytes:
    """An honest value in the text field, with the look that goes with it."""
    look = stream(b"/Tx BMC BT /F1 12 Tf (2000) Tj ET EMC", b"/Type /XObject /Subtype /Form /BBox [0 0 200 30]")
    value: dict[str, Any] = dict(as_dict(PdfFile.open(pdf).get(FIELD))) | {"V": b"2000", "AP": {"N": Ref(60, 0)}}
    return update(pdf, {FIELD: dump(value), 60: look})


# Byte ranges that lie


def range_start(pdf: bytes) -> bytes:
    first, second, length = _ranges(pdf)
    return _with_ranges(pdf, b"[9 %d %d %d]" % (first - 9, second, length))


def range_gap(pdf: bytes) -> bytes:
    first, second, length = _ranges(pdf)
    return _with_ranges(pdf, b"[0 %d %d %d]" % (first - 20, second, length))


def range_overlap(pdf: bytes) -> bytes:
    _, second, length = _ranges(pdf)
    return _with_ranges(pdf, b"[0 %d %d %d]" % (second + 5, second, length))


def range_short(pdf: bytes) -> bytes:
    first, second, length = _ranges(pdf)
    return _with_ranges(pdf, b"[0 %d %d %d]" % (first, second, length - 40))


def range_one(pdf: bytes) -> bytes:
    first, _, _ = _ranges(pdf)
    return _with_ranges(pdf, b"[0 %d]" % first)


def tail_uncovered(_pdf: bytes) -> bytes:
    """Honest mathematics over a range that leaves out the end of the file."""
    return _signed_with(lambda gap, end, size: (b"[0 %d %d %d]" % (gap, end, size - end - 30), size - 30))


def gap_too_wide(_pdf: bytes) -> bytes:
    """Honest mathematics over a range whose gap is wider than the signature."""
    return _signed_with(lambda gap, end, size: (b"[0 %d %d %d]" % (gap - 60, end, size - end), size), early=60)


def _signed_with(ranges: Callable[[int, int, int], tuple[bytes, int]], early: int = 0) -> bytes:
    import hashlib

    from tests.support import pdfsign

    pdf = write(draft())
    objects, _ = pdfsign._objects(PdfFile.open(pdf), pdfsign.How())
    start, pdf = len(pdf), update(pdf, objects)
    gap = pdf.index(b"/Contents <" + b"0" * 64, start) + len(b"/Contents ")
    end = gap + 2 * pdfsign.RESERVED + 2
    text, stop = ranges(gap, end, len(pdf))
    place = pdf.index(PLACEHOLDER, start)
    pdf = pdf[:place] + text.ljust(len(PLACEHOLDER)) + pdf[place + len(PLACEHOLDER) :]
    container = pdfsign.cms_container(hashlib.sha256(pdf[: gap - early] + pdf[end:stop]).digest(), pdfsign.How())
    return pdf[: gap + 1] + container.hex().encode().ljust(2 * pdfsign.RESERVED, b"0") + pdf[end - 1 :]


# Structure tricks


def bytes_after_end(pdf: bytes) -> bytes:
    return pdf + b"6 0 obj\n<< >>\nendobj\n"


def stray_object_in_update(pdf: bytes) -> bytes:
    """The update lists one object and holds two of that number."""
    out = update(pdf, {70: b"(new)"})
    place = out.rindex(b"70 0 obj")
    return _shifted(out, place, b"6 0 obj\n" + EVIL + b"\nendobj\n")


def _shifted(pdf: bytes, place: int, extra: bytes) -> bytes:
    """Insert bytes before an object of the last update and move its offsets along."""
    start = last_startxref(pdf)
    out = pdf[:place] + extra + pdf[place:]
    out = out.replace(b"%010d 00000 n" % place, b"%010d 00000 n" % (place + len(extra)))
    return re.sub(rb"startxref\n%d\n%%%%EOF\n$" % start, b"startxref\n%d\n%%%%EOF\n" % (start + len(extra)), out)


def contradictory_rows(pdf: bytes) -> bytes:
    """One number, two rows in the same table."""
    out = add_dss(pdf)
    offset = out.rindex(b"1 0 obj")
    head, tail = out.rsplit(b"trailer", 1)
    return head + b"1 1\n%010d 00000 n \n" % (offset + 3) + b"trailer" + tail


def hybrid_contradiction(pdf: bytes) -> bytes:
    """Table and stream of a hybrid update send readers to different objects."""
    out = update(pdf, {CONTENT: EVIL, 71: b"(x)"}, xref="hybrid", packed=[71])
    offset = PdfFile.open(pdf).entry(CONTENT)
    assert isinstance(offset, InFile)
    return re.sub(rb"\n6 1\n\d{10}", b"\n6 1\n%010d" % offset.offset, out)


def doubled_key(pdf: bytes) -> bytes:
    """The new catalogue has /Pages twice: readers differ in which one counts."""
    root = dump(dict(PdfFile.open(pdf).catalog))
    return update(pdf, {1: root.replace(b"<< ", b"<< /Pages 11 0 R ", 1)})


def container_replaced(_pdf: bytes) -> bytes:
    """An object stream of the signed revision gets another content under its own number."""
    objects = draft()
    pdf = write(objects, xref="stream", packed=[3, 15])
    container = next(e.container for e in [PdfFile.open(pdf).entry(3)] if hasattr(e, "container"))
    signed = sign(pdf, xref="stream")
    head = b"3 0 15 60 "
    body = head + b"<< /Type /Font /Subtype /Type1 /BaseFont /Symbol >>".ljust(60) + b"<< >>"
    return update(signed, {container: stream(body, b"/Type /ObjStm /N 2 /First %d" % len(head))}, xref="stream")


def object_astray(pdf: bytes) -> bytes:
    """An entry of the update points beside its object; readers that search find another one."""
    out = update(pdf, {CONTENT: EVIL})
    offset = out.rindex(b"6 0 obj")
    return out.replace(b"%010d 00000 n" % offset, b"%010d 00000 n" % (offset + 3))


# Forged dictionaries and everything else an editor may do


def reason_replaced(pdf: bytes) -> bytes:
    number = _signature_number(pdf)
    return update(pdf, {number: _body(pdf, number).replace(b"/Type /Sig ", b"/Type /Sig /Reason (forged) ")})


def signature_replaced(pdf: bytes) -> bytes:
    number = _signature_number(pdf)
    return update(change(pdf, number + 1, V=Ref(72, 0)), {72: b"<< /Type /Sig >>"})


def certification_removed(_pdf: bytes) -> bytes:
    return change(certified(1), 1, Perms=None)


def dss_smuggle(pdf: bytes) -> bytes:
    """The page and its content hang under /DSS, and the content is replaced."""
    store = {"Type": Name("DSS"), "Certs": [Ref(CONTENT, 0), Ref(90, 0)], "VRI": {"X": {"TS": Ref(PAGE, 0)}}}
    return update(change(pdf, 1, DSS=store), {CONTENT: EVIL})


def dss_dangling(pdf: bytes) -> bytes:
    return update(change(pdf, 1, DSS={"Certs": [Ref(90, 0)], "X": Ref(PAGE, 0)}), {90: EVIL})


def metadata_smuggle(pdf: bytes) -> bytes:
    return update(change(pdf, 1, Metadata=Ref(CONTENT, 0)), {CONTENT: EVIL})


def info_smuggle(pdf: bytes) -> bytes:
    return update(
        pdf,
        {FONT: b"<< /Type /Font /Subtype /Type1 /BaseFont /Symbol >>"},
        trailer=trailer_of(pdf).replace(b"/Info 4 0 R", b"/Info 3 0 R"),
    )


def open_action(pdf: bytes) -> bytes:
    return change(pdf, 1, OpenAction={"S": Name("JavaScript"), "JS": b"app.alert(1)"})


def names_script(pdf: bytes) -> bytes:
    return change(pdf, 1, Names={"JavaScript": {"Names": [b"a", {"S": Name("JavaScript"), "JS": b"1"}]}})


def layers(pdf: bytes) -> bytes:
    return change(pdf, 1, OCProperties={"OCGs": [], "D": {}})


def page_added(pdf: bytes) -> bytes:
    return change(pdf, 2, Kids=[Ref(PAGE, 0), Ref(HIDDEN_PAGE, 0)], Count=2)


def page_removed(pdf: bytes) -> bytes:
    return change(pdf, 2, Kids=[], Count=0)


def page_cropped(pdf: bytes) -> bytes:
    return change(pdf, PAGE, CropBox=[0, 0, 10, 10])


def page_turned_by_parent(pdf: bytes) -> bytes:
    return change(pdf, 2, Rotate=180)


def page_resources(pdf: bytes) -> bytes:
    return change(pdf, PAGE, Resources={"Font": {"F1": Ref(15, 0)}})


def field_added(pdf: bytes) -> bytes:
    root: dict[str, Any] = dict(PdfFile.open(pdf).catalog)
    form: dict[str, Any] = dict(as_dict(root["AcroForm"]))
    form["Fields"] = [*as_list(form["Fields"]), Ref(73, 0)]
    field = b"<< /FT /Tx /T (New) /V (evil) /Type /Annot /Subtype /Widget /Rect [0 0 500 500] /P 5 0 R >>"
    page: dict[str, Any] = dict(as_dict(PdfFile.open(pdf).get(PAGE)))
    page["Annots"] = [*as_list(page["Annots"]), Ref(73, 0)]
    return update(change(pdf, 1, AcroForm=form), {73: field, PAGE: dump(page)})


def field_removed(pdf: bytes) -> bytes:
    root: dict[str, Any] = dict(PdfFile.open(pdf).catalog)
    form: dict[str, Any] = dict(as_dict(root["AcroForm"]))
    form["Fields"] = [item for item in as_list(form["Fields"]) if item != Ref(FIELD, 0)]
    return change(pdf, 1, AcroForm=form)


def hidden_object_shown(pdf: bytes) -> bytes:
    """An object that was signed unseen becomes an annotation."""
    page: dict[str, Any] = dict(as_dict(PdfFile.open(pdf).get(PAGE)))
    page["Annots"] = [*as_list(page["Annots"]), Ref(ORPHAN, 0)]
    return change(pdf, PAGE, Annots=page["Annots"])


def trailer_key(pdf: bytes) -> bytes:
    return update(pdf, {74: b"(x)"}, trailer=trailer_of(pdf) + b"/Second 14 0 R ")


def byte_flipped(pdf: bytes) -> bytes:
    return pdf.replace(b"Price 1000", b"Price 9000", 1)


def signature_value_flipped(_pdf: bytes) -> bytes:
    pdf = victim(stamp=False)  # without unsigned attributes the value stands last
    _, second, _ = _ranges(pdf)
    start = pdf.index(b"/Contents <") + 11
    place = start + len(pdf[start:second].rstrip(b"0>")) - 20
    return pdf[:place] + (b"1" if pdf[place : place + 1] != b"1" else b"2") + pdf[place + 1 :]


def _tagged() -> dict[int, bytes]:
    objects = draft()
    objects[1] = objects[1].replace(
        b"/Pages 2 0 R", b"/Pages 2 0 R /MarkInfo << /Marked true >> /StructTreeRoot 30 0 R"
    )
    objects[30] = b"<< /Type /StructTreeRoot /K 31 0 R /ParentTree 32 0 R /ParentTreeNextKey 1 >>"
    objects[31] = b"<< /Type /StructElem /S /Document /P 30 0 R /K 33 0 R /Alt (true) >>"
    objects[32] = b"<< /Nums [0 31 0 R] >>"
    objects[33] = b"[0]"
    return objects


def tagged_signature(_pdf: bytes) -> bytes:
    """A desktop editor signs a tagged document a second time and tags the new widget."""
    pdf = sign(sign(write(_tagged())), who="maria", name="S2")
    return update(
        pdf,
        {
            30: b"<< /Type /StructTreeRoot /K 31 0 R /ParentTree 32 0 R /ParentTreeNextKey 2 >>",
            32: b"<< /Nums [0 31 0 R 1 40 0 R] >>",
            33: b"[0 40 0 R]",
            40: b"<< /Type /StructElem /S /Form /P 31 0 R /K << /Type /OBJR /Obj 9 0 R >> >>",
        },
    )


def tagged_text_changed(_pdf: bytes) -> bytes:
    """What a screen reader says is replaced."""
    return change(sign(write(_tagged())), 31, Alt=b"false")


def tagged_list_shared(_pdf: bytes) -> bytes:
    """A list of the structure that the page uses as its content, too."""
    objects = _tagged()
    objects[33] = b"[6 0 R]"
    objects[PAGE] = objects[PAGE].replace(b"/Contents [6 0 R 90 0 R]", b"/Contents 33 0 R")
    return update(sign(write(objects)), {33: b"[6 0 R 41 0 R]", 41: EVIL})


def tagged_page_node(_pdf: bytes) -> bytes:
    """A node of the page tree that looks like one of the structure's parent tree gets another page."""
    objects = _tagged()
    objects[2] = b"<< /Type /Pages /Kids [34 0 R] /Count 1 >>"
    objects[34] = b"<< /Kids [5 0 R] /Nums [] >>"
    objects[32] = b"<< /Kids [34 0 R] >>"
    return update(sign(write(objects)), {34: b"<< /Kids [5 0 R 12 0 R] /Nums [] >>"})


def _family(*attacks: Attack) -> dict[str, Attack]:
    return {attack.__name__.replace("_", " "): attack for attack in attacks}


def _on(level: int, attack: Attack) -> Attack:
    return lambda _pdf: attack(certified(level))


ATTACKS: dict[str, Attack] = {
    **_family(
        isa_content, isa_content_by_stream, isa_no_xref, isa_trailer_only, isa_old_startxref, isa_broken_startxref,
        isa_no_end_mark, isa_broken_table, isa_signature_copied, isa_fresh_chain, isa_previous_skipped,
        swa_tail_moved, swa_contents_stretched, swa_second_dictionary,
        shadow_hide_emptied, shadow_hide_freed, shadow_hide_annotation_removed, shadow_hide_annotation_emptied,
        shadow_replace_font, shadow_replace_form_font, shadow_replace_look, shadow_replace_look_pointer,
        shadow_replace_regenerate, shadow_filled_otherwise, shadow_filled_in_place, shadow_field_moved, shadow_both_pages, shadow_both_root, shadow_both_repointed,
        shadow_page_contents, shadow_dangling,
                fake_empty_field,
        fake_value_nowhere,
        fake_value_hollow,
        fake_timestamp,
range_start, range_gap, range_overlap, range_short, range_one, tail_uncovered, gap_too_wide,
        bytes_after_end, stray_object_in_update, contradictory_rows, hybrid_contradiction, doubled_key,
        container_replaced, object_astray,
        reason_replaced, signature_replaced, certification_removed, dss_smuggle, dss_dangling, metadata_smuggle,
        info_smuggle, open_action, names_script, layers, page_added, page_removed, page_cropped,
        page_turned_by_parent, page_resources, field_added, field_removed, hidden_object_shown, trailer_key,
        byte_flipped, signature_value_flipped, tagged_text_changed, tagged_list_shared, tagged_page_node,
    ),
    **{f"usf {name}": attack for name, attack in USF.items()},
    "evil annotation, level 1": _on(1, annotation),
    "evil annotation, level 2": _on(2, annotation),
    "evil annotation over text, level 3": _on(3, annotation),
    "fake time-stamp, level 1": _on(1, fake_timestamp),
    "sneaky signature, level 1": _on(1, sneaky_signature),
    "sneaky signature, level 2": _on(2, sneaky_signature),
    "sneaky signature, level 3": _on(3, sneaky_signature),
    "form filled, level 1": _on(1, filled),
    "content changed, level 3": _on(3, isa_content),
    "locked field filled": lambda _pdf: filled(victim(lock=b"/Action /Include /Fields [(Sum)]")),
    "all fields locked": lambda _pdf: filled(victim(lock=b"/Action /All")),
    "locked field signed": lambda _pdf: _twice(victim(lock=b"/Action /Include /Fields [(Signature2)]")),
    "signed although others are free": lambda _pdf: _twice(victim(lock=b"/Action /Exclude /Fields [(Sum)]")),
}  # fmt: skip


# Benign twins


def _twice(pdf: bytes) -> bytes:
    return sign(pdf, who="maria", name="Signature2")


def metadata_updated(pdf: bytes) -> bytes:
    return update(pdf, {4: b"<< /Producer (other) /ModDate (D:20260302) >>"})


def rewritten_unchanged(pdf: bytes) -> bytes:
    return update(pdf, {n: _body(pdf, n) for n in (1, FONT, CONTENT)})


def ticked(pdf: bytes) -> bytes:
    return change(pdf, OTHER_FIELD, V=Name("Yes"), AS=Name("Yes"))


def blanks_behind(pdf: bytes) -> bytes:
    return pdf + b"\r\n \n"


def sticky_note(pdf: bytes) -> bytes:
    """A comment in the empty margin."""
    return annotation(pdf, "Text", (540, 20, 560, 40))


def unreferenced(pdf: bytes) -> bytes:
    return update(pdf, {75: b"(nobody refers to this)"})


def empty_field(**options: Any) -> bytes:
    """A document with a prepared, empty signature field (object 20)."""
    objects = draft()
    objects[1] = objects[1].replace(b"16 0 R]", b"16 0 R 20 0 R]")
    objects[PAGE] = objects[PAGE].replace(b"16 0 R]", b"16 0 R 20 0 R]")
    objects[20] = b"<< /FT /Sig /T (Prepared) /Type /Annot /Subtype /Widget /F 132 /Rect [72 100 272 150] /P 5 0 R >>"
    return sign(write(objects), **options)


TWINS: dict[str, Attack] = {
    **_family(
        tagged_signature,
        add_dss, _twice, metadata_updated, rewritten_unchanged, filled, ticked, blanks_behind, sticky_note,
        unreferenced, timestamp,
    ),
    "dss by stream": lambda pdf: add_dss(pdf, xref="stream"),
    "dss indirect arrays, hybrid": lambda pdf: add_dss(pdf, xref="hybrid", indirect=True),
    "dss grows": lambda pdf: add_dss(add_dss(pdf, indirect=True), indirect=True),
    "dss and time-stamp": lambda pdf: timestamp(add_dss(pdf)),
    "time-stamp typed Sig": lambda pdf: timestamp(pdf, kind=b"Sig"),
    "three signatures, each with dss": lambda pdf: add_dss(sign(add_dss(_twice(add_dss(pdf))), who="ion", name="S3")),
    "signed in an object-stream update": lambda pdf: sign(pdf, who="maria", name="S2", xref="stream", packed=True),
    "hybrid signature": lambda pdf: sign(pdf, who="maria", name="S2", xref="hybrid", packed=True),
    "visible second signature in the margin": lambda pdf: sign(
        pdf, who="maria", name="S2", rect=(400, 20, 500, 70), look=b"0 g 0 0 5 5 re f"
    ),
    "form filled, level 2": _on(2, filled),
    "box ticked, level 2": _on(2, ticked),
    "signed invisibly, level 2": _on(2, _twice),
    "validation data, level 1": _on(1, add_dss),
    "time-stamp, level 1": _on(1, timestamp),
    "note, level 3": _on(3, sticky_note),
    "form filled, level 3": _on(3, filled),
    "other field filled": lambda _pdf: ticked(victim(lock=b"/Action /Include /Fields [(Sum)]")),
    "signed, another is locked": lambda _pdf: _twice(victim(lock=b"/Action /Include /Fields [(Sum)]")),
    "empty field stays": lambda _pdf: empty_field(),
    "prepared field signed, level 2": lambda _pdf: sign(
        empty_field(certify=2), who="maria", number=20, look=b"0 g 0 0 5 5 re f"
    ),
    "object streams": lambda _pdf: sign(write(draft(), xref="stream", packed=[1, 2, 3, 4, PAGE, FIELD]), xref="stream"),
    "hybrid document": lambda _pdf: sign(write(draft(), xref="hybrid", packed=[3, 4]), xref="table"),
}  # fmt: skip
