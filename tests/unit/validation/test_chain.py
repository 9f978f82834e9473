"""Who may be relied on, at which moment, and which words the standard has for the others."""

from __future__ import annotations

import datetime as dt

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding

from msign.kernel.clock import FixedClock
from msign.pki.evidence import NoRevocation, RevocationEvidence
from msign.pki.trust import TrustStore
from msign.validation.chain import judge_certificate
from msign.validation.context import ValidationContext
from msign.validation.model import Indication, SubIndication
from tests.support.pki import MOMENT, Pki

DAY = dt.timedelta(days=1)


class Responder:
    """A revocation source that asks the test PKI directly."""

    def __init__(self, pki: Pki) -> None:
        self.pki = pki

    def find(self, certificate: object, issuer: object, at: dt.datetime) -> RevocationEvidence:
        asked = x509.load_der_x509_certificate(certificate.der)  # type: ignore[attr-defined]
        return RevocationEvidence(ocsp=(self.pki.services.ocsp_response(asked),))


def test_a_good_certificate_passes_and_is_qualified(pki: Pki, context: ValidationContext) -> None:
    conclusion = judge_certificate(pki.person("ion").der, context=context)
    assert conclusion.passed, conclusion
    assert conclusion.qualification.word == "qualified"
    assert [fact.source for fact in conclusion.revocation] == ["ocsp"] * (len(conclusion.chain) - 1)


@pytest.mark.parametrize(
    ("name", "indication", "sub"),
    [
        ("expired", Indication.INDETERMINATE, SubIndication.OUT_OF_BOUNDS_NO_POE),
        ("not-yet-valid", Indication.INDETERMINATE, SubIndication.OUT_OF_BOUNDS_NO_POE),
        ("revoked-before", Indication.INDETERMINATE, SubIndication.REVOKED_NO_POE),
        ("suspended", Indication.INDETERMINATE, SubIndication.TRY_LATER),
        ("untrusted", Indication.INDETERMINATE, SubIndication.NO_CERTIFICATE_CHAIN_FOUND),
    ],
)
def test_others_get_the_word_of_the_standard(
    pki: Pki, context: ValidationContext, name: str, indication: Indication, sub: SubIndication
) -> None:
    conclusion = judge_certificate(pki.person(name).der, context=context)
    assert (conclusion.indication, conclusion.sub_indication) == (indication, sub)
    assert conclusion.reasons


def test_a_revocation_after_the_proven_time_does_no_harm(pki: Pki, trust: TrustStore) -> None:
    context = ValidationContext(trust=trust, revocation=Responder(pki), clock=FixedClock(MOMENT))
    assert judge_certificate(pki.person("revoked-before").der, context=context, at=MOMENT - 11 * DAY).passed
    assert not judge_certificate(pki.person("revoked-before").der, context=context, at=MOMENT - 9 * DAY).passed


def test_nobody_is_trusted_by_an_empty_store(pki: Pki) -> None:
    context = ValidationContext(trust=TrustStore(), revocation=Responder(pki), clock=FixedClock())
    conclusion = judge_certificate(pki.person("ion").der, context=context)
    assert conclusion.sub_indication is SubIndication.NO_CERTIFICATE_CHAIN_FOUND


def test_without_status_the_answer_is_try_later(pki: Pki, trust: TrustStore) -> None:
    context = ValidationContext(trust=trust, revocation=NoRevocation(), clock=FixedClock())
    conclusion = judge_certificate(pki.person("ion").der, context=context)
    assert conclusion.sub_indication is SubIndication.TRY_LATER
    assert "offline" in dict(conclusion.reasons[0].facts)["cause"]


def test_bytes_that_are_no_certificate_are_told_apart(context: ValidationContext) -> None:
    conclusion = judge_certificate(b"\x30\x03\x02\x01\x01", context=context)
    assert conclusion.sub_indication is SubIndication.CERTIFICATE_CHAIN_GENERAL_FAILURE


@pytest.mark.parametrize(
    ("purposes", "told"),
    [((1,), True), ((8,), True), ((9, 1), True), ((1, 4), False), ((2,), False)],
    ids=["server", "time-stamps", "status and server", "server and e-mail", "client"],
)
def test_a_certificate_for_machines_signs_no_documents(
    pki: Pki, context: ValidationContext, purposes: tuple[int, ...], told: bool
) -> None:
    """RFC 5280 clause 4.2.1.12: of the purposes that it names, one must be a person's."""
    issuer, holder = pki.person("ion").issuer, pki.person("ion-p256")
    usages = [x509.ObjectIdentifier(f"1.3.6.1.5.5.7.3.{number}") for number in purposes]
    builder = x509.CertificateBuilder(issuer.certificate.subject, holder.certificate.subject)
    builder = builder.public_key(holder.certificate.public_key()).serial_number(77)
    builder = builder.not_valid_before(MOMENT - DAY).not_valid_after(MOMENT + DAY)
    made = builder.add_extension(x509.ExtendedKeyUsage(usages), critical=False).sign(issuer.key, hashes.SHA256())  # type: ignore[arg-type]
    conclusion = judge_certificate(made.public_bytes(Encoding.DER), context=context)
    assert ("key-usage-not-signing" in {reason.code for reason in conclusion.reasons}) is told
