"""PAdES LT and LTA, made at once and raised later; judged by an independent validator."""

from __future__ import annotations

import io
from pathlib import Path

import httpx
import pytest
from asn1crypto import cms, core
from asn1crypto import x509 as asn1_x509
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.pdf_utils.writer import copy_into_new_writer
from pyhanko.sign.validation import (
    DocumentSecurityStore,
    SignatureCoverageLevel,
    validate_pdf_signature,
    validate_pdf_timestamp,
)
from pyhanko_certvalidator.context import ValidationContext

from msign.kernel.clock import FixedClock
from msign.kernel.errors import Code, MSignError
from msign.kernel.words import SignatureLevel
from msign.pki.certificate import parse
from msign.pki.evidence import NoRevocation
from msign.pki.fetch import Fetcher
from msign.pki.sources import online_revocation
from msign.signing import pades
from msign.signing.evidence import EvidenceCollector
from msign.signing.keys import Signer
from msign.signing.longterm import signature_containers
from tests.support.pdfs import Form, write
from tests.support.pki import Pki

LT, LTA = SignatureLevel.LT, SignatureLevel.LTA


def judge(path: Path, pki: Pki, *, lta: bool) -> list[bool]:
    """Return what pyHanko says of each signature, from embedded data only, at the moment of the test PKI."""
    reader = PdfFileReader(io.BytesIO(path.read_bytes()), strict=False)
    if reader.encrypted:
        reader.decrypt(b"")
    root = asn1_x509.Certificate.load(parse(pki.authority("root").certificate).der)
    settings = {
        "trust_roots": [root], "moment": pki.clock.now(), "allow_fetching": False, "revocation_mode": "require",
    }  # fmt: skip
    context = DocumentSecurityStore.read_dss(reader).as_validation_context(settings)
    verdicts = [validate_pdf_signature(one, context, context).bottom_line for one in reader.embedded_regular_signatures]
    if lta:
        last = reader.embedded_timestamp_signatures[-1]
        assert last.evaluate_signature_coverage() is SignatureCoverageLevel.ENTIRE_FILE
        settings["revocation_mode"] = "soft-fail"  # the last time-stamp's own data come with the next one
        status = validate_pdf_timestamp(last, ValidationContext(**settings))
        verdicts.append(status.valid and status.intact and status.trusted)
    return verdicts


@pytest.mark.parametrize("level", [LT, LTA])
@pytest.mark.parametrize("form", [Form(), Form(xref="packed", acroform="indirect"), Form(xref="hybrid")])
def test_long_term_at_once(
    level: SignatureLevel, form: Form, tmp_path: Path, ion: Signer, pki: Pki, evidence: EvidenceCollector
) -> None:
    source = tmp_path / "a.pdf"
    source.write_bytes(write(form))
    parameters = pades.PadesParameters(level=level)
    signed = pades.sign(source, tmp_path / "b.pdf", signer=ion, tsa=pki.tsa, evidence=evidence, parameters=parameters)
    assert signed.read_bytes().startswith(source.read_bytes())
    assert all(judge(signed, pki, lta=level is LTA))


def test_raised_step_by_step_from_b_to_renewed_lta(
    document: Path, tmp_path: Path, ion: Signer, maria: Signer, pki: Pki, evidence: EvidenceCollector
) -> None:
    first = pades.sign(
        document, tmp_path / "0.pdf", signer=ion, parameters=pades.PadesParameters(level=SignatureLevel.B)
    )
    before = pades.sign(first, tmp_path / "1.pdf", signer=maria, tsa=pki.tsa)
    for step, (level, containers) in enumerate([(SignatureLevel.T, 3), (LT, 3), (LTA, 4), (LTA, 5)]):
        after = pades.augment(before, tmp_path / f"{step + 2}.pdf", level=level, tsa=pki.tsa, evidence=evidence)
        assert after.read_bytes().startswith(before.read_bytes())
        assert len(signature_containers(after)) == containers
        before = after
    assert judge(before, pki, lta=True) == [True, True, True]


def test_validation_data_is_not_repeated(
    document: Path, tmp_path: Path, ion: Signer, pki: Pki, evidence: EvidenceCollector
) -> None:
    signed = pades.sign(document, tmp_path / "a.pdf", signer=ion, tsa=pki.tsa)
    first = pades.augment(signed, tmp_path / "b.pdf", level=LT, evidence=evidence)
    second = pades.augment(first, tmp_path / "c.pdf", level=LT, evidence=evidence)
    assert second.stat().st_size - first.stat().st_size < 1500


def test_raising_in_place(document: Path, tmp_path: Path, ion: Signer, pki: Pki, evidence: EvidenceCollector) -> None:
    signed = pades.sign(document, tmp_path / "a.pdf", signer=ion, tsa=pki.tsa)
    before = signed.read_bytes()
    pades.augment(signed, signed, level=LTA, tsa=pki.tsa, evidence=evidence)
    assert signed.read_bytes().startswith(before)
    assert judge(signed, pki, lta=True) == [True, True]


def test_an_encrypted_document_goes_all_the_way_too(
    tmp_path: Path, ion: Signer, pki: Pki, evidence: EvidenceCollector
) -> None:
    source = tmp_path / "encrypted.pdf"
    writer = copy_into_new_writer(PdfFileReader(io.BytesIO(write(Form()))))
    writer.encrypt(owner_pass="secret", user_pass="", pdf_mac=False)
    with source.open("wb") as output:
        writer.write(output)
    parameters = pades.PadesParameters(level=LTA, reason="Aprob")
    signed = pades.sign(source, tmp_path / "s.pdf", signer=ion, tsa=pki.tsa, evidence=evidence, parameters=parameters)
    assert signed.read_bytes().startswith(source.read_bytes())
    assert judge(signed, pki, lta=True) == [True, True]


def test_a_document_that_needs_a_password_is_refused(tmp_path: Path, ion: Signer, pki: Pki) -> None:
    source = tmp_path / "encrypted.pdf"
    writer = copy_into_new_writer(PdfFileReader(io.BytesIO(write(Form()))))
    writer.encrypt(owner_pass="secret", user_pass="needed")
    with source.open("wb") as output:
        writer.write(output)
    with pytest.raises(MSignError) as caught:
        pades.sign(source, tmp_path / "s.pdf", signer=ion, tsa=pki.tsa)
    assert caught.value.code is Code.UNREADABLE_DOCUMENT
    assert not (tmp_path / "s.pdf").exists()


def test_missing_validation_data_name_the_certificate(
    document: Path, tmp_path: Path, ion: Signer, pki: Pki, clock: FixedClock
) -> None:
    signed = pades.sign(document, tmp_path / "a.pdf", signer=ion, tsa=pki.tsa)
    blind = EvidenceCollector(revocation=NoRevocation(), clock=clock, known=[parse(pki.authority("root").certificate)])
    with pytest.raises(MSignError, match="no validation data for the certificate 'TEST QSign CA'") as caught:
        pades.augment(signed, tmp_path / "b.pdf", level=LT, evidence=blind)
    assert (caught.value.code, caught.value.retry) == (Code.UNAVAILABLE, True)


def test_an_unsigned_document_cannot_be_raised(document: Path, tmp_path: Path, evidence: EvidenceCollector) -> None:
    with pytest.raises(MSignError, match="no signature"):
        pades.augment(document, tmp_path / "b.pdf", level=LT, evidence=evidence)


def test_a_batch_asks_for_each_piece_of_evidence_once(tmp_path: Path, ion: Signer, pki: Pki) -> None:
    asked: list[str] = []
    inner = pki.transport()

    def handler(call: httpx.Request) -> httpx.Response:
        asked.append(str(call.url))
        return inner.handle_request(call)

    revocation = online_revocation(Fetcher(client=httpx.Client(transport=httpx.MockTransport(handler))), pki.clock)
    shared = EvidenceCollector(revocation=revocation, clock=pki.clock, known=[parse(pki.authority("root").certificate)])
    source = tmp_path / "a.pdf"
    source.write_bytes(write(Form()))
    counts = []
    for number in range(3):
        pades.sign(
            source,
            tmp_path / f"{number}.pdf",
            signer=ion,
            tsa=pki.tsa,
            evidence=shared,
            parameters=pades.PadesParameters(level=LT),
        )
        counts.append(len(asked))
    assert counts[0] == counts[1] == counts[2] > 0


class Silent:
    """An authority that is not there."""

    def timestamp(self, imprint: bytes, algorithm: str) -> bytes:
        raise MSignError(Code.UNAVAILABLE, "no time-stamp", retry=True)


@pytest.mark.parametrize("in_place", [True, False])
def test_an_authority_that_fails_leaves_no_half_made_file(
    in_place: bool, document: Path, tmp_path: Path, ion: Signer, pki: Pki, evidence: EvidenceCollector
) -> None:
    signed = pades.sign(document, tmp_path / "a.pdf", signer=ion, tsa=pki.tsa)
    before, target = signed.read_bytes(), signed if in_place else tmp_path / "b.pdf"
    with pytest.raises(MSignError, match="no time-stamp"):
        pades.augment(signed, target, level=LTA, tsa=Silent(), evidence=evidence)
    assert signed.read_bytes() == before
    assert target.exists() is in_place


class Verbose:
    """An authority whose tokens are larger than anybody expects."""

    def __init__(self, pki: Pki) -> None:
        self._pki = pki

    def timestamp(self, imprint: bytes, algorithm: str) -> bytes:
        info = cms.ContentInfo.load(self._pki.tsa.timestamp(imprint, algorithm))
        signer = info["content"]["signer_infos"][0]
        padding = {"type": "1.2.3.4.5.6", "values": [core.OctetString(bytes(20_000))]}
        signer["unsigned_attrs"] = cms.CMSAttributes([cms.CMSAttribute(padding)])
        return bytes(info.dump(force=True))


def test_large_tokens_find_room_everywhere(
    document: Path, tmp_path: Path, ion: Signer, pki: Pki, evidence: EvidenceCollector
) -> None:
    parameters = pades.PadesParameters(level=LTA)
    signed = pades.sign(
        document, tmp_path / "a.pdf", signer=ion, tsa=Verbose(pki), evidence=evidence, parameters=parameters
    )
    assert judge(signed, pki, lta=True) == [True, True]
    assert len(signature_containers(signed)) == 2
