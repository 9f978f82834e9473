"""XAdES over a given digest."""

from __future__ import annotations

import base64
import hashlib

import pytest
from lxml import etree

from msign.kernel.clock import FixedClock
from msign.kernel.errors import Code, MSignError
from msign.kernel.words import SignatureLevel
from msign.pki.tsquery import check_answer
from msign.signing import xades
from msign.signing.algorithms import Digest, verify
from msign.signing.keys import Signer
from msign.signing.prepared import PreparedSignature
from msign.signing.xmltext import DS, XADES
from tests.support.pki import Pki

NS = {"ds": DS, "xades": XADES}
HASH = hashlib.sha256(b"a document that stays away").digest()


def canonical(node: etree._Element) -> bytes:
    return etree.tostring(node, method="c14n", exclusive=True, with_comments=False)


def find(root: etree._Element, path: str) -> etree._Element:
    found = root.find(path, NS)
    assert found is not None, path
    return found


def parse(xml: bytes) -> etree._Element:
    return etree.fromstring(xml)


@pytest.mark.parametrize("style", list(xades.HashStyle))
@pytest.mark.parametrize("form", list(xades.CertificateForm))
@pytest.mark.parametrize("who", ["ion", "maria"])
def test_what_stands_in_the_file_is_what_was_signed(
    style: xades.HashStyle, form: xades.CertificateForm, who: str, request: pytest.FixtureRequest, pki: Pki
) -> None:
    signer: Signer = request.getfixturevalue(who)
    parameters = xades.XadesParameters(style=style, certificate_form=form, correlation_id="a b&<c>\"'é")
    prepared = xades.prepare(
        HASH, certificate=signer.certificate, chain=signer.chain, parameters=parameters, clock=FixedClock()
    )
    root = parse(xades.complete(prepared, signer.key.sign(prepared.data_to_sign), tsa=pki.tsa))

    assert canonical(find(root, "ds:SignedInfo")) == prepared.data_to_sign
    value = base64.b64decode(find(root, "ds:SignatureValue").text or "")
    leaf = prepared.signing_certificate
    verify(leaf.public_key, signer.key.algorithm, leaf.cms_value(value), data=canonical(find(root, "ds:SignedInfo")))

    references = root.findall("ds:SignedInfo/ds:Reference", NS)
    properties = root.find(".//xades:SignedProperties", NS)
    assert digest_value(references[1]) == hashlib.sha256(canonical(properties)).digest()
    if style is xades.HashStyle.DETACHED_DIGEST:
        assert digest_value(references[0]) == HASH
    else:
        content = root.findall("ds:Object", NS)[1]
        assert digest_value(references[0]) == hashlib.sha256(canonical(content)).digest()
        assert base64.b64decode(content.text or "") == HASH


def digest_value(reference: etree._Element) -> bytes:
    return base64.b64decode(find(reference, "ds:DigestValue").text or "")


def test_the_time_stamp_covers_the_canonical_signature_value(ion: Signer, pki: Pki, clock: FixedClock) -> None:
    root = parse(xades.sign(HASH, signer=ion, tsa=pki.tsa, clock=clock))
    token = base64.b64decode(find(root, ".//xades:EncapsulatedTimeStamp").text or "")
    imprint = hashlib.sha256(canonical(find(root, "ds:SignatureValue"))).digest()
    assert check_answer(token, imprint=imprint, algorithm="sha256").gen_time == clock.now()


@pytest.mark.parametrize(
    ("size", "name"), [(20, "xmldsig#sha1"), (32, "xmlenc#sha256"), (48, "#sha384"), (64, "#sha512")]
)
def test_the_digest_method_of_the_data_follows_the_length(ion: Signer, pki: Pki, size: int, name: str) -> None:
    root = parse(xades.sign(b"\7" * size, signer=ion, tsa=pki.tsa))
    first, second = root.findall("ds:SignedInfo/ds:Reference", NS)
    assert find(first, "ds:DigestMethod").attrib["Algorithm"].endswith(name)
    assert find(second, "ds:DigestMethod").attrib["Algorithm"].endswith("xmlenc#sha256")


def test_sha3_is_chosen_by_parameter(ion: Signer, pki: Pki) -> None:
    root = parse(xades.sign(HASH, signer=ion, tsa=pki.tsa, parameters=xades.XadesParameters(digest=Digest.SHA3_256)))
    assert find(root, ".//ds:Reference/ds:DigestMethod").attrib["Algorithm"].endswith("#sha3-256")


@pytest.mark.parametrize(
    ("reference", "uri"),
    [
        (xades.ReferenceUri.CORRELATION_ID, "c-1%2F2"),
        (xades.ReferenceUri.NAME, "cerere%20nr.%2017"),
        (xades.ReferenceUri.NONE, None),
    ],
)
def test_the_reference_names_what_the_setting_says(
    reference: xades.ReferenceUri, uri: str | None, ion: Signer, pki: Pki
) -> None:
    parameters = xades.XadesParameters(reference_uri=reference, correlation_id="c-1/2", name="cerere nr. 17")
    root = parse(xades.sign(HASH, signer=ion, tsa=pki.tsa, parameters=parameters))
    assert find(root, ".//ds:Reference").get("URI") == uri


def test_a_prepared_signature_survives_storage(maria: Signer, pki: Pki) -> None:
    prepared = xades.prepare(HASH, certificate=maria.certificate, chain=maria.chain)
    restored = PreparedSignature.from_json(prepared.to_json())
    assert restored == prepared
    assert xades.complete(restored, maria.key.sign(restored.data_to_sign), tsa=pki.tsa)


def test_the_certificate_may_come_late(ion: Signer, pki: Pki) -> None:
    waiting = xades.prepare(HASH)
    assert not waiting.bound
    with pytest.raises(MSignError, match="not known yet"):
        xades.complete(waiting, b"value", tsa=pki.tsa)
    bound = xades.bind(PreparedSignature.from_json(waiting.to_json()), ion.certificate, ion.chain)
    assert xades.complete(bound, ion.key.sign(bound.data_to_sign), tsa=pki.tsa)


def test_a_foreign_value_is_refused(ion: Signer, maria: Signer, pki: Pki) -> None:
    prepared = xades.prepare(HASH, certificate=ion.certificate)
    for value in (maria.key.sign(prepared.data_to_sign), ion.key.sign(b"something else"), b""):
        with pytest.raises(MSignError) as caught:
            xades.complete(prepared, value, tsa=pki.tsa)
        assert caught.value.code is Code.SIGNING_FAILED


def test_level_t_without_an_authority_is_refused(ion: Signer) -> None:
    with pytest.raises(MSignError, match="time-stamping authority"):
        xades.sign(HASH, signer=ion)


def test_level_b_has_no_time_stamp(ion: Signer) -> None:
    root = parse(xades.sign(HASH, signer=ion, parameters=xades.XadesParameters(level=SignatureLevel.B)))
    assert root.find(".//xades:SignatureTimeStamp", NS) is None


def test_a_hash_of_another_length_is_refused(ion: Signer) -> None:
    with pytest.raises(MSignError, match="expected 20, 32, 48 or 64"):
        xades.prepare(b"short", certificate=ion.certificate)


@pytest.mark.parametrize(
    "text", ["{}", "[]", "nonsense", '{"version": 2, "format": "xades"}', '{"version": 1, "format": "x"}']
)
def test_damaged_storage_is_refused(text: str) -> None:
    with pytest.raises(MSignError):
        PreparedSignature.from_json(text)
