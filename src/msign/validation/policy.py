"""Validation policy as data: what each failed check does to a verdict, which algorithms count until when.

A policy has a name and a version; every report carries both. Checks that a policy does not mention fail the signature.
"""

from __future__ import annotations

import datetime as dt
import enum
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType

from msign.pki.algorithms import AlgorithmPolicy
from msign.validation.model import Reason, Severity


class Sha1Rule(enum.StrEnum):
    """What becomes of SHA-1 in signatures made after its date. Setting ``verify.sha1``."""

    ACCEPT_IF_TIMESTAMPED = "accept-if-timestamped"
    REJECT = "reject"


@dataclass(frozen=True, slots=True)
class Policy:
    """The rules of one kind of judgement. Immutable; ``with_severity`` makes variants."""

    name: str
    version: str
    severities: Mapping[str, Severity] = field(default_factory=lambda: MappingProxyType({}))
    algorithms: AlgorithmPolicy = field(default_factory=AlgorithmPolicy)
    sha1: Sha1Rule = Sha1Rule.ACCEPT_IF_TIMESTAMPED
    revocation_needed: bool = True
    default_freshness: dt.timedelta = dt.timedelta(hours=24)  # for status without nextUpdate
    clock_skew: dt.timedelta = dt.timedelta(minutes=5)

    def severity(self, code: str) -> Severity:
        """Return what a failed check does; unknown checks fail."""
        return self.severities.get(code, Severity.FAIL)

    def reason(self, code: str, /, **facts: object) -> Reason:
        """Return the reason for a failed check with the severity that this policy gives it."""
        return Reason(str(code), self.severity(code), tuple((name, str(value)) for name, value in facts.items()))

    def with_severity(self, **severities: Severity) -> Policy:
        """Return a variant; underscores in the names stand for hyphens."""
        changed = {name.replace("_", "-"): severity for name, severity in severities.items()}
        return replace(self, severities=MappingProxyType({**self.severities, **changed}))


_DEFAULT_SEVERITIES = MappingProxyType({
    "sha1-timestamped": Severity.WARN,
    "modulus-negative": Severity.INFORM,
    "key-usage-missing": Severity.WARN,
    "signing-time-after-timestamp": Severity.WARN,
    "policy-not-processed": Severity.INFORM,
    "manifest-entry-missing": Severity.INFORM,
    "manifest-entry-wrong": Severity.WARN,
    "object-reference-dangling": Severity.WARN,
    "timestamp-invalid": Severity.WARN,
    "timestamp-revocation-not-fresh": Severity.WARN,
    "content-timestamp-invalid": Severity.WARN,
    "archive-timestamp-invalid": Severity.WARN,
    "counter-signature-noted": Severity.INFORM,
    "issuer-serial-differs": Severity.WARN,
    "archive-timestamp-not-judged": Severity.INFORM,
    "container-type-missing": Severity.WARN,
    "container-manifest-differs": Severity.WARN,
    "trusted-list-outdated": Severity.WARN,
    "trusted-list-contradictory": Severity.WARN,
})  # fmt: skip

DEFAULT_POLICY = Policy(name="msign-default", version="1", severities=_DEFAULT_SEVERITIES)
