"""XAdES LT and LTA: made at once, raised later, renewed."""

from __future__ import annotations

import base64
import hashlib
from importlib import resources
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import Encoding
from lxml import etree

from msign.kernel.errors import Code, MSignError
from msign.kernel.words import SignatureLevel
from msign.pki.timestamps import parse_token
from msign.signing import xades
from msign.signing.evidence import EvidenceCollector
from msign.signing.keys import Signer
from msign.signing.xadeslong import archive_imprint, canonical
from msign.signing.xmltext import DS, XADES, XADES141
from tests.support.corpus import CORPUS, needs_corpus
from tests.support.pki import Pki

NS = {"ds": DS, "xades": XADES, "xades141": XADES141}
CONTENT = b"the data that stays with the information system"
HASH = hashlib.sha256(CONTENT).digest()
LTA = SignatureLevel.LTA


def tokens(root: etree._Element, name: str) -> list[bytes]:
    path = f".//{name}/xades:EncapsulatedTimeStamp"
    return [base64.b64decode(one.text or "") for one in root.iterfind(path, NS)]


def signed_parts(xml: bytes) -> list[bytes]:
    root = etree.fromstring(xml)
    names = ("SignedInfo", "SignatureValue", "SignedProperties", "KeyInfo")
    return [canonical(next(root.iter(f"{{*}}{name}"))) for name in names]


@pytest.mark.parametrize("style", list(xades.HashStyle))
def test_an_archive_time_stamp_covers_the_data_and_all_before_it(
    style: xades.HashStyle, ion: Signer, pki: Pki, evidence: EvidenceCollector
) -> None:
    parameters = xades.XadesParameters(level=LTA, style=style)
    content = CONTENT if style is xades.HashStyle.DETACHED_DIGEST else None
    xml = xades.sign(HASH, signer=ion, tsa=pki.tsa, evidence=evidence, content=content, parameters=parameters)
    renewed = xades.augment(xml, level=LTA, tsa=pki.tsa, evidence=evidence, content=content)
    assert signed_parts(renewed) == signed_parts(xml)
    root = etree.fromstring(renewed)
    properties = list(root.iterfind(".//xades:UnsignedSignatureProperties/*", NS))
    archives = [one for one in properties if one.tag == f"{{{XADES141}}}ArchiveTimeStamp"]
    assert len(archives) == 2
    for one, token in zip(archives, tokens(root, "xades141:ArchiveTimeStamp"), strict=True):
        before = properties[: properties.index(one)]
        assert parse_token(token).imprint == archive_imprint(root, before, content)


def test_the_long_way_from_b(maria: Signer, pki: Pki, evidence: EvidenceCollector, tmp_path: Path) -> None:
    content = tmp_path / "content"
    content.write_bytes(CONTENT)
    xml = xades.sign(HASH, signer=maria, parameters=xades.XadesParameters(level=SignatureLevel.B))
    for level in (SignatureLevel.T, SignatureLevel.LT, LTA):
        raised = xades.augment(xml, level=level, tsa=pki.tsa, evidence=evidence, content=content)
        assert signed_parts(raised) == signed_parts(xml)
        xml = raised
    root = etree.fromstring(xml)
    (token,) = tokens(root, "xades:SignatureTimeStamp")
    value = next(root.iter("{*}SignatureValue"))
    assert parse_token(token).imprint == hashlib.sha256(canonical(value)).digest()
    embedded = {one.text for one in root.iter(f"{{{XADES}}}EncapsulatedX509Certificate")}
    assert base64.b64encode(pki.tsa.certificate.public_bytes(Encoding.DER)).decode() in embedded
    assert next(root.iter(f"{{{XADES}}}EncapsulatedOCSPValue")).text


@pytest.mark.parametrize("level", [SignatureLevel.B, SignatureLevel.T, SignatureLevel.LT, LTA])
@pytest.mark.parametrize("form", list(xades.CertificateForm))
@pytest.mark.parametrize("style", list(xades.HashStyle))
def test_every_level_is_valid_against_the_schemas(
    level: SignatureLevel,
    form: xades.CertificateForm,
    style: xades.HashStyle,
    ion: Signer,
    pki: Pki,
    evidence: EvidenceCollector,
) -> None:
    parameters = xades.XadesParameters(level=level, certificate_form=form, style=style, correlation_id="a b")
    xml = xades.sign(HASH, signer=ion, tsa=pki.tsa, evidence=evidence, content=CONTENT, parameters=parameters)
    schemas().assertValid(etree.fromstring(xml))


def schemas() -> etree.XMLSchema:
    folder = resources.files("signxml") / "xades" / "schemas"
    wanted = [
        (XADES, folder / "XAdES01903v132-201601.xsd"),
        (XADES141, folder / "XAdES01903v141-201601.xsd"),
    ]
    imports = "".join(f'<xs:import namespace="{name}" schemaLocation="{path}"/>' for name, path in wanted)
    text = f'<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema">{imports}</xs:schema>'
    parser = etree.XMLParser(no_network=True)
    parser.resolvers.add(Local(Path(str(resources.files("signxml") / "schemas"))))
    return etree.XMLSchema(etree.fromstring(text, parser))


class Local(etree.Resolver):
    """Serves the XML-DSig schema from the package instead of the network."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def resolve(self, url: str, _id: str, context: object) -> object:
        if "xmldsig-core-schema" in url:
            return self.resolve_filename(str(next(self.folder.rglob("xmldsig-core-schema.xsd"))), context)
        return None


def test_an_archive_time_stamp_needs_the_data_itself(ion: Signer, pki: Pki, evidence: EvidenceCollector) -> None:
    xml = xades.sign(HASH, signer=ion, tsa=pki.tsa)
    with pytest.raises(MSignError, match="give the content"):
        xades.augment(xml, level=LTA, tsa=pki.tsa, evidence=evidence)
    with pytest.raises(MSignError, match="not what was signed"):
        xades.augment(xml, level=LTA, tsa=pki.tsa, evidence=evidence, content=b"something else")


def test_lt_without_a_source_of_evidence_is_refused(ion: Signer, pki: Pki) -> None:
    with pytest.raises(MSignError, match="source of validation data"):
        xades.sign(HASH, signer=ion, tsa=pki.tsa, parameters=xades.XadesParameters(level=SignatureLevel.LT))


@pytest.mark.parametrize(
    "xml", [b"", b"<a/>", b"<a", b'<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>', b"\xff\xfe", b"<a>" * 1000]
)
def test_what_is_no_xades_is_refused(xml: bytes, pki: Pki) -> None:
    with pytest.raises(MSignError) as caught:
        xades.augment(xml, level=SignatureLevel.T, tsa=pki.tsa)
    assert caught.value.code is Code.UNREADABLE_DOCUMENT


def test_the_schemas_would_notice(ion: Signer, pki: Pki) -> None:
    xml = xades.sign(HASH, signer=ion, tsa=pki.tsa)
    assert not schemas().validate(etree.fromstring(xml.replace(b"xades:MimeType", b"xades:Mime")))


@pytest.mark.corpus
@needs_corpus
@pytest.mark.parametrize("name", ["xades-lta-valid.xml", "xades-ocsp-before-cert-validity.xml"])
def test_our_archive_imprint_is_the_one_that_others_compute(name: str) -> None:
    root = etree.parse(CORPUS / "dss-xades" / name).getroot()
    signature = next(root.iter(f"{{{DS}}}Signature"))
    properties = list(signature.iterfind(".//xades:UnsignedSignatureProperties/*", NS))
    (archive,) = [one for one in properties if one.tag == f"{{{XADES141}}}ArchiveTimeStamp"]
    (token,) = tokens(signature, "xades141:ArchiveTimeStamp")
    before = properties[: properties.index(archive)]
    assert parse_token(token).imprint == archive_imprint(signature, before, None)
