"""Signs small PDFs the way tests want it: any field, certification level, lock, kind of update; and time-stamps them.

Made for validator tests: it writes what it is told, lawful or not. The product's own signer is ``msign.signing``.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from cryptography.hazmat.primitives.serialization import Encoding

from msign.pdf.reader import PdfFile
from msign.pdf.values import InStream, Name, Ref, Stream, as_dict, as_list
from msign.pki.certificate import ParsedCertificate
from msign.pki.evidence import RevocationEvidence
from msign.pki.trust import TrustStore
from msign.signing import cms
from msign.signing.algorithms import Digest
from msign.signing.keys import InMemoryKey, Signer
from msign.validation.context import ValidationContext
from tests.support.pdfmaker import Xref, update
from tests.support.pki import Identity, Pki, session_pki

PLACEHOLDER = b"[0 1111111111 2222222222 3333333333]"
RESERVED = 12_000


def dump(value: Any) -> bytes:  # noqa: PLR0911
    """Write a value as PDF syntax; strings in hexadecimal."""
    match value:
        case None:
            return b"null"
        case bool():
            return b"true" if value else b"false"
        case Ref(number, generation):
            return b"%d %d R" % (number, generation)
        case Name():
            return b"/" + b"".join(
                bytes([c]) if 33 <= c < 127 and c not in b"#/()<>[]{}%" else b"#%02x" % c
                for c in value.encode("latin-1")
            )
        case bytes():
            return b"<" + value.hex().encode() + b">"
        case int() | float():
            return str(value).encode()
        case dict():
            return b"<< " + b" ".join(dump(Name(k)) + b" " + dump(v) for k, v in value.items()) + b" >>"
        case list():
            return b"[" + b" ".join(map(dump, value)) + b"]"
        case _:
            raise TypeError(value)


@dataclass(frozen=True)
class How:
    """How a signature is made. ``certify`` is a DocMDP level; ``lock`` the body of a FieldMDP; ``number`` signs a field that exists."""

    who: str = "ion-p256"
    name: str = "Signature1"
    certify: int | None = None
    lock: bytes | None = None
    number: int | None = None
    rect: tuple[int, int, int, int] = (0, 0, 0, 0)
    look: bytes | None = None
    xref: Xref = "table"
    packed: bool = False
    stamp: bool = True
    subfilter: bytes = b"ETSI.CAdES.detached"
    kind: bytes = b"Sig"
    page: int = 5
    extra: bytes = b""
    certificates: bool = True
    digest: Digest = Digest.SHA256
    widgets: int = 1


def sign(
    pdf: bytes,
    how: How | None = None,
    *,
    edit: Callable[[dict[int, bytes]], dict[int, bytes]] = lambda objects: objects,
    **options: Any,
) -> bytes:
    """Return the document with one more signature, as an incremental update; ``edit`` changes what the update holds."""
    how = how or How(**options)
    opened = PdfFile.open(pdf)
    objects, container_at = _objects(opened, how)
    objects = edit(objects)
    xref: Xref = how.xref
    packed = [n for n in objects if n != container_at and not objects[n].endswith(b"endstream")] if how.packed else []
    return fill(update(pdf, objects, xref=xref, packed=packed), len(pdf), how)


def _objects(opened: PdfFile, how: How) -> tuple[dict[int, bytes], int]:
    objects: dict[int, bytes] = {}
    free = opened.next_number
    value, number = free, how.number or free + 1
    objects[value] = _signature_dictionary(how)
    widget: dict[str, Any] = dict(as_dict(opened.get(number))) if how.number else {
        "FT": Name("Sig"), "T": how.name.encode(), "Type": Name("Annot"), "Subtype": Name("Widget"), "F": 132,
        "P": Ref(how.page, 0), "Rect": list(how.rect),
    }  # fmt: skip
    widget["V"] = Ref(value, 0)
    if how.look is not None:
        objects[free + 2] = (
            b"<< /Type /XObject /Subtype /Form /BBox [0 0 100 50] /Length %d >>\nstream\n%s\nendstream"
            % (len(how.look), how.look)
        )
        widget["AP"] = {"N": Ref(free + 2, 0)}
    objects[number] = dump(widget)
    if not how.number:
        _into_form(opened, objects, number, value, how)
    return objects, value


def _into_form(opened: PdfFile, objects: dict[int, bytes], number: int, value: int, how: How) -> None:
    root_ref = opened.trailer["Root"]
    assert isinstance(root_ref, Ref)
    root: dict[str, Any] = dict(opened.catalog)
    form: dict[str, Any] = dict(as_dict(opened.resolve(root.get("AcroForm"))))
    form["Fields"] = [*as_list(opened.resolve(form.get("Fields"))), Ref(number, 0)]
    form["SigFlags"] = 3
    if isinstance(root.get("AcroForm"), Ref):
        objects[root["AcroForm"].number] = dump(form)
    else:
        root["AcroForm"] = form
    if how.certify:
        root["Perms"] = {"DocMDP": Ref(value, 0)}
    objects[root_ref.number] = dump(root)
    page: dict[str, Any] = dict(as_dict(opened.get(how.page)))
    page["Annots"] = [*as_list(opened.resolve(page.get("Annots"))), Ref(number, 0)]
    objects[how.page] = dump(page)


def _signature_dictionary(how: How) -> bytes:
    references = []
    if how.certify:
        references.append(
            b"<< /Type /SigRef /TransformMethod /DocMDP /TransformParams << /Type /TransformParams /P %d /V /1.2 >> >>"
            % how.certify
        )
    if how.lock:
        references.append(
            b"<< /Type /SigRef /TransformMethod /FieldMDP /TransformParams << /Type /TransformParams /V /1.2 %s >> >>"
            % how.lock
        )
    reference = b"/Reference [%s] " % b" ".join(references) if references else b""
    return b"<< /Type /%s /Filter /Adobe.PPKLite /SubFilter /%s %s%s/ByteRange %s /Contents <%s> >>" % (
        how.kind,
        how.subfilter,
        reference,
        how.extra,
        PLACEHOLDER,
        b"0" * (2 * RESERVED),
    )


def fill(pdf: bytes, start: int, how: How) -> bytes:
    """Put true ranges and the container into the signature dictionary that was written behind ``start``."""
    gap = pdf.index(b"/Contents <" + b"0" * 64, start) + len(b"/Contents ")
    end = gap + 2 * RESERVED + 2
    ranges = b"[0 %d %d %d]" % (gap, end, len(pdf) - end)
    place = pdf.index(PLACEHOLDER, start)
    pdf = pdf[:place] + ranges.ljust(len(PLACEHOLDER)) + pdf[place + len(PLACEHOLDER) :]
    digest = hashlib.new(how.digest.value, pdf[:gap] + pdf[end:]).digest()
    container = (
        session_pki().tsa.timestamp(digest, "sha256")
        if how.subfilter == b"ETSI.RFC3161"
        else cms_container(digest, how)
    )
    assert len(container) <= RESERVED
    return pdf[: gap + 1] + container.hex().encode().ljust(2 * RESERVED, b"0") + pdf[end - 1 :]


def signer_of(identity: Identity) -> Signer:
    return Signer(InMemoryKey(identity.key), identity.certificate, identity.chain)


def cms_container(digest: bytes, how: How) -> bytes:
    """A CAdES container over a digest; ``stamp`` adds a signature time-stamp."""
    pki = session_pki()
    signer = signer_of(pki.person(how.who))
    attributes = cms.signed_attributes(digest, signer.signing_certificate)
    value = signer.key.sign(attributes)
    unsigned = []
    if how.stamp:
        unsigned.append(cms.signature_timestamp(pki.tsa.timestamp(hashlib.sha256(value).digest(), "sha256")))
    return cms.signed_data(
        attributes=attributes, value=value, digest=how.digest, algorithm=signer.key.algorithm,
        certificate=signer.signing_certificate, chain=signer.issuers if how.certificates else (), unsigned=unsigned,
    )  # fmt: skip


def timestamp(pdf: bytes, *, kind: bytes = b"DocTimeStamp", name: str = "Stamp1", xref: Xref = "table") -> bytes:
    """Return the document with a document time-stamp over everything so far."""
    return sign(pdf, How(name=name, subfilter=b"ETSI.RFC3161", kind=kind, xref=xref))


def add_dss(pdf: bytes, *, xref: Xref = "table", indirect: bool = False) -> bytes:
    """Return the document with a DSS that holds CRLs and certificates of the test PKI."""
    pki = session_pki()
    opened = PdfFile.open(pdf)
    free = opened.next_number
    root_ref = opened.trailer["Root"]
    assert isinstance(root_ref, Ref)
    items = [
        pki.crl("qualified"),
        pki.crl("root"),
        *(c.public_bytes(Encoding.DER) for c in pki.person("ion-p256").chain),
    ]
    objects = {
        free + i: b"<< /Length %d >>\nstream\n" % len(data) + data + b"\nendstream" for i, data in enumerate(items)
    }
    crls, certs = [Ref(free, 0), Ref(free + 1, 0)], [Ref(n, 0) for n in range(free + 2, free + len(items))]
    store: dict[str, Any] = {"Type": Name("DSS"), "CRLs": crls, "Certs": certs, "VRI": {"0" * 40: {"CRL": crls}}}
    if indirect:
        objects[free + 20] = dump(crls)
        objects[free + 21] = dump(store | {"CRLs": Ref(free + 20, 0)})
    root: dict[str, Any] = dict(opened.catalog)
    root["DSS"] = Ref(free + 21, 0) if indirect else store
    objects[root_ref.number] = dump(root)
    return update(pdf, objects, xref=xref)


def change(pdf: bytes, number: int, *, xref: Xref = "table", **keys: Any) -> bytes:
    """Return the document with some keys of one dictionary changed by an update; ``None`` takes a key away."""
    value: dict[str, Any] = dict(as_dict(PdfFile.open(pdf).get(number)))
    for key, item in keys.items():
        value.pop(key, None) if item is None else value.__setitem__(key, item)
    return update(pdf, {number: dump(value)}, xref=xref)


def packed_objects(pdf: bytes) -> set[int]:
    opened = PdfFile.open(pdf)
    return {n for n in opened.numbers() if isinstance(opened.entry(n), InStream)}


def streams(pdf: bytes) -> set[int]:
    opened = PdfFile.open(pdf)
    return {n for n in opened.numbers() if isinstance(opened.get(n), Stream)}


@dataclass(frozen=True)
class TestRevocation:
    """Answers with the CRLs of the test PKI."""

    __test__ = False
    pki: Pki = field(default_factory=session_pki)

    def find(self, certificate: ParsedCertificate, issuer: ParsedCertificate, at: dt.datetime) -> RevocationEvidence:
        return RevocationEvidence(crls=tuple(self.pki.crl(name) for name in ("root", "qualified", "advanced")))


def context(folder: Any, **options: Any) -> ValidationContext:
    """Trust in the test PKI, its CRLs, its clock."""
    pki = session_pki()
    trust = TrustStore.from_folder(pki.write_trust(folder))
    return ValidationContext(**({"trust": trust, "revocation": TestRevocation(), "clock": pki.clock} | options))
