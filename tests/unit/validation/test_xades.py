"""XML signatures: what is honest stays valid, what is not never looks so."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from msign.kernel.words import SignatureLevel
from msign.signing import xades
from msign.signing.keys import InMemoryKey, Signer
from msign.validation.context import ValidationContext
from msign.validation.detached import DetachedContent, DetachedContents
from msign.validation.engine import Validator
from msign.validation.model import Indication, Integrity, Modification, Scope, SubIndication, Verdict
from msign.validation.policy import DEFAULT_POLICY, Sha1Rule
from msign.validation.xades.document import validate_xades
from tests.support.pki import MOMENT, Pki
from tests.unit.validation import forge

CONTENT = b"what the person saw"
HASH = DetachedContents.of_digest(hashlib.sha256(CONTENT).digest())


def own_signature(pki: Pki, digest: bytes, person: str = "maria", **parameters: object) -> bytes:
    who = pki.person(person)
    signer = Signer(InMemoryKey(who.key), who.certificate, who.chain)
    return xades.sign(digest, signer=signer, tsa=pki.tsa, parameters=xades.XadesParameters(**parameters))  # type: ignore[arg-type]


@pytest.mark.parametrize("person", ["ion", "maria", "vasile", "john"])
@pytest.mark.parametrize("style", list(xades.HashStyle))
def test_what_we_sign_is_valid_with_everything_checked(
    pki: Pki, validator: Validator, person: str, style: xades.HashStyle
) -> None:
    digest = hashlib.sha256(CONTENT).digest()
    report = validator.xades(own_signature(pki, digest, person, style=style), HASH)
    [signature] = report.signatures
    assert report.verdict is Verdict.VALID, signature.reasons
    assert signature.content_digest == digest, "the posted hash, in the legacy form too"
    assert (signature.level, signature.scope, signature.signed_at) == (SignatureLevel.T, Scope.FULL, MOMENT)
    assert signature.qualification == "qualified"
    assert signature.certificate == pki.person(person).der


@pytest.mark.parametrize("style", list(xades.HashStyle))
def test_another_hash_than_the_signed_one_is_not_valid(pki: Pki, validator: Validator, style: xades.HashStyle) -> None:
    signed = own_signature(pki, hashlib.sha256(b"something else").digest(), style=style)
    report = validator.xades(signed, HASH)
    assert report.verdict in (Verdict.INVALID, Verdict.UNKNOWN)
    assert not report.valid


def test_a_sha1_hash_counts_when_it_is_stamped_and_the_policy_lets_it(pki: Pki, context: ValidationContext) -> None:
    digest = hashlib.sha1(CONTENT).digest()
    signed = own_signature(pki, digest)
    lenient = validate_xades(signed, DetachedContents.of_digest(digest), context)
    assert lenient.verdict is Verdict.VALID
    assert "sha1-timestamped" in [reason.code for reason in lenient.signatures[0].reasons]
    strict = replace(context, policy=replace(DEFAULT_POLICY, sha1=Sha1Rule.REJECT))
    refused = validate_xades(signed, DetachedContents.of_digest(digest), strict).signatures[0]
    assert refused.sub_indication is SubIndication.CRYPTO_CONSTRAINTS_FAILURE


@pytest.mark.parametrize(
    "make",
    [
        forge.enveloped,
        forge.enveloping,
        lambda pki: forge.enveloped(pki, body="<!-- note --><sum>100</sum>"),
        lambda pki: forge.enveloping(pki, "plain text, ș and ț"),
    ],
)
def test_honest_shapes_are_valid(pki: Pki, validator: Validator, make: Callable[[Pki], bytes]) -> None:
    report = validator.xades(make(pki))
    assert report.verdict is Verdict.VALID, report.signatures[0].reasons


@pytest.mark.parametrize("uri", ["content.bin", "./content.bin", "file:/content.bin", None])
def test_a_detached_content_is_found_by_its_name(pki: Pki, validator: Validator, uri: str | None) -> None:
    contents = DetachedContents((DetachedContent("content.bin", data=CONTENT),))
    assert validator.xades(forge.detached(pki, CONTENT, uri), contents).verdict is Verdict.VALID


def test_a_detached_file_is_hashed_from_disk(pki: Pki, validator: Validator, tmp_path: Path) -> None:
    path = tmp_path / "content.bin"
    path.write_bytes(CONTENT)
    assert validator.xades(forge.detached(pki, CONTENT), DetachedContents.of_file(path)).verdict is Verdict.VALID


@pytest.mark.parametrize(
    ("make", "sub"),
    [
        (forge.hidden_object, SubIndication.SIGNED_DATA_NOT_FOUND),
        (forge.fake_properties, SubIndication.SIGNED_DATA_NOT_FOUND),
        (forge.no_content_reference, SubIndication.SIGNED_DATA_NOT_FOUND),
        (forge.same_id_twice, SubIndication.FORMAT_FAILURE),
        (lambda pki: forge.enveloped(pki).replace(b">100<", b">900<"), SubIndication.HASH_FAILURE),
        (lambda pki: forge.enveloping(pki).replace(b">100<", b">900<"), SubIndication.HASH_FAILURE),
        (lambda pki: forge.enveloped(pki).replace(b"09:15:00Z", b"09:16:00Z"), SubIndication.HASH_FAILURE),
        (lambda pki: forge.enveloped(pki).replace(b"ecdsa-sha256", b"hmac-sha256"), None),
        (lambda pki: forge.enveloped(pki).replace(b"enveloped-signature", b"REC-xslt-19991116"), None),
    ],
)
def test_attacks_are_not_valid(
    pki: Pki, validator: Validator, make: Callable[[Pki], bytes], sub: SubIndication | None
) -> None:
    report = validator.xades(make(pki))
    [signature] = report.signatures
    assert report.verdict is Verdict.INVALID
    assert signature.integrity is Integrity.INVALID
    assert signature.reasons
    if sub:
        assert signature.sub_indication is sub


@pytest.mark.parametrize("make", [forge.part_signed, forge.wrapped, lambda pki: forge.enveloping(pki, extra="<ds:Object xmlns:ds='http://www.w3.org/2000/09/xmldsig#'><more/></ds:Object>")])  # fmt: skip
def test_a_part_is_never_plainly_valid(pki: Pki, validator: Validator, make: Callable[[Pki], bytes]) -> None:
    report = validator.xades(make(pki))
    [signature] = report.signatures
    assert (signature.scope, signature.modification) == (Scope.PARTIAL, Modification.UNDEFINED)
    assert report.verdict is Verdict.CHANGED
    assert signature.integrity is Integrity.VALID


def test_a_signature_proves_nothing_about_contents_that_it_does_not_cover(pki: Pki, validator: Validator) -> None:
    report = validator.xades(forge.enveloped(pki), HASH)
    assert report.signatures[0].sub_indication is SubIndication.SIGNED_DATA_NOT_FOUND


def test_a_missing_content_is_told(pki: Pki, validator: Validator) -> None:
    [signature] = validator.xades(forge.detached(pki, CONTENT)).signatures
    assert signature.sub_indication is SubIndication.SIGNED_DATA_NOT_FOUND
    assert ("uri", "content.bin") in signature.reasons[0].facts


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b'<!DOCTYPE x [<!ENTITY a "b">]><x>&a;</x>', "xml-doctype"),
        ("<!DOCTYPE x><x/>".encode("utf-16"), "xml-doctype"),
        (b"<x", "xml-malformed"),
        (b"<a>" * 5000, "xml-malformed"),
        (b"<x>&undefined;</x>", "xml-malformed"),
    ],
)
def test_hostile_xml_is_refused_with_a_name(validator: Validator, data: bytes, code: str) -> None:
    report = validator.xades(data)
    assert (report.refused, report.verdict) == (code, Verdict.UNKNOWN)


def test_xml_without_signature_has_none(validator: Validator) -> None:
    assert validator.xades(b"<letter/>").verdict is Verdict.NONE


def test_a_copied_time_stamp_gives_no_level_t(pki: Pki, validator: Validator) -> None:
    [signature] = validator.xades(forge.enveloped(pki, stamp_over=b"another signature")).signatures
    assert signature.level is SignatureLevel.B
    assert signature.signed_at is None
    assert "timestamp-invalid" in [reason.code for reason in signature.reasons]


def test_a_counter_signature_is_reported_by_itself(pki: Pki, validator: Validator) -> None:
    contents = DetachedContents((DetachedContent("content.bin", data=b"content"),))
    report = validator.xades(forge.counter_signed(pki), contents)
    assert [s.counter_signature for s in report.signatures] == [False, True]
    assert [s.integrity for s in report.signatures] == [Integrity.VALID, Integrity.VALID]
    assert report.verdict is Verdict.VALID


def test_a_counter_signature_over_something_else_is_invalid_and_noted_only(pki: Pki, validator: Validator) -> None:
    contents = DetachedContents((DetachedContent("content.bin", data=b"content"),))
    report = validator.xades(forge.counter_signed(pki, right_value=False), contents)
    assert [s.integrity for s in report.signatures] == [Integrity.VALID, Integrity.INVALID]
    assert report.verdict is Verdict.VALID


@pytest.mark.parametrize(
    ("person", "indication", "sub", "verdict"),
    [
        ("expired", Indication.INDETERMINATE, SubIndication.OUT_OF_BOUNDS_NO_POE, Verdict.UNKNOWN),
        ("revoked-before", Indication.INDETERMINATE, SubIndication.REVOKED_NO_POE, Verdict.INVALID),
        ("untrusted", Indication.INDETERMINATE, SubIndication.NO_CERTIFICATE_CHAIN_FOUND, Verdict.UNKNOWN),
        ("not-yet-valid", Indication.TOTAL_FAILED, SubIndication.NOT_YET_VALID, Verdict.INVALID),
        ("suspended", Indication.INDETERMINATE, SubIndication.TRY_LATER, Verdict.UNKNOWN),
    ],
)
def test_integrity_is_told_where_trust_is_missing(
    pki: Pki, validator: Validator, person: str, indication: Indication, sub: SubIndication, verdict: Verdict
) -> None:
    report = validator.xades(own_signature(pki, hashlib.sha256(CONTENT).digest(), person), HASH)
    [signature] = report.signatures
    assert (signature.indication, signature.sub_indication) == (indication, sub)
    assert (report.verdict, signature.integrity) == (verdict, Integrity.VALID)


def test_a_file_is_told_apart_by_its_first_octets(pki: Pki, validator: Validator, tmp_path: Path) -> None:
    path = tmp_path / "signed.xml"
    path.write_bytes(forge.enveloped(pki))
    assert validator.file(path).verdict is Verdict.VALID
    path.write_bytes(b"neither nor")
    assert validator.file(path).refused == "format-unknown"


@pytest.mark.parametrize("count", [4, 200])
def test_many_references_to_much_content_are_refused_by_name(pki: Pki, validator: Validator, count: int) -> None:
    body = "<item>text</item>" * 60_000
    one = forge.Reference("#body", "AAAA")
    signed = f'<root><x Id="body">{body}</x>{forge.signature(pki, [one] * count, stamped=False)}</root>'
    report = validator.xades(signed.encode())
    assert report.refused == (None if count == 4 else "too-much-work")
    assert not report.valid


@pytest.mark.parametrize(
    ("expression", "allowed"),
    [
        ("//*[local-name()='sum']", True),
        ("/*/descendant::*[@Id='x']", True),
        ("//*[//*]", False),
        ("//*/preceding::*", False),
        ("//*[count(.)]", False),
        ("//*//*//*", False),
        ("document('http://localhost/')", False),
    ],
)
def test_only_harmless_expressions_filter(pki: Pki, validator: Validator, expression: str, allowed: bool) -> None:
    step = (
        '<ds:Transform Algorithm="http://www.w3.org/2002/06/xmldsig-filter2"><f:XPath Filter="subtract" '
        f'xmlns:f="http://www.w3.org/2002/06/xmldsig-filter2">{expression}</f:XPath></ds:Transform>'
    )
    reference = forge.Reference("", "AAAA", step)
    signed = f"<root><sum>1</sum>{forge.signature(pki, [reference], stamped=False)}</root>"
    [signature] = validator.xades(signed.encode()).signatures
    codes = [reason.code for reason in signature.reasons]
    assert ("reference-transform-not-allowed" in codes) is not allowed


def test_the_legacy_form_over_hash_bytes_is_judged_with_the_file_itself(pki: Pki, validator: Validator) -> None:
    content = b"what was signed"
    text = forge.b64(hashlib.sha256(content).digest())
    xml = forge.enveloping(pki, text)
    said = [validator.xades(xml, DetachedContents((DetachedContent("", data=data),))) for data in (content, b"another")]
    assert [report.verdict is Verdict.VALID for report in said] == [True, False]
