"""Keys and certificates of the sandbox on disk, readable by their owner only."""

from __future__ import annotations

import os
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from msign.kernel.clock import Clock
from msign.kernel.errors import Code, MSignError
from msign.sandbox import hierarchy as layout
from msign.sandbox import trustedlist
from msign.sandbox.answers import DELEGATED
from msign.sandbox.authority import CertificateAuthority, PrivateKey
from msign.sandbox.hierarchy import Hierarchy
from msign.sandbox.register import SqliteBook
from msign.sandbox.status import OcspResponder
from msign.sandbox.timestamp import TimeStampAuthority
from msign.sandbox.trustedlist import TrustedListPublisher


def write_private(path: Path, data: bytes) -> None:
    """Write ``path`` whole or not at all, mode 0600."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.new")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(data)
    draft.replace(path)


def key_pem(key: PrivateKey) -> bytes:
    """Return the key as unencrypted PKCS#8 PEM."""
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def read_key(path: Path) -> PrivateKey:
    """Return the key in ``path``. Our own file: the slow consistency check of RSA keys is left out."""
    key = load_pem_private_key(path.read_bytes(), None, unsafe_skip_rsa_key_validation=True)
    if not isinstance(key, rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey):
        raise MSignError(Code.MISCONFIGURED, f"{path} holds no RSA or EC key")
    return key


def read_certificate(path: Path) -> x509.Certificate:
    """Return the PEM certificate in ``path``."""
    return x509.load_pem_x509_certificate(path.read_bytes())


def save(hierarchy: Hierarchy, folder: Path) -> None:
    """Write every CA and the time-stamp unit into ``folder``."""
    for identifier, authority in hierarchy.authorities.items():
        _save(folder, identifier, authority.key, authority.certificate)
    _save(folder, "tsa", hierarchy.tsa.key, hierarchy.tsa.certificate)


def load(folder: Path, *, base: str, book: SqliteBook, clock: Clock) -> Hierarchy:
    """Return the hierarchy that ``save`` wrote. ``base`` is where it is reached today."""
    authorities: dict[str, CertificateAuthority] = {}
    for identifier in (*layout.ROOTS, layout.QUALIFIED[0]):
        authorities[identifier] = CertificateAuthority(
            identifier=identifier,
            key=read_key(folder / f"{identifier}.key"),
            certificate=read_certificate(folder / f"{identifier}.pem"),
            book=book,
            clock=clock,
            addresses=layout.addresses(base, identifier),
            issuer=authorities["root"] if identifier == layout.QUALIFIED[0] else None,
        )
    tsa = TimeStampAuthority(
        key=read_key(folder / "tsa.key"),
        certificate=read_certificate(folder / "tsa.pem"),
        chain=authorities["root"].chain,
        clock=clock,
    )
    return Hierarchy(authorities, tsa)


def responders(folder: Path, hierarchy: Hierarchy) -> dict[str, OcspResponder]:
    """Return the OCSP responders of the CAs that delegate, with the keys of the last start."""
    found = {}
    for identifier in DELEGATED:
        authority, name = hierarchy[identifier], f"ocsp-{identifier}"
        if (folder / f"{name}.pem").exists():
            kept = (read_key(folder / f"{name}.key"), read_certificate(folder / f"{name}.pem"))
            found[identifier] = OcspResponder(authority, delegate=kept)
        else:
            found[identifier] = made = OcspResponder(authority)
            _save(folder, name, made.key, made.certificate)
    return found


def _save(folder: Path, name: str, key: PrivateKey, certificate: x509.Certificate) -> None:
    write_private(folder / f"{name}.key", key_pem(key))
    (folder / f"{name}.pem").write_bytes(certificate.public_bytes(Encoding.PEM))


def list_publisher(folder: Path, hierarchy: Hierarchy, clock: Clock) -> TrustedListPublisher:
    """Return whoever signs the trusted list; its key and a former authority are made when first asked for."""
    name, former = "list-operator", folder / "former.pem"
    if not (folder / f"{name}.pem").exists():
        made = ec.generate_private_key(ec.SECP256R1())
        _save(folder, name, made, trustedlist.operator_certificate(made, clock))
    if not former.exists():
        former.write_bytes(trustedlist.former_certificate(clock).public_bytes(Encoding.PEM))
    return TrustedListPublisher(
        hierarchy,
        read_key(folder / f"{name}.key"),
        read_certificate(folder / f"{name}.pem"),
        read_certificate(former),
        clock,
    )
