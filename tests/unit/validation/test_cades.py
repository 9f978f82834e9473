"""One CMS container at a time: what holds, what does not, and under which word of the standard."""

from __future__ import annotations

import datetime as dt
import hashlib

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ed25519, rsa

from msign.pki import algorithms, asn1, der
from msign.signing import cms
from msign.signing.algorithms import Digest
from msign.signing.keys import InMemoryKey, Signer
from msign.validation.cades import CmsFinding, examine
from msign.validation.model import Integrity, SubIndication
from tests.support.pdfsign import How, cms_container, signer_of
from tests.support.pki import MOMENT, session_pki

CONTENT = b"what was signed"


def digest_of(name: str) -> bytes:
    return algorithms.digest(name, CONTENT)


def digest(name: str = "sha256") -> bytes:
    return digest_of(name)


def codes(finding: CmsFinding) -> set[str]:
    return {reason.code for reason in finding.reasons}


def made(
    signer: Signer,
    attributes: bytes | None = None,
    *,
    algorithm: Digest = Digest.SHA256,
    certificate: Signer | None = None,
) -> bytes:
    """A container over CONTENT, with attributes of our choice, perhaps naming another certificate."""
    shown = (certificate or signer).signing_certificate
    attributes = attributes or cms.signed_attributes(algorithm.of(CONTENT), shown)
    return cms.signed_data(
        attributes=attributes, value=signer.key.sign(attributes), digest=algorithm, algorithm=signer.key.algorithm,
        certificate=shown, chain=signer.issuers,
    )  # fmt: skip


@pytest.fixture(scope="module")
def ion() -> Signer:
    return signer_of(session_pki().person("ion-p256"))


@pytest.mark.parametrize("who", ["ion", "ion-p256", "vasile"])
def test_an_honest_container_holds(who: str) -> None:
    finding = examine(cms_container(digest(), How(who=who)), digest_of)
    assert finding.integrity is Integrity.VALID
    assert finding.failure is None
    assert finding.bound
    assert finding.certificate is not None
    assert finding.certificate.der == session_pki().person(who).der
    assert len(finding.tokens) == 1
    assert codes(finding) == set()


@pytest.mark.parametrize("algorithm", [Digest.SHA384, Digest.SHA512])
def test_other_digests_hold(ion: Signer, algorithm: Digest) -> None:
    assert examine(made(ion, algorithm=algorithm), digest_of).integrity is Integrity.VALID


def test_pss_holds() -> None:
    identity = session_pki().person("ion")
    signer = Signer(InMemoryKey(identity.key, pss=True), identity.certificate, identity.chain)
    finding = examine(made(signer), digest_of)
    assert finding.integrity is Integrity.VALID
    assert finding.scheme is not None
    assert finding.scheme.kind is algorithms.KeyKind.RSA_PSS


def ed25519_signer() -> Signer:
    key = ed25519.Ed25519PrivateKey.generate()
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "TEST Ed25519")])
    builder = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    builder = builder.serial_number(7).not_valid_before(MOMENT).not_valid_after(MOMENT + dt.timedelta(days=9))
    return Signer(InMemoryKey(key), builder.sign(key, None))


def test_ed25519_holds_with_sha512_and_is_noted_with_another_digest() -> None:
    signer = ed25519_signer()
    assert codes(examine(made(signer, algorithm=Digest.SHA512), digest_of)) == set()
    finding = examine(made(signer, algorithm=Digest.SHA256), digest_of)
    assert finding.integrity is Integrity.VALID
    assert "eddsa-digest-not-allowed" in codes(finding)


def test_another_content_is_a_hash_failure(ion: Signer) -> None:
    finding = examine(made(ion), lambda name: algorithms.digest(name, b"something else"))
    assert (finding.integrity, finding.failure) == (Integrity.INVALID, SubIndication.HASH_FAILURE)


def test_a_foreign_value_is_a_crypto_failure(ion: Signer) -> None:
    other = signer_of(session_pki().person("maria"))
    finding = examine(made(other, certificate=ion), digest_of)
    assert (finding.integrity, finding.failure) == (Integrity.INVALID, SubIndication.SIG_CRYPTO_FAILURE)


def test_a_key_of_another_kind_is_a_crypto_failure(ion: Signer) -> None:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    finding = examine(made(Signer(InMemoryKey(key), ion.certificate), certificate=ion), digest_of)
    assert finding.failure is SubIndication.SIG_CRYPTO_FAILURE


def test_without_certificate_nothing_can_be_checked(ion: Signer) -> None:
    full = made(ion)
    certificates = next(n for n in _fields(full) if n.tag == 0xA0)
    finding = examine(full.replace(certificates.raw, der.tlv(0xA0)), digest_of)
    assert finding.failure in (SubIndication.FORMAT_FAILURE, SubIndication.NO_SIGNING_CERTIFICATE_FOUND)
    assert finding.integrity is Integrity.INVALID


def _fields(container: bytes) -> list[asn1.Node]:
    return asn1.read(container).children()[1].inner().children()


def test_the_attribute_must_name_the_certificate(ion: Signer) -> None:
    maria = signer_of(session_pki().person("maria"))
    attributes = cms.signed_attributes(digest(), maria.signing_certificate)
    finding = examine(made(ion, attributes), digest_of)
    assert finding.integrity is Integrity.VALID
    assert finding.failure is SubIndication.NO_SIGNING_CERTIFICATE_FOUND
    assert not finding.bound


def test_a_missing_attribute_leaves_the_certificate_unbound(ion: Signer) -> None:
    attributes = der.set_of(
        (
            cms.attribute(cms.ID_CONTENT_TYPE, der.oid(cms.ID_DATA)),
            cms.attribute(cms.ID_MESSAGE_DIGEST, der.octet_string(digest())),
        )
    )
    finding = examine(made(ion, attributes), digest_of)
    assert finding.integrity is Integrity.VALID
    assert not finding.bound


@pytest.mark.parametrize(
    "attributes",
    [
        (cms.attribute(cms.ID_CONTENT_TYPE, der.oid(cms.ID_DATA)),),
        (cms.attribute(cms.ID_MESSAGE_DIGEST, der.octet_string(digest())),),
        (
            cms.attribute(cms.ID_CONTENT_TYPE, der.oid(cms.ID_SIGNED_DATA)),
            cms.attribute(cms.ID_MESSAGE_DIGEST, der.octet_string(digest())),
        ),
        (
            cms.attribute(cms.ID_CONTENT_TYPE, der.oid(cms.ID_DATA)),
            cms.attribute(cms.ID_MESSAGE_DIGEST, der.octet_string(digest()), der.octet_string(bytes(32))),
        ),
    ],
    ids=["no digest", "no content type", "other content type", "two digests"],
)
def test_attributes_that_the_standard_forbids(ion: Signer, attributes: tuple[bytes, ...]) -> None:
    finding = examine(made(ion, der.set_of(attributes)), digest_of)
    assert (finding.integrity, finding.failure) == (Integrity.INVALID, SubIndication.FORMAT_FAILURE)


def test_room_behind_the_container_is_ignored(ion: Signer) -> None:
    assert examine(made(ion) + bytes(500), digest_of).integrity is Integrity.VALID
    assert examine(made(ion) + b"anything", digest_of).integrity is Integrity.VALID


@pytest.mark.parametrize("container", [b"", b"\x30", b"\x30\x80", b"\x30\x03\x02\x01\x01", bytes(5000), b"\xff" * 100])
def test_what_is_no_container_is_a_format_failure(container: bytes) -> None:
    finding = examine(container, digest_of)
    assert (finding.integrity, finding.failure) == (Integrity.INVALID, SubIndication.FORMAT_FAILURE)


def test_encapsulated_sha1_is_read_for_the_old_subfilter_only(ion: Signer) -> None:
    held = hashlib.sha1(CONTENT).digest()
    attributes = cms.signed_attributes(hashlib.sha256(held).digest(), ion.signing_certificate)
    plain = made(ion, attributes)
    empty = der.sequence(der.oid(cms.ID_DATA))
    inner = plain[plain.index(empty) :]
    assert inner.startswith(empty)
    container = _with_content(plain, held)
    assert examine(container, digest_of, sha1_content=True).integrity is Integrity.VALID
    assert examine(container, digest_of).failure is SubIndication.FORMAT_FAILURE
    changed = examine(container, lambda name: algorithms.digest(name, b"x"), sha1_content=True)
    assert changed.failure is SubIndication.HASH_FAILURE


def _with_content(container: bytes, content: bytes) -> bytes:
    fields = [node.raw for node in _fields(container)]
    fields[2] = der.sequence(der.oid(cms.ID_DATA), der.explicit(0, der.octet_string(content)))
    return der.sequence(der.oid(cms.ID_SIGNED_DATA), der.explicit(0, der.sequence(*fields)))


def test_two_signers_are_a_format_failure(ion: Signer) -> None:
    fields = [node.raw for node in _fields(made(ion))]
    one = asn1.read(fields[-1]).value
    fields[-1] = der.tlv(0x31, one, one)
    container = der.sequence(der.oid(cms.ID_SIGNED_DATA), der.explicit(0, der.sequence(*fields)))
    assert examine(container, digest_of).failure is SubIndication.FORMAT_FAILURE
