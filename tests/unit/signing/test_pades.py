"""PAdES, file to file."""

from __future__ import annotations

from pathlib import Path

import pytest

from msign.kernel.clock import FixedClock
from msign.kernel.errors import Code, MSignError
from msign.kernel.words import SignatureLevel
from msign.signing import pades
from msign.signing.keys import Signer
from msign.signing.prepared import PreparedSignature
from tests.support.pki import Pki


def test_the_original_bytes_survive(document: Path, tmp_path: Path, ion: Signer, pki: Pki) -> None:
    signed = pades.sign(document, tmp_path / "signed.pdf", signer=ion, tsa=pki.tsa)
    assert signed.read_bytes().startswith(document.read_bytes())


def test_two_phases_in_two_processes(document: Path, tmp_path: Path, ion: Signer, pki: Pki, clock: FixedClock) -> None:
    target = tmp_path / "signed.pdf"
    prepared = pades.prepare(document, target, certificate=ion.certificate, chain=ion.chain, clock=clock)
    restored = PreparedSignature.from_json(prepared.to_json())
    assert restored == prepared
    pades.complete(restored, ion.key.sign(restored.data_to_sign), tsa=pki.tsa)
    assert b"20260302" in target.read_bytes()


def test_the_certificate_may_come_late(document: Path, tmp_path: Path, maria: Signer, pki: Pki) -> None:
    waiting = pades.prepare(document, tmp_path / "signed.pdf")
    bound = pades.bind(waiting, maria.certificate, maria.chain)
    assert pades.complete(bound, maria.key.sign(bound.data_to_sign), tsa=pki.tsa).exists()


def test_a_foreign_value_is_refused_and_the_file_left_alone(
    document: Path, tmp_path: Path, ion: Signer, maria: Signer, pki: Pki
) -> None:
    prepared = pades.prepare(document, tmp_path / "signed.pdf", certificate=ion.certificate)
    before = (tmp_path / "signed.pdf").read_bytes()
    with pytest.raises(MSignError) as caught:
        pades.complete(prepared, maria.key.sign(prepared.data_to_sign), tsa=pki.tsa)
    assert caught.value.code is Code.SIGNING_FAILED
    assert (tmp_path / "signed.pdf").read_bytes() == before


def test_a_file_that_changed_between_the_phases_is_refused(
    document: Path, tmp_path: Path, ion: Signer, pki: Pki
) -> None:
    target = tmp_path / "signed.pdf"
    prepared = pades.prepare(document, target, certificate=ion.certificate)
    with target.open("ab") as file:
        file.write(b"%")
    with pytest.raises(MSignError) as caught:
        pades.complete(prepared, ion.key.sign(prepared.data_to_sign), tsa=pki.tsa)
    assert caught.value.code is Code.CONFLICT


def test_a_too_small_reservation_is_retried(document: Path, tmp_path: Path, ion: Signer, pki: Pki) -> None:
    parameters = pades.PadesParameters(reserved=100)
    assert pades.sign(document, tmp_path / "s.pdf", signer=ion, tsa=pki.tsa, parameters=parameters).stat().st_size > 0
    prepared = pades.prepare(document, tmp_path / "t.pdf", certificate=ion.certificate, parameters=parameters)
    with pytest.raises(pades.TooSmallError) as caught:
        pades.complete(prepared, ion.key.sign(prepared.data_to_sign), tsa=pki.tsa)
    assert caught.value.needed > 100


@pytest.mark.parametrize("content", [b"", b"hello", b"%PDF-1.7\nnothing else"])
def test_what_is_no_pdf_is_refused(content: bytes, tmp_path: Path, ion: Signer) -> None:
    source = tmp_path / "bad.pdf"
    source.write_bytes(content)
    with pytest.raises(MSignError) as caught:
        pades.prepare(source, tmp_path / "signed.pdf", certificate=ion.certificate)
    assert caught.value.code is Code.UNREADABLE_DOCUMENT


def test_reason_and_place_are_written_in_any_script(document: Path, tmp_path: Path, ion: Signer, pki: Pki) -> None:
    parameters = pades.PadesParameters(
        reason="Aprob întocmai. Утверждаю (да)", location="Chișinău", level=SignatureLevel.B
    )
    signed = pades.sign(document, tmp_path / "s.pdf", signer=ion, parameters=parameters).read_bytes()
    assert b"/Reason" in signed
    assert b"/Location" in signed


def test_a_retry_in_place_leaves_one_signature(document: Path, ion: Signer, pki: Pki) -> None:
    before = document.read_bytes()
    pades.sign(document, document, signer=ion, tsa=pki.tsa, parameters=pades.PadesParameters(reserved=100))
    assert document.read_bytes().startswith(before)
    assert document.read_bytes().count(b"/Type/Sig/") == 1


@pytest.mark.parametrize("in_place", [True, False])
def test_what_failed_leaves_no_trace(in_place: bool, document: Path, tmp_path: Path, ion: Signer) -> None:
    before, target = document.read_bytes(), document if in_place else tmp_path / "signed.pdf"
    with pytest.raises(MSignError, match="time-stamping authority"):
        pades.sign(document, target, signer=ion)
    assert document.read_bytes() == before
    assert target.exists() is in_place


def test_a_document_that_is_not_there_is_refused(tmp_path: Path, ion: Signer) -> None:
    with pytest.raises(MSignError) as caught:
        pades.sign(tmp_path / "nowhere.pdf", tmp_path / "signed.pdf", signer=ion)
    assert caught.value.code is Code.UNREADABLE_DOCUMENT
