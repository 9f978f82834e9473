"""CAdES beside a file: right in every level, and nothing that was changed passes."""

from __future__ import annotations

import base64
import datetime as dt
import hashlib

import pytest

from msign.kernel.clock import FixedClock
from msign.kernel.words import SignatureLevel
from msign.pki import asn1, der
from msign.pki.trust import TrustStore
from msign.validation.cadesfile.archive import ARCHIVE_TIMESTAMP_V3, hash_index
from msign.validation.cadesfile.judge import looks_like_cms, validate_cades
from msign.validation.context import ValidationContext
from msign.validation.detached import DetachedContent, DetachedContents
from msign.validation.model import DocumentReport, Integrity, SubIndication, Verdict
from tests.support import containers
from tests.support.containers import CONTENT, OTHER, p7s
from tests.support.pki import MOMENT

CONTENTS = DetachedContents((DetachedContent("data.bin", data=CONTENT),))
LEVELS = [SignatureLevel.B, SignatureLevel.T, SignatureLevel.LT, SignatureLevel.LTA]
YEAR = dt.timedelta(days=365)


def judged(context: ValidationContext, made: bytes, contents: DetachedContents = CONTENTS) -> DocumentReport:
    return validate_cades(made, contents, context)


def codes(report: DocumentReport) -> list[str]:
    return [str(reason.code) for signature in report.signatures for reason in signature.reasons]


@pytest.mark.parametrize("level", LEVELS)
def test_every_level_is_valid_and_told(context: ValidationContext, trust: TrustStore, level: SignatureLevel) -> None:
    carries = level in (SignatureLevel.LT, SignatureLevel.LTA)
    report = judged(ValidationContext(trust=trust, clock=context.clock) if carries else context, p7s(level))
    [signature] = report.signatures
    assert (report.format, report.verdict, signature.level) == ("cades", Verdict.VALID, level), report
    assert signature.signer_name == "Maria Model"
    assert signature.content_digest == hashlib.sha256(CONTENT).digest()
    assert (signature.signed_at is None) == (level is SignatureLevel.B)


@pytest.mark.parametrize("level", [SignatureLevel.LT, SignatureLevel.LTA])
def test_evidence_inside_is_enough_years_later(trust: TrustStore, level: SignatureLevel) -> None:
    later = ValidationContext(trust=trust, clock=FixedClock(MOMENT + 3 * YEAR))
    report = judged(later, p7s(level))
    assert (report.verdict, report.signatures[0].level) == (Verdict.VALID, level), codes(report)


@pytest.mark.parametrize("content", [
    DetachedContent(data=CONTENT),
    DetachedContent("data.bin", digests={"sha256": hashlib.sha256(CONTENT).digest()}),
    DetachedContent("", digests={"sha256": hashlib.sha256(CONTENT).digest(), "sha512": b"x" * 64}),
])  # fmt: skip
def test_the_content_may_be_a_digest(context: ValidationContext, content: DetachedContent) -> None:
    assert judged(context, p7s(), DetachedContents((content,))).valid


def test_pem_and_content_inside_are_benign(context: ValidationContext) -> None:
    body = base64.encodebytes(p7s())
    assert judged(context, b"-----BEGIN PKCS7-----\n" + body + b"-----END PKCS7-----\n").valid
    inside = containers.encapsulated(p7s())
    assert judged(context, inside, DetachedContents()).valid
    assert judged(context, inside).valid
    report = judged(context, inside, DetachedContents((DetachedContent("x", data=OTHER),)))
    assert report.signatures[0].sub_indication is SubIndication.SIGNED_DATA_NOT_FOUND


def test_two_signers_are_judged_one_by_one(context: ValidationContext) -> None:
    fields, [maria] = containers.parts(p7s())
    _, [elena] = containers.parts(p7s(person="elena"))
    certificates = {one.raw for made in (p7s(), p7s(person="elena")) for one in asn1.read(made).children()[1].inner().children()[3].iterate()}  # fmt: skip
    fields[3] = der.tlv(0xA0, *sorted(certificates))
    both = judged(context, containers.whole(fields, [maria, elena]))
    assert (both.verdict, sorted(one.signer_name for one in both.signatures)) == (
        Verdict.VALID,
        ["Elena Altcineva", "Maria Model"],
    )
    broken = containers.parts(containers.value_flipped(p7s()))[1]
    half = judged(context, containers.whole(fields, [maria, *broken]))
    assert half.verdict is not Verdict.VALID


@pytest.mark.parametrize("name", containers.CMS_ATTACKS)
def test_attacks_do_not_pass(context: ValidationContext, name: str) -> None:
    made = containers.CMS_ATTACKS[name](p7s())
    shown = OTHER if name == "other content inside" else CONTENT
    for contents in (CONTENTS, DetachedContents(), DetachedContents((DetachedContent(data=shown),))):
        report = judged(context, made, contents)
        assert report.verdict in (Verdict.INVALID, Verdict.UNKNOWN, Verdict.NONE), name
        assert all(one.integrity is Integrity.INVALID or not one.passed for one in report.signatures)


def test_signed_attributes_do_not_pass_for_a_content(context: ValidationContext) -> None:
    """The signature value fits the encoding of the attributes: that is what the attack shows as the document."""
    made = p7s()
    shown = DetachedContents((DetachedContent(data=containers.attributes_of(made)),))
    report = judged(context, containers.without_signed_attributes(made), shown)
    assert (report.verdict, report.signatures[0].integrity) == (Verdict.INVALID, Integrity.INVALID)
    assert "signed-attributes-missing" in codes(report)


def test_a_time_stamp_of_another_signature_proves_nothing(context: ValidationContext) -> None:
    report = judged(context, containers.stamp_of_another(p7s()))
    assert report.signatures[0].level is SignatureLevel.B
    assert "timestamp-invalid" in codes(report)


def test_other_and_missing_contents_are_told_apart(context: ValidationContext) -> None:
    changed = judged(context, p7s(), DetachedContents((DetachedContent("data.bin", data=OTHER),)))
    assert changed.signatures[0].sub_indication is SubIndication.HASH_FAILURE
    nothing = judged(context, p7s(), DetachedContents())
    assert nothing.signatures[0].sub_indication is SubIndication.SIGNED_DATA_NOT_FOUND
    assert codes(nothing)[0] == "detached-content-missing"
    more = DetachedContents((*CONTENTS.items, DetachedContent("more.bin", data=OTHER)))
    assert judged(context, p7s(), more).signatures[0].sub_indication is SubIndication.SIGNED_DATA_NOT_FOUND


def test_an_archive_time_stamp_whose_index_lists_what_is_gone_proves_nothing(trust: TrustStore) -> None:
    context = ValidationContext(trust=trust, clock=FixedClock())
    made = p7s(SignatureLevel.LTA)
    fields, signers = containers.parts(made)
    assert [signature.level for signature in judged(context, made).signatures] == [SignatureLevel.LTA]
    kept = [one.raw for one in asn1.read(fields[4]).iterate()]
    fields[4] = der.tlv(0xA1, *kept[1:])
    report = judged(context, containers.whole(fields, signers))
    assert report.signatures[0].level is not SignatureLevel.LTA
    assert "archive-timestamp-invalid" in codes(report)


def test_evidence_added_after_the_archive_time_stamp_is_not_proven_by_it(trust: TrustStore) -> None:
    made = p7s(SignatureLevel.LTA)
    signer = asn1.read(containers.parts(made)[1][0]).children()
    stamps = [values for kind, values in (one.children()[:2] for one in signer[-1].iterate()) if kind.oid() == ARCHIVE_TIMESTAMP_V3]  # fmt: skip
    index = hash_index(stamps[0].children()[0].raw)
    assert index is not None
    listed = len(index.revocation)
    fields, signers = containers.parts(made)
    extra = [one.raw for one in asn1.read(fields[4]).iterate()] + [containers.session_pki().crl("advanced")]
    fields[4] = der.tlv(0xA1, *sorted(extra))
    later = ValidationContext(trust=trust, clock=FixedClock(MOMENT + 3 * YEAR))
    report = judged(later, containers.whole(fields, signers))
    assert (report.verdict, report.signatures[0].level, listed) == (Verdict.VALID, SignatureLevel.LTA, len(extra) - 1)


@pytest.mark.parametrize("data", [b"0\x80", b"\x30\x0b\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x02", b"-----BEGIN CMS-----\nAAA\n-----END CMS-----"])  # fmt: skip
def test_what_cannot_be_read_is_refused_by_name(context: ValidationContext, data: bytes) -> None:
    assert judged(context, data).refused == "cms-unreadable"


def test_cms_is_known_by_its_first_octets() -> None:
    assert looks_like_cms(p7s()[:64])
    assert looks_like_cms(b"\n-----BEGIN PKCS7-----\nMII")
    assert not looks_like_cms(containers.session_pki().person("maria").der[:64])
    assert not looks_like_cms(b"")
