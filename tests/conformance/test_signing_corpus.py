"""Every PDF that others have collected can be signed, or is refused in our own words; its bytes survive."""

from __future__ import annotations

from pathlib import Path

import pytest

from msign.kernel.errors import Code, MSignError
from msign.signing import pades
from msign.signing.keys import InMemoryKey, Signer
from tests.support.corpus import CORPUS, needs_corpus
from tests.support.pki import session_pki

FILES = sorted(CORPUS.glob("*/*.pdf")) if CORPUS.is_dir() else []
HOPELESS = {
    "pdf-signed-corrupted.pdf",
    "broken-objstream1.pdf",
    "form-tree-circular-ref-input.pdf",
    "malformed-encrypt-dict2.pdf",
    "minimal-startxref-hopeless.pdf",
    "minimal-startxref-hopeless2.pdf",
}
UNWILLING = {"encrypted.pdf": "does not permit its readers to sign it"}  # not to be signed, though it could be


def sign(source: Path, target: Path) -> None:
    pki = session_pki()
    person = pki.person("maria")
    signer = Signer(InMemoryKey(person.key), person.certificate, person.chain)
    pades.sign(source, target, signer=signer, tsa=pki.tsa, clock=pki.clock)


def named(path: Path) -> str:
    return f"{path.parent.name}/{path.name}"


@pytest.mark.corpus
@needs_corpus
@pytest.mark.parametrize("source", [one for one in FILES if one.name not in HOPELESS | UNWILLING.keys()], ids=named)
def test_a_document_of_the_corpus_is_signed(source: Path, tmp_path: Path) -> None:
    sign(source, tmp_path / "signed.pdf")
    assert (tmp_path / "signed.pdf").read_bytes().startswith(source.read_bytes())


@pytest.mark.corpus
@needs_corpus
@pytest.mark.parametrize("source", [one for one in FILES if one.name in HOPELESS], ids=named)
def test_a_hopeless_document_is_refused(source: Path, tmp_path: Path) -> None:
    with pytest.raises(MSignError) as caught:
        sign(source, tmp_path / "signed.pdf")
    assert caught.value.code is Code.UNREADABLE_DOCUMENT
    assert not (tmp_path / "signed.pdf").exists()


@pytest.mark.corpus
@needs_corpus
@pytest.mark.parametrize("source", [one for one in FILES if one.name in UNWILLING], ids=named)
def test_a_document_that_permits_no_signature_gets_none(source: Path, tmp_path: Path) -> None:
    with pytest.raises(MSignError, match=UNWILLING[source.name]) as caught:
        sign(source, tmp_path / "signed.pdf")
    assert caught.value.code is Code.CONFLICT
    assert not (tmp_path / "signed.pdf").exists()
