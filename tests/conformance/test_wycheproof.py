"""Wycheproof vectors: RSA and ECDSA values that careless verifiers take for good, or refuse although they are."""

from __future__ import annotations

import json
from typing import Any

import pytest

from msign.pki.algorithms import KeyKind, SignatureAlgorithm
from msign.pki.keys import load_key, plain_to_der, verify
from tests.support.corpus import CORPUS, needs_corpus

FOLDER = CORPUS / "wycheproof"
FILES = {
    "rsa_signature_2048_sha256_test.json": KeyKind.RSA,
    "rsa_signature_3072_sha256_test.json": KeyKind.RSA,
    "ecdsa_secp256r1_sha256_test.json": KeyKind.ECDSA,
    "ecdsa_secp256r1_sha256_p1363_test.json": KeyKind.ECDSA,
}


def accepted(group: dict[str, Any], test: dict[str, Any], kind: KeyKind, *, plain: bool) -> bool:
    key = load_key(bytes.fromhex(group["publicKeyDer"]))
    assert key is not None
    signature = bytes.fromhex(test["sig"])
    value = plain_to_der(signature, key) if plain else signature
    return value is not None and verify(key, SignatureAlgorithm(kind, "sha256"), value, bytes.fromhex(test["msg"]))


@needs_corpus
@pytest.mark.corpus
@pytest.mark.parametrize("name", FILES)
def test_every_vector_is_judged_as_published(name: str) -> None:
    groups = json.loads((FOLDER / name).read_text())["testGroups"]
    wrong = [
        test["tcId"]
        for group in groups
        for test in group["tests"]
        if test["result"] != "acceptable"
        and accepted(group, test, FILES[name], plain="p1363" in name) is not (test["result"] == "valid")
    ]
    assert wrong == []
