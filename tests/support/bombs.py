"""Files that cost more than they look: each must be answered within the limits, or refused by the name of one."""

from __future__ import annotations

import base64
import zlib
from collections.abc import Callable

from msign.pki import asn1, der
from tests.support import attacks, containers, pdfmaker, pdfsign
from tests.support.pki import session_pki
from tests.unit.validation import forge

DS = "http://www.w3.org/2000/09/xmldsig#"
SIZE = 4 * 1024 * 1024  # one unit of the limits: 2 seconds and 300 MB
_EXC = "http://www.w3.org/2001/10/xml-exc-c14n#"


def _signature_xml(body: str) -> bytes:
    return f"<order>{body}</order>".encode()


def xml_deep() -> bytes:
    return b"<a>" * (SIZE // 7) + b"</a>" * (SIZE // 7)


def xml_wide() -> bytes:
    return b"<a>" + b"<b/>" * (SIZE // 4) + b"</a>"


def xml_entities() -> bytes:
    rows = "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 10}">' for n in range(1, 12))
    return f'<!DOCTYPE a [<!ENTITY e0 "ha">{rows}]><a>&e11;</a>'.encode()


def xml_attributes() -> bytes:
    return b"<a " + b" ".join(b'x%d="1"' % n for n in range(SIZE // 14)) + b"/>"


def xml_namespaces() -> bytes:
    """Many namespace declarations in scope of many elements, all of them canonicalised."""
    scope = " ".join(f'xmlns:n{n}="urn:{n}"' for n in range(400))
    inner = "".join(f"<n{n % 400}:e/>" for n in range(40_000))
    return forge.enveloped(session_pki(), f"<all {scope}>{inner}</all>")


def xml_many_signatures() -> bytes:
    one = forge.signature(
        session_pki(), [forge.Reference("", "AA==", forge.ENVELOPED + forge.EXCLUSIVE)], stamped=False
    )
    return _signature_xml(one * 150 + "<x>" + "y" * SIZE + "</x>")


def xml_many_references() -> bytes:
    refs = [forge.Reference("", "AA==", forge.ENVELOPED + forge.EXCLUSIVE) for _ in range(250)]
    return _signature_xml(forge.signature(session_pki(), refs) + "<x>" + "<y/>" * (SIZE // 4) + "</x>")


def xml_transforms() -> bytes:
    steps = forge.EXCLUSIVE * 2000
    reference = forge.Reference("", "AA==", forge.ENVELOPED + steps)
    return _signature_xml(forge.signature(session_pki(), [reference]) + "<x>" + "z" * (SIZE // 2) + "</x>")


def xml_base64_transform() -> bytes:
    steps = f'<ds:Transform Algorithm="{DS}base64"/>' * 50
    text = base64.b64encode(b"A" * (SIZE // 2)).decode()
    reference = forge.Reference("#body", "AA==", steps)
    return _signature_xml(f'<x Id="body">{text}</x>' + forge.signature(session_pki(), [reference]))


def xml_certificates() -> bytes:
    one = base64.b64encode(session_pki().person("maria").der).decode()
    made = forge.enveloped(session_pki()).decode()
    extra = f"<ds:X509Data>{f'<ds:X509Certificate>{one}</ds:X509Certificate>' * 3000}</ds:X509Data>"
    return made.replace("</ds:KeyInfo>", f"{extra}</ds:KeyInfo>").encode()


def xml_spaces_in_base64() -> bytes:
    made = forge.enveloped(session_pki()).decode()
    return made.replace("</ds:SignatureValue>", " \n" * (SIZE // 2) + "</ds:SignatureValue>").encode()


def xml_xpath() -> bytes:
    """An expression that would need quadratic work."""
    path = '<ds:Transform Algorithm="http://www.w3.org/TR/1999/REC-xpath-19991116"><ds:XPath>count(//*[count(//*) > 1]) > 0</ds:XPath></ds:Transform>'
    reference = forge.Reference("", "AA==", path)
    return _signature_xml("<y/>" * 100_000 + forge.signature(session_pki(), [reference]))


def asn1_deep() -> bytes:
    return b"\x30\x80" * (SIZE // 2)


def asn1_wide() -> bytes:
    """A CMS container with a million tiny elements among its certificates."""
    fields, signers = containers.parts(containers.p7s())
    fields[3] = der.tlv(0xA0, b"\x05\x00" * (SIZE // 2))
    return containers.whole(fields, signers)


def asn1_attributes() -> bytes:
    fields, [signer] = containers.parts(containers.p7s())
    own = [one.raw for one in asn1.read(signer).children()]
    own[6] = der.tlv(0xA1, *([der.sequence(der.oid("1.2.3.4"), der.set_of([b"\x05\x00"]))] * (SIZE // 12)))
    return containers.whole(fields, [der.sequence(*own)])


def asn1_many_signers() -> bytes:
    fields, signers = containers.parts(containers.p7s())
    return containers.whole(fields, signers * 800)


def asn1_many_stamps() -> bytes:
    fields, [signer] = containers.parts(containers.p7s())
    own = [one.raw for one in asn1.read(signer).children()]
    own[6] = der.tlv(0xA1, *([asn1.read(own[6]).children()[0].raw] * 1500))
    return containers.whole(fields, [der.sequence(*own)])


def asn1_big_number() -> bytes:
    fields, signers = containers.parts(containers.p7s())
    fields[0] = asn1.encode(asn1.INTEGER, b"\x7f" * (SIZE - 8000))
    return containers.whole(fields, signers)


def _pdf(*objects: bytes, tail: bytes = b"") -> bytes:
    out = bytearray(b"%PDF-1.7\n")
    places = []
    for number, body in enumerate(objects, 1):
        places.append(len(out))
        out += b"%d 0 obj\n%b\nendobj\n" % (number, body)
    start = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    out += b"".join(b"%010d 00000 n \n" % place for place in places)
    out += b"trailer\n<< /Size %d /Root 1 0 R >>\n%bstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, tail, start)
    return bytes(out)


def _stream(body: bytes, extra: bytes = b"") -> bytes:
    return b"<< /Length %d %b >>\nstream\n%b\nendstream" % (len(body), extra, body)


def _flate(body: bytes, extra: bytes = b"") -> bytes:
    return _stream(zlib.compress(body, 9), b"/Filter /FlateDecode " + extra)


def pdf_nested_arrays() -> bytes:
    return _pdf(
        b"<< /Type /Catalog /Pages 2 0 R /AcroForm 3 0 R >>",
        b"<< /Type /Pages /Kids [] /Count 0 >>",
        b"[" * (SIZE - 1000) + b"]",
    )


def pdf_flate_bomb() -> bytes:
    inner = zlib.compress(bytes(80 * 1024**2), 9)
    body = _stream(zlib.compress(inner, 9), b"/Filter [/FlateDecode /FlateDecode] /Type /ObjStm /N 100000 /First 1")
    catalogue = b"<< /Type /Catalog /Pages 2 0 R /AcroForm << /Fields [4 0 R] >> >>"
    return _pdf(catalogue, b"<< /Type /Pages /Kids [] /Count 0 >>", body)


def pdf_object_streams() -> bytes:
    """A cross-reference stream that puts everything into one object stream of a million objects."""
    count = 60_000
    header = b" ".join(b"%d 0" % (10 + n) for n in range(count))
    body = _flate(header + b" null", b"/Type /ObjStm /N %d /First %d" % (count, len(header) + 1))
    rows = b"".join(b"\x02" + (9).to_bytes(3, "big") + (n % 65536).to_bytes(2, "big") for n in range(count))
    out = bytearray(b"%PDF-1.7\n")
    out += b"1 0 obj\n<< /Type /Catalog /Pages 2 0 R /AcroForm 11 0 R >>\nendobj\n"
    stream_at = len(out)
    out += b"9 0 obj\n" + body + b"\nendobj\n"
    start = len(out)
    index = b"/Type /XRef /W [1 3 2] /Root 1 0 R /Size 100000 /Index [10 %d]" % count
    del stream_at
    out += b"8 0 obj\n" + _flate(rows, index) + b"\nendobj\nstartxref\n%d\n%%%%EOF\n" % start
    return bytes(out)


def pdf_huge_xref() -> bytes:
    rows = b"0000000009 00000 n \n" * (SIZE // 20)
    head = b"%PDF-1.7\n1 0 obj\n<< /Type /Catalog /Pages 1 0 R >>\nendobj\n"
    count = len(rows) // 20
    return (
        head
        + b"xref\n0 %d\n" % count
        + rows
        + b"trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (count, len(head))
    )


def pdf_lying_xref() -> bytes:
    """A few octets of cross-reference stream that speak of a billion objects."""
    out = b"%PDF-1.7\n1 0 obj\n<< /Type /Catalog /Pages 1 0 R >>\nendobj\n"
    start = len(out)
    index = b"/Type /XRef /W [0 0 0] /Root 1 0 R /Size 1000000000 /Index [0 1000000000]"
    return out + b"2 0 obj\n" + _flate(b"", index) + b"\nendobj\nstartxref\n%d\n%%%%EOF\n" % start


def pdf_many_revisions() -> bytes:
    out = bytearray(_pdf(b"<< /Type /Catalog /Pages 2 0 R >>", b"<< /Type /Pages /Kids [] /Count 0 >>"))
    previous = out.rindex(b"xref\n0")
    for _ in range(20_000):
        start = len(out)
        out += b"xref\n0 0\ntrailer\n<< /Size 3 /Root 1 0 R /Prev %d >>\nstartxref\n%d\n%%%%EOF\n" % (previous, start)
        previous = start
    return bytes(out)


def pdf_fields_in_a_circle() -> bytes:
    kids = b"".join(b"%d 0 R " % n for n in range(4, 204))
    field = b"<< /T (a) /Kids [" + kids + b"] >>"
    return _pdf(
        b"<< /Type /Catalog /Pages 2 0 R /AcroForm 3 0 R >>",
        b"<< /Type /Pages /Kids [] /Count 0 >>",
        b"<< /Fields [" + kids + b"] >>",
        *[field] * 200,
    )


def pdf_many_signatures() -> bytes:
    value = (
        b"<< /Type /Sig /Filter /Adobe.PPKLite /SubFilter /ETSI.CAdES.detached /ByteRange [0 1 2 3] /Contents <3000> >>"
    )
    count = 2500
    kids = b"".join(b"%d 0 R " % n for n in range(5, 5 + count))
    fields = [b"<< /FT /Sig /T (s%d) /V 4 0 R >>" % n for n in range(count)]
    return _pdf(
        b"<< /Type /Catalog /Pages 2 0 R /AcroForm 3 0 R >>",
        b"<< /Type /Pages /Kids [] /Count 0 >>",
        b"<< /Fields [" + kids + b"] >>",
        value,
        *fields,
    )


def _signed_and(objects: dict[int, bytes]) -> bytes:
    """A signed document with an update of many objects: the rules about changes have much to do."""
    return pdfmaker.update(attacks.victim(), objects)


def pdf_chain_of_changes() -> bytes:
    """Six thousand new objects, each known by the one before it only."""
    links = {number: b"<< /A %d 0 R >>" % (number + 1) for number in range(1000, 7_000)}
    return _signed_and({4: b"<< /X 1000 0 R >>"} | links)


def pdf_slips_by_the_thousand() -> bytes:
    return _signed_and(dict.fromkeys(range(1000, 7000), b"<< /A 1 /A 2 >>"))


def pdf_values_above_values() -> bytes:
    """Three thousand fields below sixty nodes, each of which changes its value."""
    kids = b" ".join(b"%d 0 R" % number for number in range(2000, 5_000))
    nodes = {n: b"<< /T (p) /V (%%b) /Kids [%d 0 R] >>" % (n + 1) for n in range(1000, 1060)}
    fields = {n: b"<< /T (f%d) >>" % n for n in range(2000, 5_000)}
    objects = attacks.draft() | {n: node % b"a" for n, node in nodes.items()} | fields
    objects[1] = objects[1].replace(b"/Fields [", b"/Fields [1000 0 R ")
    objects[1060] = b"<< /T (q) /FT /Tx /Kids [%s] >>" % kids
    signed = pdfsign.sign(pdfmaker.write(objects))
    return pdfmaker.update(signed, {n: node % b"b" for n, node in nodes.items()})


def pdf_notes_over_everything() -> bytes:
    """Four thousand notes as large as the page."""
    numbers = range(1000, 5_000)
    page = attacks.draft()[attacks.PAGE].replace(
        b"/Annots [", b"/Annots [%s " % b" ".join(b"%d 0 R" % n for n in numbers)
    )
    note = b"<< /Type /Annot /Subtype /Stamp /Rect [0 0 595 842] >>"
    return _signed_and({attacks.PAGE: page} | dict.fromkeys(numbers, note))


def pdf_notes_in_place() -> bytes:
    """Four thousand notes written in the page itself, before and after, each with each to be compared."""
    notes = b"".join(b"<</Subtype/Stamp/Rect[0 0 595 %d]>>" % number for number in range(4_000))
    page = attacks.draft()[attacks.PAGE].replace(b"/Annots [", b"/Annots [" + notes)
    signed = pdfsign.sign(pdfmaker.write(attacks.draft() | {attacks.PAGE: page}))
    return pdfmaker.update(signed, {attacks.PAGE: page.replace(b"/Stamp", b"/Square")})


def pdf_deep_pages() -> bytes:
    """A page below four thousand nodes."""
    objects = attacks.draft() | {2: b"<< /Type /Pages /Kids [100 0 R] /Count 1 >>"}
    for number in range(100, 4_100):
        objects[number] = b"<< /Type /Pages /Parent %d 0 R /Kids [%d 0 R] >>" % (number - 1, number + 1)
    objects[4_100] = objects[attacks.PAGE].replace(b"/Parent 2 0 R", b"/Parent 4099 0 R")
    return attacks.annotation(pdfsign.sign(pdfmaker.write(objects), page=4_100))


def pdf_predicted_xref() -> bytes:
    """Sixty thousand octets that inflate to thirty million rows of one octet, each told by the one above."""
    head = b"%PDF-1.7\n1 0 obj\n<< /Type /Catalog /Pages 1 0 R >>\nendobj\n"
    settings = b"/Type /XRef /W [1 0 0] /Root 1 0 R /Size 8000000 /DecodeParms << /Predictor 12 /Columns 1 >>"
    stream = _flate(b"\x02\x01" * 30_000_000, settings)
    return head + b"2 0 obj\n%b\nendobj\nstartxref\n%d\n%%%%EOF\n" % (stream, len(head))


def pdf_huge_images() -> bytes:
    """Pictures of some gigabytes, by what they say of themselves, on a page that has to be drawn."""
    say = b"/Type /XObject /Subtype /Image /Width 65000 /Height 65000 /ColorSpace /DeviceGray /BitsPerComponent "
    kinds = {
        950: b"1 /Filter /CCITTFaxDecode /DecodeParms << /K -1 /Columns 65000 /Rows 65000 >>",
        951: b"1 /Filter /JBIG2Decode",
        952: b"8 /Filter /FlateDecode",
        953: b"8 /Filter /RunLengthDecode",
    }
    page = attacks.draft()[attacks.PAGE].replace(
        b"/XObject << ", b"/XObject << " + b"".join(b"/I%d %d 0 R " % (n, n) for n in kinds)
    )
    drawn = b"".join(b"q 500 0 0 500 50 50 cm /I%d Do Q " % number for number in kinds)
    pictures = {number: _stream(b"\xff" * 50_000, say + kind) for number, kind in kinds.items()}
    signed = pdfsign.sign(
        pdfmaker.write(attacks.draft() | pictures | {attacks.PAGE: page, attacks.CONTENT: pdfmaker.stream(drawn)})
    )
    return attacks.annotation(signed)


def _to_be_signed(body: str) -> bytes:
    whole = forge.Reference("", "AA==", forge.ENVELOPED + forge.EXCLUSIVE)
    return _signature_xml(body + forge.signature(session_pki(), [whole], stamped=False))


def xml_one_identifier() -> bytes:
    """A hundred thousand elements with the same identifier."""
    return _to_be_signed("<x Id='a'/>" * 100_000)


def xml_signed_attributes() -> bytes:
    """An element with a hundred thousand attributes, to be made canonical."""
    return _to_be_signed("<all " + " ".join(f"x{number}='1'" for number in range(100_000)) + "/>")


def asn1_other_certificates() -> bytes:
    """Four thousand certificates, each with another signature value."""
    fields, signers = containers.parts(containers.p7s())
    one = session_pki().person("elena").der
    others = [one[:-4] + number.to_bytes(4, "big") for number in range(4000)]
    fields[3] = der.tlv(0xA0, asn1.read(fields[3]).value, *others)
    return containers.whole(fields, signers)


def asn1_long_identifier() -> bytes:
    """An object identifier of one number over two hundred thousand octets."""
    fields, signers = containers.parts(containers.p7s())
    fields[2] = der.sequence(asn1.encode(asn1.OID, b"\x2a" + b"\xff" * 200_000 + b"\x01"))
    return containers.whole(fields, signers)


def pdf_startxref_everywhere() -> bytes:
    return b"%PDF-1.7\n" + b"startxref\n5\n%%EOF\n1 0 obj <<\n" * (SIZE // 30)


def pdf_parentheses() -> bytes:
    return b"%PDF-1.7\n1 0 obj\n" + b"(" * SIZE + b"\nendobj\nstartxref\n9\n%%EOF"


def zip_bomb() -> bytes:
    return containers.bomb(200)


def zip_members() -> bytes:
    return containers.many_members(3_000)


def zip_overlapping() -> bytes:
    """Many directory entries over the same packed octets (a "better zip bomb")."""
    made = bytearray(containers.bomb(8))
    start = containers.directory_offset(bytes(made))
    entries = bytes(made[start:-22])
    return (
        bytes(made[:start])
        + entries * 200
        + made[-22:-12]
        + b"".join(value.to_bytes(size, "little") for value, size in ((len(entries) * 200, 4), (start, 4), (0, 2)))
    )


def text_of_brackets() -> bytes:
    return b"<" * SIZE


BOMBS: dict[str, Callable[[], bytes]] = {
    made.__name__.replace("_", " "): made
    for made in (
        xml_deep, xml_wide, xml_entities, xml_attributes, xml_namespaces, xml_many_signatures, xml_many_references,
        xml_transforms, xml_base64_transform, xml_certificates, xml_spaces_in_base64, xml_xpath, asn1_deep, asn1_wide,
        asn1_attributes, asn1_many_signers, asn1_many_stamps, asn1_big_number, pdf_nested_arrays, pdf_flate_bomb,
        pdf_object_streams, pdf_huge_xref, pdf_lying_xref, pdf_many_revisions, pdf_fields_in_a_circle, pdf_many_signatures,
        pdf_startxref_everywhere, pdf_parentheses, pdf_chain_of_changes, pdf_slips_by_the_thousand,
        pdf_values_above_values, pdf_notes_over_everything, pdf_notes_in_place, pdf_deep_pages, pdf_predicted_xref, pdf_huge_images, xml_one_identifier,
        xml_signed_attributes, asn1_other_certificates, asn1_long_identifier, zip_bomb, zip_members, zip_overlapping, text_of_brackets,
    )
}  # fmt: skip
