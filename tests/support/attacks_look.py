"""Attacks on what a signed page shows: looks, layers, scripts and values that change without a word of the content.

They go on where ``attacks.py`` ends. The page of the draft says "Price 1000" at (72, 700); its lower margin is empty.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from msign.pdf.reader import PdfFile
from msign.pdf.values import Name, Ref, as_dict, as_list
from tests.support.attacks import (
    NOTE,
    OTHER_FIELD,
    PAGE,
    Attack,
    certified,
    draft,
    filled,
    shadow_hide_annotation_removed,
)  # fmt: skip
from tests.support.attacks_structure import body, signed
from tests.support.pdfmaker import stream, update
from tests.support.pdfsign import change, dump, sign

TEXT, MARGIN = (60, 690, 400, 720), (400, 20, 560, 40)
WHITE, BLACK, GREY = (b"%s g 0 0 340 30 re f" % shade for shade in (b"1", b"0", b"0.5"))
INVISIBLE, PRINTED_ONLY = b"", 36
_FORM = b"/Type /XObject /Subtype /Form /BBox [0 0 340 30]"
SCRIPT = {"PO": {"S": Name("JavaScript"), "JS": b"app.alert(1)"}}


def note(pdf: bytes, subtype: str, rect: tuple[int, ...], look: bytes | None, **keys: Any) -> bytes:
    """Add an annotation to the page, with a look or without."""
    opened = PdfFile.open(pdf)
    page: dict[str, Any] = dict(as_dict(opened.get(PAGE)))
    page["Annots"] = [*as_list(opened.resolve(page.get("Annots"))), Ref(80, 0)]
    value: dict[str, Any] = {"Type": Name("Annot"), "Subtype": Name(subtype), "Rect": list(rect), "F": 4} | keys
    objects = {PAGE: dump(page)}
    if look is not None:
        value["AP"] = {"N": Ref(81, 0)}
        objects[81] = stream(look, _FORM)
    return update(pdf, objects | {80: dump(value)})


def _notes(subtype: str, look: bytes | None, **keys: Any) -> Attack:
    return lambda pdf: note(pdf, subtype, TEXT, look, **keys)


def on_turned_page(entries: bytes, rect: tuple[int, ...]) -> Attack:
    """A white note over the text of a page that is turned, or whose corner is not at zero."""
    page = draft()[PAGE].replace(b"/Type /Page", b"/Type /Page " + entries)
    page = page.replace(b"/MediaBox [0 0 595 842]", b"") if b"MediaBox" in entries else page
    return lambda _pdf: note(signed({PAGE: page}), "Stamp", rect, WHITE)


def _annotations(order: bytes) -> dict[int, bytes]:
    """Two stamps over the same place; the later one in the list is on top."""
    stamp = b"<< /Type /Annot /Subtype /Stamp /Rect [72 400 272 430] /F 4 /AP << /N %d 0 R >> >>"
    page = draft()[PAGE].replace(b"/Annots [", b"/Annots [%s " % order)
    return {
        40: stamp % 42, 41: stamp % 43, PAGE: page,
        42: stream(b"1 g 0 0 340 30 re f 0 g BT /F1 12 Tf (pay 100) Tj ET", _FORM),
        43: stream(b"1 g 0 0 340 30 re f 0 g BT /F1 12 Tf (pay 900) Tj ET", _FORM),
    }  # fmt: skip


def _two_pages(**options: Any) -> bytes:
    return signed({
        2: b"<< /Type /Pages /Kids [5 0 R 70 0 R] /Count 2 >>",
        70: b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] >>",
    }, **options)  # fmt: skip


def _says_page(number: int) -> Callable[[dict[int, bytes]], dict[int, bytes]]:
    return lambda objects: {n: data.replace(b"/P 5 0 R", b"/P %d 0 R" % number) for n, data in objects.items()}


def notes_reordered(_pdf: bytes) -> bytes:
    victim = signed(_annotations(b"41 0 R 40 0 R"))
    page = body(victim, PAGE)
    return update(victim, {PAGE: page.replace(b"41 0 R 40 0 R", b"40 0 R 41 0 R")})


# Fields


def _field(number: int, entries: bytes, look: bytes | None = None, **options: Any) -> dict[int, bytes]:
    """One more field, listed in form and page."""
    objects = draft()
    root = objects[1].replace(b"16 0 R]", b"16 0 R %d 0 R]" % number)
    page = objects[PAGE].replace(b"16 0 R]", b"16 0 R %d 0 R]" % number)
    look_entry = b"/AP << /N 51 0 R >>" if look is not None else b""
    widget = b"<< /Type /Annot /Subtype /Widget /F 4 /P 5 0 R %s %s >>" % (entries, look_entry)
    found = {1: root, number: widget} | ({51: stream(look, _FORM)} if look is not None else {})
    return found | ({PAGE: page} if options.get("listed", True) else {})


BIG_TEXT = _field(50, b"/FT /Tx /T (Remarks) /Rect [60 690 400 720]")


def filled_over_text(_pdf: bytes) -> bytes:
    """A large empty field over the contract is "filled in" with a picture of another contract."""
    drawn = b"1 g 0 0 340 30 re f 0 g 10 10 50 10 re f"
    return change(update(signed(BIG_TEXT), {81: stream(drawn, _FORM)}), 50, V=b"x", AP={"N": Ref(81, 0)})


def filled_in_one_update(_pdf: bytes) -> bytes:
    victim = signed(BIG_TEXT)
    field = body(victim, 50).replace(b"/FT /Tx", b"/FT /Tx /V (x) /AP << /N 81 0 R >>")
    return update(victim, {50: field, 81: stream(WHITE, _FORM)})


def page_sized_button(_pdf: bytes) -> bytes:
    """A box to tick as large as the page: its two looks are two documents."""
    looks = b"/AP << /N << /Off 17 0 R /Yes 10 0 R >> >>"
    victim = signed(_field(50, b"/FT /Btn /T (All) /V /Off /AS /Off /Rect [0 100 590 680] " + looks))
    return change(victim, 50, V=Name("Yes"), AS=Name("Yes"))


def state_of_text_field(_pdf: bytes) -> bytes:
    """A text field with two looks; the update switches between them."""
    looks = b"/AP << /N << /A 17 0 R /B 10 0 R >> >>"
    victim = signed(_field(50, b"/FT /Tx /T (Two) /V (100) /AS /A /Rect [72 300 272 330] " + looks))
    return change(victim, 50, AS=Name("B"))


def ticked_without_value(pdf: bytes) -> bytes:
    return change(pdf, OTHER_FIELD, AS=Name("Yes"))


def _family(**options: Any) -> bytes:
    root = draft()[1].replace(b"16 0 R]", b"16 0 R 60 0 R]")
    return signed({
        1: root, 60: b"<< /T (Person) /FT /Tx /V (Ana) /Kids [61 0 R] >>",
        61: b"<< /T (Name) /Parent 60 0 R /Type /Annot /Subtype /Widget /Rect [72 300 272 330] >>",
    }, **options)  # fmt: skip


def inherited_value(**options: Any) -> Attack:
    """The value above the fields changes, no field does."""
    return lambda _pdf: change(_family(**options), 60, V=b"Eva")


def _prepared(
    look: bytes | None, rect: bytes = b"[60 690 400 720]", *, flags: bytes = b"", listed: bool = True
) -> dict[int, bytes]:
    return _field(50, b"/FT /Sig /T (Prepared) /Rect %s %s" % (rect, flags), look, listed=listed)


def unlisted_field_signed(_pdf: bytes) -> bytes:
    """The prepared field was on no page; signing puts it over the text of a certified document."""
    victim = signed(_prepared(WHITE, listed=False), certify=2)
    page: dict[str, Any] = dict(as_dict(PdfFile.open(victim).get(PAGE)))
    page["Annots"] = [*as_list(page["Annots"]), Ref(50, 0)]
    return sign(victim, who="maria", number=50, look=WHITE, edit=lambda objects: objects | {PAGE: dump(page)})


def prepared_field_hides(_pdf: bytes) -> bytes:
    """An empty signature field covers the text; signing it takes the cover away."""
    return sign(signed(_prepared(WHITE)), who="maria", number=50, look=INVISIBLE)


def overlay_note_removed_level_3(_pdf: bytes) -> bytes:
    """Annotations may go under level 3, but not uncover another text."""
    cover = draft()[NOTE].replace(b"[72 500 300 530]", b"[60 690 400 720]")
    return shadow_hide_annotation_removed(signed({NOTE: cover}, certify=3))


def field_with_script(pdf: bytes) -> bytes:
    number = PdfFile.open(pdf).next_number + 1

    def edit(objects: dict[int, bytes]) -> dict[int, bytes]:
        return objects | {number: objects[number].replace(b"<<", b"<< /AA " + dump(SCRIPT), 1)}

    return sign(pdf, who="maria", name="S2", edit=edit)


def _on(level: int, attack: Attack) -> Attack:
    return lambda _pdf: attack(certified(level))


LOOKS: dict[str, Attack] = {
    "note without look": _notes("FreeText", None, C=[1, 1, 1], DA=b"/F1 12 Tf", Contents=b"Price 9000"),
    "note on paper only": _notes("Stamp", WHITE, F=PRINTED_ONLY),
    "note under the pointer": _notes("Stamp", WHITE, F=4 + 256 + 32),
    "note in a layer": _notes("Stamp", INVISIBLE, OC=Ref(13, 0)),
    "black note": _notes("Stamp", BLACK),
    "grey note": _notes("Stamp", GREY),
    "note over one digit": lambda pdf: note(pdf, "Stamp", (104, 690, 112, 720), WHITE),
    "note on a turned page": on_turned_page(b"/Rotate 180", TEXT),
    "note on a page on its side": on_turned_page(b"/Rotate 90", TEXT),
    "note on a page elsewhere": on_turned_page(b"/MediaBox [-200 -300 395 842]", TEXT),
    "note whose place is written elsewhere": lambda pdf: note(
        update(pdf, {82: b"400"}), "Stamp", (60, 690, Ref(82, 0), 720), WHITE
    ),
    "sneaky signature that names another page, level 2": lambda _pdf: sign(
        _two_pages(certify=2), who="maria", name="S2", rect=(60, 690, 400, 720), look=WHITE, edit=_says_page(70)
    ),
    "note with script": lambda pdf: note(pdf, "Text", MARGIN, INVISIBLE, AA=SCRIPT),
    "link that starts a program": lambda pdf: note(pdf, "Link", MARGIN, None, A={"S": Name("Launch"), "F": b"x"}),
    "link with a second action": lambda pdf: note(
        pdf, "Link", MARGIN, None,
        A={"S": Name("URI"), "URI": b"https://example.test", "Next": {"S": Name("Hide"), "T": b"Sum"}},
    ),
    "film": lambda pdf: note(pdf, "RichMedia", MARGIN, INVISIBLE),
    "notes reordered": notes_reordered,
    "filled over text": filled_over_text,
    "filled over text in one update": filled_in_one_update,
    "page-sized button": page_sized_button,
    "state of a text field": state_of_text_field,
    "ticked without value": ticked_without_value,
    "inherited value, level 1": inherited_value(certify=1),
    "inherited value, locked": inherited_value(lock=b"/Action /Include /Fields [(Person)]"),
    "unknown level": lambda _pdf: filled(certified(7)),
    "unknown lock": lambda _pdf: filled(signed({}, lock=b"/Action /Nothing")),
    "unlisted field signed, level 2": unlisted_field_signed,
    "prepared field hides": prepared_field_hides,
    "overlay note removed, level 3": overlay_note_removed_level_3,
    "field with script": field_with_script,
    "note without look, level 3": _on(3, _notes("FreeText", None, C=[1, 1, 1])),
    "black note, level 3": _on(3, _notes("Stamp", BLACK)),
}  # fmt: skip


# Benign twins


def struck_out(pdf: bytes) -> bytes:
    """A thin line through a word: it says something, and hides nothing."""
    return note(pdf, "StrikeOut", TEXT, b"0 1 0 RG 0.8 w 10 14 m 120 14 l S")


def filled_in_margin(_pdf: bytes) -> bytes:
    victim = signed(_field(50, b"/FT /Tx /T (Remarks) /Rect [60 100 400 130]"))
    field = body(victim, 50).replace(b"/FT /Tx", b"/FT /Tx /V (x) /AP << /N 81 0 R >>")
    look = b"/Tx BMC 1 g 0 0 340 30 re f 0 g BT /F1 12 Tf 2 10 Td (x) Tj ET EMC"
    return update(victim, {50: field, 81: stream(look, _FORM)})


def radio_chosen(_pdf: bytes) -> bytes:
    root = draft()[1].replace(b"16 0 R]", b"16 0 R 60 0 R]")
    kid = b"<< /Parent 60 0 R /Type /Annot /Subtype /Widget /Rect [%d 300 %d 312] /AS /Off /AP << /N << /Off 17 0 R /%s 10 0 R >> >> >>"
    victim = signed({
        1: root, 60: b"<< /T (Choice) /FT /Btn /Ff 32768 /V /Off /Kids [61 0 R 62 0 R] >>",
        61: kid % (72, 84, b"One"), 62: kid % (100, 112, b"Two"),
        PAGE: draft()[PAGE].replace(b"16 0 R]", b"16 0 R 61 0 R 62 0 R]"),
    })  # fmt: skip
    opened = PdfFile.open(victim)
    parent: dict[str, Any] = dict(as_dict(opened.get(60)))
    chosen: dict[str, Any] = dict(as_dict(opened.get(62)))
    return update(victim, {60: dump(parent | {"V": Name("Two")}), 62: dump(chosen | {"AS": Name("Two")})})


def comment_on_a_turned_page(_pdf: bytes) -> bytes:
    page = draft()[PAGE].replace(b"/Type /Page", b"/Type /Page /Rotate 90")
    return note(signed({PAGE: page}), "Stamp", (60, 20, 400, 50), WHITE)


LOOK_TWINS: dict[str, Attack] = {
    "struck out": struck_out,
    "filled in the margin": filled_in_margin,
    "radio button chosen": radio_chosen,
    "note without look in the margin": lambda pdf: note(pdf, "FreeText", MARGIN, None, C=[1, 1, 1]),
    "link to an address": lambda pdf: note(pdf, "Link", TEXT, None, A={"S": Name("URI"), "URI": b"https://example.test"}),
    "note on a turned page": comment_on_a_turned_page,
    "inherited value": inherited_value(certify=2),
    "prepared field signed over a line, level 2": lambda _pdf: sign(
        signed(_prepared(None), certify=2), who="maria", number=50, look=b"0 0 1 RG 5 5 m 90 40 l S"
    ),
    "own note removed, level 3": lambda _pdf: shadow_hide_annotation_removed(certified(3)),
}  # fmt: skip
