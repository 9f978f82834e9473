"""Qualifications of a trusted service: which of its certificates are qualified, and where their keys live.

TS 119 612 clause 5.5.9.2: a list says about a service "certificates that look like this are that". The criteria are
data; whatever they contain that we do not know matches nothing, so that it grants nothing.
"""

from __future__ import annotations

import enum
from collections.abc import Iterator
from dataclasses import dataclass

from msign.pki.certificate import ParsedCertificate

# The bits of KeyUsage in the order of RFC 5280 clause 4.2.1.3, by the names that trusted lists use.
KEY_USAGE_BITS = (
    "digitalSignature", "nonRepudiation", "keyEncipherment", "dataEncipherment", "keyAgreement", "keyCertSign",
    "crlSign", "encipherOnly", "decipherOnly",
)  # fmt: skip


class Qualifier(enum.StrEnum):
    """What a list may say of certificates (clause 5.5.9.2.3), old and new names made one."""

    QC_STATEMENT = "QCStatement"
    NOT_QUALIFIED = "NotQualified"
    WITH_DEVICE = "QCWithQSCD"
    NO_DEVICE = "QCNoQSCD"
    DEVICE_AS_IN_CERTIFICATE = "QCQSCDStatusAsInCert"
    DEVICE_MANAGED = "QCQSCDManagedOnBehalf"
    FOR_SIGNATURES = "QCForESig"
    FOR_SEALS = "QCForESeal"
    FOR_WEB_SITES = "QCForWSA"
    FOR_LEGAL_PERSON = "QCForLegalPerson"


class Assertion(enum.StrEnum):
    """How many criteria of a list have to match (clause 5.5.9.2.2)."""

    ALL = "all"
    AT_LEAST_ONE = "atLeastOne"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Criteria:
    """A list of criteria. ``known`` is false if it contains one that we cannot judge: then it matches nothing."""

    assertion: Assertion
    key_usages: tuple[tuple[tuple[str, bool], ...], ...] = ()  # each: name of the bit and the value it must have
    policy_sets: tuple[frozenset[str], ...] = ()  # each: policies that must all be there
    extended_key_usages: tuple[frozenset[str], ...] = ()
    subject_attributes: tuple[frozenset[str], ...] = ()  # attribute types that the subject must have
    nested: tuple[Criteria, ...] = ()
    known: bool = True

    def understood(self) -> bool:
        """Tell whether every criterion, at any depth, is of a kind that we can judge."""
        return self.known and all(inner.understood() for inner in self.nested)

    def match(self, certificate: ParsedCertificate) -> bool:
        """Tell whether the certificate is meant. An empty list and one that is not understood match nothing."""
        return self.understood() and self._match(certificate)

    def _match(self, certificate: ParsedCertificate) -> bool:
        answers = list(self._answers(certificate))
        if not answers:
            return False
        match self.assertion:
            case Assertion.ALL:
                return all(answers)
            case Assertion.AT_LEAST_ONE:
                return any(answers)
            case Assertion.NONE:
                return not any(answers)

    def _answers(self, certificate: ParsedCertificate) -> Iterator[bool]:
        usage = certificate.key_usage or frozenset()
        for bits in self.key_usages:
            yield all((KEY_USAGE_BITS.index(name) in usage) is wanted for name, wanted in bits)
        for policies in self.policy_sets:
            yield policies <= set(certificate.policies)
        for purposes in self.extended_key_usages:
            yield purposes <= (certificate.extended_key_usage or frozenset())
        for attributes in self.subject_attributes:
            yield all(certificate.subject.first(oid) for oid in attributes)
        for inner in self.nested:
            yield inner._match(certificate)  # noqa: SLF001  (the same class)


@dataclass(frozen=True, slots=True)
class QualificationRule:
    """Certificates that match the criteria are what the qualifiers say."""

    qualifiers: frozenset[Qualifier]
    criteria: Criteria


def qualifiers_of(certificate: ParsedCertificate, rules: tuple[QualificationRule, ...]) -> frozenset[Qualifier]:
    """Return everything that the rules say of a certificate."""
    return frozenset().union(*(rule.qualifiers for rule in rules if rule.criteria.match(certificate)))
