"""Every kind of key, in memory and on a token, makes signatures that fit its certificate."""

from __future__ import annotations

import base64
import datetime as dt
import hashlib
import shutil
import subprocess
import uuid
from collections.abc import Iterator
from pathlib import Path

import pkcs11
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.asymmetric.types import CertificateIssuerPrivateKeyTypes
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    pkcs12,
)
from lxml import etree
from pkcs11.util.ec import decode_ec_private_key
from pkcs11.util.rsa import decode_rsa_private_key
from pkcs11.util.x509 import decode_x509_certificate

from msign.kernel.errors import Code, MSignError
from msign.kernel.words import SignatureLevel
from msign.signing import pades, xades
from msign.signing.algorithms import Digest, Scheme, SignatureAlgorithm, verify
from msign.signing.keys import InMemoryKey, Signer
from msign.signing.pkcs11 import Pkcs11Signer, Pkcs11Slot, _session
from msign.signing.xadeslong import canonical
from tests.support.pki import Pki

SOFTHSM = next(
    (
        one
        for one in (
            "/usr/lib/softhsm/libsofthsm2.so",
            "/usr/lib/x86_64-linux-gnu/softhsm/libsofthsm2.so",
            "/usr/local/lib/softhsm/libsofthsm2.so",
        )
        if Path(one).exists()
    ),
    None,
)
B = SignatureLevel.B
KEYS: dict[str, CertificateIssuerPrivateKeyTypes] = {
    "rsa-2048": rsa.generate_private_key(public_exponent=65537, key_size=2048),
    "p-256": ec.generate_private_key(ec.SECP256R1()),
    "p-384": ec.generate_private_key(ec.SECP384R1()),
    "p-521": ec.generate_private_key(ec.SECP521R1()),
    "ed25519": ed25519.Ed25519PrivateKey.generate(),
}


def certificate(key: CertificateIssuerPrivateKeyTypes) -> x509.Certificate:
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "TEST key")])
    start = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .serial_number(77)
        .public_key(key.public_key())
        .not_valid_before(start)
        .not_valid_after(start + dt.timedelta(days=365))
        .sign(key, None if isinstance(key, ed25519.Ed25519PrivateKey) else hashes.SHA256())
    )


def algorithms() -> Iterator[tuple[str, SignatureAlgorithm | None]]:
    digests = [one for one in Digest if one is not Digest.SHA1]
    yield from ((name, None) for name in KEYS)
    yield from (
        ("rsa-2048", SignatureAlgorithm(scheme, one))
        for scheme in (Scheme.RSA_PKCS1, Scheme.RSA_PSS)
        for one in digests
    )
    yield from (("p-256", SignatureAlgorithm(Scheme.ECDSA, one)) for one in digests)


@pytest.mark.parametrize(("kind", "algorithm"), list(algorithms()), ids=str)
def test_every_pair_signs_a_pdf_and_most_sign_xml(
    kind: str, algorithm: SignatureAlgorithm | None, document: Path, tmp_path: Path
) -> None:
    key = InMemoryKey(KEYS[kind], algorithm=algorithm)
    signer = Signer(key, certificate(KEYS[kind]))
    digest = key.algorithm.digest
    parameters = pades.PadesParameters(level=B, digest=digest)
    assert pades.sign(document, tmp_path / "s.pdf", signer=signer, parameters=parameters).exists()
    if key.algorithm.scheme is Scheme.RSA_PKCS1 and digest.value.startswith("sha3_"):
        with pytest.raises(MSignError, match="no identifier"):
            xades.sign(bytes(32), signer=signer, parameters=xades.XadesParameters(level=B))
        return
    root = etree.fromstring(xades.sign(bytes(32), signer=signer, parameters=xades.XadesParameters(level=B)))
    value = base64.b64decode(next(root.iter("{*}SignatureValue")).text or "")
    leaf = signer.signing_certificate
    verify(leaf.public_key, key.algorithm, leaf.cms_value(value), data=canonical(next(root.iter("{*}SignedInfo"))))
    if key.algorithm.scheme is Scheme.ECDSA:
        assert len(value) == 2 * ((leaf.public_key.curve.key_size + 7) // 8)  # type: ignore[union-attr]


@pytest.mark.parametrize("name", ["rsa-2048", "p-256"])
def test_a_remote_instrument_signs_the_digest_only(name: str, document: Path, tmp_path: Path) -> None:
    key = InMemoryKey(KEYS[name])
    prepared = pades.prepare(
        document, tmp_path / "s.pdf", certificate=certificate(KEYS[name]), parameters=pades.PadesParameters(level=B)
    )
    assert pades.complete(prepared, key.sign_digest(prepared.digest_to_sign)).exists()
    with pytest.raises(MSignError, match="not a digest"):
        key.sign_digest(b"short")


def test_an_algorithm_that_does_not_suit_the_key_is_refused() -> None:
    with pytest.raises(MSignError) as caught:
        InMemoryKey(KEYS["p-256"], algorithm=SignatureAlgorithm(Scheme.RSA_PSS))
    assert caught.value.code is Code.MISCONFIGURED


@pytest.mark.parametrize(("scheme", "digest"), [(Scheme.RSA_PKCS1, Digest.SHA1), (Scheme.ED25519, Digest.SHA256)])
def test_weak_or_impossible_pairs_cannot_be_named(scheme: Scheme, digest: Digest) -> None:
    with pytest.raises(MSignError):
        SignatureAlgorithm(scheme, digest)


def test_pkcs12_is_loaded_with_its_chain(pki: Pki) -> None:
    signer = Signer.from_pkcs12(pki.person("maria").pkcs12("demo"), "demo")
    assert signer.signing_certificate.encoded == pki.person("maria").der
    assert len(signer.issuers) == 2
    with pytest.raises(MSignError, match="wrong password"):
        Signer.from_pkcs12(pki.person("maria").pkcs12("demo"), "other")
    empty = pkcs12.serialize_key_and_certificates(
        None, None, certificate(KEYS["p-256"]), None, BestAvailableEncryption(b"x")
    )
    with pytest.raises(MSignError, match="no private key"):
        Signer.from_pkcs12(empty, "x")


def test_an_unreadable_key_is_a_configuration_error() -> None:
    with pytest.raises(MSignError) as caught:
        InMemoryKey.from_pem(b"nonsense")
    assert caught.value.code is Code.MISCONFIGURED


# Tokens


@pytest.fixture(scope="module")
def token(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pkcs11Slot]:
    if SOFTHSM is None or shutil.which("softhsm2-util") is None:
        pytest.skip("softhsm2 is not installed")
    folder = tmp_path_factory.mktemp("softhsm")
    (folder / "softhsm2.conf").write_text(f"directories.tokendir = {folder}\nlog.level = ERROR\n")
    label = f"test-{uuid.uuid4().hex[:8]}"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SOFTHSM2_CONF", str(folder / "softhsm2.conf"))
        command = ["softhsm2-util", "--init-token", "--free", "--label", label, "--pin", "1234", "--so-pin", "5678"]
        subprocess.run(command, check=True, capture_output=True)
        library = pkcs11.lib(SOFTHSM)
        library.reinitialize()
        with library.get_token(token_label=label).open(user_pin="1234", rw=True) as session:
            for name in ("rsa-2048", "p-256", "p-384"):
                _import(session, name)
            for name in ("rsa-2048", "p-256"):
                _import(session, name, careful=True)
        yield Pkcs11Slot(Path(SOFTHSM), label, "1234")


def _import(session: pkcs11.Session, name: str, *, careful: bool = False) -> None:
    """Put a key and its certificate on the token; a careful key wants its PIN for every signature."""
    key = KEYS[name]
    label = f"careful {name}" if careful else name
    encoding = PrivateFormat.TraditionalOpenSSL
    decode = decode_rsa_private_key if name.startswith("rsa") else decode_ec_private_key
    attributes = decode(key.private_bytes(Encoding.DER, encoding, NoEncryption()))
    each = {pkcs11.Attribute.ALWAYS_AUTHENTICATE: True, pkcs11.Attribute.PRIVATE: True} if careful else {}
    session.create_object({**attributes, **each, pkcs11.Attribute.LABEL: label, pkcs11.Attribute.TOKEN: True})
    encoded = decode_x509_certificate(certificate(key).public_bytes(Encoding.DER))
    session.create_object({**encoded, pkcs11.Attribute.LABEL: label, pkcs11.Attribute.TOKEN: True})


def slot_for(token: Pkcs11Slot, name: str, pin: str = "1234") -> Pkcs11Slot:
    return Pkcs11Slot(token.module, token.token, pin, label=name)


@pytest.mark.tool
@pytest.mark.parametrize(("name", "pss"), [("rsa-2048", False), ("rsa-2048", True), ("p-256", False), ("p-384", False)])
def test_a_token_signs(token: Pkcs11Slot, name: str, pss: bool, document: Path, tmp_path: Path) -> None:
    signer = Pkcs11Signer(slot_for(token, name), pss=pss).signer()
    parameters = pades.PadesParameters(level=B)
    assert pades.sign(document, tmp_path / "s.pdf", signer=signer, parameters=parameters).exists()
    assert xades.sign(bytes(32), signer=signer, parameters=xades.XadesParameters(level=B))
    signer.key.close()  # type: ignore[attr-defined]
    assert signer.key.sign(b"once more, after the session was closed")


@pytest.mark.tool
def test_a_token_and_memory_give_the_same_value(token: Pkcs11Slot) -> None:
    data = hashlib.sha256(b"data").digest()
    key = Pkcs11Signer(slot_for(token, "rsa-2048")).signer().key
    assert key.sign(data) == InMemoryKey(KEYS["rsa-2048"]).sign(data)


@pytest.mark.tool
@pytest.mark.parametrize(("name", "pss"), [("rsa-2048", False), ("rsa-2048", True), ("p-256", False)])
def test_a_key_that_wants_its_pin_each_time_gets_it(token: Pkcs11Slot, name: str, pss: bool) -> None:
    signer = Pkcs11Signer(slot_for(token, f"careful {name}"), pss=pss).signer()
    leaf = signer.signing_certificate
    for data in (b"first", b"second", b"third"):
        leaf.check(signer.key.algorithm, leaf.cms_value(signer.key.sign(data)), data)
    signer.key.close()  # type: ignore[attr-defined]


@pytest.mark.tool
def test_without_it_the_device_refuses(token: Pkcs11Slot) -> None:
    """What is shown above is not a habit of the device: asked without the PIN it does not sign."""
    with _session(token) as session:
        key = session.get_key(object_class=pkcs11.ObjectClass.PRIVATE_KEY, label="careful p-256")
        with pytest.raises(pkcs11.exceptions.UserNotLoggedIn):
            key.sign(bytes(32), mechanism=pkcs11.Mechanism.ECDSA)


@pytest.mark.tool
@pytest.mark.parametrize(
    ("slot", "reason"),
    [({"label": "other"}, "0 objects"), ({"token": "other"}, "no such token"), ({"label": None}, "5 objects")],
)
def test_what_is_not_there_is_said(token: Pkcs11Slot, slot: dict[str, str | None], reason: str) -> None:
    wanted = {"module": token.module, "token": token.token, "pin": "1234", "label": "p-256", **slot}
    with pytest.raises(MSignError, match=reason) as caught:
        Pkcs11Signer(Pkcs11Slot(**wanted)).signer()  # type: ignore[arg-type]
    assert caught.value.code is Code.MISCONFIGURED


def test_the_pin_is_never_shown() -> None:
    assert "1234" not in repr(Pkcs11Slot(Path("lib.so"), "token", "1234"))
