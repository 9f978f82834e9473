"""NIST PKITS: 246 certification paths, every one judged as the suite says."""

from __future__ import annotations

import datetime as dt
import json
from functools import cache
from typing import Any

import pytest

from msign.pki.asn1 import Asn1Error
from msign.pki.certificate import ParsedCertificate, parse
from msign.pki.evidence import RevocationEvidence
from msign.pki.path import Path, PathBuilder
from msign.pki.revocation import StatusFinder, StatusKind
from msign.pki.rfc5280 import PathParameters
from msign.pki.trust import ServiceRole, TrustStore
from tests.support.corpus import CORPUS, needs_corpus

AT = dt.datetime(2022, 5, 1, tzinfo=dt.UTC)
FOLDER = CORPUS / "nist-pkits"
CASES: list[dict[str, Any]] = json.loads((FOLDER / "pkits.json").read_text()) if FOLDER.is_dir() else []
CRL_OF_ANCHOR = "TrustAnchorRootCRL.crl"


@cache
def certificate(name: str) -> ParsedCertificate:
    return parse((FOLDER / "certs" / name).read_bytes())


@cache
def trust() -> TrustStore:
    return TrustStore.of({ServiceRole.SIGNERS_QUALIFIED: [certificate("TrustAnchorRootCertificate.crt")]})


def parameters(case: dict[str, Any]) -> PathParameters:
    given = case.get("params", {})
    policies = given.get("user_initial_policy_set")
    return PathParameters(
        initial_policies=frozenset(policies) if policies else None,
        explicit_policy=given.get("initial_explicit_policy", False),
        inhibit_mapping=given.get("initial_policy_mapping_inhibit", False),
        inhibit_any=given.get("initial_any_policy_inhibit", False),
    )


def judged(case: dict[str, Any]) -> bool:
    crls = [(FOLDER / "crls" / name).read_bytes() for name in [CRL_OF_ANCHOR, *case.get("crls", [])]]
    others = [certificate(name) for name in case.get("other_certs", [])]
    builder = PathBuilder(trust(), (ServiceRole.SIGNERS_QUALIFIED,), extra=others)
    finder = StatusFinder(builder=builder, embedded=RevocationEvidence(crls=tuple(crls)))
    accepted = {StatusKind.GOOD, StatusKind.UNKNOWN} if case.get("revocation") is False else {StatusKind.GOOD}

    def good(path: Path) -> bool:
        chain = path.certificates
        return all(finder.status(chain[i], chain[i + 1 :], AT, AT).kind in accepted for i in range(len(chain) - 1))

    try:
        return builder.best(certificate(case["cert"]), AT, parameters(case), accept=good).holds
    except Asn1Error:
        return False


@needs_corpus
@pytest.mark.corpus
@pytest.mark.parametrize("case", CASES, ids=[case["name"] for case in CASES])
def test_a_path_is_judged_as_pkits_says(case: dict[str, Any]) -> None:
    assert judged(case) is ("error" not in case)


@needs_corpus
@pytest.mark.corpus
def test_the_suite_is_complete() -> None:
    assert len(CASES) == 246
