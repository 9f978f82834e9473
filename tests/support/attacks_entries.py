"""Attacks by single entries: of the catalogue, the form, a page, a note, or a small object that others hang on."""

from __future__ import annotations

import re
from functools import cache

from msign.pdf.values import Name
from tests.support.attacks import PAGE, Attack, certified, draft, filled, victim
from tests.support.attacks_look import INVISIBLE, WHITE, note
from tests.support.attacks_structure import body, signed
from tests.support.pdfmaker import stream, trailer_of, update
from tests.support.pdfsign import sign

TEXT, MARGIN = (60, 690, 400, 720), (500, 20, 520, 40)


def _root(entries: bytes) -> Attack:
    """An entry more in the catalogue."""
    return lambda pdf: update(pdf, {1: body(pdf, 1).removesuffix(b">>") + entries + b" >>"})


def _swap(number: int, old: bytes, new: bytes) -> Attack:
    """A piece of an object becomes another; the piece must be there."""

    def attack(pdf: bytes) -> bytes:
        was = body(pdf, number)
        assert old in was
        return update(pdf, {number: was.replace(old, new)})

    return attack


def _page(entries: bytes) -> Attack:
    return _swap(PAGE, b"/MediaBox", entries + b" /MediaBox")


@cache
def _with(*changes: tuple[int, bytes]) -> bytes:
    return signed(dict(changes))


def _beside(changes: dict[int, bytes], later: dict[int, bytes]) -> Attack:
    """A victim of another kind, and what replaces some of its objects."""
    return lambda _pdf: update(_with(*changes.items()), later)


def _resource(kind: bytes, old: bytes, new: bytes) -> Attack:
    page = draft()[PAGE].replace(b"/Resources <<", b"/Resources << /%s << /X 60 0 R >>" % kind)
    return _beside({PAGE: page, 60: old}, {60: new})


def _length(pdf: bytes) -> bytes:
    """The length of the page's content is an object of its own, and becomes smaller."""
    del pdf
    content = b"BT /F1 12 Tf 72 700 Td (Price 1000) Tj ET /Over Do"
    made = _with((6, b"<< /Length 60 0 R >>\nstream\n" + content + b"\nendstream"), (60, b"%d" % len(content)))
    return update(made, {60: b"3"})


_CATALOGUE = draft()[1].removesuffix(b">>")
_LAYERS = {
    1: _CATALOGUE + b"/OCProperties << /OCGs [60 0 R] /D 61 0 R >> >>",
    60: b"<< /Type /OCG /Name (x) >>",
    61: b"<< /ON [60 0 R] >>",
}
_FILES = {
    1: _CATALOGUE + b"/Names << /EmbeddedFiles 61 0 R >> >>",
    61: b"<< /Names [(a) 62 0 R] >>",
    62: b"<< /Type /Filespec /F (a) /EF << /F 63 0 R >> >>",
    63: stream(b"file", b"/Type /EmbeddedFile"),
}
_XFA = {1: draft()[1].replace(b"/DR", b"/XFA [(template) 60 0 R] /DR"), 60: stream(b"<x/>")}
_SQUARE = b"<< /Type /Annot /Subtype /Square /Rect [10 10 20 20] >>"
_IN_PLACE = {PAGE: draft()[PAGE].replace(b"/Annots [", b"/Annots [" + _SQUARE + b" ")}


def _in_place(old: bytes, new: bytes) -> Attack:
    """A note that is written in the page itself is changed there."""
    return lambda _pdf: _swap(PAGE, old, new)(_with(*_IN_PLACE.items()))


def _white(kind: str) -> Attack:
    return lambda pdf: note(pdf, kind, TEXT, WHITE)


def _fewer_objects(pdf: bytes) -> bytes:
    """The trailer says that there are five objects, as those of some honest producers do; viewers know better."""
    made = update(pdf, {4: b"<< >>"})
    start = made.rindex(b"/Size ")
    end = made.index(b" ", start + 6)
    return made[:start] + b"/Size 5".ljust(end - start) + made[end:]


def _default_look(pdf: bytes) -> bytes:
    """Values that are typed from now on are white."""
    return update(pdf, {1: re.sub(rb"/DA <[^>]*>", b"/DA (/F1 1 Tf 1 g)", body(pdf, 1))})


def _certified_by_hand(pdf: bytes) -> bytes:
    """An ordinary signature is presented as one that certifies."""
    number = int(re.findall(rb"/V (\d+) 0 R", pdf)[-1])
    return _root(b"/Perms << /DocMDP %d 0 R >>" % number)(pdf)


def _certified_by_nobody(pdf: bytes) -> bytes:
    """A certification that is no field's value."""
    made = body(pdf, 1).removesuffix(b">>") + b"/Perms << /DocMDP 60 0 R >> >>"
    return update(pdf, {1: made, 60: b"<< /Type /Sig /Filter /Adobe.PPKLite >>"})


ENTRIES: dict[str, Attack] = {
    **{f"catalogue gains {entry.split()[0].decode()}": _root(b"/" + entry) for entry in (
        b"PageLabels << /Nums [0 << /S /D /St 5 >>] >>", b"ViewerPreferences << /Direction /R2L >>",
        b"PageMode /FullScreen", b"OutputIntents []", b"Lang (ru)", b"MarkInfo << /Marked true >>", b"Dests << >>",
        b"AA << /WC << /S /JavaScript /JS (x) >> >>", b"Collection << >>", b"NeedsRendering true",
        b"URI << /Base (http://x.test) >>", b"Perms << /UR3 6 0 R >>", b"Requirements []", b"AF []",
    )},
    **{f"page gains {entry.split()[0].decode()}": _page(b"/" + entry) for entry in (
        b"UserUnit 10", b"AA << /O << /S /JavaScript /JS (x) >> >>", b"Group << /S /Transparency >>", b"VP []",
        b"Thumb 13 0 R", b"Trans << /S /Dissolve >>", b"Metadata 13 0 R",
    )},
    "pages inherit a box": _swap(2, b"/Count", b"/CropBox [0 0 9 9] /Count"),
    "pages inherit a font": _swap(2, b"/Count", b"/Resources << /Font << /F1 15 0 R >> >> /Count"),
    "field gains a default look": _swap(9, b"/FT /Tx", b"/FT /Tx /DA (/F1 0 Tf 1 g)"),
    "field gains a length": _swap(9, b"/FT /Tx", b"/FT /Tx /MaxLen 1"),
    "field is hidden": _swap(9, b"/FT /Tx", b"/FT /Tx /F 2"),
    "field gains a script": _swap(9, b"/FT /Tx", b"/FT /Tx /AA << /F << /S /JavaScript /JS (x) >> >>"),
    "font says other letters": _swap(3, b"/Type /Font", b"/Type /Font /ToUnicode 13 0 R"),
    "font draws other letters": _swap(3, b"/Type /Font", b"/Type /Font /Encoding << /Differences [48 /nine] >>"),
    "colour space": _resource(b"ColorSpace", b"[/DeviceRGB]", b"[/DeviceGray]"),
    "colour profile": _resource(b"ColorSpace", stream(b"profile", b"/N 3"), stream(b"PROFILE", b"/N 3")),
    "graphics state": _resource(b"ExtGState", b"<< /ca 1 >>", b"<< /ca 0 >>"),
    "function": _resource(b"Shading", b"<< /FunctionType 2 /N 1 >>", b"<< /FunctionType 2 /N 2 >>"),
    "number in a box": _beside(
        {PAGE: draft()[PAGE].replace(b"[0 0 595 842]", b"[0 0 60 0 R 842]"), 60: b"595"}, {60: b"10"}
    ),
    "length of the content": _length,
    "filter of the content": _beside(
        {6: b"<< /Length 4 /Filter 60 0 R >>\nstream\n4242\nendstream", 60: b"[]"}, {60: b"/ASCIIHexDecode"}
    ),
    "layer switched off": _beside(_LAYERS, {61: b"<< /OFF [60 0 R] >>"}),
    "layer has another use": _beside(_LAYERS, {60: b"<< /Type /OCG /Name (x) /Usage << /View << /ViewState /OFF >> >> >>"}),
    "embedded file replaced": _beside(_FILES, {63: stream(b"FILE", b"/Type /EmbeddedFile")}),
    "embedded file renamed": _beside(_FILES, {62: b"<< /Type /Filespec /F (b) /EF << /F 63 0 R >> >>"}),
    "embedded file added": _beside(_FILES, {61: b"<< /Names [(a) 62 0 R (b) 62 0 R] >>"}),
    "form of XML replaced": _beside(_XFA, {60: stream(b"<y/>")}),
    "note in place changed": _in_place(b"[10 10 20 20]", b"[10 10 500 800]"),
    "note in place removed": _in_place(_SQUARE, b""),
    "note in place moved on top": _in_place(_SQUARE + b" 8 0 R", b"8 0 R " + _SQUARE),
    "note listed again on top": _swap(PAGE, b"/Annots [8 0 R 9 0 R", b"/Annots [8 0 R 9 0 R 8 0 R"),
    "default look": _default_look,
    "calculation order": _swap(1, b"/DR", b"/CO [9 0 R] /DR"),
    "no signatures, it says": _swap(1, b"/SigFlags 3", b"/SigFlags 0"),
    "certified by hand": _certified_by_hand,
    "certified by nobody": _certified_by_nobody,
    "link with a broad frame": lambda pdf: note(pdf, "Link", TEXT, None, Border=[0, 0, 200], C=[1, 1, 1]),
    "link with a broad line": lambda pdf: note(pdf, "Link", TEXT, None, BS={"W": 60}, C=[1, 1, 1]),
    **{f"white {kind} over text": _white(kind) for kind in ("Watermark", "PrinterMark", "TrapNet", "Whatever")},
    "white line over text": lambda pdf: note(pdf, "Line", TEXT, None, L=[60, 705, 400, 705], C=[1, 1, 1], BS={"W": 30}),
    "white ink over text": lambda pdf: note(pdf, "Ink", TEXT, None, InkList=[[60, 705, 400, 705]], C=[1, 1, 1], BS={"W": 30}),
    "filled although others are free": lambda _pdf: filled(victim(lock=b"/Action /Exclude /Fields [(Agree)]")),
}  # fmt: skip


ENTRY_TWINS: dict[str, Attack] = {
    "fewer objects, it says": _fewer_objects,
    "catalogue gains Version": _root(b"/Version /2.0"),
    "catalogue gains Extensions": _root(b"/Extensions << /ADBE << /BaseVersion /1.7 /ExtensionLevel 3 >> >>"),
    "page gains an order of tabs": _page(b"/Tabs /S"),
    "note in place written again": _in_place(_SQUARE, _SQUARE),
    "signed again beside a note in place": lambda _pdf: sign(_with(*_IN_PLACE.items()), name="Second"),
    "title": lambda pdf: update(pdf, {4: b"<< /Title (Contract) >>"}),
    "second identifier": lambda pdf: update(pdf, {4: b"<< >>"}, trailer=trailer_of(pdf) + b"/ID [<00><01>] "),
    "ordinary link": lambda pdf: note(pdf, "Link", TEXT, None, A={"S": Name("URI"), "URI": b"https://example.test"}),
    "link with a thin frame": lambda pdf: note(pdf, "Link", TEXT, None, Border=[0, 0, 1], C=[0, 0, 1]),
    "marked with a pen": lambda pdf: note(
        pdf, "Highlight", TEXT, None, QuadPoints=[60, 720, 400, 720, 60, 690, 400, 690], C=[1, 1, 0]
    ),
    "attached file in the margin": lambda pdf: note(pdf, "FileAttachment", MARGIN, INVISIBLE),
    "filled, another is locked": lambda _pdf: filled(victim(lock=b"/Action /Include /Fields [(Other)]")),
    "filled, all others are locked": lambda _pdf: filled(victim(lock=b"/Action /Exclude /Fields [(Sum)]")),
    "filled, level 2": lambda _pdf: filled(certified(2)),
    "signed again, level 3": lambda _pdf: sign(certified(3), name="Second"),
}  # fmt: skip
