"""What lies between the phases, changed or damaged: refused with a reason, before anything is written."""

from __future__ import annotations

import base64
import dataclasses
import json
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from msign.kernel.errors import Code, MSignError
from msign.kernel.words import SignatureLevel
from msign.signing import asic, cades, pades, xades
from msign.signing.keys import InMemoryKey, Signer
from msign.signing.prepared import PreparedSignature

B = SignatureLevel.B


def stored(prepared: PreparedSignature, **changed: Any) -> PreparedSignature:
    """Return a prepared signature as it comes back from storage with some members changed."""
    return PreparedSignature.from_json(json.dumps({**json.loads(prepared.to_json()), **changed}))


def code_of(work: Any) -> Code:
    with pytest.raises(MSignError) as caught:
        work()
    return caught.value.code


@pytest.fixture
def waiting(document: Path, tmp_path: Path, ion: Signer) -> PreparedSignature:
    parameters = pades.PadesParameters(level=B)
    return pades.prepare(
        document, tmp_path / "s.pdf", certificate=ion.certificate, chain=ion.chain, parameters=parameters
    )


@pytest.mark.parametrize(
    "changed",
    [
        {"version": 2}, {"version": True}, {"version": "1"}, {"format": "foo"}, {"level": "X"}, {"digest": "md5"},
        {"digest": "sha512"}, {"state": None}, {"certificate": "@@@@"}, {"algorithm": 7}, {"chain": 7},
    ],
)  # fmt: skip
def test_damaged_members_are_refused(changed: dict[str, Any], waiting: PreparedSignature) -> None:
    assert code_of(lambda: stored(waiting, **changed)) is Code.INVALID_PARAMETER


@pytest.mark.parametrize("text", ["", "[]", "null", "NaN", "[" * 100_000])
def test_what_is_no_prepared_signature_is_refused(text: str) -> None:
    assert code_of(lambda: PreparedSignature.from_json(text)) is Code.INVALID_PARAMETER


@pytest.mark.parametrize(
    ("name", "value"), [("start", "-5"), ("start", "x"), ("end", "99999999999999"), ("size", "0"), ("end", "5")]
)
def test_a_place_outside_the_file_is_refused(name: str, value: str, waiting: PreparedSignature, ion: Signer) -> None:
    changed = stored(waiting, state={**waiting.state, name: value})
    assert code_of(lambda: pades.complete(changed, ion.key.sign(changed.data_to_sign))) is Code.INVALID_PARAMETER


def test_members_that_contradict_each_other_make_no_signature(
    waiting: PreparedSignature, ion: Signer, maria: Signer
) -> None:
    before = Path(waiting.state["file"]).read_bytes()
    for changed in (
        stored(waiting, data_to_sign=base64.b64encode(b"other").decode()),
        stored(waiting, content_digest=base64.b64encode(bytes(32)).decode()),
        stored(waiting, certificate=base64.b64encode(maria.signing_certificate.encoded).decode()),
    ):
        assert code_of(lambda one=changed: pades.complete(one, ion.key.sign(one.data_to_sign))) is Code.CONFLICT
    assert Path(waiting.state["file"]).read_bytes() == before
    pades.complete(stored(waiting), ion.key.sign(waiting.data_to_sign))


def test_that_holds_for_cades_and_xades_too(ion: Signer) -> None:
    cms = cades.prepare(b"data", certificate=ion.certificate, parameters=cades.CadesParameters(level=B))
    later = dataclasses.replace(cms, state={"time": "2020-01-01T00:00:00+00:00"})
    assert code_of(lambda: cades.complete(later, ion.key.sign(later.data_to_sign))) is Code.CONFLICT
    xml = xades.prepare(bytes(32), certificate=ion.certificate, parameters=xades.XadesParameters(level=B))
    for name, code in {"id": Code.CONFLICT, "properties": Code.CONFLICT, "references": Code.INVALID_PARAMETER}.items():
        changed = dataclasses.replace(xml, state={**xml.state, name: "<other/>"})
        assert code_of(lambda one=changed: xades.complete(one, ion.key.sign(one.data_to_sign))) is code


@pytest.mark.parametrize("reserved", [0, -1])
def test_room_is_a_number_of_bytes(reserved: int, document: Path, tmp_path: Path) -> None:
    parameters = pades.PadesParameters(reserved=reserved)
    work = lambda: pades.prepare(document, tmp_path / "x.pdf", parameters=parameters)  # noqa: E731
    assert code_of(work) is Code.INVALID_PARAMETER


def test_a_folder_as_target_is_refused_and_stays(document: Path, tmp_path: Path, ion: Signer) -> None:
    assert code_of(lambda: pades.sign(document, tmp_path, signer=ion)) is Code.UNREADABLE_DOCUMENT
    assert document.exists()


@pytest.mark.parametrize("identity", ["a\x00b", "\ud800"])
def test_a_name_that_no_reference_can_hold_is_refused(identity: str, ion: Signer) -> None:
    parameters = xades.XadesParameters(level=B, correlation_id=identity)
    assert code_of(lambda: xades.sign(bytes(32), signer=ion, parameters=parameters)) is Code.INVALID_PARAMETER


@pytest.mark.parametrize("names", [["."], ["Mimetype"], ["meta-inf/a"], ["c:x"], ["é", "e\u0301"], ["A.txt", "a.TXT"]])
def test_names_that_other_systems_would_mistake_are_refused(names: list[str]) -> None:
    files = [asic.AsicFile(name, b"x") for name in names]
    assert code_of(lambda: asic.prepare(files)) is Code.INVALID_PARAMETER


def test_a_key_file_that_is_not_there_is_a_configuration_error(tmp_path: Path) -> None:
    assert code_of(lambda: Signer.from_pkcs12(tmp_path / "no.p12", "x")) is Code.MISCONFIGURED


def test_a_short_rsa_key_is_refused() -> None:
    assert code_of(lambda: InMemoryKey(rsa.generate_private_key(65537, 1024))) is Code.INVALID_PARAMETER
