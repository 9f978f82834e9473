"""NIST PKITS: judges the 246 certification paths of the shared corpus (used by the corpus runner and the tests)."""

from __future__ import annotations

import datetime as dt
import json
from functools import lru_cache
from pathlib import Path
from typing import Any

from msign.pki import path as building
from msign.pki.asn1 import Asn1Error
from msign.pki.certificate import ParsedCertificate, parse
from msign.pki.evidence import RevocationEvidence
from msign.pki.revocation import StatusFinder, StatusKind
from msign.pki.rfc5280 import PathParameters
from msign.pki.trust import ServiceRole, TrustStore

AT = dt.datetime(2022, 5, 1, tzinfo=dt.UTC)
ROLES = (ServiceRole.SIGNERS_QUALIFIED,)
CRL_OF_ANCHOR = "TrustAnchorRootCRL.crl"

Case = dict[str, Any]


def cases(folder: Path) -> list[Case]:
    """Return the cases, in the order in which rows of the corpus number them; none where the suite is missing."""
    place = folder / "pkits.json"
    found: list[Case] = json.loads(place.read_text("utf-8")) if place.is_file() else []
    return found


@lru_cache(maxsize=1024)
def certificate(folder: Path, name: str) -> ParsedCertificate:
    """Return one certificate of the suite."""
    return parse((folder / "certs" / name).read_bytes())


def parameters(case: Case) -> PathParameters:
    """Return the inputs of RFC 5280 clause 6.1.1 for a case."""
    given = case.get("params", {})
    policies = given.get("user_initial_policy_set")
    return PathParameters(
        initial_policies=frozenset(policies) if policies else None,
        explicit_policy=given.get("initial_explicit_policy", False),
        inhibit_mapping=given.get("initial_policy_mapping_inhibit", False),
        inhibit_any=given.get("initial_any_policy_inhibit", False),
    )


def passes(case: Case, folder: Path) -> bool:
    """Tell whether the path of a case holds, revocation included where the case wants it."""
    trust = TrustStore.of({ROLES[0]: [certificate(folder, "TrustAnchorRootCertificate.crt")]})
    crls = [(folder / "crls" / name).read_bytes() for name in [CRL_OF_ANCHOR, *case.get("crls", [])]]
    others = [certificate(folder, name) for name in case.get("other_certs", [])]
    builder = building.PathBuilder(trust, ROLES, extra=others)
    finder = StatusFinder(builder=builder, embedded=RevocationEvidence(crls=tuple(crls)))
    accepted = {StatusKind.GOOD, StatusKind.UNKNOWN} if case.get("revocation") is False else {StatusKind.GOOD}

    def good(path: building.Path) -> bool:
        chain = path.certificates
        return all(finder.status(chain[i], chain[i + 1 :], AT, AT).kind in accepted for i in range(len(chain) - 1))

    try:
        return builder.best(certificate(folder, case["cert"]), AT, parameters(case), accept=good).holds
    except Asn1Error:
        return False


def expected(case: Case) -> bool:
    """Tell whether the suite wants the path to hold."""
    return "error" not in case
