"""Hostile bytes: every parser answers with a verdict or an error of ours, and soon. Findings become examples below."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from msign.kernel.errors import MSignError
from msign.pki import asn1
from msign.pki.certificate import parse
from msign.pki.cms import parse_signed_data
from msign.pki.crl import parse_crl
from msign.pki.ocsp import parse_ocsp
from msign.pki.timestamps import check_token, parse_token
from msign.validation.context import ValidationContext
from msign.validation.detached import DetachedContents
from msign.validation.reports.codec import decode_report, encode_report
from msign.validation.xades.document import validate_xades
from tests.support.pki import Pki, session_pki
from tests.unit.validation import forge

PKI = session_pki()
INFO = (
    "<SignedInfo><CanonicalizationMethod Algorithm='http://www.w3.org/TR/2001/REC-xml-c14n-20010315'/><SignatureMethod "
    "Algorithm='http://www.w3.org/2001/04/xmldsig-more#rsa-sha256'/><Reference URI=''><Transforms><Transform "
    "Algorithm='http://www.w3.org/2001/10/xml-exc-c14n#'/></Transforms><DigestMethod "
    "Algorithm='http://www.w3.org/2001/04/xmlenc#sha256'/><DigestValue>AA==</DigestValue></Reference></SignedInfo>"
    "<SignatureValue>AA==</SignatureValue>"
)
BOUNDED = settings(
    max_examples=int(os.environ.get("FUZZ_EXAMPLES", "120")),
    deadline=2000,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
SEEDS = {
    "certificate": PKI.person("vasile").der,
    "crl": PKI.crl("qualified"),
    "ocsp": PKI.services.ocsp_response(PKI.person("maria").certificate),
    "token": PKI.tsa.timestamp(hashlib.sha256(b"x").digest(), "sha256"),
}


def touch_certificate(data: bytes) -> None:
    certificate = parse(data)
    for name in dir(type(certificate)):
        if not name.startswith("__") and name not in ("check", "valid_at", "access_urls"):
            getattr(certificate, name)


def touch_crl(data: bytes) -> None:
    crl = parse_crl(data)
    crl.entry(crl.issuer, 1)
    _ = (crl.understood, crl.distribution, crl.number, crl.base_number, crl.authority_key_id, crl.freshest_crl)


def touch_token(data: bytes) -> None:
    check_token(parse_token(data), lambda _name: b"")


# A longer, bounded run: FUZZ_EXAMPLES=5000 make test TESTS=tests/unit/validation/test_fuzz.py
READERS: dict[str, Callable[[bytes], object]] = {
    "certificate": touch_certificate,
    "crl": touch_crl,
    "ocsp": parse_ocsp,
    "token": touch_token,
}


@st.composite
def damaged(draw: st.DrawFn, seed: bytes) -> bytes:
    """The seed with a few octets replaced, taken out or put in."""
    data = bytearray(seed)
    for _ in range(draw(st.integers(1, 4))):
        place = draw(st.integers(0, len(data) - 1))
        match draw(st.sampled_from(["set", "cut", "put", "swap"])):
            case "set":
                data[place] = draw(st.integers(0, 255))
            case "cut":
                del data[place : place + draw(st.integers(1, 8))]
            case "put":
                data[place:place] = draw(st.binary(min_size=1, max_size=8))
            case _:
                data[place:] = data[place:][::-1] if draw(st.booleans()) else data[place:]
        data = data or bytearray(b"0")
    return bytes(data)


@pytest.mark.parametrize("kind", list(READERS))
def test_damaged_asn1_is_read_or_refused_in_our_own_words(kind: str) -> None:
    @BOUNDED
    @given(damaged(SEEDS[kind]))
    def run(data: bytes) -> None:
        try:
            READERS[kind](data)
        except MSignError:
            return

    run()


@BOUNDED
@given(st.binary(max_size=300))
@example(b"\x30\x80" * 100)
@example(b"\x30\x84\xff\xff\xff\xff")
@example(b"\x09\x80\x00\x00")
def test_any_octets_are_read_or_refused(data: bytes) -> None:
    for reader in (*READERS.values(), parse_signed_data, asn1.read):
        try:
            reader(data)
        except MSignError:
            continue


@pytest.mark.parametrize("make", [forge.enveloped, forge.counter_signed, forge.part_signed])
def test_damaged_xml_never_passes_for_what_it_was(
    pki: Pki, context: ValidationContext, make: Callable[[Pki], bytes]
) -> None:
    seed = make(pki)

    @BOUNDED
    @given(damaged(seed))
    def run(data: bytes) -> None:
        report = validate_xades(data, DetachedContents(), context)
        assert decode_report(encode_report(report)) == report
        assert not report.valid or b"100" in data

    run()


@BOUNDED
@given(st.text(max_size=200))
@example("<a xmlns='x:y' xmlns:a='b'><a:b/></a>")
@example("<Signature xmlns='http://www.w3.org/2000/09/xmldsig#'/>")
@example(f"<Signature xmlns='http://www.w3.org/2000/09/xmldsig#' xmlns:r='relative'>{INFO}</Signature>")
@example("<Signature xmlns='http://www.w3.org/2000/09/xmldsig#'><SignedInfo/><SignatureValue/></Signature>")
def test_any_text_gets_a_report(context: ValidationContext, text: str) -> None:
    report = validate_xades(text.encode("utf-8", "surrogatepass"), DetachedContents(), context)
    assert not report.valid


def test_a_list_of_an_impossible_version_is_read_by_ourselves() -> None:
    damaged_version = SEEDS["crl"].replace(b"\x02\x01\x01", b"\x02\x01\x00", 1)
    touch_crl(damaged_version)


def test_a_token_that_lacks_its_content_is_refused() -> None:
    empty = asn1.encode(asn1.SEQUENCE, asn1.encode_oid("1.2.840.113549.1.7.2"), asn1.encode(0xA0, b"\x30\x00"))
    with pytest.raises(MSignError):
        parse_token(empty)
