"""Many documents, one act of signing."""

from __future__ import annotations

from pathlib import Path

import pytest

from msign.kernel.errors import Code, MSignError
from msign.kernel.words import SignatureLevel
from msign.signing.batch import Batch, BatchItem, Done, Failed, Tools, complete_batch, prepare_batch, sign_batch
from msign.signing.evidence import EvidenceCollector
from msign.signing.keys import InMemoryKey, Signer
from msign.signing.longterm import signature_containers
from msign.signing.pades import PadesParameters
from tests.support.pdfs import Form, write
from tests.support.pki import Pki, session_pki


@pytest.fixture
def items(tmp_path: Path) -> list[BatchItem]:
    for number in range(4):
        (tmp_path / f"{number}.pdf").write_bytes(write(Form()))
    (tmp_path / "2.pdf").write_bytes(b"no document at all")
    return [
        BatchItem(f"item-{number}", tmp_path / f"{number}.pdf", tmp_path / f"{number}-signed.pdf")
        for number in range(4)
    ]


def values(batch: Batch, signer: Signer) -> dict[str, bytes]:
    """What a provider answers to one call with all digests."""
    assert isinstance(signer.key, InMemoryKey)
    return {one.id: signer.key.sign_digest(one.digest_to_sign) for one in batch.prepared}


def test_one_bad_document_does_not_stop_the_others(items: list[BatchItem], ion: Signer, pki: Pki) -> None:
    batch = Batch.from_json(prepare_batch(items, certificate=ion.certificate, chain=ion.chain).to_json())
    outcomes = {one.id: one for one in complete_batch(batch, values(batch, ion), tsa=pki.tsa)}
    assert [isinstance(outcomes[item.id], Done) for item in items] == [True, True, False, True]
    bad = outcomes["item-2"]
    assert isinstance(bad, Failed)
    assert bad.code is Code.UNREADABLE_DOCUMENT


def test_completing_again_finishes_the_rest_only(items: list[BatchItem], ion: Signer, pki: Pki) -> None:
    batch = prepare_batch(items[:2], certificate=ion.certificate, chain=ion.chain)
    given = values(batch, ion)
    first = complete_batch(batch, {"item-0": given["item-0"]}, tsa=pki.tsa)
    assert isinstance(first[1], Failed)
    assert first[1].retry
    before = items[0].target.read_bytes()
    again = complete_batch(batch, given, tsa=pki.tsa)
    assert all(isinstance(one, Done) for one in again)
    assert items[0].target.read_bytes() == before


def test_a_long_term_signature_cut_off_in_the_middle_is_finished(
    items: list[BatchItem], ion: Signer, pki: Pki, evidence: EvidenceCollector
) -> None:
    item = BatchItem("one", items[0].source, items[0].target, PadesParameters(level=SignatureLevel.LTA))
    batch = prepare_batch([item], certificate=ion.certificate, chain=ion.chain)
    given = values(batch, ion)
    complete_batch(batch, given, tsa=pki.tsa, evidence=evidence)
    whole = item.target.read_bytes()
    item.target.write_bytes(whole[:-3000])
    (outcome,) = complete_batch(batch, given, tsa=pki.tsa, evidence=evidence)
    assert isinstance(outcome, Done)
    assert len(signature_containers(item.target)) == 2


def test_ids_and_targets_must_differ(items: list[BatchItem], ion: Signer) -> None:
    for same in ([items[0], items[0]], [items[0], BatchItem("other", items[1].source, items[0].target)]):
        with pytest.raises(MSignError, match="must differ"):
            prepare_batch(same, certificate=ion.certificate)


@pytest.mark.parametrize("text", ["", "{}", '{"version": 9}', '{"version": 1, "prepared": [1], "failed": []}'])
def test_a_damaged_batch_is_refused(text: str) -> None:
    with pytest.raises(MSignError):
        Batch.from_json(text)


def tools() -> Tools:
    pki = session_pki()
    person = pki.person("maria")
    return Tools(Signer(InMemoryKey(person.key), person.certificate, person.chain), pki.tsa)


@pytest.mark.parametrize("processes", [1, 2])
def test_a_key_at_hand_signs_in_one_or_more_processes(items: list[BatchItem], processes: int) -> None:
    outcomes = list(sign_batch(items, make_tools=tools, processes=processes))
    assert [one.id for one in outcomes] == [item.id for item in items]
    assert [isinstance(one, Done) for one in outcomes] == [True, True, False, True]
