"""Makes XML signatures of every shape, honest ones and attacks, with keys of the test PKI."""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from lxml import etree

from tests.support.pki import Identity, Pki

DS = "http://www.w3.org/2000/09/xmldsig#"
XADES = "http://uri.etsi.org/01903/v1.3.2#"
EXC = "http://www.w3.org/2001/10/xml-exc-c14n#"
SHA256 = "http://www.w3.org/2001/04/xmlenc#sha256"
ECDSA = "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha256"
PROPERTIES = "http://uri.etsi.org/01903#SignedProperties"
ENVELOPED = f'<ds:Transform Algorithm="{DS}enveloped-signature"/>'
EXCLUSIVE = f'<ds:Transform Algorithm="{EXC}"/>'


def b64(data: bytes) -> str:
    return base64.b64encode(data).decode()


def sha256(data: bytes) -> str:
    return b64(hashlib.sha256(data).digest())


def canonical(element: etree._Element) -> bytes:
    alone = etree.fromstring(etree.tostring(element, with_tail=False))
    return etree.tostring(alone, method="c14n", exclusive=True, with_comments=False)


@dataclass
class Reference:
    uri: str | None
    digest: str
    transforms: str = ""
    kind: str = ""

    def xml(self) -> str:
        uri = "" if self.uri is None else f' URI="{self.uri}"'
        kind = f' Type="{self.kind}"' if self.kind else ""
        steps = f"<ds:Transforms>{self.transforms}</ds:Transforms>" if self.transforms else ""
        return (
            f'<ds:Reference{uri}{kind}>{steps}<ds:DigestMethod Algorithm="{SHA256}"/>'
            f"<ds:DigestValue>{self.digest}</ds:DigestValue></ds:Reference>"
        )


def signed_properties(signer: Identity, identifier: str) -> str:
    return (
        f'<xades:SignedProperties xmlns:xades="{XADES}" xmlns:ds="{DS}" Id="{identifier}-props">'
        "<xades:SignedSignatureProperties><xades:SigningTime>2026-03-02T09:15:00Z</xades:SigningTime>"
        f'<xades:SigningCertificateV2><xades:Cert><xades:CertDigest><ds:DigestMethod Algorithm="{SHA256}"/>'
        f"<ds:DigestValue>{sha256(signer.der)}</ds:DigestValue></xades:CertDigest></xades:Cert>"
        "</xades:SigningCertificateV2></xades:SignedSignatureProperties></xades:SignedProperties>"
    )


def signature(
    pki: Pki, references: list[Reference], *, identifier: str = "s1", objects: str = "", stamped: bool = True,
    signer: Identity | None = None, stamp_over: bytes | None = None,
) -> str:  # fmt: skip
    """Return a ds:Signature (XAdES-T unless told otherwise) with the given references."""
    who = signer or pki.person("maria")
    properties = signed_properties(who, identifier)
    own = Reference(f"#{identifier}-props", sha256(canonical(etree.fromstring(properties))), EXCLUSIVE, PROPERTIES)
    info = (
        f'<ds:SignedInfo xmlns:ds="{DS}"><ds:CanonicalizationMethod Algorithm="{EXC}"/>'
        f'<ds:SignatureMethod Algorithm="{ECDSA}"/>{"".join(r.xml() for r in [*references, own])}</ds:SignedInfo>'
    )
    assert isinstance(who.key, ec.EllipticCurvePrivateKey)
    r, s = decode_dss_signature(who.key.sign(canonical(etree.fromstring(info)), ec.ECDSA(hashes.SHA256())))
    value = (
        f'<ds:SignatureValue xmlns:ds="{DS}" Id="{identifier}-value">'
        f"{b64(r.to_bytes(32, 'big') + s.to_bytes(32, 'big'))}</ds:SignatureValue>"
    )
    over = canonical(etree.fromstring(value)) if stamp_over is None else stamp_over
    token = pki.tsa.timestamp(hashlib.sha256(over).digest(), "sha256") if stamped else b""
    stamp = (
        f'<xades:UnsignedProperties><xades:UnsignedSignatureProperties><xades:SignatureTimeStamp>'
        f'<ds:CanonicalizationMethod Algorithm="{EXC}"/><xades:EncapsulatedTimeStamp>{b64(token)}'
        "</xades:EncapsulatedTimeStamp></xades:SignatureTimeStamp><!--counter--></xades:UnsignedSignatureProperties>"
        "</xades:UnsignedProperties>"
    )  # fmt: skip
    certificates = "".join(f"<ds:X509Certificate>{b64(c)}</ds:X509Certificate>" for c in [who.der])
    return (
        f'<ds:Signature xmlns:ds="{DS}" Id="{identifier}">{info}{value}'
        f"<ds:KeyInfo><ds:X509Data>{certificates}</ds:X509Data></ds:KeyInfo>{objects}"
        f'<ds:Object><xades:QualifyingProperties xmlns:xades="{XADES}" Target="#{identifier}">{properties}'
        f"{stamp if stamped else ''}</xades:QualifyingProperties></ds:Object></ds:Signature>"
    )


BODY = '<order xmlns="urn:test:order" Id="body"><sum>100</sum></order>'


def enveloped(pki: Pki, body: str = "<sum>100</sum>", **more: object) -> bytes:
    """The whole document signed, the signature inside it."""
    root = f'<order xmlns="urn:test:order">{body}'
    whole = Reference("", sha256(canonical(etree.fromstring(f"{root}</order>"))), ENVELOPED + EXCLUSIVE)
    return f"{root}{signature(pki, [whole], **more)}</order>".encode()  # type: ignore[arg-type]


def enveloping(pki: Pki, content: str = "<sum>100</sum>", extra: str = "") -> bytes:
    """The content inside an object of the signature."""
    item = f'<ds:Object xmlns:ds="{DS}" Id="content">{content}</ds:Object>'
    reference = Reference("#content", sha256(canonical(etree.fromstring(item))), EXCLUSIVE)
    return signature(pki, [reference], objects=item + extra).encode()


def part_signed(pki: Pki) -> bytes:
    """Only one element of a larger document signed."""
    reference = Reference("#body", sha256(canonical(etree.fromstring(BODY))), EXCLUSIVE)
    return f"<letter>{BODY}<more>unsigned</more>{signature(pki, [reference])}</letter>".encode()


def detached(pki: Pki, content: bytes, uri: str | None = "content.bin", **more: object) -> bytes:
    """The content outside, named by URI."""
    return signature(pki, [Reference(uri, sha256(content))], **more).encode()  # type: ignore[arg-type]


def wrapped(pki: Pki) -> bytes:
    """The signed element moved into a corner, a fake one shown in its place."""
    fake = BODY.replace("100", "900").replace(' Id="body"', "")
    signed = part_signed(pki).decode()
    return signed.replace(BODY, f"{fake}<corner>{BODY}</corner>").encode()


def same_id_twice(pki: Pki) -> bytes:
    """A second element with the signed Id."""
    signed = part_signed(pki).decode()
    return signed.replace("<more>", f"{BODY.replace('100', '900')}<more>").encode()


def hidden_object(pki: Pki) -> bytes:
    """The signed object wrapped into a fake one of the same signature."""
    signed = enveloping(pki).decode()
    start = signed.index(f'<ds:Object xmlns:ds="{DS}" Id="content">')
    end = signed.index("</ds:Object>", start) + len("</ds:Object>")
    inner = signed[start:end]
    fake = f'<ds:Object xmlns:ds="{DS}" Id="other"><sum>900</sum>{inner}</ds:Object>'
    return (signed[:start] + fake + signed[end:]).encode()


def fake_properties(pki: Pki) -> bytes:
    """Properties of somebody else beside the signed ones, which hide in a second object."""
    honest = enveloped(pki).decode()
    start = honest.index("<xades:SignedProperties")
    end = honest.index("</xades:SignedProperties>") + len("</xades:SignedProperties>")
    fake = honest[start:end].replace("2026-03-02", "2020-01-01").replace("s1-props", "s1-fake")
    moved = f"<ds:Object><kept>{honest[start:end]}</kept></ds:Object>"
    return (honest[:start] + fake + honest[end:]).replace("</ds:Signature>", f"{moved}</ds:Signature>").encode()


def no_content_reference(pki: Pki) -> bytes:
    """Only the properties are signed; the document is left free."""
    return f'<order xmlns="urn:test:order"><sum>100</sum>{signature(pki, [])}</order>'.encode()


def counter_signed(pki: Pki, *, right_value: bool = True) -> bytes:
    """A counter-signature over the signature value, or over something else."""
    outer = detached(pki, b"content").decode()
    tree = etree.fromstring(outer)
    value = tree.find(f"{{{DS}}}SignatureValue")
    assert value is not None
    digest = sha256(canonical(value))
    target = "#s1-value" if right_value else "#s1-props"
    if not right_value:
        digest = sha256(canonical(next(tree.iter(f"{{{XADES}}}SignedProperties"))))
    counter = signature(
        pki, [Reference(target, digest, EXCLUSIVE)], identifier="c1", stamped=False, signer=pki.person("elena")
    )
    return outer.replace("<!--counter-->", f"<xades:CounterSignature>{counter}</xades:CounterSignature>").encode()
